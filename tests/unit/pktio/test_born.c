/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that nobody asked for, from one port to another: made, composed, sent, received, and taken
 * for what they are.
 */
#include "born.h"

#include <rte_ip.h>
#include <rte_udp.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there),
		cmocka_unit_test(test_answered),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
