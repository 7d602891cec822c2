/* SPDX-License-Identifier: BSD-3-Clause */
#include "restore.h"

#include "needs.h"
#include "pace.h"

static_assert(RDL_REMEMBERED == 1 + RDL_EXCHANGES, "a Register and the others");

/* The second of ours that a time of the wall's is in; it may lie before our epoch, and wraps. */
static uint32_t second_of(const struct rdl_registry *registry, uint64_t wall_ms)
{
	return (uint32_t)(wall_ms / 1000 - rdl_registry_wall(registry, registry->epoch_ms) / 1000);
}

void rdl_registry_remembered(const struct rdl_registry *registry, rdl_handle handle,
	struct rdl_remembered remembered[RDL_REMEMBERED])
{
	const struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

	assert(record->state == RDL_RECORD_LIVE || record->state == RDL_RECORD_ENDED);
	remembered[0] = (struct rdl_remembered){ record->register_exchange,
		rdl_registry_wall_second(registry, record->registered) * 1000,
		(uint8_t)record->generation, rdl_version_class(record->minor), record->rooted };
	for (unsigned i = 0; i < RDL_EXCHANGES; i++)
		remembered[1 + i] = (struct rdl_remembered){ record->exchange[i],
			rdl_registry_wall_second(registry, record->exchange_second[i]) * 1000,
			record->exchange_generation[i], record->exchange_facts[i] >> 1,
			record->exchange_facts[i] & 1 };
}

/* Rounded up: nothing ends early. What ended before our epoch ends at it. */
static uint32_t deadline_of(const struct rdl_registry *registry, uint64_t deadline_ms)
{
	uint64_t epoch_ms = rdl_registry_wall(registry, registry->epoch_ms);

	if (deadline_ms <= epoch_ms)
		return 0;
	uint64_t seconds = (deadline_ms - epoch_ms + 999) / 1000;
	return seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
}

/* Where it was and is to be again. */
static bool may_be_at(const struct rdl_registry *registry, rdl_handle slot, uint32_t generation)
{
	return rdl_slab_has(&registry->slab, slot) && generation <= RDL_GENERATION_MAX &&
	       rdl_slab_at(&registry->slab, slot)->state == RDL_RECORD_FREE &&
	       rdl_slab_at(&registry->slab, slot)->generation <= generation;
}

static bool may_be(const struct rdl_registry *registry, const struct rdl_registration *what,
	struct rdl_endpoint_digest digest)
{
	return what->endpoint.len > 0 && what->endpoint.len <= RDL_ENDPOINT_MAX &&
	       what->location.generation > 0 &&
	       what->location.version_class == rdl_version_class(what->minor) &&
	       rdl_location_partition(&what->location) == rdl_endpoint_partition(digest) &&
	       may_be_at(registry, what->location.handle, what->location.generation) &&
	       rdl_index_find(&registry->endpoints, digest.word[0]) == RDL_INDEX_NONE;
}

static void fill_remembered(const struct rdl_registry *registry, struct rdl_record *record,
	const struct rdl_remembered remembered[RDL_REMEMBERED])
{
	record->register_exchange = remembered[0].exchange;
	/* That of a Register is where the registration began, or the second before. */
	if (remembered[0].exchange != 0 &&
		second_of(registry, remembered[0].performed_ms) != record->registered) {
		record->registered--;
		record->registered_next = true;
	}
	for (unsigned i = 0; i < RDL_EXCHANGES; i++) {
		const struct rdl_remembered *other = &remembered[1 + i];

		record->exchange[i] = other->exchange;
		record->exchange_second[i] = second_of(registry, other->performed_ms);
		record->exchange_generation[i] = other->generation;
		record->exchange_facts[i] = (uint8_t)(other->version_class << 1 | other->rooted);
	}
}

static void fill(const struct rdl_registry *registry, struct rdl_record *record,
	const struct rdl_registration *what)
{
	size_t here = what->endpoint.len < RDL_NAME_INLINE ? what->endpoint.len : RDL_NAME_INLINE;

	record->generation = what->location.generation;
	record->state = RDL_RECORD_LIVE;
	record->minor = what->minor;
	record->name_len = (uint8_t)what->endpoint.len;
	memset(record->name, 0, sizeof(record->name));
	memcpy(record->name, what->endpoint.data, here);
	record->local = what->local;
	record->peer = what->peer;
	record->identity = what->identity;
	record->binding = what->binding;
	record->lifetime_s = what->lifetime_s;
	record->deadline = deadline_of(registry, what->deadline_ms);
	record->queue = what->queue;
	record->rooted = what->location.rooted;
	record->registered = second_of(registry, what->registered_ms);
	record->registered_next = false;
	/* The second in which the lifetime began is told by its end, or is the one before. */
	record->updated_previous = false;
	record->updated_previous = rdl_registry_updated_second(registry, record) !=
				   second_of(registry, what->updated_ms);
	record->objects = RDL_STORE_NONE;
	record->extras = RDL_STORE_NONE;
	rdl_pace_carry(record, 0);
}

bool rdl_registry_restore(struct rdl_registry *registry, const struct rdl_registration *what,
	const struct rdl_remembered remembered[RDL_REMEMBERED])
{
	rdl_handle handle = what->location.handle;
	struct rdl_endpoint_digest digest;
	struct rdl_needs needs = {
		.list = what->objects,
		.digest = rdl_object_list_digest(&registry->lists.key, what->objects),
		.has_extras = true,
		.extras.parameters = what->parameters,
		.peer = &what->peer,
		.live = true,
	};

	rdl_registry_forget_ended(registry);
	if (what->endpoint.len > RDL_NAME_INLINE)
		needs.extras.name = what->endpoint;
	rdl_siphash128(
		&registry->endpoint_key, what->endpoint.data, what->endpoint.len, digest.word);
	if (!may_be(registry, what, digest) || !rdl_needs_reserve(registry, NULL, &needs))
		return false;
	if (!rdl_slab_take(&registry->slab, handle)) {
		rdl_needs_return(registry, &needs);
		return false;
	}
	/* Last, since a tombstone may give way for it. */
	if (!rdl_registry_has_room(registry) ||
		!rdl_index_insert(&registry->endpoints, digest.word[0], handle)) {
		rdl_slab_free(&registry->slab, handle);
		rdl_needs_return(registry, &needs);
		return false;
	}
	struct rdl_record *record = rdl_slab_at(&registry->slab, handle);
	fill(registry, record, what);
	rdl_registry_hold(registry, what->identity);
	fill_remembered(registry, record, remembered);
	rdl_needs_settle(registry, record, &needs);
	rdl_wheel_start(&registry->wheel, handle);
	registry->registrations++;
	return true;
}

uint32_t rdl_registry_generation(const struct rdl_registry *registry, rdl_handle slot)
{
	assert(rdl_slab_has(&registry->slab, slot));
	return rdl_slab_at(&registry->slab, slot)->generation;
}

bool rdl_registry_set_generation(
	struct rdl_registry *registry, rdl_handle slot, uint32_t generation)
{
	if (!may_be_at(registry, slot, generation))
		return false;
	struct rdl_record *record = rdl_slab_at(&registry->slab, slot);
	record->generation = generation;
	/* One that is used up is given to nobody any more. */
	if (rdl_record_used_up(record))
		rdl_slab_take(&registry->slab, slot);
	return true;
}
