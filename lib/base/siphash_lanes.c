/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-1-3 of eight inputs side by side. Vectors of the compiler's own, which makes of them what the machine has. */
#include "sip.h"

#include <assert.h>

typedef uint64_t lanes __attribute__((vector_size(RDL_LANES * sizeof(uint64_t))));

struct state {
	lanes v0, v1, v2, v3;
};

static inline void begin(struct state *s, const struct rdl_key *key)
{
	const struct rdl_sip each = rdl_sip_begin(key);
	const lanes zero = { 0 };

	s->v0 = zero + each.v0;
	s->v1 = zero + each.v1;
	s->v2 = zero + each.v2;
	s->v3 = zero + each.v3;
}

static inline void absorb(struct state *s, const lanes *word)
{
	s->v3 ^= *word;
	RDL_SIP_ROUND(s);
	s->v0 ^= *word;
}

static inline void finish(struct state *s, uint64_t out[RDL_LANES])
{
	lanes hash;

	RDL_SIP_ROUND(s);
	RDL_SIP_ROUND(s);
	RDL_SIP_ROUND(s);
	hash = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
	memcpy(out, &hash, sizeof(hash));
}

void rdl_siphash_words_lanes(const struct rdl_key *key, const uint64_t first[RDL_LANES],
	const uint64_t rest[RDL_LANES], size_t len, uint64_t out[RDL_LANES])
{
	struct state s;
	lanes word;

	assert(len >= 8 && len < 16);
	begin(&s, key);
	memcpy(&word, first, sizeof(word));
	absorb(&s, &word);
	memcpy(&word, rest, sizeof(word));
	word |= (uint64_t)len << 56;
	absorb(&s, &word);
	s.v2 ^= 0xff;
	finish(&s, out);
}
