/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests in blocks, several at a time, and what goes wrong with them. */
#ifndef RDL_MODEL_SCRIPTS_H
#define RDL_MODEL_SCRIPTS_H

#include "model_traffic.h"

/* Goes on with one of the scripts, begins others, leaves some for good. */
struct sent *some_block(unsigned *worker);

void scripts_end(void);

#endif
