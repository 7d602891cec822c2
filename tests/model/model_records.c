/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_records.h"

struct endpoint endpoints[ENDPOINTS];
struct ledger ledgers[SHARDS];
uint64_t burials;
uint64_t position_before;

struct ledger *ledger_of(const struct endpoint *e)
{
	CHECK(e->shard >= 0);
	return &ledgers[e->shard];
}

bool overdue(const struct endpoint *e)
{
	return now_s() - e->grave_s >= EXCHANGE_LIFETIME_S;
}

bool alive(const struct endpoint *e)
{
	return e->record == LIVE && now_s() < e->deadline_s;
}

uint32_t spent_now(const struct endpoint *e)
{
	uint64_t brought = (uint64_t)UPDATES_PER_S * (whole_s() - e->began_s);

	return e->spent > brought ? (uint32_t)(e->spent - brought) : 0;
}

bool too_often(const struct endpoint *e)
{
	return spent_now(e) >= UPDATES_PER_S;
}

bool at_place(const struct endpoint *e, const struct place *place)
{
	return alive(e) && strcmp(e->place.id, place->id) == 0;
}

/* ---- which records are there ---- */

static unsigned grave_position(const struct ledger *l, const struct endpoint *e)
{
	for (unsigned i = 0; i < l->grave_count; i++)
		if (l->graves[i] == (unsigned)(e - endpoints))
			return i;
	CHECK(!"a grave is in its list");
	return 0;
}

uint64_t at_least(uint64_t all, uint64_t others)
{
	return all > others ? all - others : 0;
}

uint64_t graves_lo(const struct ledger *l)
{
	uint64_t n = at_least(l->records_lo, (uint64_t)l->live + l->unsettled);

	return n < l->grave_count ? n : l->grave_count;
}

static uint64_t graves_hi(const struct ledger *l)
{
	uint64_t n = at_least(l->records_hi, l->live);

	return n < l->grave_count ? n : l->grave_count;
}

static uint64_t burial(const struct ledger *l, unsigned position)
{
	return endpoints[l->graves[position]].grave;
}

static enum presence grave_presence(const struct ledger *l, const struct endpoint *e)
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

enum presence presence(const struct endpoint *e)
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

static void forget(struct endpoint *e)
{
	memset(&e->first, 0, sizeof(e->first));
	memset(e->others, 0, sizeof(e->others));
}

void remember(struct endpoint *e, const struct exchange *exchange)
{
	memmove(e->others + 1, e->others, (REMEMBERED - 1) * sizeof(e->others[0]));
	e->others[0] = *exchange;
}

bool is_present(const struct endpoint *e, const struct exchange *x)
{
	return x->known_by != 0 && strcmp(x->place.id, e->place.id) == 0;
}

void remember_former(struct endpoint *e)
{
	unsigned place = 0;

	while (place < REMEMBERED && is_present(e, &e->others[place]))
		place++;
	if (place == REMEMBERED)
		happened(KIND_former_behind);
	if (e->first.known_by == 0 || place == REMEMBERED)
		return;
	memmove(e->others + place + 1, e->others + place,
		(REMEMBERED - 1 - place) * sizeof(e->others[0]));
	e->others[place] = e->first;
}

void forget_present(struct endpoint *e)
{
	memset(&e->first, 0, sizeof(e->first));
	while (is_present(e, &e->others[0])) {
		memmove(e->others, e->others + 1, (REMEMBERED - 1) * sizeof(e->others[0]));
		memset(&e->others[REMEMBERED - 1], 0, sizeof(e->others[0]));
	}
}

enum presence known(const struct endpoint *e, const struct sent *q, const struct exchange **which)
{
	uint32_t window = q->non ? NON_LIFETIME_S : EXCHANGE_LIFETIME_S;
	enum presence there = presence(e);

	for (unsigned i = 0; i <= REMEMBERED && there != NO; i++) {
		const struct exchange *x = i == 0 ? &e->first : &e->others[i - 1];
		bool of_live = e->record == LIVE && is_present(e, x);

		if (x->known_by != q->known_by || now_s() - x->second > window)
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

static void leave_grave(struct endpoint *e)
{
	struct ledger *l = ledger_of(e);
	unsigned position = grave_position(l, e);

	memmove(l->graves + position, l->graves + position + 1,
		(l->grave_count - position - 1) * sizeof(l->graves[0]));
	l->grave_count--;
	e->record = NONE;
}

void vanish(struct endpoint *e)
{
	if (e->record == GRAVE)
		leave_grave(e);
	else if (e->record == UNSETTLED)
		ledger_of(e)->unsettled--;
	e->record = NONE;
	forget(e);
}

void bury(struct endpoint *e, uint64_t order)
{
	struct ledger *l = ledger_of(e);

	CHECK(e->record == LIVE);
	l->live--;
	l->graves[l->grave_count++] = (unsigned)(e - endpoints);
	e->record = GRAVE;
	e->grave = order;
	e->grave_s = now_s();
}

void take_record(struct endpoint *e)
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

bool fade_one(struct endpoint *e, uint64_t order)
{
	struct ledger *l = ledger_of(e);

	happened(KIND_expired);
	l->expired++;
	forget_present(e);
	bool recent =
		e->others[0].known_by != 0 && now_s() - e->others[0].second < EXCHANGE_LIFETIME_S;
	if (recent && !e->others[0].perhaps) {
		bury(e, order);
		return false;
	}
	l->live--;
	l->unsettled++;
	e->record = UNSETTLED;
	e->fallen = !recent;
	e->grave_s = now_s();
	return true;
}

unsigned sliced(const struct ledger *l)
{
	unsigned n = 0;

	for (unsigned i = l->grave_count; l->slice && i-- > 0;)
		n += burial(l, i) == l->slice_grave;
	return n;
}

void prune(struct ledger *l)
{
	while (l->grave_count > 0 && presence(&endpoints[l->graves[0]]) == NO)
		vanish(&endpoints[l->graves[0]]);
}
