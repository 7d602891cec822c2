/* SPDX-License-Identifier: BSD-3-Clause */
/* Which CPU runs which roles. */
#include "daemon.h"

#include <errno.h>
#include <sched.h>

#include "log.h"
#include "steps.h"

static int usable_cpus(
	const struct rdl_conf *conf, uint16_t cpus[RDL_CONF_CPUS_MAX], unsigned *count)
{
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
	/*
	 * Of our own choice: as many as there are roles,
	 * and the last CPUs, since the system likes the first.
	 */
	unsigned wanted = conf->workers + conf->shards;
	for (unsigned cpu = CPU_SETSIZE; cpu-- > 0 && *count < wanted;)
		if (CPU_ISSET(cpu, &allowed))
			cpus[(*count)++] = (uint16_t)cpu;
	return 0;
}

int daemon_plan_lcores(struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;
	uint16_t cpus[RDL_CONF_CPUS_MAX];
	unsigned roles = conf->workers + conf->shards, count;

	if (usable_cpus(conf, cpus, &count) != 0)
		return -1;
	daemon->lcores.count = count < roles ? count : roles;
	if (count < roles)
		rdl_log_info("start", "roles share CPUs: roles=%u cpus=%u", roles, count);
	for (unsigned i = 0; i < daemon->lcores.count; i++) {
		daemon->lcores.lcore[i].id = i + 1; /* 0 is the main thread's */
		daemon->lcores.lcore[i].cpu = cpus[i];
		daemon->lcores.lcore[i].idle_sleep_us = conf->idle_sleep_us;
	}
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
