/* SPDX-License-Identifier: BSD-3-Clause */
/* What any reply of fuzz_burst.c must be, whatever the request was. */
#ifndef RDL_FUZZ_BURST_REPLIES_H
#define RDL_FUZZ_BURST_REPLIES_H

#include "coap.h"

/* To the sender, from where it asked, checksums right. Returns the UDP payload. */
struct rdl_span check_frame(struct rdl_span sent, struct rdl_span reply);

/* `asked` and `said` are UDP payloads. */
void check_message(struct rdl_span asked, struct rdl_span said);

/* Its options and payload. Returns the location of a 2.01. */
struct rdl_span check_content(const struct rdl_coap_message *reply);

#endif
