// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what the kernel's folding counters promise of themselves, on which the
 * idioms stand: how far a reading may be from the sum, what is compared exactly, and that
 * percpu_ref counts on while it changes its mode.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/percpu-refcount.h>
#include <linux/percpu_counter.h>
#include <linux/smp.h>

#include "../compat.h"

static void a_reading_is_within_a_batch_of_each_cpu(struct kunit *test)
{
	struct percpu_counter fbc;
	s64 bound = (s64)percpu_counter_batch * num_online_cpus();
	s64 i;

	KUNIT_ASSERT_EQ(test, percpu_counter_init(&fbc, 0, GFP_KERNEL), 0);
	for (i = 1; i <= 5 * bound; i++) {
		percpu_counter_add(&fbc, 1);
		if (abs(percpu_counter_read(&fbc) - i) > bound)
			KUNIT_FAIL(test, "%lld is read after %lld", percpu_counter_read(&fbc), i);
		if (percpu_counter_sum(&fbc) != i)
			KUNIT_FAIL(test, "%lld is the sum after %lld", percpu_counter_sum(&fbc), i);
	}
	percpu_counter_destroy(&fbc);
}

/* percpu_counter_compare() sums where the reading does not decide. */
static void compare_is_exact(struct kunit *test)
{
	struct percpu_counter fbc;
	s64 i;

	KUNIT_ASSERT_EQ(test, percpu_counter_init(&fbc, 0, GFP_KERNEL), 0);
	for (i = 1; i <= 3 * percpu_counter_batch; i++) {
		percpu_counter_add(&fbc, 1);
		if (percpu_counter_compare(&fbc, i - 1) != 1 ||
		    percpu_counter_compare(&fbc, i) != 0 ||
		    percpu_counter_compare(&fbc, i + 1) != -1)
			KUNIT_FAIL(test, "compared with %lld and its neighbours", i);
	}
	percpu_counter_destroy(&fbc);
}

#ifdef PSCOPE_HAS_INIT_MANY
/* One allocation for several, which are counted in and destroyed together. */
static void many_are_counted_apart(struct kunit *test)
{
	struct percpu_counter many[3];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, percpu_counter_init_many(many, 7, GFP_KERNEL, ARRAY_SIZE(many)), 0);
	for (i = 0; i < ARRAY_SIZE(many); i++)
		percpu_counter_add(&many[i], i);
	for (i = 0; i < ARRAY_SIZE(many); i++)
		KUNIT_EXPECT_EQ(test, percpu_counter_sum(&many[i]), 7LL + i);
	percpu_counter_destroy_many(many, ARRAY_SIZE(many));
}
#endif

struct held {
	struct percpu_ref ref;
	struct completion released;
	unsigned int releases;
};

static void last_is_given_back(struct percpu_ref *ref)
{
	struct held *held = container_of(ref, struct held, ref);

	held->releases++;
	complete(&held->released);
}

static int get_and_put(void *argument)
{
	struct held *held = argument;

	while (!kthread_should_stop()) {
		/* Taken in one mode, and given back in the other, now and then. */
		percpu_ref_get_many(&held->ref, 3);
		cond_resched();
		percpu_ref_put_many(&held->ref, 3);
	}
	return 0;
}

#define SWITCHES	8

static void a_ref_counts_on_in_either_mode(struct kunit *test)
{
	struct held *held = kunit_kzalloc(test, sizeof(*held), GFP_KERNEL);
	struct task_struct *task;
	unsigned int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, held);
	init_completion(&held->released);
	KUNIT_ASSERT_EQ(test, percpu_ref_init(&held->ref, last_is_given_back,
					      PERCPU_REF_ALLOW_REINIT, GFP_KERNEL), 0);
	task = kthread_run(get_and_put, held, "pscope_ref");
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, task);
	for (i = 0; i < SWITCHES; i++) {
		percpu_ref_get(&held->ref);
		percpu_ref_switch_to_atomic_sync(&held->ref);
		percpu_ref_get(&held->ref);
		percpu_ref_switch_to_percpu(&held->ref);
	}
	if (!IS_ERR(task))
		kthread_stop(task);
	KUNIT_EXPECT_FALSE(test, percpu_ref_is_zero(&held->ref));
	percpu_ref_kill(&held->ref);
	KUNIT_EXPECT_FALSE(test, percpu_ref_tryget_live(&held->ref));
	/* All that was taken, and none released before the last of it is. */
	percpu_ref_put_many(&held->ref, 2 * SWITCHES - 1);
	KUNIT_EXPECT_EQ(test, held->releases, 0U);
	percpu_ref_put(&held->ref);
	/* The switch that the kill began may end behind that, and give back its own. */
	wait_for_completion(&held->released);
	KUNIT_EXPECT_EQ(test, held->releases, 1U);
	KUNIT_EXPECT_TRUE(test, percpu_ref_is_zero(&held->ref));
	percpu_ref_exit(&held->ref);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_reading_is_within_a_batch_of_each_cpu),
	KUNIT_CASE(compare_is_exact),
#ifdef PSCOPE_HAS_INIT_MANY
	KUNIT_CASE(many_are_counted_apart),
#endif
	KUNIT_CASE(a_ref_counts_on_in_either_mode),
	{}
};

static struct kunit_suite suite = {
	.name = "percpu_scope_folding",
	.test_cases = cases,
};

kunit_test_suite(suite);
