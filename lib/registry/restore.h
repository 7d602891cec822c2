/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * restore: what a log or another gateway must hold of a registry beside descriptions, and putting
 * it back into one, registration by registration, so that locations stay what they were and none is
 * given a second time. Times are the wall's, as in struct rdl_registration: the registry has been
 * told that clock, and nothing was registered or performed after its creation.
 */
#ifndef RDL_REGISTRY_RESTORE_H
#define RDL_REGISTRY_RESTORE_H

#include "registry.h"

/* A request that was performed, which copies are known by. */
struct rdl_remembered {
	uint64_t exchange; /* 0: none */
	uint64_t performed_ms; /* to the second */
	/* Of the location that it made or went to; the low octet is enough to tell it by. */
	uint8_t generation;
	uint8_t version_class;
	bool rooted;
};

/* The Register that a registration began with, and the last others, the newest first. */
#define RDL_REMEMBERED 3
void rdl_registry_remembered(const struct rdl_registry *registry, rdl_handle handle,
	struct rdl_remembered remembered[RDL_REMEMBERED]);

/*
 * Puts a registration back in its slot, which is free, with its generation and its end; one whose
 * time is over ends as any other. False, and nothing is changed, where it cannot be here: it is
 * another shard's, its row is not so long, the slot or the endpoint has a registration, the slot
 * has seen a later generation, the endpoint's name is of another partition, or there is no room.
 * What was spent of updates_per_s is forgotten.
 */
bool rdl_registry_restore(struct rdl_registry *registry, const struct rdl_registration *what,
	const struct rdl_remembered remembered[RDL_REMEMBERED]);

/*
 * The generation of a slot of this registry's: of what is in it, or was last. 0: nothing ever was.
 * Slots of a partition are 0 to rdl_registry_slots() - 1.
 */
uint32_t rdl_registry_generation(const struct rdl_registry *registry, rdl_handle slot);
/*
 * Says that a free slot has had this generation: what comes into it next has a higher one, or goes
 * elsewhere where there is none. False where it cannot be so: the slot is not this registry's, not
 * free, or has had a later one.
 */
bool rdl_registry_set_generation(
	struct rdl_registry *registry, rdl_handle slot, uint32_t generation);

#endif
