/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * callers: the thread that takes requests to devices from the clients of a UNIX socket, gives them
 * to the shards, and tells the clients what becomes of them. Shards never wait for it, and it never
 * waits for a client. It also has devices update their registrations, for whoever asks.
 */
#ifndef RDL_CALLERS_H
#define RDL_CALLERS_H

#include "channel.h"
#include "conf.h"
#include "lines.h"
#include "order.h"
#include "shard_core.h"

struct callers;
struct allows;

/* Written by the thread of callers, read by anybody (relaxed). X(name) */
#define CALLERS_COUNTS(X)                                                 \
	X(requests) /* of clients, ever */                                \
	X(refused) /* of those, here: no shard has heard of them */       \
	X(denied) /* of those: whoever asked must not */                  \
	X(full) /* of those: too many are outstanding */                  \
	X(observations_full) /* of those: too many observe */             \
	X(updates) /* triggers that were given to shards, ever */         \
	X(outstanding) /* now: requests and triggers that are not over */ \
	X(observing) /* now */                                            \
	X(octets) /* now: that all of these take */                       \
	X(lost) /* lines that found their client's buffer full */

struct callers_counts {
#define X(name) uint64_t name;
	CALLERS_COUNTS(X)
#undef X
};

/* What callers may have under way at each shard. */
struct rdl_channel_credit callers_credit(const struct rdl_conf *conf);
/* Octets that all of it takes at most, of the process's own memory; 0: it is not configured. */
uint64_t callers_memory(const struct rdl_conf *conf);

/*
 * Makes the socket, when the configuration has one: *callers is NULL when it has none, and may be
 * so below. Logs and returns -1 when it cannot. By the main thread, as all that follow.
 */
int callers_open(const struct rdl_conf *conf, struct callers **callers);
/* Its end of the channel to a shard, to be joined before the start. */
struct rdl_channel *callers_channel(struct callers *callers, unsigned shard);

/*
 * Who may send what, as a configuration says; the caller's to free(). Logs and returns NULL when
 * there is no group of a name.
 */
struct allows *callers_read_allows(const struct rdl_conf *conf);
/*
 * It holds for all requests that come from now on, and is the callers'; what is under way goes on.
 * From callers_start() to callers_stop(), by any thread.
 */
void callers_allow(struct callers *callers, struct allows *allows);
/* Begins to serve; the owners last until callers_stop(). */
int callers_start(struct callers *callers, const struct owners *owners);
/* Before the shards end: the thread is gone, the counts stay until callers_close(). */
void callers_stop(struct callers *callers);
/* After the shards: takes back what they had. */
void callers_close(struct callers *callers);

const struct callers_counts *callers_counts(const struct callers *callers);
const struct rdl_lines_counts *callers_lines_counts(const struct callers *callers);

/* ---- Registration Update Triggers, for other threads ---- */

/* How many may be under way at a time. */
#define CALLERS_UPDATES 8
#define CALLERS_OVER_MAX_S 86400

/* Who is to update: one endpoint, or all whose names begin so. */
struct callers_wish {
	bool fleet;
	struct rdl_span name; /* of one endpoint; of a fleet the prefix, which may be empty */
	uint32_t over_s; /* of a fleet: the time that it is spread over */
};

struct callers_progress {
	bool over;
	/* Of one endpoint: how its trigger stands; `answered` with a code. */
	uint8_t state; /* enum rdl_order_state */
	uint8_t reason; /* enum rdl_order_reason; of `queued`, and asleep: until it wakes up */
	uint8_t code;
	/* Registrations that there were when it began, and how many of them have been looked at. */
	uint64_t registrations, seen;
	/*
	 * Triggers that were given, and of these: answered 2.04; waiting for a sleeping endpoint,
	 * or of one that did not wake up in time, or was passed by since too many wait so.
	 */
	uint64_t given, updated, asleep;
	uint64_t failed; /* anything else */
};

/*
 * Begins; returns a number by which it is asked after, or -1: there are as many as there may be.
 * None of these waits for anything. From callers_start() to callers_stop(), by any thread.
 */
int callers_update(struct callers *callers, const struct callers_wish *wish);
void callers_update_look(struct callers *callers, int number, struct callers_progress *progress);
/* Nobody asks after it any more: what has not been given to a shard never is. */
void callers_update_end(struct callers *callers, int number);

#endif
