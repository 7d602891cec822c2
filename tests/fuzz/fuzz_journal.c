/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The input makes the segments of a log, eight octets for a step: groups as a writer makes them,
 * with whatever positions and entries, where one should be or elsewhere, sealed, or changed after
 * that; then what is there is read. Whatever comes is what lies in sealed groups, its positions
 * ascend by one, and once a damaged log is cut, it ends where it was cut.
 */
#include "fuzz.h"

#include "journal_internal.h"
#include "memory_disk.h"

#define RUN "d/run-00000001"
#define SEGMENTS 4
#define SEGMENT_LEN (16 * RDL_JOURNAL_BLOCK)
#define ROOM (2 * RDL_JOURNAL_BLOCK)

enum { SEAL, SEAL_NEXT, FLIP, CUT, NEXT_SEGMENT, COPY_BLOCK, KIND_COUNT };

static const struct rdl_journal_header header = {
	.identity = { { 1, 2, 3 }, 0 },
	.shards = 1,
	.run = 1,
	.segment_len = SEGMENT_LEN,
};
static struct memory_disk memory;
/* Where the next step is, and what a group would go on with. */
static struct {
	struct memory_file *file;
	uint32_t segment;
	size_t at;
	uint64_t next;
} now;

static void begin_segment(void)
{
	struct rdl_journal_header own = header;
	char path[64];

	own.segment = ++now.segment;
	snprintf(path, sizeof(path), RUN "/shard-000.%08u", own.segment);
	now.file = memory_add(&memory, path, false);
	CHECK(now.file != NULL);
	memory_resize(&now.file->now, SEGMENT_LEN);
	rdl_journal_header_write(now.file->now.octets, &own);
	now.at = RDL_JOURNAL_BLOCK;
}

/* Entries say where in the input they come from: each has its step's octets, over and over. */
static uint32_t put_entries(uint8_t *octets, const uint8_t *step)
{
	uint32_t len = 0, count = step[2] % 40u;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t word = step[3] * (1 + i % 2), n = word;

		if (len + RDL_JOURNAL_ENTRY_HEAD + n > ROOM - RDL_JOURNAL_GROUP_HEAD)
			break;
		/* A length that says more than there is. */
		if (step[4] == 0xff && i + 1 == count)
			word += 1u << step[5] % 32;
		memcpy(octets + len, &word, sizeof(word));
		memset(octets + len + RDL_JOURNAL_ENTRY_HEAD, step[3], n);
		len += RDL_JOURNAL_ENTRY_HEAD + n;
	}
	return len;
}

static uint32_t entries_in(const uint8_t *octets, uint32_t len)
{
	uint32_t count = 0, word;

	for (uint32_t at = 0; at + RDL_JOURNAL_ENTRY_HEAD <= len; count++) {
		memcpy(&word, octets + at, sizeof(word));
		at += RDL_JOURNAL_ENTRY_HEAD + (word & RDL_JOURNAL_LEN_MASK);
	}
	return count;
}

static void put_group(const uint8_t *step, bool as_next)
{
	uint8_t *octets = now.file->now.octets + now.at;

	if (now.at + ROOM > SEGMENT_LEN || now.at + ROOM > now.file->now.len)
		return;
	memset(octets, 0, ROOM);
	struct rdl_journal_group group = {
		.len = put_entries(octets + RDL_JOURNAL_GROUP_HEAD, step),
		.first = as_next ? now.next : step[6],
		.confirmed = as_next ? now.next - 1 : step[7],
		.base = step[1] < 64 ? step[1] : 0,
	};
	group.entries = entries_in(octets + RDL_JOURNAL_GROUP_HEAD, group.len);
	if (step[4] == 0xfe)
		group.entries += step[5];
	now.next = group.first + group.entries;
	rdl_journal_group_seal(octets, &header.identity, &group);
	now.at += (size_t)rdl_journal_group_octets(&group);
}

static void take_step(const uint8_t *step)
{
	size_t at = (step[1] | (size_t)step[2] << 8) % SEGMENT_LEN;
	struct memory_octets *octets = &now.file->now;

	switch (step[0] % KIND_COUNT) {
	case FLIP:
		if (at < octets->len)
			octets->octets[at] ^= step[3];
		break;
	case CUT:
		octets->len = at < octets->len ? at : octets->len;
		break;
	case NEXT_SEGMENT:
		if (now.segment < SEGMENTS)
			begin_segment();
		break;
	case COPY_BLOCK:
		at &= ~(size_t)(RDL_JOURNAL_BLOCK - 1);
		if (octets->len == SEGMENT_LEN && now.at < SEGMENT_LEN)
			memmove(octets->octets + at, octets->octets + now.at - RDL_JOURNAL_BLOCK,
				RDL_JOURNAL_BLOCK);
		break;
	default:
		put_group(step, step[0] % KIND_COUNT == SEAL_NEXT);
		break;
	}
}

/* Reads it; a log that is damaged is cut. False: it was not damaged. */
static bool read_log(struct rdl_journal_logs *logs, uint64_t *last)
{
	struct rdl_journal_reader *reader = rdl_journal_reader_create(logs, 0);
	char problem[RDL_JOURNAL_PROBLEM_MAX];
	enum rdl_journal_result result;
	struct rdl_journal_entry entry;

	CHECK(reader != NULL);
	*last = 0;
	while ((result = rdl_journal_read(reader, &entry)) == RDL_JOURNAL_OK) {
		CHECK(*last == 0 || entry.position == *last + 1);
		for (size_t i = 0; i < entry.octets.len && i < 2; i++)
			CHECK(entry.octets.data[i] == entry.octets.data[0]);
		*last = entry.position;
	}
	/* It stays so. */
	CHECK(rdl_journal_read(reader, &entry) == result);
	bool damaged = result == RDL_JOURNAL_DAMAGED;
	CHECK(damaged == !rdl_journal_logs_get(logs, 0)->was_read);
	CHECK(damaged == (rdl_journal_reader_problem(reader)[0] != '\0'));
	if (damaged)
		CHECK(rdl_journal_reader_cut(reader, problem));
	rdl_journal_reader_destroy(reader);
	return damaged;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rdl_span input = { data, size };
	char problem[RDL_JOURNAL_PROBLEM_MAX];
	uint64_t last = 0, again = 0;
	bool damaged = true;

	memory_disk_begin(&memory, 1);
	memory_add(&memory, "d", true);
	memory_add(&memory, RUN, true);
	now.segment = 0;
	now.next = 1;
	begin_segment();
	while (input.len >= 8)
		take_step(fuzz_take(&input, 8).data);
	for (unsigned cuts = 0; damaged; cuts++) {
		struct rdl_journal_logs *logs =
			rdl_journal_logs_open("d", true, &memory.disk, problem);

		CHECK(logs != NULL && rdl_journal_logs_count(logs) <= 1 && cuts < 64);
		damaged = rdl_journal_logs_count(logs) == 1 && read_log(logs, &again);
		if (cuts > 0)
			CHECK(again <= last || last == 0);
		last = again;
		rdl_journal_logs_close(logs);
	}
	memory_disk_end(&memory);
	return 0;
}
