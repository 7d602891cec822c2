/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#define HEAD "87 00 0000 00000000"
#define TARGET "20010db8000000000000000000000001" /* OUR_IPV6 */
#define LINK_LOCAL "fe800000000000000000000000000001"
#define SOURCE_MAC "01 01 020000000099"
#define TARGET_MAC "02 01 020000000001"
#define NA "88 00 0000 "
#define PEER_HEX "20010db80000000000000000 0004d00d" /* PEER_IPV6 */
#define PEER_MAC "02 01 020000000099"
#define SOLICITED_NODE "ff02::1:ff00:1"

#define SPARE 32

static const uint8_t solicited_mac[6] = { 0x33, 0x33, 0xff, 0, 0, 0x01 };
static const uint8_t all_nodes_mac[6] = { 0x33, 0x33, 0, 0, 0, 0x01 };

static struct run solicit(struct frame_spec spec, const char *message, size_t spare)
{
	uint8_t octets[256];

	spec.protocol = 58;
	spec.payload = octets;
	spec.payload_len = unhex(message, octets, sizeof(octets));
	spec.hop_limit = spec.hop_limit != 0 ? spec.hop_limit : 255;
	if (spec.mac_to == NULL)
		spec.mac_to = solicited_mac;
	struct test_frame f = frame_build(&spec);
	return run_octets(&interface, f.data, f.len, spare, 0);
}

static void expect_advertisement(struct run *run, struct frame_spec spec, const char *message)
{
	uint8_t octets[256];

	spec.mac_from = frame_our_mac;
	spec.protocol = 58;
	spec.hop_limit = 255;
	spec.payload = octets;
	spec.payload_len = unhex(message, octets, sizeof(octets));
	expect_answer(run, &spec);
	run_end(run);
}

static void solicitation_is_answered(void **state)
{
	static const struct {
		struct frame_spec in;
		const char *message;
		struct frame_spec out;
		const char *answer;
	} cases[] = {
		{ { .from = PEER_IPV6, .to = SOLICITED_NODE }, HEAD TARGET SOURCE_MAC,
			{ .mac_to = frame_peer_mac, .from = OUR_IPV6, .to = PEER_IPV6 },
			"88 00 0000 60000000" TARGET TARGET_MAC },
		/* Is the neighbour still there? Straight to us, without an option. */
		{ { .mac_to = frame_our_mac,
			  .from = "fe80::77",
			  .to = OUR_IPV6_TOO,
			  .tags = "8100 0064" },
			HEAD LINK_LOCAL,
			{ .mac_to = frame_peer_mac,
				.from = OUR_IPV6_TOO,
				.to = "fe80::77",
				.tags = "8100 0064" },
			"88 00 0000 60000000" LINK_LOCAL TARGET_MAC },
		/* The target is one of ours, if not the one that it was sent to. */
		{ { .mac_to = frame_our_mac, .from = PEER_IPV6, .to = OUR_IPV6 }, HEAD LINK_LOCAL,
			{ .mac_to = frame_peer_mac, .from = OUR_IPV6_TOO, .to = PEER_IPV6 },
			"88 00 0000 60000000" LINK_LOCAL TARGET_MAC },
		/* Duplicate address detection, with the nonce of RFC 7527. */
		{ { .from = "::", .to = SOLICITED_NODE, .tags = "88a8 0064 8100 0065" },
			HEAD TARGET "0e 01 123456789abc",
			{ .mac_to = all_nodes_mac,
				.from = OUR_IPV6,
				.to = "ff02::1",
				.tags = "88a8 0064 8100 0065" },
			"88 00 0000 20000000" TARGET TARGET_MAC },
		/* Extension headers and options do not come back. */
		{ { .from = PEER_IPV6,
			  .to = SOLICITED_NODE,
			  .options = "3a01 010c 00000000 00000000 00000000" },
			HEAD TARGET SOURCE_MAC "0e 02 1234567890ab 1234567890abcdef",
			{ .mac_to = frame_peer_mac, .from = OUR_IPV6, .to = PEER_IPV6 },
			"88 00 0000 60000000" TARGET TARGET_MAC },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct run run = solicit(cases[i].in, cases[i].message, SPARE);
		expect_advertisement(&run, cases[i].out, cases[i].answer);
	}
}

/* Every octet, written down by hand. */
static void known_advertisement(void **state)
{
	static const struct frame_spec spec = { .from = PEER_IPV6, .to = SOLICITED_NODE };
	struct test_frame expected = { .l3 = 14 };

	frame_append_hex(&expected,
		"020000000099 020000000001 86dd"
		"60000000 0020 3a ff 20010db8000000000000000000000001"
		"20010db80000000000000000 0004d00d"
		"88 00 ba63 60000000 20010db8000000000000000000000001 0201 020000000001");
	struct run run = solicit(spec, HEAD TARGET SOURCE_MAC, 0);
	assert_int_equal(run.verdict, RDL_NET_ANSWERED);
	expect_octets(&run, &expected);
	run_end(&run);
}

static void anything_else_is_dropped(void **state)
{
	static const struct {
		struct frame_spec spec;
		const char *message;
	} cases[] = {
		/* Through a router. */
		{ { .from = PEER_IPV6, .to = SOLICITED_NODE, .hop_limit = 254 },
			HEAD TARGET SOURCE_MAC },
		{ { .from = PEER_IPV6, .to = SOLICITED_NODE },
			"87 01 0000 00000000" TARGET SOURCE_MAC },
		/* With a Fragment header, though it is all of its packet (RFC 6980 section 5). */
		{ { .from = PEER_IPV6,
			  .to = SOLICITED_NODE,
			  .first_extension = 44,
			  .options = "3a00 0000 00000001" },
			HEAD TARGET SOURCE_MAC },
		{ { .mac_to = frame_our_mac,
			  .from = PEER_IPV6,
			  .to = OUR_IPV6,
			  .first_extension = 60,
			  .options = "2c00 0104 00000000 3a00 0000 00000001" },
			HEAD TARGET SOURCE_MAC },
		/* Too short for its target. */
		{ { .from = PEER_IPV6, .to = SOLICITED_NODE },
			HEAD "20010db80000000000000000000000" },
		{ { .from = PEER_IPV6, .to = SOLICITED_NODE }, HEAD },
		/* Targets that are not ours. */
		{ { .from = PEER_IPV6, .to = SOLICITED_NODE },
			HEAD "20010db8000000010000000000000001" SOURCE_MAC },
		{ { .from = PEER_IPV6, .to = SOLICITED_NODE },
			HEAD "ff020000000000000000000000000001" SOURCE_MAC },
		/* Options: of no length, longer than the message, half a header. */
		{ { .from = PEER_IPV6, .to = SOLICITED_NODE }, HEAD TARGET "01 00 020000000099" },
		{ { .from = PEER_IPV6, .to = SOLICITED_NODE }, HEAD TARGET "01 02 020000000099" },
		{ { .from = PEER_IPV6, .to = SOLICITED_NODE }, HEAD TARGET "01 ff 020000000099" },
		{ { .from = PEER_IPV6, .to = SOLICITED_NODE }, HEAD TARGET SOURCE_MAC "01" },
		/* Duplicate address detection asks the solicited nodes, and tells no MAC. */
		{ { .from = "::", .to = SOLICITED_NODE }, HEAD TARGET SOURCE_MAC },
		{ { .from = "::", .to = SOLICITED_NODE },
			HEAD TARGET "0e 01 123456789abc" SOURCE_MAC },
		{ { .from = "::", .to = "ff02::1" }, HEAD TARGET },
		{ { .from = "::", .to = "ff02::1:ff00:2" }, HEAD TARGET },
		{ { .mac_to = frame_our_mac, .from = "::", .to = OUR_IPV6 }, HEAD TARGET },
		/* Router solicitation and advertisement, redirect. */
		{ { .from = PEER_IPV6, .to = "ff02::2" }, "85 00 0000 00000000" },
		{ { .from = PEER_IPV6, .to = "ff02::1" }, "86 00 0000 40000708 00000000 00000000" },
		{ { .from = PEER_IPV6, .to = "ff02::1" }, "89 00 0000 00000000" TARGET TARGET },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct run run = solicit(cases[i].spec, cases[i].message, SPARE);
		assert_int_equal(run.verdict, RDL_NET_DROP_icmp);
		run_end(&run);
	}
}

/* Advertisements that tell something; what they say is `told`. */
static void news(void **state)
{
	static const struct {
		struct frame_spec spec;
		const char *message;
		enum rdl_news_kind kind;
		const char *address;
		unsigned local;
	} cases[] = {
		{ { .from = PEER_IPV6, .to = OUR_IPV6, .mac_to = frame_our_mac },
			NA "60000000" PEER_HEX PEER_MAC, RDL_NEWS_ANSWER, PEER_IPV6, 0 },
		/* It need not say its MAC to whom it knows, nor be what it is asked about. */
		{ { .from = "fe80::77", .to = OUR_IPV6_TOO, .mac_to = frame_our_mac },
			NA "40000000" PEER_HEX, RDL_NEWS_ANSWER, PEER_IPV6, 0 },
		{ { .from = PEER_IPV6, .to = "ff02::1", .mac_to = all_nodes_mac },
			NA "20000000" PEER_HEX PEER_MAC, RDL_NEWS_ANNOUNCEMENT, PEER_IPV6, 0 },
		{ { .from = PEER_IPV6, .to = OUR_IPV6, .mac_to = frame_our_mac },
			NA "00000000" PEER_HEX PEER_MAC, RDL_NEWS_ANNOUNCEMENT, PEER_IPV6, 0 },
		/* Somebody has our address: from itself, another, and without a MAC. */
		{ { .from = OUR_IPV6, .to = "ff02::1", .mac_to = all_nodes_mac },
			NA "20000000" TARGET PEER_MAC, RDL_NEWS_CLAIM, OUR_IPV6, 0 },
		{ { .from = PEER_IPV6, .to = OUR_IPV6, .mac_to = frame_our_mac },
			NA "40000000" LINK_LOCAL PEER_MAC, RDL_NEWS_CLAIM, OUR_IPV6_TOO, 1 },
		{ { .from = OUR_IPV6, .to = "ff02::1", .mac_to = all_nodes_mac },
			NA "00000000" TARGET, RDL_NEWS_CLAIM, OUR_IPV6, 0 },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct run run = solicit(cases[i].spec, cases[i].message, 0);
		struct rdl_peer peer = { .port = 0 };
		struct rdl_news told;
		char text[RDL_ADDRESS_TEXT];

		assert_int_equal(run.verdict, RDL_NET_NEWS);
		run.frame.port = 3;
		rdl_net_read_news(&interface, &run.frame, &told);
		assert_int_equal(told.kind, cases[i].kind);
		memcpy(peer.address, told.address, 16);
		rdl_peer_address_text(&peer, text);
		assert_string_equal(text, cases[i].address);
		assert_memory_equal(told.mac, frame_peer_mac, 6);
		assert_int_equal(told.local.port, 3);
		assert_int_equal(told.local.address, cases[i].local);
		run_end(&run);
	}
}

static void no_news(void **state)
{
	static const struct {
		struct frame_spec spec;
		const char *message;
		enum rdl_net_verdict verdict;
	} cases[] = {
		{ { .from = PEER_IPV6, .to = OUR_IPV6, .hop_limit = 254 },
			NA "60000000" PEER_HEX PEER_MAC, RDL_NET_DROP_icmp },
		{ { .from = PEER_IPV6,
			  .to = OUR_IPV6,
			  .first_extension = 44,
			  .options = "3a00 0000 00000001" },
			NA "60000000" PEER_HEX PEER_MAC, RDL_NET_DROP_icmp },
		{ { .from = PEER_IPV6, .to = OUR_IPV6 }, NA "60000000", RDL_NET_DROP_icmp },
		{ { .from = PEER_IPV6, .to = OUR_IPV6 },
			NA "60000000 20010db80000000000000000 0004d0", RDL_NET_DROP_icmp },
		{ { .from = PEER_IPV6, .to = OUR_IPV6 }, NA "60000000" PEER_HEX "0200 020000000099",
			RDL_NET_DROP_icmp },
		{ { .from = PEER_IPV6, .to = OUR_IPV6 }, NA "60000000" PEER_HEX "0202 020000000099",
			RDL_NET_DROP_icmp },
		{ { .from = PEER_IPV6, .to = OUR_IPV6 }, "88 01 0000 60000000" PEER_HEX PEER_MAC,
			RDL_NET_DROP_icmp },
		{ { .from = PEER_IPV6, .to = OUR_IPV6 },
			NA "60000000 ff020000000000000000000000000001" PEER_MAC,
			RDL_NET_DROP_icmp },
		/* Answers to all, or from before there was an address. */
		{ { .from = PEER_IPV6, .to = "ff02::1", .mac_to = all_nodes_mac },
			NA "60000000" PEER_HEX PEER_MAC, RDL_NET_DROP_icmp },
		{ { .from = "::", .to = "ff02::1", .mac_to = all_nodes_mac },
			NA "20000000" PEER_HEX PEER_MAC, RDL_NET_DROP_icmp },
		/* MACs of nobody, of a group, and ours come back. */
		{ { .from = PEER_IPV6, .to = OUR_IPV6 }, NA "60000000" PEER_HEX "0201 000000000000",
			RDL_NET_DROP_icmp },
		{ { .from = PEER_IPV6, .to = OUR_IPV6 }, NA "60000000" PEER_HEX "0201 030000000099",
			RDL_NET_DROP_icmp },
		{ { .from = OUR_IPV6, .to = "ff02::1", .mac_to = all_nodes_mac },
			NA "20000000" TARGET TARGET_MAC, RDL_NET_DROP_icmp },
		/* Tells no MAC, and answers nothing. */
		{ { .from = PEER_IPV6, .to = "ff02::1", .mac_to = all_nodes_mac },
			NA "20000000" PEER_HEX, RDL_NET_DROP_icmp },
		/* Our address may say nothing else. */
		{ { .from = OUR_IPV6, .to = SOLICITED_NODE, .mac_to = solicited_mac },
			HEAD TARGET SOURCE_MAC, RDL_NET_DROP_ip_source },
		{ { .from = OUR_IPV6, .to = OUR_IPV6 }, "80 00 0000 00000000",
			RDL_NET_DROP_ip_source },
		{ { .from = OUR_IPV6,
			  .to = OUR_IPV6,
			  .first_extension = 44,
			  .options = "3a00 0001 00000001" },
			NA "60000000" TARGET PEER_MAC, RDL_NET_DROP_ip_source },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct frame_spec spec = cases[i].spec;

		spec.mac_to = spec.mac_to != NULL ? spec.mac_to : frame_our_mac;
		struct run run = solicit(spec, cases[i].message, SPARE);
		assert_int_equal(run.verdict, cases[i].verdict);
		run_end(&run);
	}
}

/* The answer has an option that the question may not have. */
static void answer_needs_room(void **state)
{
	static const struct frame_spec in = { .from = PEER_IPV6, .to = SOLICITED_NODE };
	static const struct frame_spec out = {
		.mac_to = frame_peer_mac, .from = OUR_IPV6, .to = PEER_IPV6
	};

	for (size_t spare = 0; spare < 8; spare++) {
		struct run run = solicit(in, HEAD TARGET, spare);
		assert_int_equal(run.verdict, RDL_NET_DROP_icmp);
		run_end(&run);
	}
	struct run run = solicit(in, HEAD TARGET, 8);
	expect_advertisement(&run, out, "88 00 0000 60000000" TARGET TARGET_MAC);
}

static void checksum_is_checked(void **state)
{
	static const struct frame_spec base = {
		.mac_to = solicited_mac, .from = PEER_IPV6, .to = SOLICITED_NODE, .hop_limit = 255
	};
	uint8_t octets[64];
	struct frame_spec spec = base;

	spec.protocol = 58;
	spec.payload = octets;
	spec.payload_len = unhex(HEAD TARGET SOURCE_MAC, octets, sizeof(octets));
	struct test_frame f = frame_build(&spec);
	assert_int_equal(verdict_of(&f), RDL_NET_ANSWERED);
	f.data[f.l4 + 3] ^= 0x40;
	assert_int_equal(verdict_of(&f), RDL_NET_DROP_icmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(solicitation_is_answered),
		cmocka_unit_test(known_advertisement),
		cmocka_unit_test(anything_else_is_dropped),
		cmocka_unit_test(news),
		cmocka_unit_test(no_news),
		cmocka_unit_test(answer_needs_room),
		cmocka_unit_test(checksum_is_checked),
	};
	return RUN_TESTS(tests);
}
