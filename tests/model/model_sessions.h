/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who devices prove to be, in which sessions, and what they may do then. Records are this test's
 * own: what they hold is told by their first octets.
 */
#ifndef RDL_MODEL_SESSIONS_H
#define RDL_MODEL_SESSIONS_H

#include "identities.h"
#include "model_records.h"
#include "pipeline.h"

#define SECURE_PORT 5684
/* Octets of a record before and behind its message; before a reply there are fewer. */
#define RECORD_HEAD 29
#define REPLY_HEAD 21
#define RECORD_TAIL 8
/* What each octet of a message is changed by. */
#define RECORD_SEAL 0x55

extern struct rdl_identities *identities; /* sessions_start() */
extern struct rdl_secured *secured;
extern const char *const secured_patterns[1];

void sessions_start(void);
void sessions_stop(void);

/* 0 is clear text, of nobody. */
unsigned session_count(void);
unsigned owner_of_session(unsigned session);
/* The gateway's number of an owner: nobody's is 0. */
uint32_t number_of(unsigned owner);
/* Whether whoever it is may register as an endpoint; in clear text: as one that is not secured. */
bool may_register(unsigned session, unsigned endpoint);

/* Where its next record comes from: at times from elsewhere than the last. */
unsigned source_of_session(unsigned session);
/* Another one, of the same owner at times, or none. */
unsigned other_than_session(unsigned session);
/* One of those in which an endpoint may be registered, or 0 when there is none. */
unsigned some_session_for(unsigned endpoint);

/*
 * All sessions end, and so does the time for which an identity lasts that nobody holds; then they
 * begin anew. Nothing is under way.
 */
void sessions_renew(void);
/* Nothing is registered any more: nobody holds any. */
void sessions_end(void);

/* A record of a message; its length. */
size_t record_make(unsigned session, const void *message, size_t len, uint8_t *record);
/* One that a reply becomes. */
size_t record_of_reply(const void *message, size_t len, uint8_t *record);

struct rdl_dtls *sessions_table(void);

#endif
