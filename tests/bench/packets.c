/* SPDX-License-Identifier: BSD-3-Clause */
#include "packets.h"

#include <stdio.h>

/* Every endpoint has its own address, as devices have: 10.0.0.0/8 holds 16 million. */
#define SOURCE_NET UINT32_C(0x0a000000)

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

static void append(struct packet_shape *shape, const void *data, size_t len)
{
	RTE_VERIFY(shape->len + len <= sizeof(shape->octets));
	memcpy(shape->octets + shape->len, data, len);
	shape->len = (uint16_t)(shape->len + len);
}

static void option(
	struct packet_shape *shape, unsigned *number, unsigned next, const void *value, size_t len)
{
	unsigned delta = next - *number;
	uint8_t head[2] = { (uint8_t)(delta << 4 | (len < 13 ? len : 13)), (uint8_t)(len - 13) };

	RTE_VERIFY(delta < 13 && len < 269);
	append(shape, head, len < 13 ? 1 : 2);
	append(shape, value, len);
	*number = next;
}

static void headers(struct packet_shape *shape, const uint8_t mac[6], uint32_t ipv4)
{
	static const uint8_t fixed[PACKET_HEADERS] = { [6] = 0x02,
		[11] = 0x02,
		[12] = 0x08,
		[14] = 0x45,
		[20] = 0x40,
		[22] = 64,
		[23] = 17,
		[34] = 0x9c,
		[35] = 0x40,
		[36] = 0x16,
		[37] = 0x33 };

	append(shape, fixed, sizeof(fixed));
	memcpy(shape->octets, mac, 6);
	rdl_put_be32(shape->octets + 30, ipv4);
}

static void coap(struct packet_shape *shape, uint8_t code)
{
	uint8_t head[4 + PACKET_TOKEN_LEN] = { 0x40 | PACKET_TOKEN_LEN, code };

	append(shape, head, sizeof(head));
}

/* Lengths and sums, once all is there and what differs is still zero. */
static void seal(struct packet_shape *shape)
{
	uint16_t udp_len = (uint16_t)(shape->len - 34);

	rdl_put_be16(shape->octets + 16, (uint16_t)(shape->len - 14));
	rdl_put_be16(shape->octets + 38, udp_len);
	shape->ip_sum = rdl_net_sum(shape->octets + 14, 20, 0);
	shape->udp_sum = rdl_net_sum(shape->octets + 30, 4, 17u + udp_len);
	shape->udp_sum = rdl_net_sum(shape->octets + 34, udp_len, shape->udp_sum);
}

static void make_register(
	struct packet_shape *shape, const struct text *text, const uint8_t mac[6], uint32_t ipv4)
{
	static const uint8_t link_format = 40;
	unsigned number = 0;

	headers(shape, mac, ipv4);
	coap(shape, RDL_COAP_POST);
	option(shape, &number, 11, "rd", 2);
	option(shape, &number, 12, &link_format, 1);
	for (unsigned q = 0; q < RDL_ARRAY_LEN(text->queries) && text->queries[q] != NULL; q++) {
		uint8_t name[3 + PACKET_NAME_LEN] = "ep=";

		if (strcmp(text->queries[q], "ep=%") != 0) {
			option(shape, &number, 15, text->queries[q], strlen(text->queries[q]));
			continue;
		}
		option(shape, &number, 15, name, sizeof(name));
		shape->hole = (uint16_t)(shape->len - PACKET_NAME_LEN);
	}
	append(shape, "\xff", 1);
	append(shape, text->payload, strlen(text->payload));
	seal(shape);
}

static void make_location(
	struct packet_shape *shape, uint8_t code, const uint8_t mac[6], uint32_t ipv4)
{
	static const uint8_t id[RDL_LOCATION_LEN];
	unsigned number = 0;

	headers(shape, mac, ipv4);
	coap(shape, code);
	option(shape, &number, 11, "rd", 2);
	option(shape, &number, 11, id, sizeof(id));
	shape->hole = (uint16_t)(shape->len - sizeof(id));
	seal(shape);
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
	uint32_t source = SOURCE_NET + endpoint, sum;

	memcpy(frame, shape->octets, shape->len);
	rdl_put_be32(frame + 26, source);
	sum = rdl_net_sum(frame + 26, 4, shape->ip_sum);
	rdl_put_be16(frame + 24, (uint16_t)~sum);
	rdl_put_be16(frame + PACKET_HEADERS + 2, message_id);
	rdl_put_be32(frame + PACKET_HEADERS + 4, endpoint);
	memcpy(frame + shape->hole, value, value_len);
	uint16_t odd = rdl_net_sum(value, value_len, 0);
	if ((shape->hole & 1) != 0)
		odd = __builtin_bswap16(odd);
	sum = rdl_net_sum(frame + PACKET_HEADERS + 2, 6, shape->udp_sum + odd);
	sum = rdl_net_sum(frame + 26, 4, sum);
	rdl_put_be16(frame + 40, sum == 0xffff ? 0xffff : (uint16_t)~sum);
	return shape->len;
}

unsigned packet_register(const struct packets *packets, unsigned shape, uint8_t *frame,
	uint32_t endpoint, uint16_t message_id)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t name[PACKET_NAME_LEN + 1] = "urn:dev:mac:0a1b";

	for (unsigned i = 0; i < 8; i++)
		name[16 + i] = (uint8_t)digits[endpoint >> (28 - 4 * i) & 15];
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
	if (rdl_get_be32(frame + 30) != SOURCE_NET + reply->endpoint)
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
