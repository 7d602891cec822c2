/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "writer.h"

static void tell_health(struct rdl_journal_writer *writer, enum rdl_journal_health health,
	int error, const char *what)
{
	__atomic_store_n(&writer->error, error, __ATOMIC_RELAXED);
	__atomic_store_n(&writer->what, what, __ATOMIC_RELAXED);
	__atomic_store_n(&writer->health, health, __ATOMIC_RELEASE);
}

static enum rdl_journal_step failed(struct rdl_journal_writer *writer, int error, const char *what)
{
	tell_health(writer, RDL_JOURNAL_FAILED, -error, what);
	__atomic_store_n(&writer->ring->failed, 1, __ATOMIC_RELAXED);
	return RDL_JOURNAL_ENDED;
}

/* Up to here the disk has it: what waits for it may go on. */
static void confirm(struct rdl_journal_writer *writer)
{
	__atomic_store_n(&writer->confirmed, writer->written, __ATOMIC_RELEASE);
	__atomic_store_n(&writer->ring->confirmed, writer->written, __ATOMIC_RELEASE);
	__atomic_store_n(&writer->base_confirmed, writer->base_written, __ATOMIC_RELEASE);
	/* A sweep counts once its end is on the disk; what is before its beginning may go then. */
	if (writer->swept_last > 0 && writer->confirmed >= writer->swept_last)
		__atomic_store_n(&writer->base, writer->swept_first, __ATOMIC_RELAXED);
}

/* False: the disk failed. */
static bool sync_now(struct rdl_journal *journal, struct rdl_journal_writer *writer)
{
	int rc = journal->disk->sync(journal->disk->context, writer->file);

	if (rc != 0) {
		/*
		 * Never again: what was not written may count as written the next time, and be
		 * lost all the same.
		 */
		failed(writer, rc, "fdatasync");
		return false;
	}
	writer->unsynced = false;
	__atomic_store_n(&writer->syncs, writer->syncs + 1, __ATOMIC_RELAXED);
	confirm(writer);
	return true;
}

/* Remembers what an entry is to the log. */
static void mark(struct rdl_journal_writer *writer, uint32_t word)
{
	switch ((enum rdl_journal_mark)(word >> RDL_JOURNAL_MARK_SHIFT)) {
	case RDL_JOURNAL_SWEEP_BEGINS:
		writer->sweep_first = writer->last;
		break;
	case RDL_JOURNAL_SWEEP_ENDS:
		if (writer->sweep_first == 0)
			break;
		writer->swept_first = writer->sweep_first;
		writer->swept_last = writer->last;
		writer->sweep_first = 0;
		break;
	case RDL_JOURNAL_PLAIN:
	default:
		break;
	}
}

/* Takes entries out of the ring, as many as there are and as fit into a group. */
static void take(struct rdl_journal_writer *writer, uint32_t room)
{
	const struct rdl_journal_ring *ring = writer->ring;
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	struct rdl_journal_group *group = &writer->group;
	uint8_t *to = writer->octets + RDL_JOURNAL_GROUP_HEAD;

	group->first = writer->last + 1;
	while (writer->taken < head) {
		const uint8_t *entry = ring->octets + (writer->taken & ring->mask);
		uint64_t to_end = ring->mask + 1 - (writer->taken & ring->mask);
		uint32_t word = RDL_JOURNAL_SKIP;

		if (to_end >= sizeof(word))
			memcpy(&word, entry, sizeof(word));
		if (word == RDL_JOURNAL_SKIP) {
			writer->taken += to_end;
			continue;
		}
		uint32_t len = RDL_JOURNAL_ENTRY_HEAD + (word & RDL_JOURNAL_LEN_MASK);
		if (len > room - group->len)
			break;
		memcpy(to + group->len, entry, len);
		group->len += len;
		group->entries++;
		writer->taken += len;
		writer->last++;
		mark(writer, word);
	}
	/* The longest entry fits into a group. */
	assert(group->entries > 0 || writer->taken == head);
	__atomic_store_n(&writer->ring->tail, writer->taken, __ATOMIC_RELEASE);
}

/* Goes on to the next segment, if there is one. */
static enum rdl_journal_step change_segment(
	struct rdl_journal *journal, struct rdl_journal_writer *writer)
{
	int next;

	if (writer->unsynced && !sync_now(journal, writer))
		return RDL_JOURNAL_ENDED;
	next = __atomic_load_n(&writer->next_file, __ATOMIC_ACQUIRE);
	if (next == RDL_JOURNAL_NONE)
		return RDL_JOURNAL_WAITS;
	journal->disk->close(journal->disk->context, writer->file);
	writer->file = next;
	writer->at = RDL_JOURNAL_BLOCK;
	writer->firsts[(writer->segment + 1) % RDL_JOURNAL_SEGMENTS_MAX] = writer->last + 1;
	__atomic_store_n(&writer->segment, writer->segment + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&writer->next_file, RDL_JOURNAL_NONE, __ATOMIC_RELEASE);
	return RDL_JOURNAL_WROTE;
}

/* Between groups that say no more than how late it is. */
#define LATE_MS 1000

/* What has ended before the last group is known to have. */
static bool is_late(const struct rdl_journal_writer *writer, const struct rdl_journal_stamp *now)
{
	uint64_t ended_ms = __atomic_load_n(&writer->ring->ended_ms, __ATOMIC_RELAXED);

	return ended_ms > writer->stamped_ms && ended_ms <= now->run_ms &&
	       (writer->finishes || now->run_ms - writer->stamped_ms >= LATE_MS);
}

/* Makes a group of what there is, for the place where it will lie. */
static enum rdl_journal_step make_group(struct rdl_journal *journal,
	struct rdl_journal_writer *writer, const struct rdl_journal_stamp *now)
{
	struct rdl_journal_identity identity = journal->header.identity;
	uint32_t len = journal->config.group_len;

	/* Nothing to write, and nothing to say. */
	if (__atomic_load_n(&writer->ring->head, __ATOMIC_RELAXED) == writer->taken &&
		writer->base == writer->base_written && !is_late(writer, now))
		return RDL_JOURNAL_IDLE;
	if (writer->at + len > journal->config.segment_len) {
		enum rdl_journal_step step = change_segment(journal, writer);

		if (step != RDL_JOURNAL_WROTE)
			return step;
	}
	identity.shard = (uint16_t)(writer - journal->writers);
	writer->group = (struct rdl_journal_group){
		.confirmed = writer->confirmed,
		.base = writer->base,
		.stamp = *now,
	};
	take(writer, len - RDL_JOURNAL_GROUP_HEAD);
	rdl_journal_group_seal(writer->octets, &identity, &writer->group);
	writer->pending = rdl_journal_group_octets(&writer->group);
	size_t used = RDL_JOURNAL_GROUP_HEAD + writer->group.len;
	memset(writer->octets + used, 0, writer->pending - used);
	return RDL_JOURNAL_WROTE;
}

static enum rdl_journal_step write_group(struct rdl_journal *journal,
	struct rdl_journal_writer *writer, const struct rdl_journal_stamp *now)
{
	const struct rdl_journal_disk *disk = journal->disk;
	int rc = disk->write(
		disk->context, writer->file, writer->octets, writer->pending, writer->at);

	if (rc == -ENOSPC) {
		/* Nothing is lost: it is written to the same place once more. */
		tell_health(writer, RDL_JOURNAL_NO_SPACE, ENOSPC, "write");
		return RDL_JOURNAL_WAITS;
	}
	if (rc != 0)
		return failed(writer, rc, "write");
	__atomic_store_n(&writer->health, RDL_JOURNAL_WELL, __ATOMIC_RELAXED);
	if (!writer->unsynced)
		writer->unsynced_ms = now->run_ms;
	writer->unsynced = true;
	writer->at += writer->pending;
	__atomic_store_n(&writer->groups, writer->groups + 1, __ATOMIC_RELAXED);
	__atomic_store_n(
		&writer->group_octets, writer->group_octets + writer->pending, __ATOMIC_RELAXED);
	writer->pending = 0;
	writer->base_written = writer->group.base;
	writer->stamped_ms = writer->group.stamp.run_ms;
	__atomic_store_n(&writer->written, writer->last, __ATOMIC_RELAXED);
	return RDL_JOURNAL_WROTE;
}

/* What the sweep made needless can go once the disk has it, and what says so. */
static bool has_swept(const struct rdl_journal_writer *writer)
{
	return writer->swept_last > writer->confirmed ||
	       writer->base_written > writer->base_confirmed;
}

static bool is_sync_due(const struct rdl_journal_config *config,
	const struct rdl_journal_writer *writer, const struct rdl_journal_stamp *now)
{
	if (!writer->unsynced)
		return false;
	if (config->durability == RDL_JOURNAL_UNSYNCED)
		return has_swept(writer);
	return config->durability == RDL_JOURNAL_COMMIT ||
	       now->run_ms - writer->unsynced_ms >= config->window_ms;
}

enum rdl_journal_step rdl_journal_step(
	struct rdl_journal *journal, unsigned shard, const struct rdl_journal_stamp *now)
{
	struct rdl_journal_writer *writer = &journal->writers[shard];
	enum rdl_journal_step step = RDL_JOURNAL_WROTE;

	if (writer->health == RDL_JOURNAL_FAILED)
		return RDL_JOURNAL_ENDED;
	if (writer->pending == 0)
		step = make_group(journal, writer, now);
	if (writer->pending > 0)
		step = write_group(journal, writer, now);
	if (step != RDL_JOURNAL_ENDED && is_sync_due(&journal->config, writer, now) &&
		!sync_now(journal, writer))
		return RDL_JOURNAL_ENDED;
	return step;
}

bool rdl_journal_finish(
	struct rdl_journal *journal, unsigned shard, const struct rdl_journal_stamp *now)
{
	struct rdl_journal_writer *writer = &journal->writers[shard];
	enum rdl_journal_step step;

	writer->finishes = true;
	do {
		step = rdl_journal_step(journal, shard, now);
	} while (step == RDL_JOURNAL_WROTE);
	if (step == RDL_JOURNAL_IDLE && writer->unsynced && !sync_now(journal, writer))
		return false;
	return step == RDL_JOURNAL_IDLE;
}
