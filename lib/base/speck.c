/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Speck64/128 (Beaulieu and others, https://eprint.iacr.org/2013/404) of many words side by side.
 * Vectors of the compiler's own, which makes of them what the machine has.
 */
#include "base.h"

/* As many as the machine reckons with at once; the compiler makes bad code of more. */
#if defined(__AVX512VL__)
#define WIDTH 64
#elif defined(__AVX2__)
#define WIDTH 32
#else
#define WIDTH 16
#endif
typedef uint32_t piece __attribute__((vector_size(WIDTH)));
#define PIECES (RDL_LANES * sizeof(uint32_t) / WIDTH)

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

/* The upper and the lower halves of all words. */
struct state {
	piece x[PIECES], y[PIECES];
};

static inline void load(struct state *s, const uint64_t words[RDL_LANES])
{
	uint32_t x[RDL_LANES], y[RDL_LANES];

	for (unsigned i = 0; i < RDL_LANES; i++) {
		x[i] = (uint32_t)(words[i] >> 32);
		y[i] = (uint32_t)words[i];
	}
	memcpy(s->x, x, sizeof(x));
	memcpy(s->y, y, sizeof(y));
}

static inline void store(const struct state *s, uint64_t words[RDL_LANES])
{
	uint32_t x[RDL_LANES], y[RDL_LANES];

	memcpy(x, s->x, sizeof(x));
	memcpy(y, s->y, sizeof(y));
	for (unsigned i = 0; i < RDL_LANES; i++)
		words[i] = (uint64_t)x[i] << 32 | y[i];
}

void rdl_speck_encrypt(const struct rdl_speck *speck, uint64_t words[RDL_LANES])
{
	struct state s;

	load(&s, words);
	for (unsigned i = 0; i < RDL_SPECK_ROUNDS; i++) {
		for (unsigned p = 0; p < PIECES; p++) {
			s.x[p] = (ROTR(s.x[p], 8) + s.y[p]) ^ speck->round[i];
			s.y[p] = ROTL(s.y[p], 3) ^ s.x[p];
		}
	}
	store(&s, words);
}

void rdl_speck_decrypt(const struct rdl_speck *speck, uint64_t words[RDL_LANES])
{
	struct state s;

	load(&s, words);
	for (unsigned i = RDL_SPECK_ROUNDS; i-- > 0;) {
		for (unsigned p = 0; p < PIECES; p++) {
			s.y[p] ^= s.x[p];
			s.y[p] = ROTR(s.y[p], 3);
			s.x[p] = (s.x[p] ^ speck->round[i]) - s.y[p];
			s.x[p] = ROTL(s.x[p], 8);
		}
	}
	store(&s, words);
}
