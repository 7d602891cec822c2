/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a client says, record by record, as GnuTLS is to see it: of epoch 0 whole messages in order,
 * and what comes behind them when they have been there. It numbers what it is given anew, so that
 * GnuTLS has no part in what nobody has authenticated.
 */
#include "handshake_internal.h"

/* RFC 5246 section 7.2. */
#define ALERT_LEN 2
#define ALERT_FATAL 2
#define ALERT_CLOSE_NOTIFY 0

/* False, here and below: the handshake is under way no more. */
static bool step(struct rdl_handshake *handshake, struct rdl_span record, uint64_t now_ms)
{
	return rdl_handshake_went_on(handshake, rdl_handshake_tls_step(handshake, record), now_ms);
}

/* A record of epoch 0, but for its body, in the engine's `made`. */
static struct rdl_span make_plain(struct rdl_handshake *handshake, uint8_t content, size_t len)
{
	uint8_t *made = handshake->owner->made;
	struct rdl_dtls_head head = {
		.content = content, .number = handshake->given++, .body_len = (uint16_t)len
	};

	rdl_dtls_record_write(made, &head);
	return (struct rdl_span){ made, RDL_DTLS_RECORD_HEADER + len };
}

/* A Finished did not open, about which the client is told nothing. */
static bool wrong_finished(struct rdl_handshake *handshake)
{
	if (++handshake->wrong < RDL_HANDSHAKE_TRIES)
		return true;
	rdl_handshake_fail(handshake, rdl_handshake_reason(handshake));
	return false;
}

static bool give_sealed(struct rdl_handshake *handshake, struct rdl_span record, uint64_t now_ms)
{
	unsigned discarded = gnutls_record_get_discarded(handshake->tls);

	if (!step(handshake, record, now_ms))
		return false;
	if (record.data[0] == RDL_CONTENT_HANDSHAKE &&
		gnutls_record_get_discarded(handshake->tls) > discarded)
		return wrong_finished(handshake);
	return true;
}

static bool give_cid(struct rdl_handshake *handshake, const struct rdl_record_key *key,
	struct rdl_span record, const struct rdl_way *way, uint64_t now_ms, bool *application)
{
	uint8_t type = 0;
	struct rdl_span plain = rdl_handshake_cid_in(handshake->owner, key, record, &type);

	if (plain.len == 0)
		return wrong_finished(handshake);
	handshake->way = *way;
	*application = type == RDL_CONTENT_APPLICATION;
	return *application || give_sealed(handshake, plain, now_ms);
}

/* Of epoch 1; one that has overtaken what makes its key waits for that. */
static bool give_epoch_1(struct rdl_handshake *handshake, struct rdl_span record,
	const struct rdl_way *way, uint64_t now_ms, bool *application)
{
	bool with_cid = record.data[0] == RDL_CONTENT_CID;
	bool with_cbc = handshake->keys.suite == RDL_DTLS_AES_128_CBC;
	struct rdl_record_key key;
	bool on = true;

	if (rdl_record_epoch(record.data) != 1 || with_cid != rdl_handshake_has_cid(handshake))
		return true;
	if (with_cbc ? !handshake->changed : !rdl_handshake_key(handshake, true, &key))
		rdl_handshake_keep_early(handshake, record, way);
	else if (with_cid)
		on = give_cid(handshake, &key, record, way, now_ms, application);
	else
		on = give_sealed(handshake, record, now_ms);
	explicit_bzero(&key, sizeof(key));
	return on;
}

/* What GnuTLS has seen last is what a ChangeCipherSpec stands behind. */
static bool change_is_due(const struct rdl_handshake *handshake)
{
	gnutls_handshake_description_t last = gnutls_handshake_get_last_in(handshake->tls);

	if (last == GNUTLS_HANDSHAKE_CLIENT_HELLO)
		return gnutls_session_is_resumed(handshake->tls);
	return last == (handshake->signs ? GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY
					 : GNUTLS_HANDSHAKE_CLIENT_KEY_EXCHANGE);
}

/* The ChangeCipherSpec, and a Finished that was there before it, when they are due. */
static bool give_change(struct rdl_handshake *handshake, uint64_t now_ms)
{
	struct rdl_handshake_early early;
	bool application;

	if (!handshake->change_came || handshake->changed || !change_is_due(handshake))
		return true;
	handshake->changed = true;
	struct rdl_span record = make_plain(handshake, RDL_CONTENT_CHANGE_CIPHER_SPEC, 1);
	handshake->owner->made[RDL_DTLS_RECORD_HEADER] = 1;
	if (!step(handshake, record, now_ms))
		return false;
	if (handshake->early == NULL)
		return true;
	early = *handshake->early;
	rdl_handshake_forget(handshake);
	/* Application data that has overtaken it as well is lost, as any datagram may be. */
	return give_epoch_1(handshake, (struct rdl_span){ early.octets, early.len }, &early.way,
		now_ms, &application);
}

/*
 * The engine's whole message, of so many octets: in fragments no longer than what GnuTLS takes of a
 * client that has asked for short ones.
 */
static bool give_message(struct rdl_handshake *handshake, size_t len, uint64_t now_ms)
{
	const uint8_t *message = handshake->owner->message;
	const size_t head = RDL_DTLS_HANDSHAKE_HEADER;
	size_t most = RDL_HANDSHAKE_MESSAGE_MAX - head, part;

	if (handshake->keys.plaintext_max > head)
		most = handshake->keys.plaintext_max - head;
	for (size_t start = 0; start < len - head; start += part) {
		part = len - head - start < most ? len - head - start : most;
		struct rdl_span record = make_plain(handshake, RDL_CONTENT_HANDSHAKE, head + part);
		uint8_t *body = handshake->owner->made + RDL_DTLS_RECORD_HEADER;

		memcpy(body, message, head);
		rdl_put_be16(body + 7, (uint16_t)start);
		rdl_put_be16(body + 10, (uint16_t)part);
		memcpy(body + head, message + head + start, part);
		if (!step(handshake, record, now_ms))
			return false;
	}
	return give_change(handshake, now_ms);
}

static bool give_fragments(struct rdl_handshake *handshake, struct rdl_span rest, uint64_t now_ms)
{
	struct rdl_handshake_fragment fragment;

	while (rdl_handshake_fragment_read(&rest, &fragment)) {
		/* The first of all, and no other. */
		bool hello = handshake->given == 0;
		size_t len = 0;

		if ((fragment.type == RDL_HANDSHAKE_CLIENT_HELLO) == hello &&
			rdl_handshake_messages_want(&handshake->messages, &fragment))
			len = rdl_handshake_keep(handshake, &fragment);
		for (; len > 0; len = rdl_handshake_kept(handshake))
			if (!give_message(handshake, len, now_ms))
				return false;
	}
	return true;
}

/* Whoever gives up says so, but anybody can say it in its name. */
static void doubt(struct rdl_handshake *handshake, struct rdl_span alert, uint64_t now_ms)
{
	const struct rdl_handshakes *handshakes = handshake->owner;

	if (handshake->doubt_ms != 0 || alert.len != ALERT_LEN ||
		(alert.data[0] != ALERT_FATAL && alert.data[1] != ALERT_CLOSE_NOTIFY))
		return;
	handshake->doubt_ms = now_ms + RDL_HANDSHAKE_DOUBTS * handshakes->config.retransmit_ms;
	rdl_handshake_due_by(handshake, handshake->due_ms);
}

static bool give_epoch_0(struct rdl_handshake *handshake, struct rdl_span record, uint64_t now_ms)
{
	struct rdl_span body = { record.data + RDL_DTLS_RECORD_HEADER,
		record.len - RDL_DTLS_RECORD_HEADER };

	/* Its epoch is over. */
	if (handshake->changed)
		return true;
	switch (record.data[0]) {
	case RDL_CONTENT_HANDSHAKE:
		return give_fragments(handshake, body, now_ms);
	case RDL_CONTENT_CHANGE_CIPHER_SPEC:
		handshake->change_came = true;
		return give_change(handshake, now_ms);
	case RDL_CONTENT_ALERT:
		doubt(handshake, body, now_ms);
		return true;
	default:
		return true;
	}
}

bool rdl_handshake_give(struct rdl_handshake *handshake, struct rdl_span record,
	const struct rdl_way *way, uint64_t now_ms, bool *application)
{
	*application = false;
	if (record.data[0] != RDL_CONTENT_ALERT)
		handshake->doubt_ms = 0;
	if (rdl_record_epoch(record.data) == 0)
		return give_epoch_0(handshake, record, now_ms);
	*application = record.data[0] == RDL_CONTENT_APPLICATION;
	return *application || give_epoch_1(handshake, record, way, now_ms, application);
}
