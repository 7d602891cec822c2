/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame_address.h"

#define TYPE_AT 12
#define TAG_LEN 4
#define TAGS_MAX 2
#define IPV4_SOURCE 12
#define IPV6_SOURCE 8
#define ARP_SENDER 14

/* Where the packet begins, behind tags; 0: the frame ends before. */
static size_t packet_at(const struct rdl_frame *frame, uint16_t *type)
{
	size_t at = TYPE_AT;

	for (unsigned tags = 0;; tags++, at += TAG_LEN) {
		if (frame->len < at + 2)
			return 0;
		*type = rdl_get_be16(frame->data + at);
		if ((*type != 0x8100 && *type != 0x88a8) || tags == TAGS_MAX)
			return at + 2;
	}
}

bool rdl_capture_address(const struct rdl_frame *frame, bool outbound, uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint16_t type = 0;
	size_t at = packet_at(frame, &type), len = type == 0x86dd ? 16 : 4;

	if (type == 0x0800)
		at += IPV4_SOURCE;
	else if (type == 0x86dd)
		at += IPV6_SOURCE;
	else if (type == 0x0806)
		at += ARP_SENDER;
	else
		return false;
	if (outbound && type != 0x0806)
		at += len;
	if (frame->len < at + len)
		return false;
	memcpy(address, mapped, sizeof(mapped));
	memcpy(address + 16 - len, frame->data + at, len);
	return true;
}
