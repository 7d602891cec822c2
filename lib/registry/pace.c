/* SPDX-License-Identifier: BSD-3-Clause */
#include "pace.h"

#include <assert.h>

#define UPDATES_MASK 1023u /* of the record's field */
static_assert(RDL_REGISTRY_UPDATES_MAX < UPDATES_MASK, "the limit fits it");

void rdl_pace_carry(struct rdl_record *record, uint32_t spent)
{
	/* One beyond the highest limit at most. */
	record->updates = spent & UPDATES_MASK;
}

void rdl_pace_begin_lifetime(
	struct rdl_registry *registry, rdl_handle handle, uint32_t lifetime_s, uint64_t now_ms)
{
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	rdl_tally_end(registry, record, -1);
	rdl_pace_carry(record, rdl_pace_spent(registry, record, now_ms) + 1);
	record->lifetime_s = lifetime_s;
	record->updated_previous = rdl_registry_is_before(registry, now_ms);
	rdl_wheel_restart(
		&registry->wheel, handle, rdl_registry_deadline(registry, lifetime_s, now_ms));
	rdl_tally_end(registry, record, 1);
}

void rdl_registry_limit_updates(struct rdl_registry *registry, uint32_t per_s)
{
	assert(per_s <= RDL_REGISTRY_UPDATES_MAX);
	registry->updates_per_s = per_s;
}

bool rdl_registry_is_over_limit(
	const struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms)
{
	return rdl_pace_is_over(registry, rdl_slab_at(&registry->slab, handle), now_ms);
}
