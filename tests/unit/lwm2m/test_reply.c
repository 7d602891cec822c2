/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies, octet by octet, and the code and text of every reason to refuse. */
#include <stdio.h>

#include "support.h"

#include "lwm2m.h"

static const uint8_t location[RDL_LOCATION_LEN + 1] = "abcdefghijk";

/* For a request of token a1 b2, exactly as much room as its reply needs. */
static struct rdl_reply begin(uint8_t type, size_t room)
{
	uint8_t *coap = guard_alloc(room);

	assert_true(room >= 6);
	memset(coap, 0xee, room);
	memcpy(coap, "\x42\x02\x12\x34\xa1\xb2", 6);
	coap[0] |= (uint8_t)(type << 4);
	return (struct rdl_reply){
		.coap = coap,
		.coap_len = 6,
		.room = (uint16_t)room,
		.id_mask = 0x1234 ^ 0x5678,
		.block1 = RDL_BLOCK1_NONE,
	};
}

static void expect(struct rdl_reply *reply, const char *hex, const char *text)
{
	uint8_t octets[128];
	size_t len = unhex(hex, octets, sizeof(octets));

	memcpy(octets + len, text, strlen(text));
	len += strlen(text);
	assert_int_equal(reply->len, len);
	assert_memory_equal(reply->coap, octets, len);
	guard_free(reply->coap, reply->room);
}

static void test_written(void **state)
{
	struct rdl_reply reply = begin(RDL_COAP_CON, 21);

	rdl_reply_write(&reply, RDL_COAP_CREATED, location);
	expect(&reply, "62411234a1b2 82 7264 0b", "abcdefghijk");

	reply = begin(RDL_COAP_NON, 21);
	rdl_reply_write(&reply, RDL_COAP_CREATED, location);
	expect(&reply, "52415678a1b2 82 7264 0b", "abcdefghijk");

	reply = begin(RDL_COAP_CON, 6);
	rdl_reply_write(&reply, RDL_COAP_CHANGED, NULL);
	expect(&reply, "62441234a1b2", "");

	reply = begin(RDL_COAP_NON, 6);
	rdl_reply_write(&reply, RDL_COAP_DELETED, NULL);
	expect(&reply, "52425678a1b2", "");
}

static void test_tokens(void **state)
{
	uint8_t buffer[12] = "\x48\x02\x12\x34tokentok";
	struct rdl_reply reply = {
		.coap = buffer, .room = sizeof(buffer), .block1 = RDL_BLOCK1_NONE
	};

	rdl_reply_write(&reply, RDL_COAP_CHANGED, NULL);
	assert_int_equal(reply.len, 12);
	assert_memory_equal(buffer, "\x68\x44\x12\x34tokentok", 12);
	memcpy(buffer, "\x40\x02\x12\x34", 4);
	rdl_reply_write(&reply, RDL_COAP_CHANGED, NULL);
	assert_int_equal(reply.len, 4);
	assert_memory_equal(buffer, "\x60\x44\x12\x34", 4);
}

static void test_block1(void **state)
{
	struct rdl_request request = { .reason = RDL_REASON_version };
	struct rdl_reply reply = begin(RDL_COAP_CON, 24);

	reply.block1 = 0x22;
	rdl_reply_write(&reply, RDL_COAP_CREATED, location);
	expect(&reply,
		"62411234a1b2 82 7264 0b 6162636465666768696a6b"
		"d10622",
		"");

	reply = begin(RDL_COAP_CON, 8);
	reply.block1 = 0;
	rdl_reply_write(&reply, RDL_COAP_CHANGED, NULL);
	expect(&reply, "62441234a1b2 d00e", "");

	reply = begin(RDL_COAP_CON, 11);
	reply.block1 = 0xfffff6;
	rdl_reply_write(&reply, RDL_COAP_CHANGED, NULL);
	expect(&reply, "62441234a1b2 d30e fffff6", "");

	reply = begin(RDL_COAP_CON, 9);
	reply.block1 = 0x06;
	rdl_reply_refuse(&reply, &request, false, SIZE_MAX);
	expect(&reply, "628c1234a1b2 d10e 06", "");
}

static void test_refused(void **state)
{
	struct rdl_request request = { .reason = RDL_REASON_NONE };
	struct rdl_reply reply = begin(RDL_COAP_CON, 64);

	request.reason = RDL_REASON_version;
	rdl_reply_refuse(&reply, &request, true, SIZE_MAX);
	expect(&reply, "628c1234a1b2 ff", "lwm2m: version not supported");

	reply = begin(RDL_COAP_NON, 64);
	request.reason = RDL_REASON_endpoint_barred;
	rdl_reply_refuse(&reply, &request, true, SIZE_MAX);
	expect(&reply, "52835678a1b2 ff", "ep: not allowed");

	reply = begin(RDL_COAP_CON, 6);
	request.reason = RDL_REASON_location;
	rdl_reply_refuse(&reply, &request, false, SIZE_MAX);
	expect(&reply, "62841234a1b2", "");

	reply = begin(RDL_COAP_CON, 9 + 64);
	request.reason = RDL_REASON_link_syntax;
	request.detail.number = 0;
	rdl_reply_refuse(&reply, &request, true, SIZE_MAX);
	expect(&reply, "62801234a1b2 ff", "object list: syntax error at octet 0");

	reply = begin(RDL_COAP_CON, 9 + 64);
	request.reason = RDL_REASON_link_syntax;
	reply.block1 = 0x0e;
	request.detail.number = UINT32_MAX;
	rdl_reply_refuse(&reply, &request, true, SIZE_MAX);
	expect(&reply, "62801234a1b2 d10e0e ff", "object list: syntax error at octet 4294967295");
}

static void test_discovery(void **state)
{
	struct rdl_reply reply = begin(RDL_COAP_CON, 64);

	rdl_reply_discovery(&reply);
	expect(&reply, "62451234a1b2 c128 ff", "</rd>;rt=\"core.rd\"");
}

/* The codes that the change request and RFC 7252 allow, and one short line of ASCII. */
static void test_reasons(void **state)
{
	static const uint8_t codes[] = { 0x80, 0x82, 0x83, 0x84, 0x85, 0x88, 0x8c, 0x8d, 0xa5 };

	assert_int_equal(rdl_reason_code(RDL_REASON_NONE), 0);
	assert_string_equal(rdl_reason_text(RDL_REASON_NONE), "");
	for (int reason = RDL_REASON_NONE + 1; reason < RDL_REASON_COUNT; reason++) {
		const char *text = rdl_reason_text((enum rdl_reason)reason);
		uint8_t code = rdl_reason_code((enum rdl_reason)reason);

		assert_non_null(memchr(codes, code, sizeof(codes)));
		assert_in_range(strlen(text), 1, 60);
		for (const char *p = text; *p != '\0'; p++)
			assert_in_range(*p, 0x20, 0x7e);
	}
}

static void test_reason_codes(void **state)
{
	static const struct {
		enum rdl_reason reason;
		uint8_t code;
	} cases[] = {
		{ RDL_REASON_bad_option, 0x82 },
		{ RDL_REASON_proxy, 0xa5 },
		{ RDL_REASON_path, 0x84 },
		{ RDL_REASON_location, 0x84 },
		{ RDL_REASON_method, 0x85 },
		{ RDL_REASON_delete_rd, 0x80 },
		{ RDL_REASON_version_syntax, 0x80 },
		{ RDL_REASON_version, 0x8c },
		{ RDL_REASON_repeated, 0x80 },
		{ RDL_REASON_unknown_parameter, 0x80 },
		{ RDL_REASON_endpoint_missing, 0x80 },
		{ RDL_REASON_endpoint_syntax, 0x80 },
		{ RDL_REASON_lifetime_syntax, 0x80 },
		{ RDL_REASON_binding, 0x80 },
		{ RDL_REASON_queue, 0x80 },
		{ RDL_REASON_sms, 0x80 },
		{ RDL_REASON_update_parameter, 0x80 },
		{ RDL_REASON_update_mismatch, 0x80 },
		{ RDL_REASON_block_size, 0x80 },
		{ RDL_REASON_block_length, 0x80 },
		{ RDL_REASON_block_gap, 0x88 },
		{ RDL_REASON_too_large, 0x8d },
		{ RDL_REASON_endpoint_unknown, 0x80 },
		{ RDL_REASON_endpoint_unknown_forbidden, 0x83 },
		{ RDL_REASON_endpoint_barred, 0x83 },
		{ RDL_REASON_endpoint_secured, 0x83 },
		{ RDL_REASON_endpoint_identity, 0x80 },
		{ RDL_REASON_other_identity, 0x80 },
		{ RDL_REASON_content_format, 0x80 },
		{ RDL_REASON_payload_missing, 0x80 },
		{ RDL_REASON_link_syntax, 0x80 },
		{ RDL_REASON_root_length, 0x80 },
		{ RDL_REASON_links_too_many, 0x8d },
		{ RDL_REASON_security_object, 0x80 },
		{ RDL_REASON_mandatory_objects, 0x80 },
	};

	assert_int_equal(RDL_ARRAY_LEN(cases), RDL_REASON_COUNT - 1);
	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		assert_int_equal(cases[i].reason, i + 1);
		assert_int_equal(rdl_reason_code(cases[i].reason), cases[i].code);
	}
}

/* What else a refusal can say. */
static void test_detailed(void **state)
{
	static const struct {
		enum rdl_reason reason;
		uint32_t number;
		const char *text;
	} cases[] = {
		{ RDL_REASON_bad_option, 63, "option not understood: 63" },
		{ RDL_REASON_bad_option, 65535, "option not understood: 65535" },
		{ RDL_REASON_link_syntax, 12, "object list: syntax error at octet 12" },
		{ RDL_REASON_link_syntax, UINT32_MAX,
			"object list: syntax error at octet 4294967295" },
		{ RDL_REASON_mandatory_objects, RDL_MISSING_SERVER,
			"object list: without object 1" },
		{ RDL_REASON_mandatory_objects, RDL_MISSING_DEVICE,
			"object list: without object 3" },
		{ RDL_REASON_mandatory_objects, RDL_MISSING_SERVER | RDL_MISSING_DEVICE,
			"object list: without object 1 and object 3" },
		{ RDL_REASON_too_large, 8192, "payload too large" },
		{ RDL_REASON_path, 7, "no such path" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		uint8_t text[RDL_REASON_TEXT_MAX];
		struct rdl_cursor out = rdl_cursor(text, sizeof(text));

		rdl_reason_write(&out, cases[i].reason,
			&(struct rdl_detail){ (const uint8_t *)"x", 1, cases[i].number });
		assert_false(out.failed);
		assert_true(rdl_span_equal((struct rdl_span){ text, (size_t)(out.pos - text) },
			span_of(cases[i].text)));
	}
}

/* Which parameter: its name follows, no longer than it need be, printable. */
static void test_named_parameter(void **state)
{
	static const struct {
		const char *name, *shown;
	} cases[] = {
		{ "foo", ": foo" },
		{ "", "" },
		{ "a\x01\xc3\xa9%", ": a???%" },
		{ "0123456789abcdef0123456789abcdefXYZ", ": 0123456789abcdef0123456789abcdef" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		uint8_t octets[128] = { 0x40, 2, 0, 1 };
		struct rdl_reply reply = {
			.coap = octets, .room = sizeof(octets), .block1 = RDL_BLOCK1_NONE
		};
		struct rdl_request request = {
			.reason = RDL_REASON_unknown_parameter,
			/* It stands where the reply will: it must be read before. */
			.detail = { octets + 5, (uint32_t)strlen(cases[i].name), 0 },
		};
		const char *text = rdl_reason_text(RDL_REASON_unknown_parameter);

		memcpy(octets + 5, cases[i].name, strlen(cases[i].name));
		rdl_reply_refuse(&reply, &request, true, SIZE_MAX);
		assert_int_equal(reply.len, 5 + strlen(text) + strlen(cases[i].shown));
		assert_memory_equal(octets + 5, text, strlen(text));
		assert_memory_equal(
			octets + 5 + strlen(text), cases[i].shown, strlen(cases[i].shown));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_block1),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_discovery),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_reason_codes),
		cmocka_unit_test(test_detailed),
		cmocka_unit_test(test_named_parameter),
	};

	return RUN_TESTS(tests);
}
