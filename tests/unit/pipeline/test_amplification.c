/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nobody gets more out of a forged source than he puts in (RFC 7252 section 11.3): as IP packets,
 * replies are no longer than their requests. A 2.01 to the shortest of Registers and a discovery
 * may be.
 */
#include "fixture.h"

/* Requests of each length there is, of every kind of header around them. */
static const struct around {
	const char *from, *to, *options;
	uint8_t first_extension;
} arounds[] = {
	{ PEER_IPV4, OUR_IPV4, NULL, 0 },
	{ PEER_IPV4, OUR_IPV4, "94040000", 0 },
	{ PEER_IPV4, OUR_IPV4,
		"01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 "
		"01010101 01010101",
		0 },
	{ PEER_IPV6, OUR_IPV6, NULL, 0 },
	{ PEER_IPV6, OUR_IPV6, "1100 0104 00000000", 60 },
};

static struct run run_around(const struct around *around, const struct message *m)
{
	struct frame_spec spec = {
		.from = around->from,
		.to = around->to,
		.options = around->options,
		.first_extension = around->first_extension,
		.payload = m->octets,
		.payload_len = m->len,
		/* Nobody pays for the padding of the last Ethernet on the way. */
		.padding = m->len < 46 ? 46 - m->len : 0,
	};

	return run_spec(&spec);
}

static size_t sent_len(const struct run *run)
{
	return run->sent.end - run->sent.l3;
}

static size_t reply_len(const struct run *run)
{
	return run->packet.frame.len - (size_t)run->packet.frame.l2_len;
}

/* The reply's payload, NULL when it has none. */
static const uint8_t *payload_of(struct rdl_span coap, size_t *len)
{
	struct rdl_coap_message message;
	struct rdl_coap_option option;

	assert_int_equal(rdl_coap_parse(coap, &message), RDL_COAP_MESSAGE);
	struct rdl_coap_options options = rdl_coap_options(&message);
	while (rdl_coap_option_next(&options, &option) > 0)
		;
	*len = (size_t)(options.end - options.pos);
	return *len > 0 ? options.pos : NULL;
}

/*
 * No longer than what was sent; and words of so many octets that were left out had not fit.
 * Counts replies with and without.
 */
static void expect_no_longer(const struct run *run, size_t words_len, unsigned counts[2])
{
	size_t len, sent = sent_len(run), reply = reply_len(run);
	const uint8_t *payload = payload_of(run_coap(run), &len);

	assert_true(reply <= sent);
	if (payload == NULL)
		assert_true(reply + 1 + words_len > sent);
	counts[payload != NULL]++;
}

static void expect_both(const unsigned counts[2])
{
	assert_true(counts[0] > 0 && counts[1] > 0);
}

/* Every refusal that there is, of a shard's, to requests of every method, octet by octet longer. */
static void test_every_reason(void **state)
{
	static const unsigned methods[] = { 1, 2, 3, 4, 5, 6, 7, 31 };
	unsigned counts[2] = { 0 };

	for (unsigned r = RDL_REASON_NONE + 1; r < RDL_REASON_COUNT; r++) {
		uint8_t text[RDL_REASON_TEXT_MAX];
		struct rdl_cursor out = rdl_cursor(text, sizeof(text));

		rdl_reason_write(&out, (enum rdl_reason)r, &(struct rdl_detail){ NULL, 0, 0 });

		for (unsigned i = 0; i < 8 * 2 * RDL_ARRAY_LEN(arounds) * 11; i++) {
			const struct around *around = &arounds[i / 16 % RDL_ARRAY_LEN(arounds)];
			size_t longer = i / (16 * RDL_ARRAY_LEN(arounds)) * 8;
			struct message m;

			message_begin(&m, i / 8 % 2, methods[i % 8]);
			message_option(&m, 11, "rd", 2);
			message_option(&m, 11, make_id(some_location), RDL_LOCATION_LEN);
			if (longer > 0)
				message_option(&m, 2048,
					"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
					longer);
			struct run run = run_around(around, &m);
			struct rdl_packet *packets[] = { &run.packet };
			assert_int_equal(run.burst.hand_over, 1);
			run.packet.request.reason = (uint8_t)r;
			run.packet.request.code = rdl_reason_code((enum rdl_reason)r);
			run.packet.request.detail = (struct rdl_detail){ NULL, 0, 0 };
			assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 1), 1);
			expect_no_longer(&run, (size_t)(out.pos - text), counts);
			run_end(&run);
		}
	}
	expect_both(counts);
}

/*
 * What a worker refuses itself:
 * any method, any short path, options and parameters that are wrong.
 */
static void test_short_requests(void **state)
{
	static const char *const paths[] = { "", "11:", "11:rd", "11:rd 11:", "11:rd 11:x", "11:bs",
		"11:.well-known 11:core", "11:rd 11:a 11:b",
		"11:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" };
	static const char *const more[] = { "", " 15:ep=a", " 15:a", " 15:lt=x", " 15:lwm2m=9.9",
		" 15:lwm2m=x", " 15:ep=a 15:ep=a", " 15:ep=a 15:b=", " 15:Q=1", " 15:ep=denied-1",
		" 15:ep=a 27:#0f", " 15:ep=a 27:#0a", " 15:ep=a 27:#fffff2", " 15:ep=a 27:#1a",
		" 15:ep=a 27:#fffff2 60:#ffffffff", " 35:x", " 39:", " 2049:", " 2049:*40",
		" 15:ep=a 27:#000002" };
	unsigned counts[2] = { 0 }, silent = 0;

	for (unsigned code = 1; code < 32; code++)
		for (unsigned p = 0; p < RDL_ARRAY_LEN(paths); p++)
			for (unsigned k = 0; k < RDL_ARRAY_LEN(more); k++) {
				const struct around *around = &arounds[(code + p + k) % 5];
				struct message m;
				char words[128];

				snprintf(words, sizeof(words), "%s%s", paths[p],
					paths[p][0] != '\0' || more[k][0] == '\0' ? more[k]
										  : more[k] + 1);
				message_begin(&m, code & 1, code);
				message_options(&m, words);
				struct run run = run_around(around, &m);
				if (run.burst.reply == 1 && run_coap(&run).data[1] >= 0x80)
					expect_no_longer(&run, 60, counts);
				else
					silent++;
				run_end(&run);
			}
	expect_both(counts);
	assert_true(silent > 0);
}

/* Each octet from too short to long enough: the words come whole or not at all. */
static void test_whole_or_not(void **state)
{
	static const char words[] = "no such path";
	const size_t least = 4 + 2 + 1 + sizeof(words) - 1;

	for (size_t len = least - 8; len < least + 8; len++) {
		char text[64];
		struct message m;

		/*
		 * An option of 13 octets has a second octet of header:
		 * none makes a message of 20.
		 */
		if (len == 20)
			continue;
		snprintf(text, sizeof(text), "11:*%zu", len - 4 - 2 - (len < 20 ? 1 : 2));
		message_begin(&m, 0, 2);
		message_options(&m, text);
		assert_int_equal(m.len, len);
		struct run run = run_message(&m);
		struct message reply = line_reply(&m, RDL_COAP_NOT_FOUND, SALT);
		if (len >= least)
			message_payload(&reply, words, sizeof(words) - 1);
		expect_reply(&run, &reply);
		run_end(&run);
	}
}

/* An empty Update to a registration that is no more learns so in words, of any length of token. */
static void test_not_registered(void **state)
{
	for (unsigned token = 0; token <= 8; token++) {
		struct message m = { .len = 4 + token, .octets = { (uint8_t)(0x40 | token), 2 } };

		message_option(&m, 11, "rd", 2);
		message_option(&m, 11, make_id(some_location), RDL_LOCATION_LEN);
		struct run run = run_message(&m);
		struct rdl_packet *packets[] = { &run.packet };
		size_t len;
		run.packet.request.reason = RDL_REASON_location;
		run.packet.request.code = RDL_COAP_NOT_FOUND;
		assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 1), 1);
		const uint8_t *payload = payload_of(run_coap(&run), &len);
		assert_non_null(payload);
		assert_int_equal(len, strlen("not registered"));
		assert_memory_equal(payload, "not registered", len);
		assert_true(reply_len(&run) <= sent_len(&run));
		run_end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_reason),
		cmocka_unit_test(test_short_requests),
		cmocka_unit_test(test_whole_or_not),
		cmocka_unit_test(test_not_registered),
	};

	return RUN_PIPELINE_TESTS(tests);
}
