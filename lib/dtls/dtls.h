/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dtls: DTLS 1.2 (RFC 6347) as a worker needs it: sessions whose keys a handshaker made, and the
 * records in them, with Connection IDs (RFC 9146); cookies, which keep out of a handshake whoever
 * does not own its address.
 *
 * One struct rdl_dtls a worker, used by its core alone. Pure: octets in, octets out, in place; time
 * is an argument. Handshakes are another room's: what goes there is a parcel, what comes from there
 * is a letter.
 */
#ifndef RDL_DTLS_H
#define RDL_DTLS_H

#include "net.h"
#include "owners.h"

struct rdl_dtls;

/* Sessions are in partitions that do not move; partition p is of worker p % workers. */
#define RDL_DTLS_PARTITIONS 256

/*
 * A session's name: generation of its slot << 32 | partition << 24 | slot in the partition. No name
 * is used twice, and none is 0.
 */
static inline unsigned rdl_dtls_partition(uint64_t session)
{
	return (unsigned)(session >> 24 & 0xff);
}

struct rdl_dtls_config {
	unsigned worker, workers; /* at most 255 */
	/* Threads that make handshakes, at least one. */
	unsigned handshakers;
	uint64_t sessions; /* of all workers */
	uint32_t handshakes; /* that may be under way at this worker, at least one */
	/* Parcels that a ring to a handshaker has room for: a network may fill a quarter of it. */
	uint32_t parcels;
	uint32_t handshake_s; /* for so long at most */
	uint32_t idle_s; /* a session without a registration lives on so long without a record */
	/*
	 * Sessions may be restored later on (restore.h): each ends where its numbers reach the end
	 * of the block that they are in, and goes on in the next one when it is restored.
	 */
	bool kept;
	/* The same for all workers, and random. */
	struct rdl_key address_key, cid_key, cookie_key;
	/*
	 * By the number of an identity, written by others: a session whose identity has another one
	 * than at its handshake is over. NULL: identities are for ever.
	 */
	const uint8_t *incarnations;
	/* Workers by rdl_dtls_address(), the same for all; NULL: there are no others. */
	struct rdl_owners *owners;
	/* Gives back the hold of a session's identity. Any core; cheap. */
	void (*release)(void *context, uint32_t identity);
	void *context;
};

/* Octets of memory for a worker's table; 0: more sessions than names can name. */
size_t rdl_dtls_memory(const struct rdl_dtls_config *config);

/*
 * `memory` is the caller's: rdl_dtls_memory() octets, zero, aligned to a cache line, and kept out
 * of core dumps, since keys lie in it. NULL: the CPU has nothing that AES could be done with.
 */
struct rdl_dtls *rdl_dtls_init(const struct rdl_dtls_config *config, void *memory);

#endif
