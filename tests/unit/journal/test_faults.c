/* SPDX-License-Identifier: BSD-3-Clause */
/* Disks that fail or are full, and directories of which somebody took a part. */
#include "parts.h"
#include "writer.h"

static struct rdl_journal_state state_of(const struct fixture *fixture)
{
	struct rdl_journal_state told;

	rdl_journal_state(fixture->journal, 0, &told);
	return told;
}

static void a_sync_that_fails_is_the_end(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	fixture_log(&fixture, 0, 3);
	fixture.memory.sync_fails = true;
	fixture_put(&fixture, 0, RDL_JOURNAL_PLAIN);
	rdl_journal_publish(&fixture.rings[0]);
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_ENDED);
	/* The disk would say that all is well now. */
	unsigned syncs = fixture.memory.syncs;
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_ENDED);
	assert_false(rdl_journal_finish(fixture.journal, 0, &fixture.now));
	assert_int_equal(fixture.memory.syncs, syncs);
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), 3);
	assert_int_equal(state_of(&fixture).health, RDL_JOURNAL_FAILED);
	assert_int_equal(state_of(&fixture).error, EIO);
	assert_string_equal(state_of(&fixture).what, "fdatasync");
	fixture_end(&fixture);
}

static void a_write_that_fails_is_the_end(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	fixture_put(&fixture, 0, RDL_JOURNAL_PLAIN);
	rdl_journal_publish(&fixture.rings[0]);
	fixture.memory.stops_in = 1;
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_ENDED);
	fixture.memory.stopped = false;
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_ENDED);
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), 0);
	assert_string_equal(state_of(&fixture).what, "write");
	fixture_end(&fixture);
}

/* It waits, and goes on; nothing is lost. */
static void a_full_disk_is_waited_for(void **state)
{
	enum rdl_journal_step step;
	struct fixture fixture;
	unsigned put = 0;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	fixture.memory.room = memory_used(&fixture.memory) + SEGMENT_LEN + SEGMENT_LEN / 2;
	do {
		while (put < 4000 && fixture_put(&fixture, 0, RDL_JOURNAL_PLAIN))
			put++;
		rdl_journal_publish(&fixture.rings[0]);
		rdl_journal_tend(fixture.journal);
		step = fixture_step(&fixture, 0);
	} while (step == RDL_JOURNAL_WROTE);
	assert_int_equal(step, RDL_JOURNAL_WAITS);
	assert_int_equal(state_of(&fixture).health, RDL_JOURNAL_NO_SPACE);
	assert_int_equal(state_of(&fixture).error, ENOSPC);
	/* What could not be made whole takes no room. */
	assert_null(memory_find(&fixture.memory, RUN "/shard-000.00000003"));
	assert_true(rdl_journal_confirmed(&fixture.rings[0]) < put);
	assert_false(rdl_journal_finish(fixture.journal, 0, &fixture.now));
	fixture.memory.room = 0;
	while (!rdl_journal_finish(fixture.journal, 0, &fixture.now))
		rdl_journal_tend(fixture.journal);
	assert_int_equal(state_of(&fixture).health, RDL_JOURNAL_WELL);
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), put);
	fixture_stop(&fixture);
	assert_true(fixture_open(&fixture));
	assert_int_equal(fixture_read(&fixture, 0, false).last, put);
	fixture_end(&fixture);
}

/* Some file systems promise room, and do not have it. */
static void a_group_without_room_is_waited_for(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	fixture.config.durability = RDL_JOURNAL_WINDOW;
	fixture_start(&fixture);
	assert_true(fixture_put(&fixture, 0, RDL_JOURNAL_SWEEP_BEGINS));
	fixture_log(&fixture, 0, 1);
	assert_true(fixture_put(&fixture, 0, RDL_JOURNAL_SWEEP_ENDS));
	rdl_journal_publish(&fixture.rings[0]);
	fixture.memory.writes_fail = ENOSPC;
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_WAITS);
	assert_int_equal(state_of(&fixture).health, RDL_JOURNAL_NO_SPACE);
	/* What was written before is synced, all the same; the end of the sweep is not there. */
	fixture.now.run_ms += 100;
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_WAITS);
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), 2);
	assert_int_equal(state_of(&fixture).written, 2);
	assert_int_equal(fixture.journal->writers[0].base, 0);
	fixture.memory.writes_fail = 0;
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_WROTE);
	assert_int_equal(state_of(&fixture).health, RDL_JOURNAL_WELL);
	assert_true(rdl_journal_finish(fixture.journal, 0, &fixture.now));
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), 3);
	fixture_stop(&fixture);
	assert_true(fixture_open(&fixture));
	assert_int_equal(fixture_read(&fixture, 0, false).last, 3);
	fixture_end(&fixture);
}

static void no_room_to_begin(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 2);
	fixture.memory.room = SEGMENT_LEN + SEGMENT_LEN / 2;
	assert_true(fixture_open(&fixture));
	assert_false(fixture_run(&fixture));
	assert_string_equal(fixture.problem,
		RUN ": No space left on device: it begins with 2 segments of 28 kB");
	assert_int_equal(memory_used(&fixture.memory), 0);
	fixture.memory.room = 0;
	assert_true(fixture_run(&fixture));
	fixture_end(&fixture);
}

static void a_newer_version_wrote_it(void **state)
{
	struct fixture fixture;
	uint32_t crc;

	fixture_begin(&fixture, 1);
	make_run(&fixture, 1);
	uint8_t *header = memory_octets_of(&fixture.memory, FIRST);
	header[8] = 2;
	/* Of a format to come, more than its number is different. */
	memset(header + 100, 0xaa, 100);
	crc = rdl_journal_crc(0, header, RDL_JOURNAL_BLOCK - 4);
	memcpy(header + RDL_JOURNAL_BLOCK - 4, &crc, 4);
	assert_false(fixture_open(&fixture));
	assert_string_equal(fixture.problem,
		"d: run 1 was logged by a newer version of rdline: start that one, or put a copy "
		"from before it in the place");
	fixture_end(&fixture);
}

/* Whichever read it is that fails. */
static void what_cannot_be_read_is_no_end(void **state)
{
	struct fixture fixture;
	unsigned at_open = 0, later = 0;
	bool failed = true;

	fixture_begin(&fixture, 1);
	make_run(&fixture, 1);
	for (unsigned reads = 1; failed; reads++) {
		fixture.memory.reads_fail_in = reads;
		if (!fixture_open(&fixture)) {
			assert_non_null(strstr(fixture.problem, "cannot be read: Input/output"));
			at_open++;
			continue;
		}
		struct seen seen = fixture_read(&fixture, 0, false);
		failed = fixture.memory.reads_fail_in == 0;
		assert_int_equal(seen.result, failed ? RDL_JOURNAL_DAMAGED : RDL_JOURNAL_END);
		if (failed)
			assert_non_null(strstr(seen.problem, "cannot be read: Input/output"));
		later += failed;
		fixture_stop(&fixture);
	}
	assert_true(at_open > 3 && later > 6);
	fixture_end(&fixture);
}

/* Of a segment behind the first, whose header says what the run is. */
static void a_header_is_damaged(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	make_run(&fixture, 1);
	memory_octets_of(&fixture.memory, SECOND)[300] ^= 1;
	assert_true(fixture_open(&fixture));
	struct seen seen = fixture_read(&fixture, 0, false);
	assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
	assert_true(seen.last > 0 && seen.last < ENTRIES);
	assert_non_null(strstr(seen.problem, "00000002: damaged at octet 0, "));
	assert_non_null(strstr(seen.problem, "the segment's header"));
	fixture_end(&fixture);
}

static void parts_that_are_missing(void **state)
{
	struct memory_disk *memory;
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	memory = &fixture.memory;
	make_run(&fixture, 2);
	/* A segment at the beginning, one behind it, all of a shard. */
	rename_file(memory, FIRST, "elsewhere");
	expect_damage(&fixture, 0, 0,
		"shard-000.00000002: damaged at octet 4096, position 1: what "
		"the log needs of it is missing");
	rename_file(memory, RUN "/elsewhere", "shard-000.00000001");
	rename_file(memory, SECOND, "elsewhere");
	assert_true(fixture_open(&fixture));
	struct seen seen = fixture_read(&fixture, 0, false);
	assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
	assert_true(seen.last > 0 && seen.last < ENTRIES);
	fixture_stop(&fixture);
	rename_file(memory, RUN "/elsewhere", "shard-000.00000002");
	for (char segment[] = "shard-001.00000001"; segment[17] <= '9'; segment[17]++) {
		char path[64];

		snprintf(path, sizeof(path), RUN "/%s", segment);
		if (memory_find(memory, path) != NULL)
			memory_find(memory, path)->name.name[0] = 'x';
	}
	expect_damage(&fixture, 1, 0, "shard 1: damaged at octet 0, position 1: no segment of it");
	fixture_end(&fixture);
}

/* A run that another went on from, and one of which nothing but its name is there. */
static void runs_that_are_missing(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	make_run(&fixture, 1);
	make_run(&fixture, 1);
	rename_file(&fixture.memory, RUN, "elsewhere");
	expect_damage(&fixture, 0, 0, "run 1, shard 0: damaged at octet 0, position 1: no segment");
	rename_file(&fixture.memory, "d/elsewhere", "run-00000001");
	assert_int_equal(fixture.memory.disk.make_directory(&fixture.memory, "d/run-00000003"), 0);
	expect_damage(&fixture, 2, 0, "run 3, shard 0: damaged at octet 0, position 1: no segment");
	/* Given up, it is none. */
	assert_true(fixture_open(&fixture));
	assert_int_equal(fixture_read(&fixture, 2, true).result, RDL_JOURNAL_DAMAGED);
	fixture_stop(&fixture);
	make_run(&fixture, 2);
	assert_true(fixture_open(&fixture));
	assert_int_equal(rdl_journal_logs_count(fixture.logs), 5);
	fixture_read_all(&fixture);
	fixture_end(&fixture);
}

/* What is before it is of no use then, and not read. */
static void a_run_in_between_is_missing(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	for (unsigned i = 0; i < 3; i++)
		make_run(&fixture, 1);
	rename_file(&fixture.memory, "d/run-00000002", "elsewhere");
	assert_true(fixture_open(&fixture));
	assert_int_equal(rdl_journal_logs_count(fixture.logs), 2);
	fixture_stop(&fixture);
	expect_damage(&fixture, 0, 0, "run 2, shard 0: damaged at octet 0, position 1: no segment");
	fixture_end(&fixture);
}

/* Each is whole, but they are not where they were. */
static void segments_that_changed_places(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	make_run(&fixture, 1);
	rename_file(&fixture.memory, FIRST, "elsewhere");
	rename_file(&fixture.memory, SECOND, "shard-000.00000001");
	rename_file(&fixture.memory, RUN "/elsewhere", "shard-000.00000002");
	expect_damage(&fixture, 0, 0, "damaged at octet");
	fixture_end(&fixture);
}

/* What stands before the damage is what there was; later runs are read as they are. */
static void a_log_is_cut_by_hand(void **state)
{
	struct fixture fixture;
	struct seen seen, again;

	fixture_begin(&fixture, 1);
	make_run(&fixture, 2);
	make_run(&fixture, 1);
	uint8_t *octet = memory_octets_of(&fixture.memory, SECOND) + RDL_JOURNAL_BLOCK + 200;
	*octet ^= 1;
	assert_true(fixture_open(&fixture));
	seen = fixture_read(&fixture, 0, true);
	assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
	assert_true(seen.last > 0);
	fixture_stop(&fixture);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(fixture_open(&fixture));
		again = fixture_read(&fixture, 0, false);
		assert_int_equal(again.result, RDL_JOURNAL_END);
		assert_int_equal(again.last, seen.last);
		assert_true(rdl_journal_logs_get(fixture.logs, 0)->cut);
		assert_false(rdl_journal_logs_get(fixture.logs, 1)->cut);
		assert_int_equal(fixture_read(&fixture, 1, false).last, ENTRIES);
		assert_int_equal(fixture_read(&fixture, 2, false).last, ENTRIES);
		fixture_stop(&fixture);
		/* Whatever becomes of what was given up. */
		*octet ^= 1;
	}
	/* Before a cut, damage is damage, and may be cut anew. */
	memory_octets_of(&fixture.memory, FIRST)[RDL_JOURNAL_BLOCK + 200] ^= 1;
	assert_true(fixture_open(&fixture));
	seen = fixture_read(&fixture, 0, true);
	assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
	assert_non_null(strstr(seen.problem, "before where the log was cut"));
	assert_int_equal(seen.last, 0);
	fixture_stop(&fixture);
	make_run(&fixture, 1);
	/* A cut that is damaged itself says nothing. */
	memory_octets_of(&fixture.memory, RUN "/shard-000.cut")[9] ^= 1;
	assert_false(fixture_open(&fixture));
	assert_string_equal(
		fixture.problem, RUN "/shard-000.cut: is damaged; remove it, and cut anew");
	fixture_end(&fixture);
}

/* The group at a place; what it says is in front of its octets. */
static uint64_t first_of(const uint8_t *group)
{
	uint64_t first;

	memcpy(&first, group + 40, sizeof(first));
	return first;
}

/* Its beginning went with a sweep that the cut takes away. */
static void a_log_is_cut_before_its_sweep(void **state)
{
	struct rdl_journal_state told;
	struct fixture fixture;
	struct seen seen;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	fixture_log(&fixture, 0, ENTRIES);
	assert_true(fixture_put(&fixture, 0, RDL_JOURNAL_SWEEP_BEGINS));
	fixture_log(&fixture, 0, 10);
	assert_true(fixture_put(&fixture, 0, RDL_JOURNAL_SWEEP_ENDS));
	fixture_log(&fixture, 0, 0);
	rdl_journal_tend(fixture.journal);
	told = state_of(&fixture);
	assert_int_equal(told.base, ENTRIES + 1);
	char path[64];
	snprintf(path, sizeof(path), RUN "/shard-000.%08u", fixture.journal->writers[0].oldest);
	uint8_t *group = memory_octets_of(&fixture.memory, path) + RDL_JOURNAL_BLOCK;
	uint64_t first = first_of(group);
	assert_true(first > 1 && first < told.base);
	while (first_of(group) != told.base)
		group += RDL_JOURNAL_BLOCK;
	group[100] ^= 1;
	fixture_stop(&fixture);
	assert_true(fixture_open(&fixture));
	seen = fixture_read(&fixture, 0, true);
	assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
	assert_int_equal(seen.last, 0);
	fixture_stop(&fixture);
	assert_true(fixture_open(&fixture));
	seen = fixture_read(&fixture, 0, false);
	assert_int_equal(seen.result, RDL_JOURNAL_END);
	assert_int_equal(seen.first, first);
	assert_int_equal(seen.last, ENTRIES);
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sync_that_fails_is_the_end),
		cmocka_unit_test(a_write_that_fails_is_the_end),
		cmocka_unit_test(a_full_disk_is_waited_for),
		cmocka_unit_test(a_group_without_room_is_waited_for),
		cmocka_unit_test(no_room_to_begin),
		cmocka_unit_test(a_newer_version_wrote_it),
		cmocka_unit_test(what_cannot_be_read_is_no_end),
		cmocka_unit_test(a_header_is_damaged),
		cmocka_unit_test(parts_that_are_missing),
		cmocka_unit_test(runs_that_are_missing),
		cmocka_unit_test(a_run_in_between_is_missing),
		cmocka_unit_test(segments_that_changed_places),
		cmocka_unit_test(a_log_is_cut_by_hand),
		cmocka_unit_test(a_log_is_cut_before_its_sweep),
	};

	return RUN_TESTS(tests);
}
