/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside the feed: feed.c has its round, requests.c what subscribers say,
 * stream.c what goes from the rings to subscribers.
 */
#ifndef RDL_FEED_STREAM_H
#define RDL_FEED_STREAM_H

#include "delivered.h"
#include "feed.h"
#include "refused.h"
#include "subscriber.h"

struct feed {
	struct feed_sources sources;
	struct rdl_lines *lines;
	struct feed_counts counts;
	bool listening;
	struct refused refused;
	uint32_t delivered; /* kinds that somebody wants, 1 << enum rdl_delivered_kind */
	struct {
		uint64_t wanted, asked, begun; /* numbers */
		unsigned shards_left; /* that have not ended the one asked for */
		uint64_t asked_ms, next_ms;
	} walk;
	uint64_t rows_read[SHARDS_MAX]; /* octets */
	size_t line_len; /* of the record at hand, 0: not written yet */
	uint8_t line[RDL_EVENT_TEXT_MAX];
};

static inline struct feed *feed_of(const struct rdl_lines *lines)
{
	return lines->config.owner;
}

static inline struct subscriber *feed_subscriber(const struct feed *feed, unsigned i)
{
	return feed->lines->clients[i]->state;
}

static inline void feed_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* Takes a ring's records to the subscribers; true when there may be more. */
bool stream_drain(struct feed *feed, unsigned shard);
/* Lines out of the log to those who want them: true where some do; `*more`: there are more. */
bool stream_recalled(struct feed *feed, bool *more);
/* Lets rows go on as far as the subscribers in a snapshot have room. */
void stream_allow_rows(struct feed *feed, unsigned shard, uint64_t now_ms);
/* Asks for a walk when one is wanted and its time has come. */
void stream_ask_walk(struct feed *feed, uint64_t now_ms);

#endif
