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
	return octet >= 0x20 && octet < 0x80 && octet != '"' && octet != '\\';
}

/* Octets of the well-formed sequence of more than one that begins here; 0: none does. */
static size_t sequence_len(const uint8_t *data, size_t len)
{
	size_t n = data[0] >= 0xf0 ? 4 : data[0] >= 0xe0 ? 3 : 2;

	return data[0] >= 0x80 && n <= len && rdl_utf8_valid(data, n) ? n : 0;
}

static void escape(struct rdl_cursor *c, uint8_t octet)
{
	static const char digits[] = "0123456789abcdef";

	if (octet == '"' || octet == '\\') {
		rdl_cursor_u8(c, '\\');
		rdl_cursor_u8(c, octet);
	} else {
		rdl_cursor_bytes(c, "\\u00", 4);
		rdl_cursor_u8(c, (uint8_t)digits[octet >> 4]);
		rdl_cursor_u8(c, (uint8_t)digits[octet & 15]);
	}
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
		n = sequence_len(data + i, len - i);
		if (n > 0)
			rdl_cursor_bytes(c, data + i, n);
		else if (data[i] < 0x80)
			escape(c, data[i]);
		else
			rdl_cursor_bytes(c, "\xef\xbf\xbd", 3);
		i += n > 0 ? n : 1;
	}
	rdl_cursor_u8(c, '"');
}
