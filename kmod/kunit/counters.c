// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what needs no second CPU and no user: every idiom in task
 * context on every counter it fits, the bounded reader, and the registry's
 * answers. The rest is proved from user space, by tests/guest.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "../dynamic.h"
#include "../job.h"
#include "../kinds/groups/group.h"
#include "../kinds/kinds.h"
#include "../read.h"
#include "../registry.h"
#include "../use.h"
#include "../variants.h"
#include "../verify.h"

#define UPDATES	1000

/* Tests in user space load the module with parameters of their own. */
static void skip_without_room(struct kunit *test)
{
	struct pscope_quota quota = pscope_registry_quota();

	if (quota.counters >= quota.counters_max)
		kunit_skip(test, "max_dynamic leaves no room for a counter");
}

static u32 create_counter(struct kunit *test, const char *name,
			  const struct pscope_kind *kind)
{
	struct percpu_scope_create request = {
		.kind = pscope_kind_number(kind),
		.variant = PSCOPE_ALLOC_PERCPU,
	};

	strscpy(request.name, name, sizeof(request.name));
	KUNIT_ASSERT_EQ(test, pscope_dynamic_create(&request, NULL), 0);
	return request.counter;
}

static int reset(struct pscope_counter *counter)
{
	struct pscope_in_the_way in_the_way;

	return pscope_use_reset(counter, 0, false, &in_the_way);
}

/* What a value of so many bits shows of more. */
static u64 low_bits(u64 value, u32 bits)
{
	return bits == 64 ? value : value & GENMASK_ULL(bits - 1, 0);
}

static void hammer_and_check(struct kunit *test, struct pscope_counter *counter,
			     const struct pscope_idiom *idiom, u32 idiom_id)
{
	const struct pscope_kind *kind = counter->kind;
	struct percpu_scope_job job = {
		.counter = counter->number,
		.idiom = idiom_id,
		.updates = UPDATES,
	};
	u64 *values = pscope_alloc_values();
	const u64 *sum;
	unsigned int i;

	KUNIT_EXPECT_NOT_NULL(test, values);
	if (!values)
		return;
	sum = values + pscope_record_values(kind->field_count) - kind->field_count;
	KUNIT_EXPECT_EQ(test, reset(counter), 0);
	KUNIT_EXPECT_EQ(test, pscope_job_run(&job), 0);
	KUNIT_EXPECT_EQ(test, job.tally[PERCPU_SCOPE_CONTEXT_TASK], (u64)UPDATES);
	KUNIT_EXPECT_EQ(test, pscope_read_counter(counter, values), 0U);
	for (i = 0; i < kind->field_count; i++) {
		u64 expected = UPDATES * kind->fields[i].weight;

		if (idiom->flags & PERCPU_SCOPE_IDIOM_PATTERN)
			expected |= expected << 32;
		KUNIT_EXPECT_EQ_MSG(test, low_bits(sum[i], kind->fields[i].bits),
				    low_bits(expected, kind->fields[i].bits),
				    "%s into %s.%s", idiom->name, counter->name,
				    kind->fields[i].name);
	}
	KUNIT_EXPECT_EQ(test, reset(counter), 0);
	kvfree(values);
}

/* Across the borders of words, in both directions: a carry that is lost is seen. */
static void hammer_across(struct kunit *test, struct pscope_counter *counter,
			  const struct pscope_idiom *idiom, u32 idiom_id, u64 start)
{
	const struct pscope_kind *kind = counter->kind;
	struct percpu_scope_job job = {
		.counter = counter->number,
		.idiom = idiom_id,
		.updates = UPDATES,
	};
	struct pscope_in_the_way in_the_way;
	u64 *values = pscope_alloc_values();
	u64 before[PSCOPE_FIELDS_MAX];
	const u64 *sum;
	unsigned int i;

	KUNIT_EXPECT_NOT_NULL(test, values);
	if (!values)
		return;
	sum = values + pscope_record_values(kind->field_count) - kind->field_count;
	KUNIT_EXPECT_EQ(test, pscope_use_reset(counter, start, false, &in_the_way), 0);
	KUNIT_EXPECT_EQ(test, pscope_read_counter(counter, values), 0U);
	memcpy(before, sum, kind->field_count * sizeof(*sum));
	KUNIT_EXPECT_EQ(test, pscope_job_run(&job), 0);
	KUNIT_EXPECT_EQ(test, pscope_read_counter(counter, values), 0U);
	for (i = 0; i < kind->field_count; i++)
		KUNIT_EXPECT_EQ_MSG(test, low_bits(sum[i] - before[i], kind->fields[i].bits),
				    UPDATES * kind->fields[i].weight, "%s into %s.%s from %llx",
				    idiom->name, counter->name, kind->fields[i].name, start);
	KUNIT_EXPECT_EQ(test, reset(counter), 0);
	kvfree(values);
}

static void idioms_conserve(struct kunit *test)
{
	static const u64 starts[] = { (1ULL << 32) - 5, (1ULL << 63) - 5, -5ULL };
	const struct pscope_idiom *idiom;
	struct pscope_counter *counter;
	unsigned long id;
	u32 idiom_id;
	unsigned int i;

	for (id = 0; (counter = pscope_counter_next(&id)); id++) {
		for (idiom_id = 0; (idiom = pscope_idiom_get(idiom_id)); idiom_id++) {
			if (idiom->flags & PERCPU_SCOPE_IDIOM_CONTROL ||
			    idiom->kind != counter->kind)
				continue;
			hammer_and_check(test, counter, idiom, idiom_id);
			/* Patterns count in halves, which carry nothing. */
			if (idiom->flags & PERCPU_SCOPE_IDIOM_PATTERN)
				continue;
			for (i = 0; i < ARRAY_SIZE(starts); i++)
				hammer_across(test, counter, idiom, idiom_id, starts[i]);
		}
		pscope_counter_put(counter);
	}
}

static void pattern_wraps_without_carry(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, pscope_pattern_next(0, 1), 0x0000000100000001ULL);
	KUNIT_EXPECT_EQ(test, pscope_pattern_next(0xffffffffffffffffULL, 1), 0ULL);
	KUNIT_EXPECT_EQ(test, pscope_pattern_next(0xfffffffffffffffeULL, 3),
			0x0000000100000001ULL);
}

/* What a reader's section leaves switched off for the task that reads. */
static void expect_kcsan_sees(struct kunit *test)
{
#ifdef CONFIG_KCSAN
	KUNIT_EXPECT_EQ(test, current->kcsan_ctx.atomic_next, 0);
#endif
}

static unsigned int sequence_of(const struct pscope_seqcount_group *group)
{
	return READ_ONCE(group->seq.sequence);
}

static void a_stuck_sequence_goes_on(struct kunit *test)
{
	unsigned int cpu = cpumask_first(cpu_possible_mask);
	struct pscope_seqcount_group *group;
	u64 values[PSCOPE_FIELDS_MAX];
	struct pscope_counter *counter;
	u64 retries = 0;
	u32 id;

	skip_without_room(test);
	id = create_counter(test, "kunit_goes_on", &pscope_kind_seqcount);
	counter = pscope_counter_get(id);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, counter);
	group = per_cpu_ptr((struct pscope_seqcount_group __percpu *)counter->memory.percpu, cpu);

	/* One on, and the two of the section that zeroes. */
	WRITE_ONCE(group->seq.sequence, 7);
	KUNIT_EXPECT_FALSE(test, pscope_read_copy(counter, cpu, 0, values, &retries));
	expect_kcsan_sees(test);
	KUNIT_EXPECT_EQ(test, reset(counter), 0);
	KUNIT_EXPECT_EQ(test, sequence_of(group), 10U);
	KUNIT_EXPECT_TRUE(test, pscope_read_copy(counter, cpu, 0, values, &retries));
	/* And where nothing is stuck, the two alone. */
	KUNIT_EXPECT_EQ(test, reset(counter), 0);
	KUNIT_EXPECT_EQ(test, sequence_of(group), 12U);

	preempt_disable();
	KUNIT_EXPECT_FALSE(test, counter->kind->section_open(&counter->memory));
	preempt_enable();
	expect_kcsan_sees(test);

	pscope_counter_put(counter);
	KUNIT_EXPECT_EQ(test, pscope_registry_destroy(id), 0);
}

static void reader_gives_up_on_a_stuck_writer(struct kunit *test)
{
	unsigned int cpu = cpumask_first(cpu_possible_mask);
	struct pscope_seqcount_group *group;
	u64 values[PSCOPE_FIELDS_MAX];
	struct pscope_counter *counter;
	u64 retries = 0;
	u32 id;

	skip_without_room(test);
	id = create_counter(test, "kunit_stuck", &pscope_kind_seqcount);
	counter = pscope_counter_get(id);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, counter);
	group = per_cpu_ptr((struct pscope_seqcount_group __percpu *)counter->memory.percpu, cpu);

	raw_write_seqcount_begin(&group->seq);
	KUNIT_EXPECT_FALSE(test, pscope_read_copy(counter, cpu, 10, values, &retries));
	KUNIT_EXPECT_EQ(test, retries, 10ULL);
	raw_write_seqcount_end(&group->seq);
	KUNIT_EXPECT_TRUE(test, pscope_read_copy(counter, cpu, 10, values, &retries));
	KUNIT_EXPECT_EQ(test, retries, 10ULL);

	pscope_counter_put(counter);
	KUNIT_EXPECT_EQ(test, pscope_registry_destroy(id), 0);
}

static void registry_refuses(struct kunit *test)
{
	struct percpu_scope_create request = {
		.name = "kunit_name",
		.kind = 0,
		.variant = PSCOPE_ALLOC_PERCPU,
	};
	struct percpu_scope_create again = request;
	struct percpu_scope_create empty = request;
	struct percpu_scope_create shared = request;
	struct percpu_scope_create behind = request;

	skip_without_room(test);
	empty.name[0] = '\0';
	shared.kind = pscope_kind_number(&pscope_kind_atomic64);
	behind.name[sizeof(behind.name) - 1] = 'x';
	KUNIT_EXPECT_EQ(test, pscope_dynamic_create(&empty, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, pscope_dynamic_create(&behind, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, pscope_dynamic_create(&shared, NULL), -EOPNOTSUPP);
	KUNIT_ASSERT_EQ(test, pscope_dynamic_create(&request, NULL), 0);
	KUNIT_EXPECT_EQ(test, pscope_dynamic_create(&again, NULL), -EEXIST);
	KUNIT_EXPECT_EQ(test, pscope_registry_destroy(request.counter), 0);
	KUNIT_EXPECT_EQ(test, pscope_registry_destroy(request.counter), -ENOENT);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(idioms_conserve),
	KUNIT_CASE(pattern_wraps_without_carry),
	KUNIT_CASE(a_stuck_sequence_goes_on),
	KUNIT_CASE(reader_gives_up_on_a_stuck_writer),
	KUNIT_CASE(registry_refuses),
	{}
};

static struct kunit_suite suite = {
	.name = "percpu_scope",
	.test_cases = cases,
};

kunit_test_suite(suite);
