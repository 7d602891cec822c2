/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom a frame is from, or to, whatever else is wrong with it. Private to capture. */
#ifndef RDL_CAPTURE_FRAME_ADDRESS_H
#define RDL_CAPTURE_FRAME_ADDRESS_H

#include "net.h"

#define CAPTURE_UDP_LEN 8

/*
 * The IP address at the other end, as in struct rdl_peer: of IP its source, of what goes `outbound`
 * its destination; of ARP the sender's. False: there is none.
 */
bool rdl_capture_address(const struct rdl_frame *frame, bool outbound, uint8_t address[16]);

#endif
