/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nodes: the machine's NUMA nodes: which CPUs and PCI functions are on which, and what follows from
 * it for who runs where and polls what. A node that is not known is -1. By the main thread, at the
 * start.
 */
#ifndef RDL_NODES_H
#define RDL_NODES_H

#include "base.h"

#define NODES_MAX 32

/* Folders: of CPUs, of PCI functions, and of the nodes. */
struct nodes_places {
	const char *cpus, *devices, *nodes;
};
/* The kernel's. */
extern const struct nodes_places nodes_places;

/* Whether a node has CPUs: of others DPDK knows nothing. */
bool nodes_has_cpus(int node, const struct nodes_places *places);
int nodes_of_cpu(unsigned cpu, const struct nodes_places *places);
/* `name` as "0000:01:00.0". -1, too, where the node has no CPUs. */
int nodes_of_pci(const char *name, const struct nodes_places *places);
/* MB of a node's hugepages that are free. */
uint64_t nodes_free_mb(int node, const struct nodes_places *places);

/*
 * Which node the CPU of role `role` had best be on: workers and shards take turns on the nodes that
 * ports are on. -1: any.
 */
int nodes_wanted(const int ports[], unsigned port_count, unsigned role);

/*
 * Which workers poll each port, a bit each: those of its node alone, if every port has some and
 * every worker is left with some; otherwise all poll all.
 */
void nodes_share_out(const int ports[], unsigned port_count, const int workers[],
	unsigned worker_count, uint64_t polled[]);

/* Of the workers in the set, how many are on other nodes than this one. */
unsigned nodes_far(int port, const int workers[], uint64_t polled);

#endif
