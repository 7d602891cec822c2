/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes in: datagrams, record by record. */
#include "handshake_internal.h"

/* One that is finished. True: it is no business of the handshake's. */
static bool give_late(
	struct rdl_handshake *handshake, struct rdl_span record, const struct rdl_way *way)
{
	return handshake->open ? rdl_handshake_cbc_give(handshake, record, way)
			       : rdl_handshake_finished_give(handshake, record, way);
}

/*
 * A worker has checked the cookie of a Hello that a datagram begins with. One that stands behind
 * something else, anybody may have sent in the client's name: a flight would be its answer.
 */
static void hear_again(struct rdl_handshake *handshake, const struct rdl_dtls_parcel *parcel)
{
	struct rdl_span record = { parcel->data, parcel->len };

	record.len = rdl_record_len(record, RDL_DTLS_CID_LEN);
	if (handshake->tls != NULL && !handshake->open &&
		rdl_handshake_hello_is_said_again(handshake, record))
		rdl_handshake_say_again(handshake);
}

/* Of one datagram, what is before application data. */
static enum rdl_handshake_fate give_all(
	struct rdl_handshake *handshake, struct rdl_dtls_parcel *parcel, uint64_t now_ms)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	uint64_t session = parcel->session;
	size_t len;

	hear_again(handshake, parcel);
	for (; parcel->len > 0; parcel->data += len, parcel->len = (uint16_t)(parcel->len - len)) {
		struct rdl_span record = { parcel->data, parcel->len };
		bool application = false;

		len = rdl_record_len(record, RDL_DTLS_CID_LEN);
		if (len == 0)
			break;
		record.len = len;
		if (handshake->open || handshake->tls == NULL) {
			if (give_late(handshake, record, &parcel->way))
				return RDL_HANDSHAKE_AGAIN;
			continue;
		}
		(void)rdl_handshake_give(handshake, record, &parcel->way, now_ms, &application);
		if (application)
			return RDL_HANDSHAKE_HOLD;
		if (rdl_handshake_find(&handshakes->places, session) != handshake)
			break;
	}
	return RDL_HANDSHAKE_TAKEN;
}

/* A place; that of the handshake that has been finished for longest, if there is no other. */
static struct rdl_handshake *place(struct rdl_handshakes *handshakes, uint64_t session)
{
	struct rdl_handshake *handshake = NULL;

	/* The others are for sessions that are open. */
	if (handshakes->places.count - handshakes->counts.cbc_sessions < handshakes->config.places)
		handshake = rdl_handshake_place(&handshakes->places, session);
	if (handshake == NULL && handshakes->finished.oldest != RDL_HANDSHAKE_NONE) {
		rdl_handshake_end(&handshakes->places.all[handshakes->finished.oldest]);
		handshake = rdl_handshake_place(&handshakes->places, session);
	}
	return handshake;
}

static struct rdl_handshake *begin(
	struct rdl_handshakes *handshakes, const struct rdl_dtls_parcel *parcel, uint64_t now_ms)
{
	struct rdl_handshake_hello hello;
	struct rdl_span record = { parcel->data, parcel->len };

	rdl_handshake_count(&handshakes->counts.begun);
	record.len = rdl_record_len(record, 0);
	if (!rdl_handshake_hello_read(record, &hello)) {
		rdl_handshake_tell_ended(handshakes, parcel->session, RDL_HANDSHAKE_protocol);
		return NULL;
	}
	struct rdl_handshake *handshake = place(handshakes, parcel->session);
	if (handshake == NULL) {
		rdl_handshake_tell_ended(handshakes, parcel->session, RDL_HANDSHAKE_room);
		return NULL;
	}
	handshake->owner = handshakes;
	handshake->keys.plaintext_max =
		hello.record_size_limit > 0 ? hello.record_size_limit : hello.max_fragment_length;
	handshake->messages.next = (uint16_t)hello.prestate.hsk_read_seq;
	handshake->way = parcel->way;
	handshake->deadline_ms = now_ms + handshakes->config.timeout_ms;
	if (!rdl_handshake_tls_create(handshake, &hello)) {
		rdl_handshake_leave(&handshakes->places, handshake);
		rdl_handshake_tell_ended(handshakes, parcel->session, RDL_HANDSHAKE_room);
		return NULL;
	}
	handshakes->under_way++;
	return handshake;
}

/* One that is finished has been counted as that. */
static void give_way(struct rdl_handshake *handshake)
{
	if (handshake->tls != NULL && !handshake->open)
		rdl_handshake_count(&handshake->owner->counts.evicted);
	rdl_handshake_end(handshake);
}

/*
 * A slot has one session at a time, the newest: the one before is over, whether we have been told
 * or not. False: that is this one, whose Hello waited for longer than the next one's.
 */
static bool takes_slot(struct rdl_handshakes *handshakes, uint64_t session)
{
	struct rdl_handshake *other = rdl_handshake_find_slot(&handshakes->places, session);

	if (other != NULL && other->session > session)
		return false;
	if (other != NULL)
		give_way(other);
	return true;
}

enum rdl_handshake_fate rdl_handshakes_input(
	struct rdl_handshakes *handshakes, struct rdl_dtls_parcel *parcel, uint64_t now_ms)
{
	struct rdl_handshake *handshake = NULL;

	handshakes->now_ms = now_ms;
	if (parcel->evicted != 0)
		handshake = rdl_handshake_find(&handshakes->places, parcel->evicted);
	if (handshake != NULL)
		give_way(handshake);
	handshake = rdl_handshake_find(&handshakes->places, parcel->session);
	if (handshake == NULL && parcel->kind == RDL_PARCEL_BEGIN &&
		takes_slot(handshakes, parcel->session))
		handshake = begin(handshakes, parcel, now_ms);
	if (handshake == NULL)
		return RDL_HANDSHAKE_TAKEN;
	if (parcel->kind == RDL_PARCEL_RECORD || parcel->kind == RDL_PARCEL_REPLY) {
		if (handshake->open)
			rdl_handshake_cbc_take(handshake, parcel);
		return RDL_HANDSHAKE_TAKEN;
	}
	return give_all(handshake, parcel, now_ms);
}

enum rdl_handshake_class rdl_handshakes_class(
	const struct rdl_handshakes *handshakes, const struct rdl_dtls_parcel *parcel)
{
	const struct rdl_handshake *handshake =
		rdl_handshake_find(&handshakes->places, parcel->session);
	struct rdl_span record = { parcel->data, parcel->len }, suites;

	if (parcel->kind == RDL_PARCEL_RECORD || parcel->kind == RDL_PARCEL_REPLY)
		return RDL_HANDSHAKE_RECORDS;
	if (handshake != NULL || parcel->kind == RDL_PARCEL_MORE)
		return handshake != NULL && handshake->tls != NULL && !handshake->open &&
				       handshake->signs
			       ? RDL_HANDSHAKE_UNDER_WAY_CERTIFICATE
			       : RDL_HANDSHAKE_UNDER_WAY_PSK;
	record.len = rdl_record_len(record, 0);
	return rdl_handshake_hello_suites(record, &suites) &&
			       rdl_handshake_suites_choose(handshakes, suites).signs
		       ? RDL_HANDSHAKE_NEW_CERTIFICATE
		       : RDL_HANDSHAKE_NEW_PSK;
}
