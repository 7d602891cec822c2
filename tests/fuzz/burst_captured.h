/* SPDX-License-Identifier: BSD-3-Clause */
/* Somebody captures all packets of fuzz_burst.c, and looks at them after each input. */
#ifndef RDL_FUZZ_BURST_CAPTURED_H
#define RDL_FUZZ_BURST_CAPTURED_H

#include "pipeline.h"

/* From now on, until the pipeline begins anew. */
void captured_begin(struct rdl_pipeline *pipeline);
void captured_end(const struct rdl_pipeline *pipeline);

#endif
