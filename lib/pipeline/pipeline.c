/* SPDX-License-Identifier: BSD-3-Clause */
#include "pipeline_internal.h"

void rdl_pipeline_init(struct rdl_pipeline *pipeline, const struct rdl_pipeline_config *config)
{
	uint8_t *memory = config->memory;

	memset(pipeline, 0, sizeof(*pipeline));
	pipeline->config = *config;
	if (memory == NULL)
		return;
	pipeline->memo = config->memory;
	rdl_policy_memo_init(pipeline->memo, config->memo_seed, &config->list_key);
	if (config->transfers == 0)
		return;
	memory += sizeof(*pipeline->memo);
	rdl_blocks_init(&pipeline->blocks, config->transfers, config->max_payload,
		config->transfer_lifetime_s, memory);
	memory += rdl_blocks_memory(config->transfers, config->max_payload);
	rdl_scratches_init(&pipeline->scratches, config->max_payload, memory);
}

size_t rdl_pipeline_memory(const struct rdl_pipeline_config *config)
{
	size_t memo = sizeof(struct rdl_policy_memo);

	if (config->transfers == 0)
		return memo;
	return memo + rdl_blocks_memory(config->transfers, config->max_payload) +
	       rdl_scratches_memory(config->max_payload);
}

void rdl_pipeline_shed(struct rdl_pipeline *pipeline, struct rdl_packet *packet)
{
	const struct rdl_request *request = &packet->request;
	enum rdl_stat stat = RDL_STAT_drop_shed_update;

	if (request->operation == RDL_OPERATION_REGISTER)
		stat = RDL_STAT_drop_shed_register;
	else if (request->operation == RDL_OPERATION_DEREGISTER)
		stat = RDL_STAT_drop_shed_deregister;
	rdl_stats_add(&pipeline->stats, stat, 1);
	rdl_pipeline_note_shed(pipeline, request, stat);
	if (RDL_UNLIKELY(pipeline->capture != NULL))
		rdl_pipeline_capture_shed(pipeline, packet, stat);
	rdl_pipeline_let_go(pipeline, packet);
}
