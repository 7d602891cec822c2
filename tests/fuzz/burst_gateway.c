/* SPDX-License-Identifier: BSD-3-Clause */
#include "burst_gateway.h"

#include "burst_answers.h"
#include "burst_captured.h"
#include "burst_events.h"
#include "eal.h"
#include "fuzz.h"
#include "gateway_shard.h"
#include "gateway_worker.h"

#define REGISTRATIONS 6
#define LIFETIME_MAX_S 3600
#define EXCHANGE_LIFETIME_S 247
#define HORIZON_MS (UINT64_C(1) << 41) /* a registry's clock goes further, but not for ever */

struct rdl_policy *policy;
struct rdl_pipeline pipeline;
struct rdl_shard shard;
uint64_t now_ms;
static struct rdl_refusals refusals;
static uint64_t epoch_ms;

static void make_registry(void)
{
	static const struct rdl_admission_limits limits = { .shards = 1, .updates = 3 };
	struct rdl_registry_config config = gateway_registry(REGISTRATIONS);

	config.exchange_lifetime_s = EXCHANGE_LIFETIME_S;
	config.now_ms = now_ms;
	gateway_shard_stop(&shard);
	epoch_ms = now_ms;
	gateway_shard_start(&shard, &config, &limits);
	events_start(&shard);
}

void gateway_start(void)
{
	static const char *const extra[] = { "imei" };
	struct rdl_policy_config config = gateway_policy();
	struct rdl_pipeline_config of_pipeline = gateway_worker(rdl_registry_slots(REGISTRATIONS));
	static struct rdl_interface interfaces[2];

	CHECK(eal_start(NULL) == 0);
	config.lifetime_max_s = LIFETIME_MAX_S;
	config.max_links = 128;
	config.extra_count = 1;
	config.extra = extra;
	/* The kernel shares the second port. */
	memcpy(interfaces, gateway_interfaces, sizeof(interfaces));
	interfaces[1].shared = true;
	of_pipeline.interfaces = interfaces;
	policy = rdl_policy_create(&config);
	CHECK(policy != NULL);
	of_pipeline.max_payload = BODY_MAX;
	of_pipeline.transfer_lifetime_s = 93;
	of_pipeline.refusals = &refusals;
	answers_start(&of_pipeline);
	gateway_worker_start(&pipeline, &of_pipeline);
	make_registry();
}

static uint64_t count(const struct rdl_stats *stats, enum rdl_stat stat)
{
	return rdl_stats_get(stats, stat);
}

uint64_t silences(void)
{
	return count(&pipeline.stats, RDL_STAT_drop_blocks_full) +
	       count(&pipeline.stats, RDL_STAT_drop_scratch_full) +
	       count(&pipeline.stats, RDL_STAT_drop_discovery_filter);
}

void check_balance(void)
{
	struct rdl_registry_counts counts;

	for (unsigned i = 0; i < 4; i++)
		rdl_shard_expire(&shard, now_ms);
	events_check(&shard, now_ms);
	rdl_registry_counts(shard.registry, &counts);
	CHECK(counts.registrations == count(&shard.stats, RDL_STAT_registered) -
					      count(&shard.stats, RDL_STAT_deregistered) -
					      count(&shard.stats, RDL_STAT_expired));
	CHECK(counts.registrations + counts.tombstones <= REGISTRATIONS);
}

/* Units that a transfer's octets fill. */
static unsigned units_of(const struct rdl_transfer *t)
{
	return 1 + (t->len > RDL_TRANSFER_FIRST
				   ? (t->len - RDL_TRANSFER_FIRST + RDL_TRANSFER_NEXT - 1) /
					     RDL_TRANSFER_NEXT
				   : 0);
}

/*
 * All units are held by transfers,
 * which are in their bucket and list, and by holders, or are free.
 */
static void check_transfers(const struct rdl_transfers *transfers)
{
	unsigned chained = 0, listed = 0, units = 0, held = 0;

	for (uint32_t b = 0; b <= transfers->bucket_mask; b++)
		for (uint32_t i = transfers->buckets[b]; i != UINT32_MAX; chained++) {
			const struct rdl_transfer *t =
				(const void *)(transfers->units + (size_t)i * RDL_UNIT_LEN);

			CHECK((t->request[1] & transfers->bucket_mask) == b);
			CHECK(t->listed && t->len <= BODY_MAX);
			units += units_of(t);
			i = t->bucket_next;
		}
	for (unsigned kind = 0; kind < RDL_TRANSFER_KINDS; kind++) {
		unsigned of_kind = 0;

		for (unsigned rank = 0; rank < RDL_TRANSFER_RANKS; rank++)
			for (uint32_t i = transfers->lists[kind][rank].newest; i != UINT32_MAX;
				listed++) {
				const struct rdl_transfer *t =
					(const void *)(transfers->units + (size_t)i * RDL_UNIT_LEN);

				CHECK(t->kind == kind && t->rank == rank);
				of_kind += units_of(t);
				i = t->older;
			}
		CHECK(of_kind == transfers->of_kind[kind]);
	}
	for (uint32_t i = 0; i < transfers->holders.fresh; i++)
		held += transfers->holders.holders[i].units;
	CHECK(chained == listed && units == held);
	CHECK(units + transfers->unused == transfers->unit_count);
}

/* Transfers and pieces of scratch memory are where they were. */
static void check_blocks(void)
{
	CHECK(pipeline.scratches.free == UINT64_MAX);
	for (size_t i = 0; i < RDL_ARRAY_LEN(pipeline.memo->entries); i++)
		CHECK(pipeline.memo->entries[i].held == 0);
	check_transfers(&pipeline.blocks.transfers);
}

/* Lets all that is registered end: nothing of it may stay. */
static void drain(void)
{
	struct rdl_registry_counts counts;

	now_ms += (LIFETIME_MAX_S + EXCHANGE_LIFETIME_S + 2) * UINT64_C(1000);
	check_balance();
	rdl_registry_counts(shard.registry, &counts);
	CHECK(counts.registrations == 0 && counts.tombstones == 0);
	CHECK(counts.object_lists == 0 && counts.store_octets == 0);
	if (now_ms - epoch_ms > HORIZON_MS)
		make_registry();
}

void gateway_begin(void)
{
	gateway_worker_again(&pipeline);
	captured_begin(&pipeline);
}

void gateway_end(void)
{
	captured_end(&pipeline);
	check_blocks();
	drain();
}
