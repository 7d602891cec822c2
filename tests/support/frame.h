/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ethernet frames for all that sends some, made from a short description. Plain C, no allocation;
 * what does not fit ends the program. Shares no code with what is tested.
 */
#ifndef RDL_TEST_FRAME_H
#define RDL_TEST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 2048

extern const uint8_t frame_our_mac[6], frame_peer_mac[6], frame_broadcast_mac[6];

/* What is left out takes the value in brackets. */
struct frame_spec {
	const uint8_t *mac_to; /* [frame_our_mac] */
	const uint8_t *mac_from; /* [frame_peer_mac] */
	const char *tags; /* hex: TPID, TCI of each tag [none] */
	const char *from, *to; /* address texts, of one family */
	/* hex: IPv4 options, or IPv6 extension headers with their chain [none] */
	const char *options;
	uint8_t first_extension; /* IPv6: type of the first of them */
	uint8_t protocol; /* [17] */
	uint8_t hop_limit; /* [64] */
	uint16_t from_port; /* [40000]; ports are UDP's */
	uint16_t to_port; /* [5683] */
	const void *payload; /* of UDP; of IP for another protocol */
	size_t payload_len;
	size_t padding; /* octets 0xee after the packet */
};

struct test_frame {
	uint8_t data[FRAME_MAX];
	size_t len;
	size_t l3; /* offset of the IP header */
	size_t l4; /* of what it carries */
	size_t end; /* of the packet: padding begins */
	uint8_t protocol;
	bool ipv6;
};

/* Headers with their lengths and checksums, payload, padding. */
struct test_frame frame_build(const struct frame_spec *spec);
/* Makes all checksums anew, from what the frame now holds. */
void frame_fix(struct test_frame *f);

/* RFC 1071, two octets at a time: on top of `sum`, not yet inverted. */
uint16_t frame_sum(const uint8_t *data, size_t len, uint32_t sum);
/* Of the pseudo-header of what the frame carries. */
uint16_t frame_pseudo_sum(const struct test_frame *f);

/* For frames that are none of IP: the Ethernet header and its tags in an empty frame, the rest. */
void frame_ethernet(struct test_frame *f, const struct frame_spec *spec, uint16_t ethertype);
void frame_append(struct test_frame *f, const void *data, size_t len);
void frame_append_hex(struct test_frame *f, const char *hex);
void frame_append_address(struct test_frame *f, const char *text);

#endif
