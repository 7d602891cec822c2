/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside keeping. */
#ifndef RDL_KEEPING_INTERNAL_H
#define RDL_KEEPING_INTERNAL_H

#include <pthread.h>

#include "entries.h"
#include "keeping.h"
#include "thread.h"

/* Of a shard's log, or a handshaker's. */
struct writer {
	struct rdl_journal *journal;
	unsigned shard;
	struct rdl_thread thread;
	enum rdl_journal_health said; /* by keeping_look() */
	bool finished; /* all is on the disk; the thread's, read once that is gone */
};

/* DTLS sessions, which handshakers log. */
struct sessions {
	struct rdl_journal_logs *logs;
	struct rdl_journal *journal; /* NULL: it has not begun */
	struct writer writers[RDL_CONF_HANDSHAKES_MAX];
	struct rdl_journal_ring *rings[RDL_CONF_HANDSHAKES_MAX];
	struct rdl_sealer *sealers[RDL_CONF_HANDSHAKES_MAX];
	uint8_t key[RDL_SEALED_KEY_LEN];
	/* While what runs before logged is read. */
	struct keeping_tables tables;
	struct rdl_journal_stamp now;
	uint32_t now_s;
	pthread_mutex_t lock; /* of the tables, which the readers of shards' logs change, too */
	const char *forgotten; /* why; NULL: they are not */
	uint32_t generation; /* the highest that was logged */
	bool named; /* registrations live by some, as the shards' logs say */
	bool unknown; /* there are some whose identities are not known any more */
};

struct keeping {
	const struct rdl_conf *conf;
	uint8_t boot_id[RDL_JOURNAL_ID_LEN]; /* of the machine's life that this is */
	struct rdl_journal_logs *logs;
	struct rdl_journal *journal; /* NULL: it has not begun */
	struct keeping_recovered recovered;
	struct writer writers[SHARDS_MAX];
	struct rdl_thread tender;
	struct sessions *sessions; /* NULL: they do not outlive the process */
};

/* Writes the last that a shard's ring holds; what it needs for that may be a while in coming. */
bool keeping_finish(const struct writer *writer);

/* Now, by this run's clock and by those that outlive it. */
struct rdl_journal_stamp keeping_now(void);
/*
 * How much later than `then` the other moment was: by the clock that counts since the machine was
 * started, where it was not started again meanwhile, or else by the wall's. Never negative.
 */
uint64_t keeping_between_ms(const struct rdl_journal_stamp *then, const uint8_t then_boot[],
	const struct rdl_journal_stamp *moment, const uint8_t moment_boot[]);

/* sessions.c: each does nothing where they are not kept; logs, and returns -1 when it fails. */
int keeping_sessions_open(struct keeping *keeping);
void keeping_sessions_close(struct keeping *keeping);
/* Reads their logs; true where it could, and `ends` did not say that it is not wanted any more. */
bool keeping_sessions_read(struct keeping *keeping, bool (*ends)(void));
/* Of a shard's log: how far a session was when a change was made. Any thread that reads one. */
void keeping_sessions_follow(struct sessions *sessions, const struct keeping *keeping,
	const struct rdl_journal_log *log, const struct rdl_journal_entry *entry,
	const struct rdl_entry_session *session);
/* The shards' logs have been read, too. */
void keeping_sessions_end(struct keeping *keeping);
void keeping_sessions_serve(struct keeping *keeping, uint64_t now_ms);
int keeping_sessions_begin(struct keeping *keeping);
/* Octets that their logs take of the process's own memory. */
uint64_t keeping_sessions_memory(const struct rdl_conf *conf);

/* writers.c: a thread for each log of a journal; logs and returns -1 when there can be none. */
int keeping_write(struct rdl_journal *journal, struct writer writers[], unsigned count);

#endif
