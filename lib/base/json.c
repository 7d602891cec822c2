/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing text and JSON strings. */
#include "base.h"

void rdl_cursor_text(struct rdl_cursor *c, const char *text)
{
	rdl_cursor_bytes(c, text, strlen(text));
}

void rdl_cursor_decimal(struct rdl_cursor *c, uint64_t value)
{
	char digits[20];
	unsigned at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	rdl_cursor_bytes(c, digits + at, sizeof(digits) - at);
}

/* Stands for itself in a JSON string, and is a character of one octet. */
static bool is_plain(uint8_t octet)
{
	return octet >= 0x20 && octet < 0x7f && octet != '"' && octet != '\\';
}

static void escape(struct rdl_cursor *c, uint32_t unit)
{
	static const char digits[] = "0123456789abcdef";

	rdl_cursor_text(c, "\\u");
	for (int shift = 12; shift >= 0; shift -= 4)
		rdl_cursor_u8(c, (uint8_t)digits[unit >> shift & 15]);
}

/* The first character of `text`, which is not plain; returns its octets. */
static size_t put_character(struct rdl_cursor *c, struct rdl_span text)
{
	uint32_t character;
	bool printable;
	size_t n = rdl_character(text, &character, &printable);

	if (text.data[0] == '"' || text.data[0] == '\\') {
		rdl_cursor_u8(c, '\\');
		rdl_cursor_u8(c, text.data[0]);
	} else if (printable) {
		rdl_cursor_bytes(c, text.data, n);
	} else if (n == 1 && text.data[0] >= 0x80) {
		rdl_cursor_bytes(c, "\xef\xbf\xbd", 3);
	} else if (character > 0xffff) {
		escape(c, 0xd800 + ((character - 0x10000) >> 10));
		escape(c, 0xdc00 + (character & 0x3ff));
	} else {
		escape(c, character);
	}
	return n;
}

void rdl_cursor_json(struct rdl_cursor *c, struct rdl_span octets)
{
	const uint8_t *data = octets.data;
	size_t len = octets.len;

	rdl_cursor_u8(c, '"');
	for (size_t i = 0; i < len;) {
		size_t n = i;

		while (n < len && is_plain(data[n]))
			n++;
		rdl_cursor_bytes(c, data + i, n - i);
		i = n;
		if (i == len)
			break;
		i += put_character(c, (struct rdl_span){ data + i, len - i });
	}
	rdl_cursor_u8(c, '"');
}
