/* SPDX-License-Identifier: BSD-3-Clause */
/* codec: what entries say, before it is sealed. Numbers are little-endian. Private to sealed. */
#ifndef RDL_SEALED_CODEC_H
#define RDL_SEALED_CODEC_H

#include "sealed.h"

#define RDL_SEALED_BODY_MAX 448

/* Returns how many octets they are. */
size_t rdl_sealed_encode(const struct rdl_sealed *entry, uint8_t body[RDL_SEALED_BODY_MAX]);
/* False: it is none of that kind. */
bool rdl_sealed_decode(uint8_t kind, uint8_t *body, size_t len, struct rdl_sealed *entry);

#endif
