/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cipher suites: the first of ours that the client has, and that we have the credentials for.
 * GnuTLS is then told of that one alone: it orders key exchanges and ciphers, not suites.
 */
#include "handshake_internal.h"

#define ALL                                                                                  \
	":+AEAD:+GROUP-SECP256R1:+GROUP-X25519:+GROUP-SECP384R1:+SIGN-ECDSA-SHA256"          \
	":+SIGN-ECDSA-SHA384:+SIGN-ECDSA-SHA512:+CTYPE-X509:+CTYPE-RAWPK:%SERVER_PRECEDENCE" \
	":%ALLOW_SMALL_RECORDS"
/* Whoever has encrypt-then-MAC (RFC 7366) gets it, and old modems go without. */
#define CBC "AES-128-CBC:+SHA256"
#define PSK(cipher) "NONE:+VERS-DTLS1.2:+PSK:+" cipher ALL
#define ECDSA(cipher) "NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+" cipher ALL

/* In the order of our liking. */
static const struct {
	const char *name, *priority;
	uint16_t number;
	uint8_t suite;
	bool psk;
} known[RDL_HANDSHAKE_SUITES] = {
	{ "TLS_PSK_WITH_AES_128_CCM_8", PSK("AES-128-CCM-8"), 0xc0a8, RDL_DTLS_AES_128_CCM_8,
		true },
	{ "TLS_PSK_WITH_AES_128_CCM", PSK("AES-128-CCM"), 0xc0a4, RDL_DTLS_AES_128_CCM, true },
	{ "TLS_PSK_WITH_AES_128_GCM_SHA256", PSK("AES-128-GCM"), 0x00a8, RDL_DTLS_AES_128_GCM,
		true },
	{ "TLS_PSK_WITH_AES_256_GCM_SHA384", PSK("AES-256-GCM"), 0x00a9, RDL_DTLS_AES_256_GCM,
		true },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", ECDSA("AES-128-CCM-8"), 0xc0ae,
		RDL_DTLS_AES_128_CCM_8, false },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", ECDSA("AES-128-CCM"), 0xc0ac, RDL_DTLS_AES_128_CCM,
		false },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", ECDSA("AES-128-GCM"), 0xc02b,
		RDL_DTLS_AES_128_GCM, false },
	{ "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", ECDSA("AES-256-GCM"), 0xc02c,
		RDL_DTLS_AES_256_GCM, false },
	{ "TLS_PSK_WITH_AES_128_CBC_SHA256", PSK(CBC), 0x00ae, RDL_DTLS_AES_128_CBC, true },
	{ "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", ECDSA(CBC), 0xc023, RDL_DTLS_AES_128_CBC,
		false },
};

static bool add(struct rdl_handshake_suites *suites, unsigned i)
{
	if (suites->count == RDL_HANDSHAKE_SUITES ||
		gnutls_priority_init(&suites->priorities[suites->count], known[i].priority, NULL) <
			0)
		return false;
	suites->order[suites->count++] = (uint8_t)i;
	return true;
}

static bool is_served(const struct rdl_handshakes_config *config, unsigned i)
{
	return known[i].suite != RDL_DTLS_AES_128_CBC || config->cbc_sessions > 0;
}

static bool add_name(struct rdl_handshake_suites *suites,
	const struct rdl_handshakes_config *config, const char *name)
{
	for (unsigned i = 0; i < RDL_HANDSHAKE_SUITES; i++)
		if (strcmp(name, known[i].name) == 0)
			return is_served(config, i) && add(suites, i);
	return false;
}

bool rdl_handshake_suites_init(
	struct rdl_handshake_suites *suites, const struct rdl_handshakes_config *config)
{
	if (config->suite_count == 0) {
		for (unsigned i = 0; i < RDL_HANDSHAKE_SUITES; i++)
			if (is_served(config, i) && !add(suites, i))
				return false;
	}
	for (unsigned i = 0; i < config->suite_count; i++)
		if (!add_name(suites, config, config->suites[i]))
			return false;
	return true;
}

void rdl_handshake_suites_fini(struct rdl_handshake_suites *suites)
{
	while (suites->count > 0)
		gnutls_priority_deinit(suites->priorities[--suites->count]);
}

bool rdl_handshake_suite_is_chosen(const struct rdl_handshake *handshake)
{
	const struct rdl_handshakes *handshakes = handshake->owner;
	/* Of a ServerHello, behind version and random octets: the session's ID, then the suite. */
	const uint8_t *id =
		handshakes->flight + RDL_DTLS_RECORD_HEADER + RDL_DTLS_HANDSHAKE_HEADER + 34;

	if (handshakes->flight_len <
		RDL_DTLS_RECORD_HEADER + RDL_DTLS_HANDSHAKE_HEADER + 34 + 3 + 32)
		return false;
	for (unsigned i = 0; i < RDL_HANDSHAKE_SUITES; i++)
		if (rdl_get_be16(id + 1 + id[0]) == known[i].number)
			return known[i].suite == handshake->keys.suite &&
			       known[i].psk != handshake->signs;
	return false;
}

static bool offers(struct rdl_span offered, uint16_t number)
{
	for (size_t i = 0; i + 2 <= offered.len; i += 2)
		if (rdl_get_be16(offered.data + i) == number)
			return true;
	return false;
}

struct rdl_handshake_choice rdl_handshake_suites_choose(
	const struct rdl_handshakes *handshakes, struct rdl_span offered)
{
	const struct rdl_handshake_suites *suites = &handshakes->suites;

	for (unsigned i = 0; i < suites->count; i++) {
		unsigned at = suites->order[i];
		bool served = known[at].psk ? handshakes->config.reader != NULL
					    : handshakes->certificates != NULL;

		if (served && offers(offered, known[at].number))
			return (struct rdl_handshake_choice){ known[at].suite, !known[at].psk,
				suites->priorities[i] };
	}
	return (struct rdl_handshake_choice){ RDL_DTLS_SUITES, false, suites->priorities[0] };
}
