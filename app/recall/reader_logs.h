/* SPDX-License-Identifier: BSD-3-Clause */
/* reader_logs: the logs that a reader has open. */
#ifndef RDL_RECALL_READER_LOGS_H
#define RDL_RECALL_READER_LOGS_H

#include "reader.h"

/* What has come of reading. */
enum outcome {
	OUTCOME_GOOD,
	OUTCOME_GONE, /* what comes next is not there, or cannot be read: *why */
	OUTCOME_MEMORY,
};

static inline const struct rdl_journal_run *reader_run(const struct reader *reader)
{
	return rdl_journal_history_run(reader->reading->history, reader->run);
}

/* A run's logs, from where the subscriber is on. */
enum outcome reader_open_run(struct reader *reader, size_t run, uint64_t now_ms);
/* This run's logs, from their sweeps on: a snapshot. */
enum outcome reader_open_sweeps(struct reader *reader, uint64_t now_ms);
void reader_close_logs(struct reader *reader);

#endif
