/* SPDX-License-Identifier: BSD-3-Clause */
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "credentials.h"

/* The octets are hashed as they are: encoded anew they might differ from what the device sends. */
static bool digest_of(const gnutls_datum_t *spki, uint8_t digest[RDL_CREDENTIALS_DIGEST_LEN])
{
	gnutls_pubkey_t key;

	if (gnutls_pubkey_init(&key) != 0)
		return false;
	bool good = gnutls_pubkey_import(key, spki, GNUTLS_X509_FMT_DER) == 0;
	gnutls_pubkey_deinit(key);
	return good && gnutls_hash_fast(GNUTLS_DIG_SHA256, spki->data, spki->size, digest) == 0;
}

bool rdl_credentials_digest_pem(struct rdl_span pem, uint8_t digest[RDL_CREDENTIALS_DIGEST_LEN])
{
	gnutls_datum_t text = { (uint8_t *)(uintptr_t)pem.data, (unsigned)pem.len }, spki;

	if (pem.len > UINT32_MAX || gnutls_pem_base64_decode2("PUBLIC KEY", &text, &spki) != 0)
		return false;
	bool good = digest_of(&spki, digest);
	gnutls_free(spki.data);
	return good;
}
