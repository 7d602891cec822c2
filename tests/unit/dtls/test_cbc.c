/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions with CBC: their records and replies are left to their handshakers. */
#include "fixture.h"

#include "records.h"

#define ROOM 600

struct arrived {
	uint8_t octets[ROOM];
	struct rdl_datagram datagram;
	struct rdl_dtls_item item;
};

/* A record of these contents, in epoch and number as they are said, behind others. */
static void add_record(struct arrived *a, uint8_t content, uint8_t epoch, uint8_t body_len)
{
	const uint8_t head[RDL_DTLS_RECORD_HEADER] = { content, 0xfe, 0xfd, 0,
		epoch, [10] = 9, [12] = body_len };
	uint8_t *to = a->octets + a->datagram.len;

	memcpy(to, head, sizeof(head));
	memset(to + sizeof(head), 0xb0 + content, body_len);
	a->datagram.len = (uint16_t)(a->datagram.len + sizeof(head) + body_len);
}

static void arrive(struct arrived *a, unsigned host)
{
	a->datagram = from(1, host);
	a->datagram.data = a->octets;
	a->item = (struct rdl_dtls_item){ .datagram = &a->datagram };
}

static unsigned open_one(struct table *t, struct arrived *a)
{
	rdl_dtls_open(t->dtls, &a->item, 1, t->now_s);
	return a->item.verdict;
}

static uint64_t open_session(struct table *t, unsigned host)
{
	uint64_t session = begin(t, 1, host);
	const struct rdl_dtls_keys keys = { .suite = RDL_DTLS_AES_128_CBC,
		.mode = 1,
		.identity = host,
		.peer_cid_len = RDL_DTLS_NO_CID };

	assert_true(rdl_dtls_establish(t->dtls, session, &keys, t->now_s));
	return session;
}

static void test_records(void **state)
{
	struct table *t =
		table_new(&(struct rdl_dtls_config){ .handshakers = 3, .sessions = 2000 });
	uint64_t other = begin(t, 1, 9), session = open_session(t, 1);
	struct arrived a;

	assert_int_equal(rdl_dtls_counts(t->dtls)->open[RDL_DTLS_AES_128_CBC][1], 1);
	assert_true(rdl_dtls_handshaker(t->dtls, other) != rdl_dtls_handshaker(t->dtls, session));
	/* As often as it comes: whoever opens it knows. */
	for (unsigned n = 0; n < 3; n++) {
		arrive(&a, 1);
		add_record(&a, n == 1 ? RDL_CONTENT_ALERT : RDL_CONTENT_APPLICATION, 1, 80);
		assert_int_equal(open_one(t, &a), RDL_DTLS_RECORD);
		assert_true(a.datagram.session == session);
		assert_int_equal(a.item.to, rdl_dtls_handshaker(t->dtls, session));
		assert_int_equal(a.datagram.len, 93);
		assert_int_equal(a.item.rest_len, 0);
	}
	/* Each on its own. */
	add_record(&a, RDL_CONTENT_APPLICATION, 1, 64);
	add_record(&a, RDL_CONTENT_APPLICATION, 1, 48);
	assert_int_equal(open_one(t, &a), RDL_DTLS_RECORD);
	assert_int_equal(a.datagram.len, 93);
	assert_ptr_equal(a.item.rest, a.octets + 93);
	assert_int_equal(a.item.rest_len, 77 + 61);
	/* Nobody has touched it, nor has its session been used. */
	assert_int_equal(a.octets[13], 0xb0 + RDL_CONTENT_APPLICATION);
	t->now_s += 301;
	arrive(&a, 1);
	add_record(&a, RDL_CONTENT_APPLICATION, 1, 80);
	assert_int_equal(open_one(t, &a), RDL_DTLS_DROP_session);
	table_end(t);
}

/* What is of its handshake goes there, as long as the last flight may have been lost. */
static void test_of_the_handshake(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t session = open_session(t, 1);
	struct arrived a;

	for (unsigned late = 0; late < 2; late++) {
		arrive(&a, 1);
		add_record(&a, RDL_CONTENT_CHANGE_CIPHER_SPEC, 0, 1);
		add_record(&a, RDL_CONTENT_HANDSHAKE, 1, 80);
		assert_int_equal(open_one(t, &a), late ? RDL_DTLS_DROP_epoch : RDL_DTLS_MORE);
		assert_int_equal(a.datagram.len, 14 + 93);
		if (!late)
			assert_true(a.datagram.session == session);
		arrive(&a, 1);
		add_record(&a, RDL_CONTENT_HANDSHAKE, 1, 80);
		assert_int_equal(open_one(t, &a), late ? RDL_DTLS_DROP_epoch : RDL_DTLS_MORE);
		t->now_s += RDL_DTLS_YOUNG_S;
	}
	for (uint8_t epoch = 0; epoch < 3; epoch += 2) {
		arrive(&a, 1);
		add_record(&a, RDL_CONTENT_APPLICATION, epoch, 80);
		assert_int_equal(open_one(t, &a), RDL_DTLS_DROP_epoch);
	}
	table_end(t);
}

/* A record that its handshaker has opened. */
static void test_opened(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t session = open_session(t, 1), spare = open_session(t, 2);
	struct arrived a;

	t->now_s += 299;
	arrive(&a, 1);
	add_record(&a, RDL_CONTENT_APPLICATION, 1, 80);
	memcpy(a.octets + RDL_DTLS_CBC_HEAD, "text", 4);
	rdl_dtls_opened(t->dtls, &a.item, session, 4, t->now_s);
	assert_int_equal(a.item.verdict, RDL_DTLS_MESSAGE);
	assert_true(a.datagram.session == session);
	assert_int_equal(a.datagram.identity, 1);
	assert_int_equal(a.datagram.len, 4);
	assert_memory_equal(a.datagram.data, "text", 4);
	assert_int_equal(a.item.request_head, 13 + 16);
	assert_int_equal(a.item.head, 13 + 16);
	assert_int_equal(a.item.tail, 32 + 16);
	assert_int_equal(a.item.rest_len, 0);
	/* It was used; the other was not. */
	t->now_s += 10;
	rdl_dtls_sweep(t->dtls, t->now_s, 100);
	assert_false(rdl_dtls_lives(t->dtls, spare));
	assert_true(rdl_dtls_lives(t->dtls, session));
	t->incarnations[1]++;
	arrive(&a, 1);
	rdl_dtls_opened(t->dtls, &a.item, session, 4, t->now_s);
	assert_int_equal(a.item.verdict, RDL_DTLS_DROP_session);
	rdl_dtls_end(t->dtls, session);
	rdl_dtls_opened(t->dtls, &a.item, session, 4, t->now_s);
	assert_int_equal(a.item.verdict, RDL_DTLS_DROP_session);
	table_end(t);
}

static void test_replies(void **state)
{
	struct table *t = table_new(&(struct rdl_dtls_config){ .handshakers = 3 });
	uint64_t session = open_session(t, 1), aead = establish(t, 1, 2);
	uint8_t octets[2][ROOM];

	for (unsigned registered = 0; registered < 2; registered++) {
		struct rdl_dtls_seal seals[] = {
			{ .session = session, .text = octets[0] + 40, .len = 3 },
			{ .session = aead, .text = octets[1] + 40, .len = 3 },
		};

		memset(octets, 0xee, sizeof(octets));
		rdl_dtls_keep(t->dtls, session, registered * 60, t->now_s);
		rdl_dtls_seal(t->dtls, seals, 2);
		assert_false(seals[0].sealed);
		assert_true(seals[0].deferred);
		assert_int_equal(seals[0].to, rdl_dtls_handshaker(t->dtls, session));
		assert_int_equal(seals[0].registered, registered);
		for (unsigned i = 0; i < ROOM; i++)
			assert_int_equal(octets[0][i], 0xee);
		assert_true(seals[1].sealed);
		assert_false(seals[1].deferred);
	}
	rdl_dtls_end(t->dtls, session);
	struct rdl_dtls_seal late = { .session = session, .text = octets[0] + 40, .len = 3 };
	rdl_dtls_seal(t->dtls, &late, 1);
	assert_false(late.sealed || late.deferred);
	table_end(t);
}

/* Whether it is over, as others see it: from its first moment to its last. */
static void test_lives(void **state)
{
	struct table *t = table_new(&(struct rdl_dtls_config){ .worker = 1, .workers = 3 });
	uint64_t first = begin(t, 1, 1), second;

	assert_true(rdl_dtls_lives(t->dtls, first));
	assert_false(rdl_dtls_lives(t->dtls, first + (UINT64_C(1) << 32)));
	assert_false(rdl_dtls_lives(t->dtls, first + 0xffffff));
	assert_false(rdl_dtls_lives(t->dtls, first & ~UINT64_C(0xff000000)));
	rdl_dtls_end(t->dtls, first);
	assert_false(rdl_dtls_lives(t->dtls, first));
	second = begin(t, 1, 1);
	assert_true((uint32_t)second == (uint32_t)first);
	assert_true(rdl_dtls_lives(t->dtls, second));
	assert_false(rdl_dtls_lives(t->dtls, first));
	assert_false(rdl_dtls_lives(t->dtls, 0));
	table_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_of_the_handshake),
		cmocka_unit_test(test_opened),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
