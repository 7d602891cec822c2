/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames in place of datagrams: what a message needs before it to leave by an interface as it is.
 * The kernel's UDP takes twice as long to send one, and would be what is measured.
 */
#include "load.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if_packet.h>

_Static_assert(ETH_HLEN + sizeof(struct iphdr) + sizeof(struct udphdr) == LOAD_HEAD, "no options");

static uint32_t sum(const uint8_t *octets, size_t len, uint32_t so_far)
{
	for (; len > 1; octets += 2, len -= 2) {
		uint16_t word;

		memcpy(&word, octets, sizeof(word));
		so_far += word;
	}
	if (len > 0)
		so_far += htons((uint16_t)(*octets << 8));
	return so_far;
}

/* RFC 1071 */
static uint16_t checksum(uint32_t so_far)
{
	so_far = (so_far >> 16) + (so_far & 0xffff);
	so_far += so_far >> 16;
	return (uint16_t)~so_far;
}

void load_frame_head(const struct load *load, uint16_t port, uint32_t source,
	struct rdl_span message, uint8_t head[LOAD_HEAD])
{
	size_t udp_len = sizeof(struct udphdr) + message.len;
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htons((uint16_t)(sizeof(ip) + udp_len)),
		.frag_off = htons(IP_DF),
		.ttl = IPDEFTTL,
		.protocol = IPPROTO_UDP,
		.saddr = htonl(source),
		.daddr = load->server.sin_addr.s_addr,
	};
	struct udphdr udp = {
		.source = port, .dest = load->server.sin_port, .len = htons((uint16_t)udp_len)
	};

	ip.check = checksum(sum((const uint8_t *)&ip, sizeof(ip), 0));
	/* With the pseudo-header of RFC 768: both addresses, the protocol, the length. */
	uint32_t pseudo = sum((const uint8_t *)&ip.saddr, 8, htons(IPPROTO_UDP) + udp.len);
	udp.check = checksum(
		sum(message.data, message.len, sum((const uint8_t *)&udp, sizeof(udp), pseudo)));
	if (udp.check == 0)
		udp.check = 0xffff;
	memcpy(head, load->ethernet, ETH_HLEN);
	memcpy(head + ETH_HLEN, &ip, sizeof(ip));
	memcpy(head + ETH_HLEN + sizeof(ip), &udp, sizeof(udp));
}

/* From the interface's MAC to the server's, which the kernel has found out. */
static bool learn(struct load *load, int fd)
{
	struct ifreq own = { 0 };
	struct arpreq server = { 0 };
	const uint16_t type = htons(ETH_P_IP);

	snprintf(own.ifr_name, sizeof(own.ifr_name), "%s", load->device);
	snprintf(server.arp_dev, sizeof(server.arp_dev), "%s", load->device);
	memcpy(&server.arp_pa, &load->server, sizeof(load->server));
	if (ioctl(fd, SIOCGIFHWADDR, &own) != 0 || ioctl(fd, SIOCGARP, &server) != 0 ||
		(server.arp_flags & ATF_COM) == 0)
		return false;
	memcpy(load->ethernet, server.arp_ha.sa_data, ETH_ALEN);
	memcpy(load->ethernet + ETH_ALEN, own.ifr_hwaddr.sa_data, ETH_ALEN);
	memcpy(load->ethernet + 2 * ETH_ALEN, &type, sizeof(type));
	return true;
}

int load_frames_open(struct load *load, int udp)
{
	/* Of no protocol: nothing comes in by it. */
	const struct sockaddr_ll by = { .sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(load->device) };
	int on = 1, fd;

	if (!learn(load, udp)) {
		fprintf(stderr, "load: %s does not know the server's MAC: ping it first\n",
			load->device);
		return -1;
	}
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) != 0 ||
		bind(fd, (const struct sockaddr *)&by, sizeof(by)) != 0) {
		perror("load: packet socket");
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	return fd;
}
