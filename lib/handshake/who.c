/* SPDX-License-Identifier: BSD-3-Clause */
/* Who the client is: what the database says, when it is asked for a key and when all is proved. */
#include "handshake_internal.h"

/* Names that change each time that they are read would be a wonder. */
#define SETTLE_TRIES 3

static bool fail(struct rdl_handshake *handshake, enum rdl_handshake_failure failure)
{
	handshake->failing = true;
	handshake->failure = failure;
	return false;
}

static struct rdl_credentials_identity identity_of(const gnutls_datum_t *identity)
{
	return (struct rdl_credentials_identity){ RDL_CREDENTIALS_PSK,
		{ identity->data, identity->size } };
}

static bool may_be_known(const gnutls_datum_t *identity)
{
	return identity->size > 0 && identity->size <= RDL_CREDENTIALS_IDENTITY_MAX;
}

/* 1: GnuTLS goes on with a key at random, so that nobody learns which identities there are. */
int rdl_handshake_psk(gnutls_session_t tls, const gnutls_datum_t *identity, gnutls_datum_t *key)
{
	struct rdl_handshake *handshake = gnutls_session_get_ptr(tls);
	struct rdl_handshakes *handshakes = handshake->owner;
	struct rdl_credential *credential = &handshakes->credential;
	enum rdl_credentials_result result = RDL_CREDENTIALS_NONE;

	if (may_be_known(identity))
		result = rdl_credentials_look_up(
			handshakes->config.reader, identity_of(identity), credential);
	handshake->unknown = result == RDL_CREDENTIALS_NONE;
	if (handshake->unknown)
		return 1;
	if (result != RDL_CREDENTIALS_OK) {
		(void)fail(handshake, RDL_HANDSHAKE_database);
		return -1;
	}
	/* GnuTLS frees it, and wipes it before. */
	key->data = gnutls_malloc(credential->key_len);
	key->size = credential->key_len;
	if (key->data != NULL)
		memcpy(key->data, credential->key, credential->key_len);
	else
		(void)fail(handshake, RDL_HANDSHAKE_room);
	rdl_credentials_wipe(credential);
	return key->data != NULL ? 0 : -1;
}

/* What is removed or changed after this has looked is told to whoever is interned by then. */
static bool look_up(struct rdl_handshake *handshake, const gnutls_datum_t *identity,
	struct rdl_credential *credential)
{
	enum rdl_credentials_result result = rdl_credentials_look_up(
		handshake->owner->config.reader, identity_of(identity), credential);

	/* The key has been used. */
	explicit_bzero(credential->key, sizeof(credential->key));
	if (result == RDL_CREDENTIALS_OK)
		return true;
	return fail(handshake,
		result == RDL_CREDENTIALS_NONE ? RDL_HANDSHAKE_removed : RDL_HANDSHAKE_database);
}

static struct rdl_span names_of(const struct rdl_credential *credential)
{
	return (struct rdl_span){ credential->names, credential->names_len };
}

bool rdl_handshake_settle(struct rdl_handshake *handshake)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	struct rdl_identities *identities = handshakes->config.identities;
	struct rdl_dtls_keys *keys = &handshake->keys;
	gnutls_datum_t octets;

	if (gnutls_psk_server_get_username2(handshake->tls, &octets) < 0 || !may_be_known(&octets))
		return fail(handshake, RDL_HANDSHAKE_identity);
	const struct rdl_identity identity = { RDL_IDENTITY_PSK, { octets.data, octets.size } };
	keys->mode = (uint8_t)identity.mode;
	for (int i = 0; i < SETTLE_TRIES; i++) {
		if (!look_up(handshake, &octets, &handshakes->credential))
			return false;
		keys->identity = rdl_identities_intern(
			identities, &identity, names_of(&handshakes->credential));
		if (keys->identity == 0)
			return fail(handshake, RDL_HANDSHAKE_room);
		keys->incarnation = rdl_identities_incarnation(identities, keys->identity);
		bool there = look_up(handshake, &octets, &handshakes->again);
		if (there && rdl_span_equal(names_of(&handshakes->credential),
				     names_of(&handshakes->again)))
			return true;
		rdl_identities_release(identities, keys->identity);
		keys->identity = 0;
		if (!there)
			return false;
	}
	return fail(handshake, RDL_HANDSHAKE_removed);
}
