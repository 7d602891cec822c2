/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sessions: a worker's table of them. A session begins with a handshake, is open from when the
 * handshaker has its keys, and ends for good: its keys are wiped, its name names nothing.
 */
#ifndef RDL_DTLS_SESSIONS_H
#define RDL_DTLS_SESSIONS_H

#include "dtls.h"
#include "keys.h"

enum rdl_dtls_state {
	RDL_DTLS_FREE,
	RDL_DTLS_HANDSHAKE,
	RDL_DTLS_OPEN,
};

/* What an open session knows of the last 64 records before the first that it has not read. */
#define RDL_DTLS_WINDOW_FULL UINT64_MAX

/* Handles name slots: partition << 24 | slot. */
#define RDL_DTLS_NONE UINT32_MAX

struct rdl_dtls_session {
	uint64_t address; /* keyed digest of the peer's address and of ours */
	/* The first that was not read, and by bits those before it: bit 0 is the last. */
	uint64_t read_sequence : 48;
	uint64_t plaintext_max : 16;
	uint64_t window;
	uint32_t generation; /* of the slot: of this session, or of the next one; read by anybody */
	uint32_t deadline_s; /* it ends then; UINT32_MAX: never */
	uint32_t next; /* handle, in the bucket of its address, or the next free one */
	uint32_t identity;
	uint8_t state : 2; /* enum rdl_dtls_state */
	uint8_t registered : 1; /* lives as long as its registration */
	uint8_t indexed : 1; /* is found by its address */
	uint8_t mode : 2;
	uint8_t restored : 1; /* and has kept no registration since */
	uint8_t suite; /* enum rdl_dtls_suite */
	uint8_t incarnation;
	uint8_t peer_cid_len; /* as in struct rdl_dtls_keys */
	uint8_t read_salt[RDL_DTLS_SALT_LEN];
	union {
		uint8_t read_key[RDL_DTLS_KEY_MAX];
		struct {
			uint64_t hello; /* digest of what began it */
			uint32_t place; /* among those under way */
			bool anew; /* another Hello came since its peer was heard last */
		} handshake;
	};
	uint8_t write_key[RDL_DTLS_KEY_MAX];
	uint64_t write_sequence : 48; /* the next */
	uint64_t established : 16; /* seconds, modulo 65536 */
	uint8_t write_salt[RDL_DTLS_SALT_LEN];
	union {
		/* Without a registration: handles of the open ones that are so, by last use. */
		struct {
			uint32_t newer, older;
		};
		/* With one: that, as whoever keeps the session has said; RDL_DTLS_NONE: unknown. */
		uint32_t registration;
	};
	uint8_t peer_cid[RDL_DTLS_PEER_CID_MAX];
	uint32_t hello; /* of an open one: the lower half of the digest of what began it */
};
_Static_assert(sizeof(struct rdl_dtls_session) == 160, "with its bucket, 164 to 168 octets each");
_Static_assert(RDL_DTLS_MODES <= 4, "in two bits");

/* Of the Connection ID that records toward the peer carry; 0: they are plain. */
static inline uint8_t rdl_dtls_cid_len(const struct rdl_dtls_session *session)
{
	return session->peer_cid_len != RDL_DTLS_NO_CID ? session->peer_cid_len : 0;
}

/* ---- finding ---- */

/* Keyed digest of who speaks to whom; the same for all workers. */
uint64_t rdl_dtls_address(const struct rdl_dtls *dtls, const struct rdl_datagram *datagram);
/* Start to fetch what a look-up will read: the bucket, then the first session in it. */
void rdl_dtls_prefetch_bucket(const struct rdl_dtls *dtls, uint64_t address);
void rdl_dtls_prefetch_address(const struct rdl_dtls *dtls, uint64_t address);
/*
 * The session of that state there; NULL: there is none. Of open ones, of which several may be
 * there, the one without a Connection ID, or else the newest.
 */
struct rdl_dtls_session *rdl_dtls_find_address(
	struct rdl_dtls *dtls, uint64_t address, enum rdl_dtls_state state);
/*
 * Where this worker has none there: who may have one. This worker, if nobody is known to. One that
 * is told so and has none either is at the end of the search.
 */
unsigned rdl_dtls_owner(const struct rdl_dtls *dtls, uint64_t address);
/* NULL: it is over, never was, or is another worker's. */
struct rdl_dtls_session *rdl_dtls_find(struct rdl_dtls *dtls, uint64_t session);
/* For a record to be opened; for one to be sealed. */
void rdl_dtls_prefetch(const struct rdl_dtls *dtls, uint64_t session);
void rdl_dtls_prefetch_whole(const struct rdl_dtls *dtls, uint64_t session);
/* Once that is there: what will be read besides. */
void rdl_dtls_prefetch_behind(const struct rdl_dtls *dtls, uint64_t session);
void rdl_dtls_prefetch_behind_address(const struct rdl_dtls *dtls, uint64_t address);
uint64_t rdl_dtls_name(const struct rdl_dtls *dtls, const struct rdl_dtls_session *session);
/* Whose it is, if it is anybody's; which handshaker's. */
unsigned rdl_dtls_worker(const struct rdl_dtls *dtls, uint64_t session);
bool rdl_dtls_is_ours(const struct rdl_dtls *dtls, uint64_t session);
unsigned rdl_dtls_handshaker(const struct rdl_dtls *dtls, uint64_t session);

/* ---- its life ---- */

enum rdl_dtls_begin {
	RDL_DTLS_BEGUN,
	/* Its handshake is under way already, or has been finished lately. */
	RDL_DTLS_GOES_ON,
	/* There is no place for it. */
	RDL_DTLS_SHED,
};

/*
 * A ClientHello with a good cookie has come; hello is its digest (hello.h). *session is the name of
 * its session unless SHED, and *evicted that of a handshake that is over because of it, or 0: one
 * with another Hello from the same address, or, where no place is free, the newest of the network
 * that has most under way. Where that would be this one it is shed. Open sessions stay, whatever
 * their addresses.
 */
RDL_MUST_CHECK enum rdl_dtls_begin rdl_dtls_begin(struct rdl_dtls *dtls,
	const struct rdl_datagram *datagram, uint64_t hello, uint32_t now_s, uint64_t *session,
	uint64_t *evicted);

/*
 * Before a parcel of this peer's is given to a handshaker: false, and it must not be, since the
 * peer's network has its share of what is there. After it has come back the same peer is told.
 */
RDL_MUST_CHECK bool rdl_dtls_parcel_out(struct rdl_dtls *dtls, const struct rdl_peer *peer);
void rdl_dtls_parcel_back(struct rdl_dtls *dtls, const struct rdl_peer *peer);

/*
 * The handshake of the session is finished, and it is open. False, and it is over: its identity has
 * been revoked meanwhile, or all sessions are taken by registrations, or there is no such handshake
 * any more. Whichever it is, keys->identity is the table's to release. One that was open at the
 * same address without a Connection ID ends.
 */
RDL_MUST_CHECK bool rdl_dtls_establish(
	struct rdl_dtls *dtls, uint64_t session, const struct rdl_dtls_keys *keys, uint32_t now_s);

/*
 * A flight of this session is for its peer: not while that has begun anew, as a Hello without a
 * good cookie says, which anybody can send. It would take an answer to its last Hello for one to
 * this. Whatever else comes of its handshake says that it goes on.
 */
RDL_MUST_CHECK bool rdl_dtls_wants_flights(struct rdl_dtls *dtls, uint64_t session);

/* Does nothing when it is over already. */
void rdl_dtls_end(struct rdl_dtls *dtls, uint64_t session);
/* Its handshake failed: the same, unless it is open. */
void rdl_dtls_fail(struct rdl_dtls *dtls, uint64_t session);

/*
 * The session has a registration that lives so many seconds from now on, UINT32_MAX: for ever. 0:
 * it has none any more.
 */
void rdl_dtls_keep(struct rdl_dtls *dtls, uint64_t session, uint32_t seconds, uint32_t now_s);
/*
 * Which registration it has, a handle of the caller's, for one that is kept. RDL_DTLS_NONE: it has
 * none, or nobody has said which since the session was restored.
 */
void rdl_dtls_set_registration(struct rdl_dtls *dtls, uint64_t session, uint32_t registration);
uint32_t rdl_dtls_registration(struct rdl_dtls *dtls, uint64_t session);

/* An authentic record of it has come. */
void rdl_dtls_touch(struct rdl_dtls *dtls, struct rdl_dtls_session *session, uint32_t now_s);

/*
 * Opened a short while ago: its peer may have missed the last flight, for as long as RFC 6347
 * section 4.2.4 wants it said again, which is twice the life of a segment. Every 18 hours an old
 * one looks so, too, whose handshaker then knows nothing of it.
 */
#define RDL_DTLS_YOUNG_S 240
static inline bool rdl_dtls_is_young(const struct rdl_dtls_session *session, uint32_t now_s)
{
	return (uint16_t)(now_s - session->established) < RDL_DTLS_YOUNG_S;
}

/*
 * By anybody, while the table is there: false, and it is over, or is another worker's. It may be
 * over in a moment.
 */
bool rdl_dtls_lives(const struct rdl_dtls *dtls, uint64_t session);

/* The peer of an open session has another address now: not of one that is restored. */
void rdl_dtls_move(struct rdl_dtls *dtls, struct rdl_dtls_session *session, uint64_t address);

/* True when it is over without anybody having said so: its time is, or its identity is revoked. */
bool rdl_dtls_is_over(
	const struct rdl_dtls *dtls, const struct rdl_dtls_session *session, uint32_t now_s);

/* Looks at `budget` slots, and ends what is over; all have been looked at some rounds later. */
void rdl_dtls_sweep(struct rdl_dtls *dtls, uint32_t now_s, unsigned budget);
/*
 * How many slots have to be looked at now, so that all are once in RDL_DTLS_SWEEP_MS: whatever it
 * says is no longer due when it is asked next. At most `most`; *behind: more than that are due.
 */
#define RDL_DTLS_SWEEP_MS 800
unsigned rdl_dtls_sweep_due(struct rdl_dtls *dtls, uint64_t now_ms, unsigned most, bool *behind);

/* ---- figures ---- */

/* Of a worker, read by others while it runs. */
struct rdl_dtls_counts {
	uint32_t handshakes; /* under way */
	uint32_t registered;
	uint32_t open[RDL_DTLS_SUITES][RDL_DTLS_MODES];
	/* Each grows. Handshakes begun, finished, and for which there was no place. */
	uint64_t begun, established, shed;
	/* Those that gave way: to another network's, to the next one from the same address. */
	uint64_t crowded, replaced;
	/* Parcels that were not given, since their network had its share. */
	uint64_t withheld;
	/* Flights that were not sent, since their peer had begun anew. */
	uint64_t outdated;
	/* Finished, but too late, for an identity that was revoked, or without a place. */
	uint64_t refused;
	/* How often all sessions were taken when one more was established. */
	uint64_t full;
	/* Records showed that a peer has another address now. */
	uint64_t moved;
	/* Ended by an alert of the peer's. */
	uint64_t closed;
	/* What a sweep ended. */
	uint64_t expired, revoked;
};
const struct rdl_dtls_counts *rdl_dtls_counts(const struct rdl_dtls *dtls);

#endif
