/* SPDX-License-Identifier: BSD-3-Clause */
/* What frames tell, and of ICMP whether it can be true. */
#include "net_internal.h"

#include <assert.h>

#define ECHO_REPLY 0
#define V6_ECHO_REPLY 129
#define DONT_FRAGMENT 0x40 /* of the octet with the flags */
/* The least that packets may have to be made for (RFC 791, RFC 8201 section 4). */
#define IPV4_MTU_MIN 68
#define IPV6_MTU_MIN 1280

/* A packet that is quoted, from the address that the message has come to. */
struct quote {
	const uint8_t *upper; /* 8 octets of what it carries */
	uint8_t protocol;
	bool echo_reply;
	unsigned packet_len; /* what it says of itself */
};

/*
 * Nobody may make us believe anything of a packet that we cannot have sent: a datagram from a port
 * that is served, or an echo reply, no longer than our own link takes.
 */
static bool is_ours(
	const struct rdl_interface *interface, const struct quote *quote, unsigned longest)
{
	if (quote->packet_len <= longest ||
		(interface->mtu != 0 && quote->packet_len > interface->mtu))
		return false;
	if (quote->protocol == PROTOCOL_UDP)
		return rdl_net_find_udp_port(interface, rdl_get_be16(quote->upper)) >= 0;
	return quote->echo_reply && quote->upper[1] == 0;
}

/*
 * RFC 1191 section 4. Routers before it tell no length: then it is enough that such a packet was
 * too long.
 */
static bool ipv4_too_big(const struct rdl_interface *interface, const uint8_t *ip,
	const uint8_t *icmp, size_t len, struct rdl_news *news)
{
	const uint8_t *quoted = icmp + ICMP_LEN;
	struct quote quote = { .upper = quoted + IPV4_LEN };
	int ours = rdl_net_find_ipv4(interface, rdl_get_be32(ip + 16));
	unsigned mtu = rdl_get_be16(icmp + 6);

	if (len < ICMP_LEN + IPV4_LEN + 8 || ours < 0 || quoted[0] != 0x45 ||
		memcmp(quoted + 12, ip + 16, 4) != 0 || (quoted[6] & DONT_FRAGMENT) == 0 ||
		!rdl_net_ipv4_is_answerable(interface, rdl_get_be32(quoted + 16)))
		return false;
	quote.protocol = quoted[9];
	quote.echo_reply = quoted[9] == PROTOCOL_ICMP && quote.upper[0] == ECHO_REPLY;
	quote.packet_len = rdl_get_be16(quoted + 2);
	if (mtu == 0)
		mtu = quote.packet_len - 1u;
	if (mtu < IPV4_MTU_MIN || !is_ours(interface, &quote, mtu))
		return false;
	news->mtu = (uint16_t)mtu;
	news->local.address = (unsigned)ours & 15u;
	rdl_net_put_mapped(news->address, rdl_get_be32(quoted + 16));
	return true;
}

/* RFC 8201 section 4. */
static bool ipv6_too_big(const struct rdl_interface *interface, const uint8_t *ip,
	const uint8_t *icmp, size_t len, struct rdl_news *news)
{
	const uint8_t *quoted = icmp + ICMP_LEN, *to = quoted + 24;
	struct quote quote = { .upper = quoted + IPV6_LEN };
	int ours = rdl_net_find_ipv6(interface, ip + 24);
	uint32_t mtu = rdl_get_be32(icmp + 4);

	if (len < ICMP_LEN + IPV6_LEN + 8 || ours < 0 || quoted[0] >> 4 != 6 ||
		memcmp(quoted + 8, ip + 24, 16) != 0 || to[0] == 0xff ||
		rdl_net_ipv6_is_ours(interface, to) || mtu < IPV6_MTU_MIN)
		return false;
	quote.protocol = quoted[6];
	quote.echo_reply = quoted[6] == PROTOCOL_ICMPV6 && quote.upper[0] == V6_ECHO_REPLY;
	quote.packet_len = IPV6_LEN + (unsigned)rdl_get_be16(quoted + 4);
	if (!is_ours(interface, &quote, mtu))
		return false;
	news->mtu = (uint16_t)mtu;
	news->local.address = (unsigned)ours & 15u;
	memcpy(news->address, to, 16);
	return true;
}

bool rdl_net_too_big_news(
	const struct rdl_interface *interface, const struct rdl_frame *frame, struct rdl_news *news)
{
	const uint8_t *ip = frame->data + frame->l2_len, *icmp = ip + frame->l3_len;

	*news = (struct rdl_news){ .kind = RDL_NEWS_TOO_BIG,
		.local = rdl_net_local(interface, frame) };
	if (ip[0] >> 4 == 4)
		return ipv4_too_big(
			interface, ip, icmp, (size_t)rdl_get_be16(ip + 2) - frame->l3_len, news);
	return ipv6_too_big(
		interface, ip, icmp, IPV6_LEN + (size_t)rdl_get_be16(ip + 4) - frame->l3_len, news);
}

void rdl_net_read_news(
	const struct rdl_interface *interface, const struct rdl_frame *frame, struct rdl_news *news)
{
	const uint8_t *l3 = frame->data + frame->l2_len;
	bool told;

	if (rdl_get_be16(l3 - 2) == ETHERTYPE_ARP)
		told = rdl_net_arp_news(interface, frame, news);
	else if (l3[0] >> 4 == 6 && l3[frame->l3_len] == ICMPV6_NEIGHBOUR_ADVERTISEMENT)
		told = rdl_net_advertisement_news(interface, frame, news);
	else
		told = rdl_net_too_big_news(interface, frame, news);
	assert(told);
	(void)told;
}
