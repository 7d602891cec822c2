/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames there and back:
 * what goes in, and that what comes out is the expected reply, octet for octet.
 */
#ifndef RDL_MODEL_REPLIES_H
#define RDL_MODEL_REPLIES_H

#include "model_gateway.h"
#include "model_messages.h"

struct packet *packet_new(struct sent *q, unsigned worker);
void packet_free(struct packet *p);
void expect_success(struct packet *p, unsigned code, const struct place *place);
void expect_refusal(struct packet *p, const struct refusal *refusal);
void expect_reset(struct packet *p);

/* What a shard has answered; the octets are its worker's to write. */
void check_request(const struct packet *p);

/* The frame that leaves: from where it was asked, to who asked. */
void check_frame(const struct packet *p);

#endif
