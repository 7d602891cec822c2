/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * identities: who has proved to be whom, as numbers that all roles share. An identity is a mode and
 * octets; the same two are the same number for as long as somebody holds it. Whoever keeps a
 * number, a session or a registration, holds it; one that nobody holds lasts
 * RDL_IDENTITIES_LINGER_S more, for requests that are under way with it.
 *
 * Threads that may block intern, recall, rename, revoke, reclaim and count, under a lock. All the
 * rest any core may call, and none of it waits. Nothing is allocated after the start.
 */
#ifndef RDL_IDENTITIES_H
#define RDL_IDENTITIES_H

#include "endpoint.h"

enum rdl_identity_mode {
	/* Nobody proved anything. */
	RDL_IDENTITY_NONE,
	RDL_IDENTITY_PSK,
	RDL_IDENTITY_X509,
	/* A raw public key (RFC 7250). */
	RDL_IDENTITY_RPK,
};

/* As operators know them: "none", "psk", "x509", "rpk". */
const char *rdl_identity_mode_text(enum rdl_identity_mode mode);

#define RDL_IDENTITY_MAX 255
/* Octets of an identity's names, an octet more for each. */
#define RDL_IDENTITY_NAMES_MAX 4096

struct rdl_identity {
	enum rdl_identity_mode mode;
	/* 1 to RDL_IDENTITY_MAX: the PSK identity, the CN, or the SHA-256 of the raw key. */
	struct rdl_span octets;
};

struct rdl_identities;

struct rdl_identities_config {
	/* All that are held at once, or were in the last half minute. */
	uint32_t identities;
	/*
	 * Of an identity and its names together, as they are expected: memory is put by for as many
	 * as that, with 24 octets of it for nothing.
	 */
	uint32_t octets;
	/* Random: nobody outside can aim at a bucket. */
	struct rdl_key key;
};

/* 53 octets each; one whose octets and names are more than 24 takes 48 more for each 36 or so. */
size_t rdl_identities_memory(const struct rdl_identities_config *config);
/* `memory` is zero, aligned to a cache line, and the caller's. */
struct rdl_identities *rdl_identities_init(
	const struct rdl_identities_config *config, void *memory);

/*
 * The number of an identity, which is held once for the caller. `names` are what it may register
 * as: endpoint names and patterns of rdl_glob_match(), each behind an octet of its length; without
 * any, the endpoint that equals its octets. They replace those of before. 0: no room.
 */
RDL_MUST_CHECK uint32_t rdl_identities_intern(struct rdl_identities *identities,
	const struct rdl_identity *identity, struct rdl_span names);

/* The same of one whose names the caller does not know: those of before stay, if it is there. */
RDL_MUST_CHECK uint32_t rdl_identities_recall(
	struct rdl_identities *identities, const struct rdl_identity *identity);

/* By somebody who has the number: holds it once more. */
void rdl_identities_hold(struct rdl_identities *identities, uint32_t number);
/* What was held is let go of, once. */
void rdl_identities_release(struct rdl_identities *identities, uint32_t number);

/*
 * What may be had again of what nobody has held for RDL_IDENTITIES_LINGER_S is. Goes through no
 * more than `budget` of them: true when there is more to do. To be called every second.
 */
#define RDL_IDENTITIES_LINGER_S 30
bool rdl_identities_reclaim(struct rdl_identities *identities, uint64_t now_ms, unsigned budget);

/*
 * The identity is not to be believed any more. What was established before has another incarnation,
 * and ends. Interned once more, it is the same number.
 */
void rdl_identities_revoke(struct rdl_identities *identities, const struct rdl_identity *identity);
/*
 * What it may register as from now on, if it is there. False: there is no room for the names, and
 * it was revoked instead.
 */
bool rdl_identities_rename(struct rdl_identities *identities, const struct rdl_identity *identity,
	struct rdl_span names);

/* Changes with each revocation: of a number that the caller holds. */
uint8_t rdl_identities_incarnation(const struct rdl_identities *identities, uint32_t number);
/* Those of all numbers, for whoever looks at many (relaxed). */
const uint8_t *rdl_identities_incarnations(const struct rdl_identities *identities);

/*
 * May it register this endpoint? X.509: the CN is the endpoint's name, whatever names there are; a
 * raw key without names: none.
 */
bool rdl_identities_permit(
	const struct rdl_identities *identities, uint32_t number, struct rdl_span endpoint);
/* Begin to fetch what that reads. */
void rdl_identities_prefetch(const struct rdl_identities *identities, uint32_t number);
/*
 * The one endpoint that it may register, where it has no more than one, with no pattern: its
 * length, or 0.
 */
size_t rdl_identities_endpoint(const struct rdl_identities *identities, uint32_t number,
	uint8_t endpoint[RDL_ENDPOINT_MAX]);

/* Of number 0, RDL_IDENTITY_NONE. */
enum rdl_identity_mode rdl_identities_mode(
	const struct rdl_identities *identities, uint32_t number);
/* Returns their length; 0 of number 0. */
size_t rdl_identities_octets(
	const struct rdl_identities *identities, uint32_t number, uint8_t octets[RDL_IDENTITY_MAX]);

/*
 * As people are shown it: the octets, or the hex digits of a raw key's digest. Returns their
 * length; 0 of number 0.
 */
size_t rdl_identities_text(
	const struct rdl_identities *identities, uint32_t number, uint8_t text[RDL_IDENTITY_MAX]);
/*
 * The same as members of a JSON object, without braces: `"security":"none"` of number 0, else the
 * mode and `"identity":"..."`. Of a number that somebody holds, or did half a minute ago.
 */
#define RDL_IDENTITIES_JSON_MAX (6 * RDL_IDENTITY_MAX + 40)
void rdl_identities_json(
	struct rdl_cursor *out, const struct rdl_identities *identities, uint32_t number);
/* Of one that need not be held; mode RDL_IDENTITY_NONE has no octets. */
void rdl_identity_json(struct rdl_cursor *out, const struct rdl_identity *identity);

/*
 * The first interned one behind this number, or 0. By it whoever no longer knows what to revoke can
 * look all of them up.
 */
uint32_t rdl_identities_next(struct rdl_identities *identities, uint32_t number);

struct rdl_identities_counts {
	/* Interned, and among them those that nobody holds. */
	uint32_t identities, lingering;
	uint32_t room;
	/* Of memory for octets and names beyond 24: in use, and in all. */
	uint32_t cells, cells_room;
};
void rdl_identities_counts(struct rdl_identities *identities, struct rdl_identities_counts *counts);

#endif
