/* SPDX-License-Identifier: BSD-3-Clause */
/* Object lists by the numbers that a log has given them. */
#include "recovery_state.h"

#include <stdlib.h>

static void release(struct rdl_recovery *recovery, const struct rdl_numbered_list *list)
{
	rdl_lists_release(&recovery->registries[list->home]->lists, list->block);
}

void rdl_recovery_forget_lists(struct rdl_recovery *recovery)
{
	struct rdl_recovery_log *log = &recovery->log;

	for (uint32_t i = 0; log->list_count > 0 && i < log->list_room; i++) {
		if (log->lists[i].number == 0)
			continue;
		release(recovery, &log->lists[i]);
		log->lists[i].number = 0;
		log->list_count--;
	}
}

/* Where a number is, or would be. */
static struct rdl_numbered_list *place_of(const struct rdl_recovery_log *log, uint32_t number)
{
	uint32_t hash = number * UINT32_C(2654435769);
	uint32_t at = (uint32_t)((uint64_t)hash * log->list_room >> 32);

	while (log->lists[at].number != 0 && log->lists[at].number != number)
		at = (at + 1) & (log->list_room - 1);
	return &log->lists[at];
}

/* A list as a registry keeps it, with one reference more; RDL_STORE_NONE: no room. */
static uint32_t keep(struct rdl_registry *registry, const struct rdl_object_list *list,
	const struct rdl_store_claim *claim)
{
	uint64_t digest = rdl_object_list_digest(&registry->lists.key, list);
	uint32_t block = rdl_lists_share(&registry->lists, list, digest);

	return block != RDL_STORE_NONE ? block
				       : rdl_lists_keep(&registry->lists, list, digest, claim);
}

/* Room for one more. */
static bool grow(struct rdl_recovery_log *log)
{
	struct rdl_recovery_log larger = *log;

	if (log->list_count < log->list_room / 2)
		return true;
	larger.list_room = log->list_room == 0 ? 1024 : 2 * log->list_room;
	larger.lists = calloc(larger.list_room, sizeof(*larger.lists));
	if (larger.lists == NULL)
		return false;
	for (uint32_t i = 0; i < log->list_room; i++)
		if (log->lists[i].number != 0)
			*place_of(&larger, log->lists[i].number) = log->lists[i];
	free(log->lists);
	*log = larger;
	return true;
}

bool rdl_recovery_add_list(struct rdl_recovery *recovery, struct rdl_registry *registry,
	uint32_t number, const struct rdl_object_list *list, const struct rdl_store_claim *claim)
{
	struct rdl_recovery_log *log = &recovery->log;
	uint32_t home = 0;

	while (recovery->registries[home] != registry)
		home++;
	if (!grow(log))
		return false;
	uint32_t block = keep(registry, list, claim);
	if (block == RDL_STORE_NONE)
		return false;
	struct rdl_numbered_list *place = place_of(log, number);
	if (place->number == number)
		release(recovery, place);
	else
		log->list_count++;
	*place = (struct rdl_numbered_list){ number, block, home };
	return true;
}

bool rdl_recovery_has_list(const struct rdl_recovery *recovery, uint32_t number)
{
	return number != 0 && recovery->log.list_room > 0 &&
	       place_of(&recovery->log, number)->number == number;
}

uint32_t rdl_recovery_take_list(struct rdl_recovery *recovery, struct rdl_registry *registry,
	uint32_t number, const struct rdl_store_claim *claim)
{
	const struct rdl_numbered_list *list = place_of(&recovery->log, number);
	struct rdl_registry *home = recovery->registries[list->home];

	if (RDL_UNLIKELY(home != registry))
		return keep(registry, rdl_lists_at(&home->lists, list->block), claim);
	rdl_lists_hold(&registry->lists, list->block);
	return list->block;
}
