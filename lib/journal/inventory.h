/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inventory: what must be there, in a file beside the runs: the latest run that the disk has
 * something of, and of each of its logs a segment that is written into, or was. Without it a run
 * whose folder is taken away would be as if it had never been, and so would a log's last segments.
 */
#ifndef RDL_JOURNAL_INVENTORY_H
#define RDL_JOURNAL_INVENTORY_H

#include "journal_internal.h"

struct rdl_journal_inventory {
	uint64_t writes; /* of the file */
	uint32_t run; /* 0: there is no file, and nothing need be there */
	uint8_t run_id[RDL_JOURNAL_ID_LEN];
	uint16_t shards;
	/*
	 * All segments before it are full, and on the disk; of it, its header is, and of the first
	 * one a group. 0: of that log the disk had nothing yet.
	 */
	uint32_t segments[RDL_JOURNAL_SHARDS_MAX];
};

/* False, and the problem in words. */
RDL_MUST_CHECK bool rdl_journal_inventory_read(const struct rdl_journal_disk *disk,
	const char *directory, struct rdl_journal_inventory *inventory, char *problem);
/* It is on the disk then: 0, or -errno. */
RDL_MUST_CHECK int rdl_journal_inventory_write(const struct rdl_journal_disk *disk,
	const char *directory, struct rdl_journal_inventory *inventory);

#endif
