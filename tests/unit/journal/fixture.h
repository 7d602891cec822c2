/* SPDX-License-Identifier: BSD-3-Clause */
/* A journal on a disk in memory, whose entries say themselves what they are. */
#ifndef RDL_TEST_JOURNAL_FIXTURE_H
#define RDL_TEST_JOURNAL_FIXTURE_H

#include "support.h"

#include "journal_internal.h"
#include "memory_disk.h"

#define DIRECTORY "d"
#define SHARDS_MAX 3
#define GROUP_LEN 8192
#define SEGMENT_LEN (RDL_JOURNAL_BLOCK + 3 * GROUP_LEN)
#define ENTRY_ROOM (GROUP_LEN - 128 - RDL_JOURNAL_ENTRY_HEAD)

struct fixture {
	struct memory_disk memory;
	struct rdl_journal_ring rings[SHARDS_MAX];
	struct rdl_journal_ring *ring_list[SHARDS_MAX];
	uint8_t *octets[SHARDS_MAX];
	struct rdl_journal_config config;
	struct rdl_journal_logs *logs;
	struct rdl_journal *journal;
	struct rdl_journal_stamp now;
	char problem[RDL_JOURNAL_PROBLEM_MAX];
};

static inline void fixture_begin(struct fixture *fixture, unsigned shards)
{
	memset(fixture, 0, sizeof(*fixture));
	memory_disk_begin(&fixture->memory, 1);
	fixture->config = (struct rdl_journal_config){
		.durability = RDL_JOURNAL_COMMIT,
		.window_ms = 50,
		.shards = shards,
		.rings = fixture->ring_list,
		.segment_len = SEGMENT_LEN,
		.group_len = GROUP_LEN,
		.boot_id = "this boot",
	};
	for (unsigned i = 0; i < SHARDS_MAX; i++) {
		fixture->octets[i] = malloc(RDL_JOURNAL_RING_MIN);
		assert_non_null(fixture->octets[i]);
		fixture->ring_list[i] = &fixture->rings[i];
	}
	fixture->now = (struct rdl_journal_stamp){ 1, 1000, 1000000 };
}

/* The process ends, and nothing is synced on the way. */
static inline void fixture_stop(struct fixture *fixture)
{
	rdl_journal_close(fixture->journal);
	rdl_journal_logs_close(fixture->logs);
	fixture->journal = NULL;
	fixture->logs = NULL;
}

static inline void fixture_end(struct fixture *fixture)
{
	fixture_stop(fixture);
	for (unsigned i = 0; i < SHARDS_MAX; i++)
		free(fixture->octets[i]);
	memory_disk_end(&fixture->memory);
}

static inline bool fixture_open(struct fixture *fixture)
{
	fixture->logs =
		rdl_journal_logs_open(DIRECTORY, true, &fixture->memory.disk, fixture->problem);
	return fixture->logs != NULL;
}

/* Of a run, once its logs were read. */
static inline bool fixture_run(struct fixture *fixture)
{
	fixture->config.run_id[0]++;
	for (unsigned i = 0; i < SHARDS_MAX; i++)
		rdl_journal_ring_init(&fixture->rings[i], fixture->octets[i], RDL_JOURNAL_RING_MIN);
	fixture->journal = rdl_journal_begin(fixture->logs, &fixture->config, fixture->problem);
	return fixture->journal != NULL;
}

/* An entry's octets follow from its run, its shard and its position. */
static inline uint32_t fixture_entry(
	uint32_t run, unsigned shard, uint64_t position, uint8_t octets[ENTRY_ROOM])
{
	uint64_t seed = (position * 1009 + run * 31 + shard) * 0x9e3779b97f4a7c15;
	uint32_t len = (uint32_t)(seed >> 40) % 100;

	/* Some are long. */
	if (seed >> 58 == 0)
		len = ENTRY_ROOM - len;
	for (uint32_t i = 0; i < len; i++)
		octets[i] = (uint8_t)(seed >> i % 8 * 8);
	return len;
}

/* False: the ring is full. */
static inline bool fixture_put(struct fixture *fixture, unsigned shard, enum rdl_journal_mark mark)
{
	struct rdl_journal_ring *ring = &fixture->rings[shard];
	uint8_t octets[ENTRY_ROOM];
	uint32_t len =
		fixture_entry(rdl_journal_run(fixture->journal), shard, ring->position + 1, octets);
	uint8_t *at = rdl_journal_reserve(ring, len);

	if (at == NULL)
		return false;
	memcpy(at, octets, len);
	rdl_journal_commit(ring, len, mark);
	return true;
}

static inline enum rdl_journal_step fixture_step(struct fixture *fixture, unsigned shard)
{
	return rdl_journal_step(fixture->journal, shard, &fixture->now);
}

/* Puts so many, and writes them. */
static inline void fixture_log(struct fixture *fixture, unsigned shard, unsigned count)
{
	while (count-- > 0)
		assert_true(fixture_put(fixture, shard, RDL_JOURNAL_PLAIN));
	rdl_journal_publish(&fixture->rings[shard]);
	while (fixture_step(fixture, shard) == RDL_JOURNAL_WROTE)
		rdl_journal_tend(fixture->journal);
}

struct seen {
	enum rdl_journal_result result;
	/* Positions of the first and the last entry; 0: there is none. */
	uint64_t first, last;
	char problem[RDL_JOURNAL_PROBLEM_MAX];
};

/* Reads a log; what comes must be what was put. `cut` cuts it where it is damaged. */
static inline struct seen fixture_read(struct fixture *fixture, size_t index, bool cut)
{
	const struct rdl_journal_log *log = rdl_journal_logs_get(fixture->logs, index);
	struct rdl_journal_reader *reader = rdl_journal_reader_create(fixture->logs, index);
	struct rdl_journal_entry entry;
	struct seen seen = { .first = 0 };
	uint8_t octets[ENTRY_ROOM];

	CHECK(reader != NULL);
	while ((seen.result = rdl_journal_read(reader, &entry)) == RDL_JOURNAL_OK) {
		uint32_t len = fixture_entry(log->run, log->shard, entry.position, octets);

		CHECK(seen.last == 0 || entry.position == seen.last + 1);
		CHECK(entry.octets.len == len && memcmp(entry.octets.data, octets, len) == 0);
		CHECK(entry.stamp->wall_ms >= 1000000);
		if (seen.first == 0)
			seen.first = entry.position;
		seen.last = entry.position;
	}
	CHECK((seen.result == RDL_JOURNAL_END) == log->was_read);
	CHECK(!log->was_read || seen.last == 0 || log->end == seen.last);
	CHECK(!log->was_read || log->last.wall_ms >= 1000000 || seen.last == 0);
	strcpy(seen.problem, rdl_journal_reader_problem(reader));
	if (cut && seen.result == RDL_JOURNAL_DAMAGED)
		CHECK(rdl_journal_reader_cut(reader, fixture->problem));
	rdl_journal_reader_destroy(reader);
	return seen;
}

/* Reads all logs, which must be without damage. */
static inline void fixture_read_all(struct fixture *fixture)
{
	for (size_t i = 0; i < rdl_journal_logs_count(fixture->logs); i++) {
		struct seen seen = fixture_read(fixture, i, false);

		if (seen.result != RDL_JOURNAL_END)
			fail_msg("%s", seen.problem);
	}
}

/* Begins a run, after reading what there is. */
static inline void fixture_start(struct fixture *fixture)
{
	if (!fixture_open(fixture))
		fail_msg("%s", fixture->problem);
	fixture_read_all(fixture);
	if (!fixture_run(fixture))
		fail_msg("%s", fixture->problem);
}

#endif
