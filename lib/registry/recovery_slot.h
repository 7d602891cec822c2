/* SPDX-License-Identifier: BSD-3-Clause */
/* What entries that name a slot have in common when they are applied. */
#ifndef RDL_REGISTRY_RECOVERY_SLOT_H
#define RDL_REGISTRY_RECOVERY_SLOT_H

#include "entry_read.h"
#include "recovery_state.h"

/* False. */
bool rdl_recovery_fail_unread(struct rdl_recovery *recovery, const char *what);

/* Seconds of the log's as ours. Neither of those that have no end, nor before our first. */
uint32_t rdl_recovery_end_second(const struct rdl_recovery *recovery, uint32_t second);
/* These may lie before the first: they wrap. */
uint32_t rdl_recovery_begin_second(const struct rdl_recovery *recovery, uint32_t second);

/* The registry of a slot; NULL: it is another recovery's, or it cannot be: *failed. */
struct rdl_registry *rdl_recovery_registry_of(
	struct rdl_recovery *recovery, const struct rdl_entry_head *head, bool *failed);

/* The slot is taken, by a registration or a tombstone that is still to be filled. */
struct rdl_record *rdl_recovery_claim_slot(struct rdl_registry *registry, rdl_handle handle);
void rdl_recovery_fill_exchanges(const struct rdl_recovery *recovery, struct rdl_record *record,
	const struct rdl_entry_exchanges *exchanges);

bool rdl_recovery_apply_registration(struct rdl_recovery *recovery, struct rdl_span octets);

#endif
