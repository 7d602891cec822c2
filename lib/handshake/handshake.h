/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handshake: DTLS 1.2 handshakes (RFC 6347), the server's side, by GnuTLS: from the ClientHello
 * whose cookie a worker has checked to the keys of the session, which then is the worker's. Of a
 * session with CBC the keys stay here, and so do its records' opening and sealing. One engine a
 * thread; octets in, octets out through functions of the caller's.
 *
 * Time is an argument, but for retransmissions, which GnuTLS counts by a clock of its own.
 */
#ifndef RDL_HANDSHAKE_H
#define RDL_HANDSHAKE_H

#include "certificates.h"
#include "credentials.h"
#include "identities.h"
#include "keys.h"
#include "parcel.h"

/* What ends a handshake. X(name, help): the one list behind the enum, counters and their help. */
#define RDL_HANDSHAKE_FAILURES(X)                                                    \
	X(identity, "nobody of that identity is known")                              \
	X(key, "the client's Finished did not open three times: it has another key") \
	X(certificate, "the client's certificate is none that we trust, or is none") \
	X(suite, "no cipher suite or version in common")                             \
	X(alert, "the client gave up, with an alert")                                \
	X(protocol, "a message that is malformed or out of place")                   \
	X(timeout, "not finished in time")                                           \
	X(removed, "its credential was removed meanwhile, or has another key")       \
	X(database, "the database of credentials did not answer")                    \
	X(room, "no memory, no place, or no room for the identity")

enum rdl_handshake_failure {
#define X(name, help) RDL_HANDSHAKE_##name,
	RDL_HANDSHAKE_FAILURES(X)
#undef X
		RDL_HANDSHAKE_FAILURE_COUNT
};

/* Each grows; the engine's thread writes them, any reads. */
struct rdl_handshake_counts {
	uint64_t begun, finished, resumed;
	/* Credentials looked up. */
	uint64_t looked_up;
	uint64_t failed[RDL_HANDSHAKE_FAILURE_COUNT];
	/* Flights that were sent again: no answer came, or the client asked. */
	uint64_t repeated;
	/* Gave way to another one, at their worker. */
	uint64_t evicted;
	/* Sessions with CBC that are open: this one does not only grow. */
	uint64_t cbc_sessions;
	/* Of those: gave way to others; ended by the client's alert, or as GnuTLS has given up. */
	uint64_t cbc_crowded, cbc_closed, cbc_broken;
	/* Records with a text, and others: read before, not authentic, or of no use. */
	uint64_t cbc_opened, cbc_discarded;
	/* Replies sent, and those that GnuTLS has refused. */
	uint64_t cbc_sealed, cbc_unsealed;
};

/* All are called from within rdl_handshakes_input() and rdl_handshakes_tick(). */
struct rdl_handshake_calls {
	/* One datagram to whom the way goes. */
	void (*send)(void *context, uint64_t session, const struct rdl_way *way,
		const uint8_t *octets, uint16_t len);
	/*
	 * Octets of the longest IP packet that the path to a peer takes, as far as anybody knows:
	 * flights are made for it. NULL: all paths take what config->mtu says.
	 */
	uint16_t (*path)(void *context, const struct rdl_peer *peer);
	/*
	 * It has keys: before its last flight is sent. keys->identity is held once, for whoever
	 * keeps the session. The caller wipes what it makes of them.
	 */
	void (*established)(void *context, uint64_t session, const struct rdl_dtls_keys *keys);
	/* It came to nothing. Not told of one that gave way at its worker, who knows. */
	void (*ended)(void *context, uint64_t session);
	/*
	 * With CBC. An open session is over, its client says, or others need its place; and whether
	 * whoever keeps the session still has it, asked about once a second.
	 */
	void (*closed)(void *context, uint64_t session);
	bool (*lives)(void *context, uint64_t session);
	void *context;
};

#define RDL_HANDSHAKE_TICKET_KEY_LEN 64

struct rdl_handshakes_config {
	/* Handshakes under way, and those that ended lately; at least one. */
	uint32_t places;
	uint32_t timeout_ms;
	/* Until a flight is sent again for the first time; doubles. */
	uint32_t retransmit_ms;
	/* Octets of UDP payload in a datagram of ours, where the path to its peer takes them. */
	uint16_t mtu;
	/* What makes Connection IDs of sessions; NULL: none are given. Outlives the engine. */
	const struct rdl_speck *cid;
	/* As IANA has registered them, in the order of our liking; none: all, PSK first. */
	const char *const *suites;
	unsigned suite_count;
	/*
	 * Sessions with CBC that may be open at once; the least used one without a registration
	 * gives way to another. 0: there are no such suites.
	 */
	uint32_t cbc_sessions;
	/*
	 * Seconds for which a client with a certificate or a raw key may resume its session by a
	 * ticket (RFC 5077), at most a week; 0: there are none. Their key is at random, the same in
	 * all engines, and outlives them.
	 */
	uint32_t ticket_s;
	const uint8_t *ticket_key;
	/*
	 * This thread's; the engine's until it is destroyed. NULL: nobody has a credential but a
	 * certificate.
	 */
	struct rdl_credentials_reader *reader;
	struct rdl_identities *identities;
	struct rdl_handshake_calls calls;
};

struct rdl_handshakes;

/* NULL: no memory, no random octets, or a suite that is not known. */
struct rdl_handshakes *rdl_handshakes_create(const struct rdl_handshakes_config *config)
	RDL_MUST_CHECK;
/* NULL is fine. Handshakes under way come to nothing, and nobody is told. */
void rdl_handshakes_destroy(struct rdl_handshakes *handshakes);

/*
 * Of handshakes that begin from now on: held once, for the engine. NULL: pre-shared keys only, as
 * at first.
 */
void rdl_handshakes_set_certificates(
	struct rdl_handshakes *handshakes, struct rdl_certificates *certificates);

enum rdl_handshake_fate {
	RDL_HANDSHAKE_TAKEN,
	/*
	 * The parcel now holds just application data of a session under way: to be kept until it is
	 * established, or has ended.
	 */
	RDL_HANDSHAKE_HOLD,
	/* The same, of a session that is established: its worker goes through it again. */
	RDL_HANDSHAKE_AGAIN,
};

/*
 * A ClientHello that begins a handshake, or whatever came for one later; its octets are written
 * over. Also for RDL_HANDSHAKE_LINGER_MS after it was finished: its last flight is sent again to a
 * client that repeats its own. That is as long as its worker takes the session for a young one.
 *
 * Or of an open session with CBC: a record, whose text is in the parcel then, or a reply, which is
 * sent.
 */
#define RDL_HANDSHAKE_LINGER_MS 240000
RDL_MUST_CHECK enum rdl_handshake_fate rdl_handshakes_input(
	struct rdl_handshakes *handshakes, struct rdl_dtls_parcel *parcel, uint64_t now_ms);

/*
 * What a parcel is to cost, before it is given in: signatures of a certificate's or a raw key's
 * handshake take a hundred times what a pre-shared key's does. The cheap classes have whatever
 * costs little: of an unknown session, or a ClientHello that will be refused.
 */
enum rdl_handshake_class {
	/* Of an open session. */
	RDL_HANDSHAKE_RECORDS,
	RDL_HANDSHAKE_UNDER_WAY_PSK,
	RDL_HANDSHAKE_UNDER_WAY_CERTIFICATE,
	RDL_HANDSHAKE_NEW_PSK,
	RDL_HANDSHAKE_NEW_CERTIFICATE,
	RDL_HANDSHAKE_CLASSES
};
/* Changes nothing, and takes a fraction of a microsecond. */
enum rdl_handshake_class rdl_handshakes_class(
	const struct rdl_handshakes *handshakes, const struct rdl_dtls_parcel *parcel);

/*
 * What is due: flights that nobody answered, handshakes that took too long; no more than `most` of
 * them, each of which ends or sends a flight. Returns when there will be more, which may be now, or
 * UINT64_MAX: nothing, unless something comes in.
 */
uint64_t rdl_handshakes_tick(struct rdl_handshakes *handshakes, uint64_t now_ms, unsigned most);

const struct rdl_handshake_counts *rdl_handshakes_counts(const struct rdl_handshakes *handshakes);
/* Those that failed lately: to be read by any thread. */
struct rdl_troubles;
struct rdl_troubles *rdl_handshakes_troubles(struct rdl_handshakes *handshakes);
/* Handshakes under way, and the places of those that are finished. */
uint32_t rdl_handshakes_under_way(const struct rdl_handshakes *handshakes);

#endif
