/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests judged by the reference, and the reply that each must get. */
#ifndef RDL_MODEL_OPERATIONS_H
#define RDL_MODEL_OPERATIONS_H

#include "model_ids.h"
#include "model_replies.h"

void judge_register(struct packet *p);
void judge_location(struct packet *p);

#endif
