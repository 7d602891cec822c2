/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The input is a datagram. A message has one encoding: what is accepted must come out of the
 * builder octet for octet.
 */
#include "fuzz.h"

#include "coap.h"

static void check_option(struct rdl_span datagram, const struct rdl_coap_option *option)
{
	struct rdl_coap_block block;
	bool short_enough = rdl_coap_block(option, &block);

	CHECK(inside(datagram, option->value, option->len));
	CHECK(short_enough == (option->len <= 3));
	if (short_enough)
		CHECK(rdl_coap_block_value(block) == rdl_coap_uint(option));
}

/* Octets of the message built anew; 0 when there is none. */
static size_t rebuild(struct rdl_span datagram, uint8_t *out)
{
	struct rdl_coap_message m;
	struct rdl_coap_option option;
	struct rdl_coap_reply reply;
	int more;

	if (rdl_coap_parse(datagram, &m) != RDL_COAP_MESSAGE)
		return 0;
	CHECK(m.token_len <= RDL_COAP_TOKEN_MAX && inside(datagram, m.token, m.token_len));
	CHECK(inside(datagram, m.rest.data, m.rest.len));
	memcpy(out + RDL_COAP_HEADER_LEN, m.token, m.token_len);
	rdl_coap_reply_begin(&reply, out, datagram.len,
		(struct rdl_coap_header){ m.type, m.code, m.token_len, m.message_id });

	struct rdl_coap_options options = rdl_coap_options(&m);
	while ((more = rdl_coap_option_next(&options, &option)) > 0) {
		check_option(datagram, &option);
		rdl_coap_reply_option(&reply, option.number, option.value, option.len);
	}
	CHECK(inside(datagram, options.pos, (size_t)(options.end - options.pos)));
	if (more < 0) {
		CHECK(more == RDL_MALFORMED);
		CHECK(rdl_coap_option_next(&options, &option) == RDL_MALFORMED);
		return 0;
	}
	rdl_coap_reply_payload(&reply, options.pos, (size_t)(options.end - options.pos));
	size_t len = rdl_coap_reply_end(&reply);
	CHECK(len > 0);
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rdl_span datagram = { data, size };

	if (size > UINT16_MAX)
		return 0;
	uint8_t *out = fuzz_alloc(size + RDL_COAP_HEADER_LEN + RDL_COAP_TOKEN_MAX);
	size_t len = rebuild(datagram, out);
	if (len > 0)
		CHECK(len == size && memcmp(out, data, len) == 0);
	free(out);
	return 0;
}
