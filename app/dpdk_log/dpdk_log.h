/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's own lines, in our log: `level dpdk: ...`.
 * While it starts and ends they are for debugging.
 */
#ifndef RDL_DPDK_LOG_H
#define RDL_DPDK_LOG_H

#include <stdbool.h>

/*
 * Before anything else of DPDK's is called. `verbose`:
 * what it says is shown at the level that it gives.
 */
void dpdk_log_open(bool verbose);
/* From here on, what it says is shown at its own level; or not any more. */
void dpdk_log_shown(bool shown);

/* Forgets what was said of errors so far, unless nothing more is said. */
void dpdk_log_mark(void);
/*
 * "; DPDK says: ..." with the first error of DPDK's since the mark, or before it;
 * "" when there was none.
 */
const char *dpdk_log_reason(void);

#endif
