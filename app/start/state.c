/* SPDX-License-Identifier: BSD-3-Clause */
/* What the shards have to do with what is kept: their journals, and what came back. */
#include "daemon.h"

#include <sys/statvfs.h>

#include <rte_malloc.h>

#include "clock.h"
#include "entries.h"
#include "log.h"
#include "notify.h"
#include "signals.h"

uint64_t daemon_journal_memory(const struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;
	uint64_t octets = keeping_ring_octets(conf);

	if (daemon_answers_wait(conf))
		octets += rdl_shard_waiting_memory(conf->workers, daemon_requests(conf));
	return octets;
}

int daemon_setup_journal(struct daemon *daemon, struct shard_core *core)
{
	const struct rdl_conf *conf = daemon->conf;
	uint64_t octets = keeping_ring_octets(conf);

	if (octets == 0)
		return 0;
	int node = daemon_shard_node(daemon, core->index);
	void *ring = rte_zmalloc_socket("journal", octets, RTE_CACHE_LINE_SIZE, node);
	if (ring == NULL) {
		rdl_log_error("start", "shard %u: no memory for its journal", core->index);
		return -1;
	}
	rdl_journal_ring_init(&core->journal, ring, octets);
	if (!daemon_answers_wait(conf))
		return 0;
	core->waiting = rte_zmalloc_socket("waiting",
		rdl_shard_waiting_memory(conf->workers, daemon_requests(conf)), RTE_CACHE_LINE_SIZE,
		node);
	if (core->waiting == NULL) {
		rdl_log_error("start", "shard %u: no memory for answers that wait", core->index);
		return -1;
	}
	rdl_shard_wait(&core->shard, core->waiting, conf->workers, daemon_requests(conf));
	return 0;
}

/* Of a registration in a sweep, as it is expected: what all have, a name, and its exchanges. */
#define ENTRY_OCTETS 160
/* Sweeps, as long as all registrations there may be: two, and as much for changes meanwhile. */
#define SWEEPS_KEPT 4
/* Segments that a log has at least: the one being written, the next, and one that is needed yet. */
#define SEGMENTS_KEPT 3

/* Octets of a shard's log, from which on it sweeps as fast as it can. */
static uint64_t log_octets(const struct daemon *daemon, unsigned shard)
{
	struct rdl_registry_config config;

	daemon_registry_config(daemon, shard, &config);
	return SWEEPS_KEPT * config.registrations * (ENTRY_OCTETS + config.name_octets) +
	       SEGMENTS_KEPT * RDL_JOURNAL_SEGMENT_LEN;
}

/* A disk that is too small is one that shards will stand still for. */
static void check_disk(const struct daemon *daemon)
{
	const char *path = daemon->conf->state.directory.path;
	struct keeping_figures figures;
	uint64_t need = daemon_sessions_log(daemon) + ((uint64_t)daemon->conf->state.keep_mb << 20);
	struct statvfs disk;

	for (unsigned s = 0; s < daemon->conf->shards; s++)
		need += log_octets(daemon, s);
	keeping_figures(daemon->keeping, &figures);
	if (statvfs(path, &disk) != 0)
		return;
	uint64_t have = (uint64_t)disk.f_bavail * disk.f_frsize + figures.disk_octets;
	if (have < need)
		rdl_log_warn("start",
			"the disk may become full, and changes will be shed then directory=%s "
			"needed_mb=%llu available_mb=%llu",
			path, (unsigned long long)(need >> 20), (unsigned long long)(have >> 20));
}

/* Slots that the first sweep looks at in a millisecond: some 40 MB a second of log. */
#define FIRST_SWEEP_SLOTS 250

static uint32_t first_sweep_ms(const struct shard_core *core, uint32_t every_ms)
{
	uint64_t ms = rdl_sweep_slots(core->registry) / FIRST_SWEEP_SLOTS + 1;

	return ms < every_ms ? (uint32_t)ms : every_ms;
}

/*
 * From now on changes are logged, and all that there is, too: the first thing is until when what
 * came back is kept.
 */
static void begin_keeping(struct daemon *daemon)
{
	for (unsigned s = 0; s < daemon->conf->shards; s++) {
		struct shard_core *core = daemon->owners.cores[s];
		uint32_t every_ms = daemon->conf->state.snapshot_s * 1000;
		const struct rdl_sweeps_config sweeps = {
			.every_ms = every_ms,
			.first_ms = first_sweep_ms(core, every_ms),
			.log_max = log_octets(daemon, s),
		};

		/* It was read before the recovery. */
		core->now_ms = rdl_clock_ms();
		if (keeping_no_events(daemon->conf) == NULL)
			rdl_shard_log_events(&core->shard);
		rdl_shard_keep(&core->shard, &core->journal, &sweeps, core->now_ms);
	}
}

static void list_registries(const struct daemon *daemon, struct rdl_registry *registries[])
{
	for (unsigned s = 0; s < daemon->conf->shards; s++)
		registries[s] = daemon->owners.cores[s]->registry;
}

void daemon_serve_keeping(struct daemon *daemon)
{
	struct rdl_registry *registries[SHARDS_MAX];

	if (daemon->keeping == NULL)
		return;
	list_registries(daemon, registries);
	keeping_serve(daemon->keeping, registries);
	begin_keeping(daemon);
}

/* What tells events out of the log, or why not. */
static int set_up_recall(struct daemon *daemon)
{
	struct recall_config config = { .directory = daemon->conf->state.directory.path,
		.refusal = keeping_no_events(daemon->conf),
		.facts = daemon_facts(daemon),
		.expiry_grace_s = daemon->conf->lwm2m.expiry_grace_s };

	if (daemon->feed == NULL)
		return 0;
	if (config.refusal == NULL)
		config.journal = keeping_journal(daemon->keeping);
	return recall_open(&config, &daemon->recall);
}

int daemon_setup_keeping(struct daemon *daemon)
{
	struct rdl_registry *registries[SHARDS_MAX];
	struct rdl_journal_ring *rings[SHARDS_MAX];

	if (daemon->keeping == NULL)
		return set_up_recall(daemon);
	rdl_notify_starting("reads the state");
	list_registries(daemon, registries);
	for (unsigned s = 0; s < daemon->conf->shards; s++)
		rings[s] = &daemon->owners.cores[s]->journal;
	daemon_restore_sessions(daemon);
	if (keeping_recover(daemon->keeping, registries, signals_end_asked) != 0 ||
		keeping_begin(daemon->keeping, rings) != 0)
		return -1;
	check_disk(daemon);
	return set_up_recall(daemon) == 0 ? daemon_keep_sessions(daemon) : -1;
}
