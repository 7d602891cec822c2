/* SPDX-License-Identifier: BSD-3-Clause */
/* The messages that are sent (RFC 7252 sections 3 and 5). */
#include "orders_internal.h"

#include <assert.h>

#define TRIGGER_RESOURCE "8" /* Registration Update Trigger, of the Server Object */
#define OBSERVE_BEGIN 0
#define OBSERVE_CANCEL 1

uint16_t rdl_orders_server(const struct rdl_object_list *objects)
{
	const rdl_object_link *links = rdl_object_list_links(objects);

	for (unsigned i = 0; i < objects->link_count; i++)
		if (links[i] >> 16 == RDL_OBJECT_SERVER)
			return (uint16_t)links[i];
	return RDL_ID_NONE;
}

static void put_segments(struct rdl_coap_reply *message, struct rdl_span path)
{
	while (path.len > 0) {
		const uint8_t *slash = memchr(path.data, '/', path.len);
		size_t len = slash == NULL ? path.len : (size_t)(slash - path.data);

		rdl_coap_reply_option(message, RDL_COAP_URI_PATH, path.data, len);
		len += slash != NULL;
		path.data += len;
		path.len -= len;
	}
}

static void put_options(struct rdl_coap_reply *message, uint16_t number, struct rdl_span options)
{
	for (size_t at = 0; at < options.len; at += 1 + (size_t)options.data[at])
		rdl_coap_reply_option(message, number, options.data + at + 1, options.data[at]);
}

static void put_trigger(struct rdl_coap_reply *message, const struct rdl_object_list *objects)
{
	uint8_t text[20];
	struct rdl_cursor out = rdl_cursor(text, sizeof(text));

	rdl_cursor_decimal(&out, rdl_orders_server(objects));
	rdl_coap_reply_option(message, RDL_COAP_URI_PATH, "1", 1);
	rdl_coap_reply_option(message, RDL_COAP_URI_PATH, text, (size_t)(out.pos - text));
	rdl_coap_reply_option(message, RDL_COAP_URI_PATH, TRIGGER_RESOURCE, 1);
}

static void put_observe(struct rdl_coap_reply *message, const struct rdl_order *order)
{
	/* Further blocks are asked for without it (RFC 7959 section 2.6). */
	if (order->course.reads)
		return;
	if (order->observe == RDL_ORDER_OBSERVE)
		rdl_coap_reply_uint(message, RDL_COAP_OBSERVE, OBSERVE_BEGIN);
	else if (order->observe == RDL_ORDER_CANCEL)
		rdl_coap_reply_uint(message, RDL_COAP_OBSERVE, OBSERVE_CANCEL);
}

struct rdl_span rdl_orders_payload(const struct rdl_order *order)
{
	const struct rdl_order_course *course = &order->course;
	uint32_t offset = course->reads ? 0 : course->offset;
	size_t most = rdl_block_octets(course->cut);
	struct rdl_span rest = { order->payload.data + offset, order->payload.len - offset };

	/* The payload of a FETCH says what is fetched; all others have done with theirs. */
	if (course->reads && (order->method != RDL_COAP_FETCH || rest.len > most))
		return (struct rdl_span){ NULL, 0 };
	if (rest.len > most)
		rest.len = most;
	return rest;
}

static void put_block(struct rdl_coap_reply *message, const struct rdl_order *order, size_t len)
{
	const struct rdl_order_course *course = &order->course;
	uint8_t szx = course->reads ? course->szx : course->cut;
	struct rdl_coap_block block = { .num = course->offset >> (szx + 4), .szx = szx };

	if (course->reads) {
		rdl_coap_reply_uint(message, RDL_COAP_BLOCK2, rdl_coap_block_value(block));
	} else if (rdl_blocks_writes(order)) {
		block.more = course->offset + len < order->payload.len;
		rdl_coap_reply_uint(message, RDL_COAP_BLOCK1, rdl_coap_block_value(block));
		/* There are devices that do not put blocks together whose end they do not know. */
		if (course->offset == 0)
			rdl_coap_reply_uint(message, RDL_COAP_SIZE1, (uint32_t)order->payload.len);
	}
}

void rdl_orders_compose(const struct rdl_orders *orders, const struct rdl_dialogue *dialogue,
	const struct rdl_object_list *objects, struct rdl_transmission *transmission)
{
	const struct rdl_exchange *exchange = &dialogue->exchange;
	const struct rdl_order *order = exchange->order;
	struct rdl_span payload = rdl_orders_payload(order);
	struct rdl_coap_reply message;

	rdl_token_write(&orders->config.token_key,
		&(struct rdl_token){ dialogue->handle, exchange->number },
		transmission->octets + RDL_COAP_HEADER_LEN);
	rdl_coap_reply_begin(&message, transmission->octets, sizeof(transmission->octets),
		(struct rdl_coap_header){
			RDL_COAP_CON, order->method, RDL_TOKEN_LEN, exchange->message_id });
	put_observe(&message, order);
	put_segments(&message, rdl_object_list_root(objects));
	if (order->trigger)
		put_trigger(&message, objects);
	else
		put_options(&message, RDL_COAP_URI_PATH, order->path);
	if (payload.len > 0 && order->content_format != RDL_FORMAT_NONE)
		rdl_coap_reply_uint(&message, RDL_COAP_CONTENT_FORMAT, order->content_format);
	put_options(&message, RDL_COAP_URI_QUERY, order->query);
	if (order->accept != RDL_FORMAT_NONE)
		rdl_coap_reply_uint(&message, RDL_COAP_ACCEPT, order->accept);
	put_block(&message, order, payload.len);
	rdl_coap_reply_payload(&message, payload.data, payload.len);
	transmission->len = (uint16_t)rdl_coap_reply_end(&message);
	/* What path, queries and root may be leaves room for a block. */
	assert(transmission->len > 0);
}
