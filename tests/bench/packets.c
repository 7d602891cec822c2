/* SPDX-License-Identifier: BSD-3-Clause */
#include "packets.h"

#include <arpa/inet.h>

#include <rte_debug.h>

#include "frame.h"
#include "message.h"
#include "net.h"

#define LINK_FORMAT 40
/* Where checksums stand. */
#define IP_SUM (14 + 10)
#define UDP_SUM (14 + 20 + 6)

struct text {
	const char *queries[6]; /* "%" stands for the endpoint name */
	const char *payload;
};

/*
 * The first is the plain Register of 119 octets;
 * the others are written as real clients write them.
 */
static const struct text texts[PACKET_SHAPES] = {
	{ { "ep=%", "lwm2m=1.1", "lt=86400", "b=U" },
		"</>;rt=\"oma.lwm2m\",</1/0>,</3/0>,</3303/0>,</3336/10>" },
	{ { "lwm2m=1.1", "ep=%", "b=U", "lt=300" },
		"</>;rt=\"oma.lwm2m\";ct=110,</1>;ver=1.1,</1/0>,</2/0>,</3/0>,</4/0>,</5/0>,</6/"
		"0>,"
		"</7/0>,</31024>;ver=1.0,</31024/10>,</31024/11>,</31024/12>" },
	{ { "lwm2m=1.0", "ep=%", "lt=300" }, "</1/1>,</2>,</3/0>,</4/0>,</5/0>,</6/0>,</7/0>,</"
					     "10>;ver=\"1.1\",</10/0>,</11>,</16>,"
					     "</19>,</20/0>,</3303/0>,</3313/0>,</3347/0>" },
	{ { "lwm2m=1.1", "ep=%", "lt=300" },
		"</1/1>,</2>,</3/0>,</4/0>,</5/0>,</6/0>,</7/0>,</10>;ver=1.1,</10/0>,</11>,</16>,"
		"</19>,</20/0>,</3303/0>,</3313/0>,</3347/0>" },
	{ { "b=U", "lwm2m=1.1", "lt=300", "ep=%" }, "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542 "
						    "11543\",</1>;ver=1.1,</1/0>,</3>;ver=1.1,"
						    "</3/0>,</6/0>,</3303/0>,</3441/0>" },
	{ { "lwm2m=1.0", "ep=%", "lt=60", "b=U" }, "</1/0>,</3/0>,</3303/0>,</3303/1>" },
};

/* What is behind the headers, in a frame from no address: so the sums are without one. */
static void wrap(
	struct packet_shape *shape, const struct message *m, const uint8_t mac[6], uint32_t ipv4)
{
	struct in_addr address = { htonl(ipv4) };
	char to[INET_ADDRSTRLEN];
	struct frame_spec spec = { .mac_to = mac,
		.from = "0.0.0.0",
		.to = inet_ntop(AF_INET, &address, to, sizeof(to)),
		.payload = m->octets,
		.payload_len = m->len };
	struct test_frame f = frame_build(&spec);

	RTE_VERIFY(f.len <= sizeof(shape->octets) && f.len == PACKET_HEADERS + m->len);
	memcpy(shape->octets, f.data, f.len);
	shape->len = (uint16_t)f.len;
	shape->ip_sum = (uint16_t)~rdl_get_be16(f.data + IP_SUM);
	shape->udp_sum = (uint16_t)~rdl_get_be16(f.data + UDP_SUM);
}

/* A request without what differs: Message ID and token are zero. */
static void begin(struct message *m, uint8_t code)
{
	static const uint8_t token[PACKET_TOKEN_LEN];

	message_start(m, RDL_COAP_CON, code, 0, token, sizeof(token));
	message_option(m, RDL_COAP_URI_PATH, "rd", 2);
}

/* So many zeros at the end of what is there are to be filled. */
static uint16_t hole(const struct message *m, size_t len)
{
	return (uint16_t)(PACKET_HEADERS + m->len - len);
}

static void make_register(
	struct packet_shape *shape, const struct text *text, const uint8_t mac[6], uint32_t ipv4)
{
	static const uint8_t name[3 + PACKET_NAME_LEN] = "ep=";
	struct message m;

	begin(&m, RDL_COAP_POST);
	message_uint(&m, RDL_COAP_CONTENT_FORMAT, LINK_FORMAT);
	for (unsigned q = 0; q < RDL_ARRAY_LEN(text->queries) && text->queries[q] != NULL; q++) {
		if (strcmp(text->queries[q], "ep=%") != 0) {
			message_option(
				&m, RDL_COAP_URI_QUERY, text->queries[q], strlen(text->queries[q]));
			continue;
		}
		message_option(&m, RDL_COAP_URI_QUERY, name, sizeof(name));
		shape->hole = hole(&m, PACKET_NAME_LEN);
	}
	message_payload(&m, text->payload, strlen(text->payload));
	wrap(shape, &m, mac, ipv4);
}

static void make_location(
	struct packet_shape *shape, uint8_t code, const uint8_t mac[6], uint32_t ipv4)
{
	static const uint8_t id[RDL_LOCATION_LEN];
	struct message m;

	begin(&m, code);
	message_option(&m, RDL_COAP_URI_PATH, id, sizeof(id));
	shape->hole = hole(&m, sizeof(id));
	wrap(shape, &m, mac, ipv4);
}

void packets_init(struct packets *packets, const uint8_t mac[6], uint32_t ipv4)
{
	memset(packets, 0, sizeof(*packets));
	for (unsigned s = 0; s < PACKET_SHAPES; s++)
		make_register(&packets->registers[s], &texts[s], mac, ipv4);
	make_location(&packets->update, RDL_COAP_POST, mac, ipv4);
	make_location(&packets->deregister, RDL_COAP_DELETE, mac, ipv4);
	RTE_VERIFY(packets->registers[0].len == PACKET_HEADERS + 119);
}

/* Fills the holes and makes the sums good; sums of octets at odd places count swapped. */
static unsigned fill(const struct packet_shape *shape, uint8_t *frame, uint32_t endpoint,
	uint16_t message_id, const uint8_t *value, unsigned value_len)
{
	uint32_t source = PACKET_SOURCE_NET + endpoint, sum;

	memcpy(frame, shape->octets, shape->len);
	rdl_put_be32(frame + 26, source);
	sum = rdl_net_sum(frame + 26, 4, shape->ip_sum);
	rdl_put_be16(frame + IP_SUM, (uint16_t)~sum);
	rdl_put_be16(frame + PACKET_HEADERS + 2, message_id);
	rdl_put_be32(frame + PACKET_HEADERS + 4, endpoint);
	memcpy(frame + shape->hole, value, value_len);
	uint16_t odd = rdl_net_sum(value, value_len, 0);
	if ((shape->hole & 1) != 0)
		odd = __builtin_bswap16(odd);
	sum = rdl_net_sum(frame + PACKET_HEADERS + 2, 6, shape->udp_sum + odd);
	sum = rdl_net_sum(frame + 26, 4, sum);
	rdl_put_be16(frame + UDP_SUM, sum == 0xffff ? 0xffff : (uint16_t)~sum);
	return shape->len;
}

void packet_name(uint32_t endpoint, uint8_t name[PACKET_NAME_LEN])
{
	static const char digits[] = "0123456789abcdef";

	memcpy(name, "urn:dev:mac:0a1b", 16);
	for (unsigned i = 0; i < 8; i++)
		name[16 + i] = (uint8_t)digits[endpoint >> (28 - 4 * i) & 15];
}

unsigned packet_register(const struct packets *packets, unsigned shape, uint8_t *frame,
	uint32_t endpoint, uint16_t message_id)
{
	uint8_t name[PACKET_NAME_LEN];

	packet_name(endpoint, name);
	return fill(&packets->registers[shape], frame, endpoint, message_id, name, PACKET_NAME_LEN);
}

unsigned packet_location(const struct packet_shape *shape, uint8_t *frame, uint32_t endpoint,
	uint16_t message_id, const uint8_t id[RDL_LOCATION_LEN])
{
	return fill(shape, frame, endpoint, message_id, id, RDL_LOCATION_LEN);
}

bool packet_reply(const uint8_t *frame, unsigned len, struct reply *reply)
{
	static const uint8_t location[] = { 0x82, 'r', 'd', RDL_LOCATION_LEN };
	const uint8_t *at = frame + PACKET_HEADERS;

	if (len < PACKET_HEADERS + 4 + PACKET_TOKEN_LEN ||
		(at[0] & 0xcf) != (0x40 | PACKET_TOKEN_LEN))
		return false;
	unsigned coap_len = (unsigned)rdl_get_be16(frame + 38) - 8;
	if (coap_len + PACKET_HEADERS != len)
		return false;
	reply->type = at[0] >> 4 & 3;
	reply->code = at[1];
	reply->message_id = rdl_get_be16(at + 2);
	reply->endpoint = rdl_get_be32(at + 4);
	reply->id = NULL;
	if (rdl_get_be32(frame + 30) != PACKET_SOURCE_NET + reply->endpoint)
		return false;
	at += 4 + PACKET_TOKEN_LEN;
	coap_len -= 4 + PACKET_TOKEN_LEN;
	if (coap_len == 0)
		return true;
	if (coap_len != sizeof(location) + RDL_LOCATION_LEN ||
		memcmp(at, location, sizeof(location)) != 0)
		return false;
	reply->id = at + sizeof(location);
	return true;
}
