/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#define REQUEST_HEAD "0001 0800 06 04 0001"
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
		REQUEST_HEAD "020000000099 c0000201" ASKED, /* announces our own address */
		REQUEST_HEAD "020000000001 c6336401" ASKED,
	};
	static const struct frame_spec spec = { .mac_to = frame_broadcast_mac };

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct test_frame f = arp_frame(&spec, cases[i]);
		assert_int_equal(verdict_of(&f), RDL_NET_DROP_arp);
	}
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
		cmocka_unit_test(cut_at_any_octet),
		cmocka_unit_test(no_address_no_answer),
	};
	return RUN_TESTS(tests);
}
