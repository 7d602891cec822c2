/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reference: an array of endpoints, what is registered of each, and which requests are known again. A registration
 * that ended leaves a grave, which goes when its time is over or its room is wanted, oldest first: which ones are left is
 * read off how many records there are, where that tells.
 */
#ifndef RDL_MODEL_RECORDS_H
#define RDL_MODEL_RECORDS_H

#include "model_requests.h"

#define FORMER 3
#define HISTORY 4

/* A request that was performed. */
struct exchange {
	uint64_t identity; /* 0: none */
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
	uint32_t deadline_s, registered_s;
	uint64_t registered_at_s, updated_at_s; /* by the wall's clock */
	uint32_t began_s,
		spent; /* the second, rounded up, in which the lifetime began; of its updates */
	struct place place, former[FORMER];
	struct exchange first, others[REMEMBERED];
	uint64_t grave; /* order of burial: those of one round of expiry are equal */
	uint32_t grave_s;
	bool fallen; /* unsettled until expiry has been through: past its time and that of its exchanges */
	/* The device's side. */
	unsigned source;
	struct sent *history[HISTORY];
	unsigned history_next;
};
static struct endpoint endpoints[ENDPOINTS];

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
static struct ledger ledgers[SHARDS];
static uint64_t burials;

static inline struct ledger *ledger_of(const struct endpoint *e)
{
	CHECK(e->shard >= 0);
	return &ledgers[e->shard];
}

/* Its grave's time is over. */
static inline bool overdue(const struct endpoint *e)
{
	return now_s() - e->grave_s >= EXCHANGE_LIFETIME_S;
}

static inline bool alive(const struct endpoint *e)
{
	return e->record == LIVE && now_s() < e->deadline_s;
}

/* What is left of what was spent: each second brings the limit. */
static inline uint32_t spent_now(const struct endpoint *e)
{
	uint64_t brought = (uint64_t)UPDATES_PER_S * (whole_s() - e->began_s);

	return e->spent > brought ? (uint32_t)(e->spent - brought) : 0;
}

static inline bool too_often(const struct endpoint *e)
{
	return spent_now(e) >= UPDATES_PER_S;
}

static inline bool at_place(const struct endpoint *e, const struct place *place)
{
	return alive(e) && strcmp(e->place.id, place->id) == 0;
}

/* ---- which records are there ---- */

enum presence { NO, PERHAPS, YES };

static inline unsigned grave_position(const struct ledger *l, const struct endpoint *e)
{
	for (unsigned i = 0; i < l->grave_count; i++)
		if (l->graves[i] == (unsigned)(e - endpoints))
			return i;
	CHECK(!"a grave is in its list");
	return 0;
}

static inline uint64_t at_least(uint64_t all, uint64_t others)
{
	return all > others ? all - others : 0;
}

/* Of the graves, the newest so many are left. */
static inline uint64_t graves_lo(const struct ledger *l)
{
	uint64_t n = at_least(l->records_lo, (uint64_t)l->live + l->unsettled);

	return n < l->grave_count ? n : l->grave_count;
}

static inline uint64_t graves_hi(const struct ledger *l)
{
	uint64_t n = at_least(l->records_hi, l->live);

	return n < l->grave_count ? n : l->grave_count;
}

static inline uint64_t burial(const struct ledger *l, unsigned position)
{
	return endpoints[l->graves[position]].grave;
}

static inline enum presence grave_presence(const struct ledger *l, const struct endpoint *e)
{
	unsigned first = grave_position(l, e), behind = first + 1;

	while (first > 0 && burial(l, first - 1) == e->grave)
		first--;
	while (behind < l->grave_count && burial(l, behind) == e->grave)
		behind++;
	if (first >= l->grave_count - graves_lo(l))
		return YES;
	return behind <= l->grave_count - graves_hi(l) ? NO : PERHAPS;
}

static inline enum presence presence(const struct endpoint *e)
{
	switch (e->record) {
	case LIVE:
		return YES;
	case GRAVE:
		return grave_presence(ledger_of(e), e);
	case UNSETTLED:
		return PERHAPS;
	case NONE:
		break;
	}
	return NO;
}

/* ---- which requests are known ---- */

static inline void forget(struct endpoint *e)
{
	memset(&e->first, 0, sizeof(e->first));
	memset(e->others, 0, sizeof(e->others));
}

static inline void remember(struct endpoint *e, const struct exchange *exchange)
{
	memmove(e->others + 1, e->others, (REMEMBERED - 1) * sizeof(e->others[0]));
	e->others[0] = *exchange;
}

/* The request is of the registration that there is, or was last. */
static inline bool is_present(const struct endpoint *e, const struct exchange *x)
{
	return x->identity != 0 && strcmp(x->place.id, e->place.id) == 0;
}

/* The former Register comes behind all that came after it, where two are remembered. */
static inline void remember_former(struct endpoint *e)
{
	unsigned place = 0;

	while (place < REMEMBERED && is_present(e, &e->others[place]))
		place++;
	if (place == REMEMBERED)
		happened(KIND_former_behind);
	if (e->first.identity == 0 || place == REMEMBERED)
		return;
	memmove(e->others + place + 1, e->others + place,
		(REMEMBERED - 1 - place) * sizeof(e->others[0]));
	e->others[place] = e->first;
}

/* Of a registration that ended by time. */
static inline void forget_present(struct endpoint *e)
{
	memset(&e->first, 0, sizeof(e->first));
	while (is_present(e, &e->others[0])) {
		memmove(e->others, e->others + 1, (REMEMBERED - 1) * sizeof(e->others[0]));
		memset(&e->others[REMEMBERED - 1], 0, sizeof(e->others[0]));
	}
}

/* Whether the request is a copy of one that was performed, and is to be answered as that was; *which is that. */
static inline enum presence known(
	const struct endpoint *e, const struct sent *q, const struct exchange **which)
{
	uint32_t window = q->non ? NON_LIFETIME_S : EXCHANGE_LIFETIME_S;
	enum presence there = presence(e);

	for (unsigned i = 0; i <= REMEMBERED && there != NO; i++) {
		const struct exchange *x = i == 0 ? &e->first : &e->others[i - 1];
		bool of_live = e->record == LIVE && is_present(e, x);

		if (x->identity != q->identity || now_s() - x->second > window)
			continue;
		if (of_live && !alive(e)) {
			happened(q->what == REGISTER ? KIND_register_copy_expired
						     : KIND_update_copy_expired);
			return NO;
		}
		if (!of_live && q->what == REGISTER && now_s() - x->second > NON_LIFETIME_S) {
			happened(KIND_register_copy_late);
			return NO;
		}
		*which = x;
		return x->perhaps ? PERHAPS : there;
	}
	return NO;
}

/* ---- changes ---- */

static inline void leave_grave(struct endpoint *e)
{
	struct ledger *l = ledger_of(e);
	unsigned position = grave_position(l, e);

	memmove(l->graves + position, l->graves + position + 1,
		(l->grave_count - position - 1) * sizeof(l->graves[0]));
	l->grave_count--;
	e->record = NONE;
}

/* Nothing is left of it. */
static inline void vanish(struct endpoint *e)
{
	if (e->record == GRAVE)
		leave_grave(e);
	else if (e->record == UNSETTLED)
		ledger_of(e)->unsettled--;
	e->record = NONE;
	forget(e);
}

static inline void bury(struct endpoint *e, uint64_t order)
{
	struct ledger *l = ledger_of(e);

	CHECK(e->record == LIVE);
	l->live--;
	l->graves[l->grave_count++] = (unsigned)(e - endpoints);
	e->record = GRAVE;
	e->grave = order;
	e->grave_s = now_s();
}

/* What is registered takes a record: the one there is, or a new one, for which the oldest grave may have to go. */
static inline void take_record(struct endpoint *e)
{
	struct ledger *l = ledger_of(e);
	enum presence there = presence(e);

	if (e->record == GRAVE)
		leave_grave(e);
	else if (e->record == UNSETTLED)
		l->unsettled--;
	if (e->record != LIVE)
		l->live++;
	if (there == NO)
		forget(e);
	for (unsigned i = 0; i < REMEMBERED; i++)
		e->others[i].perhaps |= there == PERHAPS;
	e->first.perhaps |= there == PERHAPS;
	l->records_lo += there == NO;
	l->records_hi += there != YES;
	if (there == NO && l->records_lo > REGISTRATIONS)
		happened(KIND_evicted);
	l->records_lo = l->records_lo < REGISTRATIONS ? l->records_lo : REGISTRATIONS;
	l->records_hi = l->records_hi < REGISTRATIONS ? l->records_hi : REGISTRATIONS;
	e->record = LIVE;
}

/* Graves that a slice of expiry may have made, or may have left for later. */
static inline unsigned sliced(const struct ledger *l)
{
	unsigned n = 0;

	for (unsigned i = l->grave_count; l->slice && i-- > 0;)
		n += burial(l, i) == l->slice_grave;
	return n;
}

/* Graves that cannot be there any more. */
static inline void prune(struct ledger *l)
{
	while (l->grave_count > 0 && presence(&endpoints[l->graves[0]]) == NO)
		vanish(&endpoints[l->graves[0]]);
}

#endif
