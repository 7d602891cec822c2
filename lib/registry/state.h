/* SPDX-License-Identifier: BSD-3-Clause */
/* A registry's parts, and its clock. */
#ifndef RDL_REGISTRY_STATE_H
#define RDL_REGISTRY_STATE_H

#include "extras.h"
#include "index.h"
#include "lists.h"
#include "slab.h"
#include "store.h"
#include "wheel.h"

struct rdl_registry {
	struct rdl_slab slab;
	struct rdl_index endpoints; /* to handles */
	struct rdl_store store;
	struct rdl_lists lists;
	struct rdl_wheel wheel;
	struct rdl_key endpoint_key;
	uint64_t epoch_ms;
	uint64_t registrations, registrations_max;
	uint32_t expiry_grace_s;
	uint32_t expired; /* replaced when dead, not yet reported by rdl_registry_expire() */
};

/* Whole seconds since the epoch. They last 136 years. */
static inline uint32_t rdl_registry_second(const struct rdl_registry *registry, uint64_t now_ms)
{
	return (uint32_t)((now_ms - registry->epoch_ms) / 1000);
}

/* Deadlines are whole seconds: `second` need not be rounded up to be compared. */
static inline bool rdl_registry_alive(const struct rdl_record *record, uint32_t second)
{
	return record->state == RDL_RECORD_LIVE && record->deadline > second;
}

/* True when the record is the endpoint's, which its digest does not quite say. */
bool rdl_registry_is_of(const struct rdl_registry *registry, const struct rdl_record *record,
	struct rdl_span endpoint);

#endif
