/* SPDX-License-Identifier: BSD-3-Clause */
/* What the link is told of our addresses, how often, and who else claims them. */
#include "fixture.h"

static int begin_told(void **state)
{
	begin_with(8, 2);
	return 0;
}

/* One round of a port: a probe and an announcement of each address. */
static void expect_round(unsigned port)
{
	unsigned count = interfaces[port].ipv4_count + interfaces[port].ipv6_count;

	for (unsigned i = 0; i < 2 * count; i++) {
		struct rdl_errand errand = within(0);
		unsigned address = i / 2;

		assert_int_equal(errand.kind, i % 2 == 0 ? RDL_ERRAND_PROBE : RDL_ERRAND_ANNOUNCE);
		assert_int_equal(errand.local.port, port);
		assert_int_equal(errand.ipv6, address >= interfaces[port].ipv4_count);
		assert_int_equal(errand.local.address,
			errand.ipv6 ? address - interfaces[port].ipv4_count : address);
	}
}

static void three_times_at_the_start(void **state)
{
	for (unsigned n = 0; n < 3; n++) {
		expect_round(0);
		expect_round(1);
		assert_int_equal(within(n < 2 ? 999 : 60000).kind, RDL_ERRAND_NONE);
		now_ms++;
	}
}

static void and_whenever_a_link_comes_up(void **state)
{
	three_times_at_the_start(state);
	rdl_neighbours_link_up(neighbours, 1);
	for (unsigned n = 0; n < 3; n++) {
		expect_round(1);
		assert_int_equal(within(n < 2 ? 999 : 60000).kind, RDL_ERRAND_NONE);
		now_ms++;
	}
}

/* A hundred times in ten seconds: a round a second all the same. */
static void of_a_link_that_flaps(void **state)
{
	unsigned frames = 0;

	three_times_at_the_start(state);
	for (unsigned n = 0; n < 100; n++) {
		rdl_neighbours_link_up(neighbours, 0);
		for (unsigned ms = 0; ms < 100; ms++) {
			while (within(0).kind != RDL_ERRAND_NONE)
				frames++;
			now_ms++;
		}
	}
	assert_int_equal(frames, 10 * 4);
	while (within(2000).kind != RDL_ERRAND_NONE)
		frames++;
	assert_int_equal(frames, 13 * 4);
}

/* The frames are of the port, and say what the errand says. */
static void frames(void **state)
{
	uint8_t octets[128];
	struct rdl_frame frame = { .data = octets, .room = sizeof(octets), .port = 1 };
	struct rdl_errand errand = within(0);

	assert_true(rdl_errand_fill(neighbours, &errand, &frame));
	assert_int_equal(frame.len, 42);
	assert_int_equal(rdl_get_be32(octets + 14 + 14), 0); /* a probe says nothing of us */
	errand = within(0);
	assert_true(rdl_errand_fill(neighbours, &errand, &frame));
	assert_int_equal(rdl_get_be32(octets + 14 + 14), 0xc0000201);
	errand.local.port = 1;
	assert_true(rdl_errand_fill(neighbours, &errand, &frame));
	assert_int_equal(frame.len, 46); /* with a tag */
	assert_int_equal(rdl_get_be32(octets + 18 + 14), 0xc6336401);
	errand = (struct rdl_errand){ .kind = RDL_ERRAND_ASK, .known = true, .mac = { 2, 3 } };
	memcpy(errand.hop, peer_of("192.0.2.9").address, 16);
	assert_true(rdl_errand_fill(neighbours, &errand, &frame));
	assert_memory_equal(octets, errand.mac, 6);
	errand.known = false;
	assert_true(rdl_errand_fill(neighbours, &errand, &frame));
	assert_int_equal(octets[0], 0xff);
	errand.kind = RDL_ERRAND_NONE;
	assert_false(rdl_errand_fill(neighbours, &errand, &frame));
}

static void claims(void **state)
{
	struct rdl_claim claim = rdl_neighbours_claim(neighbours, 0, false, 0);

	assert_int_equal(claim.count, 0);
	assert_int_equal(hear(RDL_NEWS_CLAIM, "192.0.2.1", 3), RDL_HEARD_CLAIM);
	assert_int_equal(hear(RDL_NEWS_CLAIM, "192.0.2.1", 4), RDL_HEARD_CLAIM);
	assert_int_equal(hear(RDL_NEWS_CLAIM, "2001:db8::1", 5), RDL_HEARD_CLAIM);
	claim = rdl_neighbours_claim(neighbours, 0, false, 0);
	assert_int_equal(claim.count, 2);
	assert_int_equal(claim.mac[0], 2);
	assert_int_equal(claim.mac[1], 0xff);
	assert_int_equal(claim.mac[5], 4);
	claim = rdl_neighbours_claim(neighbours, 0, true, 0);
	assert_int_equal(claim.count, 1);
	assert_int_equal(claim.mac[5], 5);
	assert_int_equal(rdl_neighbours_claim(neighbours, 1, false, 0).count, 0);
	/* A count that has gone round is not none. */
	for (unsigned i = 0; i < 65534; i++)
		(void)hear(RDL_NEWS_CLAIM, "192.0.2.1", 3);
	assert_int_equal(rdl_neighbours_claim(neighbours, 0, false, 0).count, 1);
}

#define TOLD_TEST(test) cmocka_unit_test_setup_teardown(test, begin_told, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOLD_TEST(three_times_at_the_start),
		TOLD_TEST(and_whenever_a_link_comes_up),
		TOLD_TEST(of_a_link_that_flaps),
		TOLD_TEST(frames),
		TOLD_TEST(claims),
	};
	return RUN_TESTS(tests);
}
