/* SPDX-License-Identifier: BSD-3-Clause */
#include "deliveries.h"

const char *rdl_delivered_kind_text(enum rdl_delivered_kind kind)
{
	static const char *const texts[RDL_DELIVERED_KIND_COUNT] = {
#define X(name) [RDL_DELIVERED_##name] = #name,
		RDL_DELIVERED_KINDS(X)
#undef X
	};

	return texts[kind];
}

/* ---- writer ---- */

static void put(uint8_t **to, const void *from, size_t len)
{
	if (len > 0)
		memcpy(*to, from, len);
	*to += len;
}

static void fill(
	struct rdl_delivered *value, const struct rdl_delivery *delivery, struct rdl_span endpoint)
{
	const struct rdl_order *order = delivery->order;
	uint8_t *to = value->octets;

	value->kind = order != NULL ? RDL_DELIVERED_notified : RDL_DELIVERED_sent;
	value->code = delivery->code;
	value->more = delivery->more;
	value->offset = delivery->offset;
	value->endpoint_len = (uint8_t)endpoint.len;
	value->id_len = order != NULL ? order->id_len : 0;
	value->payload_len = (uint16_t)delivery->payload.len;
	value->content_format = delivery->content_format;
	value->sequence = delivery->sequence;
	value->partition = delivery->handle >> 24;
	put(&to, endpoint.data, endpoint.len);
	if (order != NULL)
		put(&to, order->id, order->id_len);
	put(&to, delivery->payload.data, delivery->payload.len);
}

void rdl_deliveries_write(struct rdl_deliveries *deliveries, const struct rdl_delivery *delivery,
	struct rdl_span endpoint, uint64_t time_ms)
{
	uint64_t head = deliveries->head;

	if (head - __atomic_load_n(&deliveries->tail, __ATOMIC_ACQUIRE) >= RDL_DELIVERIES ||
		delivery->payload.len > RDL_DELIVERED_PAYLOAD_MAX) {
		__atomic_store_n(&deliveries->lost, deliveries->lost + 1, __ATOMIC_RELAXED);
		return;
	}
	struct rdl_delivered *value = &deliveries->records[head % RDL_DELIVERIES];
	fill(value, delivery, endpoint);
	value->time_ms = time_ms;
	value->lost = deliveries->lost;
	__atomic_store_n(&deliveries->head, head + 1, __ATOMIC_RELEASE);
}

/* ---- reader ---- */

void rdl_deliveries_want(struct rdl_deliveries *deliveries, uint32_t kinds)
{
	if (deliveries->wanted == 0) {
		deliveries->read = __atomic_load_n(&deliveries->head, __ATOMIC_ACQUIRE);
		rdl_deliveries_give_back(deliveries);
		(void)rdl_deliveries_lost(deliveries, NULL);
	}
	__atomic_store_n(&deliveries->wanted, kinds, __ATOMIC_RELAXED);
}

const struct rdl_delivered *rdl_deliveries_read(struct rdl_deliveries *deliveries)
{
	if (deliveries->read == __atomic_load_n(&deliveries->head, __ATOMIC_ACQUIRE))
		return NULL;
	return &deliveries->records[deliveries->read++ % RDL_DELIVERIES];
}

void rdl_deliveries_give_back(struct rdl_deliveries *deliveries)
{
	__atomic_store_n(&deliveries->tail, deliveries->read, __ATOMIC_RELEASE);
}

uint64_t rdl_deliveries_lost(struct rdl_deliveries *deliveries, const struct rdl_delivered *value)
{
	uint64_t now =
		value != NULL ? value->lost : __atomic_load_n(&deliveries->lost, __ATOMIC_RELAXED);
	uint64_t lost = now > deliveries->lost_read ? now - deliveries->lost_read : 0;

	deliveries->lost_read += lost;
	return lost;
}

/* ---- text ---- */

static void put_number(struct rdl_cursor *out, const char *name, uint64_t number)
{
	rdl_cursor_text(out, name);
	rdl_cursor_decimal(out, number);
}

/* Milliseconds since 1970 as seconds. */
static void put_time(struct rdl_cursor *out, uint64_t ms)
{
	unsigned rest = (unsigned)(ms % 1000);
	const char decimals[] = { '.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10),
		(char)('0' + rest % 10) };

	put_number(out, ",\"time\":", ms / 1000);
	rdl_cursor_bytes(out, decimals, sizeof(decimals));
}

static void put_notified(struct rdl_cursor *out, const struct rdl_delivered *value)
{
	const struct rdl_span id = { value->octets + value->endpoint_len, value->id_len };

	rdl_cursor_text(out, ",\"id\":");
	rdl_cursor_json(out, id);
	put_number(out, ",\"sequence\":", value->sequence);
	put_number(out, ",\"code\":\"", value->code >> 5);
	put_number(out, (value->code & 31) < 10 ? ".0" : ".", value->code & 31);
	rdl_cursor_u8(out, '"');
}

void rdl_delivered_text(struct rdl_cursor *out, const struct rdl_delivered *value)
{
	const struct rdl_span payload = { value->octets + value->endpoint_len + value->id_len,
		value->payload_len };

	rdl_cursor_text(out, "{\"event\":\"");
	rdl_cursor_text(out, rdl_delivered_kind_text((enum rdl_delivered_kind)value->kind));
	put_number(out, "\",\"partition\":", value->partition);
	put_time(out, value->time_ms);
	rdl_cursor_text(out, ",\"endpoint\":");
	rdl_cursor_json(out, rdl_delivered_endpoint(value));
	if (value->kind == RDL_DELIVERED_notified)
		put_notified(out, value);
	if (value->content_format != RDL_FORMAT_NONE)
		put_number(out, ",\"content_format\":", value->content_format);
	if (value->offset > 0)
		put_number(out, ",\"offset\":", value->offset);
	rdl_cursor_text(out, ",\"payload\":\"");
	rdl_cursor_base64(out, payload);
	rdl_cursor_text(out, value->more ? "\",\"more\":true}\n" : "\"}\n");
}
