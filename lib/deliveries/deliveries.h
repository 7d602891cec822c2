/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * deliveries: what devices sent of their own accord, from the shard that heard it to one reader
 * outside the packet path. A ring of records for each shard, beside that of its events, so that
 * however much is sent takes nothing of theirs. Neither side ever waits for the other: what does
 * not fit is lost, and counted.
 */
#ifndef RDL_DELIVERIES_H
#define RDL_DELIVERIES_H

#include "delivery.h"

/* X(name): the word is what readers are told. */
#define RDL_DELIVERED_KINDS(X)                                     \
	X(notified) /* a notification of what somebody observes */ \
	X(sent) /* by the Send operation */

enum rdl_delivered_kind {
#define X(name) RDL_DELIVERED_##name,
	RDL_DELIVERED_KINDS(X)
#undef X
		RDL_DELIVERED_KIND_COUNT
};
const char *rdl_delivered_kind_text(enum rdl_delivered_kind kind);

#define RDL_DELIVERED_PAYLOAD_MAX RDL_DELIVERY_PAYLOAD_MAX

struct rdl_delivered {
	uint8_t kind; /* enum rdl_delivered_kind */
	uint8_t code;
	bool more; /* the value is longer */
	uint8_t endpoint_len, id_len; /* the id is of the request that observes */
	uint16_t payload_len;
	uint16_t content_format;
	uint32_t sequence; /* of a notification */
	uint32_t offset; /* octets of the value before these */
	uint32_t partition; /* of the endpoint */
	uint64_t time_ms; /* since 1970 */
	uint64_t lost; /* ever, when it was written */
	uint8_t octets[RDL_ENDPOINT_MAX + RDL_ORDER_ID_MAX + RDL_DELIVERED_PAYLOAD_MAX];
};

#define RDL_DELIVERIES 1024 /* records of a ring: a power of two */

/* Every line is written by one side alone. */
struct rdl_deliveries {
	/* Reader: which kinds somebody listens to; what it has done with. */
	uint32_t wanted __attribute__((aligned(RDL_CACHE_LINE)));
	uint64_t tail;
	/* Writer: what there is to read; values lost, ever. */
	uint64_t head __attribute__((aligned(RDL_CACHE_LINE)));
	uint64_t lost;
	/* Reader's own. */
	uint64_t read __attribute__((aligned(RDL_CACHE_LINE)));
	uint64_t lost_read;
	struct rdl_delivered records[RDL_DELIVERIES];
};

/* ---- the writer: the shard's core ---- */

static inline bool rdl_deliveries_wanted(
	const struct rdl_deliveries *deliveries, enum rdl_delivered_kind kind)
{
	return (__atomic_load_n(&deliveries->wanted, __ATOMIC_RELAXED) & 1u << kind) != 0;
}
/* Of a registration's endpoint; what finds no room is lost. */
void rdl_deliveries_write(struct rdl_deliveries *deliveries, const struct rdl_delivery *delivery,
	struct rdl_span endpoint, uint64_t time_ms);

/* ---- the reader: one thread ---- */

/*
 * From now on those of these kinds are written, 1 << each; 0: none. What is there from before, when
 * there were none, is gone.
 */
void rdl_deliveries_want(struct rdl_deliveries *deliveries, uint32_t kinds);
/* The next one, which lasts until rdl_deliveries_give_back(); NULL: there is none. */
const struct rdl_delivered *rdl_deliveries_read(struct rdl_deliveries *deliveries);
void rdl_deliveries_give_back(struct rdl_deliveries *deliveries);
/* Values lost before this one, or, where it is NULL, up to now; they count as told. */
uint64_t rdl_deliveries_lost(struct rdl_deliveries *deliveries, const struct rdl_delivered *value);

static inline struct rdl_span rdl_delivered_endpoint(const struct rdl_delivered *value)
{
	return (struct rdl_span){ value->octets, value->endpoint_len };
}

/* No value's text is longer. */
#define RDL_DELIVERED_TEXT_MAX \
	(6 * (RDL_ENDPOINT_MAX + RDL_ORDER_ID_MAX) + 2 * RDL_DELIVERED_PAYLOAD_MAX + 512)
/* As a JSON object, a line of its own. */
void rdl_delivered_text(struct rdl_cursor *out, const struct rdl_delivered *value);

#endif
