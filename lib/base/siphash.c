/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-1-3, as the reference code has it. */
#include "sip.h"

#include <assert.h>

static inline void absorb_word(struct rdl_sip *s, uint64_t word)
{
	s->v3 ^= word;
	RDL_SIP_ROUND(s);
	s->v0 ^= word;
}

static inline struct rdl_sip absorb(struct rdl_sip s, const uint8_t *p, size_t len)
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

static inline uint64_t finish(struct rdl_sip *s)
{
	RDL_SIP_ROUND(s);
	RDL_SIP_ROUND(s);
	RDL_SIP_ROUND(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t rdl_siphash(const struct rdl_key *key, const void *data, size_t len)
{
	struct rdl_sip s = absorb(rdl_sip_begin(key), data, len);

	s.v2 ^= 0xff;
	return finish(&s);
}

uint64_t rdl_siphash_words(const struct rdl_key *key, uint64_t first, uint64_t rest, size_t len)
{
	struct rdl_sip s = rdl_sip_begin(key);

	assert(len >= 8 && len < 16);
	absorb_word(&s, first);
	absorb_word(&s, rest | (uint64_t)len << 56);
	s.v2 ^= 0xff;
	return finish(&s);
}

void rdl_siphash128(const struct rdl_key *key, const void *data, size_t len, uint64_t out[2])
{
	struct rdl_sip s = rdl_sip_begin(key);

	s.v1 ^= 0xee;
	s = absorb(s, data, len);
	s.v2 ^= 0xee;
	out[0] = finish(&s);
	s.v1 ^= 0xdd;
	out[1] = finish(&s);
}
