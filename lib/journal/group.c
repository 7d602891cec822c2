/* SPDX-License-Identifier: BSD-3-Clause */
#include "journal_internal.h"

#define MAGIC "rdlgroup"

/* Where the parts of a header begin. */
enum {
	AT_MAGIC = 0,
	AT_LEN = 8,
	AT_ENTRIES = 12,
	AT_RUN_ID = 16,
	AT_SHARD = 32,
	AT_FIRST = 40,
	AT_CONFIRMED = 48,
	AT_BASE = 56,
	AT_RUN_MS = 64,
	AT_BOOT_MS = 72,
	AT_WALL_MS = 80,
	AT_REST = 88, /* zero */
	AT_CRC = 124,
};
static_assert(AT_CRC + 4 == RDL_JOURNAL_GROUP_HEAD, "a group's header ends with its CRC");

static uint32_t get32(const uint8_t *octets)
{
	uint32_t value;

	memcpy(&value, octets, sizeof(value));
	return value;
}

static uint64_t get64(const uint8_t *octets)
{
	uint64_t value;

	memcpy(&value, octets, sizeof(value));
	return value;
}

static uint32_t crc_of(const uint8_t *octets, uint32_t len)
{
	return rdl_journal_crc(
		rdl_journal_crc(0, octets, AT_CRC), octets + RDL_JOURNAL_GROUP_HEAD, len);
}

void rdl_journal_group_seal(uint8_t *octets, const struct rdl_journal_identity *identity,
	const struct rdl_journal_group *group)
{
	uint32_t shard = identity->shard, crc;

	memset(octets, 0, RDL_JOURNAL_GROUP_HEAD);
	memcpy(octets + AT_MAGIC, MAGIC, 8);
	memcpy(octets + AT_LEN, &group->len, 4);
	memcpy(octets + AT_ENTRIES, &group->entries, 4);
	memcpy(octets + AT_RUN_ID, identity->run_id, RDL_JOURNAL_ID_LEN);
	memcpy(octets + AT_SHARD, &shard, 4);
	memcpy(octets + AT_FIRST, &group->first, 8);
	memcpy(octets + AT_CONFIRMED, &group->confirmed, 8);
	memcpy(octets + AT_BASE, &group->base, 8);
	memcpy(octets + AT_RUN_MS, &group->stamp.run_ms, 8);
	memcpy(octets + AT_BOOT_MS, &group->stamp.boot_ms, 8);
	memcpy(octets + AT_WALL_MS, &group->stamp.wall_ms, 8);
	crc = crc_of(octets, group->len);
	memcpy(octets + AT_CRC, &crc, 4);
}

bool rdl_journal_group_open(const uint8_t *octets, const struct rdl_journal_identity *identity,
	struct rdl_journal_group *group)
{
	if (memcmp(octets + AT_MAGIC, MAGIC, 8) != 0 ||
		memcmp(octets + AT_RUN_ID, identity->run_id, RDL_JOURNAL_ID_LEN) != 0 ||
		get32(octets + AT_SHARD) != identity->shard)
		return false;
	*group = (struct rdl_journal_group){
		.len = get32(octets + AT_LEN),
		.entries = get32(octets + AT_ENTRIES),
		.first = get64(octets + AT_FIRST),
		.confirmed = get64(octets + AT_CONFIRMED),
		.base = get64(octets + AT_BASE),
		.stamp = { get64(octets + AT_RUN_MS), get64(octets + AT_BOOT_MS),
			get64(octets + AT_WALL_MS) },
	};
	return group->len <= RDL_JOURNAL_GROUP_MAX - RDL_JOURNAL_GROUP_HEAD && group->first > 0 &&
	       group->first <= INT64_MAX && group->confirmed < group->first;
}

bool rdl_journal_group_check(const uint8_t *octets, const struct rdl_journal_group *group)
{
	return crc_of(octets, group->len) == get32(octets + AT_CRC);
}
