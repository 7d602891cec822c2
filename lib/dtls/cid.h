/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cid: the Connection IDs that we give (RFC 9146): the name of a session under a keyed permutation,
 * so that nothing of it shows, and nothing has to be looked up. Anybody can send eight octets: what
 * they say is a name at random unless this key made them, and hardly ever one of a session. Such a
 * session would then tell: the record is none of its own.
 */
#ifndef RDL_DTLS_CID_H
#define RDL_DTLS_CID_H

#include "base.h"

#define RDL_DTLS_CID_LEN 8

void rdl_dtls_cid_write(
	const struct rdl_speck *speck, uint64_t session, uint8_t cid[RDL_DTLS_CID_LEN]);

/* The names of `count` <= RDL_LANES Connection IDs, which takes little longer than one. */
void rdl_dtls_cid_read_lanes(const struct rdl_speck *speck, unsigned count,
	const uint8_t *const cids[], uint64_t sessions[]);

#endif
