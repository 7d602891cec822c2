/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handshakers: the threads that make handshakes, and the one that keeps what they know of devices
 * up to date. Opened, started, told of certificates, stopped and closed by the main thread.
 */
#ifndef RDL_HANDSHAKERS_H
#define RDL_HANDSHAKERS_H

#include <stdio.h>

#include "conf.h"
#include "handshaker.h"
#include "keeper.h"

struct handshakers;

struct handshakers_config {
	const struct rdl_conf *conf; /* its group dtls */
	unsigned parcels; /* that one worker may have under way at one handshaker */
	uint32_t places; /* handshakes under way at one handshaker */
	uint32_t cbc_sessions; /* open at one handshaker; 0: there is no CBC */
	struct rdl_dtls *const *tables; /* of the workers; the caller's, and outlive them */
	const struct ending *ending;
	struct rdl_paths *paths; /* what workers know of them */
	struct rdl_identities *identities;
	struct rdl_secured *secured;
	struct rdl_key endpoint_key, cid_key;
	const uint8_t
		*ticket_key; /* RDL_HANDSHAKE_TICKET_KEY_LEN; the caller's, and outlives them */
	/* POST_LETTERS for each thread, zero, kept out of core dumps; the caller's. */
	struct rdl_dtls_letter *letters;
	/* NULL: there are none. Stays the caller's. */
	struct rdl_certificates *certificates;
};

/* Octets of a handshake while it is under way: GnuTLS's own, and messages that come in pieces. */
#define HANDSHAKE_OCTETS (13u << 10)
/* Of an open session with CBC. */
#define CBC_SESSION_OCTETS (12u << 10)

/*
 * Whether the database, if there is one, can be opened; if not, a line to `errors` says why. Not
 * while handshakers are open.
 */
bool handshakers_can_read(const struct rdl_conf *conf, FILE *errors);

/* Opens the database and reads it. Logs and returns NULL when it cannot. */
struct handshakers *handshakers_open(const struct handshakers_config *config);
/* Once the channels are joined. Logs and returns -1 when it cannot. */
int handshakers_start(struct handshakers *handshakers);
/* After the workers have ended. NULL is fine. */
void handshakers_stop(struct handshakers *handshakers);
void handshakers_close(struct handshakers *handshakers);

/* Sessions that outlive the process, before the start. All outlives the handshakers. */
struct handshakers_kept {
	struct rdl_journal_ring *const *rings; /* one a handshaker, fresh */
	struct rdl_sealer *const *sealers; /* of the rings' logs */
	uint32_t generation; /* of sessions that begin: above all that there were */
	uint32_t sweep_ms;
};
/* Each is told to its handshaker's log. Logs and returns -1 without memory. */
int handshakers_keep(struct handshakers *handshakers, const struct handshakers_kept *kept);
/*
 * After the start: until all that there is has been told. -1: it cannot be, or `ends` says that
 * it is not wanted any more.
 */
int handshakers_wait(const struct handshakers *handshakers, bool (*ends)(void));
/* Octets for each session that may be open. */
#define TOLD_OCTETS sizeof(struct told)

/*
 * Before the start: the number of an identity, held once, with the names that it may register as
 * now; *identity is as it proved to be before. 0: it is not known any more, or there is no room.
 */
uint32_t handshakers_intern(struct handshakers *handshakers, const struct rdl_identity *identity);

/* Where handshaker `index` keeps its end towards worker `peer`. */
struct rdl_channel *handshakers_channel(
	struct handshakers *handshakers, unsigned index, unsigned peer);

/* Of handshakes that begin from now on; stays the caller's. NULL: none. */
void handshakers_use(struct handshakers *handshakers, struct rdl_certificates *certificates);

/* ---- figures: by anybody, while it is open ---- */

unsigned handshakers_count(const struct handshakers *handshakers);
const struct handshaker *handshakers_one(const struct handshakers *handshakers, unsigned index);
const struct keeper_counts *handshakers_keeper(const struct handshakers *handshakers);
/* Seconds that the first certificate of ours is good for; 0: it has expired, or there is none. */
uint64_t handshakers_certificate_s(const struct handshakers *handshakers);
/* NULL: there are no credentials. */
const struct rdl_secured *handshakers_secured(const struct handshakers *handshakers);
/* For a reader of one's own; NULL: the same. */
struct rdl_credentials *handshakers_credentials(const struct handshakers *handshakers);
struct rdl_identities *handshakers_identities(const struct handshakers *handshakers);

#endif
