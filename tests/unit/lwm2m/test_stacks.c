/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What devices' stacks hold of a reply, and that all of ours fit all of them: token, options,
 * order, length, payload. As their sources have it, unless a build sets more.
 */
#include "support.h"

#include "lwm2m.h"

#define ANY 65535

struct stack {
	const char *name;
	unsigned option; /* octets of an option's value */
	unsigned paths; /* Location-Path options; less than two are an error to some */
	unsigned joined; /* octets of them with a slash between */
	unsigned segment; /* octets of the last one */
	unsigned message; /* octets of a message */
};

static const struct stack stacks[] = {
	/*
	 * COAP_EXTENDED_OPTIONS_LEN off: the client stops at a longer option. server_ep ends with a
	 * NUL.
	 */
	{ "Zephyr", 12, 2, ANY, 32, 256 },
	/*
	 * LWM2M_RD_CLIENT_ASSIGNED_ENDPOINT_MAX_LEN 15, a NUL among them: the client registers
	 * again for ever.
	 */
	{ "Contiki-NG", ANY, 2, 14, ANY, 128 },
	/*
	 * Before November 2020, 64 bits, optimised: a length of more than four bits is misread, and
	 * answered with 4.00.
	 */
	{ "Wakaama, old", 12, ANY, ANY, ANY, 1024 },
	/* LWM2M_CLIENT_RCV_BUFFER_SIZE */
	{ "Wakaama on RIOT", ANY, ANY, ANY, ANY, 200 },
	/* CONFIG_GCOAP_PDU_BUF_SIZE; CONFIG_NANOCOAP_URI_MAX 64 for a slash, the path and a NUL */
	{ "RIOT, cord_ep", ANY, ANY, 62, ANY, 128 },
	/* ANJ_COAP_MAX_LOCATION_PATHS_NUMBER, ANJ_COAP_MAX_LOCATION_PATH_SIZE */
	{ "Anjay Lite", ANY, 2, ANY, 40, 1024 },
	{ "Anjay", ANY, ANY, ANY, 64, 1024 },
	{ "Leshan", ANY, ANY, ANY, ANY, 1024 },
};

/* One option, read by the letter of RFC 7252 section 3.1. */
struct option {
	unsigned number, len;
	const uint8_t *value;
};

struct parsed {
	unsigned token_len, count, payload_len;
	struct option options[8];
};

static unsigned extended(const uint8_t **pos, unsigned nibble)
{
	unsigned value = nibble;

	assert_true(nibble < 15);
	if (nibble == 13) {
		value = 13u + **pos;
		*pos += 1;
	} else if (nibble == 14) {
		value = 269u + rdl_get_be16(*pos);
		*pos += 2;
	}
	return value;
}

static struct parsed parse(const uint8_t *octets, size_t len)
{
	const uint8_t *pos = octets + 4 + (octets[0] & 15), *end = octets + len;
	struct parsed p = { .token_len = octets[0] & 15 };
	unsigned number = 0;

	while (pos < end && *pos != 0xff) {
		uint8_t head = *pos++;

		assert_in_range(p.count, 0, RDL_ARRAY_LEN(p.options) - 1);
		number += extended(&pos, head >> 4);
		struct option *option = &p.options[p.count++];
		option->number = number;
		option->len = extended(&pos, head & 15);
		option->value = pos;
		pos += option->len;
	}
	assert_true(pos <= end);
	if (pos < end)
		p.payload_len = (unsigned)(end - pos) - 1;
	return p;
}

#define CHECK_STACK(stack, condition)                                            \
	do {                                                                     \
		if (!(condition))                                                \
			fail_msg("%s: %s: %s", (stack)->name, what, #condition); \
	} while (0)

/* The reply fits the stack; `block1`: the request had one. */
static void expect_fits(
	const struct stack *stack, const char *what, const uint8_t *octets, size_t len, bool block1)
{
	struct parsed p = parse(octets, len);
	uint8_t code = octets[1];
	unsigned paths = 0, joined = 0, last = 0;

	CHECK_STACK(stack, len <= stack->message);
	for (unsigned i = 0; i < p.count; i++) {
		const struct option *option = &p.options[i];

		CHECK_STACK(stack, option->len <= stack->option);
		CHECK_STACK(stack, option->number == RDL_COAP_LOCATION_PATH ||
					   (option->number == RDL_COAP_BLOCK1 && block1) ||
					   (option->number == RDL_COAP_SIZE1 && code == 0x8d));
		if (option->number != RDL_COAP_LOCATION_PATH)
			continue;
		CHECK_STACK(stack,
			paths > 0 || (option->len == 2 && memcmp(option->value, "rd", 2) == 0));
		joined += option->len + (paths > 0);
		last = option->len;
		paths++;
	}
	CHECK_STACK(stack, paths == (code == RDL_COAP_CREATED ? 2 : 0));
	CHECK_STACK(
		stack, paths <= stack->paths && joined <= stack->joined && last <= stack->segment);
	/* What succeeds says it by its code alone. */
	CHECK_STACK(stack, code >> 5 != 2 || p.payload_len == 0);
}

/* A request of this token, with all the room that a frame gives. */
static struct rdl_reply begin(
	uint8_t octets[256], unsigned token_len, unsigned type, uint32_t block1)
{
	memset(octets, 0xee, 256);
	octets[0] = (uint8_t)(0x40 | type << 4 | token_len);
	octets[1] = RDL_COAP_POST;
	for (unsigned i = 0; i < token_len; i++)
		octets[4 + i] = (uint8_t)(0xa0 + i);
	return (struct rdl_reply){ .coap = octets, .coap_len = 200, .room = 256, .block1 = block1 };
}

static void expect_all(const char *what, const struct rdl_reply *reply, unsigned token_len)
{
	/*
	 * The token comes back whole, of whatever length: clients know their request by nothing
	 * else.
	 */
	assert_int_equal(reply->coap[0] & 15, token_len);
	for (unsigned i = 0; i < token_len; i++)
		assert_int_equal(reply->coap[4 + i], 0xa0 + i);
	for (size_t s = 0; s < RDL_ARRAY_LEN(stacks); s++)
		expect_fits(&stacks[s], what, reply->coap, reply->len,
			reply->block1 != RDL_BLOCK1_NONE);
}

static const uint32_t blocks[] = { RDL_BLOCK1_NONE, 0, 0x06, 0x7ff6, 0xfffff6 };

static void test_successes(void **state)
{
	static const struct {
		uint8_t code;
		const char *what;
	} codes[] = { { RDL_COAP_CREATED, "2.01" }, { RDL_COAP_CHANGED, "2.04" },
		{ RDL_COAP_DELETED, "2.02" }, { RDL_COAP_CONTINUE, "2.31" } };
	struct rdl_location location = { 0xff123456, 2, true, RDL_GENERATION_MAX };
	uint8_t octets[256], id[RDL_LOCATION_LEN];
	struct rdl_speck key;

	rdl_speck_expand(&key, &(struct rdl_key){ 1, 2 });
	rdl_location_encode(&key, &location, id);
	for (size_t c = 0; c < RDL_ARRAY_LEN(codes); c++)
		for (unsigned token_len = 0; token_len <= RDL_COAP_TOKEN_MAX; token_len++)
			for (size_t b = 0; b < RDL_ARRAY_LEN(blocks); b++) {
				struct rdl_reply reply = begin(octets, token_len,
					token_len & 1 ? RDL_COAP_NON : 0, blocks[b]);

				rdl_reply_write(&reply, codes[c].code,
					codes[c].code == RDL_COAP_CREATED ? id : NULL);
				expect_all(codes[c].what, &reply, token_len);
			}
}

/* Every refusal at its longest: a name, a number, a size, a block. */
static void test_refusals(void **state)
{
	static const uint8_t name[] =
		"a-parameter-of-a-name-that-is-longer-than-anybody-wants-to-see";
	uint8_t octets[256];

	for (int reason = RDL_REASON_NONE + 1; reason < RDL_REASON_COUNT; reason++)
		for (unsigned token_len = 0; token_len <= RDL_COAP_TOKEN_MAX; token_len += 4)
			for (size_t b = 0; b < RDL_ARRAY_LEN(blocks); b++) {
				struct rdl_reply reply =
					begin(octets, token_len, RDL_COAP_CON, blocks[b]);
				struct rdl_request request = { .reason = (uint8_t)reason };

				reply.size1 = UINT32_MAX;
				request.detail =
					(struct rdl_detail){ name, sizeof(name) - 1, UINT32_MAX };
				rdl_reply_refuse(&reply, &request, true, SIZE_MAX);
				expect_all(rdl_reason_text((enum rdl_reason)reason), &reply,
					token_len);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_successes),
		cmocka_unit_test(test_refusals),
	};

	return RUN_TESTS(tests);
}
