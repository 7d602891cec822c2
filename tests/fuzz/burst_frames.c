/* SPDX-License-Identifier: BSD-3-Clause */
#include "burst_frames.h"

#include "fuzz.h"
#include "gateway_worker.h"

#define HEADERS_MAX 100 /* of Ethernet, a tag, IPv6 and UDP */

uint64_t pause_ms(uint8_t pause)
{
	return (uint64_t)pause * pause * 16;
}

bool next_record(struct rdl_span *input, struct record *record)
{
	if (input->len < 4)
		return false;
	size_t len = rdl_get_be16(fuzz_take(input, 2).data);
	record->control = fuzz_octet(input);
	record->pause = fuzz_octet(input);
	record->body = fuzz_take(input, len);
	return true;
}

/* A message around it as a client would send it. */
static struct test_frame wrap(uint8_t control, const void *payload, size_t len)
{
	static const uint8_t group_mac[2][6] = { { 0x01, 0, 0x5e, 0, 1, 0xbb },
		{ 0x33, 0x33, 0, 0, 0, 0xfd } };
	bool ipv6 = (control & FORM) == FORM_IPV6;
	bool group = (control & TO_GROUP) != 0;
	unsigned port = (control & OTHER_PORT) != 0;
	struct frame_spec spec = {
		.mac_to = group ? group_mac[ipv6] : gateway_interfaces[port].mac,
		.tags = port != 0 ? "81000064" : NULL,
		.from = ipv6 ? "2001:db8::4:d00d" : "192.0.2.77",
		.from_port = (control & OTHER_PEER) != 0 ? 40001 : 40000,
		.to_port = gateway_interfaces[port].udp_ports[0],
		.payload = payload,
		.payload_len = len < FRAME_MAX - HEADERS_MAX ? len : FRAME_MAX - HEADERS_MAX,
	};

	if (ipv6)
		spec.to = group ? "ff02::fd" : "2001:db8::1";
	else
		spec.to = group ? "224.0.1.187" : port != 0 ? "203.0.113.1" : "192.0.2.1";
	return frame_build(&spec);
}

/* Where the header of what IPv6 carries begins, and what that is. */
static void skip_extensions(struct test_frame *f)
{
	f->protocol = f->data[f->l3 + 6];
	while ((f->protocol == 0 || f->protocol == 43 || f->protocol == 60) &&
		f->end - f->l4 >= 8) {
		size_t len = 8 * (1 + (size_t)f->data[f->l4 + 1]);

		if (len > f->end - f->l4)
			return;
		f->protocol = f->data[f->l4];
		f->l4 += len;
	}
}

/* Makes right what would stop it at the door, as far as its headers are there. */
static void mend(struct test_frame *f, const struct rdl_interface *interface)
{
	if (f->len < 14)
		return;
	if ((f->data[0] & 1) == 0)
		memcpy(f->data, interface->mac, 6);
	f->data[6] &= 0xfe;
	f->l3 = f->data[12] == 0x81 && f->data[13] == 0 ? 18 : 14;
	f->end = f->len;
	if (f->l3 + 40 > f->len)
		return;
	uint8_t *ip = f->data + f->l3;
	f->ipv6 = ip[0] >> 4 == 6;
	if (!f->ipv6 && ip[0] >> 4 == 4) {
		f->l4 = f->l3 + 4 * (size_t)(ip[0] & 15);
		f->protocol = ip[9];
		rdl_put_be16(ip + 2, (uint16_t)(f->len - f->l3));
		rdl_put_be32(ip + 16, interface->ipv4[0]);
	} else if (f->ipv6) {
		f->l4 = f->l3 + 40;
		rdl_put_be16(ip + 4, (uint16_t)(f->len - f->l3 - 40));
		if (ip[24] != 0xff)
			memcpy(ip + 24, interface->ipv6[0], 16);
		skip_extensions(f);
	}
	if (f->l4 < f->l3 + 20 || f->l4 + 8 > f->len)
		return;
	if (f->protocol == 17) {
		rdl_put_be16(f->data + f->l4 + 2, interface->udp_ports[0]);
		rdl_put_be16(f->data + f->l4 + 4, (uint16_t)(f->len - f->l4));
	}
	frame_fix(f);
}

struct test_frame make_frame(const struct record *record)
{
	unsigned form = record->control & FORM;
	struct test_frame f;

	if (form == FORM_IPV4 || form == FORM_IPV6)
		return wrap(record->control, record->body.data, record->body.len);
	memset(&f, 0, sizeof(f));
	f.len = record->body.len < FRAME_MAX ? record->body.len : FRAME_MAX;
	memcpy(f.data, record->body.data, f.len);
	if (form == FORM_MENDED)
		mend(&f, &gateway_interfaces[(record->control & OTHER_PORT) != 0]);
	return f;
}
