// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of admission: which work may be on a counter together, who is said to be in
 * the way, and what spoils it. No update is made here.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "../kinds/kinds.h"
#include "../registry.h"
#include "../use.h"

/* A static counter, which is there whenever the module is. */
static struct pscope_counter *plain(struct kunit *test)
{
	struct pscope_in_the_way in_the_way;
	struct pscope_counter *counter;
	unsigned long number;

	for (number = 0; (counter = pscope_counter_next(&number)); number++) {
		if (!strcmp(counter->name, "plain"))
			break;
		pscope_counter_put(counter);
	}
	KUNIT_ASSERT_NOT_NULL(test, counter);
	KUNIT_ASSERT_EQ(test, pscope_use_reset(counter, 0, false, &in_the_way), 0);
	return counter;
}

static struct pscope_work work_of(struct kunit *test, const char *name, u32 contexts)
{
	struct pscope_work work = { .contexts = contexts };
	u32 number;

	for (number = 0; (work.idiom = pscope_idiom_get(number)); number++)
		if (!strcmp(work.idiom->name, name))
			break;
	KUNIT_ASSERT_NOT_NULL(test, work.idiom);
	return work;
}

static void expect_in_the_way(struct kunit *test, struct pscope_counter *counter,
			      struct pscope_work *work, bool finding, const char *who)
{
	struct pscope_in_the_way in_the_way = {};

	KUNIT_EXPECT_EQ(test, pscope_use_admit(counter, work, finding, &in_the_way), -EBUSY);
	KUNIT_EXPECT_STREQ(test, in_the_way.name, who);
}

static void promises_are_the_copys(struct kunit *test)
{
	struct pscope_counter *counter = plain(test);
	struct pscope_work inc = work_of(test, "this_cpu_inc", PSCOPE_TASK | PSCOPE_HARDIRQ);
	struct pscope_work add = work_of(test, "this_cpu_add", PSCOPE_TASK);
	struct pscope_work write = work_of(test, "this_cpu_write", PSCOPE_TASK);
	struct pscope_in_the_way in_the_way = {};

	KUNIT_EXPECT_EQ(test, pscope_use_admit(counter, &inc, false, &in_the_way), 0);
	KUNIT_EXPECT_TRUE(test, inc.promised);
	/* It loads and stores, and the other's interrupts would come in between. */
	expect_in_the_way(test, counter, &write, false, "this_cpu_inc in task,hardirq");
	/* As a finding it would take from what the other is promised. */
	expect_in_the_way(test, counter, &write, true, "this_cpu_inc in task,hardirq");
	KUNIT_EXPECT_EQ(test, pscope_use_admit(counter, &add, false, &in_the_way), 0);
	KUNIT_EXPECT_TRUE(test, add.promised);
	/* Nobody changes it under their feet. */
	KUNIT_EXPECT_EQ(test, pscope_use_reset(counter, 0, false, &in_the_way), -EBUSY);
	KUNIT_EXPECT_STREQ(test, in_the_way.name, "this_cpu_add in task");
	pscope_use_leave(counter, &inc, true);
	/* With the interrupts gone, the three conserve together. */
	KUNIT_EXPECT_EQ(test, pscope_use_admit(counter, &write, false, &in_the_way), 0);
	pscope_use_leave(counter, &add, true);
	pscope_use_leave(counter, &write, true);
	KUNIT_EXPECT_FALSE(test, counter->use.spoilt);
	KUNIT_EXPECT_EQ(test, pscope_use_reset(counter, 0, false, &in_the_way), 0);
	pscope_counter_put(counter);
}

static void findings_spoil(struct kunit *test)
{
	struct pscope_counter *counter = plain(test);
	struct pscope_work finding = work_of(test, "get_cpu_ptr", PSCOPE_TASK | PSCOPE_HARDIRQ);
	struct pscope_work inc = work_of(test, "this_cpu_inc", PSCOPE_TASK);
	struct pscope_in_the_way in_the_way = {};

	KUNIT_EXPECT_EQ(test, pscope_use_admit(counter, &finding, true, &in_the_way), 0);
	KUNIT_EXPECT_FALSE(test, finding.promised);
	KUNIT_EXPECT_EQ(test, pscope_use_admit(counter, &inc, false, &in_the_way), -EUCLEAN);
	/* What was refused before it began has spoilt nothing. */
	pscope_use_leave(counter, &finding, false);
	KUNIT_EXPECT_FALSE(test, counter->use.spoilt);
	KUNIT_EXPECT_EQ(test, pscope_use_admit(counter, &finding, true, &in_the_way), 0);
	pscope_use_leave(counter, &finding, true);
	KUNIT_EXPECT_TRUE(test, counter->use.spoilt);
	KUNIT_EXPECT_EQ(test, pscope_use_admit(counter, &inc, false, &in_the_way), -EUCLEAN);
	KUNIT_EXPECT_EQ(test, pscope_use_reset(counter, 0, false, &in_the_way), 0);
	KUNIT_EXPECT_EQ(test, pscope_use_admit(counter, &inc, false, &in_the_way), 0);
	pscope_use_leave(counter, &inc, true);
	pscope_counter_put(counter);
}

static void bottom_halves_off_keep_softirqs_out(struct kunit *test)
{
	struct pscope_counter *counter = plain(test);
	struct pscope_work off = work_of(test, "get_cpu_ptr", PSCOPE_TASK | PSCOPE_SOFTIRQ);
	struct pscope_work on = work_of(test, "get_cpu_ptr", PSCOPE_TASK);
	struct pscope_in_the_way in_the_way = {};

	KUNIT_EXPECT_FALSE(test, pscope_work_conserves(&off));
	off.bh_off = true;
	KUNIT_EXPECT_EQ(test, pscope_work_conserves(&off), !IS_ENABLED(CONFIG_PREEMPT_RT));
	off.contexts |= PSCOPE_HARDIRQ;
	KUNIT_EXPECT_FALSE(test, pscope_work_conserves(&off));
	off.contexts &= ~PSCOPE_HARDIRQ;
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		pscope_counter_put(counter);
		return;
	}
	KUNIT_EXPECT_EQ(test, pscope_use_admit(counter, &off, false, &in_the_way), 0);
	KUNIT_EXPECT_TRUE(test, off.promised);
	/* The softirqs of the one come into the other's updates. */
	expect_in_the_way(test, counter, &on, false,
			  "get_cpu_ptr in task,softirq with bottom halves off");
	on.bh_off = true;
	KUNIT_EXPECT_EQ(test, pscope_use_admit(counter, &on, false, &in_the_way), 0);
	KUNIT_EXPECT_TRUE(test, on.promised);
	pscope_use_leave(counter, &on, true);
	pscope_use_leave(counter, &off, true);
	pscope_counter_put(counter);
}

static void patterns_are_lost_to_sums(struct kunit *test)
{
	struct pscope_counter *counter = plain(test);
	struct pscope_work write = work_of(test, "this_cpu_write", PSCOPE_TASK);
	struct pscope_work inc = work_of(test, "this_cpu_inc", PSCOPE_TASK);
	struct pscope_in_the_way in_the_way = {};

	KUNIT_EXPECT_EQ(test, pscope_use_admit(counter, &write, false, &in_the_way), 0);
	KUNIT_EXPECT_TRUE(test, counter->use.holds_pattern);
	KUNIT_EXPECT_EQ(test, pscope_use_admit(counter, &inc, false, &in_the_way), 0);
	KUNIT_EXPECT_FALSE(test, counter->use.holds_pattern);
	pscope_use_leave(counter, &write, true);
	pscope_use_leave(counter, &inc, true);
	/* A sum that begins above zero is none, a pattern is. */
	KUNIT_EXPECT_EQ(test, pscope_use_reset(counter, 7, false, &in_the_way), 0);
	KUNIT_EXPECT_FALSE(test, counter->use.holds_pattern);
	KUNIT_EXPECT_EQ(test, pscope_use_reset(counter, 7, true, &in_the_way), 0);
	KUNIT_EXPECT_TRUE(test, counter->use.holds_pattern);
	KUNIT_EXPECT_EQ(test, pscope_use_reset(counter, 0, false, &in_the_way), 0);
	KUNIT_EXPECT_TRUE(test, counter->use.holds_pattern);
	pscope_counter_put(counter);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(promises_are_the_copys),
	KUNIT_CASE(findings_spoil),
	KUNIT_CASE(bottom_halves_off_keep_softirqs_out),
	KUNIT_CASE(patterns_are_lost_to_sums),
	{}
};

static struct kunit_suite suite = {
	.name = "percpu_scope_use",
	.test_cases = cases,
};

kunit_test_suite(suite);
