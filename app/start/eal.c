/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's environment, brought up from the configuration: users never write its arguments. */
#include "daemon.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "device.h"
#include "dpdk_log.h"
#include "instance.h"
#include "log.h"
#include "prestart.h"
#include "signals.h"

#define ARGS_MAX 128

struct args {
	int count;
	char *items[ARGS_MAX];
};

static void add(struct args *args, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct args *args, const char *format, ...)
{
	va_list list;
	char *text = NULL;

	va_start(list, format);
	if (args->count == ARGS_MAX - 1 || vasprintf(&text, format, list) < 0)
		text = NULL;
	va_end(list);
	if (text != NULL)
		args->items[args->count++] = text;
}

static void free_args(struct args *args)
{
	while (args->count > 0)
		free(args->items[--args->count]);
}

/* MB of each node; returns the sum. */
static uint64_t whole_mb(const struct daemon *daemon, uint32_t mb[NODES_MAX])
{
	struct node_memory memory;
	uint64_t sum = 0;

	daemon_dpdk_memory(daemon, &memory);
	for (unsigned n = 0; n < NODES_MAX; n++) {
		mb[n] = memory.octets[n] > 0 ? (uint32_t)(memory.octets[n] >> 20) + 1 : 0;
		sum += mb[n];
	}
	return sum;
}

/* MB to give to DPDK, of each node, and the sum, or 0 after saying what is missing. */
static uint32_t memory_mb(const struct daemon *daemon, uint32_t of_nodes[NODES_MAX])
{
	const struct rdl_conf *conf = daemon->conf;
	uint64_t need = whole_mb(daemon, of_nodes), mb = conf->memory.mb;
	int home = daemon_home_node(daemon);

	if (mb == 0)
		mb = need;
	if (mb < need) {
		rdl_log_error("start",
			"%s:%u: memory.mb = %llu is too small: %llu registrations on %u port(s) "
			"need %llu",
			conf->memory.where.file, conf->memory.where.line, (unsigned long long)mb,
			(unsigned long long)conf->memory.registrations, conf->port_count,
			(unsigned long long)need);
		return 0;
	}
	/* What is more than needed, all share. */
	of_nodes[home >= 0 ? home : 0] += (uint32_t)(mb - need);
	if (prestart_memory(conf, mb) != 0 ||
		(home >= 0 && prestart_node_memory(conf, of_nodes) != 0))
		return 0;
	return (uint32_t)mb;
}

static void add_devices(struct args *args, const struct rdl_conf *conf)
{
	bool any_pci = false;

	for (unsigned i = 0; i < conf->port_count; i++) {
		any_pci |= device_is_pci(conf->ports[i].device);
		add(args, device_is_pci(conf->ports[i].device) ? "--allow=%s%s" : "--vdev=%s%s",
			conf->ports[i].device, conf->ports[i].device_more);
	}
	/* Otherwise DPDK would take every NIC that it finds. */
	if (!any_pci)
		add(args, "--no-pci");
}

static void cpu_list(const cpu_set_t *set, char *text, size_t len)
{
	size_t used = 0;

	for (unsigned cpu = 0; cpu < CPU_SETSIZE && used < len; cpu++)
		if (CPU_ISSET(cpu, set))
			used += (size_t)snprintf(
				text + used, len - used, "%s%u", used > 0 ? "," : "", cpu);
}

/*
 * The main thread and DPDK's helpers, which inherit its affinity, keep off the polling CPUs where
 * there are others.
 */
static void add_lcores(struct args *args, const struct daemon *daemon)
{
	cpu_set_t all, rest;
	char main_cpus[4096] = "0", text[8192];
	size_t used;

	if (sched_getaffinity(0, sizeof(all), &all) == 0) {
		rest = all;
		for (unsigned i = 0; i < daemon->lcores.count; i++)
			CPU_CLR(daemon->lcores.lcore[i].cpu, &rest);
		if (CPU_COUNT(&rest) == 0)
			rest = all;
		(void)sched_setaffinity(0, sizeof(rest), &rest);
		cpu_list(&rest, main_cpus, sizeof(main_cpus));
	}
	used = (size_t)snprintf(text, sizeof(text), "0@(%s)", main_cpus);
	for (unsigned i = 0; i < daemon->lcores.count && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, ",%u@%u",
			daemon->lcores.lcore[i].id, daemon->lcores.lcore[i].cpu);
	add(args, "--lcores=%s", text);
}

static void log_args(const struct args *args)
{
	char line[900];
	size_t used = 0;

	for (int i = 1; i < args->count && used < sizeof(line); i++)
		used += (size_t)snprintf(
			line + used, sizeof(line) - used, "%s%s", i > 1 ? " " : "", args->items[i]);
	rdl_log_debug("start", "EAL arguments: %s", line);
}

/* Linux 5.14; an older one does it at the first touch, most of which is at the start as well. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* As much as takes a few hundredths of a second, between two looks at whether to go on. */
#define POPULATE_AT_ONCE ((size_t)32 << 20)

static int populate_segment(
	const struct rte_memseg_list *list, const struct rte_memseg *segment, size_t len, void *arg)
{
	(void)list;
	(void)arg;
	for (size_t done = 0; done < len && !signals_end_asked(); done += POPULATE_AT_ONCE) {
		size_t part = len - done < POPULATE_AT_ONCE ? len - done : POPULATE_AT_ONCE;

		if (madvise((char *)segment->addr + done, part, MADV_POPULATE_WRITE) == 0)
			continue;
		if (errno == EINVAL)
			return 0;
		rdl_log_error(
			"start", "memory: cannot have %zu MB: %s", len >> 20, strerror(errno));
		return -1;
	}
	return 0;
}

/* Ordinary pages are only promised until they are written: now, and not when devices come. */
static int populate(const struct rdl_conf *conf)
{
	return conf->memory.hugepages ? 0 : rte_memseg_contig_walk(populate_segment, NULL);
}

static int check_ports(const struct rdl_conf *conf)
{
	for (unsigned i = 0; i < conf->port_count; i++)
		if (device_check(&conf->ports[i], conf->memory.hugepages) != 0)
			return -1;
	return 0;
}

/* --socket-mem=64,128 where it is placed, else -m 192. */
static void add_memory(
	struct args *args, const struct daemon *daemon, uint32_t mb, const uint32_t of_nodes[])
{
	char list[NODES_MAX * 11], said[NODES_MAX * 32];
	size_t used = 0, told = 0;

	if (!daemon->nodes.placed) {
		add(args, "-m");
		add(args, "%u", mb);
		return;
	}
	for (unsigned n = 0; n < NODES_MAX; n++) {
		if (!nodes_has_cpus((int)n, &nodes_places) && of_nodes[n] == 0)
			continue;
		told += (size_t)snprintf(
			said + told, sizeof(said) - told, " node%u_mb=%u", n, of_nodes[n]);
	}
	for (unsigned n = 0; n < NODES_MAX; n++)
		used += (size_t)snprintf(
			list + used, sizeof(list) - used, "%s%u", n > 0 ? "," : "", of_nodes[n]);
	add(args, "--socket-mem=%s", list);
	rdl_log_info("start", "memory is placed by NUMA node%s", said);
}

static void add_all(
	struct args *args, const struct daemon *daemon, uint32_t mb, const uint32_t of_nodes[])
{
	const struct rdl_conf *conf = daemon->conf;

	add(args, "rdline");
	add(args, "--file-prefix=%s", conf->instance);
	if (conf->memory.hugepages) {
		add(args, "--in-memory");
	} else {
		/* --in-memory is refused without hugepages; this is its equal. */
		add(args, "--no-huge");
		add(args, "--no-shconf");
	}
	add_memory(args, daemon, mb, of_nodes);
	if (conf->log_level < RDL_CONF_LOG_DEBUG)
		add(args, "--log-level=warning");
	add_lcores(args, daemon);
	add_devices(args, conf);
	for (unsigned i = 0; i < conf->eal_extra.count; i++)
		add(args, "%s", conf->eal_extra.items[i]);
	log_args(args);
}

/* The operator wants to hear more from DPDK than we do. */
static bool is_verbose(const struct rdl_conf *conf)
{
	for (unsigned i = 0; i < conf->eal_extra.count; i++)
		if (strncmp(conf->eal_extra.items[i], "--log-level", 11) == 0)
			return true;
	return false;
}

/* EAL takes its memory, which may be many seconds' worth, and cannot be told to stop. */
static int init(const struct daemon *daemon, struct args *args)
{
	const char *const made[] = { daemon->conf->events.socket.path, daemon->conf->control.path,
		instance_telemetry_path() };
	char *argv[ARGS_MAX];

	/* It reorders and keeps what it is given. */
	memcpy(argv, args->items, sizeof(argv));
	signals_may_leave(made, RDL_ARRAY_LEN(made));
	int ret = rte_eal_init(args->count, argv);
	signals_may_not_leave();
	return ret;
}

int daemon_eal(struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;
	static struct args args; /* EAL refers to them for as long as it runs */
	uint32_t mb, of_nodes[NODES_MAX];

	dpdk_log_open(is_verbose(conf));
	if (check_ports(conf) != 0)
		return -1;
	mb = memory_mb(daemon, of_nodes);
	if (mb == 0 || signals_end_asked())
		return -1;
	add_all(&args, daemon, mb, of_nodes);
	if (init(daemon, &args) < 0) {
		rdl_log_error("start", "DPDK did not come up%s", dpdk_log_reason());
		free_args(&args);
		return -1;
	}
	if (instance_check_telemetry(conf) != 0 || populate(conf) != 0 || signals_end_asked()) {
		telemetry_stop();
		rte_eal_cleanup();
		return -1;
	}
	return 0;
}
