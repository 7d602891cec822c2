/* SPDX-License-Identifier: BSD-3-Clause */
/* An entry is its kind, which the tag covers, what it says, sealed, and the tag. */
#include "sealed.h"

#include <assert.h>
#include <gnutls/crypto.h>
#include <stdlib.h>

#include "codec.h"

#define TAG_LEN 16
#define NONCE_LEN 12

static_assert(1 + RDL_SEALED_BODY_MAX + TAG_LEN <= RDL_SEALED_MAX, "the longest");

struct rdl_sealer {
	gnutls_aead_cipher_hd_t cipher;
};

/* RFC 5869 sections 2.2 and 2.3; the information is what the key is for, and which log's. */
static bool derive(const uint8_t *key, const uint8_t *run, unsigned log, uint8_t *derived)
{
	uint8_t random[32], information[] = "rdline sessions 1\0\0\0\0";
	const gnutls_datum_t input = { (uint8_t *)(uintptr_t)key, RDL_SEALED_KEY_LEN };
	const gnutls_datum_t salt = { (uint8_t *)(uintptr_t)run, RDL_SEALED_RUN_LEN };
	const gnutls_datum_t extracted = { random, sizeof(random) };
	const gnutls_datum_t info = { information, sizeof(information) };

	rdl_put_be32(information + sizeof(information) - 5, log);
	bool good = gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &input, &salt, random) == 0 &&
		    gnutls_hkdf_expand(
			    GNUTLS_MAC_SHA256, &extracted, &info, derived, RDL_SEALED_KEY_LEN) == 0;
	explicit_bzero(random, sizeof(random));
	return good;
}

struct rdl_sealer *rdl_sealer_create(
	const uint8_t key[RDL_SEALED_KEY_LEN], const uint8_t run[RDL_SEALED_RUN_LEN], unsigned log)
{
	struct rdl_sealer *sealer = calloc(1, sizeof(*sealer));
	uint8_t derived[RDL_SEALED_KEY_LEN];
	const gnutls_datum_t datum = { derived, sizeof(derived) };

	if (sealer == NULL)
		return NULL;
	if (!derive(key, run, log, derived) ||
		gnutls_aead_cipher_init(&sealer->cipher, GNUTLS_CIPHER_AES_256_GCM, &datum) < 0) {
		free(sealer);
		sealer = NULL;
	}
	explicit_bzero(derived, sizeof(derived));
	return sealer;
}

void rdl_sealer_destroy(struct rdl_sealer *sealer)
{
	if (sealer == NULL)
		return;
	gnutls_aead_cipher_deinit(sealer->cipher);
	free(sealer);
}

static void nonce_of(uint64_t position, uint8_t nonce[NONCE_LEN])
{
	rdl_put_be32(nonce, 0);
	rdl_put_be32(nonce + 4, (uint32_t)(position >> 32));
	rdl_put_be32(nonce + 8, (uint32_t)position);
}

size_t rdl_seal(struct rdl_sealer *sealer, uint64_t position, const struct rdl_sealed *entry,
	uint8_t octets[RDL_SEALED_MAX])
{
	uint8_t body[RDL_SEALED_BODY_MAX], nonce[NONCE_LEN];
	size_t body_len = rdl_sealed_encode(entry, body), len = RDL_SEALED_MAX - 1;

	nonce_of(position, nonce);
	octets[0] = (uint8_t)entry->kind;
	int error = gnutls_aead_cipher_encrypt(sealer->cipher, nonce, sizeof(nonce), octets, 1,
		TAG_LEN, body, body_len, octets + 1, &len);
	explicit_bzero(body, sizeof(body));
	return error == 0 ? len + 1 : 0;
}

bool rdl_unseal(struct rdl_sealer *sealer, uint64_t position, struct rdl_span octets,
	struct rdl_sealed *entry)
{
	uint8_t body[RDL_SEALED_BODY_MAX], nonce[NONCE_LEN];
	size_t body_len = sizeof(body);

	if (octets.len < 1 + TAG_LEN || octets.len > RDL_SEALED_MAX)
		return false;
	nonce_of(position, nonce);
	bool good = gnutls_aead_cipher_decrypt(sealer->cipher, nonce, sizeof(nonce), octets.data, 1,
			    TAG_LEN, octets.data + 1, octets.len - 1, body, &body_len) == 0 &&
		    rdl_sealed_decode(octets.data[0], body, body_len, entry);
	explicit_bzero(body, sizeof(body));
	return good;
}
