/* SPDX-License-Identifier: BSD-3-Clause */
#include "vhost.h"

#include <stdio.h>
#include <stdlib.h>

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define DESCRIPTORS 256 /* each way */
#define BUFFERS (4 * DESCRIPTORS - 1)
#define ETHERNET_LEN 14
#define TCP_CHECKSUM 16 /* where TCP has it; UDP's is elsewhere */
#define OFFLOADS                                                       \
	(RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM | \
		RTE_ETH_TX_OFFLOAD_MULTI_SEGS)

struct rdl_vhost {
	char name[RTE_ETH_NAME_MAX_LEN]; /* DPDK's of the device; empty: there is none */
	uint16_t id; /* the same of its port */
	struct rte_mempool *pool;
};

static int make_device(struct rdl_vhost *vhost, const struct rdl_vhost_config *config)
{
	const uint8_t *mac = config->mac;
	char name[RTE_ETH_NAME_MAX_LEN], arguments[256];

	snprintf(name, sizeof(name), "net_virtio_user_beside%u", config->number);
	snprintf(arguments, sizeof(arguments),
		"path=%s,iface=%s,queues=1,queue_size=%u,mac=%02x:%02x:%02x:%02x:%02x:%02x",
		RDL_VHOST_PATH, config->interface, DESCRIPTORS, mac[0], mac[1], mac[2], mac[3],
		mac[4], mac[5]);
	int ret = rte_eal_hotplug_add("vdev", name, arguments);
	if (ret != 0)
		return ret;
	memcpy(vhost->name, name, sizeof(name));
	return rte_eth_dev_get_port_by_name(name, &vhost->id);
}

static int start(struct rdl_vhost *vhost, int node)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	unsigned place = node < 0 ? (unsigned)SOCKET_ID_ANY : (unsigned)node;
	int ret = rte_eth_dev_info_get(vhost->id, &info);

	if (ret != 0)
		return ret;
	conf.txmode.offloads = info.tx_offload_capa & OFFLOADS;
	ret = rte_eth_dev_configure(vhost->id, 1, 1, &conf);
	if (ret == 0)
		ret = rte_eth_rx_queue_setup(vhost->id, 0, DESCRIPTORS, place, NULL, vhost->pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(vhost->id, 0, DESCRIPTORS, place, NULL);
	return ret == 0 ? rte_eth_dev_start(vhost->id) : ret;
}

struct rdl_vhost *rdl_vhost_open(const struct rdl_vhost_config *config, char *why, size_t len)
{
	struct rdl_vhost *vhost = calloc(1, sizeof(*vhost));
	char name[RTE_MEMPOOL_NAMESIZE];
	const char *step = "make";
	int ret = -ENOMEM;

	snprintf(name, sizeof(name), "rdl_beside%u", config->number);
	if (vhost != NULL)
		vhost->pool = rte_pktmbuf_pool_create(
			name, BUFFERS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, config->node);
	if (vhost != NULL && vhost->pool != NULL)
		ret = make_device(vhost, config);
	if (ret == 0) {
		step = "start";
		ret = start(vhost, config->node);
	}
	if (ret == 0)
		return vhost;
	snprintf(why, len, "cannot %s the interface %s by %s: %s", step, config->interface,
		RDL_VHOST_PATH, strerror(-ret));
	rdl_vhost_close(vhost);
	return NULL;
}

void rdl_vhost_close(struct rdl_vhost *vhost)
{
	if (vhost == NULL)
		return;
	if (vhost->name[0] != '\0') {
		(void)rte_eth_dev_stop(vhost->id);
		(void)rte_eal_hotplug_remove("vdev", vhost->name);
	}
	rte_mempool_free(vhost->pool);
	free(vhost);
}

/*
 * In several buffers where it is longer than one, as what was put together from fragments is. NULL
 * when there are not as many.
 */
static struct rte_mbuf *copy_of(struct rdl_vhost *vhost, const struct rdl_foreign_frame *frame)
{
	struct rte_mbuf *first = NULL;
	unsigned len;

	for (unsigned at = 0; at < frame->len; at += len) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(vhost->pool);

		if (m == NULL) {
			rte_pktmbuf_free(first);
			return NULL;
		}
		len = RTE_MIN((unsigned)frame->len - at, (unsigned)rte_pktmbuf_tailroom(m));
		memcpy(rte_pktmbuf_append(m, (uint16_t)len), frame->data + at, len);
		if (first == NULL)
			first = m;
		else
			(void)rte_pktmbuf_chain(first, m); /* fails of hundreds alone */
	}
	return first;
}

bool rdl_vhost_write(struct rdl_vhost *vhost, const struct rdl_foreign_frame *frame)
{
	struct rte_mbuf *m = copy_of(vhost, frame);

	if (m == NULL)
		return false;
	if (frame->checksum_start != 0) {
		uint16_t l3_len = (uint16_t)(frame->checksum_start - ETHERNET_LEN);

		/* Who makes it goes by where it stands, whatever is between. */
		m->tx_offload = rte_mbuf_tx_offload(ETHERNET_LEN, l3_len, 0, 0, 0, 0, 0);
		m->ol_flags = frame->checksum_offset == TCP_CHECKSUM ? RTE_MBUF_F_TX_TCP_CKSUM
								     : RTE_MBUF_F_TX_UDP_CKSUM;
	}
	if (rte_eth_tx_burst(vhost->id, 0, &m, 1) == 1)
		return true;
	rte_pktmbuf_free(m);
	return false;
}

int rdl_vhost_read(struct rdl_vhost *vhost, uint8_t *frame, size_t most)
{
	struct rte_mbuf *m;

	if (rte_eth_rx_burst(vhost->id, 0, &m, 1) == 0)
		return 0;
	uint32_t len = m->pkt_len;
	if (len <= most) {
		const void *octets = rte_pktmbuf_read(m, 0, len, frame);

		/* In one buffer, it was not copied yet. */
		if (octets != frame)
			memcpy(frame, octets, len);
	}
	rte_pktmbuf_free(m);
	return len <= most ? (int)len : (int)most + 1;
}
