/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telling Registers from the rest for a few nanoseconds each:
 * neither checksums nor options are looked at.
 */
#include "pipeline_internal.h"

#define ETHERNET_LEN 14
#define IPV4_LEN 20
#define IPV6_LEN 40
#define UDP_LEN 8
#define SHORTEST (ETHERNET_LEN + IPV4_LEN + UDP_LEN + RDL_COAP_HEADER_LEN + 3)

/* Where an untagged frame's UDP header would be, or 0. */
static unsigned udp_offset(const uint8_t *frame)
{
	uint16_t ethertype = rdl_get_be16(frame + 12);

	if (ethertype == 0x0800)
		return ETHERNET_LEN + (frame[ETHERNET_LEN] & 15u) * 4;
	return ethertype == 0x86dd ? ETHERNET_LEN + IPV6_LEN : 0;
}

/*
 * A POST whose path begins with "rd" and does not go on: Uri-Path is the first option of every
 * client that sends no Uri-Host. What this does not recognise is read as ever.
 */
static bool looks_like_register(const struct rdl_frame *frame)
{
	static const uint8_t path[3] = { 0xb2, 'r', 'd' }; /* option 11, two octets */

	if (frame->len < SHORTEST)
		return false;
	unsigned udp = udp_offset(frame->data);
	unsigned coap = udp + UDP_LEN;
	if (udp == 0 || coap + RDL_COAP_HEADER_LEN > frame->len)
		return false;
	const uint8_t *message = frame->data + coap;
	unsigned options = coap + RDL_COAP_HEADER_LEN + (message[0] & 15u);
	if (message[1] != RDL_COAP_POST || options + sizeof(path) + 1 > frame->len ||
		memcmp(frame->data + options, path, sizeof(path)) != 0)
		return false;
	/* The same option again is the registration's own segment: an Update. */
	return frame->data[options + sizeof(path)] >> 4 != 0;
}

static void capture_shed(
	struct rdl_capture *capture, struct rdl_packet *const packets[], rdl_packet_set shed)
{
	const struct rdl_capture_end end = { RDL_FATE_DROPPED, 0, RDL_STAT_drop_shed_backlog };

	while (shed != 0)
		rdl_capture_frame(capture, &packets[rdl_packet_pop(&shed)]->frame, end);
}

rdl_packet_set rdl_pipeline_triage(
	struct rdl_pipeline *pipeline, struct rdl_packet *const packets[], unsigned count)
{
	rdl_packet_set shed = 0;

	for (unsigned i = 0; i < count; i++)
		if (looks_like_register(&packets[i]->frame))
			shed |= rdl_packet_bit(i);
	if (RDL_UNLIKELY(pipeline->capture != NULL))
		capture_shed(pipeline->capture, packets, shed);
	rdl_stats_add(&pipeline->stats, RDL_STAT_rx_frames, rdl_packet_count(shed));
	rdl_stats_add(&pipeline->stats, RDL_STAT_drop_shed_backlog, rdl_packet_count(shed));
	return shed;
}
