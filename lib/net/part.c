/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that hold a part of what another one holds. */
#include "net_internal.h"

#include <assert.h>

void rdl_net_part(
	const struct rdl_frame *whole, const uint8_t *payload, uint16_t len, struct rdl_frame *part)
{
	size_t headers = (size_t)whole->l2_len + whole->l3_len + UDP_LEN;
	uint16_t udp_len = (uint16_t)(UDP_LEN + len);
	uint8_t *ip = part->data + whole->l2_len, *udp = ip + whole->l3_len;

	assert(headers + len <= part->room);
	memcpy(part->data, whole->data, headers);
	memcpy(part->data + headers, payload, len);
	if (ip[0] >> 4 == 4)
		rdl_put_be16(ip + 2, (uint16_t)(whole->l3_len + udp_len));
	else
		rdl_put_be16(ip + 4, (uint16_t)(whole->l3_len - IPV6_LEN + udp_len));
	rdl_put_be16(udp + 4, udp_len);
	part->len = (uint16_t)(headers + len);
	part->l2_len = whole->l2_len;
	part->l3_len = whole->l3_len;
	/* The whole's were. */
	part->flags |= RDL_FRAME_IP_CHECKSUM_GOOD | RDL_FRAME_L4_CHECKSUM_GOOD;
}
