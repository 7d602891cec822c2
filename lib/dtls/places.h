/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * places: of handshakes under way, and which network has how many of them. A network is known by a
 * keyed digest of its prefix.
 */
#ifndef RDL_DTLS_PLACES_H
#define RDL_DTLS_PLACES_H

#include "base.h"
#include "linked.h"

/* Of all places a network has at most a quarter, and always this many. */
#define RDL_DTLS_SHARE 4
#define RDL_DTLS_SHARE_LEAST 16

struct rdl_dtls_network {
	uint64_t digest;
	uint32_t next; /* in its bucket */
	uint32_t count; /* places that it has */
};

struct rdl_dtls_place {
	uint32_t handle; /* whose place it is */
	uint32_t network;
};

struct rdl_dtls_places {
	uint32_t room, share;
	uint32_t used;
	uint32_t most; /* that any network has */
	uint32_t bucket_mask;
	uint32_t *buckets;
	struct rdl_dtls_place *places;
	struct rdl_dtls_network *networks;
	/* Behind the entries of each the heads: of the free places, then a list a network. */
	struct rdl_list_links *by_network;
	struct rdl_list_links *by_count; /* of networks: a head for each count up to the share */
};

#define RDL_DTLS_NO_PLACE UINT32_MAX

/*
 * Parcels of each network that are at a handshaker, or on the way. Networks whose digests end alike
 * share a count: one in 1024 has to do with less because of another.
 */
#define RDL_DTLS_PARCEL_COUNTS 1024
struct rdl_dtls_parcels {
	uint32_t share; /* of each count */
	uint32_t out[RDL_DTLS_PARCEL_COUNTS];
};

/* Octets for so many places, a multiple of a cache line. */
size_t rdl_dtls_places_memory(uint32_t places);
void rdl_dtls_places_init(struct rdl_dtls_places *places, uint32_t count, void *memory);

/*
 * Finds out who gives way to one more of this network: true, and nobody has to (*handle is
 * RDL_DTLS_NO_PLACE), or the newest of the network that has most. False: that would be the new one.
 */
RDL_MUST_CHECK bool rdl_dtls_places_ask(
	const struct rdl_dtls_places *places, uint64_t network, uint32_t *handle);
/* There is one, as has been found out. */
uint32_t rdl_dtls_places_take(struct rdl_dtls_places *places, uint64_t network, uint32_t handle);
void rdl_dtls_places_give(struct rdl_dtls_places *places, uint32_t place);

#endif
