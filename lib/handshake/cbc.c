/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sessions with CBC, whose records GnuTLS opens and seals: it stays with its finished handshake, as
 * long as the worker has the session. What it makes of a record is all that is known of it.
 */
#include "handshake_internal.h"

/* Between two looks whether the worker still has it. */
#define LOOK_MS 1000
/* GnuTLS may want to be called more than once before it has read a record. */
#define CALLS_MAX 4

static void count_sessions(struct rdl_handshakes *handshakes, int more)
{
	__atomic_store_n(&handshakes->counts.cbc_sessions,
		handshakes->counts.cbc_sessions + (uint64_t)more, __ATOMIC_RELAXED);
}

/* Of an open one: the caller is told, who has the session. */
static void close_session(struct rdl_handshake *handshake, uint64_t *why)
{
	const struct rdl_handshake_calls *calls = &handshake->owner->config.calls;
	uint64_t session = handshake->session;

	rdl_handshake_count(why);
	rdl_handshake_end(handshake);
	calls->closed(calls->context, session);
}

bool rdl_handshake_cbc_room(struct rdl_handshakes *handshakes)
{
	const struct rdl_handshake_places *places = &handshakes->places;

	if (handshakes->counts.cbc_sessions < handshakes->config.cbc_sessions)
		return true;
	if (handshakes->idle.oldest == RDL_HANDSHAKE_NONE)
		return false;
	close_session(&places->all[handshakes->idle.oldest], &handshakes->counts.cbc_crowded);
	return true;
}

void rdl_handshake_cbc_open(struct rdl_handshake *handshake, uint64_t now_ms)
{
	struct rdl_handshakes *handshakes = handshake->owner;

	handshake->open = true;
	/* What it has proved, it has: certificates may be others tomorrow. */
	gnutls_credentials_clear(handshake->tls);
	rdl_certificates_release(handshake->certificates);
	handshake->certificates = NULL;
	rdl_handshake_list_add(&handshakes->idle, handshake);
	count_sessions(handshakes, 1);
	rdl_handshake_due(&handshakes->places, handshake, now_ms + LOOK_MS);
}

void rdl_handshake_cbc_leave(struct rdl_handshake *handshake)
{
	struct rdl_handshakes *handshakes = handshake->owner;

	if (!handshake->registered)
		rdl_handshake_list_remove(&handshakes->idle, handshake);
	count_sessions(handshakes, -1);
}

void rdl_handshake_cbc_look(struct rdl_handshake *handshake, uint64_t now_ms)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	const struct rdl_handshake_calls *calls = &handshakes->config.calls;

	if (calls->lives(calls->context, handshake->session))
		rdl_handshake_due(&handshakes->places, handshake, now_ms + LOOK_MS);
	else
		rdl_handshake_end(handshake);
}

/* Those without a registration give way, the one first that was not used for longest. */
static void used(struct rdl_handshake *handshake, bool registered)
{
	struct rdl_handshake_list *idle = &handshake->owner->idle;

	if (!handshake->registered)
		rdl_handshake_list_remove(idle, handshake);
	handshake->registered = registered;
	if (!registered)
		rdl_handshake_list_add(idle, handshake);
}

/* Octets of the record's text, in the engine's `plain`; or what GnuTLS says. */
static ssize_t read_record(struct rdl_handshake *handshake, struct rdl_span record)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	ssize_t len;
	int calls = 0;

	handshakes->flight_len = 0;
	handshakes->flight_lost = false;
	handshakes->record = record.data;
	handshakes->record_len = (uint16_t)record.len;
	do
		len = gnutls_record_recv(
			handshake->tls, handshakes->plain, sizeof(handshakes->plain));
	while (len == GNUTLS_E_AGAIN && handshakes->record_len > 0 && ++calls < CALLS_MAX);
	handshakes->record_len = 0;
	return len;
}

/* A record that has no text: it ends the session, or changes nothing. */
static void take_other(struct rdl_handshake *handshake, ssize_t error)
{
	struct rdl_handshake_counts *counts = &handshake->owner->counts;

	/* Its close_notify, or the one error that only the client itself can have made. */
	if (error == 0 || error == GNUTLS_E_FATAL_ALERT_RECEIVED)
		close_session(handshake, &counts->cbc_closed);
	else if (error == GNUTLS_E_INVALID_SESSION)
		close_session(handshake, &counts->cbc_broken);
	else
		rdl_handshake_count(&counts->cbc_discarded);
}

static void open_record(struct rdl_handshake *handshake, struct rdl_dtls_parcel *parcel)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	struct rdl_span record = { parcel->data, parcel->len };
	ssize_t len = read_record(handshake, record);

	/* A text is shorter than what it was sealed in. Another one would not be this record's. */
	if (len > 0 && (size_t)len + RDL_DTLS_CBC_HEAD > record.len)
		len = GNUTLS_E_UNEXPECTED_PACKET;
	if (len <= 0) {
		take_other(handshake, len);
		return;
	}
	memcpy(parcel->data + RDL_DTLS_CBC_HEAD, handshakes->plain, (size_t)len);
	explicit_bzero(handshakes->plain, (size_t)len);
	parcel->text_len = (uint16_t)len;
	rdl_handshake_count(&handshakes->counts.cbc_opened);
	used(handshake, handshake->registered);
}

static void send_reply(struct rdl_handshake *handshake, const struct rdl_dtls_parcel *parcel)
{
	struct rdl_handshakes *handshakes = handshake->owner;

	handshakes->flight_len = 0;
	handshakes->flight_lost = false;
	if (gnutls_record_send(handshake->tls, parcel->data, parcel->len) == parcel->len) {
		handshake->way = parcel->way;
		rdl_handshake_flush(handshake);
		rdl_handshake_count(&handshakes->counts.cbc_sealed);
	} else {
		rdl_handshake_count(&handshakes->counts.cbc_unsealed);
	}
	used(handshake, parcel->registered);
}

void rdl_handshake_cbc_take(struct rdl_handshake *handshake, struct rdl_dtls_parcel *parcel)
{
	if (parcel->kind == RDL_PARCEL_RECORD)
		open_record(handshake, parcel);
	else
		send_reply(handshake, parcel);
}

bool rdl_handshake_cbc_give(
	struct rdl_handshake *handshake, struct rdl_span record, const struct rdl_way *way)
{
	struct rdl_handshakes *handshakes = handshake->owner;

	if (rdl_record_epoch(record.data) != 1)
		return false;
	/* Its worker gives that to us as a RECORD. */
	if (record.data[0] == RDL_CONTENT_APPLICATION || record.data[0] == RDL_CONTENT_ALERT)
		return true;
	if (record.data[0] != RDL_CONTENT_HANDSHAKE)
		return false;
	/* A Finished once more: GnuTLS then repeats its last flight. */
	(void)read_record(handshake, record);
	if (handshakes->flight_len > 0) {
		handshake->way = *way;
		rdl_handshake_count(&handshakes->counts.repeated);
		rdl_handshake_flush(handshake);
	}
	return false;
}
