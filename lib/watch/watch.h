/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watch: what is worth a line in the log, and when: by state and time given as arguments. Knows no
 * clock, no log and no counter. Not on the packet path.
 */
#ifndef RDL_WATCH_H
#define RDL_WATCH_H

#include "base.h"

/*
 * Lets so many lines of a kind through in a time,
 * and counts the rest. Zeroed: nothing was said yet.
 */
struct rdl_gate {
	uint64_t until_ms; /* end of the time that is running */
	uint64_t swallowed; /* since the last line that was let through */
	uint32_t said; /* in that time */
};
/* Whether a line may be said now; then *swallowed is how many were not before it. */
bool rdl_gate_pass(struct rdl_gate *gate, uint64_t now_ms, uint32_t lines, uint32_t each_ms,
	uint64_t *swallowed);
/*
 * What was swallowed, once the time is over in which it was:
 * 0, or what is to be said in a line of its own.
 */
uint64_t rdl_gate_rest(struct rdl_gate *gate, uint64_t now_ms);

/*
 * How full something is. It takes more to leave a level
 * than to stay in it, so that the edge does not chatter.
 */
enum rdl_fill {
	RDL_FILL_ROOM,
	RDL_FILL_NEARLY, /* from 90 % until below 80 % */
	RDL_FILL_FULL, /* from all of it until below 95 % */
};
enum rdl_fill rdl_fill_next(enum rdl_fill was, uint64_t used, uint64_t room);

/* Something that should go on and may stand still. Zeroed: it goes on. */
struct rdl_stall {
	uint64_t worst_ms; /* 0: it goes on */
	uint64_t next_ms; /* the age at which to say so again */
};
enum rdl_stall_news {
	RDL_STALL_NOTHING,
	RDL_STALL_STANDS, /* newly, or still when it has doubled its time */
	RDL_STALL_GOES_ON, /* again, after worst_ms or a little more */
};
/* `age_ms` since it went on; above limit_ms it stands still. *worst_ms is for how long. */
enum rdl_stall_news rdl_stall_look(
	struct rdl_stall *stall, uint64_t age_ms, uint64_t limit_ms, uint64_t *worst_ms);

/*
 * Whether a stream is the one that journald has told the process of: JOURNAL_STREAM is its device
 * and inode, "8:12345" (systemd.exec(5)). NULL: it has not.
 */
bool rdl_is_journal(const char *journal_stream, uint64_t device, uint64_t inode);

#endif
