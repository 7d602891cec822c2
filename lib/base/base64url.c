/* SPDX-License-Identifier: BSD-3-Clause */
#include "base.h"

#ifdef __AVX512VBMI__
#include <immintrin.h>
#endif

static const uint8_t alphabet[64] __attribute__((aligned(64))) =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The six octets of the 18 that eight characters stand for, as a big-endian number: `third` is 0 to 2. */
static uint64_t six_octets(const uint64_t octets[3], unsigned third)
{
	uint64_t head = __builtin_bswap64(octets[0]), middle = __builtin_bswap64(octets[1]);

	switch (third) {
	case 0:
		return head >> 16;
	case 1:
		return (head & 0xffff) << 32 | middle >> 32;
	default:
		return (middle & 0xffffffff) << 16 | __builtin_bswap16((uint16_t)octets[2]);
	}
}

void rdl_base64url_encode_plain(const uint64_t octets[3], uint8_t text[RDL_BASE64URL_LEN])
{
	for (unsigned third = 0; third < 3; third++) {
		uint64_t bits = six_octets(octets, third), characters = 0;

		for (unsigned shift = 0; shift < 48; shift += 6)
			characters = characters << 8 | alphabet[bits >> shift & 63];
		memcpy(text + 8 * third, &characters, sizeof(characters));
	}
}

#define EACH(octet) (UINT64_C(0x0101010101010101) * (octet))

/* 1 in each octet, all of them below 0x80, that is from `first` to `last`. */
static inline uint64_t in_range(uint64_t octets, uint8_t first, uint8_t last)
{
	uint64_t from = octets + EACH(0x80u - first), above = octets + EACH(0x7fu - last);

	return (from & ~above) >> 7 & EACH(1);
}

/* The 48 bits that eight characters stand for; *good loses its bits where a character is not of the alphabet. */
static inline uint64_t eight_characters(uint64_t c, uint64_t *good)
{
	uint64_t low = c & EACH(0x7f);
	uint64_t upper = in_range(low, 'A', 'Z'), lower = in_range(low, 'a', 'z');
	uint64_t digit = in_range(low, '0', '9'), dash = in_range(low, '-', '-');
	uint64_t line = in_range(low, '_', '_');
	/* What is added comes first, so that no octet ever borrows from the next. */
	uint64_t value = low + digit * 4 + dash * 17 - upper * 65 - lower * 71 - line * 32;

	*good &= (upper | lower | digit | dash | line) & ~(c >> 7);
	value = __builtin_bswap64(value & EACH(0x3f));
	value = (value & 0x003f003f003f003fu) | (value & 0x3f003f003f003f00u) >> 2;
	value = (value & 0x00000fff00000fffu) | (value & 0x0fff00000fff0000u) >> 4;
	return (value & 0xffffff) | (value >> 32) << 24;
}

bool rdl_base64url_decode_plain(const uint8_t text[RDL_BASE64URL_LEN], uint64_t octets[3])
{
	uint64_t characters[3], bits[3], good = EACH(1);

	memcpy(characters, text, sizeof(characters));
	for (unsigned i = 0; i < 3; i++)
		bits[i] = eight_characters(characters[i], &good);
	octets[0] = __builtin_bswap64(bits[0] << 16 | bits[1] >> 32);
	octets[1] = __builtin_bswap64(bits[1] << 32 | bits[2] >> 16);
	octets[2] = __builtin_bswap16((uint16_t)bits[2]);
	return good == EACH(1);
}

#ifdef __AVX512VBMI__
/* The value of each ASCII character, or BAD. */
#define BAD 0x80
#define VALUE(c)                                               \
	((uint8_t)((c) >= 'A' && (c) <= 'Z'   ? (c) - 'A'      \
		   : (c) >= 'a' && (c) <= 'z' ? (c) - 'a' + 26 \
		   : (c) >= '0' && (c) <= '9' ? (c) - '0' + 52 \
		   : (c) == '-'		      ? 62             \
		   : (c) == '_'		      ? 63             \
					      : BAD))
#define VALUE4(c) VALUE(c), VALUE((c) + 1), VALUE((c) + 2), VALUE((c) + 3)
#define VALUE16(c) VALUE4(c), VALUE4((c) + 4), VALUE4((c) + 8), VALUE4((c) + 12)
#define VALUE64(c) VALUE16(c), VALUE16((c) + 16), VALUE16((c) + 32), VALUE16((c) + 48)
static const uint8_t values[128] __attribute__((aligned(64))) = { VALUE64(0), VALUE64(64) };

void rdl_base64url_encode(const uint64_t octets[3], uint8_t text[RDL_BASE64URL_LEN])
{
	/* Of each three octets, those that each character has bits of, twice; then the six bits. */
	const __m256i spread = _mm256_set_epi8(22, 23, 21, 22, 19, 20, 18, 19, 16, 17, 15, 16, 13,
		14, 12, 13, 10, 11, 9, 10, 7, 8, 6, 7, 4, 5, 3, 4, 1, 2, 0, 1);
	const __m256i shifts = _mm256_set1_epi64x(0x3036242a1016040a);
	__m256i in = _mm256_set_epi64x(
		0, (long long)octets[2], (long long)octets[1], (long long)octets[0]);
	__m256i sixes = _mm256_multishift_epi64_epi8(shifts, _mm256_permutexvar_epi8(spread, in));
	__m512i characters =
		_mm512_permutexvar_epi8(_mm512_castsi256_si512(sixes), _mm512_load_si512(alphabet));

	__m256i out = _mm512_castsi512_si256(characters);
	uint64_t last = (uint64_t)_mm256_extract_epi64(out, 2);

	_mm_storeu_si128((__m128i *)(void *)text, _mm256_castsi256_si128(out));
	memcpy(text + 16, &last, sizeof(last));
}

bool rdl_base64url_decode(const uint8_t text[RDL_BASE64URL_LEN], uint64_t octets[3])
{
	/* Three octets out of each four, most significant first. */
	const __m256i gather = _mm256_set_epi8(0, 0, 0, 0, 0, 0, 0, 0, 28, 29, 30, 24, 25, 26, 20,
		21, 22, 16, 17, 18, 12, 13, 14, 8, 9, 10, 4, 5, 6, 0, 1, 2);
	__m256i characters = _mm256_mask_loadu_epi8(_mm256_set1_epi8('A'), 0xffffff, text);
	__m256i sixes = _mm512_castsi512_si256(_mm512_permutex2var_epi8(_mm512_load_si512(values),
		_mm512_castsi256_si512(characters), _mm512_load_si512(values + 64)));
	__m256i twelves = _mm256_maddubs_epi16(sixes, _mm256_set1_epi16(0x0140));
	__m256i three = _mm256_permutexvar_epi8(
		gather, _mm256_madd_epi16(twelves, _mm256_set1_epi32(0x00011000)));

	octets[0] = (uint64_t)_mm256_extract_epi64(three, 0);
	octets[1] = (uint64_t)_mm256_extract_epi64(three, 1);
	octets[2] = (uint16_t)_mm256_extract_epi64(three, 2);
	return _mm256_movemask_epi8(_mm256_or_si256(sixes, characters)) == 0;
}
#else
void rdl_base64url_encode(const uint64_t octets[3], uint8_t text[RDL_BASE64URL_LEN])
{
	rdl_base64url_encode_plain(octets, text);
}

bool rdl_base64url_decode(const uint8_t text[RDL_BASE64URL_LEN], uint64_t octets[3])
{
	return rdl_base64url_decode_plain(text, octets);
}
#endif
