/* SPDX-License-Identifier: BSD-3-Clause */
#include "base.h"

#ifdef __AVX512VBMI__
#include <immintrin.h>
#endif

static const uint8_t alphabet[64] __attribute__((aligned(64))) =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The value of each ASCII character, or BAD, as all others have. */
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
static const uint8_t values[256]
	__attribute__((aligned(64))) = { VALUE64(0), VALUE64(64), VALUE64(128), VALUE64(192) };

#define LAST (RDL_BASE64URL_LEN - 1)

void rdl_base64url_encode_plain(uint64_t word, uint8_t text[RDL_BASE64URL_LEN])
{
	for (unsigned i = 0; i < LAST; i++)
		text[i] = alphabet[word >> (58 - 6 * i) & 63];
	text[LAST] = alphabet[word << 2 & 63];
}

bool rdl_base64url_decode_plain(const uint8_t text[RDL_BASE64URL_LEN], uint64_t *word)
{
	uint8_t last = values[text[LAST]], all = last;
	uint64_t bits = 0;

	for (unsigned i = 0; i < LAST; i++) {
		uint8_t value = values[text[i]];

		bits = bits << 6 | value;
		all |= value;
	}
	*word = bits << 4 | last >> 2;
	return ((all & BAD) | (last & 3)) == 0;
}

#ifdef __AVX512VBMI__
void rdl_base64url_encode(uint64_t word, uint8_t text[RDL_BASE64URL_LEN])
{
	/*
	 * Where each character's bits begin. The last one's are followed by the first two again,
	 * which are not its own.
	 */
	const __m128i shifts =
		_mm_set_epi8(0, 0, 0, 0, 0, 62, 4, 10, 16, 22, 28, 34, 40, 46, 52, 58);
	const __m128i own =
		_mm_set_epi8(0, 0, 0, 0, 0, 0x3c, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63);
	__m128i sixes = _mm_and_si128(
		own, _mm_multishift_epi64_epi8(shifts, _mm_set1_epi64x((long long)word)));
	__m128i characters = _mm512_castsi512_si128(_mm512_permutexvar_epi8(
		_mm512_castsi128_si512(sixes), _mm512_load_si512(alphabet)));

	_mm_storel_epi64((__m128i *)(void *)text, characters);
	_mm_storel_epi64(
		(__m128i *)(void *)(text + LAST - 7), _mm_bsrli_si128(characters, LAST - 7));
}

bool rdl_base64url_decode(const uint8_t text[RDL_BASE64URL_LEN], uint64_t *word)
{
	/*
	 * Three octets out of each four, and of the last four the lowest, which nothing is left in,
	 * out of the word's way.
	 */
	const __m128i gather = _mm_set_epi8(8, 8, 8, 8, 8, 8, 8, 8, 2, 1, 0, 6, 5, 4, 10, 9);
	__m128i characters = _mm_mask_loadu_epi8(_mm_set1_epi8('A'), 0x7ff, text);
	__m128i sixes = _mm512_castsi512_si128(_mm512_permutex2var_epi8(_mm512_load_si512(values),
		_mm512_castsi128_si512(characters), _mm512_load_si512(values + 64)));
	__m128i twelves = _mm_maddubs_epi16(sixes, _mm_set1_epi16(0x0140));
	__m128i three =
		_mm_shuffle_epi8(_mm_madd_epi16(twelves, _mm_set1_epi32(0x00011000)), gather);

	*word = (uint64_t)_mm_cvtsi128_si64(three);
	return (_mm_movemask_epi8(_mm_or_si128(sixes, characters)) |
		       (int)_mm_extract_epi64(three, 1)) == 0;
}
#else
void rdl_base64url_encode(uint64_t word, uint8_t text[RDL_BASE64URL_LEN])
{
	rdl_base64url_encode_plain(word, text);
}

bool rdl_base64url_decode(const uint8_t text[RDL_BASE64URL_LEN], uint64_t *word)
{
	return rdl_base64url_decode_plain(text, word);
}
#endif
