/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that hold a part of what another one holds. */
#include "net_internal.h"

#include <assert.h>

/* Behind headers that are there. */
static void set_payload(struct rdl_frame *frame, const uint8_t *payload, uint16_t len)
{
	size_t headers = (size_t)frame->l2_len + frame->l3_len + UDP_LEN;
	uint16_t udp_len = (uint16_t)(UDP_LEN + len);
	uint8_t *ip = frame->data + frame->l2_len, *udp = ip + frame->l3_len;

	assert(headers + len <= frame->room);
	memmove(frame->data + headers, payload, len);
	if (ip[0] >> 4 == 4)
		rdl_put_be16(ip + 2, (uint16_t)(frame->l3_len + udp_len));
	else
		rdl_put_be16(ip + 4, (uint16_t)(frame->l3_len - IPV6_LEN + udp_len));
	rdl_put_be16(udp + 4, udp_len);
	frame->len = (uint16_t)(headers + len);
	/* The whole's were. */
	frame->flags |= RDL_FRAME_IP_CHECKSUM_GOOD | RDL_FRAME_L4_CHECKSUM_GOOD;
}

void rdl_net_part(
	const struct rdl_frame *whole, const uint8_t *payload, uint16_t len, struct rdl_frame *part)
{
	part->l2_len = whole->l2_len;
	part->l3_len = whole->l3_len;
	memcpy(part->data, whole->data, (size_t)whole->l2_len + whole->l3_len + UDP_LEN);
	set_payload(part, payload, len);
}

void rdl_net_cut(struct rdl_frame *frame, const uint8_t *payload, uint16_t len)
{
	set_payload(frame, payload, len);
}
