/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recall: events out of the journal, for subscribers that say how far they are, and what is kept
 * of how far those are that have a name. A thread of its own reads the log and writes what is kept;
 * none of the shards knows of it, and it waits for no subscriber: what one has not taken is in the
 * log.
 *
 * Positions are those of lib/journal's history. A subscriber that acknowledges one of a partition
 * has all of that partition's log up to there, as lines come in the log's order.
 */
#ifndef RDL_RECALL_H
#define RDL_RECALL_H

#include "events.h"
#include "journal.h"

/* Subscribers at once, and names that are kept. */
#define RECALL_READERS_MAX 32
#define RECALL_CURSORS_MAX 64
/* Places of one wish: a log each. */
#define RECALL_PLACES_MAX 64

struct recall;
struct reader;

struct recall_config {
	const char *directory; /* the state's; the caller's, as the journal is */
	/* NULL: there is nothing to read, and `refusal` says why. */
	const struct rdl_journal *journal;
	const char *refusal;
	struct rdl_event_facts facts;
	uint32_t expiry_grace_s;
};

/* What keeps nothing refuses all wishes. Logs and returns -1 when it cannot. By the main thread. */
int recall_open(const struct recall_config *config, struct recall **recall);
/* Octets that it takes at most, once it is open; 0: it is NULL. */
uint64_t recall_memory(const struct recall *recall);
int recall_start(struct recall *recall);
/* After the last reader's end: all that was acknowledged is on the disk, or the log says not. */
void recall_stop(struct recall *recall);
void recall_close(struct recall *recall);

/* ---- the thread that serves subscribers ---- */

struct recall_place {
	unsigned partition;
	uint64_t position; /* of the last thing that it has */
};

struct recall_wish {
	bool by_name; /* from the cursor of that name; else from these places */
	struct rdl_span name;
	struct recall_place places[RECALL_PLACES_MAX];
	unsigned place_count;
	uint32_t kinds; /* 1 << enum rdl_event_kind */
	struct rdl_span prefix;
};

/* NULL: `*wrong` says why not, and `*busy` whether another follows that cursor. */
struct reader *recall_begin(
	struct recall *recall, const struct recall_wish *wish, const char **wrong, bool *busy);
void recall_end(struct reader *reader);
/* Whole lines that are to be sent, as many octets as it says; 0: there are none yet. */
const uint8_t *recall_lines(struct reader *reader, size_t *len);
/* So many octets of them have been taken. */
void recall_take(struct reader *reader, size_t len);
/* There are none, and none will come. */
bool recall_is_over(const struct reader *reader);
/* What is wrong with it, or NULL: it has all of that partition's log up to there. */
const char *recall_ack(
	struct reader *reader, struct rdl_span name, unsigned partition, uint64_t position);
/* Whether it follows that cursor. */
bool recall_follows(const struct reader *reader, struct rdl_span name);

/* ---- any thread ---- */

struct recall_cursor {
	char name[65];
	bool followed; /* by a subscriber, now */
	bool snapshot; /* it gets one, whatever it has acknowledged */
	uint64_t lag; /* entries of logs that it has not acknowledged */
};
/* Tells of each cursor, in no order. */
void recall_list(struct recall *recall,
	void (*tell)(void *context, const struct recall_cursor *cursor), void *context);
/* What is wrong, or NULL: there is no such cursor any more. */
const char *recall_remove(struct recall *recall, struct rdl_span name);

/* X(name): subscribers and cursors that there are; all else ever. */
#define RECALL_FIGURES(X)   \
	X(readers)          \
	X(cursors)          \
	X(cursors_lag)      \
	X(recalled)         \
	X(recalled_rows)    \
	X(recall_gaps)      \
	X(recall_snapshots) \
	X(acknowledgements) \
	X(cursor_errors)
struct recall_figures {
#define X(name) uint64_t name;
	RECALL_FIGURES(X)
#undef X
};
void recall_figures(struct recall *recall, struct recall_figures *figures);

#endif
