/* SPDX-License-Identifier: BSD-3-Clause */
/* A directory of several segments, of which somebody takes parts. */
#ifndef RDL_TEST_JOURNAL_PARTS_H
#define RDL_TEST_JOURNAL_PARTS_H

#include "fixture.h"

#define RUN "d/run-00000001"
/* Enough for several segments. */
#define ENTRIES 600
#define FIRST RUN "/shard-000.00000001"
#define SECOND RUN "/shard-000.00000002"

static inline void rename_file(struct memory_disk *memory, const char *path, const char *to)
{
	struct memory_file *file = memory_find(memory, path);

	CHECK(file != NULL);
	strcpy(file->name.name, to);
}

/* A log for each shard. */
static inline void make_run(struct fixture *fixture, unsigned shards)
{
	fixture->config.shards = shards;
	fixture_start(fixture);
	for (unsigned i = 0; i < shards; i++) {
		fixture_log(fixture, i, ENTRIES);
		assert_int_equal(rdl_journal_confirmed(&fixture->rings[i]), ENTRIES);
	}
	fixture_stop(fixture);
}

/* The log of that index is damaged, and its problem says so; what comes is up to `last`. */
static inline void expect_damage(
	struct fixture *fixture, size_t index, uint64_t last, const char *what)
{
	if (!fixture_open(fixture))
		fail_msg("%s", fixture->problem);
	struct seen seen = fixture_read(fixture, index, false);
	assert_int_equal(seen.result, RDL_JOURNAL_DAMAGED);
	assert_int_equal(seen.last, last);
	if (strstr(seen.problem, what) == NULL)
		fail_msg("%s", seen.problem);
	fixture_stop(fixture);
}

#endif
