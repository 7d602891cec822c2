/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash's round and its beginning (https://www.aumasson.jp/siphash/siphash.pdf), for words and for vectors of them. */
#ifndef RDL_BASE_SIP_H
#define RDL_BASE_SIP_H

#include "base.h"

#define RDL_SIP_ROTL(x, bits) ((x) << (bits) | (x) >> (64 - (bits)))

/* `s` points to v0 to v3, all words or all vectors. */
#define RDL_SIP_ROUND(s)                                       \
	do {                                                   \
		(s)->v0 += (s)->v1;                            \
		(s)->v1 = RDL_SIP_ROTL((s)->v1, 13) ^ (s)->v0; \
		(s)->v0 = RDL_SIP_ROTL((s)->v0, 32);           \
		(s)->v2 += (s)->v3;                            \
		(s)->v3 = RDL_SIP_ROTL((s)->v3, 16) ^ (s)->v2; \
		(s)->v0 += (s)->v3;                            \
		(s)->v3 = RDL_SIP_ROTL((s)->v3, 21) ^ (s)->v0; \
		(s)->v2 += (s)->v1;                            \
		(s)->v1 = RDL_SIP_ROTL((s)->v1, 17) ^ (s)->v2; \
		(s)->v2 = RDL_SIP_ROTL((s)->v2, 32);           \
	} while (0)

struct rdl_sip {
	uint64_t v0, v1, v2, v3;
};

static inline struct rdl_sip rdl_sip_begin(const struct rdl_key *key)
{
	return (struct rdl_sip){
		key->k0 ^ 0x736f6d6570736575u,
		key->k1 ^ 0x646f72616e646f6du,
		key->k0 ^ 0x6c7967656e657261u,
		key->k1 ^ 0x7465646279746573u,
	};
}

#endif
