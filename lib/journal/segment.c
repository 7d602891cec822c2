/* SPDX-License-Identifier: BSD-3-Clause */
#include "journal_internal.h"

#define MAGIC "rdlsegmt"
#define CUT_MAGIC "rdl-cut\n"

/* Where the parts of a header begin. These two and the CRC are there in any format. */
enum {
	AT_MAGIC = 0,
	AT_FORMAT = 8,
	AT_SHARD = 10,
	AT_SHARDS = 12,
	AT_BEFORE_SHARDS = 14,
	AT_RUN_ID = 16,
	AT_BOOT_ID = 32,
	AT_SEGMENT = 48,
	AT_RUN = 52,
	AT_SEGMENT_LEN = 56,
	AT_BEFORE = 64,
	AT_ENDS = 72,
	AT_ORIGIN = AT_ENDS + 8 * RDL_JOURNAL_SHARDS_MAX, /* zero in older logs */
	AT_CRC = RDL_JOURNAL_BLOCK - 4,
};
static_assert(AT_ORIGIN + 8 <= AT_CRC, "the ends fit into a block");
enum { AT_CUT_END = 8 };

static void seal(uint8_t block[RDL_JOURNAL_BLOCK])
{
	uint32_t crc = rdl_journal_crc(0, block, AT_CRC);

	memcpy(block + AT_CRC, &crc, 4);
}

static bool is_sealed(const uint8_t block[RDL_JOURNAL_BLOCK], const char *magic)
{
	uint32_t crc;

	memcpy(&crc, block + AT_CRC, 4);
	return memcmp(block + AT_MAGIC, magic, 8) == 0 && rdl_journal_crc(0, block, AT_CRC) == crc;
}

void rdl_journal_header_write(
	uint8_t block[RDL_JOURNAL_BLOCK], const struct rdl_journal_header *header)
{
	uint16_t format = RDL_JOURNAL_FORMAT;

	memset(block, 0, RDL_JOURNAL_BLOCK);
	memcpy(block + AT_MAGIC, MAGIC, 8);
	memcpy(block + AT_FORMAT, &format, 2);
	memcpy(block + AT_SHARD, &header->identity.shard, 2);
	memcpy(block + AT_SHARDS, &header->shards, 2);
	memcpy(block + AT_BEFORE_SHARDS, &header->before_shards, 2);
	memcpy(block + AT_RUN_ID, header->identity.run_id, RDL_JOURNAL_ID_LEN);
	memcpy(block + AT_BOOT_ID, header->boot_id, RDL_JOURNAL_ID_LEN);
	memcpy(block + AT_SEGMENT, &header->segment, 4);
	memcpy(block + AT_RUN, &header->run, 4);
	memcpy(block + AT_SEGMENT_LEN, &header->segment_len, 8);
	memcpy(block + AT_BEFORE, &header->before, 4);
	memcpy(block + AT_ENDS, header->ends, 8 * (size_t)header->before_shards);
	memcpy(block + AT_ORIGIN, &header->origin, 8);
	seal(block);
}

enum rdl_journal_header_kind rdl_journal_header_read(
	const uint8_t block[RDL_JOURNAL_BLOCK], struct rdl_journal_header *header)
{
	uint16_t format;

	if (!is_sealed(block, MAGIC))
		return RDL_JOURNAL_HEADER_BAD;
	memcpy(&format, block + AT_FORMAT, 2);
	if (format > RDL_JOURNAL_FORMAT)
		return RDL_JOURNAL_HEADER_NEWER;
	memset(header, 0, sizeof(*header));
	memcpy(&header->identity.shard, block + AT_SHARD, 2);
	memcpy(&header->shards, block + AT_SHARDS, 2);
	memcpy(&header->before_shards, block + AT_BEFORE_SHARDS, 2);
	memcpy(header->identity.run_id, block + AT_RUN_ID, RDL_JOURNAL_ID_LEN);
	memcpy(header->boot_id, block + AT_BOOT_ID, RDL_JOURNAL_ID_LEN);
	memcpy(&header->segment, block + AT_SEGMENT, 4);
	memcpy(&header->run, block + AT_RUN, 4);
	memcpy(&header->segment_len, block + AT_SEGMENT_LEN, 8);
	memcpy(&header->before, block + AT_BEFORE, 4);
	if (header->shards == 0 || header->shards > RDL_JOURNAL_SHARDS_MAX ||
		header->before_shards > RDL_JOURNAL_SHARDS_MAX ||
		header->identity.shard >= header->shards)
		return RDL_JOURNAL_HEADER_BAD;
	memcpy(header->ends, block + AT_ENDS, 8 * (size_t)header->before_shards);
	memcpy(&header->origin, block + AT_ORIGIN, 8);
	return RDL_JOURNAL_HEADER_GOOD;
}

void rdl_journal_cut_write(uint8_t block[RDL_JOURNAL_BLOCK], uint64_t end)
{
	memset(block, 0, RDL_JOURNAL_BLOCK);
	memcpy(block + AT_MAGIC, CUT_MAGIC, 8);
	memcpy(block + AT_CUT_END, &end, 8);
	seal(block);
}

bool rdl_journal_cut_read(const uint8_t block[RDL_JOURNAL_BLOCK], uint64_t *end)
{
	memcpy(end, block + AT_CUT_END, 8);
	return is_sealed(block, CUT_MAGIC);
}
