/* SPDX-License-Identifier: BSD-3-Clause */
#include "net_internal.h"

#define HOP_BY_HOP 0
#define ROUTING 43
#define FRAGMENT 44
#define DESTINATION_OPTIONS 60

#define EXTENSIONS_MAX 8

#define PAD1 0
#define OPTION_MUST_KNOW 0xc0 /* either bit: discard the packet when the type is unknown */

/* True when none of the options forbids to go on without knowing it (RFC 8200 section 4.2). */
static bool options_harmless(const uint8_t *options, size_t len)
{
	while (len > 0) {
		size_t option_len = 1;
		if (options[0] != PAD1) {
			if (len < 2 || options[1] > len - 2 || options[0] & OPTION_MUST_KNOW)
				return false;
			option_len = 2u + options[1];
		}
		options += option_len;
		len -= option_len;
	}
	return true;
}

/* True when a header of this type, whole and of `len` octets, does not keep from going on. */
static bool may_pass(uint8_t type, const uint8_t *extension, size_t len)
{
	switch (type) {
	case FRAGMENT:
		return true; /* of a packet that it is all of (RFC 6946) */
	case ROUTING:
		return extension[3] == 0; /* segments left */
	default:
		return options_harmless(extension + 2, len - 2);
	}
}

/*
 * Steps over extension headers: *protocol and *header_len come as the fixed header's and become the
 * upper layer's; *fragment_header when there is one among them. Returns why to drop the packet, or
 * RDL_NET_DATAGRAM when nothing speaks against it.
 */
static enum rdl_net_verdict skip_extensions(const uint8_t *ip, size_t total_len, uint8_t *protocol,
	size_t *header_len, bool *fragment_header)
{
	for (unsigned n = 0; n <= EXTENSIONS_MAX; n++) {
		const uint8_t *extension = ip + *header_len;
		size_t left = total_len - *header_len;
		size_t len = left < 8 || *protocol == FRAGMENT ? 8 : (extension[1] + 1u) * 8;

		switch (*protocol) {
		case PROTOCOL_UDP:
		case PROTOCOL_ICMPV6:
			return RDL_NET_DATAGRAM;
		case HOP_BY_HOP:
			if (*header_len != IPV6_LEN)
				return RDL_NET_DROP_ip_protocol; /* may only come first */
			break;
		case FRAGMENT:
		case DESTINATION_OPTIONS:
		case ROUTING:
			break;
		default:
			return RDL_NET_DROP_ip_protocol;
		}
		if (len > left)
			return RDL_NET_DROP_ip_header;
		if (*protocol == FRAGMENT && (rdl_get_be16(extension + 2) & 0xfff9) != 0)
			return RDL_NET_DROP_fragment;
		if (*header_len + len > UINT8_MAX) /* the frame's l3_len */
			return RDL_NET_DROP_ip_header;
		if (!may_pass(*protocol, extension, len))
			return RDL_NET_DROP_ip_protocol;
		*fragment_header |= *protocol == FRAGMENT;
		*protocol = extension[0];
		*header_len += len;
	}
	return RDL_NET_DROP_ip_header;
}

/*
 * The address of all routers of a network that we are in, which ends in zeros (RFC 4291 section
 * 2.6.1). A /127 (RFC 6164) and a /128 have none.
 */
static bool is_of_routers(const struct rdl_interface *interface, const uint8_t *source)
{
	static const uint8_t zeros[16];

	if (source[15] % 4 != 0)
		return false;
	for (unsigned i = 0; i < interface->ipv6_count; i++) {
		unsigned prefix = interface->ipv6_prefix[i], whole = prefix / 8;
		unsigned bits = 0xff00u >> prefix % 8 & 0xff;

		if (prefix != 0 && prefix < 127 && memcmp(source, interface->ipv6[i], whole) == 0 &&
			source[whole] == (interface->ipv6[i][whole] & bits) &&
			memcmp(source + whole + 1, zeros, 15 - whole) == 0)
			return true;
	}
	return false;
}

/*
 * Addresses that no answer can go to, or would not go to one host. An IPv4-mapped one never is on
 * the wire rightfully (RFC 4291 section 2.5.5.2), and would pass for an IPv4 peer. Of our own ones
 * nothing is heard but who else claims to have them.
 */
static bool is_answerable(const struct rdl_interface *interface, const uint8_t *source)
{
	static const uint8_t loopback[16] = { [15] = 1 };

	return source[0] != 0xff && memcmp(source, loopback, sizeof(loopback)) != 0 &&
	       memcmp(source, rdl_net_mapped_prefix, sizeof(rdl_net_mapped_prefix)) != 0 &&
	       !is_of_routers(interface, source);
}

/* Worth to be put together: what the whole would be dropped for needs no room until then. */
static enum rdl_net_verdict fragment_input(const uint8_t *source, bool multicast, bool from_us)
{
	if (multicast)
		return RDL_NET_DROP_not_for_us;
	/* What may come from :: or us may not come in fragments (RFC 6980 section 5). */
	return from_us || rdl_net_ipv6_is_unspecified(source) ? RDL_NET_DROP_ip_source
							      : RDL_NET_DROP_fragment;
}

enum rdl_net_verdict rdl_net_ipv6_input(const struct rdl_interface *interface,
	struct rdl_frame *frame, struct rdl_datagram *datagram)
{
	uint8_t *ip = frame->data + frame->l2_len;
	size_t available = (size_t)frame->len - frame->l2_len;

	if (available < IPV6_LEN)
		return RDL_NET_DROP_frame_short;
	size_t payload_len = rdl_get_be16(ip + 4);
	if (ip[0] >> 4 != 6 || payload_len == 0 || payload_len > available - IPV6_LEN)
		return RDL_NET_DROP_ip_header;
	const uint8_t *source = ip + 8;
	const uint8_t *to = ip + 24;
	bool multicast = to[0] == 0xff;
	int ours = rdl_net_find_ipv6(interface, to);
	if (!multicast && (rdl_net_mac_is_group(frame->data) || ours < 0))
		return RDL_NET_DROP_not_for_us;
	if (!is_answerable(interface, source))
		return RDL_NET_DROP_ip_source;

	bool from_us = rdl_net_ipv6_is_ours(interface, source);
	uint8_t protocol = ip[6];
	size_t header_len = IPV6_LEN;
	bool fragment_header = false;
	enum rdl_net_verdict drop = skip_extensions(
		ip, IPV6_LEN + payload_len, &protocol, &header_len, &fragment_header);
	frame->l3_len = (uint8_t)header_len;
	if (drop == RDL_NET_DROP_fragment)
		return fragment_input(source, multicast, from_us);
	if (drop != RDL_NET_DATAGRAM)
		return drop;

	struct rdl_net_packet packet = {
		.addresses = source,
		.addresses_len = 32,
		.payload = ip + header_len,
		.payload_len = (uint16_t)(IPV6_LEN + payload_len - header_len),
		.multicast = multicast,
		.local_address = (uint8_t)(multicast ? 0 : ours),
		.from_us = from_us,
		.fragment_header = fragment_header,
	};
	if (protocol == PROTOCOL_ICMPV6)
		return rdl_net_icmpv6_input(interface, frame, &packet);
	if (from_us || rdl_net_ipv6_is_unspecified(source))
		return RDL_NET_DROP_ip_source;
	memcpy(datagram->peer.address, source, sizeof(datagram->peer.address));
	return rdl_net_udp_input(interface, frame, &packet, datagram);
}

void rdl_net_put_ipv6(uint8_t *ip, uint8_t protocol, uint16_t payload_len, uint8_t hop_limit,
	const uint8_t addresses[32])
{
	rdl_put_be32(ip, 0x60000000);
	rdl_put_be16(ip + 4, payload_len);
	ip[6] = protocol;
	ip[7] = hop_limit;
	memcpy(ip + 8, addresses, 32);
}
