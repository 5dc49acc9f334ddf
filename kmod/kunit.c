// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of what needs no second CPU and no user: every idiom in task
 * context on every counter it fits, the bounded reader, and the registry's
 * answers. The rest is proved from user space, by tests/guest.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/string.h>

#include "counter.h"
#include "hammer.h"
#include "idiom.h"
#include "reader.h"
#include "snapshot.h"
#include "storage.h"

#define UPDATES	1000

/* Tests in user space load the module with parameters of their own. */
static void skip_without_room(struct kunit *test)
{
	if (pscope_dynamic_count() >= pscope_dynamic_max())
		kunit_skip(test, "max_dynamic leaves no room for a counter");
}

static u32 create_counter(struct kunit *test, const char *name, u32 storage)
{
	struct percpu_scope_create request = {
		.storage = storage,
		.variant = PERCPU_SCOPE_VARIANT_ALLOC_PERCPU,
	};

	strscpy(request.name, name, sizeof(request.name));
	KUNIT_ASSERT_EQ(test, pscope_dynamic_create(&request), 0);
	return request.id;
}

static void hammer_and_check(struct kunit *test, struct pscope_counter *counter,
			     const struct pscope_idiom *idiom, u32 idiom_id)
{
	const struct pscope_storage *storage = counter->storage;
	struct percpu_scope_job job = {
		.counter = counter->id,
		.idiom = idiom_id,
		.updates = UPDATES,
	};
	u64 *values = pscope_alloc_values();
	const u64 *sum;
	unsigned int i;

	KUNIT_EXPECT_NOT_NULL(test, values);
	if (!values)
		return;
	sum = values + pscope_record_values(counter) - storage->field_count;
	KUNIT_EXPECT_EQ(test, pscope_counter_reset(counter->id), 0);
	KUNIT_EXPECT_EQ(test, pscope_hammer(&job), 0);
	KUNIT_EXPECT_EQ(test, job.tally[PERCPU_SCOPE_CONTEXT_TASK], (u64)UPDATES);
	KUNIT_EXPECT_EQ(test, pscope_read_counter(counter, values), 0U);
	for (i = 0; i < storage->field_count; i++) {
		u64 expected = UPDATES * storage->fields[i].weight;

		if (idiom->flags & PERCPU_SCOPE_IDIOM_PATTERN)
			expected |= expected << 32;
		KUNIT_EXPECT_EQ_MSG(test, sum[i], expected, "%s into %s.%s", idiom->name,
				    counter->name, storage->fields[i].name);
	}
	KUNIT_EXPECT_EQ(test, pscope_counter_reset(counter->id), 0);
	kvfree(values);
}

static void idioms_conserve(struct kunit *test)
{
	const struct pscope_idiom *idiom;
	struct pscope_counter *counter;
	unsigned long id;
	u32 idiom_id;

	for (id = 0; (counter = pscope_counter_next(&id)); id++) {
		for (idiom_id = 0; (idiom = pscope_idiom_get(idiom_id)); idiom_id++) {
			if (idiom->flags & PERCPU_SCOPE_IDIOM_CONTROL ||
			    !(idiom->storages & BIT_ULL(pscope_storage_id(counter->storage))))
				continue;
			hammer_and_check(test, counter, idiom, idiom_id);
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

static void reader_gives_up_on_a_stuck_writer(struct kunit *test)
{
	unsigned int cpu = cpumask_first(cpu_possible_mask);
	struct pscope_seqcount_group *group;
	u64 values[PERCPU_SCOPE_FIELDS_MAX];
	struct pscope_counter *counter;
	u64 retries = 0;
	u32 id;

	skip_without_room(test);
	id = create_counter(test, "kunit_stuck", PERCPU_SCOPE_STORAGE_SEQCOUNT);
	counter = pscope_counter_get(id);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, counter);
	group = per_cpu_ptr((struct pscope_seqcount_group __percpu *)counter->percpu, cpu);

	raw_write_seqcount_begin(&group->seq);
	KUNIT_EXPECT_FALSE(test, pscope_read_copy(counter, cpu, 10, values, &retries));
	KUNIT_EXPECT_EQ(test, retries, 10ULL);
	raw_write_seqcount_end(&group->seq);
	KUNIT_EXPECT_TRUE(test, pscope_read_copy(counter, cpu, 10, values, &retries));
	KUNIT_EXPECT_EQ(test, retries, 10ULL);

	pscope_counter_put(counter);
	KUNIT_EXPECT_EQ(test, pscope_counter_destroy(id), 0);
}

static void registry_refuses(struct kunit *test)
{
	struct percpu_scope_create request = {
		.name = "kunit_name",
		.storage = PERCPU_SCOPE_STORAGE_U64,
		.variant = PERCPU_SCOPE_VARIANT_ALLOC_PERCPU,
	};
	struct percpu_scope_create again = request;
	struct percpu_scope_create empty = request;
	struct percpu_scope_create shared = request;

	skip_without_room(test);
	empty.name[0] = '\0';
	shared.storage = PERCPU_SCOPE_STORAGE_ATOMIC64;
	KUNIT_EXPECT_EQ(test, pscope_dynamic_create(&empty), -EINVAL);
	KUNIT_EXPECT_EQ(test, pscope_dynamic_create(&shared), -EOPNOTSUPP);
	KUNIT_ASSERT_EQ(test, pscope_dynamic_create(&request), 0);
	KUNIT_EXPECT_EQ(test, pscope_dynamic_create(&again), -EEXIST);
	KUNIT_EXPECT_EQ(test, pscope_counter_destroy(request.id), 0);
	KUNIT_EXPECT_EQ(test, pscope_counter_destroy(request.id), -ENOENT);
	KUNIT_EXPECT_EQ(test, pscope_counter_reset(request.id), -ENOENT);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(idioms_conserve),
	KUNIT_CASE(pattern_wraps_without_carry),
	KUNIT_CASE(reader_gives_up_on_a_stuck_writer),
	KUNIT_CASE(registry_refuses),
	{}
};

static struct kunit_suite suite = {
	.name = "percpu_scope",
	.test_cases = cases,
};

kunit_test_suite(suite);
