/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports over rings: what goes in comes out, whole, and nothing is lost. */
#include "frames.h"

#include "pktio.h"

#include <stdio.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#define ROOM 4700

static struct rte_ring *in, *out;
static struct rte_mempool *outside;
static struct rdl_pktio *pktio;

static int start(void **state)
{
	static char args[][24] = { "test", "--no-huge", "--no-shconf", "-m", "128", "--no-pci",
		"--no-telemetry", "--log-level", "error", "--file-prefix", "" };
	char *argv[RDL_ARRAY_LEN(args)], why[128];
	int argc = (int)RDL_ARRAY_LEN(args);
	unsigned bad;

	snprintf(args[argc - 1], sizeof(args[0]), "rdl_unit_%d", (int)getpid());
	for (int i = 0; i < argc; i++)
		argv[i] = args[i];
	if (rte_eal_init(argc, argv) < 0)
		return -1;
	in = rte_ring_create("in", 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	out = rte_ring_create("out", 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	outside = rte_pktmbuf_pool_create("outside", 255, 0, 256, ROOM, SOCKET_ID_ANY);
	if (in == NULL || out == NULL || outside == NULL ||
		rte_eth_from_rings("test", &in, 1, &out, 1, 0) < 0)
		return -1;
	const struct rdl_pktio_config config = {
		.port_count = 1,
		.devices = { "net_ring_test" },
		.queues = 1,
		.reassemblies = 4,
		.private_len = 256,
		.room = ROOM,
		.socket_id = SOCKET_ID_ANY,
	};
	pktio = rdl_pktio_open(&config, why, sizeof(why), &bad);
	if (pktio == NULL)
		fprintf(stderr, "%s\n", why);
	return pktio == NULL ? -1 : 0;
}

static int stop(void **state)
{
	rdl_pktio_close(pktio);
	return rte_eal_cleanup();
}

static void arrive(const void *data, size_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(outside);

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), data, len);
	assert_int_equal(rte_ring_enqueue(in, m), 0);
}

/* Receives one frame that is there. */
static struct rdl_frame *receive(void)
{
	struct rdl_frame *frame;
	unsigned segmented = 0;

	assert_int_equal(rdl_pktio_rx(pktio, 0, 0, &frame, 1, &segmented), 1);
	assert_int_equal(segmented, 0);
	return frame;
}

static void nothing_lost(void)
{
	assert_int_equal(rte_mempool_in_use_count(outside), 0);
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
}

static void test_there_and_back(void **state)
{
	const uint8_t octets[60] = { 1, 2, 3, 4 };
	struct rte_mbuf *m = NULL;

	arrive(octets, sizeof(octets));
	struct rdl_frame *frame = receive();
	assert_int_equal(frame->len, 60);
	assert_true(frame->room >= ROOM - RTE_PKTMBUF_HEADROOM);
	assert_memory_equal(frame->data, octets, 60);
	/* A reply is shorter in front, longer behind. */
	frame->data += 4;
	frame->len = 70;
	frame->data[69] = 9;
	assert_int_equal(rdl_pktio_tx(pktio, 0, 0, &frame, 1), 1);
	assert_int_equal(rte_ring_dequeue(out, (void **)&m), 0);
	assert_int_equal(rte_pktmbuf_pkt_len(m), 70);
	assert_int_equal(*rte_pktmbuf_mtod_offset(m, uint8_t *, 69), 9);
	rte_pktmbuf_free(m);
	nothing_lost();
}

static void test_given_back(void **state)
{
	const uint8_t octets[60] = { 0 };
	struct rdl_frame *frames[8];
	unsigned segmented = 0;

	for (unsigned i = 0; i < 8; i++)
		arrive(octets, sizeof(octets));
	assert_int_equal(rdl_pktio_rx(pktio, 0, 0, frames, 8, &segmented), 8);
	assert_int_equal(rdl_pktio_rx(pktio, 0, 0, frames, 8, &segmented), 0);
	rdl_pktio_free(frames, 8);
	nothing_lost();
}

/* Several buffers: put into one where they fit, else gone and counted. */
static void chain(unsigned pieces, size_t each)
{
	struct rte_mbuf *head = NULL;

	for (unsigned i = 0; i < pieces; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(outside);

		memset(rte_pktmbuf_append(m, (uint16_t)each), (int)i + 1, each);
		if (head == NULL)
			head = m;
		else
			assert_int_equal(rte_pktmbuf_chain(head, m), 0);
	}
	assert_int_equal(rte_ring_enqueue(in, head), 0);
}

static void test_segments(void **state)
{
	struct rdl_frame *frame;
	unsigned segmented = 0;

	chain(3, 1000);
	frame = receive();
	assert_int_equal(frame->len, 3000);
	assert_int_equal(frame->data[999], 1);
	assert_int_equal(frame->data[2999], 3);
	rdl_pktio_free(&frame, 1);
	chain(3, 3000);
	assert_int_equal(rdl_pktio_rx(pktio, 0, 0, &frame, 1, &segmented), 0);
	assert_int_equal(segmented, 1);
	nothing_lost();
}

/* One fragment of `body`, from an offset that is a multiple of 8. */
static void fragment(
	bool ipv6, const uint8_t *body, size_t offset, size_t len, bool more, uint8_t id)
{
	uint8_t header[8] = { 17, 0, 0, 0, 0, 0, 0, id };
	char options[17];
	struct test_frame f;

	rdl_put_be16(header + 2, (uint16_t)(offset | more));
	for (unsigned i = 0; i < 8; i++)
		snprintf(options + 2 * i, 3, "%02x", header[i]);
	f = frame_build(&(struct frame_spec){
		.from = ipv6 ? "2001:db8::2" : "192.0.2.2",
		.to = ipv6 ? "2001:db8::1" : "192.0.2.1",
		.options = ipv6 ? options : NULL,
		.first_extension = 44,
		.protocol = 99, /* no UDP header of its own */
		.payload = body + offset,
		.payload_len = len,
	});
	memcpy(f.data + f.end - len, body + offset, len); /* where the builder put a checksum */
	if (!ipv6) {
		f.data[f.l3 + 9] = 17;
		f.data[f.l3 + 5] = id;
		rdl_put_be16(f.data + f.l3 + 6, (uint16_t)(offset / 8 | (more ? 0x2000 : 0)));
		rdl_put_be16(f.data + f.l3 + 10, 0);
		rdl_put_be16(f.data + f.l3 + 10, (uint16_t)~frame_sum(f.data + f.l3, 20, 0));
	}
	arrive(f.data, f.len);
}

static const struct rdl_interface interface = {
	.mac = { 0x02, 0, 0, 0, 0, 0x01 },
	.udp_port = 5683,
	.ipv4_count = 1,
	.ipv4 = { 0xc0000201 },
	.ipv6_count = 1,
	.ipv6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
};

/* A UDP datagram of `len` octets, checksum right, ready to be cut. */
static void make_datagram(bool ipv6, uint8_t *udp, size_t len)
{
	uint8_t pseudo[40] = { 0 };

	rdl_put_be16(udp, 40000);
	rdl_put_be16(udp + 2, 5683);
	rdl_put_be16(udp + 4, (uint16_t)len);
	rdl_put_be16(udp + 6, 0);
	for (size_t i = 8; i < len; i++)
		udp[i] = (uint8_t)(i * 7);
	inet_pton(ipv6 ? AF_INET6 : AF_INET, ipv6 ? "2001:db8::2" : "192.0.2.2", pseudo);
	inet_pton(ipv6 ? AF_INET6 : AF_INET, ipv6 ? "2001:db8::1" : "192.0.2.1",
		pseudo + (ipv6 ? 16 : 4));
	uint16_t sum = frame_sum(pseudo, sizeof(pseudo), 17 + (uint32_t)len);
	rdl_put_be16(udp + 6, (uint16_t)~frame_sum(udp, len, sum));
}

/* Feeds `count` frames that are there to reassembly; the whole one, or NULL. */
static struct rdl_frame *reassemble(unsigned count, unsigned *dropped)
{
	struct rdl_frame *whole = NULL;

	for (unsigned i = 0; i < count; i++) {
		struct rdl_frame *frame = receive();
		struct rdl_datagram datagram;

		assert_null(whole);
		assert_int_equal(
			rdl_net_input(&interface, frame, &datagram), RDL_NET_DROP_fragment);
		whole = rdl_pktio_reassemble(pktio, 0, frame, dropped);
	}
	return whole;
}

static void check_whole(struct rdl_frame *frame, const uint8_t *udp, size_t len)
{
	struct rdl_datagram datagram;

	assert_non_null(frame);
	assert_int_equal(rdl_net_input(&interface, frame, &datagram), RDL_NET_DATAGRAM);
	assert_int_equal(datagram.len, len - 8);
	assert_memory_equal(datagram.data, udp + 8, len - 8);
	assert_int_equal(datagram.peer.port, 40000);
	rdl_pktio_free(&frame, 1);
}

static void test_fragments(void **state)
{
	static uint8_t udp[4104];
	unsigned dropped = 0;

	for (int ipv6 = 0; ipv6 <= 1; ipv6++) {
		make_datagram(ipv6, udp, 2608);
		fragment(ipv6, udp, 0, 1400, true, 1);
		fragment(ipv6, udp, 1400, 1208, false, 1);
		check_whole(reassemble(2, &dropped), udp, 2608);
		/* In any order; of two datagrams at once. */
		fragment(ipv6, udp, 1400, 1208, false, 2);
		fragment(ipv6, udp, 0, 1400, true, 3);
		fragment(ipv6, udp, 0, 1400, true, 2);
		check_whole(reassemble(3, &dropped), udp, 2608);
		fragment(ipv6, udp, 1400, 1208, false, 3);
		check_whole(reassemble(1, &dropped), udp, 2608);
		/* The shortest fragments there are. */
		make_datagram(ipv6, udp, 12);
		fragment(ipv6, udp, 0, 8, true, 5);
		fragment(ipv6, udp, 8, 4, false, 5);
		check_whole(reassemble(2, &dropped), udp, 12);
		/* The longest datagram that one buffer takes. */
		make_datagram(ipv6, udp, 4104);
		for (size_t at = 0; at < 4104; at += 1368)
			fragment(ipv6, udp, at, 1368, at + 1368 < 4104, 4);
		check_whole(reassemble(3, &dropped), udp, 4104);
	}
	assert_int_equal(dropped, 0);
	nothing_lost();
}

/* More than fits: dropped and counted, nothing kept. */
static void test_too_long(void **state)
{
	static uint8_t udp[7000];
	unsigned dropped = 0;

	for (size_t at = 0; at < 7000; at += 1400)
		fragment(false, udp, at, 1400, at + 1400 < 7000, 9);
	assert_null(reassemble(5, &dropped));
	assert_int_equal(dropped, 1);
	nothing_lost();
}

/* Behind another extension header: not put together. */
static void test_fragment_behind_options(void **state)
{
	struct test_frame f = frame_build(&(struct frame_spec){
		.from = "2001:db8::2",
		.to = "2001:db8::1",
		.options = "2c00 0104 00000000 1100 0001 00000001",
		.first_extension = 0,
		.payload = "x",
		.payload_len = 1,
	});
	unsigned dropped = 0;

	arrive(f.data, f.len);
	assert_null(reassemble(1, &dropped));
	assert_int_equal(dropped, 1);
	nothing_lost();
}

/*
 * As many as the tables hold, in the port's own buffers as a NIC would have them: there are always enough left for what
 * comes next.
 */
static void test_held_fragments(void **state)
{
	static uint8_t udp[64];
	unsigned dropped = 0;

	for (unsigned id = 0; id < 40; id++) {
		for (size_t at = 0; at < 64; at += 8)
			fragment(false, udp, at, 8, true, (uint8_t)(200 + id));
		assert_null(reassemble(8, &dropped));
	}
	/* Four entries of eight fragments were asked for, and are counted in what the port takes. */
	assert_in_range(rte_mempool_in_use_count(outside), 1, 4 * 8);
	struct rdl_pktio_config with = { .port_count = 1,
		.devices = { "net_ring_test" },
		.queues = 2,
		.reassemblies = 1000,
		.private_len = 64,
		.room = 4096,
		.page = 4096 };
	struct rdl_pktio_config without = with;
	without.reassemblies = 0;
	assert_true(rdl_pktio_memory(&with) - rdl_pktio_memory(&without) >
		    (uint64_t)2 * 512 * 8 * 4096);
	/* A buffer of XDP's is a page, its headers included, whatever was asked for. */
	with.devices[0] = without.devices[0] = "net_af_xdp0,iface=rdl0";
	assert_int_equal(rdl_pktio_memory(&with) - rdl_pktio_memory(&without), 2 * 512 * 8 * 4096);
}

/* Fragments that never become whole: no more of them are held than was asked for. */
static void test_bounded(void **state)
{
	static uint8_t udp[1400];
	unsigned dropped = 0, held;

	for (unsigned i = 0; i < 200; i++) {
		fragment(false, udp, 0, 1400, true, (uint8_t)i);
		assert_null(reassemble(1, &dropped));
	}
	held = rte_mempool_in_use_count(outside);
	assert_int_equal(dropped + held, 200);
	assert_in_range(held, 1, 8);
}

/* Fragments that never become whole: gone when their time is over. */
static void test_forgotten(void **state)
{
	static uint8_t udp[1400];
	uint64_t now = rte_rdtsc(), second = rte_get_tsc_hz();
	unsigned dropped = 0, held;

	nothing_lost();
	for (unsigned i = 0; i < 4; i++) {
		fragment(i % 2 == 0, udp, 0, 1400, true, (uint8_t)i);
		assert_null(reassemble(1, &dropped));
	}
	held = 4 - dropped;
	assert_in_range(held, 1, 4);
	assert_int_equal(rte_mempool_in_use_count(outside), held);
	assert_int_equal(rdl_pktio_forget_fragments(pktio, 0, now + 9 * second), 0);
	assert_int_equal(rdl_pktio_forget_fragments(pktio, 0, now + 11 * second), held);
	assert_int_equal(rdl_pktio_forget_fragments(pktio, 0, now + 11 * second), 0);
	nothing_lost();
	/* What comes next is put together as ever. */
	make_datagram(true, udp, 1400);
	fragment(true, udp, 0, 800, true, 1);
	fragment(true, udp, 800, 600, false, 1);
	check_whole(reassemble(2, &dropped), udp, 1400);
	nothing_lost();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_given_back),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_fragment_behind_options),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_held_fragments),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
