/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Speck64/128 (Beaulieu and others, https://eprint.iacr.org/2013/404) of eight words side by side.
 * Vectors of the compiler's own, which makes of them what the machine has.
 */
#include "base.h"

typedef uint32_t halves __attribute__((vector_size(RDL_LANES * sizeof(uint32_t))));
typedef uint64_t lanes __attribute__((vector_size(RDL_LANES * sizeof(uint64_t))));

#define ROTL(x, bits) ((x) << (bits) | (x) >> (32 - (bits)))
#define ROTR(x, bits) ((x) >> (bits) | (x) << (32 - (bits)))

void rdl_speck_expand(struct rdl_speck *speck, const struct rdl_key *key)
{
	uint32_t l[3] = { (uint32_t)(key->k0 >> 32), (uint32_t)key->k1, (uint32_t)(key->k1 >> 32) };
	uint32_t k = (uint32_t)key->k0;

	for (unsigned i = 0; i < RDL_SPECK_ROUNDS; i++) {
		uint32_t next = (k + ROTR(l[i % 3], 8)) ^ i;

		speck->round[i] = k;
		l[i % 3] = next;
		k = ROTL(k, 3) ^ next;
	}
}

struct state {
	halves x, y;
};

static inline void load(struct state *s, const uint64_t words[RDL_LANES])
{
	lanes word;

	memcpy(&word, words, sizeof(word));
	s->y = __builtin_convertvector(word, halves);
	word >>= 32;
	s->x = __builtin_convertvector(word, halves);
}

static inline void store(const struct state *s, uint64_t words[RDL_LANES])
{
	lanes word =
		__builtin_convertvector(s->x, lanes) << 32 | __builtin_convertvector(s->y, lanes);

	memcpy(words, &word, sizeof(word));
}

void rdl_speck_encrypt(const struct rdl_speck *speck, uint64_t words[RDL_LANES])
{
	struct state s;

	load(&s, words);
	for (unsigned i = 0; i < RDL_SPECK_ROUNDS; i++) {
		s.x = (ROTR(s.x, 8) + s.y) ^ speck->round[i];
		s.y = ROTL(s.y, 3) ^ s.x;
	}
	store(&s, words);
}

void rdl_speck_decrypt(const struct rdl_speck *speck, uint64_t words[RDL_LANES])
{
	struct state s;

	load(&s, words);
	for (unsigned i = RDL_SPECK_ROUNDS; i-- > 0;) {
		s.y ^= s.x;
		s.y = ROTR(s.y, 3);
		s.x = (s.x ^ speck->round[i]) - s.y;
		s.x = ROTL(s.x, 8);
	}
	store(&s, words);
}
