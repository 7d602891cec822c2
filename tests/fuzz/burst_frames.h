/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames out of the input of fuzz_burst.c:
 * as they stand there, mended, or built around a CoAP message.
 */
#ifndef RDL_FUZZ_BURST_FRAMES_H
#define RDL_FUZZ_BURST_FRAMES_H

#include "base.h"
#include "frame.h"

/* A packet: two octets of length, then these two, then as many octets. */
struct record {
	uint8_t control, pause;
	struct rdl_span body;
};

#define FORM 0x03
#define FORM_RAW 0 /* the body is a frame */
#define FORM_MENDED 1 /* the same, sent to us, and its lengths and checksums made right */
#define FORM_IPV4 2 /* the body is a CoAP message */
#define FORM_IPV6 3
#define OTHER_PEER 0x04
#define OTHER_PORT 0x08
#define TO_GROUP 0x10
#define NEW_BURST 0x20 /* it is the first of one; so it is after a pause */
#define HOLD 0x40 /* the last of a burst: the shard comes to it later */
#define SHED 0x80 /* when handed over, there is no credit */

/* Of a record's pause. */
uint64_t pause_ms(uint8_t pause);

/* Takes a record off the input; false where there is none. */
bool next_record(struct rdl_span *input, struct record *record);

struct test_frame make_frame(const struct record *record);

#endif
