/* SPDX-License-Identifier: BSD-3-Clause */
#include "coap.h"

#include <assert.h>

enum rdl_coap_verdict rdl_coap_parse(struct rdl_span datagram, struct rdl_coap_message *message)
{
	const uint8_t *header = datagram.data;

	assert(datagram.len <= UINT16_MAX);
	if (datagram.len < RDL_COAP_HEADER_LEN)
		return RDL_COAP_SHORT;
	if (header[0] >> 6 != 1)
		return RDL_COAP_VERSION;
	message->type = header[0] >> 4 & 3;
	message->code = header[1];
	message->message_id = rdl_get_be16(header + 2);

	size_t token_len = header[0] & 15;
	size_t left = datagram.len - RDL_COAP_HEADER_LEN;
	if (token_len > RDL_COAP_TOKEN_MAX || token_len > left)
		return RDL_COAP_FORMAT;
	if (message->code == RDL_COAP_EMPTY && left > 0)
		return RDL_COAP_FORMAT;
	message->token_len = (uint8_t)token_len;
	message->token = header + RDL_COAP_HEADER_LEN;
	message->rest = (struct rdl_span){ message->token + token_len, left - token_len };
	return RDL_COAP_MESSAGE;
}
