/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of this room share. */
#ifndef RDL_HANDSHAKE_INTERNAL_H
#define RDL_HANDSHAKE_INTERNAL_H

#include <gnutls/crypto.h>
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "certificates.h"
#include "cid.h"
#include "handshake.h"
#include "layer.h"
#include "messages.h"
#include "troubles.h"

#define RDL_HANDSHAKE_NONE UINT32_MAX

/* What a client may try with a key that is wrong. */
#define RDL_HANDSHAKE_TRIES 3

/* A certificate chain of our own, and what goes with it. */
#define RDL_HANDSHAKE_FLIGHT_MAX 32768

/* For so many first retransmissions one that seems to have given up may show the contrary. */
#define RDL_HANDSHAKE_DOUBTS 4

/* A Finished that has overtaken its ChangeCipherSpec. */
struct rdl_handshake_early {
	struct rdl_way way;
	uint16_t len;
	uint8_t octets[160];
};

/*
 * A ticket holds the client's chain, and comes back in a ClientHello, which has to fit a datagram.
 * It is promised before the chain is seen: so none is until one was short, nor after one was long.
 */
#define RDL_HANDSHAKE_CHAIN_MAX 1024
enum rdl_certificates_chains {
	RDL_CHAINS_UNSEEN,
	RDL_CHAINS_SHORT,
	RDL_CHAINS_LONG,
};

struct rdl_certificates {
	unsigned holders;
	/* Of no client is a certificate taken. */
	bool trusts;
	/* What clients' chains were like: enum rdl_certificates_chains; any thread writes it. */
	uint8_t chains;
	time_t expire;
	gnutls_certificate_credentials_t tls;
	/* Of the file of CAs. */
	uint8_t trusted[RDL_HANDSHAKE_TICKET_KEY_LEN];
	gnutls_x509_crl_t *crls;
	unsigned crl_count;
};

/* One handshake, or one that ended well a short while ago. */
struct rdl_handshake {
	struct rdl_handshakes *owner;
	uint64_t session;
	/* NULL: finished, and nothing of it is left to GnuTLS. */
	gnutls_session_t tls;
	/* Finished, with CBC: its records go through GnuTLS. It has a registration. */
	bool open, registered;
	/* In its bucket, or among those that are free. */
	uint32_t next;
	/* Where in the heap. */
	uint32_t rank;
	/*
	 * In the list of those that are finished, of those that hold pieces of messages, or of
	 * those that are open without a registration.
	 */
	uint32_t older, newer;
	uint64_t due_ms, deadline_ms;
	/* When it ends if the client does not go on: an alert says so. 0: none does. */
	uint64_t doubt_ms;
	/* Of the newest parcel. */
	struct rdl_way way;
	/* Held; NULL: there are none. */
	struct rdl_certificates *certificates;
	/* Who the client says that it is, as octets of its keys' mode. */
	uint8_t who_len;
	uint8_t who[RDL_IDENTITY_MAX];
	/*
	 * Where in its ClientHello, which GnuTLS has not read yet, the type of a server_name is
	 * that names no host; else 0.
	 */
	uint16_t odd_name;
	/* What is to be said to GnuTLS, and records of epoch 0 that were. */
	struct rdl_handshake_messages messages;
	uint32_t given;
	/* A ChangeCipherSpec: it is there, and GnuTLS has it. */
	bool change_came, changed;
	/* NULL: none is. */
	struct rdl_handshake_early *early;
	/* Of the pre-shared key that it was looked up with. */
	uint64_t key_print[2];
	/* Of the client's Finished that did not open. */
	uint8_t wrong;
	/* It is resumed, and may be. */
	bool resumed;
	/* Its suite is one of certificates and raw keys. */
	bool signs;
	/* PSK: the database has nobody of that identity. */
	bool unknown;
	/* Why the look-up, or what came of it, ended it: where `failing`. */
	bool failing;
	enum rdl_handshake_failure failure;
	/* From the Hello; when it is finished, all. */
	struct rdl_dtls_keys keys;
	/* Records of the newest flight, as they went out, and when they did. */
	uint8_t *flight;
	uint32_t flight_len;
	uint64_t said_ms;
	/* Records of epoch 0 that were sent besides GnuTLS's: its own are numbered behind them. */
	uint32_t besides;
};

/* ---- the life of a handshake ---- */

/* Octets of UDP payload that its datagrams may have, on the path to its client. */
uint16_t rdl_handshake_room(const struct rdl_handshake *handshake);

/* After GnuTLS has gone on: false, and it is under way no more. */
bool rdl_handshake_went_on(struct rdl_handshake *handshake, int error, uint64_t now_ms);
/* Why one in which nothing is wrong to be seen comes to nothing. */
enum rdl_handshake_failure rdl_handshake_reason(const struct rdl_handshake *handshake);
/* It comes to nothing, of which the client is told nothing. */
void rdl_handshake_fail(struct rdl_handshake *handshake, enum rdl_handshake_failure failure);
/* The caller and the counters are told of one that has no place. */
void rdl_handshake_tell_ended(
	struct rdl_handshakes *handshakes, uint64_t session, enum rdl_handshake_failure failure);
/* Its place is free, whatever became of it. */
void rdl_handshake_end(struct rdl_handshake *handshake);

/* Due then, or when it is out of time. */
void rdl_handshake_due_by(struct rdl_handshake *handshake, uint64_t due_ms);

/* ---- lists: by the time when they came into it ---- */

struct rdl_handshake_list {
	uint32_t oldest, newest;
};

void rdl_handshake_list_add(struct rdl_handshake_list *list, struct rdl_handshake *handshake);
void rdl_handshake_list_remove(
	struct rdl_handshake_list *list, const struct rdl_handshake *handshake);

/* ---- what clients say ---- */

/*
 * A record for one that is under way; *application: it is no business of ours. False: it is under
 * way no more.
 */
bool rdl_handshake_give(struct rdl_handshake *handshake, struct rdl_span record,
	const struct rdl_way *way, uint64_t now_ms, bool *application);
/* One that is wanted. Octets of the next message, now in the engine's `message`; 0: none is. */
size_t rdl_handshake_keep(
	struct rdl_handshake *handshake, const struct rdl_handshake_fragment *fragment);
/* The same, of what was kept before. */
size_t rdl_handshake_kept(struct rdl_handshake *handshake);
void rdl_handshake_keep_early(
	struct rdl_handshake *handshake, struct rdl_span record, const struct rdl_way *way);
void rdl_handshake_forget(struct rdl_handshake *handshake);
/* A record that comes for one: true, and it is no business of ours. */
bool rdl_handshake_finished_give(
	struct rdl_handshake *handshake, struct rdl_span record, const struct rdl_way *way);

/* ---- sessions with CBC ---- */

/* There is room for one more, or one has given way. */
bool rdl_handshake_cbc_room(struct rdl_handshakes *handshakes);
/* A finished handshake, for which there is room, is one from now on; until rdl_handshake_end(). */
void rdl_handshake_cbc_open(struct rdl_handshake *handshake, uint64_t now_ms);
void rdl_handshake_cbc_leave(struct rdl_handshake *handshake);
/* Whether its worker still has it: ends it, or is due again. */
void rdl_handshake_cbc_look(struct rdl_handshake *handshake, uint64_t now_ms);
/* A RECORD or a REPLY, which may end it. */
void rdl_handshake_cbc_take(struct rdl_handshake *handshake, struct rdl_dtls_parcel *parcel);
/* A record that comes as one of its handshake: true, and it is none. */
bool rdl_handshake_cbc_give(
	struct rdl_handshake *handshake, struct rdl_span record, const struct rdl_way *way);

/* ---- records ---- */

/* RFC 5246 section 6.2.3, and the longest header. */
#define RDL_RECORD_MAX (16384 + 2048 + RDL_DTLS_RECORD_HEADER + 255)

struct rdl_record_key {
	enum rdl_dtls_suite suite;
	uint8_t key[RDL_DTLS_KEY_MAX], salt[RDL_DTLS_SALT_LEN];
};

/* Octets of the record at the start, its header included; 0: it is none. */
size_t rdl_record_len(struct rdl_span octets, uint8_t cid_len);
static inline unsigned rdl_record_epoch(const uint8_t *record)
{
	return rdl_get_be16(record + 3);
}
/* Its number in the epoch. */
static inline uint64_t rdl_record_number(const uint8_t *record)
{
	return (uint64_t)rdl_get_be16(record + 5) << 32 | rdl_get_be32(record + 7);
}

/*
 * The plaintext of a whole record into `plain`, of RDL_RECORD_MAX octets, and its type, of one with
 * a Connection ID the inner one. False: it does not open.
 */
bool rdl_record_open(const struct rdl_record_key *key, struct rdl_span record, uint8_t cid_len,
	uint8_t *plain, size_t *len, uint8_t *type);
/*
 * Makes a record of `type` with the number that `like` has, of `plain`, into `made`, of
 * RDL_RECORD_MAX octets: with cid.len > 0 one of RFC 9146. Its length; 0: it is too long.
 */
size_t rdl_record_seal(const struct rdl_record_key *key, const uint8_t *like, uint8_t type,
	struct rdl_span cid, struct rdl_span plain, uint8_t *made);

/* ---- places: handshakes by session and by time ---- */

struct rdl_handshake_places {
	struct rdl_handshake *all;
	uint32_t *buckets;
	/* Places in use, the one due first in front: a binary heap. */
	uint32_t *heap;
	uint32_t room, count, bucket_mask, free;
};

bool rdl_handshake_places_init(struct rdl_handshake_places *places, uint32_t room);
void rdl_handshake_places_fini(struct rdl_handshake_places *places);
struct rdl_handshake *rdl_handshake_find(
	const struct rdl_handshake_places *places, uint64_t session);
/* The one whose session has, or had, the same slot at its worker. */
struct rdl_handshake *rdl_handshake_find_slot(
	const struct rdl_handshake_places *places, uint64_t session);
/* A place, zero but for its session, due never; NULL: all are taken. */
struct rdl_handshake *rdl_handshake_place(struct rdl_handshake_places *places, uint64_t session);
void rdl_handshake_leave(struct rdl_handshake_places *places, struct rdl_handshake *handshake);
void rdl_handshake_due(
	struct rdl_handshake_places *places, struct rdl_handshake *handshake, uint64_t due_ms);

/* ---- suites ---- */

#define RDL_HANDSHAKE_SUITES 10

struct rdl_handshake_suites {
	unsigned count;
	uint8_t order[RDL_HANDSHAKE_SUITES];
	gnutls_priority_t priorities[RDL_HANDSHAKE_SUITES];
};

/* False: a name is not known, or there is no memory; what is there is to be ended all the same. */
bool rdl_handshake_suites_init(
	struct rdl_handshake_suites *suites, const struct rdl_handshakes_config *config);
void rdl_handshake_suites_fini(struct rdl_handshake_suites *suites);

/* ---- the engine ---- */

struct rdl_handshakes {
	struct rdl_handshakes_config config;
	struct rdl_handshake_places places;
	uint32_t under_way;
	struct rdl_handshake_list finished, holders, idle;
	/* Octets of memory that pieces of messages take, and may. */
	uint64_t held, held_max;
	struct rdl_handshake_counts counts;
	struct rdl_troubles troubles;
	/* Of the call that is under way. */
	uint64_t now_ms;
	struct rdl_handshake_suites suites;
	gnutls_psk_server_credentials_t psk;
	struct rdl_certificates *certificates;
	/* At random. */
	struct rdl_key print_key;
	/* Of these certificates: other CAs, other tickets. */
	uint8_t ticket_key[RDL_HANDSHAKE_TICKET_KEY_LEN];
	/* The record that GnuTLS is to read next; empty: it has. */
	const uint8_t *record;
	uint16_t record_len;
	/* What GnuTLS wrote since it was called: records, one behind the other. */
	uint8_t flight[RDL_HANDSHAKE_FLIGHT_MAX];
	uint32_t flight_len;
	bool flight_lost;
	/* One of a client's, whole. */
	uint8_t message[RDL_HANDSHAKE_MESSAGE_MAX];
	/* A record that was opened, and one that it was made into. */
	uint8_t plain[RDL_RECORD_MAX], made[RDL_RECORD_MAX];
	/* Of whoever is looked up. */
	struct rdl_credential credential, again;
};

static inline void rdl_handshake_count(uint64_t *counter)
{
	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

/* ---- hello ---- */

/* What must be known before GnuTLS is asked. */
struct rdl_handshake_hello {
	gnutls_dtls_prestate_st prestate;
	/* 0: none. */
	uint16_t record_size_limit, max_fragment_length;
	/* RFC 7627; and RFC 7250: its certificate is to be a raw public key. */
	bool extended_master_secret, raw_key;
	/* As that of a handshake. */
	uint16_t odd_name;
	/* The numbers of cipher suites. */
	struct rdl_span suites;
};

/* The numbers of cipher suites in a whole ClientHello in one record; false: it is none. */
bool rdl_handshake_hello_suites(struct rdl_span record, struct rdl_span *suites);
/* All; false: it is none. */
bool rdl_handshake_hello_read(struct rdl_span record, struct rdl_handshake_hello *hello);
/* The Hello, whole, by a client that has no answer to it yet (RFC 6347 section 4.2.4). */
bool rdl_handshake_hello_is_said_again(
	const struct rdl_handshake *handshake, struct rdl_span record);
/* Of what a client offers. */
struct rdl_handshake_choice {
	/* RDL_DTLS_SUITES: none; the priority is one with which GnuTLS tells it so. */
	uint8_t suite;
	bool signs;
	gnutls_priority_t priority;
};
struct rdl_handshake_choice rdl_handshake_suites_choose(
	const struct rdl_handshakes *handshakes, struct rdl_span offered);
/* The ServerHello in the engine's flight has the suite that was chosen, not one of a ticket. */
bool rdl_handshake_suite_is_chosen(const struct rdl_handshake *handshake);

/* ---- session: a handshake as GnuTLS sees it ---- */

/* False: no memory. */
bool rdl_handshake_tls_create(struct rdl_handshake *handshake, struct rdl_handshake_hello *hello);
void rdl_handshake_tls_destroy(struct rdl_handshake *handshake);
/*
 * Lets GnuTLS go on with a record, or, with none, with what is due. Its error; what it wrote is in
 * the engine's flight.
 */
int rdl_handshake_tls_step(struct rdl_handshake *handshake, struct rdl_span record);
/* What GnuTLS says to the client of its error, into the engine's flight. */
void rdl_handshake_tls_alert(struct rdl_handshake *handshake, int error);
enum rdl_handshake_failure rdl_handshake_failure_of(int error);

/* ---- a server_name that names no host ---- */

/* What the extension holds, GnuTLS would take. */
bool rdl_handshake_names_host(const uint8_t *extension, unsigned len);
/* gnutls_handshake(), as long as it has not read the ClientHello, with one that it would not. */
int rdl_handshake_go_on_unnamed(struct rdl_handshake *handshake);

/* ---- keys ---- */

/* The key of epoch 1, one way; false: GnuTLS has none yet. */
bool rdl_handshake_key(
	const struct rdl_handshake *handshake, bool read, struct rdl_record_key *key);
/*
 * Fills in the keys of a finished handshake, but for the identity; of CBC none. False: they are not
 * for us.
 */
bool rdl_handshake_keys(struct rdl_handshake *handshake);

/* ---- Connection IDs (RFC 9146) ---- */

static inline bool rdl_handshake_has_cid(const struct rdl_handshake *handshake)
{
	return handshake->keys.peer_cid_len != RDL_DTLS_NO_CID;
}
bool rdl_handshake_cid_register(struct rdl_handshake *handshake);
/*
 * A record that GnuTLS wrote as the client is to see it: itself, or one in the engine's `made`.
 * Empty: it cannot be made.
 */
struct rdl_span rdl_handshake_cid_out(struct rdl_handshake *handshake, struct rdl_span record);
/*
 * What a client sent, with our Connection ID, as GnuTLS is to see it: in the engine's `made`, and
 * the type of what is in it. Empty: it does not open, or holds what nobody has there; `key` is the
 * client's.
 */
struct rdl_span rdl_handshake_cid_in(struct rdl_handshakes *handshakes,
	const struct rdl_record_key *key, struct rdl_span record, uint8_t *type);

/* ---- flights ---- */

/* Sends what GnuTLS wrote. */
void rdl_handshake_flush(struct rdl_handshake *handshake);
/* The same of a flight, if it wrote one, which is kept. */
void rdl_handshake_say(struct rdl_handshake *handshake);
/* The client shows that it misses the one that was said. */
void rdl_handshake_say_again(struct rdl_handshake *handshake);
/* Keeps what GnuTLS wrote as the last flight, as the client is to see it. False: no memory. */
bool rdl_handshake_keep_flight(struct rdl_handshake *handshake);
/* Sends the last flight. */
void rdl_handshake_send_last(struct rdl_handshake *handshake);

/* ---- who it is ---- */

/* What GnuTLS, or whoever finishes it, is to fail for. False. */
static inline bool rdl_handshake_blame(
	struct rdl_handshake *handshake, enum rdl_handshake_failure failure)
{
	handshake->failing = true;
	handshake->failure = failure;
	return false;
}
struct rdl_credentials_identity rdl_handshake_identity(const struct rdl_handshake *handshake);
/* NONE, too, where there is no database. */
enum rdl_credentials_result rdl_handshake_look_up(
	struct rdl_handshake *handshake, struct rdl_credential *credential);
int rdl_handshake_psk(gnutls_session_t tls, const gnutls_datum_t *identity, gnutls_datum_t *key);
int rdl_handshake_verify(gnutls_session_t tls);
/*
 * Whether one that GnuTLS resumes may be: it asks nobody. False: with the failure in the handshake.
 */
bool rdl_handshake_verify_resumed(struct rdl_handshake *handshake);
/*
 * Interns who the client has proved to be, held once, with the names that its credential has now.
 * False: with the failure in the handshake.
 */
bool rdl_handshake_settle(struct rdl_handshake *handshake);

#endif
