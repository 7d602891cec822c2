/* SPDX-License-Identifier: BSD-3-Clause */
/* requests: what subscribers say, and who is listened to for it. */
#ifndef RDL_FEED_REQUESTS_H
#define RDL_FEED_REQUESTS_H

#include "stream.h"

/* Shards tell as long as anybody follows them; who wants refusals only costs them nothing. */
void requests_follow(struct feed *feed);
/* Its events came out of the log, and do so no more. */
void requests_end_reading(struct subscriber *subscriber);
/* A line of a client's. */
void requests_take(struct rdl_lines_client *client, const char *text, size_t len);

#endif
