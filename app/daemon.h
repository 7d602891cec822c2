/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon's parts and who may touch them. Built by the main thread in stages (daemon_*), each
 * undone in reverse.
 */
#ifndef RDL_APP_DAEMON_H
#define RDL_APP_DAEMON_H

#include <signal.h>

#include <rte_ring.h>

#include "clock.h"
#include "conf.h"
#include "fragments.h"
#include "question.h"
#include "pipeline.h"
#include "pktio.h"
#include "shard.h"

#define WORKERS_MAX 64
#define SHARDS_MAX 64
#define ROLES_MAX (WORKERS_MAX + SHARDS_MAX)
#define PORTS_MAX RDL_PKTIO_PORTS_MAX

/* How a role's core spends its time; written by that core, read by anybody (relaxed). */
struct load {
	/* of rounds that found work, and of those that did not */
	uint64_t busy_cycles, idle_cycles;
	uint64_t bursts; /* rounds that found work */
	uint64_t last; /* the cycle at which the last round ended */
};
/* Milliseconds since then; by anybody. */
uint64_t load_age_ms(const struct load *load);

/* Frames on their way out by one port. */
struct tx_batch {
	unsigned count;
	struct rdl_frame *frames[RDL_PKTIO_BURST];
};

/*
 * One poll-mode core's share. Touched by its lcore only,
 * but for stats and load, which anybody may read.
 */
struct worker {
	struct rdl_pipeline pipeline;
	struct load load;
	struct daemon *daemon;
	unsigned index;
	unsigned outstanding[SHARDS_MAX]; /* requests at each shard: never more than a ring holds */
	bool drained;
	/* Of each port: bursts in a row that were full, and whether its queue runs over. */
	unsigned full_bursts[PORTS_MAX];
	bool pressed[PORTS_MAX];
	struct rdl_fragments *fragments;
	unsigned rounds; /* since it looked for fragments that wait in vain */
	struct tx_batch tx[PORTS_MAX];
};

/* One shard core's share. The same rule; the question is from other threads. */
struct shard_core {
	struct rdl_shard shard;
	struct load load;
	struct daemon *daemon;
	unsigned index;
	struct rdl_registry *registry;
	void *admission; /* the shard's memory for it, or NULL */
	uint64_t now_ms, wall_next_ms; /* the latter: when to look at the wall's clock */
	unsigned rounds; /* since the clock was read */
	struct question question;
	struct rdl_events events; /* to the publisher */
	void *events_ring; /* their memory; NULL: there is no publisher */
	/* Published after each round for telemetry (relaxed). */
	uint64_t registrations, tombstones, object_lists, store_octets;
};

/* What one lcore runs, in turn. */
struct role {
	bool (*step)(void *self); /* true: found work */
	void *self;
	struct load *load;
};
struct lcore {
	unsigned id; /* EAL's */
	unsigned cpu;
	unsigned role_count;
	struct role roles[ROLES_MAX];
	uint32_t idle_sleep_us;
	struct daemon *daemon;
};

struct daemon {
	const struct rdl_conf *conf;
	/* Random at each start, each for one purpose: daemon_keys() draws them. */
	struct rdl_key endpoint_key, list_key, admission_key, fragments_key, block_key;
	struct rdl_speck location_key;
	uint64_t exchange_seed, known_seed;
	uint16_t reply_salt; /* NON replies show it to anybody */
	char boot[33]; /* random, for those who ask whether we are still the same gateway */
	/* swapped whole; workers and shards read it once for each burst, either way */
	const struct rdl_policy *policy;
	struct rdl_pktio *pktio;
	struct rdl_interface interfaces[PORTS_MAX];
	struct worker *workers[WORKERS_MAX];
	struct shard_core *shard_cores[SHARDS_MAX];
	/* One SPSC ring for each worker, shard and direction. */
	struct rte_ring *requests[WORKERS_MAX][SHARDS_MAX];
	struct rte_ring *replies[WORKERS_MAX][SHARDS_MAX];
	unsigned lcore_count;
	struct lcore lcores[ROLES_MAX];
	int socket_id;
	uint64_t started_ms; /* rdl_clock_ms() */
	/*
	 * Set once by the main thread:
	 * workers stop receiving, and end when shards have answered all.
	 */
	int stopping;
	struct publisher *publisher; /* NULL: none is configured */
	struct control_socket *control_socket; /* the same */
	struct monitor *monitor; /* the main thread's; NULL: nobody looks */
	unsigned workers_left; /* workers that still wait for replies; shards end with the last */
	unsigned lcores_ended;
};

/*
 * Requests a worker may have at one shard:
 * milliseconds of pause at full rate, since virtual machines lose their CPU for so long.
 */
#define RING_SIZE 4096

/*
 * eal.c: brings EAL up with an argv made from the configuration;
 * logs and returns -1 when it fails.
 */
int daemon_eal(struct daemon *daemon);
/* Octets that DPDK must find, from the configuration. */
uint64_t daemon_memory(const struct daemon *daemon);

/* lcores.c: which CPU runs what. Before EAL; logs and returns -1 when CPUs are missing. */
int daemon_plan_lcores(struct daemon *daemon);
/* After the set-up: gives every role its lcore; more may be added before the launch. */
void daemon_assign(struct daemon *daemon);
void daemon_add_role(
	struct daemon *daemon, unsigned index, bool (*step)(void *), void *self, struct load *load);
int daemon_launch(struct daemon *daemon);
void daemon_join(struct daemon *daemon);

/*
 * setup.c: keys, policy; ports, rings, workers;
 * registries. Each logs and returns -1 when it fails.
 */
int daemon_keys(struct daemon *daemon);
struct rdl_policy *daemon_policy(const struct daemon *daemon, const struct rdl_conf *conf);
void daemon_registry_config(
	const struct daemon *daemon, unsigned shard, struct rdl_registry_config *config);
void daemon_admission_config(const struct daemon *daemon, struct rdl_admission_config *config);
void daemon_pipeline_config(const struct daemon *daemon, struct rdl_pipeline_config *config);
/* Fragmented datagrams that one worker puts together at a time. */
unsigned daemon_reassemblies(const struct daemon *daemon);
void daemon_pktio_config(const struct daemon *daemon, struct rdl_pktio_config *config);
int daemon_setup(struct daemon *daemon);
int daemon_setup_shards(struct daemon *daemon);
void daemon_teardown(struct daemon *daemon);

/* For those who ask why, by either socket. */
static inline bool daemon_notes_refusals(const struct daemon *daemon)
{
	return daemon->conf->control.path != NULL || daemon->conf->events.socket.path != NULL;
}

/* worker.c, shard_core.c: one round of a role. */
bool worker_step(void *self);
bool shard_core_step(void *self);

/*
 * publisher.c: octets of one shard's ring of events, 0:
 * none is configured; and the ring, which daemon_teardown() frees.
 */
uint64_t daemon_events_octets(const struct daemon *daemon);
int daemon_setup_events(struct daemon *daemon, struct shard_core *core);

/*
 * telemetry.c: registers the commands. The stop comes before the shards end: it waits for those who
 * ask them, while every other command answers null at once, and cuts off who is connected.
 */
int daemon_telemetry(struct daemon *daemon);
void daemon_telemetry_stop(struct daemon *daemon);

#endif
