/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * registry: the registrations of one shard's partitions: endpoint index, records, object lists,
 * expiry.
 *
 * One owner: every call is made by the shard's core, none allocates from the system after creation,
 * none blocks. Times are milliseconds of CLOCK_MONOTONIC (or of a test's clock), never before the
 * registry's creation. What is kept of them is whole seconds: a deadline is rounded up, so that
 * nothing ends early or more than a second late.
 */
#ifndef RDL_REGISTRY_H
#define RDL_REGISTRY_H

#include "change.h"
#include "identities.h"
#include "lwm2m.h"

struct rdl_registry;

struct rdl_registry_config {
	/* Most that live at once, over all partitions of this shard; at least 1. */
	uint64_t registrations;
	uint32_t slots; /* of each partition: rdl_registry_slots() */
	/*
	 * Of endpoint names as they are expected:
	 * memory is put by for all that long, whatever lists take.
	 */
	uint32_t name_octets;
	uint32_t prefix_percent; /* of that and the memory for lists, for one prefix; 0 is 100 */
	/* Owns the partitions p with p % shards == shard; shards <= RDL_PARTITIONS. */
	unsigned shard, shards;
	uint32_t expiry_grace_s; /* granted on top of every lifetime */
	/* how long a request is known again (RFC 7252 section 4.8.2) */
	uint32_t exchange_lifetime_s;
	struct rdl_key endpoint_key; /* the one that endpoint digests are made with */
	struct rdl_key list_key; /* random: object lists are found by a keyed digest */
	/* Where registrations hold those that made them, the caller's; NULL: there are none. */
	struct rdl_identities *identities;
	bool sessions; /* each registration remembers the secure session that it lives by */
	int socket_id; /* NUMA node, or -1 for any */
	uint64_t now_ms;
	uint64_t wall_ms; /* milliseconds since 1970 minus now_ms: rdl_registry_set_wall() */
};

/*
 * For struct rdl_registry_config: of so many registrations over all shards. 0: more than handles
 * can name. Of all registries the same, so that a worker knows what location can be none.
 */
uint32_t rdl_registry_slots(uint64_t registrations);

/* Octets that rdl_registry_create() will take, everything included. */
uint64_t rdl_registry_memory(const struct rdl_registry_config *config);

/*
 * NULL when the memory is not there, or when there are no slots.
 * All memory is touched before it returns.
 */
RDL_MUST_CHECK struct rdl_registry *rdl_registry_create(const struct rdl_registry_config *config);
void rdl_registry_destroy(struct rdl_registry *registry);

/*
 * The wall's clock is that much ahead of the registry's. Whoever reads a registration is told its
 * times by the wall's clock. Between two calls that differ (somebody has set the clock), they are
 * exact to the second; of what happened before the last of those, within a second.
 */
void rdl_registry_set_wall(struct rdl_registry *registry, uint64_t wall_ms);
/* Milliseconds since 1970 at a time of the registry's clock. */
uint64_t rdl_registry_wall(const struct rdl_registry *registry, uint64_t now_ms);

/*
 * Calls that change registrations fill in a struct rdl_change. A registration that they have ended
 * is dead at once, and can still be described, until the next of them: where that does not need its
 * room, it stays for this call, which lets go of what has ended, in bulk.
 */
void rdl_registry_forget_ended(struct rdl_registry *registry);

#define RDL_REGISTRY_BURST 64
#define RDL_REGISTRY_UPDATES_MAX 1000

/*
 * Octets of parameters kept for one registration: all that may be named, and sms, each as long as
 * can be. More is refused as if memory were short.
 */
#define RDL_REGISTRY_PARAMETERS_MAX (256 * (RDL_OTHER_PARAMETERS_MAX + 1))

/*
 * Before the commits of a burst of `count` <= RDL_REGISTRY_BURST requests of any kind: looks up the
 * endpoints of Registers in bulk and fetches all that the commits will touch side by side. hints[i]
 * is for rdl_registry_register(); it holds until the next look-up.
 */
void rdl_registry_lookup(struct rdl_registry *registry, unsigned count,
	struct rdl_request *const requests[], rdl_handle hints[]);

enum rdl_registry_result {
	RDL_REGISTRY_CREATED, /* the endpoint was not registered */
	RDL_REGISTRY_REPLACED, /* it was: the old registration is gone, its location dead */
	/* It was, and past its time: that has ended, and the Register is to be performed again. */
	RDL_REGISTRY_EXPIRED,
	/* Nothing was changed: */
	RDL_REGISTRY_FULL, /* no room for another registration */
	RDL_REGISTRY_STORE_FULL, /* none for its object list, long name or parameters */
	/* The registration is an identity's, the Register nobody's. */
	RDL_REGISTRY_SECURED,
	/* To a location: the registration is another identity's, or one's and not the other's. */
	RDL_REGISTRY_NOT_ITS_OWN,
	/*
	 * A copy of a request that was performed: its answer is to be repeated (RFC 7252 section
	 * 4.5). Of a registration that lives, and is still the one that the original made or went
	 * to, the lifetime began anew: devices that count their Message IDs from the same start
	 * whenever they start send the very octets of before. Nothing else that it says is
	 * performed again, since a later request may have changed it; but a longer lifetime is
	 * taken back.
	 */
	RDL_REGISTRY_REPLAYED, /* nothing that anybody need be told */
	RDL_REGISTRY_RENEWED, /* later than any retransmission: it came instead of an Update */
	RDL_REGISTRY_LENGTHENED, /* with a longer lifetime than was held */
	/* it would be one, but is over the limit of Updates: nothing was changed */
	RDL_REGISTRY_TOO_OFTEN,
	RDL_REGISTRY_NO_COPY, /* not one that is remembered */
};

/*
 * Performs a Register, in one step. `request` has passed policy, with object list; everything it
 * points to is copied. `hint` is what rdl_registry_lookup() said of it, or RDL_HANDLE_UNKNOWN.
 * *location is the new registration's, or the one that the original of a copy was given; it is
 * written last, where there is one, and may be the request's own.
 *
 * A copy is one as long as the exchange lifetime while its registration lives, and for 145 s when
 * that was de-registered or replaced; after that, and at once when it ended otherwise, the Register
 * is performed anew: whoever sends it would be told a location that is dead.
 */
RDL_MUST_CHECK enum rdl_registry_result rdl_registry_register(struct rdl_registry *registry,
	const struct rdl_request *request, rdl_handle hint, uint64_t now_ms,
	struct rdl_location *location, struct rdl_change *change);

/*
 * Whether `request`, to a location, is a copy of an Update or De-register that was performed.
 * RDL_REGISTRY_REPLAYED if the registration was de-registered or replaced since;
 * RDL_REGISTRY_NO_COPY if it ended otherwise. *live: what rdl_registry_find() says of the location;
 * of no copy, whether it is the request's to change (RDL_REGISTRY_NOT_ITS_OWN).
 */
RDL_MUST_CHECK enum rdl_registry_result rdl_registry_repeat(struct rdl_registry *registry,
	const struct rdl_request *request, uint64_t now_ms, rdl_handle *live,
	struct rdl_change *change);

/*
 * For when nothing may be changed: whether a request of any kind is a retransmission of one that
 * was performed, whose answer is as true as it was. Of a Register, *location is what that told.
 * *live: the registration that it went to or made, where that lives, else RDL_HANDLE_NONE. Copies
 * that come later would begin a lifetime.
 */
RDL_MUST_CHECK bool rdl_registry_is_retransmission(struct rdl_registry *registry,
	const struct rdl_request *request, uint64_t now_ms, rdl_handle *live,
	struct rdl_location *location);

/*
 * The registration that a location names, or RDL_HANDLE_NONE when it is replaced, removed or past
 * its lifetime.
 */
rdl_handle rdl_registry_find(
	const struct rdl_registry *registry, const struct rdl_location *location, uint64_t now_ms);
/* Whether a handle, of any origin, is a live registration's. */
RDL_MUST_CHECK bool rdl_registry_lives(
	const struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms);
/* The live registration of an endpoint name, or RDL_HANDLE_NONE. */
rdl_handle rdl_registry_find_endpoint(struct rdl_registry *registry,
	struct rdl_endpoint_digest digest, struct rdl_span endpoint, uint64_t now_ms);

/*
 * True when one more Update of a registration, live at `now_ms`, is over the limit. Updates spend
 * of it, and copies that restart the lifetime; a Register that takes the registration's place
 * neither spends nor brings any.
 */
bool rdl_registry_is_over_limit(
	const struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms);

/*
 * The limit of Updates of one registration from now on, up to RDL_REGISTRY_UPDATES_MAX; 0: none, as
 * it is at first. What registrations have spent of a second's updates stays, but no more than all.
 */
void rdl_registry_limit_updates(struct rdl_registry *registry, uint32_t per_s);

/*
 * Performs an Update: what request->gives names is replaced, the rest kept, the address refreshed,
 * the lifetime restarted from now. Parameters replace those of the same key. `handle` is live at
 * `now_ms`; a payload has become an object list. False when memory for a list or parameters is not
 * there: nothing was changed.
 */
RDL_MUST_CHECK bool rdl_registry_update(struct rdl_registry *registry, rdl_handle handle,
	const struct rdl_request *request, uint64_t now_ms, struct rdl_change *change);

/* Seconds that a registration, live at `now_ms`, is kept for, unless it is updated. */
uint32_t rdl_registry_kept_s(
	const struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms);

/*
 * The secure session that a registration, live, has lived by, or 0, where sessions are remembered;
 * from now on it is this one.
 */
uint64_t rdl_registry_swap_session(
	struct rdl_registry *registry, rdl_handle handle, uint64_t session);
/* The one that it lives by, and for how long yet; 0: none, or it is over at `now_ms`. */
uint64_t rdl_registry_session(
	const struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms, uint32_t *seconds);

/*
 * Performs a De-register. `handle` is live at `now_ms`. What is left is a tombstone, which knows
 * copies of late requests until the exchange lifetime is over or its room is wanted.
 */
void rdl_registry_deregister(struct rdl_registry *registry, rdl_handle handle,
	const struct rdl_request *request, uint64_t now_ms, struct rdl_change *change);

/*
 * Ends a registration, live at `now_ms`, for reasons of the server's own.
 * What it was asked for is not remembered.
 */
void rdl_registry_remove(struct rdl_registry *registry, rdl_handle handle, uint64_t now_ms,
	struct rdl_change *change);

/*
 * Ends registrations, and reclaims tombstones, whose time is over, looking at no more than `budget`
 * records; they were dead to rdl_registry_find() already. Returns how many registrations it ended,
 * as `changes` say, up to RDL_REGISTRY_BURST.
 */
RDL_MUST_CHECK unsigned rdl_registry_expire(struct rdl_registry *registry, uint64_t now_ms,
	unsigned budget, struct rdl_change changes[]);

/*
 * What is kept of a registration; spans and the list are valid until the next call that changes the
 * registry, the endpoint only until the next one is described.
 */
struct rdl_registration {
	struct rdl_location location;
	struct rdl_span endpoint;
	struct rdl_peer peer;
	struct rdl_local local; /* where and how the last request reached us */
	uint32_t identity; /* that made it; 0: it was made in clear text */
	uint8_t minor;
	bool queue; /* the parameter `Q` was given, by the Register or since */
	rdl_binding binding;
	uint32_t lifetime_s;
	/*
	 * Milliseconds since 1970: the end, rounded up;
	 * the beginnings of the seconds in which these happened.
	 */
	uint64_t deadline_ms, registered_ms, updated_ms;
	const struct rdl_object_list *objects;
	struct rdl_span parameters; /* sms and extra ones, as in struct rdl_request */
};
/* Queue mode: by that parameter, or by the binding that is held now. */
static inline bool rdl_registration_queues(const struct rdl_registration *registration)
{
	return registration->queue || rdl_binding_queue(registration->binding);
}
void rdl_registry_describe(const struct rdl_registry *registry, rdl_handle handle,
	struct rdl_registration *registration);

/*
 * The first live registration at or after *cursor (0 starts), in an order that does not change
 * while it lives; sets *cursor behind it, and takes each slot that it looks at off *budget.
 * RDL_HANDLE_NONE at the end (*cursor is UINT64_MAX) and when the budget is used up.
 */
rdl_handle rdl_registry_next(
	const struct rdl_registry *registry, uint64_t *cursor, uint64_t now_ms, unsigned *budget);

struct rdl_registry_counts {
	uint64_t registrations; /* live, or expired and not yet reclaimed */
	uint64_t tombstones; /* removed, and remembered for copies of late requests */
	uint64_t object_lists; /* different ones, as long as there is room to tell */
	uint64_t store_octets; /* in use by lists, long names and parameters */
	uint64_t store_octets_max;
};
void rdl_registry_counts(const struct rdl_registry *registry, struct rdl_registry_counts *counts);

/*
 * Registrations by kind, and those that end soon, as counts that are kept: any thread may read
 * them, once the registry serves. A binding's letters are in one order, whatever order they came
 * in.
 */
struct rdl_kind {
	uint8_t minor;
	enum rdl_identity_mode mode; /* RDL_IDENTITY_NONE: made in clear text */
	rdl_binding binding;
};
/* How many there are of kind `number` < RDL_KINDS, and which kind that is. Most have none. */
#define RDL_KINDS 4096
uint32_t rdl_registry_kind(
	const struct rdl_registry *registry, unsigned number, struct rdl_kind *kind);
/*
 * On top of `ends`: how many will end in each minute of the registry's clock unless they are
 * updated, the present minute first. Of a lifetime of more than 45 days none is told.
 */
#define RDL_ENDS_MINUTES 60
void rdl_registry_ends(
	const struct rdl_registry *registry, uint64_t now_ms, uint64_t ends[RDL_ENDS_MINUTES]);

#endif
