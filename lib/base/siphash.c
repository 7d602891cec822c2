/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-1-3 (https://www.aumasson.jp/siphash/siphash.pdf), as the reference code has it. */
#include "base.h"

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline struct sip begin(const struct rdl_key *key)
{
	return (struct sip){
		key->k0 ^ 0x736f6d6570736575u,
		key->k1 ^ 0x646f72616e646f6du,
		key->k0 ^ 0x6c7967656e657261u,
		key->k1 ^ 0x7465646279746573u,
	};
}

static inline uint64_t rotl(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

static inline void absorb_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

static inline struct sip absorb(struct sip s, const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;
	uint64_t word;

	for (; end - p >= 8; p += 8) {
		memcpy(&word, p, 8);
		absorb_word(&s, word);
	}
	absorb_word(&s, rdl_tail_word(end, len) | (uint64_t)len << 56);
	return s;
}

static inline uint64_t finish(struct sip *s)
{
	sip_round(s);
	sip_round(s);
	sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t rdl_siphash(const struct rdl_key *key, const void *data, size_t len)
{
	struct sip s = absorb(begin(key), data, len);

	s.v2 ^= 0xff;
	return finish(&s);
}

void rdl_siphash128(const struct rdl_key *key, const void *data, size_t len, uint64_t out[2])
{
	struct sip s = begin(key);

	s.v1 ^= 0xee;
	s = absorb(s, data, len);
	s.v2 ^= 0xee;
	out[0] = finish(&s);
	s.v1 ^= 0xdd;
	out[1] = finish(&s);
}
