/* SPDX-License-Identifier: BSD-3-Clause */
/* The values of `lwm2m` and `b`. */
#include "values.h"

bool rdl_version_parse_any(struct rdl_span text, struct rdl_version *version)
{
	const uint8_t *dot = text.len > 0 ? memchr(text.data, '.', text.len) : NULL;
	uint64_t major, minor;

	if (dot == NULL)
		return false;
	size_t head = (size_t)(dot - text.data);
	if (!rdl_decimal((struct rdl_span){ text.data, head }, UINT32_MAX, &major) ||
		!rdl_decimal((struct rdl_span){ dot + 1, text.len - head - 1 }, UINT32_MAX, &minor))
		return false;
	version->major = (uint32_t)major;
	version->minor = (uint32_t)minor;
	return true;
}

static const char letters[] = " UQSMHTN"; /* index is the stored nibble; 0 is none */

static uint32_t letter(uint8_t c)
{
	static const uint8_t nibbles[32] = {
		['U' - '@'] = 1,
		['Q' - '@'] = 2,
		['S' - '@'] = 3,
		['M' - '@'] = 4,
		['H' - '@'] = 5,
		['T' - '@'] = 6,
		['N' - '@'] = 7,
	};

	return (c & 0xe0) == '@' ? nibbles[c & 0x1f] : 0;
}

#define U 1u /* nibbles of the letters above */
#define Q 2u
#define S 3u
#define M 4u
#define H 5u
/*
 * LwM2M TS 1.0 section 5.3.1.1: six values and no other. Those with a Q are in use with later
 * versions, too, whose own way to say it is a parameter; the change request's Table 6 ties the
 * letter to no version.
 */
static const rdl_binding bindings_1_0[] = {
	U,
	U | Q << 4,
	S,
	S | Q << 4,
	U | S << 4,
	U | Q << 4 | S << 8,
};

bool rdl_binding_parse(
	struct rdl_span text, unsigned minor, unsigned server_minor, rdl_binding *binding)
{
	rdl_binding packed = 0;
	uint32_t seen = 0;

	if (text.len == 0 || text.len >= RDL_BINDING_TEXT)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint32_t l = letter(text.data[i]);

		if (l == 0 || (seen & 1u << l) != 0)
			return false;
		seen |= 1u << l;
		packed |= l << (4 * i);
	}
	*binding = packed;
	if (minor > 0 && (seen & 1u << Q) == 0)
		return server_minor >= 2 || (seen & (1u << M | 1u << H)) == 0;
	for (size_t i = 0; i < RDL_ARRAY_LEN(bindings_1_0); i++)
		if (packed == bindings_1_0[i])
			return true;
	return false;
}

bool rdl_binding_queue(rdl_binding binding)
{
	for (; binding != 0; binding >>= 4)
		if ((binding & 15) == Q)
			return true;
	return false;
}

void rdl_binding_text(rdl_binding binding, char text[RDL_BINDING_TEXT])
{
	for (; binding != 0; binding >>= 4)
		*text++ = letters[binding & 15];
	*text = '\0';
}
