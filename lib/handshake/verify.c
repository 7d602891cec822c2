/* SPDX-License-Identifier: BSD-3-Clause */
/* Whose certificate, or raw public key, the client has: GnuTLS has checked that it has the key. */
#include "handshake_internal.h"

/* Of those that name octets of an endpoint as they are. */
#define TAG_UTF8_STRING 12
#define TAG_PRINTABLE_STRING 19
#define TAG_IA5_STRING 22

static bool raw_key(struct rdl_handshake *handshake, const gnutls_datum_t *spki)
{
	struct rdl_handshakes *handshakes = handshake->owner;

	handshake->keys.mode = RDL_IDENTITY_RPK;
	handshake->who_len = RDL_CREDENTIALS_DIGEST_LEN;
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, spki->data, spki->size, handshake->who) < 0)
		return rdl_handshake_blame(handshake, RDL_HANDSHAKE_certificate);
	enum rdl_credentials_result result =
		rdl_handshake_look_up(handshake, &handshakes->credential);
	rdl_credentials_wipe(&handshakes->credential);
	if (result == RDL_CREDENTIALS_OK)
		return true;
	return rdl_handshake_blame(handshake,
		result == RDL_CREDENTIALS_NONE ? RDL_HANDSHAKE_identity : RDL_HANDSHAKE_database);
}

/* Common names of the subject; *value is that of the last. */
static unsigned common_names(gnutls_x509_crt_t certificate, gnutls_x509_ava_st *value)
{
	gnutls_x509_ava_st ava;
	gnutls_x509_dn_t subject;
	unsigned count = 0;

	if (gnutls_x509_crt_get_subject(certificate, &subject) < 0)
		return 0;
	for (int rdn = 0; gnutls_x509_dn_get_rdn_ava(subject, rdn, 0, &ava) == 0; rdn++) {
		for (int i = 0; gnutls_x509_dn_get_rdn_ava(subject, rdn, i, &ava) == 0; i++) {
			if (strcmp((const char *)ava.oid.data, GNUTLS_OID_X520_COMMON_NAME) != 0)
				continue;
			*value = ava;
			count++;
		}
	}
	return count;
}

/*
 * The CN, where there is one that may be an endpoint's name. Who has two, or an odd one, is known
 * by the whole subject's text behind a NUL, which no endpoint's name has: nothing may be
 * registered.
 */
static bool name(struct rdl_handshake *handshake, gnutls_x509_crt_t certificate)
{
	gnutls_x509_ava_st cn = { 0 };
	size_t room = sizeof(handshake->who) - 1;
	gnutls_datum_t text;

	handshake->keys.mode = RDL_IDENTITY_X509;
	if (common_names(certificate, &cn) == 1 && cn.value.size > 0 &&
		cn.value.size <= sizeof(handshake->who) &&
		(cn.value_tag == TAG_UTF8_STRING || cn.value_tag == TAG_PRINTABLE_STRING ||
			cn.value_tag == TAG_IA5_STRING) &&
		rdl_utf8_valid(cn.value.data, cn.value.size)) {
		handshake->who_len = (uint8_t)cn.value.size;
		memcpy(handshake->who, cn.value.data, cn.value.size);
		return true;
	}
	if (gnutls_x509_crt_get_dn3(certificate, &text, 0) < 0)
		return rdl_handshake_blame(handshake, RDL_HANDSHAKE_certificate);
	if (room > text.size)
		room = text.size;
	handshake->who[0] = 0;
	memcpy(handshake->who + 1, text.data, room);
	handshake->who_len = (uint8_t)(1 + room);
	gnutls_free(text.data);
	return true;
}

static bool chain(struct rdl_handshake *handshake, const gnutls_datum_t *first)
{
	/* Where it says what it is for, that is among it. */
	gnutls_typed_vdata_st purpose = { GNUTLS_DT_KEY_PURPOSE_OID,
		(uint8_t *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT, 0 };
	gnutls_x509_crt_t certificate;
	unsigned status;

	if (!handshake->certificates->trusts ||
		gnutls_certificate_verify_peers(handshake->tls, &purpose, 1, &status) < 0 ||
		status != 0 || gnutls_x509_crt_init(&certificate) < 0)
		return rdl_handshake_blame(handshake, RDL_HANDSHAKE_certificate);
	bool good = gnutls_x509_crt_import(certificate, first, GNUTLS_X509_FMT_DER) == 0
			    ? name(handshake, certificate)
			    : rdl_handshake_blame(handshake, RDL_HANDSHAKE_certificate);
	gnutls_x509_crt_deinit(certificate);
	return good;
}

/* Of a chain that is good. */
static void note_length(
	struct rdl_handshake *handshake, const gnutls_datum_t *chain, unsigned count)
{
	uint8_t *chains = &handshake->certificates->chains, unseen = RDL_CHAINS_UNSEEN;
	size_t len = 0;

	for (unsigned i = 0; i < count; i++)
		len += chain[i].size;
	if (len > RDL_HANDSHAKE_CHAIN_MAX) {
		__atomic_store_n(chains, RDL_CHAINS_LONG, __ATOMIC_RELAXED);
		/* One that is promised already is of no use soon, and its client may know. */
		gnutls_db_set_cache_expiration(handshake->tls, 1);
	} else {
		(void)__atomic_compare_exchange_n(chains, &unseen, RDL_CHAINS_SHORT, false,
			__ATOMIC_RELAXED, __ATOMIC_RELAXED);
	}
}

static const gnutls_datum_t *peers_of(const struct rdl_handshake *handshake, unsigned *count)
{
	*count = 0;
	return gnutls_certificate_get_peers(handshake->tls, count);
}

static bool is_raw(const struct rdl_handshake *handshake)
{
	return gnutls_certificate_type_get2(handshake->tls, GNUTLS_CTYPE_PEERS) == GNUTLS_CRT_RAWPK;
}

static bool verify(struct rdl_handshake *handshake)
{
	unsigned count;
	const gnutls_datum_t *peers = peers_of(handshake, &count);

	if (peers == NULL || count == 0)
		return rdl_handshake_blame(handshake, RDL_HANDSHAKE_certificate);
	if (is_raw(handshake))
		return raw_key(handshake, &peers[0]);
	if (!chain(handshake, &peers[0]))
		return false;
	note_length(handshake, peers, count);
	return true;
}

int rdl_handshake_verify(gnutls_session_t tls)
{
	return verify(gnutls_session_get_ptr(tls)) ? 0 : -1;
}

/* One of a chain that has been verified; the first of it says who it is. */
static bool is_still_good(struct rdl_handshake *handshake, const gnutls_datum_t *der, bool first)
{
	const struct rdl_certificates *certificates = handshake->certificates;
	time_t now = time(NULL);
	gnutls_x509_crt_t certificate;

	if (gnutls_x509_crt_init(&certificate) < 0)
		return rdl_handshake_blame(handshake, RDL_HANDSHAKE_room);
	bool good = gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == 0 &&
		    gnutls_x509_crt_get_activation_time(certificate) <= now &&
		    gnutls_x509_crt_get_expiration_time(certificate) >= now &&
		    gnutls_x509_crt_check_revocation(certificate, certificates->crls,
			    (unsigned)certificates->crl_count) == 0;
	if (!good)
		(void)rdl_handshake_blame(handshake, RDL_HANDSHAKE_certificate);
	else if (first)
		good = name(handshake, certificate);
	gnutls_x509_crt_deinit(certificate);
	return good;
}

bool rdl_handshake_verify_resumed(struct rdl_handshake *handshake)
{
	unsigned count;
	const gnutls_datum_t *peers = peers_of(handshake, &count);

	/* Of a suite that it would not be given now: the client may ask anew, without a ticket. */
	if (!rdl_handshake_suite_is_chosen(handshake))
		return rdl_handshake_blame(handshake, RDL_HANDSHAKE_suite);
	if (peers == NULL || count == 0)
		return rdl_handshake_blame(handshake, RDL_HANDSHAKE_certificate);
	if (is_raw(handshake))
		return raw_key(handshake, &peers[0]);
	/* Its signatures were good under these CAs, for others have other tickets. */
	for (unsigned i = 0; i < count; i++)
		if (!is_still_good(handshake, &peers[i], i == 0))
			return false;
	return true;
}
