/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports on two NUMA nodes: each has buffers of its own node, and is polled by whom it was told. */
#include "support.h"

#include "eal.h"
#include "pktio.h"

#include <stdio.h>

#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#define WORKERS 2
#define FAR 1 /* a port */

static struct rte_ring *in[2], *out[2][WORKERS];
static struct rdl_pktio *pktio;
static struct rdl_pktio_config config = { .port_count = 2,
	.devices = { "net_ring_zero", "net_ring_one" },
	/* Without hugepages DPDK has no other node than the first. */
	.nodes = { 0, SOCKET_ID_ANY },
	/* The first by the second worker alone, the other one by both. */
	.polled = { 2 },
	.queues = WORKERS,
	.in_flight = 1000,
	.born = 8,
	.private_len = 256,
	.room = 2048,
	.page = 4096 };

static struct rte_ring *ring(const char *name, unsigned number)
{
	char text[16];

	snprintf(text, sizeof(text), "%s%u", name, number);
	return rte_ring_create(text, 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
}

static int start(void **state)
{
	char why[128];
	unsigned bad;

	if (eal_start(state) != 0)
		return -1;
	for (unsigned p = 0; p < 2; p++) {
		in[p] = ring("in", p);
		for (unsigned q = 0; q < WORKERS; q++)
			out[p][q] = ring("out", WORKERS * p + q);
	}
	struct rte_ring *both[] = { in[1], ring("idle", 0) };
	if (rte_eth_from_rings("zero", &in[0], 1, out[0], WORKERS, 0) < 0 ||
		rte_eth_from_rings("one", both, WORKERS, out[1], WORKERS, 0) < 0)
		return -1;
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

static const char *pool_of(unsigned port)
{
	struct rdl_frame *frame;

	assert_int_equal(rdl_pktio_make(pktio, port, 0, &frame, 1), 1);
	const char *name = ((struct rte_mbuf *)(void *)frame - 1)->pool->name;
	rdl_pktio_free(pktio, 0, &frame, 1);
	return name;
}

static void test_buffers(void **state)
{
	assert_string_equal(pool_of(0), "rdl_packets");
	assert_string_equal(pool_of(1), "rdl_node-1_packets");
	assert_int_equal(rdl_pktio_setup(pktio, 0)->buffers, 0);
	assert_int_equal(rdl_pktio_setup(pktio, 1)->buffers, SOCKET_ID_ANY);
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
}

/* Only the second worker receives of the first port, by its only queue; both send by it. */
static void test_polled(void **state)
{
	struct rdl_frame *frame, *received;
	unsigned segmented = 0;
	void *m = NULL;

	assert_int_equal(rdl_pktio_setup(pktio, 0)->queues, 1);
	assert_int_equal(rdl_pktio_setup(pktio, 0)->polled, 2);
	assert_int_equal(rdl_pktio_setup(pktio, 1)->queues, 2);
	assert_int_equal(rdl_pktio_setup(pktio, 1)->polled, 3);
	for (unsigned w = 0; w < WORKERS; w++) {
		rdl_pktio_round(pktio, w);
		assert_int_equal(rdl_pktio_make(pktio, 0, w, &frame, 1), 1);
		frame->len = 60;
		assert_int_equal(rdl_pktio_tx(pktio, 0, w, &frame, 1), 1);
		assert_int_equal(rte_ring_dequeue(out[0][w], &m), 0);
		assert_int_equal(rte_ring_enqueue(in[0], m), 0);
		assert_int_equal(rdl_pktio_rx(pktio, 0, 0, &received, 1, &segmented), 0);
		assert_int_equal(rdl_pktio_backlog(pktio, 0, 0), -1);
		assert_int_equal(rdl_pktio_rx(pktio, 0, 1, &received, 1, &segmented), 1);
		rdl_pktio_free(pktio, 1, &received, 1);
	}
	assert_int_equal(rdl_pktio_make(pktio, FAR, 0, &frame, 1), 1);
	frame->len = 60;
	assert_int_equal(rdl_pktio_tx(pktio, FAR, 0, &frame, 1), 1);
	assert_int_equal(rte_ring_dequeue(out[1][0], &m), 0);
	assert_int_equal(rte_ring_enqueue(in[1], m), 0);
	assert_int_equal(rdl_pktio_rx(pktio, FAR, 0, &received, 1, &segmented), 1);
	rdl_pktio_free(pktio, 0, &received, 1);
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
}

/* A node has what its ports' queues hold, and what those have under way who poll them. */
static void test_memory(void **state)
{
	uint64_t first = rdl_pktio_memory(&config, 0),
		 second = rdl_pktio_memory(&config, SOCKET_ID_ANY);

	assert_true(second > first);
	assert_int_equal(rdl_pktio_memory(&config, 2), 0);
	assert_int_equal(rdl_pktio_memory(&config, 1), 0);
	config.in_flight = 0;
	uint64_t half = first - rdl_pktio_memory(&config, 0),
		 whole = second - rdl_pktio_memory(&config, SOCKET_ID_ANY);
	assert_in_range(whole, 2 * half - 4096, 2 * half + 4096);
	config.in_flight = 1000;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buffers),
		cmocka_unit_test(test_polled),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
