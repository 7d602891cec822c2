/* SPDX-License-Identifier: BSD-3-Clause */
/* The table laid out in its memory. */
#include "internal.h"

#include <assert.h>

struct layout {
	uint64_t open_max, slots, buckets;
	size_t bucket_at, places_at, aead_at, rows_at, end;
};

static unsigned owned(const struct rdl_dtls_config *config)
{
	return (RDL_DTLS_PARTITIONS - 1 - config->worker) / config->workers + 1;
}

/*
 * A peer's worker follows from its address, so a worker's share of the sessions is binomial with
 * mean m: it exceeds m + 7 sqrt(m) + 8 with a chance below e^-23.
 */
static uint64_t share_of(const struct rdl_dtls_config *config)
{
	uint64_t mean = config->sessions / config->workers + 1, root = 1;

	while (root * root < mean)
		root++;
	return mean + 7 * root + 8;
}

static struct layout layout_of(const struct rdl_dtls_config *config)
{
	struct layout layout = { .open_max = share_of(config) };
	uint64_t all = layout.open_max + config->handshakes;

	layout.slots = (all + owned(config) - 1) / owned(config);
	layout.buckets = rdl_power_of_two(all);
	(void)rdl_lay(&layout.end, sizeof(struct rdl_dtls));
	layout.bucket_at = rdl_lay(&layout.end, layout.buckets * sizeof(uint32_t));
	layout.places_at = rdl_lay(&layout.end, rdl_dtls_places_memory(config->handshakes));
	layout.aead_at = rdl_lay(&layout.end, rdl_aead_memory());
	layout.rows_at = rdl_lay(
		&layout.end, owned(config) * layout.slots * sizeof(struct rdl_dtls_session));
	return layout;
}

static bool fits(const struct rdl_dtls_config *config)
{
	return config->sessions <= UINT32_MAX / 2 && layout_of(config).slots < 1u << 24;
}

size_t rdl_dtls_memory(const struct rdl_dtls_config *config)
{
	return fits(config) ? layout_of(config).end : 0;
}

struct rdl_dtls *rdl_dtls_init(const struct rdl_dtls_config *config, void *memory)
{
	struct layout layout = layout_of(config);
	struct rdl_dtls *dtls = memory;
	char *start = memory;

	assert(config->worker < config->workers && config->workers <= UINT8_MAX);
	assert(config->handshakers > 0 && fits(config));
	*dtls = (struct rdl_dtls){
		.config = *config,
		.slots = (uint32_t)layout.slots,
		.open_max = (uint32_t)layout.open_max,
		.free = RDL_DTLS_NONE,
		.fresh = (uint32_t)config->worker << 24,
		.generation = 1,
		.hand = (uint32_t)config->worker << 24,
		.bucket_mask = (uint32_t)layout.buckets - 1,
		.buckets = (void *)(start + layout.bucket_at),
		.parcels.share = config->parcels / RDL_DTLS_SHARE + 1,
		.newest = RDL_DTLS_NONE,
		.oldest = RDL_DTLS_NONE,
	};
	memset(dtls->buckets, 0xff, layout.buckets * sizeof(uint32_t));
	rdl_dtls_cookies_init(&dtls->cookies, &config->cookie_key, 0);
	rdl_speck_expand(&dtls->cid, &config->cid_key);
	rdl_dtls_places_init(&dtls->places, config->handshakes, start + layout.places_at);
	dtls->aead = rdl_aead_init(start + layout.aead_at);
	for (unsigned row = 0; row < owned(config); row++)
		dtls->rows[config->worker + row * config->workers] =
			(struct rdl_dtls_session *)(void *)(start + layout.rows_at) +
			row * layout.slots;
	return dtls->aead != NULL ? dtls : NULL;
}
