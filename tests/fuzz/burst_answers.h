/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers of devices in the traffic of fuzz_burst.c, to requests that a server may have sent. */
#ifndef RDL_FUZZ_BURST_ANSWERS_H
#define RDL_FUZZ_BURST_ANSWERS_H

#include "burst_packets.h"

/* Devices are asked something: sets what a pipeline needs for it. */
void answers_start(struct rdl_pipeline_config *config);
/* A token of eight octets that begins with '@' is made one of ours. */
void answers_spell(uint8_t *octets, size_t len);
/* Before the burst: an ACK or a Reset with an odd Message ID is awaited by the shard. */
void answers_await(const struct packet *p);
/* One that goes to the shard is what came. */
void answers_check(const struct packet *p);
/* Has it answered by an ACK, a Reset or nothing, as its Message ID says, and looks at that. */
void answers_give_back(struct packet *p);

#endif
