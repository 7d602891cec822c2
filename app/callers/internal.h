/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside callers. All of it is the thread's own, but for what says otherwise. */
#ifndef RDL_CALLERS_INTERNAL_H
#define RDL_CALLERS_INTERNAL_H

#include "callers.h"
#include "members.h"
#include "targets.h"

/* ---- call.c: what is under way ---- */

/* A request that is not over. One piece of memory with all that its order points to. */
struct call {
	struct rdl_order order; /* first: this is what shards know of it */
	struct call *next, **place; /* in its share's list */
	struct share *share;
	struct caller *caller; /* whom it is told to; NULL: he has left, or it is of an update */
	struct update *update; /* NULL: it is of none, or nobody asks after it any more */
	size_t octets; /* that it takes, with the answer so far */
	bool observing; /* it is answered, and goes on */
	bool asleep; /* it waits until its endpoint wakes up */
	bool sleeper; /* it is a fleet's, and one of those that may wait so */
	bool told; /* of its answer */
	bool cut; /* not all of its answer was kept */
	uint8_t *answer; /* what has come of one in pieces */
	size_t answer_len;
};

/*
 * How much there may be of something. Half of it is divided among shares, so that each is sure of
 * its part; the other half, which is common, is for whoever comes first.
 */
struct quota {
	uint64_t part, common;
	uint64_t common_used; /* now */
};

/*
 * A place for a client, and what was begun from it; the last is the updates', which observe
 * nothing. What a client leaves behind goes on in its share, which its user gets again before
 * anybody else does: coming again brings nobody another part.
 */
struct share {
	struct caller *caller; /* whose it is now; NULL: nobody's */
	uid_t user; /* who came last while nothing was left in it */
	struct call *calls;
	uint64_t outstanding, octets;
	uint64_t observations; /* that it has, or has asked for */
};

void quota_init(struct quota *quota, uint64_t most, unsigned shares);
/* Why there is no room for one more of so many octets in this share. */
RDL_MUST_CHECK enum rdl_order_reason call_hindrance(
	const struct callers *callers, const struct share *share, bool observes, size_t octets);

/* Views of what its order is to have; NULL without memory. It is in no share yet. */
struct call_parts {
	struct rdl_span endpoint, id, path, query, payload;
};
size_t call_octets(const struct call_parts *parts);
struct call *call_new(const struct call_parts *parts);
/* Into a share, and to the shard that has its endpoint. */
void call_give(struct callers *callers, struct share *share, struct call *call);
/* It observes from now on, which is not outstanding any more. */
void call_observes(struct callers *callers, struct call *call);
/* Octets of an answer that comes in pieces; where there is no room, it is cut. */
void call_add(struct callers *callers, struct call *call, struct rdl_span octets);
/* It is over. */
void call_free(struct callers *callers, struct call *call);

/* ---- caller.c: clients ---- */

struct caller {
	struct rdl_lines_client *client;
	struct share *share;
	uint64_t allowed; /* 1 << number of an entry of `allow` that holds for him */
	uint32_t awaits; /* answers */
	uint64_t lost; /* lines since the last gap marker; none is added before it is told */
};

/* The client's, made when it first says something; NULL: without memory, and it is let go of. */
struct caller *caller_of(struct callers *callers, struct rdl_lines_client *client);
void caller_leaves(struct rdl_lines_client *client);
/* A line that is counted as lost when there is no room for it. */
void caller_tell(struct callers *callers, struct caller *caller, const void *line, size_t len);
/* Once a round: tells what was lost, once half of the buffer is free again. */
void caller_catch_up(struct caller *caller);

/* ---- allow.c: who may send what ---- */

/* Takes those that were offered since, for all who are connected. */
void allow_look(struct callers *callers);
/* Which entries hold for whoever is behind a connection. */
uint64_t allow_for(const struct callers *callers, int fd);
RDL_MUST_CHECK bool allow_has(const struct callers *callers, uint64_t allowed, unsigned method,
	const struct rdl_target_path *path);

/* ---- request.c: a client's line ---- */

/* What a line wants. Views into the JSON, and into the buffers of struct callers. */
struct request {
	json_t *json;
	struct call_parts parts;
	uint8_t method, observe;
	uint16_t content_format, accept;
	uint32_t timeout_ms, expires_ms;
	struct rdl_target_path path;
	uint8_t options[RDL_ORDER_PATH_MAX]; /* of path and queries */
	uint8_t code; /* of a refusal; 0: none */
};

/* Reads it; what is wrong, or NULL. An id that could be read is there in either case. */
const char *request_read(struct callers *callers, const struct caller *caller, const char *text,
	size_t len, struct request *request);
void request_free(struct request *request);

/* ---- told.c: lines ---- */

void told_refused(struct callers *callers, struct caller *caller, const struct request *request,
	const char *why);
void told_report(struct callers *callers, struct call *call, const struct rdl_report *report);
void told_over(struct callers *callers, struct call *call);
/* A shard has it, and nobody will hear of it again. */
void told_stopping(struct callers *callers, struct call *call);

/* ---- update.c: triggers ---- */

/* An update's; the fields of `shared` are anybody's who has the lock. */
struct update {
	struct {
		bool taken, ended; /* by who asks */
		bool fleet;
		uint32_t over_s;
		uint8_t name_len;
		uint8_t name[RDL_ENDPOINT_MAX];
		struct callers_progress progress; /* as of the last round */
	} shared;
	bool runs;
	struct callers_progress progress;
	uint64_t begun_ms;
	uint64_t under_way; /* triggers */
	/* Of a fleet: names that have not been looked at, and where the next are. */
	uint64_t cursor;
	bool at_end;
	uint32_t page_at, page_len;
	uint8_t page[QUESTION_PAGE_MAX];
};

/* Once a round; returns in how many milliseconds it wants the next one, -1: never. */
int update_work(struct callers *callers, uint64_t now_ms);
void update_report(struct call *call, const struct rdl_report *report);
/* It came back since its endpoint sleeps. True: it is to be given to the shard again, and waits. */
bool update_waits(struct callers *callers, struct call *call);
void update_over(struct call *call);

/* ---- all of it ---- */

struct callers {
	/* As it is configured. */
	uint32_t max_payload;

	struct rdl_lines *lines;
	const struct owners *owners;
	struct allows *allows;
	struct allows *offered; /* those that are to hold next, or NULL: by anybody (acquire) */
	struct rdl_channel shards[SHARDS_MAX];
	struct callers_counts counts;
	struct quota outstanding, observations, octets;
	/* Triggers of fleets that wait until their endpoints wake up, or have; and the most. */
	uint64_t sleepers, sleepers_max;
	unsigned share_count;
	struct share *shares; /* the last one is the updates' */

	pthread_mutex_t lock; /* of what updates share */
	int asked; /* an update may be new, or ended: by anybody (release) */
	unsigned updates_run;
	struct update updates[CALLERS_UPDATES];

	uint8_t *payload; /* of the line at hand, max_payload octets */
	uint8_t *line; /* to be told */
	size_t line_room;
};

static inline void callers_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}
static inline void callers_uncount(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter - n, __ATOMIC_RELAXED);
}

#endif
