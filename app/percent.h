/* SPDX-License-Identifier: BSD-3-Clause */
/* Telemetry carries printable ASCII only: everything else, and '%', goes as %XX. */
#ifndef RDL_APP_PERCENT_H
#define RDL_APP_PERCENT_H

#include "base.h"

/* Encodes into `text` with a NUL and returns its length; room for 3 * from.len + 1 is needed. */
size_t percent_encode(struct rdl_span from, char *text);
/* Decodes `text` into `out`; false when a %XX is broken or the result is longer than `room`. */
bool percent_decode(const char *text, size_t len, uint8_t *out, size_t room, size_t *out_len);
/* Length of the longest start of `text` with at most `room` octets that does not cut a %XX. */
size_t percent_cut(const char *text, size_t len, size_t room);

#endif
