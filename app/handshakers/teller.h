/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * teller: puts a handshaker's sessions into its log, so that they outlive the process: each before
 * its worker has it, how far it is within a second, and all of them in sweeps. Its handshaker's
 * thread alone calls it.
 */
#ifndef RDL_TELLER_H
#define RDL_TELLER_H

#include "ring.h"
#include "sealed.h"

/* So often it looks at all sessions. */
#define TELLER_LOOK_MS 800

/* What was told of the session in a slot last. */
struct told {
	uint32_t generation; /* 0: nothing, or that it has ended */
	uint32_t print; /* of its course */
};

struct teller_config {
	unsigned index, handshakers, workers;
	struct rdl_dtls *const *tables; /* of the workers */
	struct told *const *told; /* beside each table's slots; each is of one teller alone */
	struct rdl_identities *identities;
	struct rdl_journal_ring *ring; /* fresh */
	struct rdl_sealer *sealer; /* of that ring's log */
	uint32_t generation; /* above all that there were */
	uint32_t idle_s; /* that a session lives without a registration */
	uint32_t sweep_ms; /* a sweep takes that long */
};

/* A way over all slots of all tables, as far as they were ever used. */
struct teller_way {
	unsigned worker;
	uint32_t slot;
};

struct teller {
	struct teller_config config;
	struct teller_way look, sweep;
	bool sweeping;
	uint64_t looked_ms, swept_ms; /* when it last went on */
	uint64_t look_due, sweep_due; /* slots, times the milliseconds that all of them take */
	uint64_t began_ms; /* the last sweep */
	uint64_t plain, plain_swept; /* entries beside sweeps', and when the last one began */
	uint32_t generation; /* the highest told */
};

void teller_init(struct teller *teller, const struct teller_config *config);

/*
 * The first sweep: tells all that there are, and waits until that is on the disk. False: it came to
 * nothing, or `ends` says that it is not wanted any more.
 */
RDL_MUST_CHECK bool teller_begin(struct teller *teller, bool (*ends)(void *context), void *context);

/* There is room for what the next handshake that ends needs. */
bool teller_has_room(struct teller *teller);
/* A session that is about to be open: its position in the log, or 0: it cannot be told. */
uint64_t teller_established(
	struct teller *teller, uint64_t session, const struct rdl_dtls_keys *keys);
/* Up to which position all is on the disk. */
static inline uint64_t teller_confirmed(const struct teller *teller)
{
	return rdl_journal_confirmed(teller->config.ring);
}

/* Once a round: goes on with what is due, and shows the log's writer what was told. */
void teller_go_on(struct teller *teller, uint64_t now_ms);

/* The last call, once no session goes on: how far all of them are. */
void teller_end(struct teller *teller);

#endif
