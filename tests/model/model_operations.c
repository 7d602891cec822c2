/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_operations.h"

#include "model_changes.h"
#include "model_sessions.h"

/* The location of a 2.01, wherever that comes from. */
static struct place place_given(const struct packet *p)
{
	const struct rdl_request *request = &p->packet.request;
	struct place place = { .minor = p->sent->facts.minor, .root = p->sent->facts.list.root };

	CHECK(request->code == RDL_COAP_CREATED);
	rdl_location_encode(&location_key, &request->location, (uint8_t *)place.id);
	return place;
}

/* The request, which may have been among those remembered, is not: it has gone with its record. */
static void not_remembered(struct endpoint *e)
{
	if (e->record != LIVE) {
		vanish(e);
		return;
	}
	for (unsigned i = 0; i < REMEMBERED; i++)
		if (e->others[i].perhaps)
			e->others[i].known_by = 0;
}

/* It is treated as a new one. */
static void forgotten(const struct sent *q, enum kind kind)
{
	if (!q->performed)
		return;
	happened(kind);
	if (q->non && now_s() - q->performed_s <= EXCHANGE_LIFETIME_S &&
		now_s() - q->performed_s > NON_LIFETIME_S)
		happened(KIND_non_forgotten);
}

/*
 * The lifetime begins anew, and is the longer one of what is held and what the copy says, where
 * that was read: not in the last block of a transfer that is not there any more. True when it is
 * told, and counts as an Update.
 */
static bool renewed(struct endpoint *e, const struct packet *p, const struct exchange *original)
{
	const struct sent *q = p->sent;
	bool gives = q->what == REGISTER || (q->facts.gives & GIVES_LIFETIME) != 0;
	bool longer = gives && p->verdict == NULL && q->facts.lifetime_s > e->facts.lifetime_s;
	bool late = now_s() - original->second > MAX_TRANSMIT_SPAN_S;

	if (longer) {
		happened(KIND_copy_lengthened);
		e->facts.lifetime_s = q->facts.lifetime_s;
	} else if (late) {
		happened(KIND_copy_renewed);
	}
	ledger_of(e)->updated += longer || late;
	e->spent = spent_now(e) + 1;
	restart_lifetime(e);
	return longer || late;
}

/* True where it would restart a lifetime, and there is none to be had: silence. */
static bool too_often_copied(struct endpoint *e, const struct exchange *original)
{
	if (!alive(e) || !is_present(e, original) || !too_often(e))
		return false;
	happened(KIND_shed_copy_often);
	ledger_of(e)->too_often++;
	return true;
}

/* A session is kept for as long as the registration whose lifetime began in it. */
static void check_kept(const struct packet *p, const struct endpoint *e, bool began)
{
	if (p->sent->session != 0)
		CHECK(p->packet.request.lifetime_s == (began ? e->deadline_s - now_s() : 0));
}

static void register_copied(
	struct endpoint *e, const struct packet *p, const struct exchange *original)
{
	const struct sent *q = p->sent;
	bool began = alive(e) && is_present(e, original);
	bool told = began && renewed(e, p, original);

	check_kept(p, e, began);
	happened(!alive(e)			    ? KIND_register_copy_ended
		 : e->first.known_by == q->known_by ? KIND_register_copy
						    : KIND_register_copy_replaced);
	ledger_of(e)->replayed += !told;
}

/* In clear text nobody takes the place of whoever has proved an identity. */
static bool refused_as_taken(struct packet *p, struct endpoint *e, enum presence copy)
{
	bool remembered =
		copy == YES || (copy == PERHAPS && p->packet.request.code == RDL_COAP_CREATED);

	if (remembered || p->sent->session != 0 || !alive(e) || e->owner == 0)
		return false;
	if (copy == PERHAPS)
		not_remembered(e);
	happened(KIND_taken);
	expect_refusal(p, &not_in_clear);
	return true;
}

void judge_register(struct packet *p)
{
	struct sent *q = p->sent;
	struct endpoint *e = &endpoints[q->endpoint];
	const struct exchange *original = NULL;
	enum presence copy = known(e, q, &original);

	if (copy == YES && too_often_copied(e, original))
		return;
	if (refused_as_taken(p, e, copy))
		return;
	if (p->packet.request.code == 0 && copy != YES) {
		shed_register(e);
		return;
	}
	struct place place = place_given(p);
	if (copy == YES || (copy == PERHAPS && strcmp(place.id, original->place.id) == 0)) {
		register_copied(e, p, original);
		expect_success(p, RDL_COAP_CREATED, &original->place);
		return;
	}
	if (copy == PERHAPS)
		not_remembered(e);
	forgotten(q, KIND_register_copy_forgotten);
	CHECK(id_is_new(place.id));
	perform_register(e, q, &place);
	check_kept(p, e, true);
	expect_success(p, RDL_COAP_CREATED, &place);
}

/* True when it is answered as a copy. */
static bool location_copied(struct packet *p, struct endpoint *e)
{
	const struct sent *q = p->sent;
	uint8_t code = q->what == DEREGISTER ? RDL_COAP_DELETED : RDL_COAP_CHANGED;
	const struct exchange *original = NULL;
	enum presence copy = known(e, q, &original);

	if (copy == PERHAPS && p->packet.request.code != 0 && p->packet.request.code != code) {
		not_remembered(e);
		return false;
	}
	if (copy == NO)
		return false;
	if (too_often_copied(e, original))
		return true;
	bool began = at_place(e, &q->place);
	bool told = began && renewed(e, p, original);
	if (q->what == UPDATE)
		check_kept(p, e, began);
	happened(q->what == DEREGISTER	  ? KIND_deregister_copy
		 : at_place(e, &q->place) ? KIND_update_copy
					  : KIND_update_copy_dead);
	ledger_of(e)->replayed += !told;
	expect_success(p, code, NULL);
	return true;
}

static void refuse_location(struct packet *p, bool dead)
{
	const struct sent *q = p->sent;

	if (dead && p->verdict != NULL)
		happened(KIND_refused_dead);
	else if (!dead && q->what == OTHER)
		happened(KIND_method);
	else if (!dead && p->verdict == q->refusal)
		happened(KIND_refused_update);
	if (!dead && q->refusal != NULL && p->verdict == q->refusal)
		update_refused(q->refusal);
	expect_refusal(p, dead ? &no_location : p->verdict);
}

static void judge_dead(struct packet *p, const struct endpoint *e)
{
	const struct sent *q = p->sent;

	forgotten(
		q, q->what == UPDATE ? KIND_update_copy_forgotten : KIND_deregister_copy_forgotten);
	if (p->continues)
		happened(KIND_block_dead);
	happened(strcmp(q->place.id, e->place.id) == 0 ? KIND_dead_location : KIND_old_location);
	refuse_location(p, true);
}

/*
 * One to be performed, for all that its worker knows:
 * under an alternate path it does not read the list.
 */
static bool is_update(const struct packet *p)
{
	const struct sent *q = p->sent;
	bool unread = p->verdict != NULL && p->verdict == q->refusal && q->place.root != 0 &&
		      q->refusal->payload != NULL && q->refusal->content_format == LINK_FORMAT;

	return q->what == UPDATE && !p->continues && (p->verdict == NULL || unread);
}

/*
 * Who has registered it is told what becomes of an Update or De-register, and nobody else more than
 * that it is not his.
 */
static bool is_anothers(const struct sent *q, const struct endpoint *e)
{
	unsigned who = owner_of_session(q->session);

	if ((q->what != UPDATE && q->what != DEREGISTER) || who == e->owner)
		return false;
	happened(who == 0 ? KIND_anothers_in_clear : e->owner == 0 ? KIND_clears : KIND_anothers);
	return true;
}

void judge_location(struct packet *p)
{
	struct sent *q = p->sent;
	struct endpoint *e = &endpoints[q->endpoint];

	if (location_copied(p, e))
		return;
	if (!at_place(e, &q->place)) {
		judge_dead(p, e);
	} else if (is_anothers(q, e)) {
		expect_refusal(p, &anothers);
	} else if (is_update(p) && too_often(e)) {
		happened(KIND_shed_update_often);
		ledger_of(e)->too_often++;
	} else if (p->packet.request.code == 0 &&
		   (p->packet.request.gives & RDL_GIVES_PAYLOAD) != 0) {
		/*
		 * A list under an alternate path that it does not name:
		 * its shard has read its fill of those.
		 */
		ledger_of(e)->unread++;
	} else if (p->verdict != NULL) {
		refuse_location(p, false);
	} else if (p->continues) {
		expect_success(p, RDL_COAP_CONTINUE, NULL);
	} else if (q->what == DEREGISTER) {
		perform_deregister(e, q);
		expect_success(p, RDL_COAP_DELETED, NULL);
	} else if (p->packet.request.code == 0) {
		shed_update(e, q);
	} else {
		forgotten(q, KIND_update_copy_forgotten);
		perform_update(e, q);
		check_kept(p, e, true);
		expect_success(p, RDL_COAP_CHANGED, NULL);
	}
}
