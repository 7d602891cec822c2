/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports over the telemetry socket, as the main thread last saw them. */
#include "telemetry_internal.h"

#include <stdlib.h>

int tel_index(const char *params, unsigned count)
{
	char *end;
	unsigned long n;

	if (params == NULL || *params < '0' || *params > '9')
		return -1;
	n = strtoul(params, &end, 10);
	return *end == '\0' && n < count ? (int)n : -1;
}

static void put_port(struct rte_tel_data *d, const struct monitor_port *port)
{
	tel_u64(d, "nic_rx_missed", relaxed(&port->rx_missed));
	tel_u64(d, "nic_rx_no_buffer", relaxed(&port->rx_no_buffer));
	tel_u64(d, "nic_rx_errors", relaxed(&port->rx_errors));
	tel_u64(d, "nic_tx_errors", relaxed(&port->tx_errors));
}

void tel_ports(struct rte_tel_data *d, const struct telemetry *from)
{
	struct monitor_port sum = { 0 };

	for (unsigned p = 0; p < from->watched.conf->port_count; p++) {
		const struct monitor_port *port = monitor_port(from->monitor, p);

		sum.link += relaxed(&port->link);
		sum.rx_missed += relaxed(&port->rx_missed);
		sum.rx_no_buffer += relaxed(&port->rx_no_buffer);
		sum.rx_errors += relaxed(&port->rx_errors);
		sum.tx_errors += relaxed(&port->tx_errors);
	}
	tel_u64(d, "ports", from->watched.conf->port_count);
	tel_u64(d, "links_up", sum.link);
	put_port(d, &sum);
}

void tel_mac(struct rte_tel_data *d, const uint8_t mac[6])
{
	char text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		mac[3], mac[4], mac[5]);
	rte_tel_data_add_dict_string(d, "mac", text);
}

static void put_setup(struct rte_tel_data *d, const struct rdl_pktio *pktio, unsigned p)
{
	const struct rdl_pktio_setup *setup = rdl_pktio_setup(pktio, p);

	rte_tel_data_add_dict_string(d, "driver", setup->driver);
	tel_mac(d, rdl_pktio_mac(pktio, p));
	rte_tel_data_add_dict_int(d, "node", setup->node);
	rte_tel_data_add_dict_int(d, "buffers_node", setup->buffers);
	tel_u64(d, "mtu", setup->mtu);
	tel_u64(d, "queues", setup->queues);
	tel_u64(d, "workers", setup->polled);
	tel_u64(d, "rss", setup->rss);
	tel_u64(d, "rx_ipv4_checksum", setup->rx_ipv4_checksum);
	tel_u64(d, "rx_udp_checksum", setup->rx_udp_checksum);
	tel_u64(d, "tx_ipv4_checksum", setup->tx_ipv4_checksum);
	tel_u64(d, "tx_udp_checksum", setup->tx_udp_checksum);
}

int telemetry_port(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();
	int p;

	(void)cmd;
	if (from == NULL)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	p = tel_index(params, from->watched.conf->port_count);
	if (p >= 0) {
		const struct rdl_conf_port *conf = &from->watched.conf->ports[p];
		const char *device = conf->device;
		const struct monitor_port *state = monitor_port(from->monitor, (unsigned)p);

		tel_encoded(d, "device", "device_parts",
			(struct rdl_span){ (const uint8_t *)device, strlen(device) });
		tel_u64(d, "there", relaxed(&state->there));
		tel_u64(d, "link", relaxed(&state->link));
		put_port(d, state);
		if (conf->exception != RDL_CONF_EXCEPTION_NONE)
			rte_tel_data_add_dict_string(
				d, "exception_interface", conf->exception_interface);
		put_setup(d, from->watched.pktio, (unsigned)p);
	}
	telemetry_let_go();
	return 0;
}
