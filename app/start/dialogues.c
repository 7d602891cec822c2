/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests to devices as the configuration wants them: what all share, what each shard has. */
#include "daemon.h"

#include <rte_malloc.h>

#include "log.h"

static void orders_config(
	const struct daemon *daemon, unsigned shard, struct rdl_orders_config *config)
{
	const struct rdl_conf *conf = daemon->conf;
	const struct keys *keys = &daemon->keys;

	*config = (struct rdl_orders_config){
		.token_key = keys->token,
		.awaited_key = keys->awaited,
		.awaited = daemon->awaited,
		.shard = shard,
		.salt = { keys->orders.k0, keys->orders.k1 + shard },
		.orders = (uint32_t)daemon_shard_share(conf, conf->requests.outstanding, shard),
		.observations =
			(uint32_t)daemon_shard_share(conf, conf->requests.observations, shard),
		.per_endpoint = conf->requests.per_endpoint,
		.awake_s = conf->requests.awake_s,
		.max_payload = conf->requests.max_payload,
		.exchange_lifetime_s = conf->coap.exchange_lifetime_s,
		.reset_unheard = conf->requests.reset_unheard,
	};
}

uint64_t daemon_awaited_memory(const struct rdl_conf *conf)
{
	return daemon_asks_devices(conf) ? rdl_owners_memory(conf->requests.outstanding) : 0;
}

static size_t callers_ring_memory(const struct rdl_conf *conf)
{
	const struct rdl_channel_credit orders = callers_credit(conf);
	const struct rdl_channel_credit reports = dialogues_report_credit();

	return rdl_channel_memory(&orders, &reports);
}

static size_t parts_memory(const struct daemon *daemon, unsigned shard)
{
	struct rdl_orders_config config;

	orders_config(daemon, shard, &config);
	return dialogues_memory(&config, daemon->conf->workers);
}

uint64_t daemon_dialogues_memory(const struct daemon *daemon, unsigned shard)
{
	if (!daemon_asks_devices(daemon->conf))
		return 0;
	return parts_memory(daemon, shard) + callers_ring_memory(daemon->conf);
}

int daemon_setup_awaited(struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;

	if (!daemon_asks_devices(conf))
		return 0;
	void *memory = rte_zmalloc_socket("awaited", daemon_awaited_memory(conf),
		RTE_CACHE_LINE_SIZE, daemon_home_node(daemon));
	if (memory == NULL) {
		rdl_log_error("start", "no memory for requests to devices");
		return -1;
	}
	daemon->awaited = rdl_owners_init(memory, conf->requests.outstanding);
	return 0;
}

int daemon_setup_dialogues(struct daemon *daemon, struct shard_core *core)
{
	const struct rdl_conf *conf = daemon->conf;
	const struct rdl_channel_credit orders = callers_credit(conf);
	const struct rdl_channel_credit reports = dialogues_report_credit();
	uint64_t octets = daemon_dialogues_memory(daemon, core->index);
	struct rdl_orders_config config;

	if (!daemon_asks_devices(conf))
		return 0;
	core->dialogues_memory = rte_zmalloc_socket(
		"dialogues", octets, RTE_CACHE_LINE_SIZE, daemon_shard_node(daemon, core->index));
	if (core->dialogues_memory == NULL) {
		rdl_log_error("start",
			"shard %u: no memory for requests to devices: %llu MB needed", core->index,
			(unsigned long long)(octets >> 20) + 1);
		return -1;
	}
	orders_config(daemon, core->index, &config);
	dialogues_init(core, &config, core->dialogues_memory);
	/* Whoever else gives orders joins itself. */
	if (daemon->callers != NULL)
		rdl_channel_join(callers_channel(daemon->callers, core->index), &orders,
			&core->dialogues.callers, &reports,
			(char *)core->dialogues_memory + parts_memory(daemon, core->index));
	return 0;
}
