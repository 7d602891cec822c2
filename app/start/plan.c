/* SPDX-License-Identifier: BSD-3-Clause */
/* Which CPU runs which roles, and on which NUMA nodes that is. */
#include "daemon.h"

#include <errno.h>
#include <sched.h>

#include "device.h"
#include "log.h"
#include "steps.h"

/* The last of a node's, since the system likes the first; where that has none, the last of all. */
static unsigned last_cpu(const cpu_set_t *allowed, int node)
{
	unsigned last = 0;

	for (unsigned cpu = CPU_SETSIZE; cpu-- > 0;) {
		if (!CPU_ISSET(cpu, allowed))
			continue;
		if (node < 0 || nodes_of_cpu(cpu, &nodes_places) == node)
			return cpu;
		last = last > cpu ? last : cpu;
	}
	return last;
}

static int usable_cpus(
	const struct daemon *daemon, uint16_t cpus[RDL_CONF_CPUS_MAX], unsigned *count)
{
	const struct rdl_conf *conf = daemon->conf;
	cpu_set_t allowed;

	*count = 0;
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
		rdl_log_error("start", "cannot read the CPU affinity: %s", strerror(errno));
		return -1;
	}
	for (unsigned i = 0; i < conf->cpu_count; i++) {
		if (!CPU_ISSET(conf->cpus[i], &allowed)) {
			rdl_log_error("start",
				"%s:%u: cores: CPU %u does not exist, or this process may not use "
				"it",
				conf->cores_where.file, conf->cores_where.line, conf->cpus[i]);
			return -1;
		}
		cpus[(*count)++] = conf->cpus[i];
	}
	if (conf->cpu_count > 0)
		return 0;
	/* Of our own choice: as many as there are roles. */
	unsigned wanted = conf->workers + conf->shards;
	while (*count < wanted && CPU_COUNT(&allowed) > 0) {
		int node = nodes_wanted(daemon->nodes.ports, conf->port_count, *count);
		unsigned cpu = last_cpu(&allowed, node);

		CPU_CLR(cpu, &allowed);
		cpus[(*count)++] = (uint16_t)cpu;
	}
	return 0;
}

/* With one node, or ordinary pages, which DPDK does not tell apart, memory is just memory. */
static bool may_be_placed(const struct rdl_conf *conf)
{
	unsigned nodes = 0;

	for (int node = 0; node < NODES_MAX; node++)
		nodes += nodes_has_cpus(node, &nodes_places);
	return conf->memory.hugepages && nodes > 1;
}

static int node_of_role(const struct daemon *daemon, unsigned role)
{
	return nodes_of_cpu(daemon->lcores.lcore[role % daemon->lcores.count].cpu, &nodes_places);
}

static void plan_nodes(struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;
	struct whereabouts *nodes = &daemon->nodes;

	for (unsigned w = 0; w < conf->workers; w++)
		nodes->workers[w] = node_of_role(daemon, w);
	for (unsigned s = 0; s < conf->shards; s++)
		nodes->shards[s] = node_of_role(daemon, conf->workers + s);
	nodes->home = nodes->workers[0];
	nodes->placed = nodes->home >= 0 && may_be_placed(conf);
	nodes_share_out(
		nodes->ports, conf->port_count, nodes->workers, conf->workers, nodes->polled);
}

int daemon_plan_lcores(struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;
	uint16_t cpus[RDL_CONF_CPUS_MAX];
	unsigned roles = conf->workers + conf->shards, count;

	for (unsigned p = 0; p < conf->port_count; p++)
		daemon->nodes.ports[p] = device_node(conf->ports[p].device);
	if (usable_cpus(daemon, cpus, &count) != 0)
		return -1;
	daemon->lcores.count = count < roles ? count : roles;
	if (count < roles)
		rdl_log_info("start", "roles share CPUs: roles=%u cpus=%u", roles, count);
	for (unsigned i = 0; i < daemon->lcores.count; i++) {
		daemon->lcores.lcore[i].id = i + 1; /* 0 is the main thread's */
		daemon->lcores.lcore[i].cpu = cpus[i];
		daemon->lcores.lcore[i].idle_sleep_us = conf->idle_sleep_us;
	}
	plan_nodes(daemon);
	return 0;
}

void daemon_assign(struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;
	struct steps steps = steps_pick();

	if (steps.machine != NULL)
		rdl_log_info("start", "workers and shards run code for %s", steps.machine);
	for (unsigned w = 0; w < conf->workers; w++)
		lcores_add_role(&daemon->lcores, w,
			&(struct role){
				steps.worker, daemon->workers[w], &daemon->workers[w]->load });
	for (unsigned s = 0; s < conf->shards; s++)
		lcores_add_role(&daemon->lcores, conf->workers + s,
			&(struct role){ steps.shard, daemon->owners.cores[s],
				&daemon->owners.cores[s]->load });
}
