/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What all of the model test shares: its figures, its clock, its dice, what happened how often, and
 * how it says that something is not so.
 */
#ifndef RDL_MODEL_BASE_H
#define RDL_MODEL_BASE_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

#define WORKERS 2
#define SHARDS 2
#define ENDPOINTS 5000
#define SOURCES 500
#define REGISTRATIONS 1800 /* of a shard: fewer than endpoints */
#define LIFETIME_MIN_S 2
#define LIFETIME_MAX_S 100000
#define GRACE_S 1
#define EXCHANGE_LIFETIME_S 200
#define NON_LIFETIME_S 145 /* RFC 7252 section 4.8.2 */
#define MAX_TRANSMIT_SPAN_S 45 /* the same */
#define UPDATES_PER_S 3
#define REMEMBERED 2 /* exchanges beside the last Register: rdline(8), Copies of requests */
#define BODY_MAX 8000 /* of a block-wise body */
#define ID_LEN 11

/* X(name, text) */
#define KINDS(X)                                                                          \
	X(registered, "Register of an endpoint without registration")                     \
	X(registered_again, "Register of an endpoint whose tombstone is there")           \
	X(registered_late, "Register of an endpoint whose registration is past its time") \
	X(replaced, "Register of a registered endpoint")                                  \
	X(moved_register, "Register from another source than the last request")           \
	X(updated, "Update")                                                              \
	X(updated_lifetime, "Update with lt")                                             \
	X(updated_binding, "Update with b")                                               \
	X(updated_version, "Update with lwm2m")                                           \
	X(updated_queue, "Update with Q")                                                 \
	X(updated_sms, "Update with sms")                                                 \
	X(updated_extra, "Update with other parameters")                                  \
	X(updated_objects, "Update with an object list")                                  \
	X(updated_rooted, "Update with an object list under an alternate path")           \
	X(moved_update, "Update from another source")                                     \
	X(deregistered, "De-register")                                                    \
	X(expired, "registration past its time")                                          \
	X(old_location, "request to the location of a replaced registration")             \
	X(dead_location, "request to the location of an ended registration")              \
	X(register_copy, "copy of the Register of a live registration")                   \
	X(register_copy_replaced, "copy of the Register of a replaced registration")      \
	X(register_copy_ended, "copy of the Register of a de-registered registration")    \
	X(register_copy_expired, "copy of the Register of a registration past its time")  \
	X(register_copy_late, "copy of the Register of an ended one, after NON_LIFETIME") \
	X(register_copy_forgotten, "copy of a Register that is not known any more")       \
	X(update_copy, "copy of an Update")                                               \
	X(copy_renewed, "copy after MAX_TRANSMIT_SPAN")                                   \
	X(copy_lengthened, "copy with a longer lifetime than is held")                    \
	X(former_behind, "former Register that two later requests keep out")              \
	X(update_copy_expired, "copy of an Update of a registration past its time")       \
	X(update_copy_dead, "copy of an Update whose location is dead")                   \
	X(update_copy_forgotten, "copy of an Update that is not known any more")          \
	X(deregister_copy, "copy of a De-register")                                       \
	X(deregister_copy_forgotten, "copy of a De-register that is not known any more")  \
	X(non_forgotten, "copy of a NON after NON_LIFETIME")                              \
	X(rebound_copy, "octets of an older record, from another address")                \
	X(other_session, "octets of an older request, in another session or in none")     \
	X(secure_registered, "Register in a session")                                     \
	X(secure_replaced_clear, "Register in a session of what is there in clear text")  \
	X(secure_replaced_other, "Register of what another identity has registered")      \
	X(secure_updated, "Update in a session")                                          \
	X(secure_went_on, "Update in another session of the same identity")               \
	X(secure_deregistered, "De-register in a session")                                \
	X(not_of_identity, "Register refused: of another identity's endpoint")            \
	X(not_in_clear, "Register in clear text refused: the endpoint is secured")        \
	X(taken, "Register in clear text refused: an identity has registered it")         \
	X(anothers, "request to what another identity has registered")                    \
	X(anothers_in_clear, "request in clear text to what an identity has registered")  \
	X(clears, "request in a session to what was registered in clear text")            \
	X(block_rebound, "block of a session from another address")                       \
	X(id_reused, "Message ID of an older request, with another token")                \
	X(other_source, "octets of an older request, from another source")                \
	X(refused_register, "Register refused")                                           \
	X(refused_update, "Update refused")                                               \
	X(refused_dead, "Update to be refused, to a dead location")                       \
	X(method, "method that a location does not have")                                 \
	X(non_critical, "NON with an option that must be understood")                     \
	X(alien, "other message answered")                                                \
	X(alien_silent, "other message dropped")                                          \
	X(block_continued, "block taken")                                                 \
	X(block_again, "block that is there already")                                     \
	X(block_register, "block-wise Register, whole")                                   \
	X(block_update, "block-wise Update, whole")                                       \
	X(block_again_whole, "last block once more")                                      \
	X(block_gap, "block that does not follow")                                        \
	X(block_late, "block of a transfer that is too old")                              \
	X(block_lost, "block of a transfer that had to give way")                         \
	X(block_silence, "block that got no answer for that")                             \
	X(block_restart, "transfer begun anew")                                           \
	X(block_refused, "block of a wrong size")                                         \
	X(block_too_large, "block of a body that is too large")                           \
	X(block_dead, "block of an Update to a dead location")                            \
	X(shed_credit, "request shed for want of credit")                                 \
	X(shed_full, "Register shed: registrations full")                                 \
	X(shed_register_store, "Register shed: store full")                               \
	X(shed_update_store, "Update shed: store full")                                   \
	X(shed_update_often, "Update shed: over the limit of its registration")           \
	X(shed_copy_often, "copy shed: over the limit of its registration")               \
	X(waited, "answer that waited until its change was released")                     \
	X(copy_waited, "copy whose answer waited")                                        \
	X(dead_waited, "4.04 that waited")                                                \
	X(overtook, "refusal that did not wait while others did")                         \
	X(evicted, "tombstone gave up its room")                                          \
	X(burst_full, "full burst")                                                       \
	X(expiry_slice, "requests between two slices of expiry")                          \
	X(compared, "whole registry compared")                                            \
	X(swept, "sweep told the journal of all")                                         \
	X(restarted, "registries that a restart would make compared")

enum kind {
#define X(name, text) KIND_##name,
	KINDS(X)
#undef X
		KIND_COUNT
};
extern uint64_t kinds[KIND_COUNT];

void happened(enum kind kind);

extern uint64_t seed, dice_state, operations;
extern uint64_t epoch_ms, now_ms;
extern uint64_t wall_ms; /* the wall's clock minus ours */

uint64_t dice(uint64_t sides);
bool one_in(uint64_t n);
uint32_t now_s(void);

/* The second that has begun last, or ends now. */
uint32_t whole_s(void);

uint64_t wall_s(void);

/* Says what the request at hand was: in model_requests.c. */
void explain(void);

_Noreturn void not_so(const char *what, const char *file, int line);

/* Octets that are not as wanted, for who reads it. */
void print_octets(const char *what, const void *octets, size_t len);

bool same_octets(const void *got, size_t got_len, const void *want, size_t want_len);

#define CHECK(condition) ((condition) ? (void)0 : not_so(#condition, __FILE__, __LINE__))

#endif
