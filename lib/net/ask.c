/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of our own about neighbours and addresses: questions, and what all are told. */
#include "net_internal.h"

/* All checksums are in it. */
static void settle(struct rdl_frame *frame)
{
	frame->flags &= (uint8_t)~RDL_FRAME_TX_CHECKSUMS;
}

/* As struct rdl_peer has it. */
static void put_own(
	const struct rdl_interface *interface, unsigned index, bool ipv6, uint8_t address[16])
{
	if (ipv6)
		memcpy(address, interface->ipv6[index], 16);
	else
		rdl_net_put_mapped(address, interface->ipv4[index]);
}

static bool is_mapped(const uint8_t *address)
{
	return memcmp(address, rdl_net_mapped_prefix, sizeof(rdl_net_mapped_prefix)) == 0;
}

/*
 * From the address in the same network, as hosts need not answer others; from the first one, where
 * there is none, as for a link-local one.
 */
bool rdl_net_ask(const struct rdl_interface *interface, const struct rdl_local *local,
	const uint8_t hop[16], const uint8_t *mac, struct rdl_frame *frame)
{
	struct rdl_net_question question = { .local = local, .mac = mac };
	bool ipv6 = !is_mapped(hop);
	int near = ipv6 ? rdl_net_ipv6_near(interface, hop)
			: rdl_net_ipv4_near(interface, rdl_get_be32(hop + 12));

	if (rdl_net_is_no_way(interface, local) ||
		(ipv6 ? interface->ipv6_count : interface->ipv4_count) == 0)
		return false;
	settle(frame);
	put_own(interface, near < 0 ? 0 : (unsigned)near, ipv6, question.from);
	memcpy(question.about, hop, 16);
	return ipv6 ? rdl_net_put_solicitation(interface, &question, frame)
		    : rdl_net_put_arp(interface, &question, frame);
}

bool rdl_net_probe(const struct rdl_interface *interface, const struct rdl_local *local, bool ipv6,
	struct rdl_frame *frame)
{
	struct rdl_net_question question = { .local = local };

	if (rdl_net_is_no_way(interface, local))
		return false;
	settle(frame);
	put_own(interface, local->address, ipv6, question.about);
	return ipv6 ? rdl_net_put_solicitation(interface, &question, frame)
		    : rdl_net_put_arp(interface, &question, frame);
}

/* Over IPv4 as a question that answers itself, which more hosts heed than an answer. */
bool rdl_net_announce(const struct rdl_interface *interface, const struct rdl_local *local,
	bool ipv6, struct rdl_frame *frame)
{
	struct rdl_net_question question = { .local = local };

	if (rdl_net_is_no_way(interface, local))
		return false;
	settle(frame);
	put_own(interface, local->address, ipv6, question.about);
	if (ipv6)
		return rdl_net_put_advertisement(interface, local, question.about, frame);
	memcpy(question.from, question.about, sizeof(question.from));
	return rdl_net_put_arp(interface, &question, frame);
}
