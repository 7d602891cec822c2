/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>

#include "history_internal.h"

/* Read at once where no more than a few entries are new. */
#define TAIL_OCTETS (16 * 1024)
#define TAIL_ENTRIES 256

struct rdl_journal_follower {
	const struct rdl_journal_history *history;
	size_t run;
	unsigned shard;
	struct rdl_journal_identity identity;
	struct rdl_journal_pages pages;
	enum rdl_journal_followed result; /* FOLLOWED, until it is something for good */
	uint32_t segment;
	uint64_t at; /* of the next group */
	uint64_t first, next, base; /* positions; 0: not known */
	/* Of the group at hand. */
	struct rdl_journal_stamp stamp;
	const uint8_t *octets;
	uint32_t left, entries_left;
};

/* ---- segments ---- */

struct segments {
	unsigned shard;
	uint32_t *numbers;
	size_t count;
	bool no_memory;
};

static void add_segment(void *context, const char *name)
{
	struct segments *segments = context;
	unsigned shard;
	uint32_t number;

	if (segments->no_memory || !rdl_journal_segment_of(name, &shard, &number) ||
		shard != segments->shard)
		return;
	if (!rdl_journal_add_number(&segments->numbers, &segments->count, number))
		segments->no_memory = true;
}

/* The log's, ascending: to be freed. False: it cannot be said. */
static bool list_segments(const struct rdl_journal_follower *follower, struct segments *segments)
{
	const struct rdl_journal *journal = follower->history->journal;
	char path[RDL_JOURNAL_RUN_PATH_MAX];

	*segments = (struct segments){ .shard = follower->shard };
	rdl_journal_run_path(path, journal->directory, RDL_JOURNAL_RUN,
		follower->history->runs[follower->run].told.number);
	int rc = journal->disk->list(journal->disk->context, path, add_segment, segments);
	rdl_journal_sort_numbers(segments->numbers, segments->count);
	return rc == 0 && !segments->no_memory;
}

/* 0, or -errno. */
static int enter(struct rdl_journal_follower *follower, uint32_t segment)
{
	char path[RDL_JOURNAL_PATH_MAX];

	rdl_journal_segment_path(path, follower->history->journal->directory,
		follower->history->runs[follower->run].told.number, follower->shard, segment);
	int rc = rdl_journal_pages_open(&follower->pages, path);
	if (rc != 0)
		return rc;
	follower->segment = segment;
	follower->at = RDL_JOURNAL_BLOCK;
	return 0;
}

static const uint8_t *group_at(
	struct rdl_journal_follower *follower, uint64_t at, struct rdl_journal_group *group)
{
	return rdl_journal_pages_group(&follower->pages, &follower->identity, at, group);
}

/* ---- where it begins ---- */

/*
 * Enters the last segment that begins no later than a position, or the first there is. False: there
 * is none.
 */
static bool enter_at(
	struct rdl_journal_follower *follower, const struct segments *segments, uint64_t position)
{
	struct rdl_journal_group group;

	follower->next = 0;
	for (size_t i = segments->count; i-- > 0;) {
		if (enter(follower, segments->numbers[i]) != 0 ||
			group_at(follower, RDL_JOURNAL_BLOCK, &group) == NULL)
			continue;
		follower->next = group.first;
		if (group.first <= position)
			return true;
	}
	return follower->next != 0 && enter(follower, follower->segment) == 0;
}

/* What was needed of the log when the group with a position was written, or the last before it. */
static uint64_t base_at(struct rdl_journal_follower *follower, uint64_t position)
{
	uint64_t at = RDL_JOURNAL_BLOCK, base = 1;
	struct rdl_journal_group group;

	while (group_at(follower, at, &group) != NULL && group.first <= position) {
		base = group.base > 0 ? group.base : 1;
		at += rdl_journal_group_octets(&group);
	}
	return base;
}

static struct rdl_journal_follower *create(
	const struct rdl_journal_history *history, size_t run, unsigned shard)
{
	struct rdl_journal_follower *follower = calloc(1, sizeof(*follower));

	if (follower == NULL || !rdl_journal_pages_init(&follower->pages, history->journal->disk)) {
		free(follower);
		return NULL;
	}
	follower->history = history;
	follower->run = run;
	follower->shard = shard;
	follower->identity = history->runs[run].identity;
	follower->identity.shard = (uint16_t)shard;
	return follower;
}

size_t rdl_journal_follower_memory(void)
{
	return sizeof(struct rdl_journal_follower) + RDL_JOURNAL_PAGES_ROOM;
}

/* Where nothing was written yet: there is no group to look for. */
static bool begin_fresh(struct rdl_journal_follower *follower)
{
	follower->next = 1;
	return !follower->history->runs[follower->run].told.live || enter(follower, 1) == 0;
}

static void begin(struct rdl_journal_follower *follower, uint64_t position)
{
	struct segments segments = { .numbers = NULL };
	bool found;

	follower->base = 1;
	if (rdl_journal_history_end(follower->history, follower->run, follower->shard) == 0)
		found = begin_fresh(follower);
	else
		found = list_segments(follower, &segments) &&
			enter_at(follower, &segments, position);
	if (found && segments.count > 0) {
		follower->base = base_at(follower, position);
		found = enter_at(follower, &segments, follower->base);
	}
	free(segments.numbers);
	follower->first = follower->next;
	if (!found)
		follower->result = RDL_JOURNAL_GONE;
}

struct rdl_journal_follower *rdl_journal_follow(
	const struct rdl_journal_history *history, size_t run, unsigned shard, uint64_t position)
{
	struct rdl_journal_follower *follower = create(history, run, shard);

	if (follower != NULL)
		begin(follower, position);
	return follower;
}

struct rdl_journal_follower *rdl_journal_follow_sweep(
	const struct rdl_journal_history *history, size_t run, unsigned shard)
{
	/* Of the last group's: what is behind it is not read yet, and does not matter. */
	return rdl_journal_follow(
		history, run, shard, rdl_journal_history_end(history, run, shard));
}

void rdl_journal_unfollow(struct rdl_journal_follower *follower)
{
	if (follower == NULL)
		return;
	rdl_journal_pages_fini(&follower->pages);
	free(follower);
}

uint64_t rdl_journal_follower_first(const struct rdl_journal_follower *follower)
{
	return follower->first;
}

uint64_t rdl_journal_follower_base(const struct rdl_journal_follower *follower)
{
	return follower->base;
}

/* ---- entries ---- */

/* The group with the next position, at the place where it must be. NULL: it is not there. */
static const uint8_t *next_group(
	struct rdl_journal_follower *follower, struct rdl_journal_group *group)
{
	const uint8_t *octets = group_at(follower, follower->at, group);

	if (octets != NULL && group->first == follower->next)
		return octets;
	/* What was read before it was written does not count. */
	rdl_journal_pages_discard(&follower->pages);
	octets = group_at(follower, follower->at, group);
	return octets != NULL && group->first == follower->next ? octets : NULL;
}

/* A group that is confirmed is there, or begins the next segment. */
static enum rdl_journal_followed take_group(struct rdl_journal_follower *follower)
{
	struct rdl_journal_group group;
	const uint8_t *octets = next_group(follower, &group);

	if (octets == NULL && follower->pages.error == 0) {
		int rc = enter(follower, follower->segment + 1);

		if (rc == -ENOENT)
			return RDL_JOURNAL_GONE;
		if (rc != 0)
			return RDL_JOURNAL_UNREADABLE;
		octets = next_group(follower, &group);
	}
	if (octets == NULL)
		return RDL_JOURNAL_UNREADABLE;
	follower->at += rdl_journal_group_octets(&group);
	follower->octets = octets + RDL_JOURNAL_GROUP_HEAD;
	follower->left = group.len;
	follower->entries_left = group.entries;
	follower->stamp = group.stamp;
	return RDL_JOURNAL_FOLLOWED;
}

static bool take_entry(struct rdl_journal_follower *follower, struct rdl_journal_entry *entry)
{
	uint32_t word = 0, len;

	if (follower->left >= RDL_JOURNAL_ENTRY_HEAD)
		memcpy(&word, follower->octets, sizeof(word));
	len = word & RDL_JOURNAL_LEN_MASK;
	if (follower->left < RDL_JOURNAL_ENTRY_HEAD ||
		len > follower->left - RDL_JOURNAL_ENTRY_HEAD)
		return false;
	*entry = (struct rdl_journal_entry){
		.position = follower->next++,
		.octets = { follower->octets + RDL_JOURNAL_ENTRY_HEAD, len },
		.mark = (enum rdl_journal_mark)(word >> RDL_JOURNAL_MARK_SHIFT),
		.stamp = &follower->stamp,
	};
	follower->octets += RDL_JOURNAL_ENTRY_HEAD + len;
	follower->left -= RDL_JOURNAL_ENTRY_HEAD + len;
	follower->entries_left--;
	return true;
}

enum rdl_journal_followed rdl_journal_follow_next(
	struct rdl_journal_follower *follower, struct rdl_journal_entry *entry)
{
	const struct rdl_journal_history *history = follower->history;

	while (follower->result == RDL_JOURNAL_FOLLOWED) {
		uint64_t end = rdl_journal_history_end(history, follower->run, follower->shard);

		if (follower->next > end)
			return history->runs[follower->run].told.live ? RDL_JOURNAL_NOT_YET
								      : RDL_JOURNAL_OVER;
		if (follower->entries_left > 0) {
			if (take_entry(follower, entry))
				return RDL_JOURNAL_FOLLOWED;
			follower->result = RDL_JOURNAL_UNREADABLE;
			break;
		}
		follower->pages.room =
			end - follower->next < TAIL_ENTRIES ? TAIL_OCTETS : RDL_JOURNAL_PAGES_ROOM;
		follower->result = take_group(follower);
	}
	return follower->result;
}
