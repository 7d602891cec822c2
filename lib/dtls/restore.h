/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * restore: open sessions as they outlive the process: what others see of them while their worker
 * goes on, and a fresh table filled with those of before. Not those with CBC.
 */
#ifndef RDL_DTLS_RESTORE_H
#define RDL_DTLS_RESTORE_H

#include "sessions.h"

/* ---- by anybody, while the table is there ---- */

/* What changes while a session goes on. */
struct rdl_dtls_course {
	uint64_t read_sequence; /* the first number that was not read */
	uint32_t deadline_s; /* as in struct rdl_dtls_session */
	bool registered;
};

struct rdl_dtls_kept {
	uint64_t name, address;
	struct rdl_dtls_course course;
	uint64_t established_ms; /* when, by the wall's clock; 0: long ago */
	struct rdl_dtls_keys keys; /* its numbers are the next ones; its identity is not held */
};

/* Where the peer of a session is that has begun here: a digest, as in struct rdl_dtls_session. */
uint64_t rdl_dtls_peer(const struct rdl_dtls *dtls, uint64_t session);
/* Slots that were ever used lie before this one of the table, in the order of the next function. */
uint32_t rdl_dtls_kept_slots(const struct rdl_dtls *dtls);
/* All slots there are. */
uint32_t rdl_dtls_kept_slots_max(const struct rdl_dtls *dtls);
/* The handle of a slot by its number, and the other way round. */
uint32_t rdl_dtls_kept_handle(const struct rdl_dtls *dtls, uint32_t slot);
uint32_t rdl_dtls_kept_slot(const struct rdl_dtls *dtls, uint32_t handle);
/* The name of the open session in a slot, and its course; 0: there is none. */
uint64_t rdl_dtls_glance(
	const struct rdl_dtls *dtls, uint32_t handle, struct rdl_dtls_course *course);
/* The same of a session by its name. False: it is over, or another worker's, or with CBC. */
bool rdl_dtls_follow(const struct rdl_dtls *dtls, uint64_t session, struct rdl_dtls_course *course);
/* All of it. False: there is none, or it ends in this moment. *kept is the caller's to wipe. */
RDL_MUST_CHECK bool rdl_dtls_look(
	const struct rdl_dtls *dtls, uint32_t handle, struct rdl_dtls_kept *kept);

/* ---- a fresh table, from the first of these calls to the last ---- */

/*
 * The session is there; keys->identity is held, and the hold is the table's. False, and it is not:
 * there is no such slot, or the same session or a later one is in it, or it has numbers that no
 * record can have.
 */
RDL_MUST_CHECK bool rdl_dtls_restore(struct rdl_dtls *dtls, const struct rdl_dtls_kept *kept);
/* It was so once, if it is there: the windows of records only go on. */
void rdl_dtls_restore_course(
	struct rdl_dtls *dtls, uint64_t session, const struct rdl_dtls_course *course);
/* It had ended. */
void rdl_dtls_restore_gone(struct rdl_dtls *dtls, uint64_t session);

/*
 * The last call: those whose time is not over, or who have a registration, are open; each sends
 * from the next block of its numbers on. Other slots have this generation, which is above all that
 * there were. Returns how many they are.
 */
uint64_t rdl_dtls_restore_end(struct rdl_dtls *dtls, uint32_t generation, uint32_t now_s);

/* When its worker begins: none with a registration ends before `grace_s` are over. */
void rdl_dtls_restore_serve(struct rdl_dtls *dtls, uint32_t grace_s, uint32_t now_s);

#endif
