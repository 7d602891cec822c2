/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reference: an array of endpoints, what is registered of each, and which requests are known
 * again. A registration that ended leaves a grave, which goes when its time is over or its room is
 * wanted, oldest first: which ones are left is read off how many records there are, where that
 * tells.
 */
#ifndef RDL_MODEL_RECORDS_H
#define RDL_MODEL_RECORDS_H

#include "model_requests.h"

#define FORMER 3
#define HISTORY 4

/* A request that was performed. */
struct exchange {
	uint64_t known_by; /* 0: none */
	uint32_t second;
	bool perhaps; /* the record may have gone since */
	struct place place; /* what a Register was given; else where it went */
};

enum record {
	NONE,
	LIVE, /* registered, perhaps past its time and nobody has looked */
	GRAVE,
	UNSETTLED, /* nobody can tell whether it is there */
};

struct endpoint {
	char name[RDL_ENDPOINT_MAX + 1];
	int shard; /* -1: not yet seen */
	enum record record;
	struct facts facts;
	unsigned owner; /* who registered it: model_sessions.h; 0: it was in clear text */
	unsigned last_session; /* of the last request */
	uint32_t deadline_s, registered_s;
	uint64_t registered_at_s, updated_at_s; /* by the wall's clock */
	/* the second, rounded up, in which the lifetime began; of its updates */
	uint32_t began_s, spent;
	struct place place, former[FORMER];
	struct exchange first, others[REMEMBERED];
	uint64_t grave; /* order of burial: those of one round of expiry are equal */
	uint32_t grave_s;
	/* unsettled until expiry has been through: past its time and that of its exchanges */
	bool fallen;
	/* The device's side. */
	unsigned source, session;
	struct sent *history[HISTORY];
	/* The position of the change that its last request was performed by is above this. */
	uint64_t changed_after;
	unsigned history_next;
};
extern struct endpoint endpoints[ENDPOINTS];

/* One shard's room, and how often what happened there. */
struct ledger {
	unsigned graves[ENDPOINTS], grave_count; /* oldest first */
	unsigned live, unsettled;
	uint64_t records_lo, records_hi; /* all that take room */
	bool slice; /* expiry has begun, and not yet seen all */
	uint64_t slice_grave; /* the graves that it may have made */
	uint64_t registered, replaced, updated, deregistered, expired, replayed, full, store_full,
		too_often;
	uint64_t unread;
};
extern struct ledger ledgers[SHARDS];
extern uint64_t burials;
extern uint64_t position_before; /* of its shard, when the burst at hand began */

struct ledger *ledger_of(const struct endpoint *e);

/* Its grave's time is over. */
bool overdue(const struct endpoint *e);

bool alive(const struct endpoint *e);

/* What is left of what was spent: each second brings the limit. */
uint32_t spent_now(const struct endpoint *e);

bool too_often(const struct endpoint *e);
bool at_place(const struct endpoint *e, const struct place *place);

enum presence { NO, PERHAPS, YES };

uint64_t at_least(uint64_t all, uint64_t others);

/* Of the graves, the newest so many are left. */
uint64_t graves_lo(const struct ledger *l);

enum presence presence(const struct endpoint *e);
void remember(struct endpoint *e, const struct exchange *exchange);

/* The request is of the registration that there is, or was last. */
bool is_present(const struct endpoint *e, const struct exchange *x);

/* The former Register comes behind all that came after it, where two are remembered. */
void remember_former(struct endpoint *e);

/* Of a registration that ended by time. */
void forget_present(struct endpoint *e);

/*
 * Whether the request is a copy of one that was performed,
 * and is to be answered as that was; *which is that.
 */
enum presence known(const struct endpoint *e, const struct sent *q, const struct exchange **which);

/* Nothing is left of it. */
void vanish(struct endpoint *e);

void bury(struct endpoint *e, uint64_t order);

/*
 * What is registered takes a record: the one there is,
 * or a new one, for which the oldest grave may have to go.
 */
void take_record(struct endpoint *e);

/*
 * Past its time: what was asked of it is forgotten. A grave is left for what those before it were
 * asked for, in the order of this round, since within it nobody can tell which came first. True
 * when it leaves none for certain.
 */
bool fade_one(struct endpoint *e, uint64_t order);

/* Graves that a slice of expiry may have made, or may have left for later. */
unsigned sliced(const struct ledger *l);

/* Graves that cannot be there any more. */
void prune(struct ledger *l);

#endif
