/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold of every burst. */
#ifndef RDL_TEST_BURSTS_H
#define RDL_TEST_BURSTS_H

#include "pipeline.h"

/* Each of `count` packets is in exactly one set, and none other in any. */
bool burst_is_split(const struct rdl_burst *burst, unsigned count);

#endif
