/* SPDX-License-Identifier: BSD-3-Clause */
/* A datagram in words, in the form of captures.h, so that expectations are one line each. */
#ifndef RDL_TEST_DESCRIBE_H
#define RDL_TEST_DESCRIBE_H

#include "support.h"

#include "words.h"

#include "coap.h"

static inline void say_hex(struct text *text, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		say(text, "%02x", data[i]);
}

static inline void say_option(struct text *text, const struct rdl_coap_option *option)
{
	static const struct {
		uint16_t number;
		bool is_string;
		const char *name;
	} known[] = {
		{ RDL_COAP_URI_PORT, false, "Uri-Port" },
		{ RDL_COAP_LOCATION_PATH, true, "Location-Path" },
		{ RDL_COAP_URI_PATH, true, "Uri-Path" },
		{ RDL_COAP_CONTENT_FORMAT, false, "Content-Format" },
		{ RDL_COAP_URI_QUERY, true, "Uri-Query" },
		{ RDL_COAP_BLOCK1, false, "Block1" },
		{ RDL_COAP_SIZE1, false, "Size1" },
		{ RDL_COAP_REQUEST_TAG, false, "Request-Tag" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(known); i++) {
		if (known[i].number != option->number)
			continue;
		say(text, " %s=", known[i].name);
		if (known[i].is_string) {
			say(text, "%.*s", option->len, (const char *)option->value);
		} else {
			say(text, "0x");
			say_hex(text, option->value, option->len);
		}
		return;
	}
	say(text, " %u=0x", option->number);
	say_hex(text, option->value, option->len);
}

/* "short", "version", "... format", or the message, " malformed" where its options break. */
static inline void describe(struct rdl_span datagram, struct text *text)
{
	static const char *const types[] = { "CON", "NON", "ACK", "RST" };
	struct rdl_coap_message m;
	struct rdl_coap_option option;
	enum rdl_coap_verdict verdict = rdl_coap_parse(datagram, &m);
	int r;

	text->len = 0;
	if (verdict == RDL_COAP_SHORT || verdict == RDL_COAP_VERSION) {
		say(text, verdict == RDL_COAP_SHORT ? "short" : "version");
		return;
	}
	say(text, "%s %u.%02u MID=%04x", types[m.type], RDL_COAP_CODE_CLASS(m.code), m.code & 31u,
		m.message_id);
	if (verdict == RDL_COAP_FORMAT) {
		say(text, " format");
		return;
	}
	say(text, " Token=");
	say_hex(text, m.token, m.token_len);

	struct rdl_coap_options options = rdl_coap_options(&m);
	while ((r = rdl_coap_option_next(&options, &option)) > 0)
		say_option(text, &option);
	if (r < 0)
		say(text, " malformed");
	else if (options.pos != options.end)
		say(text, " | %.*s", (int)(options.end - options.pos), (const char *)options.pos);
}

#endif
