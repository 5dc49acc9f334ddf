// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the check of a reading, fed by hand: what is whole, torn, skewed and
 * behind, with exact numbers. No copy is read here.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "../kinds/all.h"
#include "../kinds/groups/group.h"
#include "../verify.h"

/* A reading of a group after so many updates by a pattern idiom. */
static void fill_reading(u64 *reading, const struct pscope_kind *kind, u32 updates)
{
	unsigned int i;

	for (i = 0; i < kind->field_count; i++) {
		u32 half = updates * (u32)kind->fields[i].weight;

		reading[i] = (u64)half << 32 | half;
	}
}

#define READINGS_MAX	4

struct readings {
	const struct pscope_kind *kind;
	unsigned int count;
	/* One after another, with as many fields each as the kind has. */
	u64 values[READINGS_MAX * PSCOPE_FIELDS_MAX];
	struct pscope_found result;
};

static u64 *reading_at(struct readings *readings, unsigned int number)
{
	return &readings->values[number * readings->kind->field_count];
}

static void read_after(struct readings *readings, u32 updates)
{
	fill_reading(reading_at(readings, readings->count++), readings->kind, updates);
}

static struct pscope_found *check(struct readings *readings)
{
	memset(&readings->result, 0, sizeof(readings->result));
	pscope_check_readings(readings->kind, readings->values, readings->count,
			      &readings->result);
	return &readings->result;
}

static void expect_found(struct kunit *test, const struct pscope_found *result,
			 u64 torn, u64 skewed, u64 backward, u64 changed)
{
	KUNIT_EXPECT_EQ(test, result->torn, torn);
	KUNIT_EXPECT_EQ(test, result->skewed, skewed);
	KUNIT_EXPECT_EQ(test, result->backward, backward);
	KUNIT_EXPECT_EQ(test, result->changed, changed);
}

#define SEQCOUNT_READINGS						\
	{ .kind = &pscope_kind_seqcount }

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
	reading_at(&readings, 1)[PSCOPE_RX_BYTES] -= (u64)PSCOPE_RX_PACKET_BYTES << 32;
	/* A second one is counted, and the example is the first. */
	read_after(&readings, 8);
	reading_at(&readings, 2)[PSCOPE_TX_PACKETS] += 1;
	/* Behind the torn ones and not behind the last that was whole. */
	read_after(&readings, 7);
	expect_found(test, check(&readings), 2, 0, 0, 3);
	for (i = 0; i < readings.kind->field_count; i++)
		KUNIT_EXPECT_EQ(test, readings.result.torn_example[i], reading_at(&readings, 1)[i]);
}

static void check_finds_what_is_skewed(struct kunit *test)
{
	struct readings readings = SEQCOUNT_READINGS;
	struct readings later = SEQCOUNT_READINGS;

	fill_reading(reading_at(&later, 0), later.kind, 7);
	read_after(&readings, 6);
	read_after(&readings, 6);
	reading_at(&readings, 1)[PSCOPE_TX_BYTES] = reading_at(&later, 0)[PSCOPE_TX_BYTES];
	read_after(&readings, 7);
	expect_found(test, check(&readings), 0, 1, 0, 2);

	/* The first reading is checked as well. */
	later.count = 1;
	reading_at(&later, 0)[PSCOPE_TX_PACKETS] = 0;
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
	reading_at(&one, 1)[PSCOPE_RX_BYTES] = (1ULL << 32 | 1) * 8 * PSCOPE_RX_PACKET_BYTES;
	expect_found(test, check(&one), 0, 1, 1, 1);

	/*
	 * Fields that are read at different times tell nothing of a heavier one, and
	 * as much as before of one that counts updates.
	 */
	apart = one;
	apart.kind = &pscope_kind_u64_stats;
	expect_found(test, check(&apart), 0, 1, apart.kind->unskewed, 1);
	fill_reading(reading_at(&apart, 1), apart.kind, 9);
	reading_at(&apart, 1)[PSCOPE_TX_PACKETS] = (1ULL << 32 | 1) * 8;
	expect_found(test, check(&apart), 0, 1, 1, 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(check_passes_what_is_whole),
	KUNIT_CASE(check_finds_what_is_torn),
	KUNIT_CASE(check_finds_what_is_skewed),
	KUNIT_CASE(check_finds_what_goes_backward),
	{}
};

static struct kunit_suite suite = {
	.name = "percpu_scope_check",
	.test_cases = cases,
};

kunit_test_suite(suite);
