/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of the benchmark's requests: templates, and what differs from endpoint to endpoint. */
#ifndef RDL_BENCH_PACKETS_H
#define RDL_BENCH_PACKETS_H

#include "lwm2m.h"

#define PACKET_MAX 512
#define PACKET_SHAPES 6
#define PACKET_NAME_LEN 24
#define PACKET_HEADERS (14 + 20 + 8)
#define PACKET_TOKEN_LEN 4
/* Every endpoint has its own address, as devices have: 10.0.0.0/8 holds 16 million. */
#define PACKET_SOURCE_NET UINT32_C(0x0a000000)

/* A frame with holes for source address, Message ID, token, endpoint name or location. */
struct packet_shape {
	uint16_t len;
	uint16_t hole; /* where the name or the id stands */
	uint32_t ip_sum, udp_sum; /* of all that does not differ */
	uint8_t octets[PACKET_MAX];
};

struct packets {
	struct packet_shape registers[PACKET_SHAPES], update, deregister;
};

/* To this MAC and address. */
void packets_init(struct packets *packets, const uint8_t mac[6], uint32_t ipv4);

void packet_name(uint32_t endpoint, uint8_t name[PACKET_NAME_LEN]);

/* Each returns the length of the frame written. `shape` 0 is the plain one. */
unsigned packet_register(const struct packets *packets, unsigned shape, uint8_t *frame,
	uint32_t endpoint, uint16_t message_id);
unsigned packet_location(const struct packet_shape *shape, uint8_t *frame, uint32_t endpoint,
	uint16_t message_id, const uint8_t id[RDL_LOCATION_LEN]);

/*
 * Takes a reply's octets apart. False: no reply of ours. *id points to the last Location-Path
 * segment, or is NULL.
 */
struct reply {
	uint8_t type, code;
	uint16_t message_id;
	uint32_t endpoint;
	const uint8_t *id;
};
bool packet_reply(const uint8_t *frame, unsigned len, struct reply *reply);

#endif
