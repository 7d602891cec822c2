/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * delivered: what devices sent of their own accord, for the subscribers who asked for it.
 * Used by the feed's thread.
 */
#ifndef RDL_FEED_DELIVERED_H
#define RDL_FEED_DELIVERED_H

#include "deliveries.h"

struct feed;

/* The kind that a word says; RDL_DELIVERED_KIND_COUNT: none. */
enum rdl_delivered_kind delivered_kind_of(const char *word);
/* A subscription has come, or gone: shards tell of what somebody wants. */
void delivered_follow(struct feed *feed);
/* Once a round; true when there may be more. */
bool delivered_tell(struct feed *feed);

#endif
