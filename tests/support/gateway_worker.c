/* SPDX-License-Identifier: BSD-3-Clause */
#include "gateway_worker.h"

#include <stdlib.h>

#include "check.h"

const struct rdl_interface gateway_interfaces[2] = {
	{ .mac = { 0x02, 0, 0, 0, 0, 0x01 },
		.udp_port_count = 1,
		.udp_ports = { 5683 },
		.ipv4_count = 2,
		.ipv4 = { 0xc0000201, 0xc6336401 },
		.ipv6_count = 1,
		.ipv6 = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } } },
	{ .mac = { 0x02, 0, 0, 0, 0, 0x02 },
		.udp_port_count = 1,
		.udp_ports = { 15683 },
		.vlan = 100,
		.ipv4_count = 1,
		.ipv4 = { 0xcb007101 } },
};

const struct rdl_interface gateway_plain = { .mac = { 0x02, 0, 0, 0, 0, 0x01 },
	.udp_port_count = 1,
	.udp_ports = { 5683 },
	.ipv4_count = 1,
	.ipv4 = { 0xc0000201 } };

struct rdl_pipeline_config gateway_worker(unsigned slots)
{
	return (struct rdl_pipeline_config){
		.interfaces = gateway_interfaces,
		.shards = 1,
		.location_key = gateway_location_key(),
		.slots = slots,
		.list_key = gateway_list_key,
		.exchange_seed = 99,
		.memo_seed = 98,
		.block_key = { 41, 42 },
		.reply_salt = SALT,
		.transfers = 8,
		.max_payload = 8192,
		.transfer_lifetime_s = 247,
	};
}

static void begin(struct rdl_pipeline *pipeline, const struct rdl_pipeline_config *config)
{
	memset(config->memory, 0, rdl_pipeline_memory(config));
	rdl_pipeline_init(pipeline, config);
}

void gateway_worker_start(struct rdl_pipeline *pipeline, const struct rdl_pipeline_config *config)
{
	struct rdl_pipeline_config whole = *config;

	whole.memory = aligned_alloc(RDL_CACHE_LINE, rdl_pipeline_memory(config));
	CHECK(whole.memory != NULL);
	begin(pipeline, &whole);
}

void gateway_worker_again(struct rdl_pipeline *pipeline)
{
	struct rdl_pipeline_config config = pipeline->config;

	begin(pipeline, &config);
}

void gateway_worker_stop(struct rdl_pipeline *pipeline)
{
	free(pipeline->config.memory);
	pipeline->config.memory = NULL;
}
