/* SPDX-License-Identifier: BSD-3-Clause */
/* What has been opened: which records they are, and what they change of their sessions. */
#include "opening.h"
#include "window.h"

#define ALERT_FATAL 2
#define ALERT_CLOSE_NOTIFY 0

static uint8_t take_alert(struct rdl_dtls *dtls, uint64_t name, const struct rdl_aead_job *job)
{
	if (job->len != 2 || (job->text[0] != ALERT_FATAL && job->text[1] != ALERT_CLOSE_NOTIFY))
		return RDL_DTLS_DROP_content;
	rdl_dtls_end(dtls, name);
	dtls->counts.closed++;
	return RDL_DTLS_CLOSED;
}

static uint8_t take_message(struct rdl_dtls_item *item, const struct rdl_dtls_session *session,
	const struct rdl_dtls_record *record, const struct rdl_aead_job *job)
{
	struct rdl_datagram *datagram = item->datagram;
	uint8_t *end = record->body + record->body_len, *all_end = datagram->data + datagram->len;

	item->request_head = (uint8_t)(job->text - datagram->data);
	rdl_dtls_surround(session, &item->head, &item->tail);
	item->rest = end;
	item->rest_len = (uint16_t)(all_end - end);
	datagram->data = job->text;
	datagram->len = job->len;
	return RDL_DTLS_MESSAGE;
}

/* A handshake message in a record of the young session's, which is to be as it came. */
static uint8_t take_handshake(
	struct rdl_dtls_opening *o, unsigned n, const struct rdl_dtls_session *session)
{
	unsigned i = o->places[n];
	const struct rdl_dtls_record *record = &o->records[i];

	if (!rdl_dtls_is_young(session, o->now_s) || record->body_len > RDL_FINISHED_MAX)
		return RDL_DTLS_DROP_content;
	memcpy(record->body, o->saved[n], record->body_len);
	return rdl_dtls_to_handshaker(o, i, o->sessions[n]);
}

void rdl_dtls_opened(struct rdl_dtls *dtls, struct rdl_dtls_item *item, uint64_t name,
	uint16_t text_len, uint32_t now_s)
{
	struct rdl_datagram *datagram = item->datagram;
	struct rdl_dtls_session *session = rdl_dtls_find(dtls, name);

	*item = (struct rdl_dtls_item){ .datagram = datagram, .verdict = RDL_DTLS_DROP_session };
	/* It may have ended meanwhile. */
	if (session == NULL || rdl_dtls_is_over(dtls, session, now_s))
		return;
	rdl_dtls_touch(dtls, session, now_s);
	item->verdict = RDL_DTLS_MESSAGE;
	item->request_head = RDL_DTLS_CBC_HEAD;
	rdl_dtls_surround(session, &item->head, &item->tail);
	datagram->session = name;
	datagram->identity = session->identity;
	datagram->data += RDL_DTLS_CBC_HEAD;
	datagram->len = text_len;
}

/* A record that may have been opened: what it is, and what it changes of its session. */
uint8_t rdl_dtls_take(struct rdl_dtls_opening *o, unsigned n)
{
	unsigned i = o->places[n];
	struct rdl_dtls_item *item = &o->items[i];
	const struct rdl_dtls_record *record = &o->records[i];
	struct rdl_aead_job *job = &o->jobs[n];
	struct rdl_dtls_session *session = rdl_dtls_find(o->dtls, o->sessions[n]);
	uint8_t content = record->content;

	/* One before it in the burst has ended it, or was the same. */
	if (session == NULL)
		return RDL_DTLS_DROP_session;
	if (!job->good) {
		if (o->spare_job != n)
			return RDL_DTLS_DROP_authentication;
		memcpy(record->body, o->spare, record->body_len);
		return rdl_dtls_to_handshaker(o, i, o->spare_session);
	}
	if (rdl_dtls_was_read(session, record->sequence))
		return RDL_DTLS_DROP_replay;
	bool is_newest = rdl_dtls_read(session, record->sequence);
	if (record->cid != NULL) {
		size_t len = job->len;

		content = rdl_dtls_unwrap(job->text, &len);
		job->len = (uint16_t)len;
		/*
		 * The peer is where its newest record came from (RFC 9146 section 6): of what it
		 * sent before a restart, not all may be known.
		 */
		if (is_newest && session->address != o->addresses[i] && !session->restored) {
			rdl_dtls_move(o->dtls, session, o->addresses[i]);
			o->dtls->counts.moved++;
		}
	}
	rdl_dtls_touch(o->dtls, session, o->now_s);
	item->datagram->session = o->sessions[n];
	item->datagram->identity = session->identity;
	if (content == RDL_CONTENT_APPLICATION && job->len > 0)
		return take_message(item, session, record, job);
	if (content == RDL_CONTENT_ALERT)
		return take_alert(o->dtls, o->sessions[n], job);
	if (content == RDL_CONTENT_HANDSHAKE && record->cid != NULL)
		return take_handshake(o, n, session);
	return RDL_DTLS_DROP_content;
}
