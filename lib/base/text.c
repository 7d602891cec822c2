/* SPDX-License-Identifier: BSD-3-Clause */
#include "base.h"

/*
 * Octets of a well-formed sequence that starts with `lead`,
 * and the range that its second octet must lie in.
 */
static unsigned utf8_sequence(uint8_t lead, uint8_t *low, uint8_t *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef) {
		if (lead == 0xe0)
			*low = 0xa0; /* overlong */
		if (lead == 0xed)
			*high = 0x9f; /* surrogates */
		return 3;
	}
	if (lead >= 0xf0 && lead <= 0xf4) {
		if (lead == 0xf0)
			*low = 0x90;
		if (lead == 0xf4)
			*high = 0x8f; /* above U+10FFFF */
		return 4;
	}
	return 0;
}

/* True when none of the eight octets is NUL or has its top bit set. */
static bool plain_ascii(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101u;

	return (((word - ones) | word) & ones << 7) == 0;
}

bool rdl_utf8_valid(const uint8_t *data, size_t len)
{
	uint64_t word;

	while (len >= 8) {
		memcpy(&word, data, 8);
		if (!plain_ascii(word))
			break;
		data += 8;
		len -= 8;
	}
	while (len > 0) {
		uint8_t low, high;

		if (data[0] != 0 && data[0] < 0x80) {
			data++;
			len--;
			continue;
		}
		unsigned octets = utf8_sequence(data[0], &low, &high);
		if (octets == 0 || len < octets || data[1] < low || data[1] > high)
			return false;
		for (unsigned i = 2; i < octets; i++)
			if ((data[i] & 0xc0) != 0x80)
				return false;
		data += octets;
		len -= octets;
	}
	return true;
}

bool rdl_decimal(struct rdl_span text, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;
	bool over = false;

	if (text.len == 0)
		return false;
	if (RDL_LIKELY(text.len < 20)) { /* nothing can wrap */
		for (size_t i = 0; i < text.len; i++) {
			unsigned digit = (unsigned)text.data[i] - '0';

			if (digit > 9)
				return false;
			v = v * 10 + digit;
		}
		*value = v < max ? v : max;
		return true;
	}
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned)text.data[i] - '0';
		uint64_t next;

		if (digit > 9)
			return false;
		if (__builtin_mul_overflow(v, 10, &next) ||
			__builtin_add_overflow(next, digit, &next) || next > max)
			over = true;
		if (!over)
			v = next;
	}
	*value = over ? max : v;
	return true;
}

bool rdl_glob_match(struct rdl_span pattern, struct rdl_span text)
{
	size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;

	while (t < text.len) {
		if (p < pattern.len && pattern.data[p] == '*') {
			star = p++;
			resume = t;
		} else if (p < pattern.len &&
			   (pattern.data[p] == '?' || pattern.data[p] == text.data[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			/*
			 * Only the last star need give way:
			 * what the earlier ones took stays right.
			 */
			p = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.data[p] == '*')
		p++;
	return p == pattern.len;
}

bool rdl_glob_is_pattern(struct rdl_span text)
{
	return memchr(text.data, '*', text.len) != NULL || memchr(text.data, '?', text.len) != NULL;
}
