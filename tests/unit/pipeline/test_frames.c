/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames: every reply goes back where its request came from;
 * what is no datagram of ours goes nowhere.
 */
#include <stdlib.h>

#include "fixture.h"

static const uint8_t gateway_mac[6] = { 0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee };
static const uint8_t ping[] = { 0x40, 0, 0xbe, 0xef };

/* Requests from all over; the replies are built from what was sent, turned round. */
static const struct frame_spec ways[] = {
	{ .from = PEER_IPV4, .to = OUR_IPV4 },
	{ .from = PEER_IPV4, .to = OUR_IPV4_TOO, .from_port = 1, .mac_from = gateway_mac },
	{ .from = "203.0.113.9", .to = OUR_IPV4, .from_port = 5683, .hop_limit = 1 },
	{ .from = PEER_IPV4, .to = OUR_IPV4, .padding = 14 },
	{ .from = PEER_IPV4, .to = OUR_IPV4, .tags = "8100 0064" },
	{ .from = PEER_IPV4, .to = OUR_IPV4, .tags = "88a8 6001 8100 a064" },
	{ .from = PEER_IPV4, .to = OUR_IPV4, .options = "94040000 01010101" },
	{ .from = PEER_IPV6, .to = OUR_IPV6, .from_port = 65535 },
	{ .from = PEER_IPV6,
		.to = OUR_IPV6,
		.tags = "8100 0064",
		.options = "3c00 0104 00000000 1100 0104 00000000",
		.first_extension = 0 },
};

static void test_reply_goes_back(void **state)
{
	struct message m = line("CON GET 11:nowhere 15:at=all");

	for (size_t i = 0; i < RDL_ARRAY_LEN(ways); i++) {
		struct frame_spec spec = ways[i];

		spec.payload = m.octets;
		spec.payload_len = m.len;
		struct run run = run_spec(&spec);
		expect_refusal(&run, &m, RDL_REASON_path);
		run_end(&run);

		spec.payload = ping;
		spec.payload_len = sizeof(ping);
		run = run_spec(&spec);
		expect_reply_frame(&run, (const uint8_t *)"\x70\0\xbe\xef", 4);
		assert_int_equal(counter(RDL_STAT_resets), 1);
		run_end(&run);
	}
}

/* What a shard has answered becomes a reply in the frame that brought the request. */
static void test_replies_of_shards(void **state)
{
	struct message m = line("CON POST 11:rd 15:ep=a" OBJECTS);

	for (size_t i = 0; i < RDL_ARRAY_LEN(ways); i++) {
		struct frame_spec spec = ways[i];
		struct message reply = line_reply(&m, 0x41, SALT);
		struct rdl_packet *packets[1];

		spec.payload = m.octets;
		spec.payload_len = m.len;
		struct run run = run_spec(&spec);
		packets[0] = &run.packet;
		expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
		run.packet.request.location = some_location;
		run.packet.request.code = RDL_COAP_CREATED;
		memset(&pipeline.stats, 0, sizeof(pipeline.stats));
		assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 1), 1);
		message_option(&reply, 8, "rd", 2);
		message_option(&reply, 8, make_id(some_location), RDL_LOCATION_LEN);
		expect_reply_frame(&run, reply.octets, reply.len);
		assert_int_equal(counter(RDL_STAT_code_2_01), 1);
		assert_int_equal(counter(RDL_STAT_tx_frames), 1);
		run_end(&run);
	}
}

/* Of many, those that shards left unanswered are not sent. */
static void test_some_unanswered(void **state)
{
	struct message m = line_at("NON POST 11:rd 11:@", make_id(some_location));
	struct message reply = line_reply(&m, 0x44, SALT);
	struct rdl_packet *packets[RDL_BURST_MAX];
	struct run runs[RDL_BURST_MAX];

	for (unsigned i = 0; i < RDL_BURST_MAX; i++) {
		runs[i] = run_message(&m);
		packets[i] = &runs[i].packet;
		expect_handed(&runs[i], RDL_OPERATION_UPDATE, RDL_REASON_NONE);
		if (i % 3 == 0)
			runs[i].packet.request.code = RDL_COAP_CHANGED;
	}
	memset(&pipeline.stats, 0, sizeof(pipeline.stats));
	assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 0), 0);
	assert_true(rdl_pipeline_replies(&pipeline, policy, packets, RDL_BURST_MAX) ==
		    0x9249249249249249);
	assert_int_equal(counter(RDL_STAT_tx_frames), 22);
	assert_int_equal(counter(RDL_STAT_code_2_04), 22);
	for (unsigned i = 0; i < RDL_BURST_MAX; i++) {
		if (i % 3 == 0)
			expect_reply_frame(&runs[i], reply.octets, reply.len);
		run_end(&runs[i]);
	}
}

/* Each 2.01 of a burst has the id of its own registration, whatever is answered beside it. */
static void test_ids(void **state)
{
	struct message m = line("CON POST 11:rd 15:ep=a" OBJECTS);
	struct rdl_packet *packets[RDL_BURST_MAX];
	struct run runs[RDL_BURST_MAX];
	uint64_t seed = 1;

	for (unsigned round = 0; round < 20; round++) {
		unsigned count = round == 0 ? RDL_BURST_MAX : test_random(&seed) % RDL_BURST_MAX;
		rdl_packet_set wanted = 0;

		for (unsigned i = 0; i < count; i++) {
			static const uint8_t codes[] = { RDL_COAP_CREATED, RDL_COAP_CHANGED, 0 };
			struct rdl_request *request = &runs[i].packet.request;

			runs[i] = run_message(&m);
			packets[i] = &runs[i].packet;
			request->location = (struct rdl_location){ i, 1, i & 1, round };
			request->code = round < 2 ? codes[round] : codes[test_random(&seed) % 3];
			wanted |= (rdl_packet_set)(request->code != 0) << i;
		}
		assert_true(rdl_pipeline_replies(&pipeline, policy, packets, count) == wanted);
		for (unsigned i = 0; i < count; i++) {
			const struct rdl_request *request = &runs[i].packet.request;
			struct message reply = line_reply(&m, request->code, SALT);

			if (request->code == RDL_COAP_CREATED) {
				message_option(&reply, 8, "rd", 2);
				message_option(
					&reply, 8, make_id(request->location), RDL_LOCATION_LEN);
			}
			if (request->code != 0)
				expect_reply_frame(&runs[i], reply.octets, reply.len);
			run_end(&runs[i]);
		}
	}
}

/*
 * Answers of a shard to a location, octet by octet:
 * NON, Block1, refusals with their reason and without.
 */
static void test_answers(void **state)
{
	static const struct {
		const char *request;
		uint8_t code;
		enum rdl_reason reason;
		const char *options, *text;
		bool terse;
	} rows[] = {
		{ "NON POST 11:rd 11:@", RDL_COAP_CHANGED, RDL_REASON_NONE, "", "", false },
		{ "NON DELETE 11:rd 11:@", RDL_COAP_DELETED, RDL_REASON_NONE, "", "", false },
		{ "CON POST 11:rd 11:@ 27:#06 | </5>", RDL_COAP_CHANGED, RDL_REASON_NONE, "27:#06",
			"", false },
		{ "CON POST 11:rd 11:@ 15:lt=x 27:#06 | </5/0>,</6/0>", RDL_COAP_BAD_REQUEST,
			RDL_REASON_lifetime_syntax, "27:#06", "lt: not a number of seconds",
			false },
		{ "CON POST 11:rd 11:@", RDL_COAP_NOT_FOUND, RDL_REASON_location, "",
			"not registered", false },
		{ "NON POST 11:rd 11:@", RDL_COAP_NOT_FOUND, RDL_REASON_location, "", "", true },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct rdl_policy_config config = gateway_policy();
		struct message m = line_at(rows[i].request, make_id(some_location));
		struct message reply = line_reply(&m, rows[i].code, SALT);

		config.diagnostics = !rows[i].terse;
		use_policy(&config);
		struct run run = run_message(&m);
		struct rdl_packet *packets[] = { &run.packet };
		assert_int_equal(run.burst.hand_over, 1);
		run.packet.request.reason = (uint8_t)rows[i].reason;
		run.packet.request.code = rows[i].code;
		assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 1), 1);
		message_options(&reply, rows[i].options);
		message_payload(&reply, rows[i].text, strlen(rows[i].text));
		expect_reply_frame(&run, reply.octets, reply.len);
		assert_int_equal(counter(rdl_stat_of_code(rows[i].code)), 1);
		run_end(&run);
	}
	struct rdl_policy_config config = gateway_policy();
	use_policy(&config);
}

static void test_shed(void **state)
{
	static const struct {
		enum rdl_operation operation;
		enum rdl_stat stat;
	} rows[] = {
		{ RDL_OPERATION_REGISTER, RDL_STAT_drop_shed_register },
		{ RDL_OPERATION_UPDATE, RDL_STAT_drop_shed_update },
		{ RDL_OPERATION_DEREGISTER, RDL_STAT_drop_shed_deregister },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct rdl_packet packet = { .request.operation = (uint8_t)rows[i].operation };

		memset(&pipeline.stats, 0, sizeof(pipeline.stats));
		rdl_pipeline_shed(&pipeline, &packet);
		assert_int_equal(counter(rows[i].stat), 1);
		assert_int_equal(all_drops(), 1);
	}
}

/* Checksums are left to a port that makes them. */
static void test_offload(void **state)
{
	struct message m = line("CON GET 11:nowhere");
	struct frame_spec spec = {
		.from = PEER_IPV4, .to = OUR_IPV4, .payload = m.octets, .payload_len = m.len
	};
	struct test_frame f = frame_build(&spec);
	struct run run = { .sent = f };

	run_place(&run, f.data, f.len);
	run.packet.frame.flags = RDL_FRAME_TX_OFFLOAD | RDL_FRAME_L4_CHECKSUM_GOOD;
	run_go(&run);
	assert_int_equal(run.burst.reply, 1);
	assert_true(run.packet.frame.flags & RDL_FRAME_TX_CHECKSUMS);
	run_end(&run);

	run_place(&run, f.data, f.len);
	run.packet.frame.flags = RDL_FRAME_L4_CHECKSUM_BAD;
	run_go(&run);
	expect_silence(&run, RDL_STAT_drop_udp_checksum);
	run_end(&run);
}

/* Each port has addresses of its own. */
static void test_ports(void **state)
{
	struct message m = line("CON GET 11:nowhere");
	struct frame_spec spec = {
		.mac_to = gateway_interfaces[1].mac,
		.tags = "8100 0064",
		.from = PEER_IPV4,
		.to = "203.0.113.1",
		.to_port = 15683,
		.payload = m.octets,
		.payload_len = m.len,
	};
	struct test_frame f = frame_build(&spec);
	struct run run = { .sent = f, .spec = spec };

	run_place(&run, f.data, f.len);
	run.packet.frame.port = 1;
	run_go(&run);
	expect_refusal(&run, &m, RDL_REASON_path);
	assert_int_equal(run.packet.frame.port, 1);
	assert_int_equal(run.packet.request.local.port, 1);
	run_end(&run);

	run_place(&run, f.data, f.len);
	run_go(&run);
	expect_silence(&run, RDL_STAT_drop_not_for_us);
	run_end(&run);
}

/* What net refuses is counted by its reason and nothing else happens. */
static void test_net_drops(void **state)
{
	static const struct {
		struct frame_spec spec;
		enum rdl_stat stat;
	} rows[] = {
		{ { .mac_to = gateway_mac, .from = PEER_IPV4, .to = OUR_IPV4 },
			RDL_STAT_drop_not_for_us },
		{ { .from = PEER_IPV4, .to = "192.0.2.2" }, RDL_STAT_drop_not_for_us },
		{ { .from = PEER_IPV4, .to = "224.0.0.1", .to_port = 5684 },
			RDL_STAT_drop_udp_port },
		{ { .from = "127.0.0.1", .to = OUR_IPV4 }, RDL_STAT_drop_ip_source },
		{ { .from = PEER_IPV4, .to = OUR_IPV4, .protocol = 6 }, RDL_STAT_drop_ip_protocol },
		{ { .from = PEER_IPV4, .to = OUR_IPV4, .tags = "8100 0001 8100 0002 8100 0003" },
			RDL_STAT_drop_ethertype },
	};
	struct message m = line("CON POST 11:rd 15:ep=a" OBJECTS);

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct frame_spec spec = rows[i].spec;

		spec.payload = m.octets;
		spec.payload_len = m.len;
		struct run run = run_spec(&spec);
		expect_silence(&run, rows[i].stat);
		assert_int_equal(counter(RDL_STAT_requests_register), 0);
		run_end(&run);
	}
	struct frame_spec spec = {
		.from = PEER_IPV4, .to = OUR_IPV4, .payload = m.octets, .payload_len = m.len
	};
	struct test_frame f = frame_build(&spec);
	f.data[f.len - 1] ^= 1;
	struct run run = run_frame(&f);
	expect_silence(&run, RDL_STAT_drop_udp_checksum);
	run_end(&run);
}

/* A hundred a second are told that nobody listens there; others are dropped. */
static void test_other_port(void **state)
{
	struct frame_spec spec = { .from = PEER_IPV4, .to = OUR_IPV4, .to_port = 5684 };
	struct run run;

	for (unsigned n = 0; n < 201; n++) {
		struct test_frame f = frame_build(&spec);

		run_place(&run, f.data, f.len);
		if (n == 150)
			pipeline.now_ms += 999;
		if (n == 200)
			pipeline.now_ms += 1;
		run_go(&run);
		if (n < 100 || n == 200) {
			assert_int_equal(run.burst.reply, 1);
			assert_int_equal(run.packet.frame.data[34], 3); /* ICMP: unreachable */
			assert_int_equal(run.packet.frame.len, 14 + 20 + 8 + 20 + 8);
		} else {
			assert_int_equal(run.burst.drop, 1);
		}
		run_end(&run);
	}
}

/* ARP and echo are answered by the layer below, as whole frames. */
static void test_net_answers(void **state)
{
	static const uint8_t arp[] = { 0, 1, 8, 0, 6, 4, 0, 1, 0x02, 0, 0, 0, 0, 0x99, 192, 0, 2,
		77, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1 };
	static const uint8_t echo[] = { 8, 0, 0, 0, 0x12, 0x34, 0, 1, 1, 2, 3 };
	struct frame_spec to_all = { .mac_to = frame_broadcast_mac };
	struct test_frame f;

	frame_ethernet(&f, &to_all, 0x0806);
	frame_append(&f, arp, sizeof(arp));
	struct run run = run_frame(&f);
	assert_int_equal(run.burst.reply, 1);
	assert_int_equal(counter(RDL_STAT_net_answered), 1);
	assert_int_equal(run.packet.frame.len, 42);
	assert_int_equal(run.packet.frame.data[21], 2); /* a reply */
	assert_memory_equal(run.packet.frame.data + 22, frame_our_mac, 6);
	run_end(&run);

	struct frame_spec spec = { .from = PEER_IPV4,
		.to = OUR_IPV4,
		.protocol = 1,
		.payload = echo,
		.payload_len = sizeof(echo) };
	run = run_spec(&spec);
	assert_int_equal(run.burst.reply, 1);
	assert_int_equal(counter(RDL_STAT_net_answered), 1);
	assert_int_equal(run.packet.frame.len, run.sent.len);
	assert_int_equal(run.packet.frame.data[run.sent.l4], 0); /* echo reply */
	run_end(&run);
}

/* An echo reply that is longer than its path takes: over IPv6 it is not sent. */
static void test_narrow_path(void **state)
{
	static const uint8_t v4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 77 };
	static const char *const peers[] = { PEER_IPV4, "2001:db8::77" };
	uint8_t echo[1300] = { 8 }, *memory = aligned_alloc(RDL_CACHE_LINE, rdl_paths_memory(8));
	uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x77 };

	assert_non_null(memory);
	memset(memory, 0, rdl_paths_memory(8));
	pipeline.config.paths = rdl_paths_init(memory, 8, &gateway_list_key);
	for (unsigned i = 0; i < 4; i++) {
		bool ipv6 = i % 2 == 1, narrow = i >= 2;
		struct frame_spec spec = { .from = peers[i % 2],
			.to = ipv6 ? "2001:db8::1" : OUR_IPV4,
			.protocol = ipv6 ? 58 : 1,
			.payload = echo,
			.payload_len = sizeof(echo) };

		if (i == 2) {
			rdl_paths_learn(pipeline.config.paths, v4, 1280, pipeline.now_ms);
			rdl_paths_learn(pipeline.config.paths, v6, 1280, pipeline.now_ms);
		}
		echo[0] = ipv6 ? 128 : 8;
		struct run run = run_spec(&spec);
		assert_int_equal(run.burst.reply, !(ipv6 && narrow));
		assert_int_equal(counter(RDL_STAT_drop_echo_mtu), ipv6 && narrow);
		assert_int_equal(counter(RDL_STAT_net_answered), !(ipv6 && narrow));
		if (!ipv6)
			assert_int_equal(run.packet.frame.data[14 + 6], narrow ? 0 : 0x40);
		run_end(&run);
	}
	pipeline.config.paths = NULL;
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reply_goes_back),
		cmocka_unit_test(test_replies_of_shards),
		cmocka_unit_test(test_some_unanswered),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_shed),
		cmocka_unit_test(test_offload),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_net_drops),
		cmocka_unit_test(test_other_port),
		cmocka_unit_test(test_narrow_path),
		cmocka_unit_test(test_net_answers),
	};

	return RUN_PIPELINE_TESTS(tests);
}
