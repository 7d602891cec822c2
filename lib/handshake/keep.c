/* SPDX-License-Identifier: BSD-3-Clause */
/* What is kept of clients' messages until they are whole: so much of each, and so much of all. */
#include "handshake_internal.h"

#include <stdlib.h>

/* After `before` octets were held. */
static void account(struct rdl_handshake *handshake, uint32_t before)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	uint32_t held = handshake->messages.held;

	handshakes->held += held;
	handshakes->held -= before;
	if (before == 0 && held > 0)
		rdl_handshake_list_add(&handshakes->holders, handshake);
	else if (before > 0 && held == 0)
		rdl_handshake_list_remove(&handshakes->holders, handshake);
}

static void forget(struct rdl_handshake *handshake)
{
	uint32_t before = handshake->messages.held;

	rdl_handshake_messages_forget(&handshake->messages);
	account(handshake, before);
}

/*
 * Whoever has held some for longest gives way: what comes in pieces is there in a moment, or will
 * never be.
 */
static bool make_room(struct rdl_handshake *handshake, uint32_t cost)
{
	struct rdl_handshakes *handshakes = handshake->owner;

	if (handshake->messages.held + cost > RDL_HANDSHAKE_HELD_MAX)
		return false;
	while (handshakes->held + cost > handshakes->held_max) {
		struct rdl_handshake *oldest = &handshakes->places.all[handshakes->holders.oldest];

		if (oldest == handshake)
			return false;
		forget(oldest);
	}
	return true;
}

size_t rdl_handshake_keep(
	struct rdl_handshake *handshake, const struct rdl_handshake_fragment *fragment)
{
	struct rdl_handshake_messages *messages = &handshake->messages;
	uint32_t before = messages->held;
	bool whole =
		fragment->sequence == messages->next && fragment->octets.len == fragment->length;

	/* A whole one leaves at once. */
	if (!whole && !make_room(handshake, rdl_handshake_messages_cost(fragment)))
		return 0;
	rdl_handshake_messages_put(messages, fragment);
	account(handshake, before);
	return rdl_handshake_kept(handshake);
}

size_t rdl_handshake_kept(struct rdl_handshake *handshake)
{
	uint32_t before = handshake->messages.held;
	size_t len = rdl_handshake_messages_take(&handshake->messages, handshake->owner->message);

	account(handshake, before);
	return len;
}

void rdl_handshake_keep_early(
	struct rdl_handshake *handshake, struct rdl_span record, const struct rdl_way *way)
{
	struct rdl_handshake_early *early = handshake->early;

	/* A Finished is the first of its epoch. */
	if (record.data[0] == RDL_CONTENT_ALERT || record.len > sizeof(early->octets) ||
		(early != NULL &&
			rdl_record_number(early->octets) <= rdl_record_number(record.data)))
		return;
	if (early == NULL)
		handshake->early = early = malloc(sizeof(*early));
	if (early == NULL)
		return;
	early->way = *way;
	early->len = (uint16_t)record.len;
	memcpy(early->octets, record.data, record.len);
}

void rdl_handshake_forget(struct rdl_handshake *handshake)
{
	forget(handshake);
	free(handshake->early);
	handshake->early = NULL;
}
