/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside recall: recall.c has its thread, subscribers.c what is called for subscribers. */
#ifndef RDL_RECALL_INTERNAL_H
#define RDL_RECALL_INTERNAL_H

#include "reader.h"
#include "thread.h"

struct recall {
	struct recall_config config;
	struct rdl_journal_history *history; /* NULL: there is nothing to read */
	struct cursors cursors;
	struct reading reading;
	struct rdl_thread thread;
	pthread_mutex_t lock; /* of the readers' list */
	struct reader *readers[RECALL_READERS_MAX]; /* NULL: free */
	uint64_t acks; /* by the thread that serves (relaxed) */
};

#endif
