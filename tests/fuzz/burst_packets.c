/* SPDX-License-Identifier: BSD-3-Clause */
#include "burst_packets.h"

#include "fuzz.h"
#include "gateway_worker.h"

static struct rdl_frame place(
	uint8_t **buffer, const struct test_frame *f, size_t room, uint8_t port)
{
	*buffer = fuzz_alloc(room);
	memset(*buffer, 0xaa, room);
	memcpy(*buffer, f->data, f->len);
	return (struct rdl_frame){
		.data = *buffer, .len = (uint16_t)f->len, .room = (uint16_t)room, .port = port
	};
}

/* What the message says, when it is one block of several. */
static void look_for_block(struct packet *p, const struct rdl_key *key)
{
	bool is_update;

	struct rdl_span datagram = { p->datagram.data, p->datagram.len };

	p->is_block = p->verdict == RDL_NET_DATAGRAM &&
		      rdl_coap_parse(datagram, &p->input.message) == RDL_COAP_MESSAGE &&
		      rdl_input_read(&p->input) == RDL_OK && p->input.has_block1;
	if (!p->is_block)
		return;
	is_update = p->input.path == RDL_PATH_LOCATION;
	p->key = rdl_block_key(&p->input.message, &p->datagram.peer, p->datagram.identity,
		is_update ? p->input.id : (struct rdl_span){ NULL, 0 }, key);
}

void packet_init(struct packet *p, const struct record *record, const struct test_frame *f,
	const struct rdl_key *key)
{
	uint8_t port = (record->control & OTHER_PORT) != 0;
	uint8_t *sent = fuzz_alloc(f->len);

	memset(p, 0xaa, sizeof(*p));
	memcpy(sent, f->data, f->len);
	p->sent = (struct rdl_span){ sent, f->len };
	p->shed = (record->control & SHED) != 0;
	p->room = RDL_PACKET_ROOM(f->len);
	p->packet.frame = place(&p->buffer, f, p->room, port);
	p->alone = place(&p->copy, f, p->room, port);
	p->verdict = rdl_net_input(&gateway_interfaces[port], &p->alone, &p->datagram);
	look_for_block(p, key);
}

void packet_free(struct packet *p)
{
	free(p->buffer);
	free(p->copy);
	free((void *)(uintptr_t)p->sent.data);
}

struct rdl_span asked(const struct packet *p)
{
	return (struct rdl_span){ p->datagram.data, p->datagram.len };
}

/* Where the block that `p` is ends in a body that it may be part of: 0 when it is not. */
static size_t end_in_body(
	const struct packet *p, const struct rdl_block_key *key, struct rdl_span body)
{
	struct rdl_span payload = p->input.payload;
	uint64_t start;

	if (!p->is_block || memcmp(p->key.request, key->request, sizeof(key->request)) != 0)
		return 0;
	start = (uint64_t)p->input.block1.num << (p->input.block1.szx + 4);
	if (start + payload.len > body.len ||
		memcmp(payload.data, body.data + start, payload.len) != 0)
		return 0;
	return start + payload.len;
}

void check_body(const struct packet packets[], unsigned count, const struct rdl_block_key *key,
	struct rdl_span body)
{
	size_t ends[PACKETS_MAX];
	size_t pos = 0;

	for (unsigned i = 0; i < count; i++)
		ends[i] = end_in_body(&packets[i], key, body);
	while (pos < body.len) {
		size_t next = pos;

		for (unsigned i = 0; i < count; i++)
			if (ends[i] > next && ends[i] - packets[i].input.payload.len <= pos)
				next = ends[i];
		CHECK(next > pos);
		pos = next;
	}
}
