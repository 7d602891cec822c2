/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A journal in a folder of its own, of some runs with as many entries in each log as a test says.
 */
#ifndef RDL_TEST_RECALL_FIXTURE_H
#define RDL_TEST_RECALL_FIXTURE_H

#include "support.h"

#include <stdlib.h>

#include "history.h"

#define ORIGIN 1000
#define SHARDS_MOST 3
#define GROUP_LEN 8192
#define SEGMENT_LEN (RDL_JOURNAL_BLOCK + 3 * GROUP_LEN)

static char folder[] = "/tmp/rdl-recall-XXXXXX";
static struct rdl_journal_logs *logs;
static struct rdl_journal *journal;
static struct rdl_journal_history *history;
static struct rdl_journal_ring rings[SHARDS_MOST];
static uint8_t *ring_octets[SHARDS_MOST];
static struct rdl_journal_stamp now = { 1, 1000, 1000000 };

static inline void log_entries(unsigned shard, unsigned entries)
{
	while (entries-- > 0) {
		uint8_t *at = rdl_journal_reserve(&rings[shard], 4);

		assert_non_null(at);
		memcpy(at, "\x7f...", 4);
		rdl_journal_commit(&rings[shard], 4, RDL_JOURNAL_PLAIN);
	}
	rdl_journal_publish(&rings[shard]);
	while (rdl_journal_step(journal, shard, &now) == RDL_JOURNAL_WROTE)
		rdl_journal_tend(journal);
}

static inline void end_run(void)
{
	rdl_journal_history_close(history);
	rdl_journal_close(journal);
	rdl_journal_logs_close(logs);
	history = NULL;
	journal = NULL;
	logs = NULL;
}

static inline void read_all(void)
{
	struct rdl_journal_entry entry;

	for (size_t i = 0; i < rdl_journal_logs_count(logs); i++) {
		struct rdl_journal_reader *reader = rdl_journal_reader_create(logs, i);

		assert_non_null(reader);
		while (rdl_journal_read(reader, &entry) == RDL_JOURNAL_OK)
			;
		rdl_journal_reader_destroy(reader);
	}
}

/* Another run, of so many shards, in place of the one before. */
static inline void begin_run(unsigned shards, unsigned entries)
{
	static struct rdl_journal_ring *const list[] = { &rings[0], &rings[1], &rings[2] };
	static uint8_t id;
	struct rdl_journal_config config = { .durability = RDL_JOURNAL_COMMIT,
		.shards = shards,
		.rings = list,
		.keep = UINT64_C(1) << 30,
		.origin = ORIGIN * (id + UINT64_C(1)),
		.segment_len = SEGMENT_LEN,
		.group_len = GROUP_LEN };
	char problem[RDL_JOURNAL_PROBLEM_MAX];

	end_run();
	config.run_id[0] = ++id;
	logs = rdl_journal_logs_open(folder, true, NULL, problem);
	assert_non_null(logs);
	read_all();
	for (unsigned s = 0; s < SHARDS_MOST; s++)
		rdl_journal_ring_init(&rings[s], ring_octets[s], RDL_JOURNAL_RING_MIN);
	journal = rdl_journal_begin(logs, &config, problem);
	assert_non_null(journal);
	for (unsigned s = 0; s < shards; s++)
		log_entries(s, entries);
	history = rdl_journal_history_open(journal);
	assert_non_null(history);
}

static inline int begin(void **state)
{
	strcpy(folder, "/tmp/rdl-recall-XXXXXX");
	for (unsigned s = 0; s < SHARDS_MOST; s++) {
		ring_octets[s] = malloc(RDL_JOURNAL_RING_MIN);
		if (ring_octets[s] == NULL)
			return -1;
	}
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static inline int end(void **state)
{
	char command[64];

	end_run();
	for (unsigned s = 0; s < SHARDS_MOST; s++)
		free(ring_octets[s]);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

#endif
