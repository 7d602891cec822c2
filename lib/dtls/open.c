/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams told apart, and the records of open sessions opened. */
#include "internal.h"
#include "opening.h"
#include "window.h"

static void read_headers(struct rdl_dtls_opening *o, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct rdl_datagram *datagram = o->items[i].datagram;
		struct rdl_dtls_item *item = &o->items[i];

		*item = (struct rdl_dtls_item){ .datagram = datagram };
		if (rdl_dtls_record_read(datagram->data, datagram->len, &o->records[i]) != RDL_OK) {
			item->verdict = RDL_DTLS_DROP_record;
			continue;
		}
		o->addresses[i] = rdl_dtls_address(o->dtls, datagram);
		rdl_dtls_prefetch_bucket(o->dtls, o->addresses[i]);
	}
}

/* Connection IDs to names, some at a time. */
static void read_cids(struct rdl_dtls_opening *o, unsigned count)
{
	const uint8_t *cids[RDL_LANES];
	uint64_t names[RDL_LANES];
	unsigned places[RDL_LANES], n = 0;

	for (unsigned i = 0; i < count; i++) {
		if (o->items[i].verdict == RDL_DTLS_MESSAGE && o->records[i].cid != NULL) {
			cids[n] = o->records[i].cid;
			places[n++] = i;
		}
		if (n == 0 || (n < RDL_LANES && i + 1 < count))
			continue;
		rdl_dtls_cid_read_lanes(&o->dtls->cid, n, cids, names);
		for (unsigned lane = 0; lane < n; lane++) {
			o->names[places[lane]] = names[lane];
			rdl_dtls_prefetch(o->dtls, names[lane]);
		}
		n = 0;
	}
	for (unsigned i = 0; i < count; i++)
		if (o->items[i].verdict == RDL_DTLS_MESSAGE && o->records[i].cid == NULL)
			rdl_dtls_prefetch_address(o->dtls, o->addresses[i]);
}

/* Sessions lie far away: what they lead to is fetched so many records ahead of their turn. */
#define AHEAD 8

static void fetch_behind(const struct rdl_dtls_opening *o, unsigned i)
{
	if (o->items[i].verdict != RDL_DTLS_MESSAGE)
		return;
	if (o->records[i].cid != NULL)
		rdl_dtls_prefetch_behind(o->dtls, o->names[i]);
	else
		rdl_dtls_prefetch_behind_address(o->dtls, o->addresses[i]);
}

/* Nobody here has the session. */
static uint8_t elsewhere(struct rdl_dtls_item *item, unsigned here, unsigned worker)
{
	if (worker == here)
		return RDL_DTLS_DROP_session;
	item->to = (uint8_t)worker;
	return RDL_DTLS_ELSEWHERE;
}

static uint64_t digest_of(const struct rdl_dtls *dtls, const struct rdl_dtls_hello *hello)
{
	return rdl_dtls_hello_digest(hello, &dtls->config.address_key);
}

/* A ClientHello without a good cookie is asked for one; nothing is kept of it. */
static uint8_t judge_hello(struct rdl_dtls_opening *o, unsigned i)
{
	struct rdl_dtls *dtls = o->dtls;
	struct rdl_dtls_item *item = &o->items[i];
	struct rdl_datagram *datagram = item->datagram;
	struct rdl_dtls_hello hello;

	if (rdl_dtls_hello_read((struct rdl_span){ datagram->data, datagram->len }, &hello) !=
		RDL_OK)
		return RDL_DTLS_DROP_hello;
	if (!rdl_dtls_cookie_is_good(&dtls->cookies, datagram, &hello, o->now_s)) {
		if (dtls->places.used > 0)
			rdl_dtls_begins_anew(dtls, o->addresses[i], digest_of(dtls, &hello));
		rdl_dtls_hello_verify(&dtls->cookies, datagram, &hello, o->now_s);
		return RDL_DTLS_ANSWER;
	}
	enum rdl_dtls_begin begin = rdl_dtls_begin(dtls, datagram, digest_of(dtls, &hello),
		o->now_s, &datagram->session, &item->evicted);
	if (begin == RDL_DTLS_SHED)
		return RDL_DTLS_DROP_hello_shed;
	item->to = (uint8_t)rdl_dtls_handshaker(dtls, datagram->session);
	return begin == RDL_DTLS_BEGUN ? RDL_DTLS_BEGIN : RDL_DTLS_MORE;
}

static bool is_hello(const struct rdl_dtls_record *record)
{
	return record->content == RDL_CONTENT_HANDSHAKE && record->epoch == 0 &&
	       record->body_len > 0 && record->body[0] == 1;
}

/*
 * GnuTLS opens it, where the handshake was made, and knows what it has read. What stands behind it
 * goes there as a record of its own.
 */
static uint8_t to_be_opened(
	struct rdl_dtls_opening *o, unsigned i, const struct rdl_dtls_session *session)
{
	struct rdl_dtls_item *item = &o->items[i];
	struct rdl_datagram *datagram = item->datagram;
	uint8_t *end = o->records[i].body + o->records[i].body_len;

	item->rest = end;
	item->rest_len = (uint16_t)(datagram->data + datagram->len - end);
	datagram->len = (uint16_t)(end - datagram->data);
	(void)rdl_dtls_to_handshaker(o, i, rdl_dtls_name(o->dtls, session));
	return RDL_DTLS_RECORD;
}

static uint8_t goes_on(struct rdl_dtls_opening *o, unsigned i, struct rdl_dtls_session *under_way)
{
	under_way->handshake.anew = false;
	return rdl_dtls_to_handshaker(o, i, rdl_dtls_name(o->dtls, under_way));
}

/*
 * Of a session without a Connection ID. What is of a handshake goes to its handshaker, also when it
 * has just been finished, since the client may have missed that.
 */
static uint8_t judge_plain(struct rdl_dtls_opening *o, unsigned i, struct rdl_dtls_session **open)
{
	struct rdl_dtls *dtls = o->dtls;
	const struct rdl_dtls_record *record = &o->records[i];
	bool is_text = record->epoch == 1 && (record->content == RDL_CONTENT_APPLICATION ||
						     record->content == RDL_CONTENT_ALERT);
	struct rdl_dtls_session *session, *under_way;

	/* Nobody reads it: a handshaker would give it back. */
	if (record->content == RDL_CONTENT_APPLICATION && !is_text)
		return RDL_DTLS_DROP_epoch;
	session = rdl_dtls_find_address(dtls, o->addresses[i], RDL_DTLS_OPEN);
	if (session != NULL && rdl_dtls_is_over(dtls, session, o->now_s))
		session = NULL;
	if (session != NULL && is_text && session->peer_cid_len == RDL_DTLS_NO_CID) {
		if (RDL_UNLIKELY(session->suite == RDL_DTLS_AES_128_CBC))
			return to_be_opened(o, i, session);
		*open = session;
		return RDL_DTLS_MESSAGE;
	}
	under_way = rdl_dtls_find_address(dtls, o->addresses[i], RDL_DTLS_HANDSHAKE);
	if (under_way != NULL)
		return goes_on(o, i, under_way);
	if (session == NULL)
		return elsewhere(
			&o->items[i], dtls->config.worker, rdl_dtls_owner(dtls, o->addresses[i]));
	if (!is_text && rdl_dtls_is_young(session, o->now_s))
		return rdl_dtls_to_handshaker(o, i, rdl_dtls_name(dtls, session));
	return RDL_DTLS_DROP_epoch;
}

static uint8_t judge_cid(struct rdl_dtls_opening *o, unsigned i, struct rdl_dtls_session **open)
{
	struct rdl_dtls *dtls = o->dtls;
	uint64_t name = o->names[i];
	struct rdl_dtls_session *session = rdl_dtls_find(dtls, name);

	if (session == NULL)
		return elsewhere(&o->items[i], dtls->config.worker, rdl_dtls_worker(dtls, name));
	if (rdl_dtls_is_over(dtls, session, o->now_s))
		return RDL_DTLS_DROP_session;
	if (session->state == RDL_DTLS_HANDSHAKE)
		return goes_on(o, i, session);
	if (session->peer_cid_len == RDL_DTLS_NO_CID || o->records[i].epoch != 1)
		return RDL_DTLS_DROP_epoch;
	*open = session;
	return RDL_DTLS_MESSAGE;
}

/* The handshake under way where this record comes from; 0: there is none. */
static uint64_t follower(struct rdl_dtls_opening *o, unsigned i)
{
	const struct rdl_dtls_session *under_way;

	if (RDL_LIKELY(o->records[i].cid != NULL || o->dtls->places.used == 0))
		return 0;
	under_way = rdl_dtls_find_address(o->dtls, o->addresses[i], RDL_DTLS_HANDSHAKE);
	return under_way != NULL ? rdl_dtls_name(o->dtls, under_way) : 0;
}

static void spare(
	struct rdl_dtls_opening *o, const struct rdl_dtls_record *record, uint64_t session)
{
	if (o->spare_job != RDL_DTLS_BURST || record->body_len > RDL_DTLS_SPARE_MAX)
		return;
	o->spare_job = o->count;
	o->spare_session = session;
	memcpy(o->spare, record->body, record->body_len);
}

/* Puts a record of an open session among those to be opened. */
static uint8_t begin_opening(
	struct rdl_dtls_opening *o, unsigned i, const struct rdl_dtls_session *session)
{
	const struct rdl_dtls_record *record = &o->records[i];
	unsigned around = RDL_DTLS_EXPLICIT_LEN + rdl_dtls_tag_len(session->suite);
	struct rdl_aead_job *job = &o->jobs[o->count];

	if (record->body_len <= around)
		return RDL_DTLS_DROP_record;
	uint64_t next = follower(o, i);
	if (rdl_dtls_was_read(session, record->sequence))
		return next != 0 ? rdl_dtls_to_handshaker(o, i, next) : RDL_DTLS_DROP_replay;
	if (RDL_UNLIKELY(next != 0))
		spare(o, record, next);
	job->key = session->read_key;
	job->suite = session->suite;
	job->text = record->body + RDL_DTLS_EXPLICIT_LEN;
	job->len = (uint16_t)(record->body_len - around);
	memcpy(job->nonce, session->read_salt, RDL_DTLS_SALT_LEN);
	memcpy(job->nonce + RDL_DTLS_SALT_LEN, record->body, RDL_DTLS_EXPLICIT_LEN);
	job->additional_len = (uint8_t)rdl_dtls_additional(
		o->items[i].datagram->data, RDL_DTLS_CID_LEN, job->len, job->additional);
	if (record->cid != NULL && rdl_dtls_is_young(session, o->now_s) &&
		record->body_len <= RDL_FINISHED_MAX)
		memcpy(o->saved[o->count], record->body, record->body_len);
	o->sessions[o->count] = rdl_dtls_name(o->dtls, session);
	o->places[o->count++] = (uint8_t)i;
	return RDL_DTLS_MESSAGE;
}

static uint8_t judge(struct rdl_dtls_opening *o, unsigned i)
{
	struct rdl_dtls_session *open = NULL;
	uint8_t verdict;

	if (is_hello(&o->records[i]))
		return judge_hello(o, i);
	verdict = o->records[i].cid != NULL ? judge_cid(o, i, &open) : judge_plain(o, i, &open);
	return open != NULL ? begin_opening(o, i, open) : verdict;
}

void rdl_dtls_open(
	struct rdl_dtls *dtls, struct rdl_dtls_item items[], unsigned count, uint32_t now_s)
{
	struct rdl_dtls_opening o;

	o.dtls = dtls;
	o.now_s = now_s;
	o.items = items;
	o.count = 0;
	o.spare_job = RDL_DTLS_BURST;
	read_headers(&o, count);
	read_cids(&o, count);
	for (unsigned i = 0; i < AHEAD && i < count; i++)
		fetch_behind(&o, i);
	for (unsigned i = 0; i < count; i++) {
		if (i + AHEAD < count)
			fetch_behind(&o, i + AHEAD);
		if (items[i].verdict == RDL_DTLS_MESSAGE)
			items[i].verdict = judge(&o, i);
	}
	rdl_aead_open(dtls->aead, o.jobs, o.count);
	for (unsigned n = 0; n < o.count; n++)
		items[o.places[n]].verdict = rdl_dtls_take(&o, n);
}
