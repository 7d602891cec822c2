/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_changes.h"

#include "model_gateway.h"
#include "model_sessions.h"

static void performed(struct sent *q)
{
	q->performed = true;
	q->performed_s = now_s();
	endpoints[q->endpoint].changed_after = position_before;
}

void restart_lifetime(struct endpoint *e)
{
	e->began_s = whole_s();
	e->deadline_s = e->began_s + e->facts.lifetime_s + GRACE_S;
	e->updated_at_s = wall_s();
}

static void count_secure_register(const struct endpoint *e, unsigned owner)
{
	if (owner == 0)
		return;
	happened(KIND_secure_registered);
	if (alive(e) && e->owner == 0)
		happened(KIND_secure_replaced_clear);
	else if (alive(e) && e->owner != owner)
		happened(KIND_secure_replaced_other);
}

void perform_register(struct endpoint *e, struct sent *q, const struct place *place)
{
	struct ledger *l = ledger_of(e);
	enum presence there = presence(e);
	bool lived = alive(e);

	if (e->record != NONE && e->facts.source != q->source)
		happened(KIND_moved_register);
	count_secure_register(e, owner_of_session(q->session));
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
	e->owner = owner_of_session(q->session);
	e->last_session = q->session;
	e->registered_s = now_s();
	e->registered_at_s = wall_s();
	e->first = (struct exchange){ q->known_by, now_s(), false, *place };
	e->spent = lived ? spent_now(e) : 0;
	restart_lifetime(e);
	performed(q);
}

void perform_update(struct endpoint *e, struct sent *q)
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
		happened(KIND_updated_version);
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
	if (q->session != 0)
		happened(q->session == e->last_session ? KIND_secure_updated : KIND_secure_went_on);
	e->last_session = q->session;
	remember(e, &(struct exchange){ q->known_by, now_s(), false, q->place });
	e->spent = spent_now(e) + 1;
	restart_lifetime(e);
	ledger_of(e)->updated++;
	performed(q);
}

void perform_deregister(struct endpoint *e, struct sent *q)
{
	happened(KIND_deregistered);
	if (q->session != 0)
		happened(KIND_secure_deregistered);
	remember(e, &(struct exchange){ q->known_by, now_s(), false, q->place });
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

void shed_register(struct endpoint *e)
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

void shed_update(const struct endpoint *e, const struct sent *q)
{
	CHECK((q->facts.gives & ~(GIVES_LIFETIME | GIVES_BINDING | GIVES_VERSION)) != 0);
	CHECK(store_may_be_full((unsigned)e->shard));
	happened(KIND_shed_update_store);
	ledger_of(e)->store_full++;
}
