/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that nobody asked for, from one port to another over rings: made, composed, sent, received,
 * and taken for what they are; and no buffer is lost, nor more of them held than may be.
 */
#include "support.h"

#include <arpa/inet.h>

#include "eal.h"
#include "pktio.h"

#include <stdio.h>

#include <rte_eth_ring.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <rte_udp.h>

#define BORN 20
#define RING 64
#define NEAR 0 /* ports */
#define FAR 1

static struct rte_ring *there[2], *back[2]; /* of each queue */
static struct rdl_pktio *pktio;

/* Near, and far. */
static struct rdl_interface near = { .mac = { 2, 0, 0, 0, 0, 1 } };
static struct rdl_interface far = { .mac = { 2, 0, 0, 0, 0, 2 } };
static const uint8_t our_ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
static const uint8_t their_ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x77 };

static void make_interfaces(void)
{
	rdl_net_add_udp_port(&near, 5683);
	rdl_net_add_udp_port(&near, 5684);
	rdl_net_add_ipv4(&near, 0xc0000201, 24);
	rdl_net_add_ipv4(&near, 0xc6336401, 24);
	rdl_net_add_ipv6(&near, our_ipv6, 64);
	rdl_net_add_udp_port(&far, 40000);
	rdl_net_add_ipv4(&far, 0xc000024d, 24);
	rdl_net_add_ipv6(&far, their_ipv6, 64);
}

static int start(void **state)
{
	struct rdl_pktio_config config = { .port_count = 2,
		.devices = { "net_ring_near", "net_ring_far" },
		.queues = 2,
		.born = BORN,
		.private_len = 256,
		.room = 2048,
		.socket_id = SOCKET_ID_ANY };
	char name[16], why[128];
	unsigned bad;

	if (eal_start(state) != 0)
		return -1;
	for (unsigned q = 0; q < 2; q++) {
		snprintf(name, sizeof(name), "there%u", q);
		there[q] = rte_ring_create(name, RING, SOCKET_ID_ANY, RING_F_EXACT_SZ);
		snprintf(name, sizeof(name), "back%u", q);
		back[q] = rte_ring_create(name, RING, SOCKET_ID_ANY, RING_F_EXACT_SZ);
		if (there[q] == NULL || back[q] == NULL)
			return -1;
	}
	if (rte_eth_from_rings("near", back, 2, there, 2, 0) < 0 ||
		rte_eth_from_rings("far", there, 2, back, 2, 0) < 0)
		return -1;
	make_interfaces();
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

/* The way to the far port. */
static struct rdl_way way_to(bool ipv6, struct rdl_local local)
{
	struct rdl_way way = { .peer.port = 40000, .local = local };
	uint8_t hop[16];

	if (ipv6) {
		memcpy(way.peer.address, their_ipv6, 16);
	} else {
		way.peer.address[10] = way.peer.address[11] = 0xff;
		rdl_put_be32(way.peer.address + 12, far.ipv4[0]);
	}
	assert_true(rdl_net_next_hop(&near, &way.local, &way.peer, hop));
	assert_memory_equal(hop, way.peer.address, 16);
	memcpy(way.mac, far.mac, sizeof(way.mac));
	return way;
}

/* As a port that makes checksums: by DPDK's own sums, of the headers where it was told they are. */
static void make_checksums(struct rte_mbuf *m)
{
	uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, m->l2_len);
	struct rte_udp_hdr *udp = (void *)(ip + m->l3_len);

	assert_int_equal(m->ol_flags & RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_UDP_CKSUM);
	/* What a port adds to is the sum of the pseudo-header. */
	if (m->ol_flags & RTE_MBUF_F_TX_IPV4) {
		struct rte_ipv4_hdr *ipv4 = (void *)ip;

		assert_true((m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0);
		assert_int_equal(udp->dgram_cksum, rte_ipv4_phdr_cksum(ipv4, 0));
		udp->dgram_cksum = 0;
		udp->dgram_cksum = rte_ipv4_udptcp_cksum(ipv4, udp);
		assert_int_equal(ipv4->hdr_checksum, 0);
		ipv4->hdr_checksum = rte_ipv4_cksum(ipv4);
	} else {
		struct rte_ipv6_hdr *ipv6 = (void *)ip;

		assert_true((m->ol_flags & RTE_MBUF_F_TX_IPV6) != 0);
		assert_int_equal(udp->dgram_cksum, rte_ipv6_phdr_cksum(ipv6, 0));
		udp->dgram_cksum = 0;
		udp->dgram_cksum = rte_ipv6_udptcp_cksum(ipv6, udp);
	}
	m->ol_flags = 0;
}

/* What comes out of the ring, with the port's part done, goes in again. */
static void on_the_wire(bool offload)
{
	struct rte_mbuf *m = NULL;

	assert_int_equal(rte_ring_dequeue(there[0], (void **)&m), 0);
	if (offload)
		make_checksums(m);
	assert_int_equal(m->ol_flags, 0);
	assert_int_equal(rte_ring_enqueue(there[0], m), 0);
}

static void expect_arrival(const struct rdl_way *way, const char *text)
{
	struct rdl_frame *frame;
	struct rdl_datagram datagram;
	unsigned segmented = 0;
	bool ipv4 = rdl_peer_is_ipv4(&way->peer);
	struct rdl_peer us = { .port = near.udp_ports[way->local.udp_port] };

	assert_int_equal(rdl_pktio_rx(pktio, FAR, 0, &frame, 1, &segmented), 1);
	assert_int_equal(rdl_net_input(&far, frame, &datagram), RDL_NET_DATAGRAM);
	assert_int_equal(frame->flags & RDL_FRAME_BORN, 0);
	assert_int_equal(datagram.len, strlen(text));
	assert_memory_equal(datagram.data, text, strlen(text));
	if (ipv4) {
		us.address[10] = us.address[11] = 0xff;
		rdl_put_be32(us.address + 12, near.ipv4[way->local.address]);
	} else {
		memcpy(us.address, our_ipv6, 16);
	}
	assert_memory_equal(&datagram.peer, &us, sizeof(us));
	/* It came by the other port, the same tag on it. */
	assert_int_equal(datagram.local.port, FAR);
	assert_int_equal(datagram.local.vlan, way->local.vlan);
	assert_int_equal(datagram.local.service, way->local.service);
	rdl_pktio_free(pktio, 0, &frame, 1);
}

static void send_one(const struct rdl_way *way, bool offload, const char *text)
{
	struct rdl_frame *frame;

	assert_int_equal(rdl_pktio_make(pktio, NEAR, 0, &frame, 1), 1);
	assert_int_equal(frame->port, NEAR);
	assert_true(frame->room >= 2048);
	/* The rings' driver makes none. */
	assert_int_equal(frame->flags & RDL_FRAME_TX_OFFLOAD, 0);
	if (offload)
		frame->flags |= RDL_FRAME_TX_OFFLOAD;
	struct rdl_cursor out = rdl_net_compose(&near, way, frame);
	rdl_cursor_text(&out, text);
	assert_false(out.failed);
	rdl_net_reply(frame, (uint16_t)strlen(text));
	assert_int_equal(rdl_pktio_tx(pktio, NEAR, 0, &frame, 1), 1);
}

static void test_there(void **state)
{
	static const struct rdl_local locals[] = { { 0 }, { .udp_port = 1 }, { .vlan = 100 },
		{ .vlan = 7, .service = 1, .udp_port = 1 } };
	unsigned before = rdl_pktio_in_use(pktio);

	for (unsigned i = 0; i < RDL_ARRAY_LEN(locals); i++)
		for (unsigned n = 0; n < 4; n++) {
			bool offload = n >= 2, ipv6 = n % 2 == 1;
			struct rdl_local local = locals[i];

			local.address = !ipv6 && i % 2 == 1;
			struct rdl_way way = way_to(ipv6, local);
			send_one(&way, offload, "nobody asked");
			on_the_wire(offload);
			expect_arrival(&way, "nobody asked");
			assert_int_equal(rdl_pktio_in_use(pktio), before);
		}
}

/* An answer to a frame of ours comes back to where it was sent from. */
static void test_answered(void **state)
{
	struct rdl_way way = way_to(false, (struct rdl_local){ .udp_port = 1, .vlan = 9 });
	struct rdl_frame *frame;
	struct rdl_datagram datagram;
	unsigned segmented = 0;

	send_one(&way, false, "question");
	assert_int_equal(rdl_pktio_rx(pktio, FAR, 0, &frame, 1, &segmented), 1);
	assert_int_equal(rdl_net_input(&far, frame, &datagram), RDL_NET_DATAGRAM);
	memcpy(datagram.data, "answer", 6);
	rdl_net_reply(frame, 6);
	assert_int_equal(rdl_pktio_tx(pktio, FAR, 0, &frame, 1), 1);
	assert_int_equal(rdl_pktio_rx(pktio, NEAR, 0, &frame, 1, &segmented), 1);
	assert_int_equal(rdl_net_input(&near, frame, &datagram), RDL_NET_DATAGRAM);
	assert_memory_equal(&datagram.peer, &way.peer, sizeof(way.peer));
	assert_memory_equal(&datagram.local, &way.local, sizeof(way.local));
	rdl_pktio_free(pktio, 0, &frame, 1);
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
}

/* Makes as many as may be, of a queue that has `held` already. */
static void expect_made(unsigned queue, struct rdl_frame *frames[], unsigned held)
{
	assert_int_equal(
		rdl_pktio_make(pktio, NEAR, queue, frames, RDL_PKTIO_BURST + 1), BORN - held);
	assert_int_equal(rdl_pktio_make(pktio, NEAR, queue, frames + BORN - held, 1), 0);
}

static void compose_all(struct rdl_frame *frames[], unsigned count)
{
	struct rdl_way way = way_to(false, (struct rdl_local){ 0 });

	for (unsigned i = 0; i < count; i++) {
		assert_false(rdl_net_compose(&near, &way, frames[i]).failed);
		rdl_net_reply(frames[i], 0);
	}
}

static void empty(struct rte_ring *ring)
{
	void *m;

	while (rte_ring_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
}

/* So many of each queue, until they are sent or freed. */
static void test_bound(void **state)
{
	struct rdl_frame *frames[BORN + 1], *others[BORN + 1];

	expect_made(0, frames, 0);
	expect_made(1, others, 0);
	assert_int_equal(rdl_pktio_in_use(pktio), 2 * BORN);
	rdl_pktio_free(pktio, 0, frames, 5);
	expect_made(0, frames, BORN - 5);
	rdl_pktio_free(pktio, 1, others, BORN);
	compose_all(frames + 5, BORN - 5);
	assert_int_equal(rdl_pktio_tx(pktio, NEAR, 0, frames + 5, BORN - 5), BORN - 5);
	/* Five are held still, made in the place of those that were freed. */
	expect_made(0, frames + 5, 5);
	rdl_pktio_free(pktio, 0, frames, BORN);
	expect_made(0, frames, 0);
	rdl_pktio_free(pktio, 0, frames, BORN);
	empty(there[0]);
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
}

/* What a full port does not take is held until it is freed; what came in is not counted. */
static void test_full_port(void **state)
{
	struct rdl_frame *frames[BORN + 1], *received[2];
	unsigned segmented = 0;

	for (unsigned i = 0; i < RING - BORN / 2; i++) {
		struct rdl_way way = way_to(false, (struct rdl_local){ 0 });

		send_one(&way, false, "x");
	}
	expect_made(0, frames, 0);
	compose_all(frames, BORN);
	assert_int_equal(rdl_pktio_tx(pktio, NEAR, 0, frames, BORN), BORN / 2);
	assert_int_equal(rdl_pktio_rx(pktio, FAR, 0, received, 2, &segmented), 2);
	rdl_pktio_free(pktio, 0, received, 2);
	struct rdl_frame *more[BORN];
	assert_int_equal(rdl_pktio_make(pktio, NEAR, 0, more, BORN), BORN / 2);
	rdl_pktio_free(pktio, 0, more, BORN / 2);
	rdl_pktio_free(pktio, 0, frames + BORN / 2, BORN / 2);
	expect_made(0, frames, 0);
	rdl_pktio_free(pktio, 0, frames, BORN);
	empty(there[0]);
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
}

/* Without a buffer left there is no frame, and none is counted. */
static void test_empty_pool(void **state)
{
	struct rdl_frame *frames[BORN + 1];

	expect_made(0, frames, 0);
	struct rte_mempool *pool = ((struct rte_mbuf *)(void *)frames[0] - 1)->pool;
	unsigned left = 0;
	void **taken = calloc(pool->size, sizeof(*taken));
	rdl_pktio_free(pktio, 0, frames, BORN);
	while (rte_mempool_get(pool, &taken[left]) == 0)
		left++;
	assert_int_equal(left, pool->size);
	assert_int_equal(rdl_pktio_make(pktio, NEAR, 0, frames, BORN), 0);
	while (left > 0)
		rte_mempool_put(pool, taken[--left]);
	free(taken);
	expect_made(0, frames, 0);
	rdl_pktio_free(pktio, 0, frames, BORN);
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there),
		cmocka_unit_test(test_answered),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_full_port),
		cmocka_unit_test(test_empty_pool),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
