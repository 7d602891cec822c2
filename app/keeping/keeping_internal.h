/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside keeping. */
#ifndef RDL_KEEPING_INTERNAL_H
#define RDL_KEEPING_INTERNAL_H

#include "keeping.h"
#include "thread.h"

/* A shard's. */
struct writer {
	struct keeping *keeping;
	unsigned shard;
	struct rdl_thread thread;
	bool finished; /* all is on the disk; the thread's, read once that is gone */
};

struct keeping {
	const struct rdl_conf *conf;
	uint8_t boot_id[RDL_JOURNAL_ID_LEN]; /* of the machine's life that this is */
	struct rdl_journal_logs *logs;
	struct rdl_journal *journal; /* NULL: it has not begun */
	struct keeping_recovered recovered;
	struct writer writers[SHARDS_MAX];
	struct rdl_thread tender;
	enum rdl_journal_health said[SHARDS_MAX]; /* by keeping_look() */
};

/* Writes the last that a shard's ring holds; what it needs for that may be a while in coming. */
bool keeping_finish(const struct writer *writer);

/* Now, by this run's clock and by those that outlive it. */
struct rdl_journal_stamp keeping_now(void);
/*
 * How much later than `then` the other moment was: by the clock that counts since the machine was
 * started, where it was not started again meanwhile, or else by the wall's. Never negative.
 */
uint64_t keeping_between_ms(const struct rdl_journal_stamp *then, const uint8_t then_boot[],
	const struct rdl_journal_stamp *moment, const uint8_t moment_boot[]);

#endif
