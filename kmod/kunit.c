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

/* A reading of a group after so many updates by a pattern idiom. */
static void fill_reading(u64 *reading, const struct pscope_storage *storage, u32 updates)
{
	unsigned int i;

	for (i = 0; i < storage->field_count; i++) {
		u32 half = updates * (u32)storage->fields[i].weight;

		reading[i] = (u64)half << 32 | half;
	}
}

#define READINGS_MAX	4

struct readings {
	const struct pscope_storage *storage;
	unsigned int count;
	u64 values[READINGS_MAX][PERCPU_SCOPE_FIELDS_MAX];
	struct percpu_scope_verify result;
};

static void read_after(struct readings *readings, u32 updates)
{
	fill_reading(readings->values[readings->count++], readings->storage, updates);
}

static struct percpu_scope_verify *check(struct readings *readings)
{
	memset(&readings->result, 0, sizeof(readings->result));
	pscope_check_readings(readings->storage, readings->values[0], readings->count,
			      &readings->result);
	return &readings->result;
}

static void expect_found(struct kunit *test, const struct percpu_scope_verify *result,
			 u64 torn, u64 skewed, u64 backward, u64 changed)
{
	KUNIT_EXPECT_EQ(test, result->torn, torn);
	KUNIT_EXPECT_EQ(test, result->skewed, skewed);
	KUNIT_EXPECT_EQ(test, result->backward, backward);
	KUNIT_EXPECT_EQ(test, result->changed, changed);
}

/* The fields of a group: see group_fields in storage.c. */
enum { RX_PACKETS, RX_BYTES, TX_PACKETS, TX_BYTES };

#define SEQCOUNT_READINGS						\
	{ .storage = &pscope_storages[PERCPU_SCOPE_STORAGE_SEQCOUNT] }

static void check_passes_what_is_whole(struct kunit *test)
{
	struct readings good = SEQCOUNT_READINGS;
	struct readings wraps = SEQCOUNT_READINGS;
	struct readings far = SEQCOUNT_READINGS;

	read_after(&good, 5);
	read_after(&good, 6);
	read_after(&good, 6);
	read_after(&good, 9);
	expect_found(test, check(&good), 0, 0, 0, 2);

	read_after(&wraps, U32_MAX);
	read_after(&wraps, 1);
	expect_found(test, check(&wraps), 0, 0, 0, 1);

	/* rx_bytes passes 2^31, and of its order nothing can be told. */
	read_after(&far, 0);
	read_after(&far, 2000000);
	expect_found(test, check(&far), 0, 0, 0, 1);
}

static void check_finds_what_is_torn(struct kunit *test)
{
	struct readings readings = SEQCOUNT_READINGS;
	unsigned int i;

	read_after(&readings, 6);
	/* The upper half is of the update before. */
	read_after(&readings, 7);
	readings.values[1][RX_BYTES] -= (u64)PSCOPE_RX_PACKET_BYTES << 32;
	/* A second one is counted, and the example is the first. */
	read_after(&readings, 8);
	readings.values[2][TX_PACKETS] += 1;
	/* Behind the torn ones and not behind the last that was whole. */
	read_after(&readings, 7);
	expect_found(test, check(&readings), 2, 0, 0, 3);
	for (i = 0; i < PERCPU_SCOPE_FIELDS_MAX; i++)
		KUNIT_EXPECT_EQ(test, readings.result.torn_example[i], readings.values[1][i]);
}

static void check_finds_what_is_skewed(struct kunit *test)
{
	struct readings readings = SEQCOUNT_READINGS;
	struct readings later = SEQCOUNT_READINGS;

	fill_reading(later.values[0], later.storage, 7);
	read_after(&readings, 6);
	read_after(&readings, 6);
	readings.values[1][TX_BYTES] = later.values[0][TX_BYTES];
	read_after(&readings, 7);
	expect_found(test, check(&readings), 0, 1, 0, 2);

	/* The first reading is checked as well. */
	later.count = 1;
	later.values[0][TX_PACKETS] = 0;
	expect_found(test, check(&later), 0, 1, 0, 0);
}

static void check_finds_what_goes_backward(struct kunit *test)
{
	struct readings readings = SEQCOUNT_READINGS;
	struct readings one = SEQCOUNT_READINGS;
	struct readings apart = SEQCOUNT_READINGS;

	read_after(&readings, 9);
	read_after(&readings, 8);
	read_after(&readings, 10);
	expect_found(test, check(&readings), 0, 0, 1, 2);

	/* One field alone: that is skew, too. */
	read_after(&one, 9);
	read_after(&one, 9);
	one.values[1][RX_BYTES] = (1ULL << 32 | 1) * 8 * PSCOPE_RX_PACKET_BYTES;
	expect_found(test, check(&one), 0, 1, 1, 1);

	/*
	 * Fields that are read at different times tell nothing of a heavier one, and
	 * as much as before of one that counts updates.
	 */
	apart = one;
	apart.storage = &pscope_storages[PERCPU_SCOPE_STORAGE_U64_STATS];
	expect_found(test, check(&apart), 0, 1, apart.storage->unskewed, 1);
	fill_reading(apart.values[1], apart.storage, 9);
	apart.values[1][TX_PACKETS] = (1ULL << 32 | 1) * 8;
	expect_found(test, check(&apart), 0, 1, 1, 1);
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
	u64 values[PERCPU_SCOPE_FIELDS_MAX];
	struct pscope_counter *counter;
	u64 retries = 0;
	u32 id;

	skip_without_room(test);
	id = create_counter(test, "kunit_goes_on", PERCPU_SCOPE_STORAGE_SEQCOUNT);
	counter = pscope_counter_get(id);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, counter);
	group = per_cpu_ptr((struct pscope_seqcount_group __percpu *)counter->percpu, cpu);

	/* One on, and the two of the section that zeroes. */
	WRITE_ONCE(group->seq.sequence, 7);
	KUNIT_EXPECT_FALSE(test, pscope_read_copy(counter, cpu, 0, values, &retries));
	expect_kcsan_sees(test);
	KUNIT_EXPECT_EQ(test, pscope_counter_reset(id), 0);
	KUNIT_EXPECT_EQ(test, sequence_of(group), 10U);
	KUNIT_EXPECT_TRUE(test, pscope_read_copy(counter, cpu, 0, values, &retries));
	/* And where nothing is stuck, the two alone. */
	KUNIT_EXPECT_EQ(test, pscope_counter_reset(id), 0);
	KUNIT_EXPECT_EQ(test, sequence_of(group), 12U);

	preempt_disable();
	KUNIT_EXPECT_FALSE(test, counter->storage->section_open(counter));
	preempt_enable();
	expect_kcsan_sees(test);

	pscope_counter_put(counter);
	KUNIT_EXPECT_EQ(test, pscope_counter_destroy(id), 0);
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
	struct percpu_scope_create behind = request;

	skip_without_room(test);
	empty.name[0] = '\0';
	shared.storage = PERCPU_SCOPE_STORAGE_ATOMIC64;
	behind.name[sizeof(behind.name) - 1] = 'x';
	KUNIT_EXPECT_EQ(test, pscope_dynamic_create(&empty), -EINVAL);
	KUNIT_EXPECT_EQ(test, pscope_dynamic_create(&behind), -EINVAL);
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
	KUNIT_CASE(check_passes_what_is_whole),
	KUNIT_CASE(check_finds_what_is_torn),
	KUNIT_CASE(check_finds_what_is_skewed),
	KUNIT_CASE(check_finds_what_goes_backward),
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
