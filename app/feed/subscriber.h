/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One subscriber of the event stream:
 * what it asked for, and how far it is. Used by the feed's thread.
 */
#ifndef RDL_FEED_SUBSCRIBER_H
#define RDL_FEED_SUBSCRIBER_H

#include "feed.h"
#include "wish.h"

/* Towards one shard, when a snapshot was asked for. */
enum subscriber_phase {
	SUBSCRIBER_FOLLOWING, /* every event counts */
	SUBSCRIBER_WAITING, /* for the walk: nothing counts */
	SUBSCRIBER_WALKING, /* rows count, and events of what the walk has reached */
};

struct subscriber {
	struct rdl_lines_client *client;
	uint32_t kinds; /* 1 << enum rdl_event_kind */
	bool refused; /* told of refusals, too */
	uint32_t delivered; /* and of these, 1 << enum rdl_delivered_kind */
	bool follows; /* told of anything that shards do */
	size_t prefix_len;
	char prefix[RDL_ENDPOINT_MAX];
	bool subscribed;
	struct reader *reader; /* that has its events out of the log; NULL: they come from shards */
	uint64_t lost; /* lines since the last gap marker; none is added before it is told */
	/* The snapshot that it waits for, or is in. */
	uint64_t walk; /* the first one that will do */
	uint8_t phase[SHARDS_MAX]; /* enum subscriber_phase */
	unsigned shards_left; /* not FOLLOWING yet; 0: no snapshot */
	bool begun;
	uint64_t rows;
	/* Holds up no walk when it takes too little. */
	uint64_t sent_seen, moved_ms;
	bool slow;
};

/*
 * A line that is counted as lost when there is no room for it,
 * or when the last loss has not been told yet.
 */
void subscriber_tell(struct subscriber *subscriber, const void *line, size_t len);
/*
 * A short line that is never lost: behind the gap, if there is one;
 * who leaves no room for it is let go of.
 */
__attribute__((format(printf, 2, 3))) void subscriber_say(
	struct subscriber *subscriber, const char *format, ...);
/* Tells what was lost, once half of the buffer is free again. */
void subscriber_catch_up(struct subscriber *subscriber);

/* Octets that its buffer takes of lines that are not short. */
size_t subscriber_room(const struct subscriber *subscriber);
/* Octets of records whose text it surely has room for. */
uint64_t subscriber_row_room(struct subscriber *subscriber, uint64_t now_ms);

/* Whether a name begins as it wants names to. */
bool subscriber_prefixes(const struct subscriber *subscriber, struct rdl_span endpoint);
/* Whether it wants this record of a shard. */
bool subscriber_wants(
	const struct subscriber *subscriber, unsigned shard, const struct rdl_event *event);

#endif
