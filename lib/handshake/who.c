/* SPDX-License-Identifier: BSD-3-Clause */
/* Who the client is: what the database says, when it is asked for a key and when all is proved. */
#include "handshake_internal.h"

/* Names that change each time that they are read would be a wonder. */
#define SETTLE_TRIES 3

struct rdl_credentials_identity rdl_handshake_identity(const struct rdl_handshake *handshake)
{
	return (struct rdl_credentials_identity){
		handshake->keys.mode == RDL_IDENTITY_RPK ? RDL_CREDENTIALS_RPK
							 : RDL_CREDENTIALS_PSK,
		{ handshake->who, handshake->who_len },
	};
}

enum rdl_credentials_result rdl_handshake_look_up(
	struct rdl_handshake *handshake, struct rdl_credential *credential)
{
	struct rdl_handshakes *handshakes = handshake->owner;

	if (handshakes->config.reader == NULL)
		return RDL_CREDENTIALS_NONE;
	rdl_handshake_count(&handshakes->counts.looked_up);
	return rdl_credentials_look_up(
		handshakes->config.reader, rdl_handshake_identity(handshake), credential);
}

/* What a key is known by later on, when it is wiped. */
static void print_of(const struct rdl_handshake *handshake, const struct rdl_credential *credential,
	uint64_t print[2])
{
	rdl_siphash128(&handshake->owner->print_key, credential->key, credential->key_len, print);
}

/* 1: GnuTLS goes on with a key at random, so that nobody learns which identities there are. */
int rdl_handshake_psk(gnutls_session_t tls, const gnutls_datum_t *identity, gnutls_datum_t *key)
{
	struct rdl_handshake *handshake = gnutls_session_get_ptr(tls);
	struct rdl_handshakes *handshakes = handshake->owner;
	struct rdl_credential *credential = &handshakes->credential;
	enum rdl_credentials_result result = RDL_CREDENTIALS_NONE;

	handshake->keys.mode = RDL_IDENTITY_PSK;
	if (identity->size > 0 && identity->size <= sizeof(handshake->who)) {
		memcpy(handshake->who, identity->data, identity->size);
		handshake->who_len = (uint8_t)identity->size;
		result = rdl_handshake_look_up(handshake, credential);
	}
	handshake->unknown = result == RDL_CREDENTIALS_NONE;
	if (handshake->unknown)
		return 1;
	if (result != RDL_CREDENTIALS_OK) {
		(void)rdl_handshake_blame(handshake, RDL_HANDSHAKE_database);
		return -1;
	}
	print_of(handshake, credential, handshake->key_print);
	/* GnuTLS frees it, and wipes it before. */
	key->data = gnutls_malloc(credential->key_len);
	key->size = credential->key_len;
	if (key->data != NULL)
		memcpy(key->data, credential->key, credential->key_len);
	else
		(void)rdl_handshake_blame(handshake, RDL_HANDSHAKE_room);
	rdl_credentials_wipe(credential);
	return key->data != NULL ? 0 : -1;
}

/* The client has proved that it has the key which is there now. */
static bool is_key(const struct rdl_handshake *handshake, const struct rdl_credential *credential)
{
	uint64_t print[2];

	if (handshake->keys.mode != RDL_IDENTITY_PSK)
		return true;
	print_of(handshake, credential, print);
	return memcmp(print, handshake->key_print, sizeof(print)) == 0;
}

/* What is removed or changed after this has looked is told to whoever is interned by then. */
static bool look_up(struct rdl_handshake *handshake, struct rdl_credential *credential)
{
	enum rdl_credentials_result result = rdl_handshake_look_up(handshake, credential);

	if (result == RDL_CREDENTIALS_OK && !is_key(handshake, credential))
		result = RDL_CREDENTIALS_NONE;
	explicit_bzero(credential->key, sizeof(credential->key));
	if (result == RDL_CREDENTIALS_OK)
		return true;
	return rdl_handshake_blame(handshake,
		result == RDL_CREDENTIALS_NONE ? RDL_HANDSHAKE_removed : RDL_HANDSHAKE_database);
}

static struct rdl_span names_of(const struct rdl_credential *credential)
{
	return (struct rdl_span){ credential->names, credential->names_len };
}

static bool intern(struct rdl_handshake *handshake, struct rdl_span names)
{
	struct rdl_identities *identities = handshake->owner->config.identities;
	struct rdl_dtls_keys *keys = &handshake->keys;
	const struct rdl_identity identity = { keys->mode, { handshake->who, handshake->who_len } };

	keys->identity = rdl_identities_intern(identities, &identity, names);
	if (keys->identity == 0)
		return rdl_handshake_blame(handshake, RDL_HANDSHAKE_room);
	keys->incarnation = rdl_identities_incarnation(identities, keys->identity);
	return true;
}

bool rdl_handshake_settle(struct rdl_handshake *handshake)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	struct rdl_credential *before = &handshakes->credential, *after = &handshakes->again;

	/* In no database; the certificate has said all. */
	if (handshake->keys.mode == RDL_IDENTITY_X509)
		return intern(handshake, (struct rdl_span){ NULL, 0 });
	for (int i = 0; i < SETTLE_TRIES; i++) {
		if (!look_up(handshake, before) || !intern(handshake, names_of(before)))
			return false;
		if (look_up(handshake, after) && rdl_span_equal(names_of(before), names_of(after)))
			return true;
		rdl_identities_release(handshakes->config.identities, handshake->keys.identity);
		handshake->keys.identity = 0;
	}
	return rdl_handshake_blame(handshake, RDL_HANDSHAKE_removed);
}
