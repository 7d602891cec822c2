/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_traffic.h"

#include "model_sessions.h"

static const struct phase phases[] = {
	{ "calm", 14, 30, 6, 6, 8, 10, 6, 10, 8, 2, 4, 3, 500, 10, 8000, 20, false },
	{ "storm", 60, 10, 1, 3, 10, 8, 3, 4, 2, 1, 2, 2, 20, 90, 14000, 70, false },
	{ "fat", 15, 80, 1, 1, 3, 3, 2, 30, 1, 1, 1, 98, 10, 98, 32000, 0, false },
	{ "rebooting", 14, 12, 8, 2, 2, 50, 2, 2, 1, 1, 1, 2, 3000, 20, 10000, 90, false },
	{ "leaving", 6, 10, 45, 6, 8, 12, 3, 6, 4, 2, 3, 5, 2500, 20, 6000, 50, true },
};
const struct phase *phase = &phases[0];

void phase_next(void)
{
	phase = &phases[(phase - phases + 1) % (ptrdiff_t)RDL_ARRAY_LEN(phases)];
}

struct endpoint *some_endpoint(void)
{
	static unsigned hot;

	if (one_in(200))
		hot = (unsigned)dice(ENDPOINTS - 16);
	return &endpoints[one_in(4) ? hot + dice(16) : dice(ENDPOINTS)];
}

bool is_fat(void)
{
	return dice(100) < phase->fat;
}

/* ---- what requests say ---- */

static uint32_t some_number(bool fat)
{
	return fat ? FAT_VALUE + (uint32_t)dice(FAT_VALUE) : (uint32_t)(1 + dice(200));
}

static void give_lifetime(struct facts *facts)
{
	static const uint64_t said[] = { 0, 1, UINT64_C(4294967297), 2147483647, LIFETIME_MAX_S };

	facts->gives |= GIVES_LIFETIME;
	if (one_in(20))
		facts->lifetime_said = said[dice(RDL_ARRAY_LEN(said))];
	else if (dice(100) < phase->long_lives)
		facts->lifetime_said = 1000 + dice(LIFETIME_MAX_S);
	else
		facts->lifetime_said = 1 + dice(UINT64_C(1) << (2 + dice(9)));
	uint64_t lifetime = facts->lifetime_said;
	if (lifetime == 0 || lifetime > LIFETIME_MAX_S)
		lifetime = LIFETIME_MAX_S;
	facts->lifetime_s = lifetime < LIFETIME_MIN_S ? LIFETIME_MIN_S : (uint32_t)lifetime;
}

static void give_binding(struct facts *facts, unsigned minor)
{
	static const char *const old[] = { "U", "UQ", "S", "SQ", "US", "UQS" };
	static const char *const newer[] = { "U", "T", "UT", "NST", "SNUT", "SU", "UQ", "SQ",
		"UQS" };
	const char *binding = minor == 0 ? old[dice(6)] : newer[dice(9)];

	facts->gives |= GIVES_BINDING;
	memcpy(facts->binding, binding, strlen(binding) + 1);
}

/*
 * As many fat ones as a frame holds beside what else is in it,
 * or a few others, or `many`: at times all there are.
 */
static void give_parameters(struct facts *facts, unsigned fat, bool many)
{
	if (one_in(5)) {
		facts->gives |= GIVES_SMS;
		facts->sms = (uint32_t)(1 + dice(1000000));
	}
	unsigned sparse = many && one_in(12) ? 1 : 3 * EXTRAS;

	for (unsigned i = 0, first = (unsigned)dice(EXTRAS); i < EXTRAS; i++) {
		unsigned k = (first + i) % EXTRAS;

		if (fat > 0 ? i < fat : one_in(sparse)) {
			facts->gives |= GIVES_EXTRA(k);
			facts->extra[k] = some_number(fat > 0);
		}
	}
}

struct kept_list some_list(enum list_size size, bool mandatory, unsigned root, bool declared)
{
	return (struct kept_list){
		.number = (uint32_t)dice(size >= LIST_FAT ? 1u << 30 : 60),
		.size = (uint8_t)size,
		.root = (uint8_t)root,
		.declared = declared,
		.mandatory = mandatory,
	};
}

/* A fat request is so by its list or by its parameters: it must fit into a frame. */
static enum list_size size_of_list(bool fat, bool list_fat)
{
	if (list_fat)
		return LIST_FAT;
	return !fat && one_in(5) ? LIST_MEDIUM : LIST_SMALL;
}

struct facts register_facts(bool fat)
{
	bool list_fat = fat && one_in(2);
	unsigned root = one_in(4) ? (unsigned)(1 + dice(2)) : 0;
	struct facts facts = { .binding = "U", .lifetime_s = 86400 };

	if (!one_in(4)) {
		facts.gives |= GIVES_VERSION;
		facts.minor = (uint8_t)dice(2);
	}
	facts.queue = facts.minor == 1 && one_in(3);
	if (!one_in(20))
		give_lifetime(&facts);
	if (one_in(2))
		give_binding(&facts, facts.minor);
	give_parameters(&facts, fat && !list_fat ? 5 : 0, !fat);
	facts.gives |= GIVES_LIST;
	facts.list = some_list(size_of_list(fat, list_fat), true, root, root > 0 || one_in(3));
	return facts;
}

struct facts update_facts(const struct place *place, bool fat)
{
	bool list_fat = fat && one_in(2);
	struct facts facts = { .gives = 0 };

	if (one_in(5))
		give_lifetime(&facts);
	if (one_in(6))
		give_binding(&facts, place->minor);
	facts.queue = place->minor == 1 && one_in(6);
	if (one_in(8)) {
		facts.gives |= GIVES_VERSION;
		facts.minor = place->minor;
	}
	if (fat ? !list_fat : one_in(4))
		give_parameters(&facts, fat ? 7 : 0, !fat);
	if (fat ? list_fat : one_in(3)) {
		facts.gives |= GIVES_LIST;
		facts.list =
			some_list(size_of_list(fat, list_fat), one_in(2), place->root, one_in(3));
	}
	return facts;
}

/* ---- requests ---- */

static unsigned source_of(struct endpoint *e)
{
	if (one_in(12))
		e->source = (unsigned)dice(SOURCES);
	return e->source;
}

/* A device keeps its session for a while; now and then somebody else asks in its place. */
static unsigned session_of(struct endpoint *e)
{
	unsigned number = (unsigned)(e - endpoints);

	if (one_in(15))
		e->session = number % 3 == 0 || one_in(8) ? 0 : some_session_for(number);
	if (one_in(20))
		return one_in(3) ? 0 : (unsigned)(1 + dice(session_count()));
	return e->session;
}

void put_origin(struct sent *head, struct endpoint *e)
{
	head->session = session_of(e);
	head->source = head->session != 0 ? source_of_session(head->session) : source_of(e);
}

static struct sent head_of(struct endpoint *e, enum what what)
{
	struct sent head = {
		.what = what,
		.endpoint = (unsigned)(e - endpoints),
		.non = one_in(8),
		.place = e->place,
	};

	put_origin(&head, e);
	return head;
}

/* Block1 in a request that is one block. */
static void maybe_one_block(struct sent *head)
{
	if (head->what > UPDATE || !one_in(15))
		return;
	head->has_block = true;
	head->szx = (uint8_t)dice(7);
}

struct sent *some_register(void)
{
	struct endpoint *e = some_endpoint();
	struct sent head = head_of(e, REGISTER);

	head.facts = register_facts(is_fat());
	maybe_one_block(&head);
	return request_of(&head);
}

struct sent *to_location(enum what what, bool former)
{
	struct endpoint *e = some_endpoint();

	for (unsigned tries = 0; tries < 3 && !alive(e); tries++)
		e = some_endpoint();
	struct sent head = head_of(e, what);
	if (former)
		head.place = e->former[dice(FORMER)];
	if (head.place.id[0] == '\0')
		return NULL;
	if (what == UPDATE) {
		head.facts = update_facts(&head.place, is_fat());
		maybe_one_block(&head);
	}
	return request_of(&head);
}

struct sent *some_fault(void)
{
	struct endpoint *e = some_endpoint();
	struct sent head = head_of(e, one_in(2) ? REGISTER : UPDATE);

	if (head.what == UPDATE && head.place.id[0] == '\0')
		return NULL;
	if (head.what == REGISTER) {
		head.refusal = some_register_refusal();
	} else {
		if (one_in(10))
			head.place = e->former[0].id[0] != '\0' ? e->former[0] : e->place;
		head.refusal = some_update_refusal();
	}
	return request_of(&head);
}

struct sent *some_late(void)
{
	struct sent *q = some_endpoint()->history[dice(HISTORY)];

	return q != NULL ? sent_hold(q) : NULL;
}

/* The octets of an older one, in another session or from another address. */
static struct sent *from_elsewhere(const struct sent *old)
{
	struct sent head = *old;

	head.source = (head.source + 1 + (unsigned)dice(SOURCES - 1)) % SOURCES;
	if (head.session != 0 && one_in(2)) {
		happened(KIND_rebound_copy);
	} else if (head.session != 0 || one_in(3)) {
		head.session = other_than_session(head.session);
		head.performed = false;
		happened(KIND_other_session);
	} else {
		head.performed = false;
		happened(KIND_other_source);
	}
	return sent_new(&head, old->octets, old->len);
}

struct sent *some_variant(void)
{
	const struct sent *old = some_endpoint()->history[dice(HISTORY)];

	if (old == NULL || old->script != NULL || old->what == ALIEN)
		return NULL;
	if (one_in(2))
		return from_elsewhere(old);
	struct sent head = *old;
	head.performed = false;
	if ((old->octets[0] & 15) == 0)
		return NULL;
	struct sent *q = sent_new(&head, old->octets, old->len);
	q->octets[4] = (uint8_t)(q->octets[4] + 1 + dice(255));
	identify(q);
	happened(KIND_id_reused);
	return q;
}
