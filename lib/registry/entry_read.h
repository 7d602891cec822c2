/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * entry_read: entries as their writers had them, taken apart. What is read is whole and safe to
 * use, whatever the octets were; whether it can be so, only a registry knows. Views point into the
 * octets. False: they are no such entry.
 */
#ifndef RDL_REGISTRY_ENTRY_READ_H
#define RDL_REGISTRY_ENTRY_READ_H

#include "entry.h"

struct rdl_entry_head {
	uint8_t flags;
	rdl_handle handle;
	uint32_t generation;
};

/* As in a record: which exchanges there are, and how often it skips generations. */
struct rdl_entry_exchanges {
	uint8_t skips;
	uint64_t of_register;
	struct {
		uint64_t exchange;
		uint32_t second;
		uint8_t generation, facts;
	} other[RDL_EXCHANGES];
};

struct rdl_entry_registration {
	struct rdl_entry_head head;
	uint8_t minor;
	bool kept;
	struct rdl_local local;
	rdl_binding binding;
	uint32_t lifetime_s, deadline, registered;
	uint32_t list; /* its number */
	struct rdl_peer peer;
	struct rdl_entry_exchanges exchanges;
	rdl_handle from; /* or RDL_HANDLE_NONE */
	struct rdl_identity identity; /* or of RDL_IDENTITY_NONE */
	struct rdl_span name, parameters;
	struct rdl_span objects; /* RDL_ENTRY_LIST: the list; else empty */
};
RDL_MUST_CHECK bool rdl_entry_read_registration(
	struct rdl_span octets, struct rdl_entry_registration *entry);
/* Copies an object list, as it comes with a registration, to where it is aligned; false: none. */
RDL_MUST_CHECK bool rdl_entry_copy_list(
	struct rdl_span octets, uint64_t list[RDL_STORE_BLOCK_MAX / sizeof(uint64_t)]);

struct rdl_entry_renewal {
	struct rdl_entry_head head;
	uint32_t deadline;
	/* RDL_ENTRY_UPDATE */
	uint64_t exchange;
	uint32_t second;
	struct rdl_local local;
	uint32_t lifetime_s; /* RDL_ENTRY_LIFETIME */
	struct rdl_peer peer; /* RDL_ENTRY_PEER */
};
RDL_MUST_CHECK bool rdl_entry_read_renewal(struct rdl_span octets, struct rdl_entry_renewal *entry);

struct rdl_entry_ended {
	struct rdl_entry_head head;
	uint32_t second;
	uint64_t exchange;
};
RDL_MUST_CHECK bool rdl_entry_read_ended(struct rdl_span octets, struct rdl_entry_ended *entry);

struct rdl_entry_tombstone {
	struct rdl_entry_head head;
	uint8_t minor, name_len;
	uint32_t deadline, registered;
	struct rdl_entry_exchanges exchanges;
	struct rdl_span name; /* or the digest of one that is longer than a record holds */
};
RDL_MUST_CHECK bool rdl_entry_read_tombstone(
	struct rdl_span octets, struct rdl_entry_tombstone *entry);

/* The slot at `head`, and the generations of those behind it, each of four octets. */
struct rdl_entry_generations {
	struct rdl_entry_head head;
	struct rdl_span others;
};
RDL_MUST_CHECK bool rdl_entry_read_generations(
	struct rdl_span octets, struct rdl_entry_generations *entry);

struct rdl_entry_event {
	enum rdl_change_kind kind;
	uint8_t members; /* 1 << enum rdl_member, as in the change */
	/* Milliseconds since 1970: when it happened, and when the registration ends. */
	uint64_t time_ms, deadline_ms;
	/* Seconds since 1970 in which it began, and in which its lifetime did. */
	uint32_t registered, updated;
	bool has_old_location, has_old_peer;
	struct rdl_location old_location;
	struct rdl_peer old_peer;
	struct rdl_span state; /* what rdl_entry_state() says */
	struct rdl_entry_registration registration; /* as it is now, or was when it ended */
};
RDL_MUST_CHECK bool rdl_entry_read_event(struct rdl_span octets, struct rdl_entry_event *entry);

struct rdl_entry_sweep {
	uint8_t format;
	/* Of a format that is known: */
	uint16_t shard, shards;
	uint64_t epoch_ms;
	uint32_t kept_until;
	uint32_t floor; /* as in the registry */
};
RDL_MUST_CHECK bool rdl_entry_read_sweep(struct rdl_span octets, struct rdl_entry_sweep *entry);

#endif
