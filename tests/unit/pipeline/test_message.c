/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages: what is no request ends before its
 * options are looked at (RFC 7252 sections 3 and 4).
 */
#include "fixture.h"

#define SILENT(name) SILENCE, RDL_STAT_drop_##name

static void test_format(void **state)
{
	static const struct row rows[] = {
		/* shorter than a header */
		{ "", SILENT(coap_short) },
		{ "40", SILENT(coap_short) },
		{ "400112", SILENT(coap_short) },
		/* other versions, whatever else */
		{ "00011234", SILENT(coap_version) },
		{ "80011234", SILENT(coap_version) },
		{ "c0011234", SILENT(coap_version) },
		{ "8f001234ff", SILENT(coap_version) },
		/* TKL 9 to 15, and a token that is cut */
		{ "49021234 0102030405060708 09", RESET, 0 },
		{ "4f021234 0102030405060708 090a0b0c0d0e0f", RESET, 0 },
		{ "59021234 0102030405060708 09", SILENT(coap_format) },
		{ "69021234 0102030405060708 09", SILENT(coap_format) },
		{ "79021234 0102030405060708 09", SILENT(coap_format) },
		{ "48021234 01020304050607", RESET, 0 },
		{ "58021234 01020304050607", SILENT(coap_format) },
		{ "41021234", RESET, 0 },
		/* options */
		{ "40021234 b3 7264", RESET, 0 }, /* value past the end */
		{ "50021234 b3 7264", SILENT(coap_format) },
		{ "40021234 b27264 d1", RESET, 0 }, /* extended delta missing */
		{ "40021234 b27264 e0 00", RESET, 0 },
		{ "40021234 b27264 4d", RESET, 0 }, /* extended length missing */
		{ "40021234 b27264 4e 00", RESET, 0 },
		{ "40021234 b27264 f1 00", RESET, 0 }, /* nibbles of 15 */
		{ "40021234 b27264 1f 00", RESET, 0 },
		{ "50021234 b27264 1f 00", SILENT(coap_format) },
		{ "40021234 b27264 e0 fef2 e0 0000", RESET, 0 }, /* past 65535 */
		{ "40021234 b27264 e0 fef8", RESET, 0 },
		/* a marker with nothing behind it */
		{ "40021234 b27264 ff", RESET, 0 },
		{ "50021234 b27264 ff", SILENT(coap_format) },
		{ "44021234 c0ffee00 ff", RESET, 0 },
		/* a good beginning does not help: nothing was done */
		{ "40021234 b27264 4465703d61 ff", RESET, 0 },
		/* 0xff is an octet like others in an option, a token, a payload */
		{ "42021234 ffff b27264 4465703d61 ff 3c2f312f303e2c3c2f332f303e", REGISTER, 0 },
		{ "40021234 22ffff 927264 4465703d61 ff 3c2f312f303e2c3c2f332f303e", REGISTER, 0 },
		{ "40021234 b27264 4465703d61 ff ff", REFUSED, RDL_REASON_link_syntax },
	};

	EXPECT_ROWS(rows);
}

static void test_empty(void **state)
{
	static const struct row rows[] = {
		{ "40001234", RESET, 0 }, /* ping */
		{ "50001234", SILENT(coap_empty) },
		{ "60001234", SILENT(coap_empty) },
		{ "70001234", SILENT(coap_empty) },
		/* Empty with octets is a format error */
		{ "41001234 aa", RESET, 0 },
		{ "41001234", RESET, 0 },
		{ "40001234 b27264", RESET, 0 },
		{ "40001234 ff61", RESET, 0 },
		{ "51001234 aa", SILENT(coap_format) },
		{ "60001234 ff61", SILENT(coap_format) },
		{ "70001234 00", SILENT(coap_format) },
	};

	EXPECT_ROWS(rows);
}

/*
 * What each of the four types with each of the 256 codes gets,
 * the rest of the message being a good Register.
 */
static void test_type_and_code(void **state)
{
	struct message m = line("CON POST 11:rd 15:ep=a" OBJECTS);

	for (unsigned type = 0; type < 4; type++) {
		for (unsigned code = 0; code < 256; code++) {
			unsigned class = code >> 5;
			struct row row = { "type and code", RESET, 0 };

			m.octets[0] = (uint8_t)(0x42 | type << 4);
			m.octets[1] = (uint8_t)code;
			if (type >= 2)
				row = (struct row){ "answer", SILENT(coap_ack_request) };
			else if (type == 1 && class >= 2 && class <= 5)
				row = (struct row){ "NON response", SILENT(coap_response) };
			else if (type == 1 && class != 0)
				row = (struct row){ "NON reserved", SILENT(coap_reserved) };
			if (code == 0 && type != 0)
				row = (struct row){ "Empty", SILENT(coap_format) };
			else if (code == 2 && type < 2)
				row = (struct row){ "Register", REGISTER, 0 };
			else if (code == 4 && type < 2)
				row = (struct row){ "DELETE", REFUSED, RDL_REASON_delete_rd };
			else if (code > 0 && class == 0 && type < 2)
				row = (struct row){ "method", REFUSED, RDL_REASON_method };

			struct run run = run_message(&m);
			expect_row(&run, &m, &row);
			run_end(&run);
		}
	}
}

static void test_responses(void **state)
{
	static const struct row rows[] = {
		{ "CON 2.05 6:#01 | 21", RESET, 0 },
		{ "NON 2.05 6:#01 | 21", SILENT(coap_response) },
		{ "CON 4.04", RESET, 0 },
		{ "ACK 2.04", SILENT(coap_ack_request) },
		{ "RST 2.04", SILENT(coap_ack_request) },
		{ "CON 1.00", RESET, 0 },
		{ "CON 6.00", RESET, 0 },
		{ "CON 7.01", RESET, 0 }, /* RFC 8323 is not spoken over UDP */
		{ "NON 7.01", SILENT(coap_reserved) },
	};

	EXPECT_ROWS(rows);
}

/* The reply's type, Message ID and token, for every length of token. */
static void test_reply_header(void **state)
{
	for (unsigned type = 0; type < 2; type++) {
		for (uint8_t token_len = 0; token_len <= 8; token_len++) {
			struct message m = { .number = 0 };
			uint8_t header[] = { (uint8_t)(0x40 | type << 4 | token_len), 1, 0xab,
				0xcd };

			message_append(&m, header, 4);
			message_append(&m, "\1\2\3\xff\0\6\7\x08", token_len);
			message_options(&m, "11:nowhere");
			struct run run = run_message(&m);
			expect_refusal(&run, &m, RDL_REASON_path);

			struct rdl_span reply = run_coap(&run);
			assert_int_equal(reply.data[0], (type == 0 ? 0x60 : 0x50) | token_len);
			assert_memory_equal(reply.data + 4, m.octets + 4, token_len);
			if (type == 0)
				assert_int_equal(rdl_get_be16(reply.data + 2), 0xabcd);
			else
				assert_int_not_equal(rdl_get_be16(reply.data + 2), 0xabcd);
			run_end(&run);
		}
	}
}

/*
 * A NON's reply has a Message ID of ours:
 * one for each of the peer's, and the same when it asks again.
 */
static void test_non_message_id(void **state)
{
	uint8_t seen[65536 / 8] = { 0 };

	for (unsigned id = 0; id < 65536; id += 13) {
		struct message m = line("NON GET 11:nowhere");

		rdl_put_be16(m.octets + 2, (uint16_t)id);
		struct run first = run_message(&m);
		struct run again = run_message(&m);
		uint16_t ours = rdl_get_be16(run_coap(&first).data + 2);

		assert_int_equal(ours, rdl_get_be16(run_coap(&again).data + 2));
		assert_int_equal(seen[ours / 8] & 1u << ours % 8, 0);
		seen[ours / 8] |= (uint8_t)(1u << ours % 8);
		run_end(&first);
		run_end(&again);
	}
}

/* A group is never answered, and never listened to. */
static void test_multicast(void **state)
{
	static const char *const lines[] = { "CON POST 11:rd 15:ep=a" OBJECTS,
		"NON POST 11:rd 15:ep=a" OBJECTS, "NON GET 11:.well-known 11:core",
		"CON GET 11:nowhere", "CON 2.05" };
	static const uint8_t mac_v4[] = { 0x01, 0, 0x5e, 0, 1, 187 };
	static const uint8_t mac_v6[] = { 0x33, 0x33, 0, 0, 0, 0xfd };

	for (size_t i = 0; i < 2 * RDL_ARRAY_LEN(lines); i++) {
		struct message m = line(lines[i / 2]);
		struct frame_spec spec = {
			.mac_to = i % 2 ? mac_v6 : mac_v4,
			.from = i % 2 ? PEER_IPV6 : PEER_IPV4,
			.to = i % 2 ? "ff02::fd" : "224.0.1.187",
			.payload = m.octets,
			.payload_len = m.len,
		};
		struct run run = run_spec(&spec);

		expect_silence(&run, RDL_STAT_drop_multicast);
		assert_int_equal(counter(RDL_STAT_requests_register), 0);
		run_end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_type_and_code),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_reply_header),
		cmocka_unit_test(test_non_message_id),
		cmocka_unit_test(test_multicast),
	};

	return RUN_PIPELINE_TESTS(tests);
}
