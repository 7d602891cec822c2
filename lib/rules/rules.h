/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rules: all that may change while the gateway runs, as one object that never changes itself; and
 * the book that says which rules are in force. Cores read them behind one pointer, without a lock.
 * The main thread puts others in their place, and frees the old ones when every core has moved on.
 */
#ifndef RDL_RULES_H
#define RDL_RULES_H

#include <pthread.h>

#include "admission.h"
#include "log.h"
#include "policy.h"

struct rdl_rules {
	uint64_t number; /* of those that a book has had: the first is 1 */
	struct rdl_policy *policy; /* their own */
	struct rdl_admission_limits limits;
	enum rdl_log_level log_level;
	struct rdl_rules *next; /* the book's: those that came after them */
};

/* Copies all that it is given; NULL without memory. */
RDL_MUST_CHECK struct rdl_rules *rdl_rules_create(const struct rdl_policy_config *policy,
	const struct rdl_admission_limits *limits, enum rdl_log_level log_level);
/* Of rules that no book has. NULL is none. */
void rdl_rules_destroy(struct rdl_rules *rules);

#define RDL_RULEBOOK_READERS 128

struct rdl_rulebook {
	/* Written by the main thread (release), read by anybody (acquire). */
	const struct rdl_rules *current __attribute__((aligned(RDL_CACHE_LINE)));
	/* The main thread's. */
	struct rdl_rules *oldest __attribute__((aligned(RDL_CACHE_LINE))); /* up to the current */
	unsigned reader_count;
	const uint64_t *seen[RDL_RULEBOOK_READERS];
	pthread_mutex_t visit; /* nothing is freed while somebody has it */
};

void rdl_rulebook_init(struct rdl_rulebook *book);
/*
 * Adds a core that reads: *seen, which the core writes, is the number of the last rules that it
 * saw, 0 at first. A core that never reads, or stands still, keeps all rules from there on.
 */
void rdl_rulebook_add_reader(struct rdl_rulebook *book, const uint64_t *seen);
/* Main thread. Puts these in force, which are the book's from now on. Waits for nobody. */
void rdl_rulebook_change(struct rdl_rulebook *book, struct rdl_rules *rules);
/* Main thread. Frees what nobody can be reading any more; returns how many old rules are left. */
unsigned rdl_rulebook_reclaim(struct rdl_rulebook *book);
/* Main thread, when no core reads any more: frees all. */
void rdl_rulebook_close(struct rdl_rulebook *book);

/*
 * By a core that was added, at the beginning of a round: the rules of that round. What it was given
 * before is no longer its to look at. *seen is its own.
 */
static inline const struct rdl_rules *rdl_rulebook_read(
	const struct rdl_rulebook *book, uint64_t *seen)
{
	const struct rdl_rules *rules = __atomic_load_n(&book->current, __ATOMIC_ACQUIRE);

	/* From here on the older ones may go: what this core did by them comes before. */
	if (RDL_UNLIKELY(rules->number != *seen))
		__atomic_store_n(seen, rules->number, __ATOMIC_RELEASE);
	return rules;
}

/* By any other thread: the rules in force, which last until rdl_rulebook_leave(). */
const struct rdl_rules *rdl_rulebook_visit(struct rdl_rulebook *book);
void rdl_rulebook_leave(struct rdl_rulebook *book);

#endif
