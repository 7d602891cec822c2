/* SPDX-License-Identifier: BSD-3-Clause */
/* Options that must be understood, and in which order offences count (RFC 7252 section 5.4.1). */
#include "fixture.h"

#define SILENT(name) SILENCE, RDL_STAT_drop_##name
#define BAD(name) REFUSED, RDL_REASON_##name

static void test_accepted(void **state)
{
	static const struct row rows[] = {
		{ "CON POST 2:#00 11:rd 15:ep=a" OBJECTS, REGISTER, 0 },
		{ "NON POST 2:#00 11:rd 15:ep=a 65534:x" OBJECTS, REGISTER, 0 },
		{ "CON POST 3:host 7:#1633 11:rd 15:ep=a" OBJECTS, REGISTER, 0 },
		{ "CON POST 3:*255 7:# 11:rd 15:ep=a" OBJECTS, REGISTER, 0 },
		{ "CON POST 6:# 11:rd 15:ep=a" OBJECTS, REGISTER, 0 }, /* Observe */
		{ "CON POST 11:rd 12:#28 15:ep=a" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 12:#0028 15:ep=a" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 12:#28 12:#00 15:ep=a" OBJECTS, REGISTER,
			0 }, /* second ignored */
		{ "CON POST 11:rd 12:#000028 15:ep=a" OBJECTS, REGISTER, 0 }, /* as if absent */
		{ "CON POST 11:rd 12:#000000 15:ep=a" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 15: 15:ep=a 15:" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 15:ep=a 16:#05" OBJECTS, REGISTER, 0 }, /* Hop-Limit */
		{ "CON POST 11:rd 15:ep=a 17:#3c" OBJECTS, REGISTER, 0 }, /* Accept */
		{ "CON POST 11:rd 15:ep=a 17:#0fff" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 15:ep=a 23:#06" OBJECTS, REGISTER, 0 }, /* Block2 */
		{ "CON POST 11:rd 15:ep=a 60:#0400" OBJECTS, REGISTER, 0 }, /* Size1 */
		{ "CON POST 11:rd 15:ep=a 60:#04 60:#05" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 15:ep=a 252:#01 258:#02 292:#f9" OBJECTS, REGISTER, 0 },
	};

	EXPECT_ROWS(rows);
}

static void test_critical(void **state)
{
	static const struct row rows[] = {
		{ "CON POST 9:#00 11:rd 15:ep=a" OBJECTS, BAD(bad_option) }, /* OSCORE */
		{ "CON POST 11:rd 15:ep=a 19:#0e" OBJECTS, BAD(bad_option) }, /* Q-Block1 */
		{ "CON POST 11:rd 15:ep=a 65535:" OBJECTS, BAD(bad_option) },
		{ "CON POST 1:etag 11:rd 15:ep=a" OBJECTS, BAD(bad_option) }, /* If-Match */
		{ "CON POST 5: 11:rd 15:ep=a" OBJECTS, BAD(bad_option) }, /* If-None-Match */
		{ "CON POST 5:x 11:rd 15:ep=a" OBJECTS, BAD(bad_option) },
		{ "CON POST 7:#000001 11:rd 15:ep=a" OBJECTS, BAD(bad_option) },
		{ "CON POST 3:# 11:rd 15:ep=a" OBJECTS, BAD(bad_option) },
		{ "CON POST 3:*256 11:rd 15:ep=a" OBJECTS, BAD(bad_option) },
		{ "CON POST 3:a 3:b 11:rd 15:ep=a" OBJECTS, BAD(bad_option) },
		{ "CON POST 7:#01 7:#01 11:rd 15:ep=a" OBJECTS, BAD(bad_option) },
		{ "CON POST 11:rd 15:ep=a 15:*256" OBJECTS, BAD(bad_option) },
		{ "CON POST 11:rd 11:*256", BAD(bad_option) },
		{ "CON POST 11:rd 15:ep=a 17:#28 17:#28" OBJECTS, BAD(bad_option) },
		{ "CON POST 11:rd 15:ep=a 17:#000028" OBJECTS, BAD(bad_option) },
		{ "CON POST 11:rd 15:ep=a 27:#06 27:#06" OBJECTS, BAD(bad_option) },
		{ "CON POST 11:rd 15:ep=a 27:#00000006" OBJECTS, BAD(bad_option) },
		/* of a NON, nothing at all */
		{ "NON POST 9:#00 11:rd 15:ep=a" OBJECTS, SILENT(non_bad_option) },
		{ "NON POST 5: 11:rd 15:ep=a" OBJECTS, SILENT(non_bad_option) },
		{ "NON POST 9:#00 11:rd 11:@", SILENT(non_bad_option) },
		{ "NON POST 9:#00 11:rd 11:forged", SILENT(non_bad_option) },
		{ "NON GET 9:#00 11:nowhere", SILENT(non_bad_option) },
		{ "NON GET 9:#00 11:.well-known 11:core", SILENT(non_bad_option) },
	};

	EXPECT_ROWS(rows);
}

/* The first that is at fault is named, whatever it is refused for. */
static void test_bad_option_number(void **state)
{
	static const struct {
		const char *request;
		uint32_t number;
	} cases[] = {
		{ "CON POST 11:rd 15:ep=a 63:key" OBJECTS, 63 },
		{ "CON POST 11:rd 15:ep=a 35:coap://a/ 65535:" OBJECTS, 65535 },
		{ "CON POST 1:x 11:rd 15:ep=a 63:key" OBJECTS, 1 },
		{ "CON POST 7:#01 7:#01 9: 11:rd 15:ep=a" OBJECTS, 7 },
		{ "CON POST 11:rd 11:*256", 11 },
		{ "CON POST 11:rd 15:ep=a 17:#000028" OBJECTS, 17 },
		{ "CON POST 11:rd 11:@ 63:key", 63 },
		{ "CON PUT 11:rd 11:@ 63:key", 63 },
		{ "CON DELETE 5: 11:rd 11:@", 5 },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct message m = line_at(cases[i].request, make_id(some_location));
		struct run run = run_message(&m);

		assert_int_equal(run.packet.request.reason, RDL_REASON_bad_option);
		assert_int_equal(run.packet.request.detail.number, cases[i].number);
		run_end(&run);
	}
}

static void test_proxy(void **state)
{
	static const struct row rows[] = {
		{ "CON POST 11:rd 15:ep=a 35:coap://a/" OBJECTS, BAD(proxy) },
		{ "CON POST 11:rd 15:ep=a 39:coap" OBJECTS, BAD(proxy) },
		{ "NON POST 11:rd 15:ep=a 39:coap" OBJECTS, BAD(proxy) },
		{ "CON GET 35:*1034", BAD(proxy) },
		{ "CON GET 11:.well-known 11:core 39:coap", BAD(proxy) },
		{ "CON POST 11:rd 11:@ 39:coap", UPDATE, RDL_REASON_proxy },
		/* what is not understood weighs more, wherever it stands */
		{ "CON POST 9:#00 11:rd 15:ep=a 39:coap", BAD(bad_option) },
		{ "CON POST 11:rd 15:ep=a 35:coap://a/ 65535:", BAD(bad_option) },
	};

	EXPECT_ROWS(rows);
}

/*
 * Without block-wise transfers, a body in one block is a body;
 * any other block cannot be understood.
 */
static void test_block(void **state)
{
	static const struct row rows[] = {
		{ "CON POST 11:rd 15:ep=a 27:" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 15:ep=a 27:#06" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 15:ep=a 27:#000006" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 15:ep=a 27:#0e" OBJECTS, BAD(block_length) },
		{ "CON POST 11:rd 15:ep=a 27:#16" OBJECTS, BAD(block_gap) },
		{ "CON POST 11:rd 15:ep=a 27:#fffff6" OBJECTS, BAD(too_large) },
		{ "CON POST 11:rd 15:ep=a 27:#07" OBJECTS, BAD(block_size) },
		{ "CON POST 11:rd 11:@ 27:#02 | </1/0>", UPDATE, 0 },
		{ "CON POST 11:rd 11:@ 27:#0a | </1/0>", UPDATE, RDL_REASON_block_length },
		{ "CON POST 11:rd 11:@ 27:#12 | </1/0>", UPDATE, RDL_REASON_block_gap },
		{ "CON POST 11:rd 11:@ 27:#07 | </1/0>", UPDATE, RDL_REASON_block_size },
		{ "CON DELETE 11:rd 11:@ 27:#0a | x", DEREGISTER, 0 },
		{ "CON PUT 11:rd 27:#0a | x", BAD(method) },
	};
	struct message m = line("CON POST 11:rd 15:ep=a 27:#05" OBJECTS);

	EXPECT_ROWS(rows);
	struct run run = run_message(&m);
	expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
	assert_int_equal(run.packet.reply.block1, 5);
	run_end(&run);

	/* The echo goes with a refusal too, but not of what must not be sent. */
	m = line("CON POST 11:rd 15:ep=a 27:#07" OBJECTS);
	run = run_message(&m);
	assert_int_equal(run.packet.reply.block1, RDL_BLOCK1_NONE);
	run_end(&run);
	m = line("CON POST 11:rd 27:#05" OBJECTS ",</4/0>");
	struct message reply = line_reply(&m, 0x80, SALT);
	message_options(&reply, "27:#05");
	message_payload(&reply, "ep: missing or empty", 20);
	run = run_message(&m);
	expect_reply(&run, &reply);
	run_end(&run);
}

/* One offence after the other is taken away: the next one shows. */
static void test_order(void **state)
{
	static const struct row rows[] = {
		{ "CON PUT 9:x 11:nowhere 15:lwm2m=x 15:z 39:coap | <", BAD(bad_option) },
		{ "CON PUT 11:nowhere 15:lwm2m=x 15:z 39:coap | <", BAD(proxy) },
		{ "CON PUT 11:nowhere 15:lwm2m=x 15:z | <", BAD(path) },
		{ "CON PUT 11:rd 15:lwm2m=x 15:z 27:#0e | <", BAD(method) },
		{ "CON POST 11:rd 15:lwm2m=x 15:z 27:#0e | <", BAD(block_length) },
		{ "CON POST 11:rd 12:# 15:lwm2m=x 15:z | <", BAD(version_syntax) },
		{ "CON POST 11:rd 12:# 15:lwm2m=1.2 15:z | <", BAD(version) },
		{ "CON POST 11:rd 12:# 15:lwm2m=1.2 15:pid=1 15:ep=a 15:ep=a | <", BAD(version) },
		{ "CON POST 11:rd 12:# 15:lwm2m=1.1 15:lt=1 15:lt=1 | <", BAD(repeated) },
		{ "CON POST 11:rd 12:# 15:lwm2m=1.1 15:z | <", BAD(unknown_parameter) },
		{ "CON POST 11:rd 12:# 15:lwm2m=1.1 15:lt=x | <", BAD(endpoint_missing) },
		{ "CON POST 11:rd 12:# 15:ep=denied-1 15:lt=x | <", BAD(lifetime_syntax) },
		{ "CON POST 11:rd 12:# 15:ep=denied-1 15:b=X | <", BAD(binding) },
		{ "CON POST 11:rd 12:# 15:ep=denied-1 15:sms= | <", BAD(sms) },
		{ "CON POST 11:rd 12:# 15:ep=denied-1 15:Q | <", BAD(queue) },
		{ "CON POST 11:rd 12:# 15:ep=denied-1 | <", BAD(endpoint_barred) },
		{ "CON POST 11:rd 12:# 15:ep=a | <", BAD(content_format) },
		{ "CON POST 11:rd 12:# 15:ep=a", BAD(content_format) },
		{ "CON POST 11:rd 12:#28 15:ep=a", BAD(payload_missing) },
		{ "CON POST 11:rd 12:#28 15:ep=a | <", BAD(link_syntax) },
		{ "CON POST 11:rd 12:#28 15:ep=a | </3/0>", BAD(mandatory_objects) },
		{ "CON POST 11:rd 12:#28 15:ep=a | </1/0>,</3/0>", REGISTER, 0 },
	};

	EXPECT_ROWS(rows);
}

/* The same on a location: all but a forged id is for the shard to say, after it has looked. */
static void test_order_location(void **state)
{
	static const struct row rows[] = {
		{ "CON PUT 9:x 11:rd 11:@ 15:z 39:coap | <", OTHER, RDL_REASON_bad_option },
		{ "CON PUT 11:rd 11:@ 15:z 39:coap | <", OTHER, RDL_REASON_proxy },
		{ "CON PUT 11:rd 11:@ 15:z | <", OTHER, RDL_REASON_method },
		{ "CON POST 9:x 11:rd 11:@ 12:# 15:ep=a 15:z | <", UPDATE, RDL_REASON_bad_option },
		{ "CON POST 11:rd 11:@ 12:# 15:ep=a 15:z | <", UPDATE,
			RDL_REASON_update_parameter },
		{ "CON POST 11:rd 11:@ 12:# 15:lt=1 15:lt=1 | <", UPDATE, RDL_REASON_repeated },
		{ "CON POST 11:rd 11:@ 12:# 15:z | <", UPDATE, RDL_REASON_unknown_parameter },
		{ "CON POST 11:rd 11:@ 12:# 15:lt=x | <", UPDATE, RDL_REASON_lifetime_syntax },
		{ "CON POST 11:rd 11:@ 12:# 15:lt=1 | <", UPDATE, RDL_REASON_content_format },
		{ "CON POST 11:rd 11:@ 12:#28 15:lt=1 | <", UPDATE, RDL_REASON_link_syntax },
		{ "CON POST 11:rd 11:@ 12:#28 15:lt=1 | </3/0>", UPDATE, 0 },
		{ "CON DELETE 9:x 11:rd 11:@", DEREGISTER, RDL_REASON_bad_option },
		{ "CON DELETE 11:rd 11:@ 39:coap", DEREGISTER, RDL_REASON_proxy },
		{ "CON POST 9:x 11:rd 11:forged", BAD(location) },
		{ "CON PUT 11:rd 11:forged", BAD(location) },
	};

	EXPECT_ROWS(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_critical),
		cmocka_unit_test(test_bad_option_number),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_order_location),
	};

	return RUN_PIPELINE_TESTS(tests);
}
