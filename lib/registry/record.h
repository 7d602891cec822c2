/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is kept of a registration: two cache lines.
 * An Update touches both: what it changes, and the exchanges.
 */
#ifndef RDL_REGISTRY_RECORD_H
#define RDL_REGISTRY_RECORD_H

#include "registry.h"

#include <assert.h>

#define RDL_EXCHANGES 2

enum rdl_record_state {
	RDL_RECORD_FREE,
	RDL_RECORD_LIVE,
	RDL_RECORD_ENDED, /* and can still be described: rdl_registry_forget_ended() */
	RDL_RECORD_TOMBSTONE, /* removed; remembers its exchanges until `deadline` */
};

struct rdl_record {
	/*
	 * Outlives the registration, so that no location comes twice;
	 * RDL_GENERATION_MAX is the slot's last.
	 */
	uint32_t generation;
	uint8_t state; /* enum rdl_record_state */
	uint8_t minor;
	uint8_t name_len;
	struct rdl_local local;
	struct rdl_peer peer;
	uint32_t identity;
	rdl_binding binding;
	union {
		uint32_t lifetime_s;
		uint32_t burial; /* of a tombstone: its number, in the order of their ends */
	};
	uint32_t deadline; /* seconds since the registry's epoch */
	uint32_t objects; /* of rdl_lists */
	rdl_handle next, prev; /* in its bucket of the wheel, or among the tombstones */
	uint16_t bucket : 10;
	/* How often RDL_GENERATION_SKIP generations are left out before the next one. */
	uint16_t skips : 6;
	bool queue : 1; /* the parameter `Q` was given since the Register */
	/*
	 * By the wall's clock:
	 * the lifetime began in the second before the one that the deadline counts from.
	 */
	bool updated_previous : 1;
	bool registered_next : 1; /* the registration began in the second behind `registered` */
	bool rooted : 1; /* as the location says; an Update does not change it */
	/* It came back, and its lifetime has not begun anew: it may end later, rdl_wheel_end(). */
	bool kept : 1;
	/* What was spent of a second's updates when the lifetime began: rdl_pace_spent(). */
	uint16_t updates : 10;
	/*
	 * Of the exchanges below:
	 * low octet of the generation, version class << 1 | rooted at their time.
	 */
	uint8_t exchange_generation[RDL_EXCHANGES], exchange_facts[RDL_EXCHANGES];

	uint32_t registered;
	/* Of rdl_extras: the rest of a longer name, the parameters; or RDL_STORE_NONE. */
	uint32_t extras;
	union {
		uint8_t name[RDL_NAME_INLINE]; /* its beginning, where it is longer */
		/* Of a tombstone whose name is longer, which holds nothing of the store. */
		struct rdl_endpoint_digest digest;
	};
	/*
	 * What is known of requests performed, so that copies are told (RFC 7252 section 4.5): the
	 * Register that this registration began with, at `registered`, and the last others, the
	 * newest first. 0: none.
	 */
	uint64_t register_exchange;
	uint64_t exchange[RDL_EXCHANGES];
	uint32_t exchange_second[RDL_EXCHANGES];
} __attribute__((aligned(RDL_CACHE_LINE)));

static_assert(sizeof(struct rdl_record) == 2 * RDL_CACHE_LINE, "two lines");
static_assert(offsetof(struct rdl_record, registered) == RDL_CACHE_LINE,
	"the second line is fetched by it");

static inline struct rdl_location rdl_record_location(
	const struct rdl_record *record, rdl_handle handle)
{
	return (struct rdl_location){ handle, rdl_version_class(record->minor), record->rooted,
		record->generation };
}

/*
 * What a log did not come to hold may have been answered all the same: after each restart a slot
 * goes on so much later than is known of it, and no location comes twice. More than
 * RDL_SKIPS_MAX restarts under one registration count as so many.
 */
#define RDL_GENERATION_SKIP 1000u
#define RDL_SKIPS_MAX 31u

/* The last generation that may have been given. */
static inline uint32_t rdl_record_had_generation(const struct rdl_record *record)
{
	uint32_t had = record->generation + record->skips * RDL_GENERATION_SKIP;

	return RDL_LIKELY(had < RDL_GENERATION_MAX) ? had : RDL_GENERATION_MAX;
}

/* No registration will be in its slot any more, since its location would come a second time. */
static inline bool rdl_record_used_up(const struct rdl_record *record)
{
	return rdl_record_had_generation(record) == RDL_GENERATION_MAX;
}

#endif
