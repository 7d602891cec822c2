/* SPDX-License-Identifier: BSD-3-Clause */
#include "net_internal.h"
#include "sum.h"

#include <assert.h>

#define VERSION_AND_LENGTH 0x45u /* of an IPv4 header without options */
#define DONT_FRAGMENT 0x4000u

static uint64_t get_word(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static void put_word(uint8_t *p, uint64_t word)
{
	memcpy(p, &word, sizeof(word));
}

/*
 * Swaps the MAC addresses and brings the Ethernet header
 * to where `l3_len` octets are left before the payload.
 */
static uint8_t *turn_ethernet(struct rdl_frame *frame, uint8_t l3_len, uint16_t payload_len)
{
	uint8_t shift = (uint8_t)(frame->l3_len - l3_len);
	uint64_t head = get_word(frame->data);
	uint32_t rest;

	memcpy(&rest, frame->data + sizeof(head), sizeof(rest));
	put_word(frame->data, head >> 48 | (uint64_t)rest << 16 | head << 48);
	rest = (uint32_t)(head >> 16);
	memcpy(frame->data + sizeof(head), &rest, sizeof(rest));
	if (RDL_UNLIKELY(shift > 0)) {
		memmove(frame->data + shift, frame->data, frame->l2_len);
		frame->data += shift;
		frame->room = (uint16_t)(frame->room - shift);
		frame->l3_len = l3_len;
	}
	frame->len = (uint16_t)(frame->l2_len + l3_len + payload_len);
	return frame->data + frame->l2_len;
}

/* The IPv4 header checksum is left to the port. */
#define BY_PORT (RDL_FRAME_TX_CHECKSUMS | RDL_FRAME_TX_OFFLOAD_IPV4)

/*
 * Below, sums are made of what came in and of numbers at hand, never of octets just written: a wide
 * load from narrow stores stalls, and made up half the time of a reply. Addresses sum up to the
 * same either way round.
 */
uint64_t rdl_net_turn_ipv4(struct rdl_frame *frame, uint8_t protocol, uint16_t payload_len)
{
	uint64_t addresses = get_word(frame->data + frame->l2_len + 12);
	uint64_t sum = rdl_net_halves(addresses);
	uint8_t *ip = turn_ethernet(frame, IPV4_LEN, payload_len);
	/* What is never fragmented needs no identification: RFC 6864. */
	uint64_t first = VERSION_AND_LENGTH |
			 rdl_net_wire((uint16_t)(IPV4_LEN + payload_len)) << 16 |
			 rdl_net_wire(DONT_FRAGMENT) << 48;
	uint32_t second = HOP_LIMIT | (uint32_t)protocol << 8;

	if ((frame->flags & BY_PORT) != BY_PORT)
		second |= (uint32_t)(uint16_t)~rdl_net_fold(rdl_net_halves(first) + second + sum)
			  << 16;
	put_word(ip, first);
	memcpy(ip + 8, &second, sizeof(second));
	put_word(ip + 12, addresses << 32 | addresses >> 32);
	return sum;
}

void rdl_net_let_fragment(struct rdl_frame *frame, uint16_t identification)
{
	uint8_t *ip = frame->data + frame->l2_len;

	rdl_put_be32(ip + 4, (uint32_t)identification << 16);
	if ((frame->flags & BY_PORT) == BY_PORT)
		return;
	rdl_put_be16(ip + 10, 0);
	rdl_put_be16(ip + 10, (uint16_t)~rdl_net_sum(ip, IPV4_LEN, 0));
}

uint64_t rdl_net_turn_ipv6(struct rdl_frame *frame, uint8_t protocol, uint16_t payload_len)
{
	const uint8_t *request = frame->data + frame->l2_len;
	uint64_t sum = rdl_net_unfolded(request + 8, 32);
	uint8_t addresses[32];

	memcpy(addresses, request + 24, 16);
	memcpy(addresses + 16, request + 8, 16);
	uint8_t *ip = turn_ethernet(frame, IPV6_LEN, payload_len);
	rdl_net_put_ipv6(ip, protocol, payload_len, HOP_LIMIT, addresses);
	return sum;
}

uint16_t rdl_net_as_long(const struct rdl_frame *frame)
{
	const uint8_t *ip = frame->data + frame->l2_len;
	/*
	 * IPv6 counts from behind the header that the reply has, too;
	 * the reply has nothing else of it.
	 */
	unsigned behind = ip[0] >> 4 == 4 ? rdl_get_be16(ip + 2) - IPV4_LEN : rdl_get_be16(ip + 4);

	return (uint16_t)(behind - UDP_LEN);
}

void rdl_net_reply(struct rdl_frame *frame, uint16_t payload_len)
{
	/* Behind two tags not every port finds the headers. */
	bool offload = (frame->flags & RDL_FRAME_TX_OFFLOAD) != 0 &&
		       frame->l2_len <= ETHERNET_LEN + TAG_LEN;
	uint16_t udp_len = (uint16_t)(UDP_LEN + payload_len);

	assert(frame->l2_len + frame->l3_len + UDP_LEN + payload_len <= frame->room);
	assert(!rdl_net_mac_is_group(frame->data));
	frame->flags &= (uint8_t)~RDL_FRAME_TX_CHECKSUMS;
	if (offload)
		frame->flags |= RDL_FRAME_TX_CHECKSUMS;
	bool ipv4 = frame->data[frame->l2_len] >> 4 == 4;
	uint64_t sum = RDL_LIKELY(ipv4) ? rdl_net_turn_ipv4(frame, PROTOCOL_UDP, udp_len)
					: rdl_net_turn_ipv6(frame, PROTOCOL_UDP, udp_len);
	uint64_t length = rdl_net_wire(udp_len);
	sum += rdl_net_wire(PROTOCOL_UDP) + length;

	uint8_t *udp = frame->data + frame->l2_len + frame->l3_len;
	uint32_t ports;
	uint16_t checksum;
	memcpy(&ports, udp, sizeof(ports));
	if (offload) {
		checksum = rdl_net_fold(sum);
	} else {
		sum += length + ports;
		checksum =
			(uint16_t)~rdl_net_fold(sum + rdl_net_unfolded(udp + UDP_LEN, payload_len));
		if (checksum == 0)
			checksum = 0xffff; /* 0 would say that there is none */
	}
	put_word(udp,
		(uint64_t)checksum << 48 | length << 32 | (uint32_t)(ports << 16 | ports >> 16));
}
