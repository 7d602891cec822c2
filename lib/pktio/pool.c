/* SPDX-License-Identifier: BSD-3-Clause */
/* The packets' memory: how many buffers there must be, how large, and how they lie. */
#include "internal.h"

#include <stdio.h>
#include <unistd.h>

#include <rte_mbuf_pool_ops.h>

#define POOL_CACHE 256
/* A driver may fill a whole frame whatever the MTU says. */
#define RX_ROOM_MIN 2048
#define XDP_DRIVER "net_af_xdp"

uint64_t rdl_pktio_polled(const struct rdl_pktio_config *config, unsigned port)
{
	uint64_t all = UINT64_MAX >> (64 - config->queues);

	return config->polled[port] != 0 ? config->polled[port] & all : all;
}

/* Whoever polls no port of the node has none of its packets under way. */
unsigned rdl_packet_pool_size(const struct rdl_pktio_config *config, int node)
{
	unsigned queues = config->queues, in_ports = 0;
	uint64_t polling = 0;

	for (unsigned p = 0; p < config->port_count; p++) {
		uint64_t polled = rdl_pktio_polled(config, p);

		if (config->nodes[p] != node)
			continue;
		polling |= polled;
		in_ports +=
			(queues + (unsigned)__builtin_popcountll(polled)) * RDL_PORT_DESCRIPTORS;
	}
	unsigned workers = (unsigned)__builtin_popcountll(polling);
	return in_ports + (config->in_flight * workers + queues - 1) / queues +
	       queues * config->born + (queues + 1) * 2 * POOL_CACHE;
}

static uint16_t private_room(const struct rdl_pktio_config *config)
{
	return (uint16_t)RTE_ALIGN_CEIL(config->private_len, RTE_MBUF_PRIV_ALIGN);
}

/*
 * The kernel takes no XDP buffer longer than a page, the mempool's and the mbuf's headers included,
 * and the driver says that they lie side by side, which between pages and with padding they would
 * not: so each is a page. It is no rule for others, as all headers then fall into the same few
 * lines of the cache.
 */
static bool page_each(const struct rdl_pktio_config *config)
{
	for (unsigned i = 0; i < config->port_count; i++)
		if (strncmp(config->devices[i], XDP_DRIVER, strlen(XDP_DRIVER)) == 0)
			return true;
	return false;
}

static unsigned pool_flags(const struct rdl_pktio_config *config)
{
	return page_each(config) ? RTE_MEMPOOL_F_NO_SPREAD : 0;
}

static uint16_t data_room(const struct rdl_pktio_config *config)
{
	uint16_t room = config->room < RX_ROOM_MIN ? RX_ROOM_MIN : config->room;
	unsigned before = (unsigned)sizeof(struct rte_mbuf) + private_room(config);
	struct rte_mempool_objsz size;

	if (!page_each(config))
		return (uint16_t)(room + RTE_PKTMBUF_HEADROOM);
	(void)rte_mempool_calc_obj_size(before, pool_flags(config), &size);
	return (uint16_t)((unsigned)sysconf(_SC_PAGESIZE) - size.header_size - before);
}

static uint32_t element_size(const struct rdl_pktio_config *config)
{
	return (uint32_t)sizeof(struct rte_mbuf) + private_room(config) + data_room(config);
}

/* A pool lets no object cross a page that it need not cross. */
uint64_t rdl_pktio_memory(const struct rdl_pktio_config *config, int node)
{
	uint64_t object = rte_mempool_calc_obj_size(element_size(config), pool_flags(config), NULL),
		 objects = rdl_packet_pool_size(config, node);
	bool any = false;

	for (unsigned p = 0; p < config->port_count; p++)
		any |= config->nodes[p] == node;
	if (!any)
		return 0;
	uint64_t pages = object > config->page
				 ? objects * RTE_ALIGN_CEIL(object, config->page) / config->page
				 : objects / (config->page / object) + 1;

	return pages * config->page + (1u << 20);
}

/* The memory may come in pieces that only physically are apart. */
static bool in_one_piece(const struct rte_mempool *pool)
{
	const struct rte_mempool_memhdr *piece;
	const char *end = NULL;

	STAILQ_FOREACH(piece, &pool->mem_list, next)
	{
		if (end != NULL && piece->addr != end)
			return false;
		end = (const char *)piece->addr + piece->len;
	}
	return true;
}

/* As rte_pktmbuf_pool_create() does it, which takes no flags. */
struct rte_mempool *rdl_packet_pool(const struct rdl_pktio_config *config, int node)
{
	char name[RTE_MEMPOOL_NAMESIZE] = "rdl_packets";
	struct rte_pktmbuf_pool_private packets = {
		.mbuf_data_room_size = data_room(config),
		.mbuf_priv_size = private_room(config),
	};

	/* That of the first port has the plain name. */
	if (node != config->nodes[0])
		snprintf(name, sizeof(name), "rdl_node%d_packets", node);
	struct rte_mempool *pool = rte_mempool_create_empty(name,
		rdl_packet_pool_size(config, node), element_size(config), POOL_CACHE,
		sizeof(packets), node, pool_flags(config));
	if (pool == NULL)
		return NULL;
	if (rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL) == 0) {
		rte_pktmbuf_pool_init(pool, &packets);
		if (rte_mempool_populate_default(pool) >= 0 &&
			(!page_each(config) || in_one_piece(pool))) {
			(void)rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
			return pool;
		}
	}
	rte_mempool_free(pool);
	return NULL;
}
