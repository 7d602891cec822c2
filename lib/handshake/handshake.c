/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine: parcels and time to GnuTLS, and what comes of it to the caller. */
#include "handshake_internal.h"
#include "sessions.h"

#include <assert.h>
#include <stdlib.h>

_Static_assert(RDL_HANDSHAKE_LINGER_MS == RDL_DTLS_YOUNG_S * 1000, "both know the session");

/* Of what clients say, until it is whole: few say it in pieces, and hardly any for long. */
#define HELD_MIN (256 * 1024)
#define HELD_PER_PLACE 2048

struct rdl_handshakes *rdl_handshakes_create(const struct rdl_handshakes_config *config)
{
	struct rdl_handshakes *handshakes = calloc(1, sizeof(*handshakes));

	if (handshakes == NULL)
		return NULL;
	handshakes->config = *config;
	rdl_troubles_init(&handshakes->troubles);
	handshakes->finished.oldest = handshakes->finished.newest = RDL_HANDSHAKE_NONE;
	handshakes->holders = handshakes->idle = handshakes->finished;
	handshakes->held_max = HELD_MIN + (uint64_t)config->places * HELD_PER_PLACE;
	if (!rdl_handshake_places_init(
		    &handshakes->places, config->places + config->cbc_sessions) ||
		!rdl_handshake_suites_init(&handshakes->suites, config) ||
		gnutls_psk_allocate_server_credentials(&handshakes->psk) < 0 ||
		gnutls_rnd(GNUTLS_RND_RANDOM, &handshakes->print_key,
			sizeof(handshakes->print_key)) < 0) {
		rdl_handshakes_destroy(handshakes);
		return NULL;
	}
	gnutls_psk_set_server_credentials_function2(handshakes->psk, rdl_handshake_psk);
	return handshakes;
}

void rdl_handshake_end(struct rdl_handshake *handshake)
{
	struct rdl_handshakes *handshakes = handshake->owner;

	free(handshake->flight);
	if (handshake->open) {
		rdl_handshake_cbc_leave(handshake);
		rdl_handshake_tls_destroy(handshake);
	} else if (handshake->tls != NULL) {
		rdl_handshake_forget(handshake);
		rdl_handshake_tls_destroy(handshake);
		handshakes->under_way--;
	} else {
		rdl_handshake_list_remove(&handshakes->finished, handshake);
	}
	rdl_handshake_leave(&handshakes->places, handshake);
}

void rdl_handshakes_destroy(struct rdl_handshakes *handshakes)
{
	if (handshakes == NULL)
		return;
	while (handshakes->places.count > 0)
		rdl_handshake_end(&handshakes->places.all[handshakes->places.heap[0]]);
	rdl_handshake_places_fini(&handshakes->places);
	rdl_handshake_suites_fini(&handshakes->suites);
	if (handshakes->psk != NULL)
		gnutls_psk_free_server_credentials(handshakes->psk);
	rdl_certificates_release(handshakes->certificates);
	explicit_bzero(handshakes->ticket_key, sizeof(handshakes->ticket_key));
	rdl_troubles_destroy(&handshakes->troubles);
	free(handshakes);
}

void rdl_handshakes_set_certificates(
	struct rdl_handshakes *handshakes, struct rdl_certificates *certificates)
{
	const struct rdl_handshakes_config *config = &handshakes->config;

	rdl_certificates_release(handshakes->certificates);
	handshakes->certificates = certificates;
	if (certificates == NULL || config->ticket_key == NULL)
		return;
	/* It fails for no key of this length. */
	(void)gnutls_hmac_fast(GNUTLS_MAC_SHA512, config->ticket_key, RDL_HANDSHAKE_TICKET_KEY_LEN,
		certificates->trusted, sizeof(certificates->trusted), handshakes->ticket_key);
}

void rdl_handshake_tell_ended(
	struct rdl_handshakes *handshakes, uint64_t session, enum rdl_handshake_failure failure)
{
	const struct rdl_handshake_calls *calls = &handshakes->config.calls;

	rdl_handshake_count(&handshakes->counts.failed[failure]);
	calls->ended(calls->context, session);
}

/* For people who ask. */
static void note(struct rdl_handshake *handshake, enum rdl_handshake_failure failure)
{
	struct rdl_trouble trouble = { .time_ms = handshake->owner->now_ms,
		.peer = handshake->way.peer,
		.failure = failure,
		.mode = (enum rdl_identity_mode)handshake->keys.mode,
		.who_len = handshake->who_len };

	memcpy(trouble.who, handshake->who, handshake->who_len);
	rdl_troubles_add(&handshake->owner->troubles, &trouble);
}

void rdl_handshake_fail(struct rdl_handshake *handshake, enum rdl_handshake_failure failure)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	uint64_t session = handshake->session;

	note(handshake, failure);
	rdl_handshake_end(handshake);
	rdl_handshake_tell_ended(handshakes, session, failure);
}

static void fail_loudly(struct rdl_handshake *handshake, int error)
{
	enum rdl_handshake_failure failure = rdl_handshake_failure_of(error);

	if (handshake->failing)
		failure = handshake->failure;
	rdl_handshake_tls_alert(handshake, error);
	rdl_handshake_flush(handshake);
	rdl_handshake_fail(handshake, failure);
}

enum rdl_handshake_failure rdl_handshake_reason(const struct rdl_handshake *handshake)
{
	if (handshake->unknown)
		return RDL_HANDSHAKE_identity;
	if (handshake->wrong > 0)
		return RDL_HANDSHAKE_key;
	return handshake->doubt_ms != 0 ? RDL_HANDSHAKE_alert : RDL_HANDSHAKE_timeout;
}

/* Its keys are the worker's from now on: what is left is to repeat the last flight. */
static void hand_over(struct rdl_handshake *handshake, uint64_t now_ms)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	const struct rdl_handshake_calls *calls = &handshakes->config.calls;

	rdl_handshake_tls_destroy(handshake);
	rdl_handshake_list_add(&handshakes->finished, handshake);
	rdl_handshake_due(&handshakes->places, handshake, now_ms + RDL_HANDSHAKE_LINGER_MS);
	calls->established(calls->context, handshake->session, &handshake->keys);
	/* To know a repeated Finished by, nothing more is needed. */
	explicit_bzero(handshake->keys.write_key, sizeof(handshake->keys.write_key));
	rdl_handshake_send_last(handshake);
}

/* Its keys stay with GnuTLS, which repeats the last flight itself. */
static void keep_open(struct rdl_handshake *handshake, uint64_t now_ms)
{
	const struct rdl_handshake_calls *calls = &handshake->owner->config.calls;

	rdl_handshake_cbc_open(handshake, now_ms);
	calls->established(calls->context, handshake->session, &handshake->keys);
	rdl_handshake_send_last(handshake);
	free(handshake->flight);
	handshake->flight = NULL;
}

static void finish(struct rdl_handshake *handshake, uint64_t now_ms)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	bool with_cbc = handshake->keys.suite == RDL_DTLS_AES_128_CBC;

	if (!rdl_handshake_keys(handshake) || (with_cbc && !rdl_handshake_cbc_room(handshakes)) ||
		!rdl_handshake_keep_flight(handshake)) {
		rdl_handshake_fail(handshake, RDL_HANDSHAKE_room);
		return;
	}
	if (!rdl_handshake_settle(handshake)) {
		rdl_handshake_fail(handshake, handshake->failure);
		return;
	}
	rdl_handshake_count(&handshakes->counts.finished);
	if (handshake->resumed)
		rdl_handshake_count(&handshakes->counts.resumed);
	rdl_handshake_forget(handshake);
	handshakes->under_way--;
	if (with_cbc)
		keep_open(handshake, now_ms);
	else
		hand_over(handshake, now_ms);
}

static uint64_t end_of(const struct rdl_handshake *handshake)
{
	return handshake->doubt_ms != 0 && handshake->doubt_ms < handshake->deadline_ms
		       ? handshake->doubt_ms
		       : handshake->deadline_ms;
}

void rdl_handshake_due_by(struct rdl_handshake *handshake, uint64_t due_ms)
{
	uint64_t end_ms = end_of(handshake);

	rdl_handshake_due(&handshake->owner->places, handshake, due_ms < end_ms ? due_ms : end_ms);
}

/*
 * A fatal alert in the clear, in place of the flight that GnuTLS would resume the session with: the
 * client forgets that one, and may begin one anew.
 */
static void refuse_resumed(struct rdl_handshake *handshake)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	const uint8_t alert[] = { 0, 2, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE };
	enum rdl_handshake_failure failure = handshake->failure;

	handshakes->flight[0] = RDL_CONTENT_ALERT;
	memcpy(handshakes->flight + RDL_DTLS_RECORD_HEADER - 2, alert, sizeof(alert));
	handshakes->flight_len = RDL_DTLS_RECORD_HEADER + 2;
	rdl_handshake_flush(handshake);
	rdl_handshake_fail(handshake, failure);
}

bool rdl_handshake_went_on(struct rdl_handshake *handshake, int error, uint64_t now_ms)
{
	struct rdl_handshakes *handshakes = handshake->owner;

	if (error == 0) {
		finish(handshake, now_ms);
		return false;
	}
	if (gnutls_error_is_fatal(error)) {
		fail_loudly(handshake, error);
		return false;
	}
	if (!handshake->resumed && gnutls_session_is_resumed(handshake->tls)) {
		if (!rdl_handshake_verify_resumed(handshake)) {
			refuse_resumed(handshake);
			return false;
		}
		handshake->resumed = true;
	}
	rdl_handshake_say(handshake);
	uint64_t wait_ms = gnutls_dtls_get_timeout(handshake->tls);
	/* No flight of ours is out. */
	if (wait_ms == 0)
		wait_ms = handshakes->config.retransmit_ms;
	rdl_handshake_due_by(handshake, now_ms + wait_ms);
	return true;
}

static void wake(struct rdl_handshake *handshake, uint64_t now_ms)
{
	struct rdl_handshakes *handshakes = handshake->owner;

	if (handshake->open) {
		rdl_handshake_cbc_look(handshake, now_ms);
	} else if (handshake->tls == NULL) {
		rdl_handshake_end(handshake);
	} else if (now_ms >= end_of(handshake)) {
		rdl_handshake_fail(handshake, rdl_handshake_reason(handshake));
	} else {
		int error = rdl_handshake_tls_step(handshake, (struct rdl_span){ NULL, 0 });

		if (handshakes->flight_len > 0)
			rdl_handshake_count(&handshakes->counts.repeated);
		(void)rdl_handshake_went_on(handshake, error, now_ms);
	}
}

uint64_t rdl_handshakes_tick(struct rdl_handshakes *handshakes, uint64_t now_ms, unsigned most)
{
	const struct rdl_handshake_places *places = &handshakes->places;

	handshakes->now_ms = now_ms;
	for (; places->count > 0; most--) {
		struct rdl_handshake *first = &places->all[places->heap[0]];

		if (first->due_ms > now_ms || most == 0)
			return first->due_ms;
		wake(first, now_ms);
	}
	return UINT64_MAX;
}

struct rdl_troubles *rdl_handshakes_troubles(struct rdl_handshakes *handshakes)
{
	return &handshakes->troubles;
}

const struct rdl_handshake_counts *rdl_handshakes_counts(const struct rdl_handshakes *handshakes)
{
	return &handshakes->counts;
}

uint32_t rdl_handshakes_under_way(const struct rdl_handshakes *handshakes)
{
	return handshakes->under_way;
}
