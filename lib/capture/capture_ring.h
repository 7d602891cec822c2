/* SPDX-License-Identifier: BSD-3-Clause */
/* The ring as its writer sees it. Private to capture. */
#ifndef RDL_CAPTURE_CAPTURE_RING_H
#define RDL_CAPTURE_CAPTURE_RING_H

#include "capture.h"

/* Room in one piece, aligned to a word, or NULL. Nobody sees it before it is published. */
uint8_t *rdl_capture_ring_room(struct rdl_capture *capture, size_t octets);
void rdl_capture_ring_publish(struct rdl_capture *capture, size_t octets);
void rdl_capture_ring_lose(struct rdl_capture *capture, unsigned packets);

#endif
