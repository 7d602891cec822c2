/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs read while they are written, those of runs before too, and what is kept of them for that. */
#include "fixture.h"

#include "history.h"

#define ORIGIN 1000

/* One of some entries, with a sweep around it. */
static void log_sweep(struct fixture *fixture, unsigned shard)
{
	assert_true(fixture_put(fixture, shard, RDL_JOURNAL_SWEEP_BEGINS));
	assert_true(fixture_put(fixture, shard, RDL_JOURNAL_PLAIN));
	assert_true(fixture_put(fixture, shard, RDL_JOURNAL_SWEEP_ENDS));
	fixture_log(fixture, shard, 0);
	/* What says so is on the disk. */
	fixture_log(fixture, shard, 1);
	fixture_log(fixture, shard, 0);
	rdl_journal_tend(fixture->journal);
}

struct followed {
	enum rdl_journal_followed result;
	uint64_t first, last; /* positions; 0: none */
};

/* Reads on; what comes must be what was put. */
static struct followed follow(const struct rdl_journal_history *history, size_t run, unsigned shard,
	struct rdl_journal_follower *follower)
{
	uint32_t number = rdl_journal_history_run(history, run)->number;
	struct rdl_journal_entry entry;
	struct followed seen = { .first = 0 };
	uint8_t octets[ENTRY_ROOM];

	while ((seen.result = rdl_journal_follow_next(follower, &entry)) == RDL_JOURNAL_FOLLOWED) {
		uint32_t len = fixture_entry(number, shard, entry.position, octets);

		assert_true(seen.last == 0 || entry.position == seen.last + 1);
		assert_int_equal(entry.octets.len, len);
		if (len > 0)
			assert_memory_equal(entry.octets.data, octets, len);
		if (seen.first == 0)
			seen.first = entry.position;
		seen.last = entry.position;
	}
	return seen;
}

static struct followed follow_from(
	const struct rdl_journal_history *history, size_t run, unsigned shard, uint64_t position)
{
	struct rdl_journal_follower *follower = rdl_journal_follow(history, run, shard, position);

	assert_non_null(follower);
	struct followed seen = follow(history, run, shard, follower);
	if (seen.first != 0)
		assert_int_equal(rdl_journal_follower_first(follower), seen.first);
	rdl_journal_unfollow(follower);
	return seen;
}

static struct rdl_journal_history *history_of(const struct fixture *fixture)
{
	struct rdl_journal_history *history = rdl_journal_history_open(fixture->journal);

	assert_non_null(history);
	return history;
}

static void start(struct fixture *fixture, uint64_t keep)
{
	fixture->config.origin = ORIGIN;
	fixture->config.keep = keep;
	fixture_start(fixture);
}

/* The tail is followed as it grows, over the ends of segments; nothing comes unconfirmed. */
static void as_it_grows(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	start(&fixture, UINT64_C(1) << 30);
	struct rdl_journal_history *history = history_of(&fixture);
	struct rdl_journal_follower *follower = rdl_journal_follow(history, 0, 0, 0);
	assert_non_null(follower);
	uint64_t last = 0;
	for (unsigned i = 0; i < 200; i++) {
		struct followed seen = follow(history, 0, 0, follower);

		assert_int_equal(seen.result, RDL_JOURNAL_NOT_YET);
		if (i > 0)
			assert_int_equal(seen.first, last + 1);
		last = seen.last != 0 ? seen.last : last;
		assert_int_equal(last, fixture.rings[0].position);
		/* Written, and not synced. */
		fixture.config.durability = RDL_JOURNAL_COMMIT;
		fixture_log(&fixture, 0, 1 + i % 40);
	}
	struct rdl_journal_state told;
	rdl_journal_state(fixture.journal, 0, &told);
	assert_true(told.segments > 10);
	rdl_journal_unfollow(follower);
	rdl_journal_history_close(history);
	fixture_end(&fixture);
}

/* What was read from the disk before it was written there is read again. */
static void only_what_is_confirmed(void **state)
{
	struct fixture fixture;
	struct rdl_journal_entry entry;

	fixture_begin(&fixture, 1);
	fixture.config.durability = RDL_JOURNAL_WINDOW;
	start(&fixture, 0);
	struct rdl_journal_history *history = history_of(&fixture);
	struct rdl_journal_follower *follower = rdl_journal_follow(history, 0, 0, 0);
	assert_non_null(follower);
	fixture_log(&fixture, 0, 3);
	fixture.now.run_ms += 100;
	fixture_log(&fixture, 0, 0);
	fixture_log(&fixture, 0, 1);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rdl_journal_follow_next(follower, &entry), RDL_JOURNAL_FOLLOWED);
	assert_int_equal(rdl_journal_follow_next(follower, &entry), RDL_JOURNAL_NOT_YET);
	fixture.now.run_ms += 100;
	fixture_log(&fixture, 0, 0);
	assert_int_equal(rdl_journal_follow_next(follower, &entry), RDL_JOURNAL_FOLLOWED);
	assert_int_equal(entry.position, 4);
	rdl_journal_unfollow(follower);
	rdl_journal_history_close(history);
	fixture_end(&fixture);
}

/* Over restarts with other numbers of shards: origins ascend, and all of each log is there. */
static void over_runs(void **state)
{
	static const unsigned shards[] = { 1, 3, 2, 2 };
	struct fixture fixture;
	uint64_t ends[RDL_ARRAY_LEN(shards)][SHARDS_MAX] = { { 0 } };

	fixture_begin(&fixture, 1);
	for (unsigned run = 0; run < RDL_ARRAY_LEN(shards); run++) {
		fixture.config.shards = shards[run];
		start(&fixture, UINT64_C(1) << 30);
		for (unsigned s = 0; s < shards[run]; s++) {
			log_sweep(&fixture, s);
			fixture_log(&fixture, s, 70 * (run + s + 1));
			ends[run][s] = fixture.rings[s].position;
		}
		struct rdl_journal_history *history = history_of(&fixture);
		assert_int_equal(rdl_journal_history_runs(history), run + 1);
		uint64_t above = 0;
		for (unsigned r = 0; r <= run; r++) {
			const struct rdl_journal_run *told = rdl_journal_history_run(history, r);

			assert_int_equal(told->shards, shards[r]);
			assert_int_equal(told->live, r == run);
			assert_true(told->origin > above);
			for (unsigned s = 0; s < shards[r]; s++) {
				struct followed seen = follow_from(history, r, s, 0);

				assert_int_equal(seen.first, 1);
				assert_int_equal(seen.last, ends[r][s]);
				assert_int_equal(seen.result,
					r == run ? RDL_JOURNAL_NOT_YET : RDL_JOURNAL_OVER);
				if (told->origin + ends[r][s] > above)
					above = told->origin + ends[r][s];
			}
		}
		rdl_journal_history_close(history);
		fixture_stop(&fixture);
	}
	fixture_end(&fixture);
}

/* A run without positions of its own is a gap, and nothing can be told of itself. */
static void without_origin(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	start(&fixture, UINT64_C(1) << 30);
	fixture_log(&fixture, 0, 5);
	fixture_stop(&fixture);
	fixture.config.origin = 0;
	fixture_start(&fixture);
	fixture_log(&fixture, 0, 5);
	assert_null(rdl_journal_history_open(fixture.journal));
	fixture_stop(&fixture);
	start(&fixture, UINT64_C(1) << 30);
	struct rdl_journal_history *history = history_of(&fixture);
	assert_int_equal(rdl_journal_history_runs(history), 1);
	rdl_journal_history_close(history);
	fixture_end(&fixture);
}

/* Reading begins where the sweep did on which a position builds. */
static void from_the_sweep(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	start(&fixture, UINT64_C(1) << 30);
	fixture_log(&fixture, 0, 300);
	uint64_t swept = fixture.rings[0].position + 1;
	log_sweep(&fixture, 0);
	fixture_log(&fixture, 0, 300);
	uint64_t end = fixture.rings[0].position;
	struct rdl_journal_history *history = history_of(&fixture);
	struct followed seen = follow_from(history, 0, 0, end);
	assert_in_range(seen.first, 2, swept);
	assert_int_equal(seen.last, end);
	seen = follow_from(history, 0, 0, swept - 1);
	assert_int_equal(seen.first, 1);
	struct rdl_journal_follower *follower = rdl_journal_follow_sweep(history, 0, 0);
	assert_non_null(follower);
	assert_in_range(rdl_journal_follower_first(follower), 2, swept);
	assert_int_equal(rdl_journal_follower_base(follower), swept);
	rdl_journal_unfollow(follower);
	rdl_journal_history_close(history);
	fixture_end(&fixture);
}

/* No more is kept than is to be, over restarts too, and what goes first is the oldest. */
static void kept_within_bounds(void **state)
{
	const uint64_t keep = 12 * (uint64_t)SEGMENT_LEN;
	struct fixture fixture;
	bool partly = false;

	fixture_begin(&fixture, 2);
	for (unsigned run = 0; run < 6; run++) {
		fixture.config.shards = 1 + run % 2;
		start(&fixture, keep);
		for (unsigned i = 0; i < 30; i++) {
			for (unsigned s = 0; s < fixture.config.shards; s++) {
				fixture_log(&fixture, s, s == 0 ? 40 : 5);
				log_sweep(&fixture, s);
			}
			assert_true(rdl_journal_kept(fixture.journal) <= keep);
			struct rdl_journal_history *history = history_of(&fixture);
			size_t runs = rdl_journal_history_runs(history);
			for (size_t r = 0; r < runs; r++) {
				struct followed seen = follow_from(history, r, 0, 0);

				/* Of all but the oldest, everything is there. */
				if (r > 0 && runs > 1)
					assert_int_equal(seen.first, 1);
				partly |= seen.first > 1;
				if (r == 0 && seen.result == RDL_JOURNAL_GONE)
					assert_int_equal(seen.last, 0);
				else
					assert_int_equal(
						seen.last, rdl_journal_history_end(history, r, 0));
			}
			rdl_journal_history_close(history);
		}
		assert_true(rdl_journal_kept(fixture.journal) > keep - SEGMENT_LEN);
		fixture_stop(&fixture);
	}
	assert_true(partly);
	fixture_end(&fixture);
}

/* What is needed stays, whatever is to be kept: nothing of before, until all shards have swept. */
static void needed_stays(void **state)
{
	struct fixture fixture;
	struct rdl_journal_state told;

	fixture_begin(&fixture, 2);
	start(&fixture, SEGMENT_LEN);
	fixture_log(&fixture, 0, 300);
	fixture_log(&fixture, 1, 300);
	fixture_stop(&fixture);
	start(&fixture, SEGMENT_LEN);
	log_sweep(&fixture, 0);
	fixture_log(&fixture, 0, 300);
	rdl_journal_state(fixture.journal, 0, &told);
	assert_int_equal(told.older_runs, 1);
	assert_int_equal(rdl_journal_kept(fixture.journal), 0);
	struct rdl_journal_history *history = history_of(&fixture);
	assert_int_equal(follow_from(history, 0, 1, 0).first, 1);
	assert_int_equal(follow_from(history, 0, 1, 0).last, 300);
	rdl_journal_history_close(history);
	/* After a restart it is all there, to recover from. */
	fixture_stop(&fixture);
	start(&fixture, SEGMENT_LEN);
	log_sweep(&fixture, 0);
	log_sweep(&fixture, 1);
	rdl_journal_state(fixture.journal, 0, &told);
	assert_int_equal(told.older_runs, 0);
	assert_true(rdl_journal_kept(fixture.journal) <= SEGMENT_LEN);
	fixture_end(&fixture);
}

/* A segment that was made and not come to takes no room of what is kept. */
static void made_for_nothing(void **state)
{
	static const char empty[] = DIRECTORY "/run-00000001/shard-000.00000002";
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	start(&fixture, UINT64_C(1) << 30);
	fixture_log(&fixture, 0, 3);
	rdl_journal_tend(fixture.journal);
	fixture_stop(&fixture);
	start(&fixture, UINT64_C(1) << 30);
	assert_non_null(memory_find(&fixture.memory, empty));
	log_sweep(&fixture, 0);
	assert_null(memory_find(&fixture.memory, empty));
	assert_int_equal(rdl_journal_kept(fixture.journal), SEGMENT_LEN);
	struct rdl_journal_history *history = history_of(&fixture);
	assert_int_equal(follow_from(history, 0, 0, 0).last, 3);
	rdl_journal_history_close(history);
	fixture_end(&fixture);
}

/* A segment that goes away while it is read is read to its end; the next one is gone. */
static void gone_while_read(void **state)
{
	struct fixture fixture;
	struct rdl_journal_entry entry;

	fixture_begin(&fixture, 1);
	start(&fixture, 0);
	fixture_log(&fixture, 0, 300);
	struct rdl_journal_history *history = history_of(&fixture);
	struct rdl_journal_follower *follower = rdl_journal_follow(history, 0, 0, 0);
	assert_non_null(follower);
	assert_int_equal(rdl_journal_follow_next(follower, &entry), RDL_JOURNAL_FOLLOWED);
	log_sweep(&fixture, 0);
	struct followed seen = follow(history, 0, 0, follower);
	assert_int_equal(seen.result, RDL_JOURNAL_GONE);
	assert_true(seen.last < 300);
	assert_int_equal(rdl_journal_follow_next(follower, &entry), RDL_JOURNAL_GONE);
	assert_true(follow_from(history, 0, 0, 0).first > 1);
	rdl_journal_unfollow(follower);
	rdl_journal_history_close(history);
	fixture_end(&fixture);
}

/* Each bit that is flipped is found, and what comes before it is told. */
static void damaged(void **state)
{
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	start(&fixture, UINT64_C(1) << 30);
	fixture_log(&fixture, 0, 20);
	struct rdl_journal_history *history = history_of(&fixture);
	uint8_t *octets =
		memory_octets_of(&fixture.memory, DIRECTORY "/run-00000001/shard-000.00000001");
	assert_non_null(octets);
	for (size_t at = RDL_JOURNAL_BLOCK; at < RDL_JOURNAL_BLOCK + 800; at += 3) {
		octets[at] ^= 0x10;
		struct followed seen = follow_from(history, 0, 0, 0);
		octets[at] ^= 0x10;
		assert_true(
			seen.result == RDL_JOURNAL_UNREADABLE || seen.result == RDL_JOURNAL_GONE);
		assert_true(seen.last < 20);
	}
	assert_int_equal(follow_from(history, 0, 0, 0).last, 20);
	rdl_journal_history_close(history);
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_it_grows),
		cmocka_unit_test(only_what_is_confirmed),
		cmocka_unit_test(over_runs),
		cmocka_unit_test(without_origin),
		cmocka_unit_test(from_the_sweep),
		cmocka_unit_test(kept_within_bounds),
		cmocka_unit_test(needed_stays),
		cmocka_unit_test(made_for_nothing),
		cmocka_unit_test(gone_while_read),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
