/* SPDX-License-Identifier: BSD-3-Clause */
/* One record at a time, opened and made: those of handshakes, of which there are few. */
#include "handshake_internal.h"

#define NONCE_LEN (RDL_DTLS_SALT_LEN + RDL_DTLS_EXPLICIT_LEN)
/* With the longest Connection ID. */
#define ADDITIONAL_MAX (RDL_DTLS_ADDITIONAL + 255)

size_t rdl_record_len(struct rdl_span octets, uint8_t cid_len)
{
	size_t header = RDL_DTLS_RECORD_HEADER;

	if (octets.len > 0 && octets.data[0] == RDL_CONTENT_CID)
		header += cid_len;
	if (octets.len < header)
		return 0;
	size_t len = header + rdl_get_be16(octets.data + header - 2);
	return len <= octets.len && len <= RDL_RECORD_MAX ? len : 0;
}

static bool cipher_of(const struct rdl_record_key *key, gnutls_aead_cipher_hd_t *cipher)
{
	static const gnutls_cipher_algorithm_t algorithms[RDL_DTLS_SUITES] = {
		[RDL_DTLS_AES_128_CCM_8] = GNUTLS_CIPHER_AES_128_CCM_8,
		[RDL_DTLS_AES_128_CCM] = GNUTLS_CIPHER_AES_128_CCM,
		[RDL_DTLS_AES_128_GCM] = GNUTLS_CIPHER_AES_128_GCM,
		[RDL_DTLS_AES_256_GCM] = GNUTLS_CIPHER_AES_256_GCM,
	};
	gnutls_datum_t datum = { (uint8_t *)(uintptr_t)key->key, rdl_dtls_key_len(key->suite) };

	return gnutls_aead_cipher_init(cipher, algorithms[key->suite], &datum) == 0;
}

static void nonce_of(const struct rdl_record_key *key, const uint8_t *explicit, uint8_t *nonce)
{
	memcpy(nonce, key->salt, RDL_DTLS_SALT_LEN);
	memcpy(nonce + RDL_DTLS_SALT_LEN, explicit, RDL_DTLS_EXPLICIT_LEN);
}

bool rdl_record_open(const struct rdl_record_key *key, struct rdl_span record, uint8_t cid_len,
	uint8_t *plain, size_t *len, uint8_t *type)
{
	bool with_cid = record.data[0] == RDL_CONTENT_CID;
	size_t cid = with_cid ? cid_len : 0, header = RDL_DTLS_RECORD_HEADER + cid;
	size_t tag = rdl_dtls_tag_len(key->suite);
	uint8_t data[ADDITIONAL_MAX], nonce[NONCE_LEN];
	gnutls_aead_cipher_hd_t cipher;

	if (record.len < header + RDL_DTLS_EXPLICIT_LEN + tag || !cipher_of(key, &cipher))
		return false;
	const uint8_t *body = record.data + header;
	size_t sealed = record.len - header - RDL_DTLS_EXPLICIT_LEN;

	nonce_of(key, body, nonce);
	*len = RDL_RECORD_MAX;
	int result = gnutls_aead_cipher_decrypt(cipher, nonce, sizeof(nonce), data,
		rdl_dtls_additional(record.data, cid, sealed - tag, data), tag,
		body + RDL_DTLS_EXPLICIT_LEN, sealed, plain, len);
	gnutls_aead_cipher_deinit(cipher);
	*type = record.data[0];
	return result == 0 && (!with_cid || (*type = rdl_dtls_unwrap(plain, len)) != 0);
}

size_t rdl_record_seal(const struct rdl_record_key *key, const uint8_t *like, uint8_t type,
	struct rdl_span cid, struct rdl_span plain, uint8_t *made)
{
	size_t header = RDL_DTLS_RECORD_HEADER + cid.len, tag = rdl_dtls_tag_len(key->suite);
	size_t len = plain.len + (cid.len > 0), room = len + tag;
	uint8_t data[ADDITIONAL_MAX], nonce[NONCE_LEN], inner[512];
	gnutls_aead_cipher_hd_t cipher;

	if (len > sizeof(inner) || !cipher_of(key, &cipher))
		return 0;
	memcpy(inner, plain.data, plain.len);
	if (cid.len > 0)
		inner[plain.len] = type;
	memcpy(made, like, RDL_DTLS_RECORD_HEADER - 2);
	made[0] = cid.len > 0 ? RDL_CONTENT_CID : type;
	if (cid.len > 0)
		memcpy(made + RDL_DTLS_RECORD_HEADER - 2, cid.data, cid.len);
	rdl_put_be16(made + header - 2, (uint16_t)(RDL_DTLS_EXPLICIT_LEN + len + tag));
	/* The explicit nonce is epoch and number, as everywhere. */
	memcpy(made + header, like + 3, RDL_DTLS_EXPLICIT_LEN);
	nonce_of(key, like + 3, nonce);
	int result = gnutls_aead_cipher_encrypt(cipher, nonce, sizeof(nonce), data,
		rdl_dtls_additional(made, cid.len, len, data), tag, inner, len,
		made + header + RDL_DTLS_EXPLICIT_LEN, &room);
	gnutls_aead_cipher_deinit(cipher);
	explicit_bzero(inner, sizeof(inner));
	return result == 0 ? header + RDL_DTLS_EXPLICIT_LEN + room : 0;
}
