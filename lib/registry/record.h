/* SPDX-License-Identifier: BSD-3-Clause */
/* What is kept of a registration: two cache lines, the first being all that an Update touches. */
#ifndef RDL_REGISTRY_RECORD_H
#define RDL_REGISTRY_RECORD_H

#include "registry.h"

#include <assert.h>

#define RDL_NAME_INLINE 24
#define RDL_GENERATION_MASK ((UINT64_C(1) << 40) - 1)

enum rdl_record_state {
	RDL_RECORD_FREE,
	RDL_RECORD_LIVE,
};

struct rdl_record {
	uint32_t generation_low; /* outlives the registration, so that no location comes twice */
	uint8_t generation_high;
	uint8_t state; /* enum rdl_record_state */
	uint8_t minor;
	uint8_t name_len;
	rdl_binding binding;
	uint32_t lifetime_s;
	uint32_t deadline, updated; /* seconds since the registry's epoch */
	uint32_t objects; /* of rdl_lists */
	rdl_handle next, prev; /* in its bucket of the wheel */
	uint16_t bucket;
	bool queue;
	bool rooted; /* as the location says; an Update does not change it */
	struct rdl_peer peer;

	uint32_t registered;
	uint32_t extras; /* of rdl_extras: a longer name, the parameters; or RDL_STORE_NONE */
	uint8_t name[RDL_NAME_INLINE];
} __attribute__((aligned(RDL_CACHE_LINE)));

static_assert(sizeof(struct rdl_record) == 2 * RDL_CACHE_LINE, "two lines");
static_assert(
	offsetof(struct rdl_record, registered) == RDL_CACHE_LINE, "an Update's line ends here");

static inline uint64_t rdl_record_generation(const struct rdl_record *record)
{
	return (uint64_t)record->generation_high << 32 | record->generation_low;
}

static inline void rdl_record_next_generation(struct rdl_record *record)
{
	uint64_t generation = (rdl_record_generation(record) + 1) & RDL_GENERATION_MASK;

	record->generation_low = (uint32_t)generation;
	record->generation_high = (uint8_t)(generation >> 32);
}

#endif
