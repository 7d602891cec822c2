/* SPDX-License-Identifier: BSD-3-Clause */
/* What waits to be sent to one client: a bounded ring of octets. Used by one thread. */
#ifndef RDL_APP_OUTBOX_H
#define RDL_APP_OUTBOX_H

#include "base.h"

struct outbox {
	uint8_t *octets;
	size_t room;
	size_t at, len; /* where what waits begins, and how much it is */
	uint64_t sent; /* ever */
};

/* False without memory. Its pages are taken as they are first used. */
bool outbox_init(struct outbox *outbox, size_t room);
void outbox_free(struct outbox *outbox);

static inline size_t outbox_left(const struct outbox *outbox)
{
	return outbox->room - outbox->len;
}
/* False, and nothing added, when there is no room for all of it. */
bool outbox_put(struct outbox *outbox, const void *data, size_t len);
/* Sends what the socket takes without waiting; false when its other end is gone. */
bool outbox_send(struct outbox *outbox, int fd);

#endif
