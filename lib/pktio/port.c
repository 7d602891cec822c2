/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports: found by the name that EAL knows them by, configured, started, stopped. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static bool is_driver(const struct rte_eth_dev_info *info, const char *name)
{
	return strcmp(info->driver_name, name) == 0;
}

/* For `in` workers that poll the port, of `out` that send by it. */
static int enough_queues(
	const struct rte_eth_dev_info *info, unsigned in, unsigned out, char *why, size_t why_len)
{
	bool received = info->max_rx_queues >= in;
	unsigned most = received ? info->max_tx_queues : info->max_rx_queues;

	/* The kernel has packets come in by all of its queues, whoever polls them. */
	if (is_driver(info, "net_af_packet") && info->max_rx_queues > in) {
		snprintf(why, why_len,
			"packets come in by %u queues of the %s device, and there %s %u worker%s "
			"to "
			"poll one each (qpairs=%u)",
			info->max_rx_queues, info->driver_name, in == 1 ? "is" : "are", in,
			in == 1 ? "" : "s", in);
		return -1;
	}
	if (received && most >= out)
		return 0;
	snprintf(why, why_len, "the %s device offers %u queue%s, %u workers need one each%s",
		info->driver_name, most, most == 1 ? "" : "s", received ? out : in,
		is_driver(info, "net_af_packet") ? " (add qpairs=N to the device)" : "");
	return -1;
}

/* Whose queue each is that packets come in by: of the workers that poll the port, in turn. */
static void share_queues(struct rdl_pktio *pktio, struct port *port, unsigned queues)
{
	uint8_t next = 0;

	for (unsigned q = 0; q < queues; q++) {
		struct rdl_pktio_queue *queue = &pktio->queues[q];

		if ((port->setup.polled >> q & 1) != 0)
			port->rx_queues[q] = next++;
		else
			queue->silent = queue->others |= UINT32_C(1) << (port - pktio->ports);
	}
	port->setup.queues = next;
}

static int setup_queues(struct port *port, const struct rte_eth_dev_info *info, unsigned queues)
{
	uint16_t rx_descriptors = RDL_PORT_DESCRIPTORS, tx_descriptors = RDL_PORT_DESCRIPTORS;
	int socket = rte_eth_dev_socket_id(port->id);
	unsigned node = socket < 0 ? (unsigned)SOCKET_ID_ANY : (unsigned)socket;
	int ret = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx_descriptors, &tx_descriptors);

	port->rx_descriptors = rx_descriptors;
	struct rte_eth_rxconf rx = info->default_rxconf;
	struct rte_eth_txconf tx = info->default_txconf;
	rx.offloads = port->rx_offloads;
	tx.offloads = port->tx_offloads;
	for (uint16_t q = 0; ret == 0 && q < port->setup.queues; q++)
		ret = rte_eth_rx_queue_setup(port->id, q, rx_descriptors, node, &rx, port->pool);
	for (uint16_t q = 0; ret == 0 && q < queues; q++)
		ret = rte_eth_tx_queue_setup(port->id, q, tx_descriptors, node, &tx);
	return ret;
}

/*
 * Solicitations come to group addresses: without a multicast filter of its own the port has to let
 * all of them in. And tagged frames come for any VLAN, but a virtio device lets none in that it was
 * not told of, one by one: as long as it filters at all.
 */
static int let_in(uint16_t id, const struct rte_eth_dev_info *info)
{
	bool filters_vlans = is_driver(info, "net_virtio");

	if (!filters_vlans && rte_eth_allmulticast_enable(id) == 0)
		return 0;
	int ret = rte_eth_promiscuous_enable(id);
	/* A driver that knows neither has no filter. */
	return ret == -ENOTSUP ? 0 : ret;
}

/* Drivers that share a kernel's interface say 1500, whatever that takes. */
static uint16_t mtu_of(uint16_t id, const struct rte_eth_dev_info *info)
{
	struct ifreq request = { 0 };
	uint16_t mtu = 0;
	int fd;

	(void)rte_eth_dev_get_mtu(id, &mtu);
	if (info->if_index == 0 || if_indextoname(info->if_index, request.ifr_name) == NULL)
		return mtu;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return mtu;
	if (ioctl(fd, SIOCGIFMTU, &request) == 0 && request.ifr_mtu > 0)
		mtu = request.ifr_mtu < UINT16_MAX ? (uint16_t)request.ifr_mtu : UINT16_MAX;
	close(fd);
	return mtu;
}

/* These two spread packets over as many queues as they send by, if they are not told better. */
static uint64_t polled_of(
	const struct rdl_pktio_config *config, const struct rte_eth_dev_info *info, unsigned p)
{
	struct rdl_pktio_config all = *config;

	if (is_driver(info, "net_virtio") || is_driver(info, "net_af_packet"))
		all.polled[p] = 0;
	return rdl_pktio_polled(&all, p);
}

/* The pool of a port's node, which ports before may have made. NULL without memory. */
static struct rte_mempool *pool_of(
	struct rdl_pktio *pktio, const struct rdl_pktio_config *config, unsigned p)
{
	for (unsigned i = 0; i < p; i++)
		if (config->nodes[i] == config->nodes[p])
			return pktio->ports[i].pool;
	struct rte_mempool *pool = rdl_packet_pool(config, config->nodes[p]);
	if (pool != NULL)
		pktio->pools[pktio->pool_count++] = pool;
	return pool;
}

static int start_port(struct rdl_pktio *pktio, struct port *port,
	const struct rdl_pktio_config *config, char *why, size_t why_len)
{
	unsigned queues = config->queues;
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	const char *step = "ask what it can";
	int ret = rte_eth_dev_info_get(port->id, &info);

	if (ret == 0) {
		port->setup.polled = polled_of(config, &info, (unsigned)(port - pktio->ports));
		share_queues(pktio, port, queues);
		if (enough_queues(&info, port->setup.queues, queues, why, why_len) != 0)
			return -1;
		rdl_pktio_choose(port, config, &info, &conf);
		conf.rxmode.mtu = config->mtus[port - pktio->ports];
		step = "configure";
		ret = rte_eth_dev_configure(port->id, port->setup.queues, (uint16_t)queues, &conf);
	}
	if (ret == 0) {
		step = "set up the queues of";
		ret = setup_queues(port, &info, queues);
	}
	if (ret == 0) {
		step = "start";
		ret = rte_eth_dev_start(port->id);
		port->started = ret == 0;
	}
	if (ret == 0) {
		step = "read the MAC of";
		ret = rte_eth_macaddr_get(port->id, &port->mac);
	}
	if (ret == 0) {
		step = "let multicast and tagged frames into";
		ret = let_in(port->id, &info);
		port->setup.mtu = mtu_of(port->id, &info);
	}
	if (ret != 0)
		snprintf(why, why_len, "cannot %s the port: %s", step, strerror(-ret));
	return ret;
}

/* "net_tap0,iface=x" is known as "net_tap0". */
static int find_port(const char *device, uint16_t *id)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	size_t len = strcspn(device, ",");

	if (len >= sizeof(name))
		return -ENODEV;
	memcpy(name, device, len);
	name[len] = '\0';
	return rte_eth_dev_get_port_by_name(name, id);
}

static int open_port(struct rdl_pktio *pktio, const struct rdl_pktio_config *config, unsigned p,
	char *why, size_t why_len)
{
	struct port *port = &pktio->ports[p];

	port->pool = pool_of(pktio, config, p);
	if (port->pool == NULL) {
		snprintf(why, why_len, "no memory for %u packet buffers",
			rdl_packet_pool_size(config, config->nodes[p]));
		return -1;
	}
	port->setup.buffers = config->nodes[p];
	pktio->private_room = rte_pktmbuf_priv_size(port->pool);
	if (find_port(config->devices[p], &port->id) != 0) {
		snprintf(why, why_len, "there is no such device, or its driver does not take it");
		return -1;
	}
	pktio->port_count = p + 1;
	return start_port(pktio, port, config, why, why_len);
}

struct rdl_pktio *rdl_pktio_open(
	const struct rdl_pktio_config *config, char *why, size_t why_len, unsigned *bad_port)
{
	struct rdl_pktio *pktio = calloc(1, sizeof(*pktio));
	size_t queues_len = config->queues * sizeof(*pktio->queues);

	*bad_port = 0;
	if (pktio != NULL)
		pktio->queues = aligned_alloc(RDL_CACHE_LINE, queues_len);
	if (pktio == NULL || pktio->queues == NULL) {
		snprintf(why, why_len, "out of memory");
		free(pktio);
		return NULL;
	}
	memset(pktio->queues, 0, queues_len);
	pktio->queue_count = config->queues;
	pktio->born_max = config->born;
	for (unsigned i = 0; i < config->port_count; i++) {
		*bad_port = i;
		if (open_port(pktio, config, i, why, why_len) != 0) {
			rdl_pktio_close(pktio);
			return NULL;
		}
	}
	int ret = rdl_pktio_watch(pktio);
	if (ret == 0)
		return pktio;
	snprintf(why, why_len, "cannot hear when it is taken out: %s", strerror(-ret));
	rdl_pktio_close(pktio);
	return NULL;
}

void rdl_pktio_close_port(struct port *port)
{
	if (port->started)
		(void)rte_eth_dev_stop(port->id);
	(void)rte_eth_dev_close(port->id);
	port->closed = true;
}

void rdl_pktio_close(struct rdl_pktio *pktio)
{
	if (pktio == NULL)
		return;
	rdl_pktio_watch_no_more(pktio);
	for (unsigned i = pktio->port_count; i-- > 0;)
		if (!pktio->ports[i].closed && !rdl_pktio_is_lost(pktio, i))
			rdl_pktio_close_port(&pktio->ports[i]);
	for (unsigned i = 0; i < pktio->pool_count; i++)
		rte_mempool_free(pktio->pools[i]);
	free(pktio->queues);
	free(pktio);
}

const uint8_t *rdl_pktio_mac(const struct rdl_pktio *pktio, unsigned port)
{
	return pktio->ports[port].mac.addr_bytes;
}

const struct rdl_pktio_setup *rdl_pktio_setup(const struct rdl_pktio *pktio, unsigned port)
{
	return &pktio->ports[port].setup;
}

unsigned rdl_pktio_in_use(const struct rdl_pktio *pktio)
{
	unsigned used = 0;

	for (unsigned i = 0; i < pktio->pool_count; i++)
		used += rte_mempool_in_use_count(pktio->pools[i]);
	return used;
}

bool rdl_pktio_has_link(const struct rdl_pktio *pktio, unsigned port)
{
	struct rte_eth_link link = { 0 };

	return !rdl_pktio_is_asked(pktio, port) &&
	       rte_eth_link_get_nowait(pktio->ports[port].id, &link) == 0 &&
	       link.link_status == RTE_ETH_LINK_UP;
}

void rdl_pktio_health(const struct rdl_pktio *pktio, unsigned port, struct rdl_pktio_health *health)
{
	uint16_t id = pktio->ports[port].id;
	struct rte_eth_stats stats = { 0 };

	/* Drivers wait long for registers that are no more there. */
	if (rdl_pktio_is_asked(pktio, port)) {
		*health = (struct rdl_pktio_health){ 0 };
		return;
	}
	health->there = rte_eth_dev_is_removed(id) == 0;
	health->link = rdl_pktio_has_link(pktio, port);
	/* A driver that counts nothing has lost nothing that anybody knows of. */
	(void)rte_eth_stats_get(id, &stats);
	health->rx_missed = stats.imissed;
	health->rx_no_buffer = stats.rx_nombuf;
	health->rx_errors = stats.ierrors;
	health->tx_errors = stats.oerrors;
}
