/* SPDX-License-Identifier: BSD-3-Clause */
/* A gateway that stands still: cores, counters and ports are as the test sets them. */
#ifndef RDL_TEST_MONITOR_FIXTURE_H
#define RDL_TEST_MONITOR_FIXTURE_H

#include "support.h"

#include <stdlib.h>

#include <rte_cycles.h>

#include "eal.h"
#include "heard.h"
#include "monitor.h"
#include "own_clock.h"

#define WORKERS 2
#define SHARDS 2

static struct worker worker[WORKERS];
static struct shard_core core[SHARDS];
static struct rdl_conf conf;
static struct monitor *monitor;
static struct rdl_interface interfaces[PORTS_MAX];
static struct rdl_neighbours *neighbours;

/* In place of pktio's: what drivers say of their ports. */
static struct rdl_pktio_health driver_says[PORTS_MAX];

void rdl_pktio_health(const struct rdl_pktio *pktio, unsigned port, struct rdl_pktio_health *health)
{
	assert_null(pktio);
	*health = driver_says[port];
}

bool rdl_pktio_has_link(const struct rdl_pktio *pktio, unsigned port)
{
	return driver_says[port].link;
}

static inline void stand(struct load *load, uint64_t ms)
{
	load->last = rte_rdtsc() - ms * (rte_get_tsc_hz() / 1000);
}

static inline void all_go_on(void)
{
	for (unsigned w = 0; w < WORKERS; w++)
		stand(&worker[w].load, 0);
	for (unsigned s = 0; s < SHARDS; s++)
		stand(&core[s].load, 0);
}

/* What is said at one look, at which all but the cores that `stand` go on. */
static inline const char *look(void)
{
	listen_to();
	monitor_look(monitor);
	return heard();
}

/* They have no addresses until a test gives them some. */
static inline struct rdl_neighbours *begin_neighbours(unsigned ports)
{
	static const struct rdl_key key = { 1, 2 };
	size_t len = (rdl_neighbours_memory(8) + RDL_CACHE_LINE - 1) / RDL_CACHE_LINE;
	void *memory = aligned_alloc(RDL_CACHE_LINE, len * RDL_CACHE_LINE);

	assert_non_null(memory);
	memset(memory, 0, len * RDL_CACHE_LINE);
	free(neighbours);
	neighbours = rdl_neighbours_init(memory, 8, interfaces, ports, &key);
	return neighbours;
}

/* `ports` of them, whose drivers have no complaint. */
static inline void begin_with(unsigned ports)
{
	static const struct worker *workers[WORKERS] = { &worker[0], &worker[1] };
	static struct owners owners = { .count = SHARDS, .cores = { &core[0], &core[1] } };
	const struct watched watched = { .conf = &conf,
		.interfaces = interfaces,
		.neighbours = begin_neighbours(ports),
		.workers = workers,
		.owners = &owners };

	memset(worker, 0, sizeof(worker));
	memset(core, 0, sizeof(core));
	conf.workers = WORKERS;
	conf.shards = SHARDS;
	conf.port_count = ports;
	conf.memory.registrations = 100;
	/* What was said by another test is forgotten by the gates. */
	own_clock_pass(1000000);
	all_go_on();
	monitor = monitor_open(&watched);
	assert_non_null(monitor);
}

static inline int end(void **state)
{
	monitor_close(monitor);
	free(neighbours);
	monitor = NULL;
	neighbours = NULL;
	return 0;
}

#endif
