/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handshaker: a thread that makes handshakes, between its engine and the workers.
 */
#ifndef RDL_HANDSHAKER_H
#define RDL_HANDSHAKER_H

#include "channel.h"
#include "handshake.h"
#include "held.h"
#include "lcores.h"
#include "paths.h"
#include "post.h"
#include "teller.h"
#include "thread.h"
#include "waiting.h"

/* What it may have under way at one worker. */
struct rdl_channel_credit handshaker_credit(void);

struct handshaker {
	/* Set by who makes it, zero otherwise; not changed once it runs. */
	unsigned index, worker_count;
	const struct ending *ending;
	struct rdl_dtls *const
		*tables; /* of the workers, by their numbers; NULL: there is no CBC */
	struct rdl_paths *paths; /* anybody's, without a lock; NULL: all take what we send */
	struct rdl_dtls_letter *letters; /* POST_LETTERS, kept out of core dumps */
	struct teller *teller; /* its thread's; NULL: sessions do not outlive the process */
	/* Its counts are read by anybody. */
	struct rdl_handshakes *engine;
	/* Its thread's alone. */
	struct rdl_channel workers[WORKERS_MAX];
	struct post post;
	struct waiting_lines lines;
	struct held held;
	uint64_t refused; /* the session that could not be told last: nothing is sent for it */
	/* Written by its thread, read by anybody (relaxed). */
	uint64_t letters_lost; /* datagrams of flights that found no letter */
	uint32_t begun; /* what it may serve is on the disk: 1; that cannot be: 2 (release) */
	uint64_t records_waiting; /* of sessions with CBC, that it has taken, and replies */
	/* Certificates to use from now on, where `has_next`; both under the lock. */
	pthread_mutex_t lock;
	int has_next;
	struct rdl_certificates *next;
	struct rdl_thread thread; /* who made it is its owner */
};

/*
 * `parcels`: that all workers may have under way at it. `config` says what its engine is to be, but
 * for its calls. Returns -1 without memory.
 */
int handshaker_init(struct handshaker *handshaker, const struct rdl_handshakes_config *config,
	unsigned parcels);
/* Its thread is gone, or never was. */
void handshaker_fini(struct handshaker *handshaker);

/*
 * One round: takes what workers sent, makes a batch of handshakes, looks at the clock. True: found
 * work.
 */
bool handshaker_step(struct handshaker *handshaker, uint64_t now_ms);

/* Logs and returns -1 when there is no thread for it. */
int handshaker_start(struct handshaker *handshaker);
/* After its workers have ended: nothing comes any more. */
void handshaker_stop(struct handshaker *handshaker);

/* By another thread; held once, for the handshaker. NULL: none. */
void handshaker_use(struct handshaker *handshaker, struct rdl_certificates *certificates);

#endif
