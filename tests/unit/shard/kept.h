/* SPDX-License-Identifier: BSD-3-Clause */
/* The fixture's shard, with a journal. */
#ifndef RDL_TEST_SHARD_KEPT_H
#define RDL_TEST_SHARD_KEPT_H

#include "fixture.h"

#include <stdlib.h>

#include "fake_disk.h"

#define RING_LEN RDL_JOURNAL_RING_MIN

static struct fake_disk disk;

static inline void keep(uint64_t registrations, const struct rdl_sweeps_config *sweeps)
{
	const struct rdl_policy_config config = gateway_policy();

	start(registrations, &config);
	fake_disk_start(&disk, RING_LEN);
	rdl_shard_keep(&shard, &disk.ring, sweeps, EPOCH);
}

/* Takes and confirms all that there is, and tells the shard. */
static inline void catch_up(uint64_t now_ms)
{
	rdl_shard_publish(&shard, now_ms);
	fake_disk_take(&disk, UINT64_MAX);
	fake_disk_confirm(&disk, disk.count);
	rdl_shard_confirm(&shard);
}

#endif
