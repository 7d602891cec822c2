/* SPDX-License-Identifier: BSD-3-Clause */
/* A part of a datagram as a frame of its own: what it is taken for, and what its reply is. */
#include "fixture.h"

#define WHOLE 64
#define AT 40
#define LEN 17

static const uint8_t payload[WHOLE] = { 1, 2, 3, [AT] = 7, 8, 9, [AT + LEN - 1] = 11, 12 };

static const struct frame_spec specs[] = {
	{ .from = PEER_IPV4, .to = OUR_IPV4 },
	{ .from = PEER_IPV6, .to = OUR_IPV6 },
	{ .from = PEER_IPV4, .to = OUR_IPV4_TOO, .tags = "8100 0064", .padding = 9 },
	{ .from = PEER_IPV4, .to = OUR_IPV4, .options = "01010101" },
	{ .from = PEER_IPV6, .to = OUR_IPV6, .options = "1100010400000000", .first_extension = 60 },
};

static void check(const struct frame_spec *like)
{
	struct frame_spec spec = *like;

	spec.payload = payload;
	spec.payload_len = WHOLE;
	struct test_frame f = frame_build(&spec);
	struct run whole = run_frame(&f);
	assert_int_equal(whole.verdict, RDL_NET_DATAGRAM);

	size_t room = f.l4 + 8 + LEN;
	struct run part = { .room = room, .buffer = guard_alloc(room) };
	part.frame = (struct rdl_frame){ .data = part.buffer,
		.room = (uint16_t)room,
		.flags = RDL_FRAME_BORN,
		.port = whole.frame.port };
	rdl_net_part(&whole.frame, whole.datagram.data + AT, LEN, &part.frame);
	assert_int_equal(part.frame.len, room);
	assert_int_equal(rdl_net_input(&interface, &part.frame, &part.datagram), RDL_NET_DATAGRAM);
	assert_int_equal(part.datagram.len, LEN);
	assert_memory_equal(part.datagram.data, payload + AT, LEN);
	assert_memory_equal(&part.datagram.peer, &whole.datagram.peer, sizeof(struct rdl_peer));
	assert_memory_equal(&part.datagram.local, &whole.datagram.local, sizeof(struct rdl_local));
	assert_int_equal(rdl_net_as_long(&part.frame),
		LEN + (part.frame.data[part.frame.l2_len] >> 4 == 4 ? part.frame.l3_len - 20
								    : part.frame.l3_len - 40));
	assert_true((part.frame.flags & RDL_FRAME_BORN) != 0);

	/* The same as if it had come so. */
	spec.payload = payload + AT;
	spec.payload_len = LEN;
	f = frame_build(&spec);
	struct run alone = run_frame(&f);
	rdl_net_reply(&alone.frame, LEN);
	rdl_net_reply(&part.frame, LEN);
	assert_int_equal(part.frame.len, alone.frame.len);
	assert_memory_equal(part.frame.data, alone.frame.data, alone.frame.len);

	/* So is what is left of the whole. */
	rdl_net_cut(&whole.frame, whole.datagram.data + AT, LEN);
	assert_int_equal(
		rdl_net_input(&interface, &whole.frame, &whole.datagram), RDL_NET_DATAGRAM);
	assert_int_equal(whole.datagram.len, LEN);
	rdl_net_reply(&whole.frame, LEN);
	assert_int_equal(whole.frame.len, alone.frame.len);
	assert_memory_equal(whole.frame.data, alone.frame.data, alone.frame.len);
	run_end(&whole);
	run_end(&part);
	run_end(&alone);
}

static void every_family(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(specs); i++)
		check(&specs[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_family) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
