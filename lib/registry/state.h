/* SPDX-License-Identifier: BSD-3-Clause */
/* A registry's parts, and its clock. */
#ifndef RDL_REGISTRY_STATE_H
#define RDL_REGISTRY_STATE_H

#include "exchange.h"
#include "extras.h"
#include "index.h"
#include "lists.h"
#include "slab.h"
#include "store.h"
#include "tally.h"
#include "tombstones.h"
#include "wheel.h"

#define RDL_INSERTED_BITS 2048

struct rdl_registry {
	uint16_t shard, shards; /* whose partitions it has */
	struct rdl_slab slab;
	struct rdl_index endpoints; /* to handles */
	struct rdl_store store;
	struct rdl_lists lists;
	struct rdl_wheel wheel;
	struct rdl_key endpoint_key;
	struct rdl_identities *identities;
	uint64_t epoch_ms;
	uint64_t wall_ms; /* the wall's clock minus ours */
	uint64_t registrations, registrations_max;
	uint32_t expiry_grace_s;
	uint32_t exchange_lifetime_s;
	uint32_t updates_per_s; /* of one registration; 0: no limit */
	struct rdl_tombstones tombstones;
	/*
	 * Of slots that there were before a restart, when rows were longer: none had a later
	 * generation. Those that there are have later ones.
	 */
	uint32_t floor;
	uint32_t sought; /* slot at which the next search for a tombstone in a full row begins */
	/*
	 * A bit per endpoint inserted since the last look-up, by its digest:
	 * one in 32 of a burst's is mistaken for another.
	 */
	uint64_t inserted[RDL_INSERTED_BITS / 64];
	/* What has ended, in which second, and may have to be described. */
	rdl_handle ended[RDL_REGISTRY_BURST];
	unsigned ended_count;
	uint32_t ended_second;
	uint8_t *described; /* room for the long name of the registration described last */
	struct rdl_tally tally;
};

/*
 * A second of ours by the wall's clock, in seconds since 1970. What was put back may have begun
 * before the epoch: seconds that tell a beginning count 68 years either way.
 */
static inline uint64_t rdl_registry_wall_second(
	const struct rdl_registry *registry, uint32_t second)
{
	uint64_t epoch_s = rdl_registry_wall(registry, registry->epoch_ms) / 1000;

	return epoch_s + (uint64_t)(int64_t)(int32_t)second;
}

/* Where a lifetime began, by the wall's seconds since the one that our epoch is in. */
static inline uint32_t rdl_registry_updated_second(
	const struct rdl_registry *registry, const struct rdl_record *record)
{
	return record->deadline - record->lifetime_s - registry->expiry_grace_s -
	       record->updated_previous;
}

/* Whole seconds since the epoch. They last 136 years. */
static inline uint32_t rdl_registry_second(const struct rdl_registry *registry, uint64_t now_ms)
{
	return (uint32_t)((now_ms - registry->epoch_ms) / 1000);
}

/*
 * A second of ours that the wall's clock has left for its next,
 * as far as a time of ours is in it.
 */
static inline bool rdl_registry_is_past(const struct rdl_registry *registry, uint64_t now_ms)
{
	uint64_t begin_ms = registry->epoch_ms + registry->wall_ms;

	return (now_ms - registry->epoch_ms) % 1000 + begin_ms % 1000 >= 1000;
}

/* Deadlines are whole seconds: `second` need not be rounded up to be compared. */
static inline bool rdl_registry_alive(
	const struct rdl_registry *registry, const struct rdl_record *record, uint32_t second)
{
	return record->state == RDL_RECORD_LIVE &&
	       (RDL_LIKELY(record->deadline > second) ||
		       rdl_wheel_end(&registry->wheel, record) > second);
}

/* NON_LIFETIME, RFC 7252 section 4.8.2: non-confirmable messages are not retransmitted. */
#define RDL_NON_LIFETIME_S 145

/*
 * MAX_TRANSMIT_SPAN: a retransmission is sent no later than this after its original; and with
 * MAX_LATENCY, which makes NON_LIFETIME, arrives no later.
 */
#define RDL_MAX_TRANSMIT_SPAN_S 45

/* How long this request is known again. */
static inline uint32_t rdl_registry_remembers_s(
	const struct rdl_registry *registry, const struct rdl_request *request)
{
	uint32_t lifetime_s = registry->exchange_lifetime_s;

	if (request->non && lifetime_s > RDL_NON_LIFETIME_S)
		lifetime_s = RDL_NON_LIFETIME_S;
	return lifetime_s;
}

/* What is lost by the deadline's being rounded up, and by the wall's seconds' not being ours. */
static inline bool rdl_registry_is_before(const struct rdl_registry *registry, uint64_t now_ms)
{
	return (now_ms - registry->epoch_ms) % 1000 != 0 && !rdl_registry_is_past(registry, now_ms);
}

/* When a lifetime that begins now is over. */
static inline uint32_t rdl_registry_deadline(
	const struct rdl_registry *registry, uint32_t lifetime_s, uint64_t now_ms)
{
	uint64_t seconds =
		(now_ms - registry->epoch_ms + 999) / 1000 + lifetime_s + registry->expiry_grace_s;

	return seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
}

/*
 * What a Register, of the endpoint whose record there is, is a copy of;
 * *location is what its original was given.
 */
enum rdl_registry_result rdl_registry_repeat_register(struct rdl_registry *registry,
	rdl_handle handle, const struct rdl_request *request, uint64_t now_ms,
	struct rdl_location *location, struct rdl_change *change);

/*
 * Ends a live record's registration. `forgets`: no client knows of it, so a copy of what it was
 * asked for is a request like any other now.
 */
void rdl_registry_end(
	struct rdl_registry *registry, rdl_handle handle, uint32_t second, bool forgets);

/* Holds an identity for a record that is, or is to be, live; lets go of it. */
static inline void rdl_registry_hold(struct rdl_registry *registry, uint32_t identity)
{
	if (RDL_UNLIKELY(identity != 0) && registry->identities != NULL)
		rdl_identities_hold(registry->identities, identity);
}
static inline void rdl_registry_let_go(struct rdl_registry *registry, uint32_t identity)
{
	if (RDL_UNLIKELY(identity != 0) && registry->identities != NULL)
		rdl_identities_release(registry->identities, identity);
}

/* Lets go of a record's list and extras; RDL_STORE_NONE: of none. */
void rdl_registry_release(struct rdl_registry *registry, uint32_t objects, uint32_t extras);

/*
 * A free slot in a partition's row: where there is none, one of its tombstones goes. False when
 * none was found: nothing was changed.
 */
bool rdl_registry_has_slot(struct rdl_registry *registry, unsigned partition);
/*
 * Room for one registration more in all:
 * where there is none, the oldest tombstone goes. False when there is none.
 */
bool rdl_registry_has_room(struct rdl_registry *registry);
/* Of a record's endpoint, whether it is registered or remembered. */
struct rdl_endpoint_digest rdl_registry_digest_of(
	const struct rdl_registry *registry, const struct rdl_record *record);
/*
 * Fetches, side by side, what it takes to free the
 * tombstones whose room `fresh` endpoints more would want.
 */
void rdl_registry_fetch_oldest(struct rdl_registry *registry, unsigned fresh);

/* True when the record is the endpoint's, which half of its digest does not quite say. */
bool rdl_registry_is_of(const struct rdl_registry *registry, const struct rdl_record *record,
	struct rdl_endpoint_digest digest, struct rdl_span endpoint);

#endif
