/* SPDX-License-Identifier: BSD-3-Clause */
/* What waits to be sent to one client: a bounded ring of octets. Used by one thread. */
#ifndef RDL_OUTBOX_H
#define RDL_OUTBOX_H

#include "base.h"

struct rdl_outbox {
	uint8_t *octets;
	size_t room;
	size_t at, len; /* where what waits begins, and how much it is */
	uint64_t sent; /* ever */
};

/* False without memory. Its pages are taken as they are first used. */
RDL_MUST_CHECK bool rdl_outbox_init(struct rdl_outbox *outbox, size_t room);
void rdl_outbox_free(struct rdl_outbox *outbox);

static inline size_t rdl_outbox_left(const struct rdl_outbox *outbox)
{
	return outbox->room - outbox->len;
}
/* False, and nothing added, when there is no room for all of it. */
RDL_MUST_CHECK bool rdl_outbox_put(struct rdl_outbox *outbox, const void *data, size_t len);
/* Sends what the socket takes without waiting; false when its other end is gone. */
RDL_MUST_CHECK bool rdl_outbox_send(struct rdl_outbox *outbox, int fd);

#endif
