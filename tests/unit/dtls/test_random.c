/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whatever befalls sessions, in any order: the table's lists say the same as its slots, each hold
 * of an identity is given back once, and a name that is over stays so.
 */
#include "fixture.h"

#define NAMES 128 /* the last ones */

static struct table *t;
static uint64_t names[NAMES];
static unsigned name_count, held[256];

static unsigned below(unsigned n)
{
	return (unsigned)rand() % n;
}

static uint64_t any_name(void)
{
	return names[below(NAMES)];
}

static void do_begin(void)
{
	struct rdl_datagram datagram = from(below(4), below(60));
	uint64_t session, evicted;
	enum rdl_dtls_begin result =
		rdl_dtls_begin(t->dtls, &datagram, below(3), t->now_s, &session, &evicted);

	assert_int_equal(result == RDL_DTLS_SHED, session == 0);
	assert_true(evicted == 0 || rdl_dtls_find(t->dtls, evicted) == NULL);
	if (result == RDL_DTLS_BEGUN)
		names[name_count++ % NAMES] = session;
}

static void do_establish(uint64_t name)
{
	static const uint8_t lens[] = { RDL_DTLS_NO_CID, 0, 8 };
	const struct rdl_dtls_session *session = rdl_dtls_find(t->dtls, name);
	struct rdl_dtls_keys keys = keys_of(below(256), lens[below(3)]);
	bool could = session != NULL && session->state == RDL_DTLS_HANDSHAKE;

	keys.incarnation = t->incarnations[keys.identity];
	held[keys.identity]++;
	if (rdl_dtls_establish(t->dtls, name, &keys, t->now_s))
		assert_true(could);
	else
		assert_true(!could || rdl_dtls_find(t->dtls, name) == NULL);
}

static void do_open(uint64_t name)
{
	struct rdl_dtls_session *session = rdl_dtls_find(t->dtls, name);
	struct rdl_datagram datagram = from(below(4), below(60));

	if (session == NULL || session->state != RDL_DTLS_OPEN)
		return;
	if (below(2) == 0)
		rdl_dtls_touch(t->dtls, session, t->now_s);
	else
		rdl_dtls_move(t->dtls, session, rdl_dtls_address(t->dtls, &datagram));
}

/* Where `growing` nothing ends unless it has to give way. */
static void do_something(bool growing)
{
	uint64_t name = any_name();

	switch (growing ? 5 + below(7) : below(12)) {
	case 0:
		rdl_dtls_end(t->dtls, name);
		assert_null(rdl_dtls_find(t->dtls, name));
		break;
	case 1:
		rdl_dtls_fail(t->dtls, name);
		break;
	case 2:
		rdl_dtls_keep(t->dtls, name, below(3) * 100, t->now_s);
		break;
	case 3:
		t->now_s += below(10);
		rdl_dtls_sweep(t->dtls, t->now_s, below(8));
		break;
	case 4:
		t->incarnations[below(256)]++;
		break;
	case 5:
	case 6:
		do_open(name);
		break;
	case 7:
	case 8:
	case 9:
		do_establish(name);
		break;
	default:
		do_begin();
	}
}

/* Slots in use, by what they say of themselves. */
struct sum {
	unsigned handshakes, open, registered, indexed;
	unsigned held[256];
};

static void add_slot(struct sum *sum, const struct rdl_dtls_session *session)
{
	if (session->state == RDL_DTLS_FREE)
		return;
	sum->indexed += session->indexed;
	if (session->state == RDL_DTLS_HANDSHAKE) {
		sum->handshakes++;
		assert_true(session->indexed);
		return;
	}
	sum->open++;
	sum->registered += session->registered;
	sum->held[session->identity]++;
}

static unsigned indexed(void)
{
	unsigned count = 0;

	for (uint32_t bucket = 0; bucket <= t->dtls->bucket_mask; bucket++)
		for (uint32_t handle = t->dtls->buckets[bucket]; handle != RDL_DTLS_NONE;
			handle = rdl_dtls_at(t->dtls, handle)->next)
			count++;
	return count;
}

static unsigned idle(void)
{
	unsigned count = 0;
	uint32_t newer = RDL_DTLS_NONE, handle = t->dtls->newest;

	for (; handle != RDL_DTLS_NONE; handle = rdl_dtls_at(t->dtls, handle)->older) {
		assert_int_equal(rdl_dtls_at(t->dtls, handle)->newer, newer);
		newer = handle;
		count++;
	}
	assert_int_equal(t->dtls->oldest, newer);
	return count;
}

static void check_all(void)
{
	const struct rdl_dtls_counts *counts = rdl_dtls_counts(t->dtls);
	struct sum sum = { 0 };
	unsigned open = 0;

	for (uint32_t handle = 0; handle != RDL_DTLS_NONE && handle != t->dtls->fresh;
		handle = rdl_dtls_slot_next(t->dtls, handle))
		add_slot(&sum, rdl_dtls_at(t->dtls, handle));
	for (unsigned suite = 0; suite < RDL_DTLS_AEADS; suite++)
		for (unsigned mode = 0; mode < RDL_DTLS_MODES; mode++)
			open += counts->open[suite][mode];
	assert_int_equal(sum.open, open);
	assert_int_equal(sum.open, t->dtls->open);
	assert_int_equal(sum.handshakes, counts->handshakes);
	assert_int_equal(sum.handshakes, t->dtls->places.used);
	assert_int_equal(sum.registered, counts->registered);
	assert_int_equal(sum.open - sum.registered, idle());
	assert_int_equal(sum.indexed, indexed());
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(held[i], sum.held[i] + t->released[i]);
}

static void test_in_any_order(void **state)
{
	srand(7);
	t = table_new(&(struct rdl_dtls_config){ .handshakes = 20, .sessions = 20 });
	for (unsigned round = 0; round < 40000; round++) {
		do_something(round / 1000 % 2 == 0);
		if (round % 16 == 0)
			check_all();
	}
	check_all();
	assert_true(rdl_dtls_counts(t->dtls)->full > 0 && rdl_dtls_counts(t->dtls)->crowded > 0);
	assert_true(rdl_dtls_counts(t->dtls)->expired > 0 && rdl_dtls_counts(t->dtls)->revoked > 0);
	table_end(t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
