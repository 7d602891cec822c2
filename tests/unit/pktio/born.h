/* SPDX-License-Identifier: BSD-3-Clause */
/* Two ports, near and far, joined by rings; and a frame made at the near one and sent. */
#ifndef RDL_TEST_PKTIO_BORN_H
#define RDL_TEST_PKTIO_BORN_H

#include "support.h"

#include <arpa/inet.h>

#include "eal.h"
#include "pktio.h"

#include <stdio.h>

#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

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

static inline void make_interfaces(void)
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

static inline int start(void **state)
{
	struct rdl_pktio_config config = { .port_count = 2,
		.devices = { "net_ring_near", "net_ring_far" },
		.queues = 2,
		.born = BORN,
		.private_len = 256,
		.room = 2048,
		.nodes = { SOCKET_ID_ANY, SOCKET_ID_ANY } };
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

static inline int stop(void **state)
{
	rdl_pktio_close(pktio);
	return eal_stop(state);
}

/* The way to the far port. */
static inline struct rdl_way way_to(bool ipv6, struct rdl_local local)
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

static inline void send_one(const struct rdl_way *way, bool offload, const char *text)
{
	struct rdl_frame *frame;

	assert_int_equal(rdl_pktio_make(pktio, NEAR, 0, &frame, 1), 1);
	assert_int_equal(frame->port, NEAR);
	assert_true(frame->room >= 2048);
	/* The rings' driver makes none. */
	assert_int_equal(frame->flags & RDL_FRAME_TX_OFFLOAD, 0);
	if (offload)
		frame->flags |= RDL_FRAME_TX_OFFLOAD | RDL_FRAME_TX_OFFLOAD_IPV4;
	struct rdl_cursor out = rdl_net_compose(&near, way, frame);
	rdl_cursor_text(&out, text);
	assert_false(out.failed);
	rdl_net_reply(frame, (uint16_t)strlen(text));
	assert_int_equal(rdl_pktio_tx(pktio, NEAR, 0, &frame, 1), 1);
}

#endif
