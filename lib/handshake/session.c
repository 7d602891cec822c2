/* SPDX-License-Identifier: BSD-3-Clause */
/* A handshake as GnuTLS sees it: a session whose datagrams are single records of ours. */
#include "handshake_internal.h"

#include <errno.h>

/*
 * The engine's own deadline comes first. GnuTLS takes the first for when a handshake shall end, and
 * goes by the second afterwards, which it compares with milliseconds since it began: negative ones,
 * where somebody has set the time of day back, are a large number to it.
 */
#define NEVER_MS (24 * 3600 * 1000)
#define NEVER_SINCE_MS UINT32_MAX
/* GnuTLS may want to be called more than once before it reads. */
#define CALLS_MAX 4

static ssize_t pull(gnutls_transport_ptr_t context, void *data, size_t len)
{
	struct rdl_handshake *handshake = context;
	struct rdl_handshakes *handshakes = handshake->owner;

	if (handshakes->record_len == 0) {
		gnutls_transport_set_errno(handshake->tls, EAGAIN);
		return -1;
	}
	if (len > handshakes->record_len)
		len = handshakes->record_len;
	memcpy(data, handshakes->record, len);
	handshakes->record_len = 0;
	return (ssize_t)len;
}

static int pull_timeout(gnutls_transport_ptr_t context, unsigned ms)
{
	const struct rdl_handshake *handshake = context;

	(void)ms;
	return handshake->owner->record_len > 0;
}

static ssize_t push(gnutls_transport_ptr_t context, const void *data, size_t len)
{
	struct rdl_handshakes *handshakes = ((struct rdl_handshake *)context)->owner;

	if (len > sizeof(handshakes->flight) - handshakes->flight_len) {
		handshakes->flight_lost = true;
		return (ssize_t)len;
	}
	memcpy(handshakes->flight + handshakes->flight_len, data, len);
	handshakes->flight_len += (uint32_t)len;
	return (ssize_t)len;
}

static bool set_certificates(struct rdl_handshake *handshake)
{
	struct rdl_certificates *certificates = handshake->owner->certificates;

	if (certificates == NULL)
		return true;
	handshake->certificates = rdl_certificates_hold(certificates);
	gnutls_certificate_server_set_request(handshake->tls, GNUTLS_CERT_REQUIRE);
	return gnutls_credentials_set(handshake->tls, GNUTLS_CRD_CERTIFICATE, certificates->tls) ==
	       0;
}

static bool promises_ticket(
	const struct rdl_handshake *handshake, const struct rdl_handshake_hello *hello)
{
	/* With a pre-shared key it would spare nothing. */
	if (handshake->owner->config.ticket_s == 0 || !handshake->signs ||
		!hello->extended_master_secret)
		return false;
	return hello->raw_key || __atomic_load_n(&handshake->certificates->chains,
					 __ATOMIC_RELAXED) == RDL_CHAINS_SHORT;
}

/*
 * A Hello with a ticket in it would come in pieces from such a client, which nobody reads. And of
 * all messages a ticket is the one that GnuTLS sends in a record as long as it likes.
 */
static bool asks_for_short_records(const struct rdl_handshake *handshake)
{
	uint16_t most = handshake->keys.plaintext_max;

	return most > 0 && most + RDL_DTLS_RECORD_HEADER < handshake->owner->config.mtu;
}

static bool set_tickets(struct rdl_handshake *handshake, const struct rdl_handshake_hello *hello)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	gnutls_datum_t key = { handshakes->ticket_key, sizeof(handshakes->ticket_key) };

	if (!promises_ticket(handshake, hello) || asks_for_short_records(handshake))
		return true;
	gnutls_db_set_cache_expiration(handshake->tls, (int)handshakes->config.ticket_s);
	return gnutls_session_ticket_enable_server(handshake->tls, &key) == 0;
}

void rdl_handshake_tls_destroy(struct rdl_handshake *handshake)
{
	gnutls_deinit(handshake->tls);
	handshake->tls = NULL;
	rdl_certificates_release(handshake->certificates);
	handshake->certificates = NULL;
}

bool rdl_handshake_tls_create(struct rdl_handshake *handshake, struct rdl_handshake_hello *hello)
{
	const struct rdl_handshakes *handshakes = handshake->owner;
	gnutls_session_t tls;

	unsigned flags = GNUTLS_SERVER | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL;

	if (handshakes->certificates != NULL)
		flags |= GNUTLS_ENABLE_RAWPK;
	if (gnutls_init(&tls, flags) < 0)
		return false;
	handshake->tls = tls;
	gnutls_session_set_ptr(tls, handshake);
	gnutls_transport_set_ptr(tls, handshake);
	gnutls_transport_set_pull_function(tls, pull);
	gnutls_transport_set_pull_timeout_function(tls, pull_timeout);
	gnutls_transport_set_push_function(tls, push);
	gnutls_dtls_set_timeouts(tls, handshakes->config.retransmit_ms, NEVER_MS);
	gnutls_dtls_prestate_set(tls, &hello->prestate);
	struct rdl_handshake_choice choice = rdl_handshake_suites_choose(handshakes, hello->suites);

	handshake->keys.suite = choice.suite;
	handshake->signs = choice.signs;
	handshake->odd_name = hello->odd_name;
	if (gnutls_priority_set(tls, choice.priority) < 0 ||
		(handshakes->config.reader != NULL &&
			gnutls_credentials_set(tls, GNUTLS_CRD_PSK, handshakes->psk) < 0) ||
		!set_certificates(handshake) || !set_tickets(handshake, hello) ||
		!rdl_handshake_cid_register(handshake)) {
		rdl_handshake_tls_destroy(handshake);
		return false;
	}
	return true;
}

int rdl_handshake_tls_step(struct rdl_handshake *handshake, struct rdl_span record)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	int error, calls = 0;

	handshakes->flight_len = 0;
	handshakes->flight_lost = false;
	handshakes->record = record.data;
	handshakes->record_len = (uint16_t)record.len;
	/* A flight that is said again is cut anew: a router may have told since. */
	gnutls_dtls_set_mtu(handshake->tls, rdl_handshake_room(handshake));
	do {
		error = RDL_UNLIKELY(handshake->odd_name != 0)
				? rdl_handshake_go_on_unnamed(handshake)
				: gnutls_handshake(handshake->tls);
	} while (error < 0 && !gnutls_error_is_fatal(error) && handshakes->record_len > 0 &&
		 ++calls < CALLS_MAX);
	gnutls_dtls_set_timeouts(handshake->tls, handshakes->config.retransmit_ms, NEVER_SINCE_MS);
	handshakes->record_len = 0;
	return handshakes->flight_lost ? GNUTLS_E_MEMORY_ERROR : error;
}

void rdl_handshake_tls_alert(struct rdl_handshake *handshake, int error)
{
	handshake->owner->flight_len = 0;
	(void)gnutls_alert_send_appropriate(handshake->tls, error);
}

enum rdl_handshake_failure rdl_handshake_failure_of(int error)
{
	switch (error) {
	case GNUTLS_E_NO_CIPHER_SUITES:
	case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
	case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
	case GNUTLS_E_NO_COMMON_KEY_SHARE:
	case GNUTLS_E_UNWANTED_ALGORITHM:
		return RDL_HANDSHAKE_suite;
	case GNUTLS_E_CERTIFICATE_ERROR:
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
	case GNUTLS_E_CERTIFICATE_REQUIRED:
	case GNUTLS_E_PK_SIG_VERIFY_FAILED:
		return RDL_HANDSHAKE_certificate;
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		return RDL_HANDSHAKE_alert;
	case GNUTLS_E_MEMORY_ERROR:
		return RDL_HANDSHAKE_room;
	case GNUTLS_E_TIMEDOUT:
		return RDL_HANDSHAKE_timeout;
	default:
		return RDL_HANDSHAKE_protocol;
	}
}
