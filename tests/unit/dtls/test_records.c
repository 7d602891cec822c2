/* SPDX-License-Identifier: BSD-3-Clause */
/* Records opened and sealed in sessions, and whatever else may come to a port for them. */
#include "fixture.h"

#include "layer.h"
#include "records.h"
#include "window.h"

#define ROOM 600
#define HEAD_MAX (RDL_DTLS_RECORD_HEADER + RDL_DTLS_PEER_CID_MAX + RDL_DTLS_EXPLICIT_LEN + 1)

static const char hello[] = "PUT me back";

/* What a client sends: a record with the keys that the session reads by. */
struct sent {
	uint64_t session; /* whose Connection ID it has; 0: the plain form */
	uint8_t content, suite;
	uint64_t sequence;
	const char *text;
	uint16_t len;
};

static uint16_t put_record(struct table *t, uint8_t *to, const struct sent *sent)
{
	struct rdl_aead_job job = { .suite = sent->suite, .len = sent->len };
	struct rdl_dtls_head head = { .content = sent->content,
		.number = UINT64_C(1) << 48 | sent->sequence };
	struct rdl_dtls_keys keys = keys_of(0, 0);
	uint8_t cid[RDL_DTLS_CID_LEN], *start = to;

	if (sent->session != 0) {
		rdl_dtls_cid_write(&t->dtls->cid, sent->session, cid);
		head.cid = cid;
		head.cid_len = sizeof(cid);
	}
	to += RDL_DTLS_RECORD_HEADER + head.cid_len + RDL_DTLS_EXPLICIT_LEN;
	memcpy(to, sent->text, sent->len);
	if (sent->session != 0)
		to[job.len++] = sent->content;
	head.body_len = (uint16_t)(RDL_DTLS_EXPLICIT_LEN + job.len + rdl_dtls_tag_len(sent->suite));
	rdl_dtls_record_write(start, &head);
	job.key = keys.read_key;
	job.text = to;
	memcpy(job.nonce + RDL_DTLS_SALT_LEN, to - RDL_DTLS_EXPLICIT_LEN, RDL_DTLS_EXPLICIT_LEN);
	job.additional_len =
		(uint8_t)rdl_dtls_additional(start, head.cid_len, job.len, job.additional);
	rdl_aead_seal(t->dtls->aead, &job, 1);
	assert_true(job.good);
	return (uint16_t)(to - start + head.body_len - RDL_DTLS_EXPLICIT_LEN);
}

struct arrived {
	uint8_t octets[ROOM];
	struct rdl_datagram datagram;
	struct rdl_dtls_item item;
};

static void arrive(struct table *t, struct arrived *a, unsigned host, const struct sent *sent)
{
	a->datagram = from(1, host);
	a->datagram.data = a->octets;
	a->datagram.len = put_record(t, a->octets, sent);
	a->item = (struct rdl_dtls_item){ .datagram = &a->datagram };
}

static unsigned open_one(struct table *t, struct arrived *a)
{
	rdl_dtls_open(t->dtls, &a->item, 1, t->now_s);
	return a->item.verdict;
}

static struct sent text_of(uint64_t session, uint64_t sequence)
{
	return (struct sent){ .session = session,
		.content = RDL_CONTENT_APPLICATION,
		.sequence = sequence,
		.text = hello,
		.len = sizeof(hello) - 1 };
}

static uint64_t open_session(struct table *t, unsigned host, uint8_t suite, uint8_t peer_cid_len)
{
	uint64_t session = begin(t, 1, host);
	struct rdl_dtls_keys keys = keys_of(host, peer_cid_len);

	keys.suite = suite;
	memset(keys.peer_cid, 0xcc, sizeof(keys.peer_cid));
	assert_true(rdl_dtls_establish(t->dtls, session, &keys, t->now_s));
	return session;
}

/* As the peer would open it. */
static void assert_sealed(struct table *t, const struct rdl_dtls_item *item, uint8_t suite,
	uint8_t peer_cid_len, uint64_t sequence)
{
	struct rdl_dtls_keys keys = keys_of(0, 0);
	uint8_t octets[ROOM], cid[RDL_DTLS_PEER_CID_MAX];
	struct rdl_dtls_seal seal = {
		.session = item->datagram->session, .text = octets + HEAD_MAX, .len = 3
	};
	unsigned cid_len = peer_cid_len == RDL_DTLS_NO_CID ? 0 : peer_cid_len;
	uint8_t *start = seal.text - item->head;

	memset(octets, 0xee, sizeof(octets));
	memset(cid, 0xcc, sizeof(cid));
	memcpy(seal.text, "ack", 3);
	rdl_dtls_seal(t->dtls, &seal, 1);
	assert_true(seal.sealed);
	assert_int_equal(start[0], cid_len > 0 ? RDL_CONTENT_CID : RDL_CONTENT_APPLICATION);
	assert_int_equal(rdl_get_be16(start + 1), 0xfefd);
	assert_int_equal(rdl_get_be16(start + 3), 1);
	assert_int_equal(rdl_get_be32(start + 7), sequence);
	assert_memory_equal(start + 11, cid, cid_len);
	uint16_t body_len = rdl_get_be16(start + 11 + cid_len);
	assert_int_equal(start + item->head - RDL_DTLS_EXPLICIT_LEN + body_len,
		seal.text + seal.len + item->tail);
	assert_int_equal(seal.text[seal.len + item->tail], 0xee);
	assert_int_equal(start[-1], 0xee);
	struct rdl_aead_job job = { .key = keys.write_key,
		.suite = suite,
		.text = seal.text,
		.len = (uint16_t)(3 + (cid_len > 0)) };
	memcpy(job.nonce + RDL_DTLS_SALT_LEN, seal.text - RDL_DTLS_EXPLICIT_LEN,
		RDL_DTLS_EXPLICIT_LEN);
	job.additional_len = (uint8_t)rdl_dtls_additional(start, cid_len, job.len, job.additional);
	rdl_aead_open(t->dtls->aead, &job, 1);
	assert_true(job.good);
	assert_memory_equal(job.text, "ack", 3);
	if (cid_len > 0)
		assert_int_equal(job.text[3], RDL_CONTENT_APPLICATION);
}

/* Each suite in each form, both ways. */
static void test_both_ways(void **state)
{
	static const uint8_t forms[] = { RDL_DTLS_NO_CID, 0, 1, RDL_DTLS_PEER_CID_MAX };
	struct table *t = table_new(NULL);
	unsigned host = 1;

	for (uint8_t suite = 0; suite < RDL_DTLS_AEADS; suite++) {
		for (size_t f = 0; f < RDL_ARRAY_LEN(forms); f++, host++) {
			uint64_t session = open_session(t, host, suite, forms[f]);
			bool has_cid = forms[f] != RDL_DTLS_NO_CID;
			struct sent sent = text_of(has_cid ? session : 0, 1);
			struct arrived a;

			sent.suite = suite;
			arrive(t, &a, host, &sent);
			assert_int_equal(open_one(t, &a), RDL_DTLS_MESSAGE);
			assert_int_equal(a.datagram.len, sizeof(hello) - 1);
			assert_memory_equal(a.datagram.data, hello, sizeof(hello) - 1);
			assert_ptr_equal(a.datagram.data, a.octets + a.item.request_head);
			assert_true(a.datagram.session == session);
			assert_int_equal(a.datagram.identity, host);
			assert_int_equal(a.item.rest_len, 0);
			assert_sealed(t, &a.item, suite, forms[f], 1);
			assert_sealed(t, &a.item, suite, forms[f], 2);
		}
	}
	table_end(t);
}

/* What a message that answers none needs around it, as long as its session lives. */
static void test_around(void **state)
{
	static const struct {
		uint8_t suite, cid_len, head, tail;
	} cases[] = { { RDL_DTLS_AES_128_CCM_8, RDL_DTLS_NO_CID, 21, 8 },
		{ RDL_DTLS_AES_128_CCM_8, 0, 21, 8 }, { RDL_DTLS_AES_256_GCM, 5, 26, 17 },
		{ RDL_DTLS_AES_128_CBC, RDL_DTLS_NO_CID, RDL_DTLS_CBC_HEAD, RDL_DTLS_CBC_TAIL } };
	struct table *t = table_new(NULL);
	struct rdl_dtls_around around;

	for (unsigned i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		uint64_t session = open_session(t, i + 1, cases[i].suite, cases[i].cid_len);

		assert_true(rdl_dtls_around(t->dtls, session, t->now_s, &around));
		assert_int_equal(around.head, cases[i].head);
		assert_int_equal(around.tail, cases[i].tail);
		assert_int_equal(around.text_max, UINT16_MAX);
		rdl_dtls_find(t->dtls, session)->plaintext_max = 512;
		assert_true(rdl_dtls_around(t->dtls, session, t->now_s, &around));
		assert_int_equal(around.text_max, 512);
		/* Its time is over, before a sweep has seen it; it has ended. */
		assert_false(rdl_dtls_around(t->dtls, session, t->now_s + 301, &around));
		rdl_dtls_end(t->dtls, session);
		assert_false(rdl_dtls_around(t->dtls, session, t->now_s, &around));
	}
	assert_false(rdl_dtls_around(t->dtls, begin(t, 1, 9), t->now_s, &around));
	table_end(t);
}

static void test_replay(void **state)
{
	/* Read in this order; marked is whether each is new. */
	static const struct {
		uint64_t sequence;
		bool is_new;
	} steps[] = { { 1, true }, { 1, false }, { 3, true }, { 1, false }, { 2, true },
		{ 2, false }, { 3, false }, { 66, true }, { 2, false }, { 4, true }, { 4, false },
		{ 65, true }, { 200, true }, { 136, false }, { 137, true }, { 137, false },
		{ 199, true }, { 0, false }, { RDL_DTLS_SEQUENCE_LAST - 1, true },
		{ RDL_DTLS_SEQUENCE_LAST, false }, { RDL_DTLS_SEQUENCE_LAST - 2, true },
		{ 201, false } };
	struct table *t = table_new(NULL);
	struct arrived a;

	(void)open_session(t, 1, RDL_DTLS_AES_128_CCM_8, RDL_DTLS_NO_CID);
	for (size_t i = 0; i < RDL_ARRAY_LEN(steps); i++) {
		struct sent sent = text_of(0, steps[i].sequence);

		arrive(t, &a, 1, &sent);
		assert_int_equal(
			open_one(t, &a), steps[i].is_new ? RDL_DTLS_MESSAGE : RDL_DTLS_DROP_replay);
	}
	table_end(t);
}

/* Two copies in one burst, and a record whose session the one before it has closed. */
static void test_in_one_burst(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t session = open_session(t, 1, RDL_DTLS_AES_128_CCM_8, RDL_DTLS_NO_CID);
	struct sent sent = text_of(0, 1), close = text_of(0, 2), late = text_of(0, 3);
	struct arrived a[4];
	struct rdl_dtls_item items[4];

	close.content = RDL_CONTENT_ALERT;
	close.text = "\1\0";
	close.len = 2;
	arrive(t, &a[0], 1, &sent);
	arrive(t, &a[1], 1, &sent);
	arrive(t, &a[2], 1, &close);
	arrive(t, &a[3], 1, &late);
	for (unsigned i = 0; i < 4; i++)
		items[i].datagram = &a[i].datagram;
	rdl_dtls_open(t->dtls, items, 4, t->now_s);
	assert_int_equal(items[0].verdict, RDL_DTLS_MESSAGE);
	assert_int_equal(items[1].verdict, RDL_DTLS_DROP_replay);
	assert_int_equal(items[2].verdict, RDL_DTLS_CLOSED);
	assert_int_equal(items[3].verdict, RDL_DTLS_DROP_session);
	assert_null(rdl_dtls_find(t->dtls, session));
	/* The answer to the first finds no session any more. */
	uint8_t octets[ROOM];
	struct rdl_dtls_seal seal = { .session = session, .text = octets + HEAD_MAX, .len = 3 };
	rdl_dtls_seal(t->dtls, &seal, 1);
	assert_false(seal.sealed);
	table_end(t);
}

static void test_forged(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t session = open_session(t, 1, RDL_DTLS_AES_128_CCM_8, 0),
		 other = open_session(t, 2, RDL_DTLS_AES_128_GCM, 0);
	struct sent sent = text_of(session, 1);
	struct arrived a;

	arrive(t, &a, 1, &sent);
	for (unsigned octet = 0; octet < a.datagram.len; octet++) {
		struct arrived forged;

		arrive(t, &forged, 1, &sent);
		forged.octets[octet] ^= 1;
		assert_true(open_one(t, &forged) >= RDL_DTLS_DROP_record);
	}
	/* Another session's Connection ID, one that is over, and none at all. */
	arrive(t, &a, 1, &sent);
	rdl_dtls_cid_write(&t->dtls->cid, other, a.octets + 11);
	assert_int_equal(open_one(t, &a), RDL_DTLS_DROP_authentication);
	sent.session = 0;
	arrive(t, &a, 1, &sent);
	assert_int_equal(open_one(t, &a), RDL_DTLS_DROP_epoch);
	sent.session = session;
	rdl_dtls_end(t->dtls, other);
	arrive(t, &a, 1, &sent);
	rdl_dtls_cid_write(&t->dtls->cid, other, a.octets + 11);
	assert_int_equal(open_one(t, &a), RDL_DTLS_DROP_session);
	/* And what was sent is read all the same. */
	arrive(t, &a, 1, &sent);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MESSAGE);
	table_end(t);
}

/* Cut anywhere, in memory that ends there. */
static void test_cut(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t session = open_session(t, 1, RDL_DTLS_AES_128_CCM_8, 0);
	struct sent sent = text_of(session, 1);
	struct arrived a;

	arrive(t, &a, 1, &sent);
	for (uint16_t len = 0; len < a.datagram.len; len++) {
		uint8_t *copy = malloc(len + 1u);
		struct rdl_datagram datagram = from(1, 1);
		struct rdl_dtls_item item = { .datagram = &datagram };

		assert_non_null(copy);
		memcpy(copy + 1, a.octets, len);
		datagram.data = copy + 1;
		datagram.len = len;
		rdl_dtls_open(t->dtls, &item, 1, t->now_s);
		assert_int_equal(item.verdict, RDL_DTLS_DROP_record);
		free(copy);
	}
	table_end(t);
}

/* A device behind a NAT that forgot it: followed by a record newer than all, not by an old one. */
static void test_moves(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t session = open_session(t, 1, RDL_DTLS_AES_128_CCM_8, 0);
	struct sent old = text_of(session, 1), new = text_of(session, 2);
	struct rdl_datagram there = from(1, 9);
	uint64_t address = rdl_dtls_address(t->dtls, &there);
	struct arrived a;

	arrive(t, &a, 9, &new);
	a.octets[a.datagram.len - 1] ^= 1;
	assert_int_equal(open_one(t, &a), RDL_DTLS_DROP_authentication);
	assert_true(rdl_dtls_find(t->dtls, session)->address != address);
	arrive(t, &a, 9, &new);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MESSAGE);
	assert_true(rdl_dtls_find(t->dtls, session)->address == address);
	assert_int_equal(rdl_dtls_counts(t->dtls)->moved, 1);
	arrive(t, &a, 1, &old);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MESSAGE);
	assert_true(rdl_dtls_find(t->dtls, session)->address == address);
	table_end(t);
}

/* One that moves to where another is takes nothing from it. */
static void test_moves_onto_another(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t plain = open_session(t, 1, RDL_DTLS_AES_128_CCM_8, RDL_DTLS_NO_CID);
	uint64_t mover = open_session(t, 2, RDL_DTLS_AES_128_CCM_8, 0);
	struct sent first = text_of(mover, 1), own = text_of(0, 1);
	struct arrived a;

	arrive(t, &a, 1, &first);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MESSAGE);
	assert_int_equal(rdl_dtls_counts(t->dtls)->moved, 1);
	arrive(t, &a, 1, &own);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MESSAGE);
	assert_int_equal(a.datagram.session, plain);
	table_end(t);
}

static void test_several(void **state)
{
	struct table *t = table_new(NULL);
	struct sent first = text_of(0, 1), second = text_of(0, 2);
	struct arrived a, b;

	(void)open_session(t, 1, RDL_DTLS_AES_128_CCM_8, RDL_DTLS_NO_CID);
	arrive(t, &a, 1, &first);
	arrive(t, &b, 1, &second);
	memcpy(a.octets + a.datagram.len, b.octets, b.datagram.len);
	a.datagram.len = (uint16_t)(a.datagram.len + b.datagram.len);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MESSAGE);
	assert_int_equal(a.datagram.len, sizeof(hello) - 1);
	assert_int_equal(a.item.rest_len, b.datagram.len);
	assert_memory_equal(a.item.rest, b.octets, b.datagram.len);
	table_end(t);
}

/* What a handshake may be told goes to it as it came; only for as long as it may want that. */
static void test_to_handshaker(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t session = open_session(t, 1, RDL_DTLS_AES_128_CCM_8, 0);
	struct sent finished = { .session = session,
		.content = RDL_CONTENT_HANDSHAKE,
		.sequence = 1,
		.text = "twelve octets of Finished",
		.len = 24 };
	struct arrived a, as_sent;

	arrive(t, &as_sent, 1, &finished);
	arrive(t, &a, 1, &finished);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MORE);
	assert_true(a.datagram.session == session);
	assert_ptr_equal(a.datagram.data, a.octets);
	assert_int_equal(a.datagram.len, as_sent.datagram.len);
	assert_memory_equal(a.octets, as_sent.octets, a.datagram.len);
	finished.sequence = 2;
	arrive(t, &a, 1, &finished);
	t->now_s += RDL_DTLS_YOUNG_S;
	assert_int_equal(open_one(t, &a), RDL_DTLS_DROP_content);
	/* Of one that has no keys yet, all. */
	uint64_t under_way = begin(t, 1, 2);
	struct sent early = text_of(under_way, 1);
	arrive(t, &a, 2, &early);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MORE);
	assert_true(a.datagram.session == under_way);
	early.session = 0;
	arrive(t, &a, 2, &early);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MORE);
	table_end(t);
}

/* Application data of epochs that have no keys, or not yet: not even while a handshake goes on. */
static void test_other_epochs(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t session = open_session(t, 1, RDL_DTLS_AES_128_CCM_8, RDL_DTLS_NO_CID);
	struct arrived a;

	(void)begin(t, 1, 2);
	for (unsigned host = 1; host < 4; host++) {
		for (uint8_t epoch = 0; epoch < 3; epoch += 2) {
			struct sent text = text_of(0, 1);

			arrive(t, &a, host, &text);
			a.octets[4] = epoch;
			assert_int_equal(open_one(t, &a), RDL_DTLS_DROP_epoch);
		}
	}
	assert_non_null(rdl_dtls_find(t->dtls, session));
	table_end(t);
}

/*
 * A device that resumes at its old address sends before its new session is open: what does not
 * open in the old one, or looks like a copy there, goes to the handshake as it came.
 */
static void test_follower(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t session = open_session(t, 1, RDL_DTLS_AES_128_CCM_8, RDL_DTLS_NO_CID);
	struct sent text = text_of(0, 5), copy = text_of(0, 5);
	struct arrived a, as_sent;

	arrive(t, &a, 1, &text);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MESSAGE);
	uint64_t under_way = begin(t, 1, 1);
	for (unsigned i = 0; i < 2; i++) {
		copy.sequence = 5 + i;
		arrive(t, &as_sent, 1, &copy);
		as_sent.octets[as_sent.datagram.len - 1] ^= 1;
		a = as_sent;
		a.datagram.data = a.octets;
		a.item.datagram = &a.datagram;
		assert_int_equal(open_one(t, &a), RDL_DTLS_MORE);
		assert_true(a.datagram.session == under_way);
		assert_memory_equal(a.octets, as_sent.octets, as_sent.datagram.len);
	}
	/* The old one goes on until then. */
	text.sequence = 6;
	arrive(t, &a, 1, &text);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MESSAGE);
	assert_true(a.datagram.session == session);
	table_end(t);
}

/* The last number that there is, and one too many, in one burst: the first is as any other. */
static void test_last_number(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t session = open_session(t, 1, RDL_DTLS_AES_128_CCM_8, RDL_DTLS_NO_CID);
	uint8_t octets[2][ROOM];
	struct rdl_dtls_seal seals[2];
	struct rdl_dtls_keys keys = keys_of(0, 0);
	struct rdl_aead_job job = {
		.key = keys.write_key, .suite = RDL_DTLS_AES_128_CCM_8, .len = 3
	};

	for (unsigned i = 0; i < 2; i++) {
		seals[i] = (struct rdl_dtls_seal){
			.session = session, .text = octets[i] + HEAD_MAX, .len = 3
		};
		memcpy(seals[i].text, "ack", 3);
	}
	rdl_dtls_find(t->dtls, session)->write_sequence = RDL_DTLS_SEQUENCE_LAST - 1;
	rdl_dtls_seal(t->dtls, seals, 2);
	assert_true(seals[0].sealed);
	assert_false(seals[1].sealed);
	assert_null(rdl_dtls_find(t->dtls, session));
	job.text = seals[0].text;
	memcpy(job.nonce + RDL_DTLS_SALT_LEN, job.text - RDL_DTLS_EXPLICIT_LEN,
		RDL_DTLS_EXPLICIT_LEN);
	job.additional_len = (uint8_t)rdl_dtls_additional(
		job.text - RDL_DTLS_EXPLICIT_LEN - RDL_DTLS_RECORD_HEADER, 0, 3, job.additional);
	rdl_aead_open(t->dtls->aead, &job, 1);
	assert_true(job.good);
	table_end(t);
}

static void test_limits(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t session = open_session(t, 1, RDL_DTLS_AES_128_CCM_8, RDL_DTLS_NO_CID);
	struct rdl_dtls_session *slot = rdl_dtls_find(t->dtls, session);
	uint8_t octets[ROOM];
	struct rdl_dtls_seal seal = { .session = session, .text = octets + HEAD_MAX, .len = 65 };
	struct sent sent = text_of(0, 1);
	struct arrived a;

	slot->plaintext_max = 64;
	rdl_dtls_seal(t->dtls, &seal, 1);
	assert_false(seal.sealed);
	seal.len = 64;
	rdl_dtls_seal(t->dtls, &seal, 1);
	assert_true(seal.sealed);
	/* A revoked identity, at its next record. */
	t->incarnations[1]++;
	arrive(t, &a, 1, &sent);
	assert_int_equal(open_one(t, &a), RDL_DTLS_DROP_session);
	t->incarnations[1]--;
	arrive(t, &a, 1, &sent);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MESSAGE);
	/* Past its time. */
	sent.sequence = 2;
	t->now_s += 301;
	arrive(t, &a, 1, &sent);
	assert_int_equal(open_one(t, &a), RDL_DTLS_DROP_session);
	/* Its numbers are used up. */
	slot->write_sequence = RDL_DTLS_SEQUENCE_LAST - 1;
	rdl_dtls_seal(t->dtls, &seal, 1);
	assert_true(seal.sealed);
	rdl_dtls_seal(t->dtls, &seal, 1);
	assert_false(seal.sealed);
	assert_null(rdl_dtls_find(t->dtls, session));
	table_end(t);
}

/* A warning is nothing; whatever is fatal ends the session, and so does the end itself. */
static void test_alerts(void **state)
{
	static const struct {
		const char *alert;
		uint16_t len;
		unsigned verdict;
	} alerts[] = { { "\1\144", 2, RDL_DTLS_DROP_content },
		{ "\2\24", 1, RDL_DTLS_DROP_content }, { "\2\24\0", 3, RDL_DTLS_DROP_content },
		{ "\1\0", 2, RDL_DTLS_CLOSED }, { "\2\24", 2, RDL_DTLS_CLOSED } };
	struct table *t = table_new(NULL);

	for (unsigned i = 0; i < RDL_ARRAY_LEN(alerts); i++) {
		uint64_t session = open_session(t, i, RDL_DTLS_AES_128_CCM_8, 0);
		struct sent sent = text_of(session, 1);
		struct arrived a;

		sent.content = RDL_CONTENT_ALERT;
		sent.text = alerts[i].alert;
		sent.len = alerts[i].len;
		arrive(t, &a, i, &sent);
		assert_int_equal(open_one(t, &a), alerts[i].verdict);
		assert_int_equal(rdl_dtls_find(t->dtls, session) == NULL,
			alerts[i].verdict == RDL_DTLS_CLOSED);
	}
	assert_int_equal(rdl_dtls_counts(t->dtls)->closed, 2);
	table_end(t);
}

/* Past its time, whatever its name still leads to. */
static void test_expired(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t session = open_session(t, 1, RDL_DTLS_AES_128_CCM_8, 0);
	struct sent sent = text_of(session, 1);
	struct arrived a;

	arrive(t, &a, 1, &sent);
	t->now_s += 301;
	assert_int_equal(open_one(t, &a), RDL_DTLS_DROP_session);
	table_end(t);
}

/* A body with room for no text, of any length up to one octet of it. */
static void test_empty(void **state)
{
	struct table *t = table_new(NULL);

	(void)open_session(t, 1, RDL_DTLS_AES_128_CCM_8, RDL_DTLS_NO_CID);
	for (uint16_t len = 0; len <= RDL_DTLS_EXPLICIT_LEN + 8; len++) {
		struct sent sent = text_of(0, 1);
		struct arrived a;

		arrive(t, &a, 1, &sent);
		rdl_put_be16(a.octets + 11, len);
		assert_int_equal(open_one(t, &a), RDL_DTLS_DROP_record);
	}
	table_end(t);
}

/* The shortest Hello that there is, with a cookie or without. */
/* Behind both headers and the version. */
#define RANDOM_AT (RDL_DTLS_RECORD_HEADER + RDL_DTLS_HANDSHAKE_HEADER + 2)

static void hello_arrives(struct arrived *a, unsigned host, const uint8_t *cookie)
{
	unsigned cookie_len = cookie != NULL ? RDL_DTLS_COOKIE_LEN : 0;
	uint8_t *at = a->octets;
	uint16_t len = (uint16_t)(42 + cookie_len);

	memset(at, 0, sizeof(a->octets));
	at[0] = RDL_CONTENT_HANDSHAKE;
	rdl_put_be16(at + 1, 0xfefd);
	rdl_put_be16(at + 11, (uint16_t)(len + 12));
	at[13] = 1;
	rdl_put_be16(at + 15, len);
	rdl_put_be16(at + 23, len);
	rdl_put_be16(at + 25, 0xfefd);
	at[60] = (uint8_t)cookie_len;
	if (cookie != NULL)
		memcpy(at + 61, cookie, cookie_len);
	at += 61 + cookie_len;
	at[1] = 2; /* one suite */
	at[4] = 1; /* one compression method: none */
	a->datagram = from(1, host);
	a->datagram.data = a->octets;
	a->datagram.len = (uint16_t)(at + 6 - a->octets);
	a->item = (struct rdl_dtls_item){ .datagram = &a->datagram };
}

static void test_hello(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t live = open_session(t, 1, RDL_DTLS_AES_128_CCM_8, RDL_DTLS_NO_CID);
	uint8_t cookie[RDL_DTLS_COOKIE_LEN];
	struct sent text = text_of(0, 1);
	struct arrived a;

	hello_arrives(&a, 1, NULL);
	assert_int_equal(a.datagram.len, 67);
	assert_int_equal(open_one(t, &a), RDL_DTLS_ANSWER);
	assert_ptr_equal(a.datagram.data, a.octets);
	assert_int_equal(a.datagram.len, 28 + RDL_DTLS_COOKIE_LEN);
	assert_int_equal(rdl_dtls_counts(t->dtls)->begun, 1);
	memcpy(cookie, a.octets + 28, sizeof(cookie));
	/* Another's is worth nothing. */
	hello_arrives(&a, 2, cookie);
	assert_int_equal(open_one(t, &a), RDL_DTLS_ANSWER);
	hello_arrives(&a, 1, cookie);
	assert_int_equal(open_one(t, &a), RDL_DTLS_BEGIN);
	uint64_t begun = a.datagram.session;
	assert_true(begun != 0 && begun != live);
	assert_int_equal(a.item.evicted, 0);
	hello_arrives(&a, 1, cookie);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MORE);
	assert_true(a.datagram.session == begun);
	/* The device has not proved anything yet: what it had goes on. */
	arrive(t, &a, 1, &text);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MESSAGE);
	assert_true(a.datagram.session == live);
	/* In pieces. */
	hello_arrives(&a, 1, cookie);
	a.octets[24]--;
	assert_int_equal(open_one(t, &a), RDL_DTLS_DROP_hello);
	table_end(t);
}

/*
 * What a Hello without a cookie, which anybody can send, says of a handshake under way: its flights
 * wait for the next that comes of it.
 */
static void test_begun_anew(void **state)
{
	struct table *t = table_new(NULL);
	uint8_t cookie[RDL_DTLS_COOKIE_LEN];
	struct arrived a;

	hello_arrives(&a, 1, NULL);
	assert_int_equal(open_one(t, &a), RDL_DTLS_ANSWER);
	memcpy(cookie, a.octets + 28, sizeof(cookie));
	hello_arrives(&a, 1, cookie);
	assert_int_equal(open_one(t, &a), RDL_DTLS_BEGIN);
	uint64_t session = a.datagram.session;
	for (unsigned i = 0; i < 3; i++) {
		/* Its own with another number; another one, of another address; of its own. */
		hello_arrives(&a, i == 1 ? 2 : 1, NULL);
		a.octets[RDL_DTLS_RECORD_HEADER + 5] = i == 0;
		a.octets[RANDOM_AT] ^= i > 0;
		assert_int_equal(open_one(t, &a), RDL_DTLS_ANSWER);
		assert_int_equal(rdl_dtls_wants_flights(t->dtls, session), i < 2);
	}
	assert_int_equal(rdl_dtls_counts(t->dtls)->outdated, 1);
	hello_arrives(&a, 1, cookie);
	assert_int_equal(open_one(t, &a), RDL_DTLS_MORE);
	assert_true(rdl_dtls_wants_flights(t->dtls, session));
	hello_arrives(&a, 1, NULL);
	a.octets[RANDOM_AT] ^= 1;
	assert_int_equal(open_one(t, &a), RDL_DTLS_ANSWER);
	/* A ClientKeyExchange. */
	hello_arrives(&a, 1, cookie);
	a.octets[RDL_DTLS_RECORD_HEADER] = 16;
	assert_int_equal(open_one(t, &a), RDL_DTLS_MORE);
	assert_true(rdl_dtls_wants_flights(t->dtls, session));
	/* Of one that is over, or open, nothing is held back. */
	rdl_dtls_end(t->dtls, session);
	assert_true(rdl_dtls_wants_flights(t->dtls, session));
	assert_true(rdl_dtls_wants_flights(t->dtls, establish(t, 1, 3)));
	table_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_in_one_burst),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_moves_onto_another),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_to_handshaker),
		cmocka_unit_test(test_other_epochs),
		cmocka_unit_test(test_follower),
		cmocka_unit_test(test_last_number),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_alerts),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_begun_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
