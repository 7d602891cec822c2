/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#define DIGITS "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"

/* The octets of what makes the number in front of `p` a real one; `digits` of it came before. */
static size_t real_part(const char *p, size_t digits)
{
	const char *start = p;

	if (*p == '.')
		p += 1 + strspn(p + 1, DIGITS);
	if ((p > start || digits > 0) && (*p == 'e' || *p == 'E')) {
		const char *exponent = p + 1;

		exponent += *exponent == '+' || *exponent == '-';
		size_t len = strspn(exponent, DIGITS);
		if (len > 0)
			p = exponent + len;
	}
	return (size_t)(p - start);
}

/* A digit's value; hex digits of either case. */
static unsigned digit_value(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

static bool fits(const char *digits, size_t count, unsigned base, uint64_t max)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++)
		if (__builtin_mul_overflow(value, base, &value) ||
			__builtin_add_overflow(value, digit_value(digits[i]), &value))
			return false;
	return value <= max;
}

struct rdl_conf_literal rdl_conf_literal(const char *text)
{
	const char *digits = text;
	bool negative = *text == '-';
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') &&
		   strspn(text + 2, HEX_DIGITS) > 0;

	if (hex)
		digits += 2;
	else if (*text == '+' || *text == '-')
		digits++;
	size_t count = strspn(digits, hex ? HEX_DIGITS : DIGITS);
	const char *end = digits + count;
	size_t real = hex ? 0 : real_part(end, count);
	if (real > 0)
		return (struct rdl_conf_literal){ .len = (size_t)(end + real - text),
			.real = true };
	if (count == 0)
		return (struct rdl_conf_literal){ 0 };
	bool wide = *end == 'L';
	if (wide)
		end += end[1] == 'L' ? 2 : 1;
	return (struct rdl_conf_literal){
		.len = (size_t)(end - text),
		.wide = wide,
		.fits_32 = fits(digits, count, hex ? 16 : 10, (uint64_t)INT32_MAX + negative),
		.fits_64 = fits(digits, count, hex ? 16 : 10, (uint64_t)INT64_MAX + negative),
	};
}
