/* SPDX-License-Identifier: BSD-3-Clause */
/* What a port is asked to do, of what its driver can. */
#include "internal.h"

#include <stdio.h>

#define RX_OFFLOADS (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM)
#define TX_OFFLOADS (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM)

/*
 * Packets are spread over the queues by addresses and ports. Of fragments only the first has ports:
 * NICs take the addresses alone for all of them.
 */
static bool spread(const struct port *port, const struct rdl_pktio_config *config,
	const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	struct rte_eth_rss_conf *rss = &conf->rx_adv_conf.rss_conf;
	uint64_t hashed = (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP) & info->flow_type_rss_offloads;

	if (port->setup.queues < 2 || hashed == 0)
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

void rdl_pktio_choose(struct port *port, const struct rdl_pktio_config *config,
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
	setup->rss = spread(port, config, info, conf);
	setup->rx_ipv4_checksum = (port->rx_offloads & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) != 0;
	setup->rx_udp_checksum = (port->rx_offloads & RTE_ETH_RX_OFFLOAD_UDP_CKSUM) != 0;
	setup->tx_ipv4_checksum = (port->tx_offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0;
	setup->tx_udp_checksum = port->tx_offloads != 0;
	port->tx_flags = (setup->tx_udp_checksum ? RDL_FRAME_TX_OFFLOAD : 0) |
			 (setup->tx_ipv4_checksum ? RDL_FRAME_TX_OFFLOAD_IPV4 : 0);
}
