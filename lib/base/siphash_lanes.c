/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-1-3 of eight inputs side by side. Vectors of the compiler's own, which makes of them what the machine has. */
#include "base.h"

#include <assert.h>

typedef uint64_t lanes __attribute__((vector_size(RDL_LANES * sizeof(uint64_t))));

struct state {
	lanes v0, v1, v2, v3;
};

#define ROTL(x, bits) ((x) << (bits) | (x) >> (64 - (bits)))

static inline void sip_round(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = ROTL(s->v1, 13) ^ s->v0;
	s->v0 = ROTL(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = ROTL(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = ROTL(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = ROTL(s->v1, 17) ^ s->v2;
	s->v2 = ROTL(s->v2, 32);
}

static inline void begin(struct state *s, const struct rdl_key *key)
{
	const lanes zero = { 0 };

	s->v0 = zero + (key->k0 ^ 0x736f6d6570736575u);
	s->v1 = zero + (key->k1 ^ 0x646f72616e646f6du);
	s->v2 = zero + (key->k0 ^ 0x6c7967656e657261u);
	s->v3 = zero + (key->k1 ^ 0x7465646279746573u);
}

static inline void absorb(struct state *s, const lanes *word)
{
	s->v3 ^= *word;
	sip_round(s);
	s->v0 ^= *word;
}

static inline void finish(struct state *s, uint64_t out[RDL_LANES])
{
	lanes hash;

	sip_round(s);
	sip_round(s);
	sip_round(s);
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
