/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * feed: the thread that takes events from the shards' rings to the subscribers of a UNIX
 * socket. Shards never wait for it, and it never waits for a subscriber.
 */
#ifndef RDL_FEED_H
#define RDL_FEED_H

#include "clock.h"
#include "conf.h"
#include "deliveries.h"
#include "events.h"
#include "lcores.h"
#include "lines.h"
#include "recall.h"
#include "refusals.h"

struct feed;

/* What it takes its lines from, and says of us. */
struct feed_sources {
	const char *instance, *boot; /* the owner's, as long as the feed is */
	struct rdl_event_facts facts;
	unsigned shard_count, worker_count;
	struct rdl_events *events[SHARDS_MAX];
	const struct rdl_refusals *refusals[WORKERS_MAX];
	struct rdl_deliveries *deliveries[SHARDS_MAX]; /* NULL: nothing is sent to devices */
	struct recall *recall; /* NULL: nothing is kept of events */
};

/* Written by the feed's thread, read by anybody (relaxed). */
struct feed_counts {
	uint64_t subscribers; /* now */
	uint64_t events, rows; /* taken from the rings */
	uint64_t lost_ring; /* events that found a ring full */
	uint64_t lost_subscribers; /* lines that found a subscriber's buffer full */
	uint64_t walks; /* asked for */
	uint64_t refused, suppressed; /* refusals told, and beyond what a second tells */
	uint64_t delivered; /* taken from the rings of what devices sent of their own accord */
};

/*
 * Makes the socket, when the configuration has one: *feed is NULL when it has none, and may be so
 * below. Logs and returns -1 when it cannot. By the main thread, as all that follow.
 */
int feed_open(const struct rdl_conf *conf, struct feed **feed);
/* Octets that it takes at most; 0 where nobody can subscribe. */
uint64_t feed_memory(const struct rdl_conf *conf);
/* Begins to serve, once the sources are there. */
int feed_start(struct feed *feed, const struct feed_sources *sources);
/* Before the shards end: the thread is gone, the counts stay until feed_close(). */
void feed_stop(struct feed *feed);
void feed_close(struct feed *feed);

const struct feed_counts *feed_counts(const struct feed *feed);
const struct rdl_lines_counts *feed_lines_counts(const struct feed *feed);
/* NULL: nothing is kept of events, or it has not started. */
struct recall *feed_recall(const struct feed *feed);

#endif
