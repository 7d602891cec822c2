/* SPDX-License-Identifier: BSD-3-Clause */
#include "cid.h"

#include <assert.h>

_Static_assert(RDL_DTLS_CID_LEN == sizeof(uint64_t), "one word");

void rdl_dtls_cid_write(
	const struct rdl_speck *speck, uint64_t session, uint8_t cid[RDL_DTLS_CID_LEN])
{
	uint64_t words[RDL_LANES] = { session };

	rdl_speck_encrypt(speck, words);
	memcpy(cid, words, RDL_DTLS_CID_LEN);
}

void rdl_dtls_cid_read_lanes(const struct rdl_speck *speck, unsigned count,
	const uint8_t *const cids[], uint64_t sessions[])
{
	uint64_t words[RDL_LANES] = { 0 };

	assert(count <= RDL_LANES);
	for (unsigned i = 0; i < count; i++)
		memcpy(&words[i], cids[i], RDL_DTLS_CID_LEN);
	rdl_speck_decrypt(speck, words);
	memcpy(sessions, words, count * sizeof(*words));
}
