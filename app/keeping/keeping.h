/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeping: what outlives the process. The logs of runs before are read at the start; this run's are
 * written by a thread for each shard. Opened, started, stopped and closed by the main thread.
 */
#ifndef RDL_KEEPING_H
#define RDL_KEEPING_H

#include "conf.h"
#include "journal.h"
#include "lcores.h"
#include "registry.h"
#include "sealed.h"
#include "secrets.h"

struct keeping;

/* Whether the key that the configuration names, where one is needed, is there; says what is not. */
bool keeping_can_read(const struct rdl_conf *conf, FILE *errors);

/*
 * Takes the configuration's directory for this process alone. *keeping is NULL where it names none,
 * and may be so below. Logs and returns -1 when another process has it, or it is of no use.
 */
int keeping_open(const struct rdl_conf *conf, struct keeping **keeping);
void keeping_close(struct keeping *keeping);

/*
 * They become what they were in the runs before; the ones given are kept where there were none.
 * Logs and returns -1 when that cannot be.
 */
int keeping_secrets(struct keeping *keeping, const struct secret secrets[], size_t count);

/* Where DTLS sessions come back to. */
struct keeping_tables {
	struct rdl_dtls *const *of; /* the workers', which are fresh */
	/* The number of an identity, held once; 0: it is not known any more. */
	uint32_t (*intern)(void *context, const struct rdl_identity *identity);
	void *context;
	struct rdl_identities *identities;
};
/* Whether they outlive the process: before the tables are made. */
bool keeping_has_sessions(const struct keeping *keeping);
/* Before keeping_recover(), which then fills them, too. */
void keeping_restore_to(struct keeping *keeping, const struct keeping_tables *tables);

/*
 * Fills the shards' registries, which are fresh, with what runs before this one acknowledged, and
 * says in the log how that goes on. Logs and returns -1 when it cannot, or `ends` says that it is
 * not wanted any more.
 */
int keeping_recover(
	struct keeping *keeping, struct rdl_registry *const registries[], bool (*ends)(void));

/*
 * The last before requests are answered: from now on the grace counts of what came back. Before
 * shards and workers begin.
 */
void keeping_serve(struct keeping *keeping, struct rdl_registry *const registries[]);

/* Octets that it takes of the process's own memory; 0 where nothing is kept. */
uint64_t keeping_memory(const struct rdl_conf *conf);
/* Octets of a shard's ring; 0 where nothing is kept. */
uint64_t keeping_ring_octets(const struct rdl_conf *conf);
/* Begins this run's logs, of the shards' rings. Logs and returns -1 when it cannot. */
int keeping_begin(struct keeping *keeping, struct rdl_journal_ring *const rings[]);
/* Where sessions are kept, after the beginning: the logs of handshakers, and what seals them. */
struct rdl_journal_ring *const *keeping_session_rings(const struct keeping *keeping);
struct rdl_sealer *const *keeping_session_sealers(const struct keeping *keeping);
/* That no session has had which was ever logged, and above those. */
uint32_t keeping_session_generation(const struct keeping *keeping);

/*
 * Whether changes are logged as events, so that these can be told from the log; NULL: they are,
 * else why not.
 */
const char *keeping_no_events(const struct rdl_conf *conf);
/* The shards', once it has begun; NULL where nothing is kept. */
const struct rdl_journal *keeping_journal(const struct keeping *keeping);

/* Threads that write what the rings are given; logs and returns -1 when there can be none. */
int keeping_start(struct keeping *keeping);
/* After the shards have ended: the rest is on the disk, or the log says that it is not. */
void keeping_stop(struct keeping *keeping);

/* What came back, and how long that took. */
struct keeping_recovered {
	uint64_t registrations, tombstones, ended_away;
	/* Of devices that had proved who they are, as none can any more: they are gone. */
	uint64_t unsecured;
	uint64_t sessions;
	uint64_t entries; /* that were read */
	uint64_t ms;
};
const struct keeping_recovered *keeping_recovered(const struct keeping *keeping);

/*
 * Figures that operators are shown, over all shards. X(name, text): entries, of which lag were
 * written and not yet confirmed or wait to be written; writes, their octets and syncs; files, what
 * they take, and of segments that are kept and no start needs; runs before this one that are still
 * needed; what came back at the start.
 */
#define KEEPING_FIGURES(X)   \
	X(entries)           \
	X(confirmed)         \
	X(lag)               \
	X(groups)            \
	X(octets)            \
	X(syncs)             \
	X(segments)          \
	X(disk_octets)       \
	X(kept_octets)       \
	X(runs_before)       \
	X(restored)          \
	X(restored_ended)    \
	X(restored_sessions) \
	X(restored_entries)  \
	X(restored_ms)
struct keeping_figures {
#define X(name) uint64_t name;
	KEEPING_FIGURES(X)
#undef X
};
/* By any thread, once the logs have begun. */
void keeping_figures(const struct keeping *keeping, struct keeping_figures *figures);
/* Once a second, and after the end: says in the log how the disk is when that is news. */
void keeping_look(struct keeping *keeping);
/* "well", "no space" or "failed": the worst of a shard's. */
const char *keeping_health(const struct keeping *keeping);
const char *keeping_directory(const struct keeping *keeping);
/* The disk has failed, and nothing is acknowledged any more: the process is to end. */
bool keeping_has_failed(const struct keeping *keeping);

#endif
