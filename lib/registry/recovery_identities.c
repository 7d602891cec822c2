/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who is who of what comes back. Registrations that had ended by time hold their identities until
 * that is known: where there is no room for one more, all identities that records hold are noted
 * down beside, and held again in the end, by those that are left.
 */
#include "recovery_state.h"

#include <stdlib.h>

/* Of a record that holds none meanwhile. */
struct rdl_noted_identity {
	struct rdl_noted_identity *before; /* noted before it */
	struct rdl_record *record;
	uint32_t generation;
	uint8_t mode, len;
	uint8_t octets[];
};

static bool note(
	struct rdl_recovery *recovery, struct rdl_registry *registry, struct rdl_record *record)
{
	uint8_t octets[RDL_IDENTITY_MAX];
	size_t len = rdl_identities_octets(registry->identities, record->identity, octets);
	struct rdl_noted_identity *noted = malloc(sizeof(*noted) + len);

	if (noted == NULL)
		return false;
	*noted = (struct rdl_noted_identity){ .before = recovery->noted,
		.record = record,
		.generation = record->generation,
		.mode = (uint8_t)rdl_identities_mode(registry->identities, record->identity),
		.len = (uint8_t)len };
	memcpy(noted->octets, octets, len);
	recovery->noted = noted;
	rdl_registry_let_go(registry, record->identity);
	record->identity = 0;
	return true;
}

static bool note_all(struct rdl_recovery *recovery)
{
	for (unsigned i = 0; i < recovery->count; i++) {
		struct rdl_registry *registry = recovery->registries[i];
		rdl_handle handle = RDL_HANDLE_NONE;

		while ((handle = rdl_recovery_next_slot(registry, handle)) != RDL_HANDLE_NONE) {
			struct rdl_record *record = rdl_slab_at(&registry->slab, handle);

			if (record->state == RDL_RECORD_LIVE && record->identity != 0 &&
				!note(recovery, registry, record))
				return false;
		}
	}
	return true;
}

static void fail_room(struct rdl_recovery *recovery)
{
	rdl_recovery_fail(recovery, "there is no room for the identities of so many registrations");
}

/* No request is under way with any, so none has to linger that nobody holds. */
static void reclaim(struct rdl_identities *identities)
{
	const uint64_t later_ms = (RDL_IDENTITIES_LINGER_S + 1) * UINT64_C(1000);

	(void)rdl_identities_reclaim(identities, 0, UINT32_MAX);
	(void)rdl_identities_reclaim(identities, later_ms, UINT32_MAX);
}

uint32_t rdl_recovery_recall(struct rdl_recovery *recovery, const struct rdl_identity *identity)
{
	struct rdl_identities *identities = recovery->registries[0]->identities;
	uint32_t number = rdl_identities_recall(identities, identity);

	if (RDL_LIKELY(number != 0))
		return number;
	if (!note_all(recovery)) {
		rdl_recovery_fail(recovery, "no memory");
		return 0;
	}
	reclaim(identities);
	number = rdl_identities_recall(identities, identity);
	if (number == 0)
		fail_room(recovery);
	return number;
}

static void hold(struct rdl_recovery *recovery, const struct rdl_noted_identity *noted)
{
	const struct rdl_identity identity = { (enum rdl_identity_mode)noted->mode,
		{ noted->octets, noted->len } };
	struct rdl_record *record = noted->record;

	/* Of two notes of one record the later one holds. */
	if (record->state != RDL_RECORD_LIVE || record->identity != 0 ||
		record->generation != noted->generation)
		return;
	record->identity = rdl_identities_recall(recovery->registries[0]->identities, &identity);
	if (record->identity == 0)
		fail_room(recovery);
}

bool rdl_recovery_hold_noted(struct rdl_recovery *recovery)
{
	if (RDL_LIKELY(recovery->noted == NULL))
		return true;
	reclaim(recovery->registries[0]->identities);
	for (const struct rdl_noted_identity *noted = recovery->noted;
		noted != NULL && !recovery->failed; noted = noted->before)
		hold(recovery, noted);
	rdl_recovery_forget_noted(recovery);
	return !recovery->failed;
}

void rdl_recovery_forget_noted(struct rdl_recovery *recovery)
{
	struct rdl_noted_identity *noted;

	while ((noted = recovery->noted) != NULL) {
		recovery->noted = noted->before;
		free(noted);
	}
}
