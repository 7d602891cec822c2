/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The daemon put together. Built by the main thread in stages (daemon_*), each undone in reverse.
 * Nobody below sees the whole: each part is given what it touches.
 */
#ifndef RDL_START_DAEMON_H
#define RDL_START_DAEMON_H

#include "callers.h"
#include "exception.h"
#include "handshakers.h"
#include "keeping.h"
#include "metrics.h"
#include "nodes.h"
#include "telemetry.h"

/* Random, each for one purpose: at each start, or at the first one where they are kept. */
struct keys {
	struct rdl_key endpoint, list, admission, fragments, block, neighbours, paths;
	struct rdl_key identities, dtls_address, dtls_cid, dtls_cookie;
	struct rdl_key awaited, orders; /* of requests to devices */
	struct rdl_speck location, token;
	uint64_t exchange_seed, memo_seed;
	uint16_t reply_salt; /* NON replies show it to anybody */
	uint8_t rss[RDL_PKTIO_RSS_KEY];
	uint8_t dtls_ticket[RDL_HANDSHAKE_TICKET_KEY_LEN];
};

/* What there is of DTLS; NULL, all of it, where there is none. */
struct dtls_parts {
	struct rdl_certificates *certificates; /* held; as they were read last without an error */
	struct rdl_identities *identities;
	struct rdl_secured *secured; /* NULL: there are no credentials */
	struct rdl_owners *owners;
	struct rdl_dtls *tables[WORKERS_MAX];
	struct rdl_dtls_letter *letters;
	void *identities_memory, *secured_memory, *owners_memory, *memory[WORKERS_MAX];
};

/* NUMA nodes, -1: unknown. All zero: nobody has thought of any. */
struct whereabouts {
	bool placed; /* memory is asked of nodes; else of any */
	int home; /* of what all share */
	int ports[PORTS_MAX], workers[WORKERS_MAX], shards[SHARDS_MAX];
	uint64_t polled[PORTS_MAX]; /* by which workers, a bit each; 0: by all */
};

/* Octets of each node; the first one has all where memory is not placed. */
struct node_memory {
	uint64_t octets[NODES_MAX];
};

struct daemon {
	const char *path; /* of the configuration */
	const struct rdl_conf *conf; /* as it was read at the start */
	struct rdl_conf *in_force; /* as it was read last without an error */
	struct keys keys;
	char boot[33]; /* random, for those who ask whether we are still the same gateway */
	struct rdl_rulebook rulebook;
	struct rdl_pktio *pktio;
	struct rdl_interface interfaces[PORTS_MAX];
	struct rdl_neighbours *neighbours; /* of all workers */
	struct rdl_paths *paths; /* the same */
	struct worker *workers[WORKERS_MAX];
	struct owners owners; /* the shard cores */
	void *admission[SHARDS_MAX]; /* their memory for it */
	void *channels[WORKERS_MAX]; /* memory of each one's channels */
	struct dtls_parts dtls;
	struct handshakers *handshakers; /* NULL: there is no DTLS */
	struct keeping *keeping; /* NULL: nothing outlives the process */
	struct exception *exception; /* NULL: the kernel shares no port */
	struct callers *callers; /* NULL: devices are asked nothing */
	struct rdl_owners *awaited; /* which shard awaits an empty message; the same */
	struct lcores lcores;
	struct whereabouts nodes;
	uint64_t started_ms; /* rdl_clock_ms() */
	struct feed *feed; /* NULL: none is configured */
	struct recall *recall; /* NULL: there is no feed */
	struct console *console; /* the same */
	struct metrics *metrics; /* the same */
	struct metrics_sources scraped;
	struct monitor *monitor; /* the main thread's */
	struct telemetry telemetry;
};

/*
 * Requests that a worker may have at one shard: milliseconds of pause at full rate, since virtual
 * machines lose their CPU for so long; and as many as come while a disk confirms what they change.
 */
#define REQUESTS 4095
#define REQUESTS_KEPT 16383
static inline bool daemon_answers_wait(const struct rdl_conf *conf)
{
	return conf->state.directory.path != NULL && conf->state.durability == RDL_CONF_COMMIT;
}
static inline unsigned daemon_requests(const struct rdl_conf *conf)
{
	return daemon_answers_wait(conf) ? REQUESTS_KEPT : REQUESTS;
}
/* Datagrams of handshakes that a worker may have at one handshaker. */
#define PARCELS 1024
/* Frames that a worker may have made before they are sent: with DTLS a flight's datagrams, too. */
#define BORN 64
#define BORN_DTLS 256
/* Frames that a worker may have under way to the kernel; and those of it, before they are sent. */
#define FOREIGN 256
#define KERNEL_BORN (2 * RDL_PKTIO_BURST)
/* Frames of requests to devices that a worker may have made before they are sent. */
#define BORN_REQUESTS (2 * RDL_PKTIO_BURST)
/* Answers of devices that a worker may have at one shard. */
#define ANSWERS 1024
/* Neighbours that are known at a time. */
#define NEIGHBOURS 1024
/* Paths that are known to be narrow. */
#define PATHS 8192

/* eal.c: brings EAL up with an argv made from the configuration; logs, returns -1 when it fails. */
int daemon_eal(struct daemon *daemon);

/*
 * plan.c: which CPU runs what, and on which nodes things are. Before EAL; logs and returns -1 when
 * CPUs are missing.
 */
int daemon_plan_lcores(struct daemon *daemon);
/* Where memory is asked for what is on a node, or on an unknown one. */
static inline int daemon_memory_node(const struct daemon *daemon, int node)
{
	if (!daemon->nodes.placed)
		return -1;
	return node >= 0 ? node : daemon->nodes.home;
}
static inline int daemon_worker_node(const struct daemon *daemon, unsigned worker)
{
	return daemon_memory_node(daemon, daemon->nodes.workers[worker]);
}
static inline int daemon_shard_node(const struct daemon *daemon, unsigned shard)
{
	return daemon_memory_node(daemon, daemon->nodes.shards[shard]);
}
static inline int daemon_home_node(const struct daemon *daemon)
{
	return daemon_memory_node(daemon, daemon->nodes.home);
}
/* After the set-up: gives every role its lcore; more may be added before the launch. */
void daemon_assign(struct daemon *daemon);

/*
 * keys.c: draws keys and boot, and has those again that are kept; logs and returns -1 when there
 * are no random octets, or what was kept is of no use.
 */
int daemon_keys(struct daemon *daemon);
/* rules.c: what the configuration says of all that may change; NULL without memory. */
struct rdl_rules *daemon_rules(const struct daemon *daemon, const struct rdl_conf *conf);

/*
 * reload.c: reads the file, for the start or to follow a configuration that is running, and prints
 * what is wrong with it, a line each: of what it says, and of what it asks for. NULL then.
 * *certificates: those that it names, held once; NULL: none.
 */
struct rdl_conf *daemon_load(const char *path, const struct rdl_conf *running, FILE *errors,
	struct rdl_certificates **certificates);
/* The same, in the log. */
struct rdl_conf *daemon_read(
	const char *path, const struct rdl_conf *running, struct rdl_certificates **certificates);
/*
 * Reads the file again, puts in force what may change, and says in the log what has changed and
 * what waits for a restart. On any error nothing changes: false.
 */
bool daemon_reload(struct daemon *daemon);

/* sizes.c: what each part is given. */
void daemon_registry_config(
	const struct daemon *daemon, unsigned shard, struct rdl_registry_config *config);
void daemon_pipeline_config(const struct daemon *daemon, struct rdl_pipeline_config *config);
/* What one shard must have of so many in all, wherever they fall. */
uint64_t daemon_shard_share(const struct rdl_conf *conf, uint64_t all, unsigned shard);
/* Fragmented datagrams that one worker puts together at a time. */
unsigned daemon_reassemblies(const struct daemon *daemon);
void daemon_pktio_config(const struct daemon *daemon, struct rdl_pktio_config *config);
/* A port as the network sees it, but for what the device says: all zero before. */
void daemon_interface(const struct daemon *daemon, unsigned port, struct rdl_interface *interface);
/* Octets of one shard's ring of events, 0: none is configured. */
uint64_t daemon_events_octets(const struct daemon *daemon);
/* Octets that DPDK must find, all included: of each node; returns the sum. */
uint64_t daemon_dpdk_memory(const struct daemon *daemon, struct node_memory *memory);
/* All octets, once all is set up: those, and what other libraries take. */
uint64_t daemon_memory(const struct daemon *daemon);

/*
 * dtls.c: certificate, key, CA and CRL that the configuration names, held once; NULL, and what is
 * wrong with them goes to `errors`.
 */
struct rdl_certificates *daemon_certificates(const struct rdl_conf *conf, FILE *errors);
/*
 * Octets that DPDK must find for what all share of DTLS, and for a worker's sessions; and what
 * handshakes take of the process's own.
 */
uint64_t daemon_dtls_memory(const struct daemon *daemon);
uint64_t daemon_dtls_table_memory(const struct daemon *daemon, unsigned worker);
uint64_t daemon_handshakes_memory(const struct daemon *daemon);
/* Which of an interface's UDP ports it is. */
unsigned daemon_dtls_udp_port(const struct rdl_conf *conf);
static inline unsigned daemon_handshaker_count(const struct rdl_conf *conf)
{
	return conf->dtls.port != 0 ? conf->dtls.handshakes : 0;
}
/*
 * Before and after the workers: what they need, and what they are joined to. Each does nothing
 * where there is no DTLS, logs, and returns -1 when it fails.
 */
int daemon_setup_dtls(struct daemon *daemon);
int daemon_setup_handshakers(struct daemon *daemon);
/*
 * Sessions that outlive the process: where they come back to, before what was kept is read; once
 * this run's logs have begun, what is told to them; octets that those take of the disk.
 */
void daemon_restore_sessions(struct daemon *daemon);
int daemon_keep_sessions(struct daemon *daemon);
uint64_t daemon_sessions_log(const struct daemon *daemon);
/* What is left of both, once the workers are gone. */
void daemon_teardown_dtls(struct daemon *daemon);

static inline bool daemon_asks_devices(const struct rdl_conf *conf)
{
	return conf->requests.socket.path != NULL;
}
/* Roles that come back before all end: workers; and shards whose callers have their orders back. */
static inline unsigned daemon_waited_for(const struct rdl_conf *conf)
{
	return conf->workers + (daemon_asks_devices(conf) ? conf->shards : 0);
}

/* dialogues.c: octets of what is shared of requests to devices, and of what a shard has of it. */
uint64_t daemon_awaited_memory(const struct rdl_conf *conf);
uint64_t daemon_dialogues_memory(const struct daemon *daemon, unsigned shard);
/*
 * Before the workers, what is shared; of a shard, its engine and its channel to the callers. Each
 * logs and returns -1 when it fails, and does nothing where devices are asked nothing.
 */
int daemon_setup_awaited(struct daemon *daemon);
int daemon_setup_dialogues(struct daemon *daemon, struct shard_core *core);

/* setup.c: ports and workers; shards and links. Each logs and returns -1 when it fails. */
int daemon_setup(struct daemon *daemon);
int daemon_setup_shards(struct daemon *daemon);
void daemon_teardown(struct daemon *daemon);

/* state.c: octets of a shard's journal, with the answers that wait for it; 0: nothing is kept. */
uint64_t daemon_journal_memory(const struct daemon *daemon);
/* Of a shard; logs and returns -1 when it fails, and does nothing where nothing is kept. */
int daemon_setup_journal(struct daemon *daemon, struct shard_core *core);
/*
 * Once the shards are there: what runs before this one acknowledged comes back, and this one's logs
 * begin. Logs and returns -1 when it fails.
 */
int daemon_setup_keeping(struct daemon *daemon);
/* Right before shards and workers begin: the grace of what came back counts from now on. */
void daemon_serve_keeping(struct daemon *daemon);

/* channels.c: memory of a worker's channels; joins workers and shards, which are there. */
uint64_t daemon_channels_memory(const struct daemon *daemon, unsigned worker);
int daemon_setup_channels(struct daemon *daemon);

/* serve.c: what events are told with. */
struct rdl_event_facts daemon_facts(const struct daemon *daemon);
/* serve.c: what the feed takes its lines from, once the shards are there. */
struct feed_sources daemon_feed_sources(const struct daemon *daemon);

/* For those who ask why, by either socket. */
static inline bool daemon_notes_refusals(const struct daemon *daemon)
{
	return daemon->conf->control.path != NULL || daemon->conf->events.socket.path != NULL;
}

#endif
