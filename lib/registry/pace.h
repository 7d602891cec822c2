/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace: how often one registration may update. Each has a token bucket as deep as what one second
 * brings, in ten bits of its record that were to spare: what was spent when its lifetime began.
 * That time is not kept, since the deadline tells: rounded up to the second, so seconds here are
 * those that end with a whole one.
 */
#ifndef RDL_REGISTRY_PACE_H
#define RDL_REGISTRY_PACE_H

#include "state.h"

/*
 * What a live registration has spent of a second's updates: never more than there are in one, also
 * where the limit was another when it spent them, or was none.
 */
static inline uint32_t rdl_pace_spent(
	const struct rdl_registry *registry, const struct rdl_record *record, uint64_t now_ms)
{
	uint32_t now = (uint32_t)((now_ms - registry->epoch_ms + 999) / 1000);
	uint32_t began = record->deadline - record->lifetime_s - registry->expiry_grace_s;
	uint64_t brought = (uint64_t)registry->updates_per_s * (now - began);
	uint32_t spent = record->updates;

	if (spent > registry->updates_per_s)
		spent = registry->updates_per_s;
	return spent > brought ? (uint32_t)(spent - brought) : 0;
}

/* True when one more is too many. */
static inline bool rdl_pace_is_over(
	const struct rdl_registry *registry, const struct rdl_record *record, uint64_t now_ms)
{
	return registry->updates_per_s != 0 &&
	       rdl_pace_spent(registry, record, now_ms) >= registry->updates_per_s;
}

/* The lifetime begins anew, and takes one out of the bucket. */
void rdl_pace_begin_lifetime(
	struct rdl_registry *registry, rdl_handle handle, uint32_t lifetime_s, uint64_t now_ms);

/* `spent` stays with the registration that comes next. */
void rdl_pace_carry(struct rdl_record *record, uint32_t spent);

#endif
