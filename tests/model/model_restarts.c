/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_restarts.h"

#include "fake_disk.h"
#include "gateway_shard.h"
#include "identities_made.h"
#include "model_compare.h"
#include "model_registration.h"
#include "model_sessions.h"

/* What one burst puts is less than half of it. */
#define JOURNAL_RING (UINT64_C(1) << 24)
#define SWEEP_MS 20000
/* No fewer shards: stores are as full here as they can be. */
#define RESTARTED_MAX 4

static struct fake_disk disks[SHARDS];

void journals_start(void)
{
	const struct rdl_sweeps_config sweeps = { SWEEP_MS, SWEEP_MS, UINT64_MAX };

	for (unsigned s = 0; s < SHARDS; s++) {
		fake_disk_start(&disks[s], JOURNAL_RING);
		rdl_shard_keep(&shards[s], &disks[s].ring, &sweeps, epoch_ms);
	}
}

void journals_stop(void)
{
	for (unsigned s = 0; s < SHARDS; s++)
		fake_disk_stop(&disks[s]);
}

void journal_write(unsigned s)
{
	uint64_t sweeps = rdl_stats_get(&shards[s].stats, RDL_STAT_sweeps);

	/* Enough rounds for sweeps to end. */
	for (unsigned i = 0; i < 8; i++) {
		rdl_shard_publish(&shards[s], now_ms);
		fake_disk_take(&disks[s], UINT64_MAX);
	}
	if (rdl_stats_get(&shards[s].stats, RDL_STAT_sweeps) != sweeps) {
		fake_disk_forget(&disks[s]);
		happened(KIND_swept);
	}
}

static struct rdl_registry *fresh(unsigned shard, unsigned count, struct rdl_identities *restarted)
{
	struct rdl_registry_config config = registry_config();

	config.shard = shard;
	config.shards = count;
	config.identities = restarted;
	struct rdl_registry *registry = rdl_registry_create(&config);
	CHECK(registry != NULL);
	return registry;
}

/* A restart has numbers of its own for them. */
static void check_identity(uint32_t *number, const struct rdl_identities *restarted, unsigned owner)
{
	uint8_t octets[2][RDL_IDENTITY_MAX];
	size_t len = rdl_identities_octets(restarted, *number, octets[0]);

	CHECK(rdl_identities_mode(restarted, *number) ==
		rdl_identities_mode(identities, number_of(owner)));
	CHECK(rdl_identities_octets(identities, number_of(owner), octets[1]) == len);
	CHECK(memcmp(octets[0], octets[1], len) == 0);
	*number = number_of(owner);
}

/* Every one is somebody's that lives. Returns how many there are. */
static unsigned compare_all_of(
	const struct rdl_registry *registry, const struct rdl_identities *restarted)
{
	struct rdl_registration registration;
	unsigned listed = 0, budget = UINT32_MAX;
	uint64_t cursor = 0;

	for (;;) {
		rdl_handle handle = rdl_registry_next(registry, &cursor, now_ms, &budget);

		if (handle == RDL_HANDLE_NONE)
			return listed;
		rdl_registry_describe(registry, handle, &registration);
		const struct endpoint *e = endpoint_of(registration.endpoint);
		CHECK(alive(e));
		check_identity(&registration.identity, restarted, e->owner);
		compare_one(e, &registration);
		listed++;
	}
}

void compare_restarted(void)
{
	struct rdl_identities *restarted = identities_made(ENDPOINTS);
	struct rdl_registry *registries[RESTARTED_MAX];
	unsigned count = (unsigned)(SHARDS + dice(RESTARTED_MAX - SHARDS + 1));
	unsigned living = 0, listed = 0;

	for (unsigned i = 0; i < count; i++)
		registries[i] = fresh(i, count, restarted);
	struct rdl_recovery *recovery = rdl_recovery_create(registries, count);
	CHECK(recovery != NULL);
	for (unsigned s = 0; s < SHARDS; s++)
		fake_disk_recover(&disks[s], disks[s].count, recovery, now_ms);
	fake_disk_recovered(recovery, now_ms);
	rdl_recovery_destroy(recovery);
	for (unsigned i = 0; i < ENDPOINTS; i++)
		living += alive(&endpoints[i]);
	for (unsigned i = 0; i < count; i++)
		listed += compare_all_of(registries[i], restarted);
	CHECK(listed == living);
	for (unsigned i = 0; i < count; i++)
		rdl_registry_destroy(registries[i]);
	free(restarted);
	happened(KIND_restarted);
}
