/* SPDX-License-Identifier: BSD-3-Clause */
/* suite: what protects the records of a session (RFC 5246 section 6.2.3, RFC 6655, RFC 5288). */
#ifndef RDL_DTLS_SUITE_H
#define RDL_DTLS_SUITE_H

#include "base.h"

/* The cipher alone: how the keys came about is the session's mode. */
enum rdl_dtls_suite {
	/* AEADs: records are opened and sealed here. */
	RDL_DTLS_AES_128_CCM_8,
	RDL_DTLS_AES_128_CCM,
	RDL_DTLS_AES_128_GCM,
	RDL_DTLS_AES_256_GCM,
	RDL_DTLS_AEADS,
	/* With HMAC-SHA-256: opened and sealed by GnuTLS, where the handshake was made. */
	RDL_DTLS_AES_128_CBC = RDL_DTLS_AEADS,
	RDL_DTLS_SUITES
};

#define RDL_DTLS_KEY_MAX 32
/* The implicit part of a nonce, and the explicit one, which each record carries. */
#define RDL_DTLS_SALT_LEN 4
#define RDL_DTLS_EXPLICIT_LEN 8

static inline unsigned rdl_dtls_key_len(enum rdl_dtls_suite suite)
{
	return suite == RDL_DTLS_AES_256_GCM ? 32 : 16;
}

static inline unsigned rdl_dtls_tag_len(enum rdl_dtls_suite suite)
{
	return suite == RDL_DTLS_AES_128_CCM_8 ? 8 : 16;
}

static inline const char *rdl_dtls_suite_name(enum rdl_dtls_suite suite)
{
	static const char *const names[RDL_DTLS_SUITES] = {
		"aes_128_ccm_8",
		"aes_128_ccm",
		"aes_128_gcm",
		"aes_256_gcm",
		"aes_128_cbc",
	};
	return names[suite];
}

#endif
