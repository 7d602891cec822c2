/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports over rings: what goes in comes out, whole, and nothing is lost. */
#include "support.h"

#include "eal.h"
#include "pktio.h"

#include <stdio.h>

#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#define ROOM 4700

static struct rte_ring *in, *out;
static struct rte_mempool *outside;
static struct rdl_pktio *pktio;

static int start(void **state)
{
	char why[128];
	unsigned bad;

	if (eal_start(state) != 0)
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
		.mtus = { 4000 },
		.queues = 1,
		.private_len = 256,
		.room = ROOM,
		.nodes = { SOCKET_ID_ANY, SOCKET_ID_ANY },
	};
	pktio = rdl_pktio_open(&config, why, sizeof(why), &bad);
	if (pktio == NULL)
		fprintf(stderr, "%s\n", why);
	return pktio == NULL ? -1 : 0;
}

static int stop(void **state)
{
	rdl_pktio_close(pktio);
	return eal_stop(state);
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
	assert_int_equal(rdl_pktio_setup(pktio, 0)->mtu, 4000);
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
	rdl_pktio_free(pktio, 0, frames, 8);
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
	rdl_pktio_free(pktio, 0, &frame, 1);
	chain(3, 3000);
	assert_int_equal(rdl_pktio_rx(pktio, 0, 0, &frame, 1, &segmented), 0);
	assert_int_equal(segmented, 1);
	nothing_lost();
}

/* A buffer of XDP's is a page, its headers included, whatever was asked for. */
static void test_memory(void **state)
{
	struct rdl_pktio_config config = { .port_count = 1,
		.nodes = { SOCKET_ID_ANY },
		.devices = { "net_ring_test" },
		.queues = 2,
		.in_flight = 1000,
		.private_len = 64,
		.room = 4096,
		.page = 4096 };
	uint64_t with, without;

	with = rdl_pktio_memory(&config, SOCKET_ID_ANY);
	config.in_flight = 0;
	without = rdl_pktio_memory(&config, SOCKET_ID_ANY);
	assert_true(with - without > 1000 * 4096);
	config.born = 500; /* of each queue */
	assert_int_equal(rdl_pktio_memory(&config, SOCKET_ID_ANY), with);
	config.born = 0;
	config.devices[0] = "net_af_xdp0,iface=rdl0";
	without = rdl_pktio_memory(&config, SOCKET_ID_ANY);
	config.in_flight = 1000;
	assert_int_equal(rdl_pktio_memory(&config, SOCKET_ID_ANY) - without, 1000 * 4096);
}

/* A port of rings does nothing itself. */
static void test_setup(void **state)
{
	const struct rdl_pktio_setup *setup = rdl_pktio_setup(pktio, 0);
	const uint8_t octets[60] = { 0 };

	assert_string_equal(setup->driver, "net_ring");
	assert_int_equal(setup->queues, 1);
	assert_false(setup->rss);
	assert_false(setup->rx_ipv4_checksum || setup->rx_udp_checksum || setup->tx_ipv4_checksum ||
		     setup->tx_udp_checksum);
	arrive(octets, sizeof(octets));
	struct rdl_frame *frame = receive();
	assert_int_equal(frame->flags, 0);
	rdl_pktio_free(pktio, 0, &frame, 1);
}

/* What a frame leaves to the port, its mbuf says. */
static void test_checksums_left(void **state)
{
	static const struct {
		uint8_t version, flags;
		uint64_t wanted;
	} rows[] = {
		{ 4, RDL_FRAME_TX_OFFLOAD | RDL_FRAME_TX_OFFLOAD_IPV4, 0 },
		{ 4, RDL_FRAME_TX_CHECKSUMS, RTE_MBUF_F_TX_UDP_CKSUM | RTE_MBUF_F_TX_IPV4 },
		{ 4, RDL_FRAME_TX_CHECKSUMS | RDL_FRAME_TX_OFFLOAD_IPV4,
			RTE_MBUF_F_TX_UDP_CKSUM | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM },
		{ 6, RDL_FRAME_TX_CHECKSUMS | RDL_FRAME_TX_OFFLOAD_IPV4,
			RTE_MBUF_F_TX_UDP_CKSUM | RTE_MBUF_F_TX_IPV6 },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		uint8_t octets[60] = { 0 };
		struct rte_mbuf *m = NULL;

		octets[14] = (uint8_t)(rows[i].version << 4);
		arrive(octets, sizeof(octets));
		struct rdl_frame *frame = receive();
		frame->l2_len = 14;
		frame->l3_len = 20;
		frame->flags = rows[i].flags;
		assert_int_equal(rdl_pktio_tx(pktio, 0, 0, &frame, 1), 1);
		assert_int_equal(rte_ring_dequeue(out, (void **)&m), 0);
		assert_int_equal(m->ol_flags, rows[i].wanted);
		if (rows[i].wanted != 0)
			assert_int_equal(m->l2_len << 8 | m->l3_len, 14 << 8 | 20);
		rte_pktmbuf_free(m);
	}
	nothing_lost();
}

/* A port of rings always has a link; what it does not take is the sender's to count. */
static void test_health(void **state)
{
	struct rdl_pktio_health health;
	uint8_t octets[64] = { 0 };
	struct rdl_frame *frames[1];

	rdl_pktio_health(pktio, 0, &health);
	assert_true(health.there);
	assert_true(health.link);
	assert_int_equal(health.rx_missed + health.rx_no_buffer + health.rx_errors, 0);
	uint64_t before = health.tx_errors;
	while (rte_ring_free_count(out) > 0)
		assert_int_equal(rte_ring_enqueue(out, outside), 0);
	arrive(octets, sizeof(octets));
	frames[0] = receive();
	assert_int_equal(rdl_pktio_tx(pktio, 0, 0, frames, 1), 0);
	rdl_pktio_free(pktio, 0, frames, 1);
	rdl_pktio_health(pktio, 0, &health);
	assert_int_equal(health.tx_errors, before);
	rte_ring_reset(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_given_back),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_setup),
		cmocka_unit_test(test_checksums_left),
		cmocka_unit_test(test_health),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
