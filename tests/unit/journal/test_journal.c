/* SPDX-License-Identifier: BSD-3-Clause */
/* What a run logs, the next one reads; what is needed no more, goes. */
#include "fixture.h"

static unsigned count_segments(struct memory_disk *memory, const char *path)
{
	const struct memory_file *run = memory_find(memory, path);
	unsigned count = 0;

	for (size_t i = 0; i < memory->count && run != NULL; i++) {
		const struct memory_file *file = &memory->files[i];

		count += file->used && file->name.there && file->directory != MEMORY_ROOT &&
			 &memory->files[file->directory] == run;
	}
	return count;
}

/* A whole sweep, in which `count` entries are told. */
static void sweep(struct fixture *fixture, unsigned shard, unsigned count)
{
	assert_true(fixture_put(fixture, shard, RDL_JOURNAL_SWEEP_BEGINS));
	fixture_log(fixture, shard, count);
	assert_true(fixture_put(fixture, shard, RDL_JOURNAL_SWEEP_ENDS));
	fixture_log(fixture, shard, 0);
	rdl_journal_tend(fixture->journal);
}

static void nothing_is_confirmed_before_it_is_synced(void **state)
{
	struct fixture fixture;
	unsigned syncs;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_IDLE);
	fixture_put(&fixture, 0, RDL_JOURNAL_PLAIN);
	/* What was not published is not there. */
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_IDLE);
	rdl_journal_publish(&fixture.rings[0]);
	syncs = fixture.memory.syncs;
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), 0);
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_WROTE);
	assert_int_equal(fixture.memory.syncs, syncs + 1);
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), 1);
	/* As many as there are go into one group. */
	for (unsigned i = 0; i < 10; i++)
		fixture_put(&fixture, 0, RDL_JOURNAL_PLAIN);
	rdl_journal_publish(&fixture.rings[0]);
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_WROTE);
	assert_int_equal(fixture.memory.syncs, syncs + 2);
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), 11);
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_IDLE);
	fixture_end(&fixture);
}

/* What has no entry is known to have ended, though nothing else is written. */
static void it_says_how_late_it_is(void **state)
{
	struct fixture fixture;
	struct rdl_journal_state told;

	fixture_begin(&fixture, 1);
	fixture.now.run_ms = 10000;
	fixture_start(&fixture);
	fixture_log(&fixture, 0, 1);
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_IDLE);
	fixture.now.run_ms += 5000;
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_IDLE);
	/* The writer's clock is behind yet. */
	rdl_journal_note_end(&fixture.rings[0], fixture.now.run_ms + 1);
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_IDLE);
	fixture.now.run_ms += 3;
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_WROTE);
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_IDLE);
	/* Once a second, and at the end. */
	fixture.now.run_ms += 10;
	rdl_journal_note_end(&fixture.rings[0], fixture.now.run_ms);
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_IDLE);
	rdl_journal_state(fixture.journal, 0, &told);
	assert_int_equal(told.groups, 2);
	assert_true(rdl_journal_finish(fixture.journal, 0, &fixture.now));
	rdl_journal_state(fixture.journal, 0, &told);
	assert_int_equal(told.groups, 3);
	assert_int_equal(told.confirmed, 1);
	const uint64_t end_ms = fixture.now.run_ms;
	fixture_stop(&fixture);
	fixture.now.run_ms = 1;
	fixture_start(&fixture);
	assert_int_equal(rdl_journal_logs_get(fixture.logs, 0)->end, 1);
	assert_int_equal(rdl_journal_logs_get(fixture.logs, 0)->last.run_ms, end_ms);
	fixture_end(&fixture);
}

static void a_window_is_synced_in_time(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	fixture.config.durability = RDL_JOURNAL_WINDOW;
	fixture_start(&fixture);
	for (unsigned i = 0; i < 5; i++) {
		fixture_log(&fixture, 0, 1);
		assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), 0);
		fixture.now.run_ms += 10;
	}
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_IDLE);
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), 5);
	/* Its beginning is when the first was written that waits. */
	fixture.now.run_ms += 1000;
	fixture_log(&fixture, 0, 1);
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), 5);
	assert_true(rdl_journal_finish(fixture.journal, 0, &fixture.now));
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), 6);
	fixture_end(&fixture);
}

static void unsynced_is_synced_where_a_segment_ends(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	fixture.config.durability = RDL_JOURNAL_UNSYNCED;
	fixture_start(&fixture);
	fixture_log(&fixture, 0, 3);
	fixture.now.run_ms += 100000;
	assert_int_equal(fixture_step(&fixture, 0), RDL_JOURNAL_IDLE);
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), 0);
	while (rdl_journal_confirmed(&fixture.rings[0]) == 0)
		fixture_log(&fixture, 0, 1);
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), fixture.rings[0].position - 1);
	assert_true(rdl_journal_finish(fixture.journal, 0, &fixture.now));
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), fixture.rings[0].position);
	fixture_end(&fixture);
}

static void runs_go_on_from_runs(void **state)
{
	static const unsigned shards[] = { 2, 1, 3 };
	struct fixture fixture;
	struct seen seen;

	fixture_begin(&fixture, 2);
	for (unsigned run = 0; run < RDL_ARRAY_LEN(shards); run++) {
		fixture.config.shards = shards[run];
		fixture.config.boot_id[0] = (uint8_t)('a' + run);
		fixture_start(&fixture);
		assert_int_equal(rdl_journal_run(fixture.journal), run + 1);
		for (unsigned i = 0; i < shards[run]; i++)
			fixture_log(&fixture, i, 100 * run + 10 * i + 300);
		fixture.now.wall_ms += 1000;
		fixture_stop(&fixture);
	}
	assert_true(fixture_open(&fixture));
	assert_int_equal(rdl_journal_logs_count(fixture.logs), 6);
	for (unsigned run = 0, index = 0; run < RDL_ARRAY_LEN(shards); run++) {
		for (unsigned i = 0; i < shards[run]; i++, index++) {
			const struct rdl_journal_log *log =
				rdl_journal_logs_get(fixture.logs, index);

			assert_int_equal(log->run, run + 1);
			assert_int_equal(log->shard, i);
			assert_int_equal(log->shards, shards[run]);
			assert_int_equal(log->boot_id[0], 'a' + run);
			seen = fixture_read(&fixture, index, false);
			assert_int_equal(seen.result, RDL_JOURNAL_END);
			assert_int_equal(seen.first, 1);
			assert_int_equal(seen.last, 100 * run + 10 * i + 300);
			assert_int_equal(log->last.wall_ms, 1000000 + 1000 * run);
			assert_false(log->torn);
		}
	}
	fixture_end(&fixture);
}

/* One that was killed before it logged anything leaves nothing behind. */
static void an_empty_run_is_none(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	fixture_log(&fixture, 0, 5);
	fixture_stop(&fixture);
	fixture_start(&fixture);
	fixture_stop(&fixture);
	fixture_start(&fixture);
	assert_int_equal(count_segments(&fixture.memory, "d/run-00000002"), 0);
	assert_int_equal(rdl_journal_run(fixture.journal), 3);
	fixture_log(&fixture, 0, 5);
	fixture_stop(&fixture);
	assert_true(fixture_open(&fixture));
	assert_int_equal(rdl_journal_logs_count(fixture.logs), 2);
	fixture_read_all(&fixture);
	fixture_end(&fixture);
}

static void what_a_sweep_told_needs_nothing_before_it(void **state)
{
	struct rdl_journal_state told;
	struct fixture fixture;
	struct seen seen;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	fixture_log(&fixture, 0, 1000);
	unsigned before = count_segments(&fixture.memory, "d/run-00000001");
	uint64_t first = fixture.rings[0].position + 1;
	sweep(&fixture, 0, 100);
	unsigned after = count_segments(&fixture.memory, "d/run-00000001");
	assert_true(before >= 4 && after < before);
	rdl_journal_state(fixture.journal, 0, &told);
	assert_int_equal(told.base, first);
	assert_int_equal(told.segments, after);
	assert_int_equal(told.disk, after * SEGMENT_LEN);
	/* The next one has not ended. */
	assert_true(fixture_put(&fixture, 0, RDL_JOURNAL_SWEEP_BEGINS));
	fixture_log(&fixture, 0, 100);
	fixture_stop(&fixture);
	assert_true(fixture_open(&fixture));
	seen = fixture_read(&fixture, 0, false);
	assert_int_equal(seen.result, RDL_JOURNAL_END);
	assert_int_equal(seen.first, first);
	assert_int_equal(seen.last, first + 202);
	fixture_end(&fixture);
}

/* Else runs that log little would stay for ever. */
static void older_runs_go_where_nothing_is_synced(void **state)
{
	struct rdl_journal_state told;
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	fixture.config.durability = RDL_JOURNAL_UNSYNCED;
	for (unsigned run = 0; run < 4; run++) {
		fixture_start(&fixture);
		rdl_journal_state(fixture.journal, 0, &told);
		assert_int_equal(told.older_runs, run > 0);
		sweep(&fixture, 0, 3);
		rdl_journal_state(fixture.journal, 0, &told);
		assert_int_equal(told.older_runs, 0);
		assert_int_equal(told.syncs, 2);
		fixture_log(&fixture, 0, 3);
		fixture_stop(&fixture);
	}
	fixture_end(&fixture);
}

static void older_runs_go_when_all_shards_have_told_all(void **state)
{
	struct rdl_journal_state told;
	struct fixture fixture;

	fixture_begin(&fixture, 2);
	fixture_start(&fixture);
	fixture_log(&fixture, 0, 100);
	fixture_log(&fixture, 1, 100);
	fixture_stop(&fixture);
	fixture_start(&fixture);
	sweep(&fixture, 1, 10);
	sweep(&fixture, 1, 10);
	rdl_journal_state(fixture.journal, 0, &told);
	assert_int_equal(told.older_runs, 1);
	assert_int_equal(count_segments(&fixture.memory, "d/run-00000001"), 2 * 2);
	fixture_stop(&fixture);
	assert_true(fixture_open(&fixture));
	assert_int_equal(rdl_journal_logs_count(fixture.logs), 4);
	fixture_read_all(&fixture);
	/* Of the second run, the first shard has not logged anything. */
	assert_int_equal(rdl_journal_logs_get(fixture.logs, 2)->end, 0);
	assert_false(rdl_journal_logs_get(fixture.logs, 2)->torn);
	assert_true(fixture_run(&fixture));
	sweep(&fixture, 0, 10);
	assert_int_equal(count_segments(&fixture.memory, "d/run-00000001"), 2 * 2);
	sweep(&fixture, 1, 10);
	rdl_journal_state(fixture.journal, 0, &told);
	assert_int_equal(told.older_runs, 0);
	assert_int_equal(count_segments(&fixture.memory, "d/run-00000001"), 0);
	assert_int_equal(count_segments(&fixture.memory, "d/run-00000002"), 0);
	assert_null(memory_find(&fixture.memory, "d/run-00000001"));
	fixture_stop(&fixture);
	assert_true(fixture_open(&fixture));
	assert_int_equal(rdl_journal_logs_count(fixture.logs), 2);
	fixture_read_all(&fixture);
	fixture_end(&fixture);
}

/* Whatever the disk refuses the first time, is done the next time. */
static void what_could_not_be_removed_goes_later(void **state)
{
	struct rdl_journal_state told;
	struct fixture fixture;
	unsigned refused = 0;

	for (unsigned operation = 1; operation < 12; operation++) {
		fixture_begin(&fixture, 1);
		fixture_start(&fixture);
		fixture_log(&fixture, 0, 400);
		fixture_stop(&fixture);
		fixture_start(&fixture);
		assert_true(fixture_put(&fixture, 0, RDL_JOURNAL_SWEEP_BEGINS));
		fixture_log(&fixture, 0, 10);
		assert_true(fixture_put(&fixture, 0, RDL_JOURNAL_SWEEP_ENDS));
		rdl_journal_publish(&fixture.rings[0]);
		while (fixture_step(&fixture, 0) == RDL_JOURNAL_WROTE)
			;
		fixture.memory.stops_in = operation;
		rdl_journal_tend(fixture.journal);
		rdl_journal_state(fixture.journal, 0, &told);
		refused += told.older_runs;
		fixture.memory.stopped = false;
		fixture.memory.stops_in = 0;
		rdl_journal_tend(fixture.journal);
		rdl_journal_state(fixture.journal, 0, &told);
		assert_int_equal(told.older_runs, 0);
		assert_null(memory_find(&fixture.memory, "d/run-00000001"));
		assert_null(memory_find(&fixture.memory, "d/old-00000001"));
		fixture_end(&fixture);
	}
	assert_true(refused > 3 && refused < 11);
}

static void a_directory_has_one_user(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	assert_null(rdl_journal_logs_open(DIRECTORY, true, &fixture.memory.disk, fixture.problem));
	assert_non_null(strstr(fixture.problem, "in use by another rdline"));
	fixture_stop(&fixture);
	assert_true(fixture_open(&fixture));
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_confirmed_before_it_is_synced),
		cmocka_unit_test(it_says_how_late_it_is),
		cmocka_unit_test(a_window_is_synced_in_time),
		cmocka_unit_test(unsynced_is_synced_where_a_segment_ends),
		cmocka_unit_test(runs_go_on_from_runs),
		cmocka_unit_test(an_empty_run_is_none),
		cmocka_unit_test(what_a_sweep_told_needs_nothing_before_it),
		cmocka_unit_test(older_runs_go_where_nothing_is_synced),
		cmocka_unit_test(older_runs_go_when_all_shards_have_told_all),
		cmocka_unit_test(what_could_not_be_removed_goes_later),
		cmocka_unit_test(a_directory_has_one_user),
	};

	return RUN_TESTS(tests);
}
