/* SPDX-License-Identifier: BSD-3-Clause */
/* What the disk had and is not there is missed; where nothing was, nothing is. */
#include "parts.h"
#include "writer.h"

#define INVENTORY "d/inventory"

static void remove_file(struct fixture *fixture, const char *path)
{
	assert_int_equal(fixture->memory.disk.remove(&fixture->memory, path), 0);
}

static void set_len(struct fixture *fixture, const char *path, size_t len)
{
	struct memory_file *file = memory_find(&fixture->memory, path);

	CHECK(file != NULL);
	file->now.len = len;
}

/* Nothing says that something is missing, where nothing was logged. */
static void a_fresh_directory_lacks_nothing(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	for (unsigned i = 0; i < 2; i++) {
		fixture_start(&fixture);
		assert_int_equal(rdl_journal_logs_count(fixture.logs), 0);
		rdl_journal_tend(fixture.journal);
		fixture_stop(&fixture);
		assert_null(memory_find(&fixture.memory, INVENTORY));
	}
	fixture_end(&fixture);
}

static void the_latest_run_is_missing(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	make_run(&fixture, 2);
	rename_file(&fixture.memory, RUN, "elsewhere");
	expect_damage(&fixture, 0, 0, "d: run 1, shard 0: damaged at octet 0, position 1: no seg");
	expect_damage(&fixture, 1, 0, "d: run 1, shard 1: damaged at octet 0, position 1: no seg");
	rename_file(&fixture.memory, "d/elsewhere", "run-00000001");
	/* What there was before it is no excuse, nor is one after it, in which there is nothing. */
	make_run(&fixture, 1);
	fixture_start(&fixture);
	fixture_stop(&fixture);
	rename_file(&fixture.memory, "d/run-00000002", "elsewhere");
	for (unsigned i = 0; i < 2; i++) {
		expect_damage(&fixture, 2, 0, "run 2, shard 0: damaged at octet 0");
		if (i == 0)
			rename_file(&fixture.memory, "d/run-00000003", "and-this");
	}
	/* Given up, it is nothing, and the one before is what there was. */
	assert_true(fixture_open(&fixture));
	assert_int_equal(fixture_read(&fixture, 2, true).result, RDL_JOURNAL_DAMAGED);
	fixture_stop(&fixture);
	fixture_start(&fixture);
	assert_int_equal(rdl_journal_logs_count(fixture.logs), 3);
	assert_int_equal(rdl_journal_logs_get(fixture.logs, 0)->end, ENTRIES);
	assert_true(rdl_journal_logs_get(fixture.logs, 2)->cut);
	fixture_end(&fixture);
}

/* Of a run, all of it but its folder. */
static void all_segments_are_missing(void **state)
{
	struct fixture fixture;
	char path[64];

	fixture_begin(&fixture, 1);
	make_run(&fixture, 2);
	for (unsigned shard = 0; shard < 2; shard++)
		for (unsigned segment = 1; segment < 100; segment++) {
			snprintf(path, sizeof(path), RUN "/shard-%03u.%08u", shard, segment);
			if (memory_find(&fixture.memory, path) != NULL)
				remove_file(&fixture, path);
		}
	expect_damage(&fixture, 0, 0, "shard 0: damaged at octet 0, position 1: no segment of it");
	expect_damage(&fixture, 1, 0, "shard 1: damaged at octet 0, position 1: no segment of it");
	fixture_end(&fixture);
}

/* Of the log, from a segment on to its last. */
static void the_last_segments_are_missing(void **state)
{
	struct fixture fixture;
	char path[64];
	unsigned last = 1;

	fixture_begin(&fixture, 1);
	make_run(&fixture, 1);
	snprintf(path, sizeof(path), RUN "/shard-000.%08u", last + 1);
	while (memory_find(&fixture.memory, path) != NULL)
		snprintf(path, sizeof(path), RUN "/shard-000.%08u", ++last + 1);
	assert_true(last > 4);
	/* The last one is empty, and may be missing; those before it may not. */
	for (unsigned segment = last; segment > 1; segment--) {
		snprintf(path, sizeof(path), RUN "/shard-000.%08u", segment);
		remove_file(&fixture, path);
		assert_true(fixture_open(&fixture));
		struct seen seen = fixture_read(&fixture, 0, false);
		fixture_stop(&fixture);
		if (segment == last) {
			assert_int_equal(seen.result, RDL_JOURNAL_END);
			assert_int_equal(seen.last, ENTRIES);
			continue;
		}
		assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
		assert_true(seen.last > 0 && seen.last < ENTRIES);
		assert_non_null(strstr(seen.problem, "the segment behind this one is missing"));
	}
	fixture_end(&fixture);
}

/* Of a segment that was written into, everything; of the ones after it, what had been written. */
static void a_segment_is_emptied(void **state)
{
	struct fixture fixture;
	struct seen seen;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	while (fixture.journal->writers[0].segment < 2)
		fixture_log(&fixture, 0, 1);
	rdl_journal_tend(fixture.journal);
	fixture_stop(&fixture);
	for (unsigned i = 0; i < 2; i++) {
		set_len(&fixture, SECOND, i * 1000);
		assert_true(fixture_open(&fixture));
		seen = fixture_read(&fixture, 0, false);
		assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
		assert_non_null(strstr(seen.problem, "00000002: damaged at octet 0, "));
		fixture_stop(&fixture);
	}
	set_len(&fixture, SECOND, SEGMENT_LEN);
	/* The one that is made before it is needed may be anything. */
	set_len(&fixture, RUN "/shard-000.00000003", 0);
	assert_true(fixture_open(&fixture));
	assert_int_equal(fixture_read(&fixture, 0, false).result, RDL_JOURNAL_END);
	fixture_stop(&fixture);
	fixture_end(&fixture);
}

static void the_segment_before_the_last_is_cleared(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	while (fixture.journal->writers[0].segment < 3)
		fixture_log(&fixture, 0, 1);
	uint64_t last = fixture.journal->writers[0].firsts[2] - 1;
	rdl_journal_tend(fixture.journal);
	fixture_stop(&fixture);
	memset(memory_octets_of(&fixture.memory, SECOND) + RDL_JOURNAL_BLOCK, 0,
		SEGMENT_LEN - RDL_JOURNAL_BLOCK);
	memset(memory_octets_of(&fixture.memory, RUN "/shard-000.00000003") + RDL_JOURNAL_BLOCK, 0,
		SEGMENT_LEN - RDL_JOURNAL_BLOCK);
	expect_damage(&fixture, 0, last, "the disk had confirmed what stood here");
	fixture_end(&fixture);
}

/* What was there at first is known, though no group follows it. */
static void the_first_group_is_cleared(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	fixture.config.shards = 2;
	fixture_start(&fixture);
	fixture_log(&fixture, 0, 1);
	fixture_stop(&fixture);
	uint8_t *octets = memory_octets_of(&fixture.memory, FIRST) + RDL_JOURNAL_BLOCK;
	octets[130] ^= 1;
	expect_damage(&fixture, 0, 0, "00000001: damaged at octet 4096, position 1: the disk had");
	memset(octets, 0, RDL_JOURNAL_BLOCK);
	expect_damage(&fixture, 0, 0, "00000001: damaged at octet 4096, position 1: the disk had");
	/* Of the other log it had nothing. */
	assert_true(fixture_open(&fixture));
	assert_int_equal(fixture_read(&fixture, 1, false).result, RDL_JOURNAL_END);
	fixture_stop(&fixture);
	fixture_end(&fixture);
}

/* Older runs go when this one would be missed. */
static void older_runs_wait_for_the_inventory(void **state)
{
	struct rdl_journal_state seen;
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	make_run(&fixture, 1);
	fixture_start(&fixture);
	/* The next segment is there. */
	rdl_journal_tend(fixture.journal);
	assert_true(fixture_put(&fixture, 0, RDL_JOURNAL_SWEEP_BEGINS));
	assert_true(fixture_put(&fixture, 0, RDL_JOURNAL_SWEEP_ENDS));
	rdl_journal_publish(&fixture.rings[0]);
	while (fixture_step(&fixture, 0) == RDL_JOURNAL_WROTE)
		;
	fixture.memory.writes_fail = EIO;
	rdl_journal_tend(fixture.journal);
	assert_non_null(memory_find(&fixture.memory, RUN));
	rdl_journal_state(fixture.journal, 0, &seen);
	assert_int_equal(seen.health, RDL_JOURNAL_NO_SPACE);
	assert_int_equal(seen.error, EIO);
	assert_string_equal(seen.what, "inventory");
	fixture.memory.writes_fail = 0;
	rdl_journal_tend(fixture.journal);
	assert_null(memory_find(&fixture.memory, RUN));
	rdl_journal_state(fixture.journal, 0, &seen);
	assert_int_equal(seen.health, RDL_JOURNAL_WELL);
	fixture_end(&fixture);
}

static void seal(uint8_t block[RDL_JOURNAL_BLOCK])
{
	uint32_t crc = rdl_journal_crc(0, block, RDL_JOURNAL_BLOCK - 4);

	memcpy(block + RDL_JOURNAL_BLOCK - 4, &crc, 4);
}

static void an_inventory_of_no_use(void **state)
{
	struct fixture fixture;
	uint8_t *octets;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	fixture_log(&fixture, 0, 1);
	fixture_stop(&fixture);
	octets = memory_octets_of(&fixture.memory, INVENTORY);
	octets[100] ^= 1;
	assert_false(fixture_open(&fixture));
	assert_non_null(strstr(fixture.problem, INVENTORY ": is damaged"));
	octets[100] ^= 1;
	octets[8] = 2;
	seal(octets);
	assert_false(fixture_open(&fixture));
	assert_string_equal(
		fixture.problem, INVENTORY ": was written by a newer version of rdline");
	octets[8] = 1;
	/* Of another run, which had the same number. */
	octets[24] ^= 1;
	seal(octets);
	assert_false(fixture_open(&fixture));
	assert_non_null(strstr(fixture.problem, "belongs to another run 1"));
	octets[24] ^= 1;
	seal(octets);
	assert_true(fixture_open(&fixture));
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_directory_lacks_nothing),
		cmocka_unit_test(the_latest_run_is_missing),
		cmocka_unit_test(all_segments_are_missing),
		cmocka_unit_test(the_last_segments_are_missing),
		cmocka_unit_test(a_segment_is_emptied),
		cmocka_unit_test(the_segment_before_the_last_is_cleared),
		cmocka_unit_test(the_first_group_is_cleared),
		cmocka_unit_test(older_runs_wait_for_the_inventory),
		cmocka_unit_test(an_inventory_of_no_use),
	};

	return RUN_TESTS(tests);
}
