/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gateway of fuzz_burst.c: a pipeline, a shard on a real registry under EAL, a clock; and what
 * holds between inputs.
 */
#ifndef RDL_FUZZ_BURST_GATEWAY_H
#define RDL_FUZZ_BURST_GATEWAY_H

#include <unistd.h>

#include "burst_events.h"
#include "burst_packets.h"
#include "burst_replies.h"
#include "shard.h"

/* From rte_eal.h: nothing here sees a header of DPDK's. */
int rte_eal_init(int argc, char **argv);

#define LOCATIONS 8
#define REGISTRATIONS 6
#define LIFETIME_MAX_S 3600
#define EXCHANGE_LIFETIME_S 247
#define BODY_MAX 1000
#define SEED 99
#define HORIZON_MS (UINT64_C(1) << 41) /* a registry's clock goes further, but not for ever */

static const struct rdl_key list_key = { 31, 32 }, block_key = { 41, 42 };
static struct rdl_speck location_key; /* gateway_start() */
static const struct rdl_admission_config no_limits = { .shards = 1 };

static struct rdl_policy *policy;
static struct rdl_pipeline pipeline;
static struct rdl_shard shard;
static struct rdl_refusals refusals;
static void *memory;
static uint64_t epoch_ms, now_ms;

static inline struct rdl_pipeline_config pipeline_config(void)
{
	return (struct rdl_pipeline_config){
		.interfaces = interfaces,
		.shards = 1,
		.location_key = location_key,
		.slots = rdl_registry_slots(REGISTRATIONS),
		.list_key = list_key,
		.exchange_seed = SEED,
		.known_seed = SEED + 1,
		.block_key = block_key,
		.reply_salt = SALT,
		.transfers = 8,
		.max_payload = BODY_MAX,
		.transfer_lifetime_s = 93,
		.refusals = &refusals,
		.memory = memory,
	};
}

static inline void make_registry(void)
{
	struct rdl_registry_config config = {
		.registrations = REGISTRATIONS,
		.slots = rdl_registry_slots(REGISTRATIONS),
		.shards = 1,
		.updates_per_s = 3,
		.exchange_lifetime_s = EXCHANGE_LIFETIME_S,
		.list_key = list_key,
		.endpoint_key = { 21, 22 },
		.socket_id = -1,
		.now_ms = now_ms,
		.ended = rdl_shard_ended,
		.ended_arg = &shard,
	};

	rdl_registry_destroy(shard.registry);
	epoch_ms = now_ms;
	rdl_shard_init(&shard, rdl_registry_create(&config), &no_limits);
	CHECK(shard.registry != NULL);
	events_start(&shard);
}

static inline void gateway_start(void)
{
	static const char *const deny[] = { "denied-*" }, *const extra[] = { "imei" };
	static const struct rdl_policy_config config = {
		.version = { 1, 1 },
		.lifetime_max_s = LIFETIME_MAX_S,
		.mandatory_objects_refuse = true,
		.diagnostics = true,
		.max_links = 128,
		.all_objects = true,
		.deny_count = 1,
		.deny = deny,
		.extra_count = 1,
		.extra = extra,
		.endpoint_key = { 21, 22 },
	};
	static char args[][24] = { "fuzz", "--no-huge", "--no-shconf", "-m", "128", "--no-pci",
		"--no-telemetry", "--log-level", "error", "--file-prefix", "" };
	char *words[RDL_ARRAY_LEN(args)];
	int count = (int)RDL_ARRAY_LEN(args);
	struct rdl_pipeline_config of_pipeline;

	snprintf(args[count - 1], sizeof(args[0]), "rdl_fuzz_%d", (int)getpid());
	for (int i = 0; i < count; i++)
		words[i] = args[i];
	CHECK(rte_eal_init(count, words) >= 0);
	rdl_speck_expand(&location_key, &(struct rdl_key){ 11, 12 });
	policy = rdl_policy_create(&config);
	CHECK(policy != NULL);
	of_pipeline = pipeline_config();
	memory = aligned_alloc(RDL_CACHE_LINE, rdl_pipeline_memory(&of_pipeline));
	CHECK(memory != NULL);
	make_registry();
}

static inline uint64_t count(const struct rdl_stats *stats, enum rdl_stat stat)
{
	return rdl_stats_get(stats, stat);
}

/* Requests to which no answer is right, though they ask for one. */
static inline uint64_t silences(void)
{
	return count(&pipeline.stats, RDL_STAT_drop_blocks_full) +
	       count(&pipeline.stats, RDL_STAT_drop_scratch_full) +
	       count(&pipeline.stats, RDL_STAT_drop_discovery_filter);
}

/* What is there is what began and has not ended. */
static inline void check_balance(void)
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
static inline unsigned units_of(const struct rdl_transfer *t)
{
	return 1 + (t->len > RDL_TRANSFER_FIRST
				   ? (t->len - RDL_TRANSFER_FIRST + RDL_TRANSFER_NEXT - 1) /
					     RDL_TRANSFER_NEXT
				   : 0);
}

/* All units are held by transfers, which are in their bucket and list, and by holders, or are free. */
static inline void check_transfers(const struct rdl_transfers *transfers)
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
static inline void check_blocks(void)
{
	CHECK(pipeline.blocks.scratch_free == UINT64_MAX);
	for (size_t i = 0; i < RDL_ARRAY_LEN(pipeline.known_lists->entries); i++)
		CHECK(pipeline.known_lists->entries[i].held == 0);
	check_transfers(&pipeline.blocks.transfers);
}

/* Lets all that is registered end: nothing of it may stay. */
static inline void drain(void)
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

/* A pipeline as new; registrations of the last input have ended. */
static inline void gateway_begin(void)
{
	struct rdl_pipeline_config config = pipeline_config();

	memset(memory, 0, rdl_pipeline_memory(&config));
	rdl_pipeline_init(&pipeline, &config);
}

static inline void gateway_end(void)
{
	check_blocks();
	drain();
}

#endif
