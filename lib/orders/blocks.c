/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads and answers in blocks (RFC 7959). */
#include "orders_internal.h"

static struct rdl_coap_block read_block(uint32_t value)
{
	return (struct rdl_coap_block){ value >> 4, (value & 8) != 0, value & 7 };
}

static enum rdl_course broken(enum rdl_order_reason *reason)
{
	*reason = RDL_ORDER_REASON_blocks;
	return RDL_COURSE_BROKEN;
}

/* Too large for the device, which takes smaller blocks: from the beginning (section 2.9.3). */
static bool begin_smaller(struct rdl_order *order, const struct rdl_answer *answer)
{
	struct rdl_coap_block block = read_block(answer->block1);

	if (answer->code != RDL_COAP_REQUEST_ENTITY_TOO_LARGE || answer->block1 == RDL_BLOCK_NONE ||
		block.szx >= order->course.cut || order->payload.len <= rdl_block_octets(block.szx))
		return false;
	order->course.cut = block.szx;
	order->course.offset = 0;
	return true;
}

enum rdl_course rdl_blocks_written(
	struct rdl_order *order, const struct rdl_answer *answer, enum rdl_order_reason *reason)
{
	struct rdl_order_course *course = &order->course;
	struct rdl_coap_block block = read_block(answer->block1);
	uint32_t next = course->offset + (uint32_t)rdl_block_octets(course->cut);

	if (begin_smaller(order, answer))
		return RDL_COURSE_ON;
	if (!rdl_blocks_writes(order))
		return answer->code == RDL_COAP_CONTINUE ? broken(reason) : RDL_COURSE_LAST;
	if (RDL_COAP_CODE_CLASS(answer->code) != 2)
		return RDL_COURSE_LAST;
	/* It answers the last block, or has taken the first for all there is. */
	if (answer->code != RDL_COAP_CONTINUE &&
		(next >= order->payload.len || answer->block1 == RDL_BLOCK_NONE))
		return RDL_COURSE_LAST;
	if (answer->block1 == RDL_BLOCK_NONE || next >= order->payload.len ||
		block.num != course->offset >> (course->cut + 4) || block.szx > RDL_SZX_MAX)
		return broken(reason);
	course->offset = next;
	if (block.szx < course->cut)
		course->cut = block.szx;
	return RDL_COURSE_ON;
}

bool rdl_blocks_may_cut(const struct rdl_order *order)
{
	return !order->course.reads && rdl_orders_payload(order).len > rdl_block_octets(0);
}

bool rdl_blocks_cut(struct rdl_order *order, size_t excess)
{
	size_t len = rdl_orders_payload(order).len;
	uint8_t cut = order->course.cut;

	while (cut > 0 && rdl_block_octets(cut) + excess > len)
		cut--;
	if (!rdl_blocks_may_cut(order) || rdl_block_octets(cut) + excess > len)
		return false;
	order->course.cut = cut;
	return true;
}

/* Of the same representation as the blocks before it (section 2.4). */
static bool belongs(const struct rdl_order *order, const struct rdl_answer *answer)
{
	const struct rdl_order_course *course = &order->course;

	return answer->code == order->code && answer->content_format == course->content_format &&
	       answer->etag_len == course->etag_len &&
	       memcmp(answer->etag, course->etag, course->etag_len) == 0;
}

/* A block that is the next one, and as long as it says. */
static bool fits(const struct rdl_order *order, const struct rdl_answer *answer)
{
	const struct rdl_order_course *course = &order->course;
	struct rdl_coap_block block = read_block(answer->block2);
	size_t octets = rdl_block_octets(block.szx);

	if (block.szx > RDL_SZX_MAX || (course->reads && block.szx > course->szx))
		return false;
	if ((uint64_t)block.num << (block.szx + 4) != (course->reads ? course->offset : 0))
		return false;
	if (block.more ? answer->payload.len != octets : answer->payload.len > octets)
		return false;
	return !course->reads || belongs(order, answer);
}

enum rdl_course rdl_blocks_read(const struct rdl_orders *orders, const struct rdl_order *order,
	const struct rdl_answer *answer, enum rdl_order_reason *reason)
{
	uint32_t before = order->course.reads ? order->course.offset : 0;

	if (before + answer->payload.len > orders->config.max_payload) {
		*reason = RDL_ORDER_REASON_payload;
		return RDL_COURSE_BROKEN;
	}
	/* The device may have thought better of it. */
	if (answer->block2 == RDL_BLOCK_NONE)
		return order->course.reads && RDL_COAP_CODE_CLASS(answer->code) == 2
			       ? broken(reason)
			       : RDL_COURSE_LAST;
	if (!fits(order, answer))
		return broken(reason);
	return read_block(answer->block2).more ? RDL_COURSE_ON : RDL_COURSE_LAST;
}

void rdl_blocks_taken(struct rdl_order *order, const struct rdl_answer *answer)
{
	struct rdl_order_course *course = &order->course;

	if (!course->reads) {
		course->offset = 0;
		course->content_format = answer->content_format;
		course->etag_len = answer->etag_len;
		memcpy(course->etag, answer->etag, sizeof(course->etag));
	}
	course->reads = true;
	order->code = answer->code;
	course->offset += (uint32_t)answer->payload.len;
	if (answer->block2 != RDL_BLOCK_NONE)
		course->szx = (uint8_t)(answer->block2 & 7);
}
