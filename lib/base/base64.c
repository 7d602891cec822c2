/* SPDX-License-Identifier: BSD-3-Clause */
#include "base.h"

static const uint8_t alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void rdl_cursor_base64(struct rdl_cursor *c, struct rdl_span octets)
{
	uint8_t *to = rdl_cursor_take(c, rdl_base64_len(octets.len));
	const uint8_t *from = octets.data;
	size_t left = octets.len;

	if (to == NULL)
		return;
	for (; left >= 3; left -= 3, from += 3, to += 4) {
		uint32_t bits = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];

		for (unsigned i = 0; i < 4; i++)
			to[i] = alphabet[bits >> (18 - 6 * i) & 63];
	}
	if (left == 0)
		return;
	uint32_t bits = (uint32_t)from[0] << 16 | (left == 2 ? (uint32_t)from[1] << 8 : 0);

	to[0] = alphabet[bits >> 18];
	to[1] = alphabet[bits >> 12 & 63];
	to[2] = left == 2 ? alphabet[bits >> 6 & 63] : '=';
	to[3] = '=';
}

/* 64: no character of the alphabet. */
static uint32_t value_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)c - 'A';
	if (c >= 'a' && c <= 'z')
		return (uint32_t)c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return (uint32_t)c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* Four characters, of which the last `padding` are padding, as 24 bits; false: they are none. */
static bool read_four(const uint8_t *from, unsigned padding, uint32_t *bits)
{
	uint32_t all = 0;

	*bits = 0;
	for (unsigned i = 0; i < 4; i++) {
		uint32_t value = i < 4 - padding ? value_of(from[i]) : 0;

		all |= value;
		*bits = *bits << 6 | (value & 63);
	}
	/* What the padding stands for says nothing. */
	return (all & 64) == 0 && (*bits & ((1u << 8 * padding) - 1)) == 0;
}

bool rdl_base64_decode(struct rdl_span text, uint8_t *octets, size_t room, size_t *len)
{
	unsigned padding = 0;
	uint32_t bits;

	*len = 0;
	if (text.len % 4 != 0)
		return false;
	while (padding < 2 && text.len > 0 && text.data[text.len - 1 - padding] == '=')
		padding++;
	size_t whole = text.len / 4 * 3 - padding;
	if (whole > room)
		return false;
	for (size_t at = 0; at < text.len; at += 4) {
		unsigned pad = at + 4 == text.len ? padding : 0;

		if (!read_four(text.data + at, pad, &bits))
			return false;
		for (unsigned i = 0; i < 3 - pad; i++)
			octets[(*len)++] = (uint8_t)(bits >> (16 - 8 * i));
	}
	return true;
}
