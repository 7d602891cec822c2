/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs that somebody cut, flipped a bit of, or took a part of: it is found, or does no harm. */
#include "fixture.h"

#define FIRST "d/run-00000001/shard-000.00000001"
#define SECOND "d/run-00000001/shard-000.00000002"
#define THIRD "d/run-00000001/shard-000.00000003"
#define GROUPS 3
#define EACH 20
/* The sanitizer takes its time for each file. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STEP 37
#else
#define STEP 1
#endif

/* Of the first segment's groups: where they begin, where what counts ends, and the last entry. */
static size_t begins[GROUPS + 1], ends[GROUPS];
static uint64_t lasts[GROUPS];

/* Groups of one block or two, with so many entries in each as fit. */
static void log_groups(struct fixture *fixture)
{
	const uint8_t *octets = memory_octets_of(&fixture->memory, FIRST);
	struct rdl_journal_state told;
	uint32_t len;

	for (unsigned i = 0; i < GROUPS; i++) {
		rdl_journal_state(fixture->journal, 0, &told);
		begins[i] = RDL_JOURNAL_BLOCK + (size_t)told.octets;
		for (unsigned j = 0; j < EACH; j++)
			assert_true(fixture_put(fixture, 0, RDL_JOURNAL_PLAIN));
		rdl_journal_publish(&fixture->rings[0]);
		assert_int_equal(fixture_step(fixture, 0), RDL_JOURNAL_WROTE);
		memcpy(&len, octets + begins[i] + 8, 4);
		ends[i] = begins[i] + 128 + len;
		lasts[i] = rdl_journal_confirmed(&fixture->rings[0]);
	}
	rdl_journal_state(fixture->journal, 0, &told);
	begins[GROUPS] = RDL_JOURNAL_BLOCK + (size_t)told.octets;
	assert_true(begins[GROUPS] <= SEGMENT_LEN);
}

/* Position of the last entry before a group. */
static uint64_t before(unsigned group)
{
	return group > 0 ? lasts[group - 1] : 0;
}

static void make_log(struct fixture *fixture)
{
	fixture_begin(fixture, 1);
	fixture_start(fixture);
	log_groups(fixture);
	fixture_stop(fixture);
}

static struct seen read_again(struct fixture *fixture)
{
	struct seen seen;

	if (!fixture_open(fixture))
		fail_msg("%s", fixture->problem);
	assert_int_equal(rdl_journal_logs_count(fixture->logs), 1);
	seen = fixture_read(fixture, 0, false);
	if (seen.result == RDL_JOURNAL_DAMAGED) {
		assert_non_null(strstr(seen.problem, "d/run-00000001"));
		assert_non_null(strstr(seen.problem, "damaged at octet"));
		assert_non_null(strstr(seen.problem, "--discard-after"));
	}
	return seen;
}

/* What is damaged is named. */
static void expect_place(const struct seen *seen, const char *segment, size_t octet)
{
	char place[100];

	snprintf(place, sizeof(place), "%s: damaged at octet %zu,", segment, octet);
	if (strncmp(seen->problem, place, strlen(place)) != 0)
		fail_msg("%s and not %s", seen->problem, place);
}

/* In which group's octets that count it is; GROUPS: in none. */
static unsigned group_of(size_t octet)
{
	for (unsigned i = 0; i < GROUPS; i++) {
		if (octet >= begins[i] && octet < ends[i])
			return i;
	}
	return GROUPS;
}

static void a_bit_of_each_octet(void **state)
{
	struct fixture fixture;

	make_log(&fixture);
	uint8_t *octets = memory_octets_of(&fixture.memory, FIRST);
	for (size_t octet = 0; octet < SEGMENT_LEN; octet += STEP) {
		uint8_t bit = (uint8_t)(1 << octet % 8);
		unsigned group = group_of(octet);

		octets[octet] ^= bit;
		struct seen seen = read_again(&fixture);
		const struct rdl_journal_log *log = rdl_journal_logs_get(fixture.logs, 0);
		if (octet < RDL_JOURNAL_BLOCK || group < GROUPS - 1) {
			assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
			/* What stands before comes. */
			assert_int_equal(seen.last, octet < RDL_JOURNAL_BLOCK ? 0 : before(group));
			expect_place(&seen, FIRST, octet < RDL_JOURNAL_BLOCK ? 0 : begins[group]);
		} else if (group == GROUPS - 1) {
			assert_int_equal(seen.result, RDL_JOURNAL_END);
			assert_int_equal(seen.last, before(group));
			assert_true(log->torn);
			assert_int_equal(log->torn_segment, 1);
			assert_int_equal(log->torn_at, begins[group]);
		} else {
			assert_int_equal(seen.result, RDL_JOURNAL_END);
			assert_int_equal(seen.last, before(GROUPS));
		}
		fixture_stop(&fixture);
		octets[octet] ^= bit;
	}
	fixture_end(&fixture);
}

/* Segments end before they are full, as the longest group would not fit. */
static void the_first_octets_of_a_segment(void **state)
{
	static const size_t octets[] = { 0, RDL_JOURNAL_BLOCK, RDL_JOURNAL_BLOCK + 130 };
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	fixture_log(&fixture, 0, 300);
	fixture_stop(&fixture);
	uint8_t *second = memory_octets_of(&fixture.memory, SECOND);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(octets); i++) {
		second[octets[i]] ^= 1;
		struct seen seen = read_again(&fixture);
		assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
		expect_place(&seen, SECOND, octets[i] > 0 ? RDL_JOURNAL_BLOCK : 0);
		fixture_stop(&fixture);
		second[octets[i]] ^= 1;
	}
	fixture_end(&fixture);
}

/* Another shard knows the run, and another segment is there, when a first one lost its head. */
static void the_first_segment_of_one_of_two(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 2);
	fixture_start(&fixture);
	fixture_log(&fixture, 0, 3);
	fixture_log(&fixture, 1, 3);
	fixture_stop(&fixture);
	struct memory_file *file = memory_find(&fixture.memory, FIRST);
	for (unsigned i = 0; i < 2; i++) {
		file->now.len = i * 1000;
		assert_true(fixture_open(&fixture));
		struct seen seen = fixture_read(&fixture, 0, false);
		assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
		expect_place(&seen, FIRST, 0);
		seen = fixture_read(&fixture, 1, false);
		assert_int_equal(seen.result, RDL_JOURNAL_END);
		fixture_stop(&fixture);
	}
	fixture_end(&fixture);
}

/* One that was used and is gone, though one behind it is there, in which nothing stands. */
static void a_segment_between_others(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	fixture_log(&fixture, 0, 300);
	fixture_stop(&fixture);
	assert_non_null(memory_find(&fixture.memory, THIRD));
	memset(memory_octets_of(&fixture.memory, THIRD) + RDL_JOURNAL_BLOCK, 0,
		SEGMENT_LEN - RDL_JOURNAL_BLOCK);
	assert_int_equal(fixture.memory.disk.remove(fixture.memory.disk.context, SECOND), 0);
	struct seen seen = read_again(&fixture);
	assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
	assert_true(seen.last > 0);
	assert_non_null(strstr(seen.problem, "is missing"));
	fixture_stop(&fixture);
	fixture_end(&fixture);
}

/* Once a run went on from it, its last group is not to be overlooked either. */
static void a_bit_of_what_a_run_went_on_from(void **state)
{
	struct fixture fixture;

	make_log(&fixture);
	fixture_start(&fixture);
	fixture_stop(&fixture);
	uint8_t *octets = memory_octets_of(&fixture.memory, FIRST);
	for (size_t octet = begins[GROUPS - 1]; octet < ends[GROUPS - 1]; octet += STEP) {
		octets[octet] ^= 1;
		struct seen seen = read_again(&fixture);
		assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
		assert_int_equal(seen.last, before(GROUPS - 1));
		assert_non_null(strstr(seen.problem, "next run went on"));
		fixture_stop(&fixture);
		octets[octet] ^= 1;
	}
	fixture_end(&fixture);
}

static void a_log_cut_at_each_octet(void **state)
{
	struct fixture fixture;

	make_log(&fixture);
	struct memory_file *file = memory_find(&fixture.memory, FIRST);
	for (size_t len = 0; len < SEGMENT_LEN; len += STEP) {
		unsigned whole = 0;

		file->now.len = len;
		while (whole < GROUPS && begins[whole + 1] <= len)
			whole++;
		struct seen seen = read_again(&fixture);
		assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
		assert_int_equal(seen.last, before(whole));
		fixture_stop(&fixture);
	}
	file->now.len = SEGMENT_LEN;
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bit_of_each_octet),
		cmocka_unit_test(the_first_octets_of_a_segment),
		cmocka_unit_test(the_first_segment_of_one_of_two),
		cmocka_unit_test(a_segment_between_others),
		cmocka_unit_test(a_bit_of_what_a_run_went_on_from),
		cmocka_unit_test(a_log_cut_at_each_octet),
	};

	return RUN_TESTS(tests);
}
