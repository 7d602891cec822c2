/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies inside a secure record: they begin where its header ends, and leave room for its tag. */
#include "support.h"

#include "lwm2m.h"

static const uint8_t location[RDL_LOCATION_LEN + 1] = "abcdefghijk";

#define REQUEST_HEAD 29 /* of a DTLS record with a connection ID of eight octets */
#define TAIL 8
/* Without a connection ID, with one as long as ours, with the longest that is answered. */
static const uint8_t heads[] = { 21, REQUEST_HEAD, 44 };

#define TOKEN "\xa1\xb2"
#define REQUEST "\x42\x02\x12\x34" TOKEN

enum kind { PLAIN, LOCATED, BLOCK, REFUSED, NAMED, DISCOVERY, KINDS };

/* What a reply of this kind is, alone in its datagram. */
static void write_kind(struct rdl_reply *reply, enum kind kind, const uint8_t *named)
{
	struct rdl_request request = { .reason = RDL_REASON_version };

	switch (kind) {
	case PLAIN:
		rdl_reply_write(reply, RDL_COAP_CHANGED, NULL);
		return;
	case LOCATED:
		rdl_reply_write(reply, RDL_COAP_CREATED, location);
		return;
	case BLOCK:
		reply->block1 = 0x22;
		rdl_reply_write(reply, RDL_COAP_CONTINUE, NULL);
		return;
	case NAMED:
		request.reason = RDL_REASON_unknown_parameter;
		request.detail = (struct rdl_detail){ named, 3, 0 };
		break;
	case DISCOVERY:
		rdl_reply_discovery(reply);
		return;
	case REFUSED:
	case KINDS:
		break;
	}
	rdl_reply_refuse(reply, &request, true, SIZE_MAX);
}

static size_t alone(enum kind kind, uint8_t octets[128])
{
	memcpy(octets, REQUEST "foo", sizeof(REQUEST "foo"));
	struct rdl_reply reply = { .coap = octets, .room = 128, .block1 = RDL_BLOCK1_NONE };

	write_kind(&reply, kind, octets + sizeof(REQUEST) - 1);
	return reply.len;
}

/* Exactly as much room as header, reply and tag need; what is not the reply's stays as it was. */
static void test_around(void **state)
{
	for (unsigned kind = 0; kind < KINDS; kind++)
		for (unsigned h = 0; h < RDL_ARRAY_LEN(heads); h++) {
			uint8_t want[128];
			size_t len = alone((enum kind)kind, want);
			size_t least = REQUEST_HEAD + sizeof(REQUEST "foo") - 1;
			size_t whole = heads[h] + len + TAIL;
			size_t room = whole > least ? whole : least;
			uint8_t *payload = guard_alloc(room), *request = payload + REQUEST_HEAD;

			memset(payload, 0xee, room);
			memcpy(request, REQUEST "foo", sizeof(REQUEST "foo") - 1);
			struct rdl_reply reply = { .coap = request,
				.room = (uint16_t)(room - REQUEST_HEAD),
				.block1 = RDL_BLOCK1_NONE,
				.head = heads[h],
				.tail = TAIL,
				.request_head = REQUEST_HEAD };
			write_kind(&reply, (enum kind)kind, request + sizeof(REQUEST) - 1);
			assert_ptr_equal(reply.coap, payload + heads[h]);
			assert_int_equal(reply.len, len);
			assert_int_equal(reply.room, room - heads[h] - TAIL);
			assert_memory_equal(reply.coap, want, len);
			assert_int_equal(rdl_reply_around(&reply), heads[h] + TAIL);
			for (size_t i = 0; i < REQUEST_HEAD && i < heads[h]; i++)
				assert_int_equal(payload[i], 0xee);
			for (size_t i = heads[h] + len; i < room; i++)
				assert_true(payload[i] == 0xee || i < least);
			guard_free(payload, room);
		}
}

static void test_none(void **state)
{
	struct rdl_reply reply = { .tail = 0 };

	assert_int_equal(rdl_reply_around(&reply), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_none),
	};

	return RUN_TESTS(tests);
}
