/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The option iterator, inline: every option of every request goes through it. Part of coap.h, which
 * is what callers include.
 */
#ifndef RDL_COAP_OPTIONS_H
#define RDL_COAP_OPTIONS_H

#include "coap.h"

/*
 * Completes a delta or length whose nibble is above 12 with its one or two further octets. False
 * when they are not there, or when the nibble is the reserved 15.
 */
static inline bool rdl_coap_option_extend(const uint8_t **pos, size_t *left, uint32_t *value)
{
	size_t octets = *value - 12;

	if (*value == 15 || *left < octets)
		return false;
	*value = octets == 1 ? 13u + **pos : 269u + rdl_get_be16(*pos);
	*pos += octets;
	*left -= octets;
	return true;
}

static inline int rdl_coap_option_next(
	struct rdl_coap_options *options, struct rdl_coap_option *option)
{
	const uint8_t *pos = options->pos;
	size_t left = (size_t)(options->end - pos);

	if (left == 0)
		return 0;
	uint32_t delta = *pos >> 4;
	uint32_t len = *pos & 15;
	pos++;
	left--;

	/* One octet of header is the rule; only names and queries above 12 octets need more. */
	if (RDL_UNLIKELY(delta > 12 || len > 12)) {
		if (delta == 15 && len == 15) {
			if (left == 0)
				return RDL_MALFORMED;
			options->pos = pos;
			return 0;
		}
		if (delta > 12 && !rdl_coap_option_extend(&pos, &left, &delta))
			return RDL_MALFORMED;
		if (len > 12 && !rdl_coap_option_extend(&pos, &left, &len))
			return RDL_MALFORMED;
	}

	uint32_t number = options->number + delta;
	if (RDL_UNLIKELY(len > left || number > UINT16_MAX))
		return RDL_MALFORMED;
	option->number = (uint16_t)number;
	option->len = (uint16_t)len;
	option->value = pos;
	options->pos = pos + len;
	options->number = number;
	return 1;
}

#endif
