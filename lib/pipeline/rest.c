/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams of several records (RFC 6347 section 4.1.1) taken apart. */
#include "layer.h"
#include "pipeline_internal.h"

/* Records of a datagram that are looked at, beside the first. */
#define RECORDS_MORE 3

/* False: there is no frame for it. */
static bool take_record(struct rdl_pipeline *pipeline, const struct rdl_frame *whole,
	const uint8_t *record, uint16_t len)
{
	struct rdl_burst *burst = &pipeline->burst;
	struct rdl_frame *part;

	if (burst->rest_count == RDL_REST_MAX)
		return false;
	part = pipeline->config.make(pipeline->config.context, whole->port, whole->len);
	if (part == NULL)
		return false;
	rdl_net_part(whole, record, len, part);
	burst->rest[burst->rest_count++] = part;
	return true;
}

void rdl_pipeline_take_rest(
	struct rdl_pipeline *pipeline, const struct rdl_frame *whole, uint8_t *rest, uint16_t len)
{
	for (unsigned n = 0; len > 0; n++) {
		struct rdl_dtls_record record;

		if (rdl_dtls_record_read(rest, len, &record) != RDL_OK) {
			rdl_stats_add(&pipeline->stats, RDL_STAT_drop_dtls_record, 1);
			return;
		}
		uint16_t record_len = (uint16_t)(record.body + record.body_len - rest);
		if (n == RECORDS_MORE || !take_record(pipeline, whole, rest, record_len)) {
			rdl_stats_add(&pipeline->stats, RDL_STAT_drop_dtls_rest, 1);
			return;
		}
		rest += record_len;
		len = (uint16_t)(len - record_len);
	}
}
