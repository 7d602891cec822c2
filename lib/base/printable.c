/* SPDX-License-Identifier: BSD-3-Clause */
/* What a terminal should not be given. */
#include "base.h"

/*
 * Controls, and characters that turn the direction of text, end a line, or take no place of their
 * own (Unicode 15: general categories Cc, Cf, Zl, Zp, and what else is
 * Default_Ignorable_Code_Point).
 */
static const uint32_t hidden[][2] = {
	{ 0x0000, 0x001f },
	{ 0x007f, 0x009f },
	{ 0x00ad, 0x00ad },
	{ 0x034f, 0x034f },
	{ 0x0600, 0x0605 },
	{ 0x061c, 0x061c },
	{ 0x06dd, 0x06dd },
	{ 0x070f, 0x070f },
	{ 0x0890, 0x0891 },
	{ 0x08e2, 0x08e2 },
	{ 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },
	{ 0x200b, 0x200f },
	{ 0x2028, 0x202e },
	{ 0x2060, 0x206f },
	{ 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f },
	{ 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },
	{ 0x110bd, 0x110bd },
	{ 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f },
	{ 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff },
};

/* Octets of the well-formed sequence that begins `text`, and its character; 0: none does. */
static size_t first_character(struct rdl_span text, uint32_t *character)
{
	uint8_t lead = text.data[0];
	size_t n = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

	*character = lead;
	if (lead == 0)
		return 1;
	if (n > text.len || !rdl_utf8_valid(text.data, n))
		return 0;
	if (n > 1)
		*character = lead & (0x7fu >> n);
	for (size_t i = 1; i < n; i++)
		*character = *character << 6 | (text.data[i] & 0x3f);
	return n;
}

size_t rdl_character(struct rdl_span text, uint32_t *character, bool *printable)
{
	*printable = false;
	if (text.len == 0)
		return 0;
	size_t n = first_character(text, character);
	if (n == 0)
		return 1;
	for (size_t i = 0; i < RDL_ARRAY_LEN(hidden); i++)
		if (*character >= hidden[i][0] && *character <= hidden[i][1])
			return n;
	*printable = true;
	return n;
}

size_t rdl_printable_copy(char *to, struct rdl_span text)
{
	uint32_t character;
	bool printable;
	size_t n, len = 0;

	while ((n = rdl_character(text, &character, &printable)) > 0) {
		if (printable)
			memcpy(to + len, text.data, n);
		else
			to[len] = '?';
		len += printable ? n : 1;
		text.data += n;
		text.len -= n;
	}
	to[len] = '\0';
	return len;
}
