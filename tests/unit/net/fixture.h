/* SPDX-License-Identifier: BSD-3-Clause */
/* One interface, and one frame at a time through it. */
#ifndef RDL_TEST_NET_FIXTURE_H
#define RDL_TEST_NET_FIXTURE_H

#include "support.h"

#include "frame.h"
#include "net.h"

#define OUR_IPV4 "192.0.2.1"
#define OUR_IPV4_TOO "198.51.100.1"
#define PEER_IPV4 "192.0.2.77"
#define OUR_IPV6 "2001:db8::1"
#define OUR_IPV6_TOO "fe80::1"
#define PEER_IPV6 "2001:db8::4:d00d"

static const struct rdl_interface interface = {
	.mac = { 0x02, 0, 0, 0, 0, 0x01 },
	.udp_port_count = 1,
	.udp_ports = { 5683 },
	.ipv4_count = 2,
	.ipv4 = { 0xc0000201, 0xc6336401 },
	.ipv6_count = 2,
	.ipv6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, { 0xfe, 0x80, [15] = 1 } },
};

struct run {
	struct rdl_frame frame;
	struct rdl_datagram datagram;
	enum rdl_net_verdict verdict;
	uint8_t *buffer;
	size_t room;
};

/*
 * Puts the octets before a guard page, `spare` writable octets between,
 * and classifies them. Ended by run_end().
 */
static inline struct run run_octets(const struct rdl_interface *in, const uint8_t *data, size_t len,
	size_t spare, uint8_t flags)
{
	struct run run = { .room = len + spare, .buffer = guard_alloc(len + spare) };

	memset(run.buffer, 0xaa, run.room);
	if (len > 0)
		memcpy(run.buffer, data, len);
	memset(&run.frame, 0xaa, sizeof(run.frame));
	run.frame.data = run.buffer;
	run.frame.len = (uint16_t)len;
	run.frame.room = (uint16_t)run.room;
	run.frame.flags = flags;
	memset(&run.datagram, 0xaa, sizeof(run.datagram));
	run.verdict = rdl_net_input(in, &run.frame, &run.datagram);
	return run;
}

static inline struct run run_frame(const struct test_frame *f)
{
	return run_octets(&interface, f->data, f->len, 0, 0);
}

static inline struct run run_spec(const struct frame_spec *spec)
{
	struct test_frame f = frame_build(spec);

	return run_frame(&f);
}

static inline void run_end(struct run *run)
{
	guard_free(run->buffer, run->room);
}

static inline enum rdl_net_verdict verdict_of(const struct test_frame *f)
{
	struct run run = run_frame(f);

	run_end(&run);
	return run.verdict;
}

static inline enum rdl_net_verdict verdict_of_spec(const struct frame_spec *spec)
{
	struct test_frame f = frame_build(spec);

	return verdict_of(&f);
}

/* The frame holds these octets and no more, and what it says of itself fits its buffer. */
static inline void expect_octets(const struct run *run, const struct test_frame *expected)
{
	const struct rdl_frame *frame = &run->frame;

	assert_int_equal(frame->len, expected->len);
	assert_memory_equal(frame->data, expected->data, expected->len);
	assert_int_equal(frame->l2_len, expected->l3);
	assert_ptr_equal(frame->data + frame->room, run->buffer + run->room);
}

/* The answer is the frame that this describes. */
static inline void expect_answer(const struct run *run, const struct frame_spec *spec)
{
	struct test_frame expected = frame_build(spec);

	assert_int_equal(run->verdict, RDL_NET_ANSWERED);
	expect_octets(run, &expected);
	assert_int_equal(run->frame.l3_len, expected.l4 - expected.l3);
}

static inline void expect_payload(const struct run *run, const void *payload, size_t len)
{
	assert_int_equal(run->verdict, RDL_NET_DATAGRAM);
	assert_int_equal(run->datagram.len, len);
	if (len > 0)
		assert_memory_equal(run->datagram.data, payload, len);
	assert_ptr_equal(
		run->datagram.data, run->frame.data + run->frame.l2_len + run->frame.l3_len + 8);
}

static inline void expect_peer(const struct run *run, const char *address, uint16_t port)
{
	char text[RDL_ADDRESS_TEXT];

	rdl_peer_address_text(&run->datagram.peer, text);
	assert_string_equal(text, address);
	assert_int_equal(run->datagram.peer.port, port);
	assert_int_equal(run->datagram.identity, 0);
}

#endif
