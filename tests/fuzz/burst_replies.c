/* SPDX-License-Identifier: BSD-3-Clause */
#include "burst_replies.h"

#include "frame.h"
#include "fuzz.h"
#include "gateway_worker.h"

/* What a reply may have behind its token. */
#define CREATED_MAX 28
#define REFUSAL_MAX (12 + 80) /* Block1, Size1; diagnostic payload */

struct rdl_span check_frame(struct rdl_span sent, struct rdl_span reply)
{
	struct test_frame f = { .len = reply.len, .protocol = 17 };

	CHECK(sent.len >= 14 && reply.len <= sizeof(f.data));
	memcpy(f.data, reply.data, reply.len);
	CHECK(memcmp(f.data, sent.data + 6, 6) == 0 && memcmp(f.data + 6, sent.data, 6) == 0);
	f.l3 = 14;
	while (rdl_get_be16(sent.data + f.l3 - 2) == 0x8100 ||
		rdl_get_be16(sent.data + f.l3 - 2) == 0x88a8)
		f.l3 += 4;
	CHECK(memcmp(f.data + 12, sent.data + 12, f.l3 - 12) == 0);

	const uint8_t *ip = f.data + f.l3, *asked = sent.data + f.l3;
	size_t left = f.len - f.l3;
	f.ipv6 = ip[0] >> 4 == 6;
	CHECK(asked[0] >> 4 == ip[0] >> 4 && left >= (f.ipv6 ? 48u : 28u));
	if (f.ipv6) {
		CHECK(rdl_get_be16(ip + 4) == left - 40 && ip[6] == 17 && ip[7] == 64);
		CHECK(memcmp(ip + 8, asked + 24, 16) == 0 && memcmp(ip + 24, asked + 8, 16) == 0);
	} else {
		CHECK(ip[0] == 0x45 && rdl_get_be16(ip + 2) == left && ip[8] == 64 && ip[9] == 17);
		CHECK(memcmp(ip + 12, asked + 16, 4) == 0 && memcmp(ip + 16, asked + 12, 4) == 0);
		CHECK(frame_sum(ip, 20, 0) == 0xffff);
	}
	f.l4 = f.l3 + (f.ipv6 ? 40 : 20);
	f.end = f.len;
	CHECK(rdl_get_be16(f.data + f.l4 + 4) == f.end - f.l4);
	CHECK(rdl_get_be16(f.data + f.l4 + 6) != 0);
	CHECK(frame_sum(f.data + f.l4, f.end - f.l4, frame_pseudo_sum(&f)) == 0xffff);
	return (struct rdl_span){ reply.data + f.l4 + 8, reply.len - f.l4 - 8 };
}

void check_message(struct rdl_span asked, struct rdl_span said)
{
	struct rdl_coap_message request, reply;
	bool answerable = rdl_coap_parse(asked, &request) == RDL_COAP_MESSAGE;

	CHECK(rdl_coap_parse(said, &reply) == RDL_COAP_MESSAGE);
	CHECK(request.type == RDL_COAP_CON || request.type == RDL_COAP_NON);
	if (reply.type == RDL_COAP_RST) {
		CHECK(request.type == RDL_COAP_CON && said.len == 4 && reply.code == 0);
		CHECK(reply.message_id == request.message_id);
		return;
	}
	CHECK(answerable && request.code > 0 && RDL_COAP_CODE_CLASS(request.code) == 0);
	CHECK(reply.type == (request.type == RDL_COAP_CON ? RDL_COAP_ACK : RDL_COAP_NON));
	CHECK(reply.message_id ==
		(request.type == RDL_COAP_CON ? request.message_id : request.message_id ^ SALT));
	CHECK(rdl_span_equal((struct rdl_span){ reply.token, reply.token_len },
		(struct rdl_span){ request.token, request.token_len }));
	unsigned class = RDL_COAP_CODE_CLASS(reply.code);
	CHECK(class == 2 || class == 4 || class == 5);
	CHECK(reply.rest.len <= (class == 2 ? CREATED_MAX : REFUSAL_MAX));
}

struct rdl_span check_content(const struct rdl_coap_message *reply)
{
	struct rdl_coap_options options = rdl_coap_options(reply);
	struct rdl_coap_option option;
	struct rdl_span location = { NULL, 0 };
	unsigned paths = 0;
	int more;

	while ((more = rdl_coap_option_next(&options, &option)) > 0) {
		struct rdl_span value = { option.value, option.len };

		if (option.number != RDL_COAP_LOCATION_PATH)
			continue;
		CHECK(paths != 0 || rdl_span_equal(value, RDL_SPAN("rd")));
		paths++;
		location = value;
	}
	CHECK(more == 0);
	CHECK(paths == (reply->code == RDL_COAP_CREATED ? 2u : 0u));
	CHECK(paths == 0 || location.len == RDL_LOCATION_LEN);
	bool speaks = RDL_COAP_CODE_CLASS(reply->code) != 2 || reply->code == RDL_COAP_CONTENT;
	CHECK(speaks || options.pos == options.end);
	for (const uint8_t *p = options.pos; p < options.end; p++)
		CHECK(*p >= 0x20 && *p < 0x7f);
	return location;
}
