/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net: frames to datagrams and back. Ethernet II, 802.1Q, IPv4 (RFC 791), IPv6 (RFC 8200), UDP (RFC
 * 768), and the little that a host without a kernel must answer itself: ARP (RFC 826), neighbour
 * discovery (RFC 4861 section 7.2), ICMP echo (RFC 792, RFC 4443).
 *
 * Pure: octets in, octets out, in place. A worker calls it for its own frames; nothing is shared.
 */
#ifndef RDL_NET_H
#define RDL_NET_H

#include "base.h"

/*
 * Why a frame went no further. X(name, help):
 * the one list behind the enum, the counters and their help.
 */
#define RDL_NET_DROPS(X)                                                                        \
	X(frame_short, "frame ends inside a header")                                            \
	X(not_for_us, "destination MAC or IP address is not ours")                              \
	X(vlan, "802.1Q tag is not the configured one")                                         \
	X(ethertype, "neither ARP, IPv4 nor IPv6")                                              \
	X(arp, "ARP that asks or tells us nothing, or is malformed")                            \
	X(ip_header, "IP header malformed, or longer than the frame")                           \
	X(ip_checksum, "IPv4 header checksum wrong")                                            \
	X(ip_source, "source that is no other host: group, network, broadcast, loopback, ours") \
	X(ip_protocol, "unknown IP protocol, extension header or option")                       \
	X(fragment, "IP fragment whose datagram did not become whole in time")                  \
	X(icmp, "ICMP that asks or tells us nothing, or is malformed")                          \
	X(echo_mtu, "echo request whose reply would be longer than the MTU of port or path")    \
	X(udp_header, "UDP length does not fit the packet, or source port 0")                   \
	X(udp_checksum, "UDP checksum wrong, or absent over IPv6")                              \
	X(udp_port, "another UDP port")

enum rdl_net_verdict {
	RDL_NET_DATAGRAM = 0, /* a UDP datagram for a port of ours: the rdl_datagram is filled */
	RDL_NET_ANSWERED, /* ARP, ND or echo: the frame now holds the answer; send it */
	RDL_NET_NEWS, /* ARP, ND or ICMP that tells something: rdl_net_read_news() */
#define X(name, help) RDL_NET_DROP_##name,
	RDL_NET_DROPS(X)
#undef X
		RDL_NET_VERDICTS
};

/*
 * Where a request came from, and where replies and later requests go.
 * IPv4 is kept as ::ffff:a.b.c.d. Peers compare as octets.
 */
struct rdl_peer {
	uint8_t address[16];
	uint16_t port; /* host order */
};

bool rdl_peer_is_ipv4(const struct rdl_peer *peer);
/*
 * The network that whoever sends from this address may be taken to hold whole:
 * a /24 of IPv4, a /64 of IPv6.
 */
struct rdl_span rdl_peer_prefix(const struct rdl_peer *peer);

/* Longest text of an address and its NUL. */
#define RDL_ADDRESS_TEXT 46
void rdl_peer_address_text(const struct rdl_peer *peer, char text[RDL_ADDRESS_TEXT]);

#define RDL_NET_ADDRESSES_MAX 16 /* of each family, a port */
#define RDL_NET_UDP_PORTS_MAX 4

/* One port as the network sees it. Immutable while workers run. */
struct rdl_interface {
	uint8_t mac[6];
	uint16_t vlan; /* 0: untagged or any tag, answered alike; else only this VLAN ID */
	uint16_t mtu; /* of IP packets that we send; 0: any */
	uint16_t udp_port_count;
	uint16_t udp_ports[RDL_NET_UDP_PORTS_MAX]; /* host order */
	uint16_t ipv4_count;
	uint16_t ipv6_count;
	uint32_t ipv4[RDL_NET_ADDRESSES_MAX]; /* host order */
	/*
	 * Bits of the host in each one's network; 0 where all addresses of it are hosts': /31 (RFC
	 * 3021) and /32.
	 */
	uint32_t ipv4_hosts[RDL_NET_ADDRESSES_MAX];
	uint8_t ipv6[RDL_NET_ADDRESSES_MAX][16];
	uint8_t ipv4_prefix[RDL_NET_ADDRESSES_MAX]; /* of each address's network; 0: it has none */
	uint8_t ipv6_prefix[RDL_NET_ADDRESSES_MAX];
	/* Routers, the first where no other one is nearer: rdl_net_next_hop(). */
	uint16_t ipv4_router_count;
	uint16_t ipv6_router_count;
	uint32_t ipv4_routers[RDL_NET_ADDRESSES_MAX]; /* host order */
	uint8_t ipv6_routers[RDL_NET_ADDRESSES_MAX][16];
	bool shared; /* with the kernel, which is given what is not ours: foreign.h */
};

/* One more UDP port that is served, at most RDL_NET_UDP_PORTS_MAX. */
void rdl_net_add_udp_port(struct rdl_interface *interface, uint16_t port);
/* One more address, at most RDL_NET_ADDRESSES_MAX of a family. */
void rdl_net_add_ipv4(struct rdl_interface *interface, uint32_t address, unsigned prefix);
void rdl_net_add_ipv6(struct rdl_interface *interface, const uint8_t address[16], unsigned prefix);
/* One more router, at most RDL_NET_ADDRESSES_MAX of a family. */
void rdl_net_add_ipv4_router(struct rdl_interface *interface, uint32_t address);
void rdl_net_add_ipv6_router(struct rdl_interface *interface, const uint8_t address[16]);

/*
 * At which address and UDP port of ours somebody is spoken to, and by which way: what a frame of
 * ours needs beside the peer. Numbers are places in the port's struct rdl_interface.
 */
struct rdl_local {
	uint32_t port : 4; /* the NIC's, as rdl_frame.port */
	uint32_t address : 4; /* of the peer's family */
	uint32_t udp_port : 2;
	/*
	 * The VLAN ID that the interface does not say itself: of the only tag, or of the one behind
	 * the interface's; 0: no tag, or one that only has a priority.
	 */
	uint32_t vlan : 12;
	uint32_t service : 1; /* the outer tag is one of 802.1ad */
	/* Two tags. Where the interface says neither, the inner one's ID is not kept. */
	uint32_t stacked : 1;
} __attribute__((packed));
_Static_assert(sizeof(struct rdl_local) == 3, "as small as that in each registration");

/*
 * Who on the link is to be given a packet from one of our addresses to a peer: the peer, where it
 * is in a network of the port's or has a link-local address, else a router, if there is one in the
 * network of that address of ours. IPv4 as in struct rdl_peer. False: nobody is.
 */
RDL_MUST_CHECK bool rdl_net_next_hop(const struct rdl_interface *interface,
	const struct rdl_local *local, const struct rdl_peer *peer, uint8_t hop[16]);

/* What the port already knows of a frame's checksums. */
#define RDL_FRAME_IP_CHECKSUM_GOOD 0x01
#define RDL_FRAME_IP_CHECKSUM_BAD 0x02
#define RDL_FRAME_L4_CHECKSUM_GOOD 0x04
#define RDL_FRAME_L4_CHECKSUM_BAD 0x08
/* The port will make the UDP checksums of what we send. */
#define RDL_FRAME_TX_OFFLOAD 0x10
/*
 * Set by rdl_net_reply() when it left them to the port:
 * the UDP checksum field holds the pseudo-header sum.
 */
#define RDL_FRAME_TX_CHECKSUMS 0x20
/* Of frames that have those left to it, the port will make the IPv4 header checksum, too. */
#define RDL_FRAME_TX_OFFLOAD_IPV4 0x80
/* Has not come in, but was made here: pktio counts those. */
#define RDL_FRAME_BORN 0x40

/*
 * One frame of a burst, contiguous. `data` may move forward (a reply is shorter in headers than its
 * request). From `data` on, `room` octets may be written.
 */
struct rdl_frame {
	uint8_t *data;
	uint16_t len;
	uint16_t room;
	uint8_t flags; /* RDL_FRAME_* */
	uint8_t port; /* which port it came by, and leaves by */
	uint8_t l2_len; /* of the frame as it now is: Ethernet and tags */
	uint8_t l3_len; /* IP header; on the way in with options and extension headers */
};

/* A UDP datagram inside a frame. */
struct rdl_datagram {
	struct rdl_peer peer;
	struct rdl_local local;
	bool multicast; /* sent to a group address: local.address is none */
	uint16_t len;
	uint32_t identity; /* whose secure session it came in; 0: none's */
	uint64_t session; /* the secure session that it came in; 0: none */
	uint8_t *data; /* UDP payload */
};

/*
 * Classifies one frame. Checks every length, address and checksum (trusting the port's where it
 * gave one).
 * RDL_NET_DATAGRAM: fills *datagram and frame->l2_len, l3_len.
 * RDL_NET_DROP_fragment: sets l2_len and l3_len, up to the fragment, of IPv6 up to its header.
 * RDL_NET_ANSWERED: the answer is in the frame, checksums made, lengths set.
 * RDL_NET_NEWS: sets l2_len, and l3_len of what is no ARP.
 * Anything else: why to drop it; the frame may be freed.
 * UDP length, not frame length, bounds the payload (Ethernet padding). Destination MAC must be
 * ours, broadcast (for ARP only) or multicast.
 */
RDL_MUST_CHECK enum rdl_net_verdict rdl_net_input(const struct rdl_interface *interface,
	struct rdl_frame *frame, struct rdl_datagram *datagram);

/*
 * Turns a frame that rdl_net_input() has called RDL_NET_DROP_udp_port into the answer that nobody
 * listens there (RFC 792, RFC 4443 section 3.1). False, and the frame is as it was: it came to a
 * group, its checksum is wrong, or there is no room.
 */
RDL_MUST_CHECK bool rdl_net_unreachable(
	const struct rdl_interface *interface, struct rdl_frame *frame);

/*
 * Turns the frame of a datagram into its reply: addresses and ports swapped, IP options and
 * extension headers gone, the same 802.1Q tag, hop limit 64, DF, `payload_len` octets of UDP
 * payload that already stand where the request's stood. Makes both checksums, or leaves them to the
 * port (RDL_FRAME_TX_OFFLOAD). Sets data, len, l2_len, l3_len. The frame must have come out of
 * rdl_net_input() as RDL_NET_DATAGRAM, not multicast, or out of rdl_net_compose().
 */
void rdl_net_reply(struct rdl_frame *frame, uint16_t payload_len);

/* Lets routers fragment a finished IPv4 frame of ours, whose packet has this number then. */
void rdl_net_let_fragment(struct rdl_frame *frame, uint16_t identification);

/*
 * Before rdl_net_reply(): octets of UDP payload with which the reply is as long, as an IP packet,
 * as its request was. Ethernet's padding is not of the request.
 */
uint16_t rdl_net_as_long(const struct rdl_frame *frame);

/* The way of a frame that answers none. */
struct rdl_way {
	struct rdl_peer peer;
	struct rdl_local local;
	uint8_t mac[6]; /* of the next hop */
};

/*
 * Begins a datagram of our own in an empty frame of the way's port, from `data` on: as if it were
 * one that had come this way, so that rdl_net_reply() then makes it one that goes there. Returns
 * where the UDP payload goes, as much of it as the port's MTU leaves. Failed where no frame can go:
 * the interface has no such address or UDP port, or the inner of two tags is not known.
 */
struct rdl_cursor rdl_net_compose(
	const struct rdl_interface *interface, const struct rdl_way *way, struct rdl_frame *frame);

/* What a frame tells of neighbours, and of addresses and paths of ours. */
enum rdl_news_kind {
	/* To us alone, who may have asked: who has `address` is at `mac`. */
	RDL_NEWS_ANSWER,
	/* To anybody, or of its own accord: the same. */
	RDL_NEWS_ANNOUNCEMENT,
	/* `address`, which is ours, is said to be at `mac`, which is not. */
	RDL_NEWS_CLAIM,
	/* A packet of ours to `address` was longer than `mtu`, and went no further. */
	RDL_NEWS_TOO_BIG,
};
struct rdl_news {
	enum rdl_news_kind kind;
	/* By which port and tags it came; of CLAIM and TOO_BIG the address of ours it is about. */
	struct rdl_local local;
	uint8_t address[16]; /* IPv4 as in struct rdl_peer */
	uint8_t mac[6];
	uint16_t mtu; /* of IP packets */
};
/* Of a frame that rdl_net_input() has called news. */
void rdl_net_read_news(const struct rdl_interface *interface, const struct rdl_frame *frame,
	struct rdl_news *news);

/*
 * The three below make an empty frame one of ARP (RFC 826), or of neighbour discovery (RFC 4861),
 * to go out by the tags of `local`. False where none can: it has no room, or the inner of two tags
 * is not known.
 *
 * Asks who has `hop`, IPv4 as in struct rdl_peer: everybody, or who is at `mac` whether it is still
 * so.
 */
RDL_MUST_CHECK bool rdl_net_ask(const struct rdl_interface *interface,
	const struct rdl_local *local, const uint8_t hop[16], const uint8_t *mac,
	struct rdl_frame *frame);
/*
 * Asks whether anybody else has the address of ours that local->address is (RFC 5227 section 2.1.1;
 * RFC 4862 section 5.4.2).
 */
RDL_MUST_CHECK bool rdl_net_probe(const struct rdl_interface *interface,
	const struct rdl_local *local, bool ipv6, struct rdl_frame *frame);
/* Tells all that we have it (RFC 5227 section 2.3; RFC 4861 section 7.2.6). */
RDL_MUST_CHECK bool rdl_net_announce(const struct rdl_interface *interface,
	const struct rdl_local *local, bool ipv6, struct rdl_frame *frame);

/*
 * Makes an empty frame, of the port of another that rdl_net_input() called a datagram, one that
 * might have come beside that: the same headers, and `len` octets of its payload. Both must be as
 * they came in, and there is room.
 */
void rdl_net_part(const struct rdl_frame *whole, const uint8_t *payload, uint16_t len,
	struct rdl_frame *part);
/* Leaves nothing in such a frame but these octets of its payload. */
void rdl_net_cut(struct rdl_frame *frame, const uint8_t *payload, uint16_t len);

/*
 * RFC 1071 sum over octets, folded, not complemented, as a number: stored with rdl_put_be16().
 * `sum` is what to start from: the sum of what stands before, an even number of octets, or plain
 * numbers such as a length.
 */
uint16_t rdl_net_sum(const void *data, size_t len, uint32_t sum);

#endif
