/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_operations.h"

/* ---- changes ---- */

void performed(struct sent *q)
{
	q->performed = true;
	q->performed_s = now_s();
	endpoints[q->endpoint].changed_after = position_before;
}

static void restart_lifetime(struct endpoint *e)
{
	e->began_s = whole_s();
	e->deadline_s = e->began_s + e->facts.lifetime_s + GRACE_S;
	e->updated_at_s = wall_s();
}

static void perform_register(struct endpoint *e, struct sent *q, const struct place *place)
{
	struct ledger *l = ledger_of(e);
	enum presence there = presence(e);
	bool lived = alive(e);

	if (e->record != NONE && e->facts.source != q->source)
		happened(KIND_moved_register);
	if (alive(e)) {
		happened(KIND_replaced);
		l->replaced++;
	} else {
		happened(e->record == LIVE ? KIND_registered_late
			 : there == YES	   ? KIND_registered_again
					   : KIND_registered);
		l->registered++;
		l->expired += e->record == LIVE;
	}
	if (e->record == LIVE && !lived)
		forget_present(e);
	take_record(e);
	remember_former(e);
	memmove(e->former + 1, e->former, (FORMER - 1) * sizeof(e->former[0]));
	e->former[0] = e->place;
	e->place = *place;
	e->facts = q->facts;
	e->facts.source = q->source;
	e->registered_s = now_s();
	e->registered_at_s = wall_s();
	e->first = (struct exchange){ q->identity, now_s(), false, *place };
	e->spent = lived ? spent_now(e) : 0;
	restart_lifetime(e);
	performed(q);
}

static void perform_update(struct endpoint *e, struct sent *q)
{
	const struct facts *said = &q->facts;
	uint8_t root = e->facts.list.root;

	happened(KIND_updated);
	if ((said->gives & GIVES_LIFETIME) != 0) {
		happened(KIND_updated_lifetime);
		e->facts.lifetime_s = said->lifetime_s;
	}
	if ((said->gives & GIVES_BINDING) != 0) {
		happened(KIND_updated_binding);
		memcpy(e->facts.binding, said->binding, sizeof(e->facts.binding));
	}
	if ((said->gives & GIVES_VERSION) != 0)
		happened(KIND_updated_identity);
	if (said->queue) {
		happened(KIND_updated_queue);
		e->facts.queue = true;
	}
	if ((said->gives & GIVES_SMS) != 0) {
		happened(KIND_updated_sms);
		e->facts.sms = said->sms;
	}
	for (unsigned i = 0; i < EXTRAS; i++)
		if ((said->gives & GIVES_EXTRA(i)) != 0)
			e->facts.extra[i] = said->extra[i];
	if ((said->gives & GIVES_EXTRAS) != 0)
		happened(KIND_updated_extra);
	if ((said->gives & GIVES_LIST) != 0) {
		happened(root == 0 ? KIND_updated_objects : KIND_updated_rooted);
		e->facts.list = said->list;
	}
	if (e->facts.source != q->source)
		happened(KIND_moved_update);
	e->facts.source = q->source;
	remember(e, &(struct exchange){ q->identity, now_s(), false, q->place });
	e->spent = spent_now(e) + 1;
	restart_lifetime(e);
	ledger_of(e)->updated++;
	performed(q);
}

static void perform_deregister(struct endpoint *e, struct sent *q)
{
	happened(KIND_deregistered);
	remember(e, &(struct exchange){ q->identity, now_s(), false, q->place });
	ledger_of(e)->deregistered++;
	performed(q);
	/* What a slice of expiry has left for later is buried after this, or was before. */
	bury(e, ledger_of(e)->slice ? ledger_of(e)->slice_grave : ++burials);
}

/* ---- room ---- */

/*
 * Pages that are in use for smaller sizes may leave none for the biggest long before the last octet
 * is in use, and who is new may have half of them.
 */
static bool store_may_be_full(unsigned s)
{
	struct rdl_registry_counts counts = counts_of(s);

	return 16 * counts.store_octets > counts.store_octets_max;
}

/* All that lives, and what nobody has found dead yet. */
static bool may_be_full(const struct ledger *l)
{
	return l->live + l->unsettled + sliced(l) >= REGISTRATIONS;
}

/* The shard has ended a registration past its time before it found no room for the next. */
static void end_past_its_time(struct endpoint *e)
{
	struct ledger *l = ledger_of(e);

	if (e->record == LIVE && !alive(e))
		l->records_lo -= fade_one(e, l->slice ? l->slice_grave : ++burials);
}

static void shed_register(struct endpoint *e)
{
	struct ledger *l = ledger_of(e);

	if (presence(e) != YES && may_be_full(l)) {
		happened(KIND_shed_full);
		l->full++;
	} else {
		CHECK(store_may_be_full((unsigned)e->shard));
		happened(KIND_shed_register_store);
		l->store_full++;
	}
	end_past_its_time(e);
}

static void shed_update(const struct endpoint *e, const struct sent *q)
{
	CHECK((q->facts.gives & ~(GIVES_LIFETIME | GIVES_BINDING | GIVES_VERSION)) != 0);
	CHECK(store_may_be_full((unsigned)e->shard));
	happened(KIND_shed_update_store);
	ledger_of(e)->store_full++;
}

/* ---- judgement, in the order that the shard has taken them ---- */

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
			e->others[i].identity = 0;
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

static void register_copied(
	struct endpoint *e, const struct packet *p, const struct exchange *original)
{
	const struct sent *q = p->sent;
	bool told = alive(e) && is_present(e, original) && renewed(e, p, original);

	happened(!alive(e)			    ? KIND_register_copy_ended
		 : e->first.identity == q->identity ? KIND_register_copy
						    : KIND_register_copy_replaced);
	ledger_of(e)->replayed += !told;
}

void judge_register(struct packet *p)
{
	struct sent *q = p->sent;
	struct endpoint *e = &endpoints[q->endpoint];
	const struct exchange *original = NULL;
	enum presence copy = known(e, q, &original);

	if (copy == YES && too_often_copied(e, original))
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
	bool told = at_place(e, &q->place) && renewed(e, p, original);
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

void judge_location(struct packet *p)
{
	struct sent *q = p->sent;
	struct endpoint *e = &endpoints[q->endpoint];

	if (location_copied(p, e))
		return;
	if (!at_place(e, &q->place)) {
		judge_dead(p, e);
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
		expect_success(p, RDL_COAP_CHANGED, NULL);
	}
}
