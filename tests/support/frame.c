/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame.h"

#include <arpa/inet.h>

#include "check.h"
#include "octets.h"

const uint8_t frame_our_mac[6] = { 0x02, 0, 0, 0, 0, 0x01 };
const uint8_t frame_peer_mac[6] = { 0x02, 0, 0, 0, 0, 0x99 };
const uint8_t frame_broadcast_mac[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

uint16_t frame_sum(const uint8_t *data, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++) {
		sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return (uint16_t)sum;
}

uint16_t frame_pseudo_sum(const struct test_frame *f)
{
	size_t len = f->end - f->l4;
	uint32_t sum = f->protocol + (uint32_t)len;

	sum = sum % 0xffff;
	return f->ipv6 ? frame_sum(f->data + f->l3 + 8, 32, sum)
		       : frame_sum(f->data + f->l3 + 12, 8, sum);
}

void frame_fix(struct test_frame *f)
{
	uint8_t *ip = f->data + f->l3;
	uint8_t *l4 = f->data + f->l4;
	size_t l4_len = f->end - f->l4;
	size_t field = f->protocol == 17 ? 6 : 2;

	if (!f->ipv6) {
		rdl_put_be16(ip + 10, 0);
		rdl_put_be16(ip + 10, (uint16_t)~frame_sum(ip, f->l4 - f->l3, 0));
	}
	if (l4_len < field + 2)
		return;
	rdl_put_be16(l4 + field, 0);
	uint16_t pseudo = f->protocol == 1 ? 0 : frame_pseudo_sum(f);
	uint16_t sum = (uint16_t)~frame_sum(l4, l4_len, pseudo);
	rdl_put_be16(l4 + field, f->protocol == 17 && sum == 0 ? 0xffff : sum);
}

void frame_append(struct test_frame *f, const void *data, size_t len)
{
	CHECK(len <= sizeof(f->data) - f->len);
	if (len > 0)
		memcpy(f->data + f->len, data, len);
	f->len += len;
}

void frame_append_hex(struct test_frame *f, const char *hex)
{
	if (hex != NULL)
		f->len += unhex(hex, f->data + f->len, sizeof(f->data) - f->len);
}

static void append_be16(struct test_frame *f, unsigned v)
{
	uint8_t octets[2];

	rdl_put_be16(octets, (uint16_t)v);
	frame_append(f, octets, sizeof(octets));
}

void frame_append_address(struct test_frame *f, const char *text)
{
	uint8_t address[16];

	CHECK(inet_pton(f->ipv6 ? AF_INET6 : AF_INET, text, address) == 1);
	frame_append(f, address, f->ipv6 ? 16 : 4);
}

void frame_ethernet(struct test_frame *f, const struct frame_spec *spec, uint16_t ethertype)
{
	f->len = 0;
	frame_append(f, spec->mac_to != NULL ? spec->mac_to : frame_our_mac, 6);
	frame_append(f, spec->mac_from != NULL ? spec->mac_from : frame_peer_mac, 6);
	frame_append_hex(f, spec->tags);
	append_be16(f, ethertype);
	f->l3 = f->len;
}

struct test_frame frame_build(const struct frame_spec *spec)
{
	struct test_frame f = { .ipv6 = strchr(spec->from, ':') != NULL };
	uint8_t hop_limit = spec->hop_limit != 0 ? spec->hop_limit : 64;

	f.protocol = spec->protocol != 0 ? spec->protocol : 17;
	frame_ethernet(&f, spec, f.ipv6 ? 0x86dd : 0x0800);
	if (f.ipv6) {
		frame_append(&f, "\x60\0\0\0\0\0", 6);
		frame_append(&f, spec->options != NULL ? &spec->first_extension : &f.protocol, 1);
		frame_append(&f, &hop_limit, 1);
	} else {
		frame_append(&f, "\x45\0\0\0\0\0\x40\0", 8); /* DF */
		frame_append(&f, &hop_limit, 1);
		frame_append(&f, &f.protocol, 1);
		frame_append(&f, "\0\0", 2);
	}
	frame_append_address(&f, spec->from);
	frame_append_address(&f, spec->to);
	frame_append_hex(&f, spec->options);
	f.l4 = f.len;
	if (f.protocol == 17) {
		append_be16(&f, spec->from_port != 0 ? spec->from_port : 40000);
		append_be16(&f, spec->to_port != 0 ? spec->to_port : 5683);
		append_be16(&f, (unsigned)(8 + spec->payload_len));
		append_be16(&f, 0);
	}
	frame_append(&f, spec->payload, spec->payload_len);
	f.end = f.len;

	uint8_t *ip = f.data + f.l3;
	if (f.ipv6) {
		rdl_put_be16(ip + 4, (uint16_t)(f.end - f.l3 - 40));
	} else {
		ip[0] = (uint8_t)(0x40 | (f.l4 - f.l3) / 4);
		rdl_put_be16(ip + 2, (uint16_t)(f.end - f.l3));
	}
	frame_fix(&f);
	for (size_t i = 0; i < spec->padding; i++)
		frame_append(&f, "\xee", 1);
	return f;
}
