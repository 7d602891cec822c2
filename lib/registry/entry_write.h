/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * entry_write: parts of entries, each of which returns where the next one goes. There is room, as
 * much as the longest needs.
 */
#ifndef RDL_REGISTRY_ENTRY_WRITE_H
#define RDL_REGISTRY_ENTRY_WRITE_H

#include "entry.h"

uint8_t *rdl_entry_put_head(uint8_t *at, enum rdl_entry_kind kind, unsigned flags,
	rdl_handle handle, uint32_t generation);
uint8_t *rdl_entry_put_local(uint8_t *at, const struct rdl_local *local);
/* The flag that says how a peer is written. */
unsigned rdl_entry_peer_flag(const struct rdl_peer *peer);
uint8_t *rdl_entry_put_peer(uint8_t *at, const struct rdl_peer *peer, unsigned flags);
/* Which of a record's exchanges there are, and how often it skips generations; the exchanges. */
unsigned rdl_entry_exchanges_of(const struct rdl_record *record);
uint8_t *rdl_entry_put_exchanges(uint8_t *at, const struct rdl_record *record, unsigned which);
uint8_t *rdl_entry_put_octets(uint8_t *at, const void *octets, size_t len);

/*
 * All of a live record's entry: its octets, no more than the room that is said.
 * `from`: the slot that it came out of, or RDL_HANDLE_NONE.
 */
size_t rdl_entry_put_registration(
	struct rdl_registry *registry, rdl_handle handle, rdl_handle from, uint8_t octets[]);
/*
 * The same, of one that may have ended. Its list is in it if it was not told yet, but does not
 * count as told.
 */
size_t rdl_entry_put_registration_apart(
	struct rdl_registry *registry, rdl_handle handle, uint8_t octets[]);
size_t rdl_entry_put_ended(const struct rdl_registry *registry, rdl_handle handle, bool forgets,
	uint8_t octets[RDL_ENTRY_ENDED_LEN]);
size_t rdl_entry_registration_room(const struct rdl_registry *registry, rdl_handle handle);

#endif
