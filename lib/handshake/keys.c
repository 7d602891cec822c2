/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys, out of GnuTLS. */
#include "handshake_internal.h"

#define NUMBER_MASK UINT64_C(0xffffffffffff)

/* The number is the one that is next. */
static bool key_of(const struct rdl_handshake *handshake, bool read, struct rdl_record_key *key,
	uint64_t *number)
{
	gnutls_datum_t salt, octets;
	uint8_t sequence[8];

	key->suite = handshake->keys.suite;
	if (gnutls_record_get_state(handshake->tls, read, NULL, &salt, &octets, sequence) < 0 ||
		key->suite >= RDL_DTLS_AEADS || octets.size != rdl_dtls_key_len(key->suite) ||
		salt.size != RDL_DTLS_SALT_LEN)
		return false;
	memset(key->key, 0, sizeof(key->key));
	memcpy(key->key, octets.data, octets.size);
	memcpy(key->salt, salt.data, salt.size);
	*number =
		((uint64_t)rdl_get_be32(sequence) << 32 | rdl_get_be32(sequence + 4)) & NUMBER_MASK;
	return true;
}

bool rdl_handshake_key(const struct rdl_handshake *handshake, bool read, struct rdl_record_key *key)
{
	uint64_t number;

	return key_of(handshake, read, key, &number);
}

bool rdl_handshake_keys(struct rdl_handshake *handshake)
{
	struct rdl_dtls_keys *keys = &handshake->keys;
	struct rdl_record_key read, write;

	if (keys->suite == RDL_DTLS_AES_128_CBC)
		return true;
	bool good = key_of(handshake, true, &read, &keys->read_sequence) &&
		    key_of(handshake, false, &write, &keys->write_sequence);

	if (good) {
		memcpy(keys->read_key, read.key, sizeof(read.key));
		memcpy(keys->read_salt, read.salt, sizeof(read.salt));
		memcpy(keys->write_key, write.key, sizeof(write.key));
		memcpy(keys->write_salt, write.salt, sizeof(write.salt));
	}
	explicit_bzero(&read, sizeof(read));
	explicit_bzero(&write, sizeof(write));
	return good;
}
