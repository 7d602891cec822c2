/* SPDX-License-Identifier: BSD-3-Clause */
/* What the shards' journals are told, and what a restart makes of it. */
#ifndef RDL_MODEL_RESTARTS_H
#define RDL_MODEL_RESTARTS_H

#include "model_gateway.h"

void journals_start(void);
void journals_stop(void);
/* A shard's round ends: what it has put is taken. */
void journal_write(unsigned s);
/* Registries that a restart would make of the logs, in as many shards as there are, or more. */
void compare_restarted(void);

#endif
