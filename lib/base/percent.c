/* SPDX-License-Identifier: BSD-3-Clause */
#include "base.h"

size_t rdl_percent_encode(struct rdl_span from, char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = text;

	for (size_t i = 0; i < from.len; i++) {
		uint8_t c = from.data[i];

		if (c >= 0x20 && c <= 0x7e && c != '%') {
			*out++ = (char)c;
		} else {
			*out++ = '%';
			*out++ = digits[c >> 4];
			*out++ = digits[c & 15];
		}
	}
	*out = '\0';
	return (size_t)(out - text);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool rdl_percent_decode(const char *text, size_t len, uint8_t *out, size_t room, size_t *out_len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int value = (unsigned char)text[i];

		if (text[i] == '%') {
			if (len - i < 3 || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
				return false;
			value = hex(text[i + 1]) << 4 | hex(text[i + 2]);
			i += 2;
		}
		if (n == room)
			return false;
		out[n++] = (uint8_t)value;
	}
	*out_len = n;
	return true;
}

size_t rdl_percent_cut(const char *text, size_t len, size_t room)
{
	if (len <= room)
		return len;
	if (room >= 1 && text[room - 1] == '%')
		return room - 1;
	if (room >= 2 && text[room - 2] == '%')
		return room - 2;
	return room;
}
