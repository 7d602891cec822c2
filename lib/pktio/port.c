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

#define RX_OFFLOADS (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM)
#define TX_OFFLOADS (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM)

static int enough_queues(
	const struct rte_eth_dev_info *info, unsigned queues, char *why, size_t why_len)
{
	unsigned most = info->max_rx_queues < info->max_tx_queues ? info->max_rx_queues
								  : info->max_tx_queues;

	if (most >= queues)
		return 0;
	snprintf(why, why_len, "the %s device offers %u queue%s, %u workers need one each%s",
		info->driver_name, most, most == 1 ? "" : "s", queues,
		strcmp(info->driver_name, "net_af_packet") == 0 ? " (add qpairs=N to the device)"
								: "");
	return -1;
}

static int setup_queues(const struct rdl_pktio *pktio, struct port *port,
	const struct rte_eth_dev_info *info, unsigned queues)
{
	uint16_t rx_descriptors = RDL_PORT_DESCRIPTORS, tx_descriptors = RDL_PORT_DESCRIPTORS;
	int socket = rte_eth_dev_socket_id(port->id);
	unsigned node = socket < 0 ? (unsigned)SOCKET_ID_ANY : (unsigned)socket;
	int ret = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx_descriptors, &tx_descriptors);

	port->rx_descriptors = rx_descriptors;
	for (uint16_t q = 0; ret == 0 && q < queues; q++) {
		struct rte_eth_rxconf rx = info->default_rxconf;
		struct rte_eth_txconf tx = info->default_txconf;

		rx.offloads = port->rx_offloads;
		tx.offloads = port->tx_offloads;
		ret = rte_eth_rx_queue_setup(port->id, q, rx_descriptors, node, &rx, pktio->pool);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(port->id, q, tx_descriptors, node, &tx);
	}
	return ret;
}

/*
 * Solicitations come to group addresses: without a multicast filter of its own the port has to let
 * all of them in. And tagged frames come for any VLAN, but a virtio device lets none in that it was
 * not told of, one by one: as long as it filters at all.
 */
static int let_in(uint16_t id, const struct rte_eth_dev_info *info)
{
	bool filters_vlans = strcmp(info->driver_name, "net_virtio") == 0;

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

/*
 * Packets are spread over the queues by addresses and ports. Of fragments only the first has ports:
 * NICs take the addresses alone for all of them.
 */
static bool spread(const struct rdl_pktio_config *config, const struct rte_eth_dev_info *info,
	struct rte_eth_conf *conf)
{
	struct rte_eth_rss_conf *rss = &conf->rx_adv_conf.rss_conf;
	uint64_t hashed = (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP) & info->flow_type_rss_offloads;

	if (config->queues < 2 || hashed == 0)
		return false;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	rss->rss_hf = hashed;
	if (info->hash_key_size > 0 && info->hash_key_size <= RDL_PKTIO_RSS_KEY) {
		/* DPDK's interface is not const; drivers copy it. */
		memcpy(&rss->rss_key, &config->rss_key, sizeof(rss->rss_key));
		rss->rss_key_len = info->hash_key_size;
	}
	return true;
}

/* Of what the driver can do, what is of use. */
static void choose(struct port *port, const struct rdl_pktio_config *config,
	const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	struct rdl_pktio_setup *setup = &port->setup;

	port->rx_offloads = info->rx_offload_capa & RX_OFFLOADS;
	port->tx_offloads = info->tx_offload_capa & TX_OFFLOADS;
	/* A header's checksum alone is not worth what the port has to be told. */
	if ((port->tx_offloads & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) == 0)
		port->tx_offloads = 0;
	conf->rxmode.offloads = port->rx_offloads;
	conf->txmode.offloads = port->tx_offloads;
	setup->driver = info->driver_name;
	snprintf(port->device, sizeof(port->device), "%s", rte_dev_name(info->device));
	setup->node = rte_eth_dev_socket_id(port->id);
	setup->queues = (uint16_t)config->queues;
	setup->rss = spread(config, info, conf);
	setup->rx_ipv4_checksum = (port->rx_offloads & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) != 0;
	setup->rx_udp_checksum = (port->rx_offloads & RTE_ETH_RX_OFFLOAD_UDP_CKSUM) != 0;
	setup->tx_ipv4_checksum = (port->tx_offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0;
	setup->tx_udp_checksum = port->tx_offloads != 0;
	port->tx_flags = (setup->tx_udp_checksum ? RDL_FRAME_TX_OFFLOAD : 0) |
			 (setup->tx_ipv4_checksum ? RDL_FRAME_TX_OFFLOAD_IPV4 : 0);
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
		if (enough_queues(&info, queues, why, why_len) != 0)
			return -1;
		choose(port, config, &info, &conf);
		conf.rxmode.mtu = config->mtus[port - pktio->ports];
		step = "configure";
		ret = rte_eth_dev_configure(port->id, (uint16_t)queues, (uint16_t)queues, &conf);
	}
	if (ret == 0) {
		step = "set up the queues of";
		ret = setup_queues(pktio, port, &info, queues);
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
	pktio->pool = rdl_packet_pool(config);
	if (pktio->pool == NULL) {
		snprintf(why, why_len, "no memory for %u packet buffers",
			rdl_packet_pool_size(config));
		rdl_pktio_close(pktio);
		return NULL;
	}
	pktio->private_room = rte_pktmbuf_priv_size(pktio->pool);
	for (unsigned i = 0; i < config->port_count; i++) {
		struct port *port = &pktio->ports[i];

		*bad_port = i;
		if (find_port(config->devices[i], &port->id) != 0) {
			snprintf(why, why_len,
				"there is no such device, or its driver does not take it");
			rdl_pktio_close(pktio);
			return NULL;
		}
		pktio->port_count = i + 1;
		if (start_port(pktio, port, config, why, why_len) != 0) {
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
	rte_mempool_free(pktio->pool);
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
	return rte_mempool_in_use_count(pktio->pool);
}

void rdl_pktio_health(const struct rdl_pktio *pktio, unsigned port, struct rdl_pktio_health *health)
{
	uint16_t id = pktio->ports[port].id;
	struct rte_eth_link link = { 0 };
	struct rte_eth_stats stats = { 0 };

	/* Drivers wait long for registers that are no more there. */
	if (rdl_pktio_is_asked(pktio, port)) {
		*health = (struct rdl_pktio_health){ 0 };
		return;
	}
	health->there = rte_eth_dev_is_removed(id) == 0;
	health->link =
		rte_eth_link_get_nowait(id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
	/* A driver that counts nothing has lost nothing that anybody knows of. */
	(void)rte_eth_stats_get(id, &stats);
	health->rx_missed = stats.imissed;
	health->rx_no_buffer = stats.rx_nombuf;
	health->rx_errors = stats.ierrors;
	health->tx_errors = stats.oerrors;
}
