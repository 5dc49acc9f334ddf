// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what the kernel's folding counters promise of themselves, on which the
 * idioms stand: how far a reading may be from the sum, what is compared exactly, and that
 * percpu_ref counts on while it changes its mode.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/percpu-refcount.h>
#include <linux/percpu_counter.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "../compat.h"

#ifdef CONFIG_SMP
#define BATCH		percpu_counter_batch
#else
#define BATCH		32
#endif
/* Each looks at all CPUs: on a machine with many, not for ever. */
#define STEPS_MAX	2000

static struct percpu_counter *make_counters(struct kunit *test, unsigned int count)
{
	/* Not on the stack, where the kernel looks for no objects of its debugging. */
	struct percpu_counter *fbc = kunit_kcalloc(test, count, sizeof(*fbc), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fbc);
	return fbc;
}

static void a_reading_is_within_a_batch_of_each_cpu(struct kunit *test)
{
	struct percpu_counter *fbc = make_counters(test, 1);
	s64 bound = (s64)BATCH * num_online_cpus();
	s64 i, read, sum;

	KUNIT_ASSERT_EQ(test, percpu_counter_init(fbc, 0, GFP_KERNEL), 0);
	for (i = 1; i <= min_t(s64, 5 * bound, STEPS_MAX); i++) {
		percpu_counter_add(fbc, 1);
		read = percpu_counter_read(fbc);
		sum = percpu_counter_sum(fbc);
		if (abs(read - i) > bound || sum != i) {
			KUNIT_FAIL(test, "after %lld it reads %lld and sums %lld", i, read, sum);
			break;
		}
		cond_resched_tasks_rcu_qs();
	}
	percpu_counter_destroy(fbc);
}

/* percpu_counter_compare() sums where the reading does not decide. */
static void compare_is_exact(struct kunit *test)
{
	struct percpu_counter *fbc = make_counters(test, 1);
	s64 i;

	KUNIT_ASSERT_EQ(test, percpu_counter_init(fbc, 0, GFP_KERNEL), 0);
	for (i = 1; i <= min_t(s64, 3 * BATCH, STEPS_MAX); i++) {
		percpu_counter_add(fbc, 1);
		if (percpu_counter_compare(fbc, i - 1) != 1 ||
		    percpu_counter_compare(fbc, i) != 0 ||
		    percpu_counter_compare(fbc, i + 1) != -1) {
			KUNIT_FAIL(test, "compared with %lld and its neighbours", i);
			break;
		}
		cond_resched_tasks_rcu_qs();
	}
	percpu_counter_destroy(fbc);
}

#ifdef PSCOPE_HAS_INIT_MANY
#define MANY	3

/* One allocation for several, which are counted in apart and destroyed together. */
static void many_are_counted_apart(struct kunit *test)
{
	struct percpu_counter *many = make_counters(test, MANY);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, percpu_counter_init_many(many, 7, GFP_KERNEL, MANY), 0);
	for (i = 0; i < MANY; i++)
		percpu_counter_add(&many[i], i);
	for (i = 0; i < MANY; i++)
		KUNIT_EXPECT_EQ(test, percpu_counter_sum(&many[i]), 7LL + i);
	percpu_counter_destroy_many(many, MANY);
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
		cond_resched_tasks_rcu_qs();
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
