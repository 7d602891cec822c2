/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests written as messages. */
#ifndef RDL_MODEL_MESSAGES_H
#define RDL_MODEL_MESSAGES_H

#include "message.h"
#include "model_records.h"

struct queries {
	unsigned count;
	char at[EXTRAS + 8][256];
};

/* A request with its payload, if any. */
struct sent *request_new(const struct sent *head, const char *payload, size_t len);

extern struct list scratch_list;

/* The payload that the facts and the fault make. */
struct sent *request_of(const struct sent *head);

struct sent *alien_of(const struct alien *alien, unsigned source, unsigned session);

#endif
