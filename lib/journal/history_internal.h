/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RDL_JOURNAL_HISTORY_INTERNAL_H
#define RDL_JOURNAL_HISTORY_INTERNAL_H

#include "history.h"
#include "writer.h"

struct rdl_journal_past {
	struct rdl_journal_run told;
	struct rdl_journal_identity identity; /* of its first shard, or some other */
	uint64_t ends[RDL_JOURNAL_SHARDS_MAX]; /* unless it is live */
};

struct rdl_journal_history {
	const struct rdl_journal *journal;
	struct rdl_journal_past *runs;
	size_t count;
};

#endif
