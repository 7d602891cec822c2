/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#define REQUEST_HEAD "0001 0800 06 04 0001"
#define REPLY_HEAD "0001 0800 06 04 0002"
#define OURS "020000000001 c0000201"
#define PEER "020000000099 c000024d" /* 192.0.2.77 */
#define ASKED "000000000000 c0000201"

static struct test_frame arp_frame(const struct frame_spec *spec, const char *arp)
{
	struct test_frame f = { 0 };

	frame_ethernet(&f, spec, 0x0806);
	frame_append_hex(&f, arp);
	return f;
}

static void request_is_answered(void **state)
{
	static const struct {
		const uint8_t *to;
		const char *tags, *request, *answer;
	} cases[] = {
		{ frame_broadcast_mac, NULL, REQUEST_HEAD PEER ASKED,
			"0001 0800 06 04 0002 020000000001 c0000201" PEER },
		{ frame_our_mac, "88a8 0064 8100 0065", REQUEST_HEAD PEER ASKED,
			"0001 0800 06 04 0002 020000000001 c0000201" PEER },
		/* Another of our addresses; whatever the unknown MAC is filled with. */
		{ frame_broadcast_mac, "8100 0064", REQUEST_HEAD PEER "ffffffffffff c6336401",
			"0001 0800 06 04 0002 020000000001 c6336401" PEER },
		/* A probe: RFC 5227. */
		{ frame_broadcast_mac, NULL, REQUEST_HEAD "020000000099 00000000" ASKED,
			"0001 0800 06 04 0002 020000000001 c0000201 020000000099 00000000" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		const struct frame_spec in = { .mac_to = cases[i].to, .tags = cases[i].tags };
		const struct frame_spec out = {
			.mac_to = frame_peer_mac, .mac_from = frame_our_mac, .tags = cases[i].tags
		};
		struct test_frame request = arp_frame(&in, cases[i].request);
		struct test_frame answer = arp_frame(&out, cases[i].answer);
		for (size_t padding = 0; padding <= 18; padding += 18) {
			struct run run = run_frame(&request);
			assert_int_equal(run.verdict, RDL_NET_ANSWERED);
			expect_octets(&run, &answer);
			assert_int_equal(run.frame.l3_len, 0);
			run_end(&run);
			frame_append_hex(&request, "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
		}
	}
}

static void anything_else_is_dropped(void **state)
{
	static const char *const cases[] = {
		"0002 0800 06 04 0001" PEER ASKED, /* not Ethernet */
		"0001 86dd 06 04 0001" PEER ASKED, /* not IPv4 */
		"0001 0800 08 04 0001" PEER ASKED, /* lengths */
		"0001 0800 06 10 0001" PEER ASKED,
		"0001 0800 06 04 0000" PEER ASKED, /* operations */
		"0001 0800 06 04 0002" PEER ASKED,
		"0001 0800 06 04 0003" PEER ASKED,
		"0001 0800 06 04 0101" PEER ASKED,
		REQUEST_HEAD PEER "000000000000 c0000202", /* for somebody else */
		REQUEST_HEAD PEER "000000000000 00000000",
		REQUEST_HEAD "020000000001 c6336401" ASKED, /* our own, come back */
		REQUEST_HEAD "020000000001 c0000201"
			     "000000000000 c0000201",
		REQUEST_HEAD "000000000000 c0000201" ASKED, /* nobody's MACs */
		REQUEST_HEAD "030000000099 c0000201" ASKED,
		REQUEST_HEAD "ffffffffffff c000024d" ASKED,
		REPLY_HEAD "000000000000 c000024d" OURS,
		REPLY_HEAD "030000000099 c000024d" OURS,
		REPLY_HEAD "020000000099 7f000001" OURS, /* no host's address */
		REPLY_HEAD "020000000099 e0000001"
			   "020000000001 e0000001",
		/* Answers that are not for us. */
		REPLY_HEAD PEER "020000000002 c0000201",
		REPLY_HEAD PEER "020000000001 c0000202",
		"0001 0800 06 04 0003" PEER "020000000001 c000024d",
	};
	static const struct frame_spec spec = { .mac_to = frame_broadcast_mac };

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct test_frame f = arp_frame(&spec, cases[i]);
		assert_int_equal(verdict_of(&f), RDL_NET_DROP_arp);
	}
}

/* What is told: of a neighbour who answers, or announces himself, and of who has our addresses. */
static void news(void **state)
{
	static const struct {
		const uint8_t *to;
		const char *tags, *arp;
		enum rdl_news_kind kind;
		const char *address;
		unsigned local;
	} cases[] = {
		{ frame_our_mac, NULL, REPLY_HEAD PEER OURS, RDL_NEWS_ANSWER, PEER_IPV4, 0 },
		{ frame_our_mac, "88a8 0064", REPLY_HEAD PEER "020000000001 c6336401",
			RDL_NEWS_ANSWER, PEER_IPV4, 0 },
		{ frame_broadcast_mac, NULL, REQUEST_HEAD PEER "000000000000 c000024d",
			RDL_NEWS_ANNOUNCEMENT, PEER_IPV4, 0 },
		{ frame_broadcast_mac, NULL, REPLY_HEAD PEER "ffffffffffff c000024d",
			RDL_NEWS_ANNOUNCEMENT, PEER_IPV4, 0 },
		{ frame_our_mac, NULL, REPLY_HEAD PEER PEER, RDL_NEWS_ANNOUNCEMENT, PEER_IPV4, 0 },
		{ frame_broadcast_mac, NULL, REQUEST_HEAD "020000000099 c0000201" ASKED,
			RDL_NEWS_CLAIM, OUR_IPV4, 0 },
		{ frame_broadcast_mac, "8100 0064",
			REQUEST_HEAD "020000000099 c6336401 000000000000 c0000209", RDL_NEWS_CLAIM,
			OUR_IPV4_TOO, 1 },
		/* The answer to a probe of ours. */
		{ frame_our_mac, NULL, REPLY_HEAD "020000000099 c0000201 020000000001 00000000",
			RDL_NEWS_CLAIM, OUR_IPV4, 0 },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		const struct frame_spec spec = { .mac_to = cases[i].to, .tags = cases[i].tags };
		struct test_frame f = arp_frame(&spec, cases[i].arp);
		struct run run = run_frame(&f);
		struct rdl_news told;
		struct rdl_peer peer = { .port = 0 };
		char text[RDL_ADDRESS_TEXT];

		run.frame.port = 5;
		assert_int_equal(run.verdict, RDL_NET_NEWS);
		assert_int_equal(run.frame.l2_len, f.l3);
		rdl_net_read_news(&interface, &run.frame, &told);
		assert_int_equal(told.kind, cases[i].kind);
		memcpy(peer.address, told.address, 16);
		rdl_peer_address_text(&peer, text);
		assert_string_equal(text, cases[i].address);
		assert_memory_equal(told.mac, frame_peer_mac, 6);
		assert_int_equal(told.local.port, 5);
		assert_int_equal(told.local.address, cases[i].local);
		assert_int_equal(told.local.vlan, cases[i].tags != NULL ? 0x64 : 0);
		assert_int_equal(told.local.service, i == 1);
		run_end(&run);
	}
}

/* It is the frame's MAC that says whose answer it is. */
static void answer_to_all_is_none(void **state)
{
	static const struct frame_spec spec = { .mac_to = frame_broadcast_mac };
	static const struct frame_spec to_us = { .mac_to = frame_our_mac };
	struct test_frame f = arp_frame(&spec, REPLY_HEAD PEER OURS);

	assert_int_equal(verdict_of(&f), RDL_NET_DROP_arp);
	/* And nobody of that name is here. */
	f = arp_frame(&to_us, REPLY_HEAD PEER "020000000001 c0000202");
	assert_int_equal(verdict_of(&f), RDL_NET_DROP_arp);
	f = arp_frame(&to_us, REPLY_HEAD PEER "020000000002 c0000201");
	assert_int_equal(verdict_of(&f), RDL_NET_DROP_arp);
}

static void cut_at_any_octet(void **state)
{
	static const struct frame_spec spec = { .mac_to = frame_broadcast_mac };
	struct test_frame f = arp_frame(&spec, REQUEST_HEAD PEER ASKED);

	assert_int_equal(f.len, 42);
	for (f.len = 0; f.len < 42; f.len++)
		assert_int_equal(verdict_of(&f), RDL_NET_DROP_frame_short);
}

static void no_address_no_answer(void **state)
{
	static const struct frame_spec spec = { .mac_to = frame_broadcast_mac };
	struct test_frame f = arp_frame(&spec, REQUEST_HEAD PEER ASKED);
	struct rdl_interface bare = interface;

	bare.ipv4_count = 0;
	struct run run = run_octets(&bare, f.data, f.len, 0, 0);
	assert_int_equal(run.verdict, RDL_NET_DROP_arp);
	run_end(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_is_answered),
		cmocka_unit_test(anything_else_is_dropped),
		cmocka_unit_test(news),
		cmocka_unit_test(answer_to_all_is_none),
		cmocka_unit_test(cut_at_any_octet),
		cmocka_unit_test(no_address_no_answer),
	};
	return RUN_TESTS(tests);
}
