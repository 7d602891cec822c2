/* SPDX-License-Identifier: BSD-3-Clause */
/* wish: what a subscriber's line asks for. */
#ifndef RDL_FEED_WISH_H
#define RDL_FEED_WISH_H

#include "recall.h"

enum wish_from {
	WISH_NOW,
	WISH_SNAPSHOT,
	WISH_CURSOR, /* with a name */
	WISH_POSITION, /* or several */
	WISH_ACK, /* no subscription: it has got so far */
};

struct wish {
	enum wish_from from;
	uint32_t kinds; /* 1 << enum rdl_event_kind */
	uint32_t delivered; /* and of these, 1 << enum rdl_delivered_kind */
	bool refused; /* refusals, too */
	size_t prefix_len;
	char prefix[RDL_ENDPOINT_MAX];
	size_t name_len;
	char name[256];
	unsigned place_count; /* one, of WISH_ACK */
	struct recall_place places[RECALL_PLACES_MAX];
};

/*
 * {"from": "now" or "snapshot", "events": [kind...], "prefix": "..."}, all but `from` may be left
 * out; or "from" is "cursor", with "name", or {"partition": P, "position": N}, or an array of
 * those. {"ack": {"name": "...", "partition": P, "position": N}}. Returns what is wrong, or NULL.
 */
const char *wish_read(struct wish *wish, const char *text, size_t len);

#endif
