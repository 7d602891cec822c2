/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters and facts of the process (DPDK telemetry socket). */
#include "telemetry_internal.h"

#include <stdlib.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "log.h"
#include "version.h"

/*
 * Who is inside is counted, and nobody comes in any more once the daemon goes:
 * readers cannot keep it waiting.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t left = PTHREAD_COND_INITIALIZER;
static const struct telemetry *held;
static unsigned inside;

const struct telemetry *telemetry_hold(void)
{
	pthread_mutex_lock(&lock);
	const struct telemetry *from = held;
	inside += from != NULL;
	pthread_mutex_unlock(&lock);
	return from;
}

void telemetry_let_go(void)
{
	pthread_mutex_lock(&lock);
	if (--inside == 0)
		pthread_cond_signal(&left);
	pthread_mutex_unlock(&lock);
}

static int info(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();

	(void)cmd;
	(void)params;
	if (from == NULL)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "version", RDL_VERSION);
	rte_tel_data_add_dict_string(d, "instance", from->watched.conf->instance);
	rte_tel_data_add_dict_string(d, "boot", from->boot);
	tel_u64(d, "pid", (uint64_t)getpid());
	tel_u64(d, "uptime", (rdl_clock_ms() - from->started_ms) / 1000);
	tel_u64(d, "ports", from->watched.conf->port_count);
	tel_u64(d, "coap_port", from->watched.conf->coap.port);
	tel_u64(d, "dtls_port", from->watched.conf->dtls.port);
	tel_u64(d, "workers", from->watched.conf->workers);
	tel_u64(d, "shards", from->watched.conf->shards);
	tel_u64(d, "registrations_max", from->watched.conf->memory.registrations);
	tel_u64(d, "memory", from->memory);
	tel_u64(d, "packets_in_use", rdl_pktio_in_use(from->watched.pktio));
	tel_u64(d, "tsc_hz", rte_get_tsc_hz());
	tel_u64(d, "rules", rdl_rulebook_visit(from->rulebook)->number);
	rdl_rulebook_leave(from->rulebook);
	telemetry_let_go();
	return 0;
}

static void put_stats(
	struct rte_tel_data *d, const struct rdl_stats *stats, enum rdl_stat_type type)
{
	for (unsigned i = 0; i < RDL_STAT_COUNT; i++)
		if (rdl_stat_type((enum rdl_stat)i) == type)
			tel_u64(d, rdl_stat_name((enum rdl_stat)i),
				rdl_stats_get(stats, (enum rdl_stat)i));
}

static void put_load(struct rte_tel_data *d, const struct load *load, uint64_t ring_depth)
{
	tel_u64(d, "busy_cycles", relaxed(&load->busy_cycles));
	tel_u64(d, "idle_cycles", relaxed(&load->idle_cycles));
	tel_u64(d, "bursts", relaxed(&load->bursts));
	tel_u64(d, "ring_depth", ring_depth);
	tel_u64(d, "round_age_ms", load_age_ms(load));
}

static int stats(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();
	struct rdl_stats sum = { { 0 } };

	(void)cmd;
	(void)params;
	if (from == NULL)
		return -ENODEV;
	watched_stats(&from->watched, &sum);
	rte_tel_data_start_dict(d);
	put_stats(d, &sum, RDL_STAT_COUNTER);
	put_stats(d, &sum, RDL_STAT_GAUGE);
	tel_ports(d, from);
	telemetry_let_go();
	return 0;
}

static int worker(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();
	uint64_t depth = 0;
	int w;

	(void)cmd;
	if (from == NULL)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	w = tel_index(params, from->watched.conf->workers);
	if (w >= 0) {
		for (unsigned s = 0; s < from->watched.conf->shards; s++)
			depth += rdl_channel_waiting(&from->watched.workers[w]->shards[s]);
		put_load(d, &from->watched.workers[w]->load, depth);
		tel_u64(d, "rules", relaxed(&from->watched.workers[w]->rules_seen));
		put_stats(d, &from->watched.workers[w]->pipeline.stats, RDL_STAT_COUNTER);
	}
	telemetry_let_go();
	return 0;
}

static int shard(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();
	uint64_t depth = 0;
	int s;

	(void)cmd;
	if (from == NULL)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	s = tel_index(params, from->watched.conf->shards);
	if (s >= 0) {
		const struct shard_core *core = from->watched.owners->cores[s];

		for (unsigned w = 0; w < from->watched.conf->workers; w++)
			depth += rdl_channel_waiting(&core->workers[w]);
		put_load(d, &core->load, depth);
		tel_u64(d, "rules", relaxed(&core->rules_seen));
		put_stats(d, &core->shard.stats, RDL_STAT_GAUGE);
		put_stats(d, &core->shard.stats, RDL_STAT_COUNTER);
	}
	telemetry_let_go();
	return 0;
}

static int policy(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();
	char version[16];

	(void)cmd;
	(void)params;
	if (from == NULL)
		return -ENODEV;
	const struct rdl_rules *rules = rdl_rulebook_visit(from->rulebook);
	const struct rdl_policy_config *config = rdl_policy_config(rules->policy);
	snprintf(version, sizeof(version), "%u.%u", config->version.major, config->version.minor);
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "version", version);
	tel_u64(d, "lifetime_min", config->lifetime_min_s);
	tel_u64(d, "lifetime_max", config->lifetime_max_s);
	tel_u64(d, "expiry_grace", from->watched.conf->lwm2m.expiry_grace_s);
	rte_tel_data_add_dict_string(
		d, "security_object", config->security_object_refuse ? "refuse" : "strip");
	rte_tel_data_add_dict_string(
		d, "mandatory_objects", config->mandatory_objects_refuse ? "refuse" : "accept");
	tel_u64(d, "sms_msisdn", config->sms_msisdn);
	tel_u64(d, "text_plain", config->text_plain);
	tel_u64(d, "keep_attributes", config->keep_attributes);
	tel_u64(d, "diagnostics", config->diagnostics);
	tel_u64(d, "max_links", config->max_links);
	tel_u64(d, "all_objects", config->all_objects);
	tel_u64(d, "objects", config->object_count);
	tel_u64(d, "extra_parameters", config->extra_count);
	tel_u64(d, "known_only", config->known_only);
	tel_u64(d, "known_endpoints", config->known_count);
	tel_u64(d, "deny_patterns", config->deny_count);
	tel_u64(d, "admission_registers_per_s", rules->limits.registers_per_s);
	tel_u64(d, "admission_burst", rules->limits.burst);
	tel_u64(d, "admission_per_prefix", rules->limits.per_prefix);
	tel_u64(d, "admission_updates", rules->limits.updates);
	rte_tel_data_add_dict_string(
		d, "unknown_code", config->unknown_forbidden ? "4.03" : "4.00");
	rdl_rulebook_leave(from->rulebook);
	telemetry_let_go();
	return 0;
}

int telemetry_start(const struct telemetry *telemetry)
{
	static const struct {
		const char *cmd;
		telemetry_cb fn;
		const char *help;
	} commands[] = {
		{ "/rdline/info", info, "The process: version, instance, cores, capacity." },
		{ "/rdline/stats", stats, "All counters, summed over all cores." },
		{ "/rdline/worker", worker, "Counters and load of one worker. Parameter: number" },
		{ "/rdline/shard", shard, "Counters and load of one shard. Parameter: number" },
		{ "/rdline/latency", telemetry_latency,
			"How long replies took: a histogram of all workers." },
		{ "/rdline/port", telemetry_port,
			"One port: its link, and what its NIC has lost. Parameter: number" },
		{ "/rdline/neighbours", telemetry_neighbours,
			"A page of routers and others on the links. Parameter: cursor" },
		{ "/rdline/dtls", telemetry_dtls, "Handshakes, sessions, credentials." },
		{ "/rdline/state", telemetry_state, "What is kept across a restart: its logs." },
		{ "/rdline/requests", telemetry_requests,
			"Requests to devices: what became of them, and of those who asked." },
		{ "/rdline/control", telemetry_control, "The control socket: its connections." },
		{ "/rdline/events", telemetry_events,
			"The event stream: its subscribers, and what was lost." },
		{ "/rdline/policy", policy, "What this server accepts." },
		{ "/rdline/registration", telemetry_registration,
			"One registration. Parameter: endpoint name, percent-encoded" },
		{ "/rdline/objects", telemetry_objects,
			"A page of a registration's object list. Parameters: endpoint name, "
			"cursor" },
		{ "/rdline/registrations", telemetry_registrations,
			"A page of endpoint names. Parameter: cursor, of the page before" },
	};

	pthread_mutex_lock(&lock);
	held = telemetry;
	pthread_mutex_unlock(&lock);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(commands); i++) {
		int ret = rte_telemetry_register_cmd(
			commands[i].cmd, commands[i].fn, commands[i].help);

		if (ret != 0) {
			rdl_log_error("start", "cannot register telemetry command %s: %s",
				commands[i].cmd, strerror(-ret));
			return -1;
		}
	}
	return 0;
}

void telemetry_stop(void)
{
	pthread_mutex_lock(&lock);
	held = NULL;
	while (inside > 0)
		pthread_cond_wait(&left, &lock);
	pthread_mutex_unlock(&lock);
	telemetry_end();
}
