/* SPDX-License-Identifier: BSD-3-Clause */
/* Shards, their writers, and who tends, each a thread, on the machine's own files. */
#include "fixture.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#define SHARDS 2
#define ENTRIES 6000
/* Between the beginnings of sweeps, and from there to their ends. */
#define SWEEP_EVERY 500
#define SWEEP_LEN 300

static struct fixture fixture;
static bool ended;

static enum rdl_journal_mark mark_of(unsigned n)
{
	if (n % SWEEP_EVERY == 0)
		return RDL_JOURNAL_SWEEP_BEGINS;
	return n % SWEEP_EVERY == SWEEP_LEN ? RDL_JOURNAL_SWEEP_ENDS : RDL_JOURNAL_PLAIN;
}

/* As a shard does: puts what there is room for, and looks what was confirmed. */
static void *put(void *self)
{
	unsigned shard = (unsigned)(uintptr_t)self;
	struct rdl_journal_ring *ring = &fixture.rings[shard];
	uint64_t confirmed = 0;

	for (unsigned n = 0; n < ENTRIES || confirmed < ENTRIES;) {
		while (n < ENTRIES && fixture_put(&fixture, shard, mark_of(n)) && ++n % 16 != 0)
			;
		rdl_journal_publish(ring);
		CHECK(rdl_journal_confirmed(ring) >= confirmed);
		confirmed = rdl_journal_confirmed(ring);
		CHECK(confirmed <= n && rdl_journal_room(ring) <= RDL_JOURNAL_RING_MIN);
		sched_yield();
	}
	return NULL;
}

static void *write_log(void *self)
{
	unsigned shard = (unsigned)(uintptr_t)self;
	const struct rdl_journal_stamp now = { 1, 1, 1000000 };

	while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE))
		if (rdl_journal_step(fixture.journal, shard, &now) != RDL_JOURNAL_WROTE)
			sched_yield();
	while (!rdl_journal_finish(fixture.journal, shard, &now))
		sched_yield();
	return NULL;
}

static void *tend(void *self)
{
	struct rdl_journal_state told;

	while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE)) {
		rdl_journal_tend(fixture.journal);
		for (unsigned i = 0; i < SHARDS; i++) {
			rdl_journal_state(fixture.journal, i, &told);
			CHECK(told.health == RDL_JOURNAL_WELL && told.confirmed <= told.written);
		}
		sched_yield();
	}
	return self;
}

static void each_does_its_part(void **state)
{
	pthread_t shards[SHARDS], writers[SHARDS], tender;
	char directory[] = "/var/tmp/rdline-journal-XXXXXX", command[64];
	struct rdl_journal_state told;

	fixture_begin(&fixture, SHARDS);
	assert_non_null(mkdtemp(directory));
	fixture.logs = rdl_journal_logs_open(directory, true, NULL, fixture.problem);
	assert_non_null(fixture.logs);
	assert_true(fixture_run(&fixture));
	for (uintptr_t i = 0; i < SHARDS; i++) {
		assert_int_equal(pthread_create(&writers[i], NULL, write_log, (void *)i), 0);
		assert_int_equal(pthread_create(&shards[i], NULL, put, (void *)i), 0);
	}
	assert_int_equal(pthread_create(&tender, NULL, tend, NULL), 0);
	for (unsigned i = 0; i < SHARDS; i++)
		assert_int_equal(pthread_join(shards[i], NULL), 0);
	__atomic_store_n(&ended, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < SHARDS; i++)
		assert_int_equal(pthread_join(writers[i], NULL), 0);
	assert_int_equal(pthread_join(tender, NULL), 0);
	rdl_journal_tend(fixture.journal);
	rdl_journal_state(fixture.journal, 0, &told);
	assert_true(told.segments < 12);
	fixture_stop(&fixture);
	fixture.logs = rdl_journal_logs_open(directory, false, NULL, fixture.problem);
	assert_non_null(fixture.logs);
	for (size_t i = 0; i < SHARDS; i++) {
		struct seen seen = fixture_read(&fixture, i, false);

		assert_int_equal(seen.result, RDL_JOURNAL_END);
		assert_int_equal(seen.last, ENTRIES);
		/* Positions are from 1 on. */
		assert_int_equal(seen.first, ENTRIES - SWEEP_EVERY + 1);
	}
	fixture_end(&fixture);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_does_its_part),
	};

	return RUN_TESTS(tests);
}
