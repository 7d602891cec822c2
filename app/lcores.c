/* SPDX-License-Identifier: BSD-3-Clause */
/* Which CPU runs which roles, and the loop that runs them. */
#include "daemon.h"

#include <errno.h>
#include <sched.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "log.h"

/* Empty rounds before an idle core sleeps, where it may: replies under way come back meanwhile. */
#define ROUNDS_BEFORE_SLEEP 64

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
	daemon->lcore_count = count < roles ? count : roles;
	if (count < roles)
		rdl_log_info("start", "roles share CPUs: roles=%u cpus=%u", roles, count);
	for (unsigned i = 0; i < daemon->lcore_count; i++) {
		daemon->lcores[i].id = i + 1; /* 0 is the main thread's */
		daemon->lcores[i].cpu = cpus[i];
		daemon->lcores[i].idle_sleep_us = conf->idle_sleep_us;
		daemon->lcores[i].daemon = daemon;
	}
	return 0;
}

uint64_t load_age_ms(const struct load *load)
{
	uint64_t last = __atomic_load_n(&load->last, __ATOMIC_RELAXED), now = rte_rdtsc();

	/* Clocks of two cores may differ a little. */
	return now > last ? (now - last) / (rte_get_tsc_hz() / 1000) : 0;
}

/* A role's turn, or a pause, that took so many cycles and ended at `now`. */
static void account(struct load *load, bool worked, uint64_t cycles, uint64_t now)
{
	uint64_t *sum = worked ? &load->busy_cycles : &load->idle_cycles;

	__atomic_store_n(sum, *sum + cycles, __ATOMIC_RELAXED);
	__atomic_store_n(&load->last, now, __ATOMIC_RELAXED);
	if (worked)
		__atomic_store_n(&load->bursts, load->bursts + 1, __ATOMIC_RELAXED);
}

/* Shards answer what is under way before they end, so workers end first. */
static bool finished(const struct daemon *daemon)
{
	return __atomic_load_n(&daemon->stopping, __ATOMIC_RELAXED) != 0 &&
	       __atomic_load_n(&daemon->workers_left, __ATOMIC_ACQUIRE) == 0;
}

static int run(void *self)
{
	struct lcore *lcore = self;
	struct timespec pause = { .tv_sec = lcore->idle_sleep_us / 1000000,
		.tv_nsec = (long)(lcore->idle_sleep_us % 1000000) * 1000 };
	unsigned empty = 0;
	uint64_t then = rte_rdtsc();

	while (!finished(lcore->daemon)) {
		bool worked = false;

		for (unsigned r = 0; r < lcore->role_count; r++) {
			struct role *role = &lcore->roles[r];
			bool did = role->step(role->self);
			uint64_t now = rte_rdtsc();

			account(role->load, did, now - then, now);
			then = now;
			worked |= did;
		}
		empty = worked ? 0 : empty + 1;
		if (lcore->idle_sleep_us > 0 && empty > ROUNDS_BEFORE_SLEEP) {
			nanosleep(&pause, NULL);
			/* Sleep is idle time, and not the next round's. */
			uint64_t now = rte_rdtsc();
			account(lcore->roles[0].load, false, now - then, now);
			then = now;
		}
	}
	__atomic_add_fetch(&lcore->daemon->lcores_ended, 1, __ATOMIC_RELEASE);
	return 0;
}

void daemon_add_role(
	struct daemon *daemon, unsigned index, bool (*step)(void *), void *self, struct load *load)
{
	struct lcore *lcore = &daemon->lcores[index % daemon->lcore_count];

	__atomic_store_n(
		&load->last, rte_rdtsc(), __ATOMIC_RELAXED); /* telemetry may ask already */
	lcore->roles[lcore->role_count++] = (struct role){ step, self, load };
}

void daemon_assign(struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;

	for (unsigned w = 0; w < conf->workers; w++)
		daemon_add_role(
			daemon, w, worker_step, daemon->workers[w], &daemon->workers[w]->load);
	for (unsigned s = 0; s < conf->shards; s++)
		daemon_add_role(daemon, conf->workers + s, shard_core_step, daemon->shard_cores[s],
			&daemon->shard_cores[s]->load);
}

int daemon_launch(struct daemon *daemon)
{
	daemon->workers_left = daemon->conf->workers;
	for (unsigned i = 0; i < daemon->lcore_count; i++) {
		int ret = rte_eal_remote_launch(run, &daemon->lcores[i], daemon->lcores[i].id);

		if (ret != 0) {
			rdl_log_error("start", "cannot launch lcore %u: %s", daemon->lcores[i].id,
				strerror(-ret));
			/* Those that run must not wait for workers that never will. */
			__atomic_store_n(&daemon->workers_left, 0, __ATOMIC_RELEASE);
			return -1;
		}
	}
	return 0;
}

void daemon_join(struct daemon *daemon)
{
	__atomic_store_n(&daemon->stopping, 1, __ATOMIC_RELAXED);
	rte_eal_mp_wait_lcore();
	/*
	 * What they did last is seen from here on,
	 * also by tools that cannot look into EAL's own waiting.
	 */
	(void)__atomic_load_n(&daemon->lcores_ended, __ATOMIC_ACQUIRE);
}
