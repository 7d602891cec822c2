/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keys: what a finished handshake leaves, all that records of epoch 1 need. Of CBC the keys stay
 * with GnuTLS: here they are zero, and so are the numbers.
 */
#ifndef RDL_DTLS_KEYS_H
#define RDL_DTLS_KEYS_H

#include "suite.h"

/* Of a Connection ID of the peer's: the longest with which the additional data fits the AEAD. */
#define RDL_DTLS_PEER_CID_MAX 23
/* No Connection ID was negotiated: records are plain both ways. */
#define RDL_DTLS_NO_CID 0xff

struct rdl_dtls_keys {
	uint8_t suite; /* enum rdl_dtls_suite */
	uint8_t mode; /* how the peer proved who it is: below RDL_DTLS_MODES */
	/*
	 * RDL_DTLS_NO_CID; else records toward us carry ours, and those toward the peer its own of
	 * this length, or none where that is 0 (RFC 9146 section 3).
	 */
	uint8_t peer_cid_len;
	uint8_t incarnation; /* of the identity, as it was when it was proved */
	uint8_t peer_cid[RDL_DTLS_PEER_CID_MAX];
	uint8_t read_key[RDL_DTLS_KEY_MAX], write_key[RDL_DTLS_KEY_MAX];
	uint8_t read_salt[RDL_DTLS_SALT_LEN], write_salt[RDL_DTLS_SALT_LEN];
	uint32_t identity; /* held, and the hold goes along */
	/* The longest plaintext that the peer takes (RFC 6066, RFC 8449); 0: any. */
	uint16_t plaintext_max;
	/* Of epoch 1, without it: the next to write, and the first that has not been read. */
	uint64_t write_sequence, read_sequence;
};

/* Modes are counted, and told apart by number only. */
#define RDL_DTLS_MODES 4

#endif
