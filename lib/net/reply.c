/* SPDX-License-Identifier: BSD-3-Clause */
#include "net_internal.h"

#include <assert.h>

#define VERSION_AND_LENGTH 0x4500u /* of an IPv4 header without options */
#define DONT_FRAGMENT 0x4000u

/* Swaps the MAC addresses and brings the Ethernet header to where `l3_len` octets are left before the payload. */
static uint8_t *turn_ethernet(struct rdl_frame *frame, uint8_t l3_len, uint16_t payload_len)
{
	uint8_t ours[MAC_LEN];
	uint8_t shift = (uint8_t)(frame->l3_len - l3_len);

	memcpy(ours, frame->data, MAC_LEN);
	memcpy(frame->data, frame->data + MAC_LEN, MAC_LEN);
	memcpy(frame->data + MAC_LEN, ours, MAC_LEN);
	if (RDL_UNLIKELY(shift > 0)) {
		memmove(frame->data + shift, frame->data, frame->l2_len);
		frame->data += shift;
		frame->room = (uint16_t)(frame->room - shift);
		frame->l3_len = l3_len;
	}
	frame->len = (uint16_t)(frame->l2_len + l3_len + payload_len);
	return frame->data + frame->l2_len;
}

/*
 * Below, sums are made of what came in and of numbers at hand, never of octets just written: a wide load from
 * narrow stores stalls, and made up half the time of a reply. Addresses sum up to the same either way round.
 */
uint16_t rdl_net_turn_ipv4(struct rdl_frame *frame, uint8_t protocol, uint16_t payload_len)
{
	const uint8_t *request = frame->data + frame->l2_len;
	uint16_t sum = rdl_net_sum(request + 12, 8, 0);
	uint8_t addresses[8];

	memcpy(addresses, request + 16, 4);
	memcpy(addresses + 4, request + 12, 4);
	uint8_t *ip = turn_ethernet(frame, IPV4_LEN, payload_len);
	uint16_t total_len = (uint16_t)(IPV4_LEN + payload_len);
	uint16_t checksum = 0;
	if (!(frame->flags & RDL_FRAME_TX_CHECKSUMS))
		checksum = (uint16_t)~rdl_net_sum(ip, 0,
			VERSION_AND_LENGTH + DONT_FRAGMENT + (HOP_LIMIT << 8) +
				(uint32_t)total_len + protocol + sum);
	rdl_put_be16(ip, VERSION_AND_LENGTH);
	rdl_put_be16(ip + 2, total_len);
	rdl_put_be16(ip + 4, 0); /* what is never fragmented needs no identification: RFC 6864 */
	rdl_put_be16(ip + 6, DONT_FRAGMENT);
	ip[8] = HOP_LIMIT;
	ip[9] = protocol;
	rdl_put_be16(ip + 10, checksum);
	memcpy(ip + 12, addresses, sizeof(addresses));
	return sum;
}

uint16_t rdl_net_turn_ipv6(struct rdl_frame *frame, uint8_t protocol, uint16_t payload_len)
{
	const uint8_t *request = frame->data + frame->l2_len;
	uint16_t sum = rdl_net_sum(request + 8, 32, 0);
	uint8_t addresses[32];

	memcpy(addresses, request + 24, 16);
	memcpy(addresses + 16, request + 8, 16);
	uint8_t *ip = turn_ethernet(frame, IPV6_LEN, payload_len);
	rdl_net_put_ipv6(ip, protocol, payload_len, HOP_LIMIT, addresses);
	return sum;
}

void rdl_net_reply(struct rdl_frame *frame, uint16_t payload_len)
{
	bool offload = (frame->flags & RDL_FRAME_TX_OFFLOAD) != 0;
	uint16_t udp_len = (uint16_t)(UDP_LEN + payload_len);

	assert(frame->l2_len + frame->l3_len + UDP_LEN + payload_len <= frame->room);
	assert(!rdl_net_mac_is_group(frame->data));
	frame->flags &= (uint8_t)~RDL_FRAME_TX_CHECKSUMS;
	if (offload)
		frame->flags |= RDL_FRAME_TX_CHECKSUMS;
	bool ipv4 = frame->data[frame->l2_len] >> 4 == 4;
	uint32_t sum = RDL_LIKELY(ipv4) ? rdl_net_turn_ipv4(frame, PROTOCOL_UDP, udp_len)
					: rdl_net_turn_ipv6(frame, PROTOCOL_UDP, udp_len);
	sum += PROTOCOL_UDP + (uint32_t)udp_len;

	uint8_t *udp = frame->data + frame->l2_len + frame->l3_len;
	uint16_t client_port = rdl_get_be16(udp);
	uint16_t server_port = rdl_get_be16(udp + 2);
	uint16_t checksum;
	if (offload) {
		checksum = rdl_net_sum(udp, 0, sum);
	} else {
		sum += (uint32_t)server_port + client_port + udp_len;
		checksum = (uint16_t)~rdl_net_sum(udp + UDP_LEN, payload_len, sum);
		if (checksum == 0)
			checksum = 0xffff; /* 0 would say that there is none */
	}
	rdl_put_be16(udp, server_port);
	rdl_put_be16(udp + 2, client_port);
	rdl_put_be16(udp + 4, udp_len);
	rdl_put_be16(udp + 6, checksum);
}
