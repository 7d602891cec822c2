/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes in the order in which they came into a list; each is in one at most. */
#include "handshake_internal.h"

static uint32_t index_of(const struct rdl_handshake *handshake)
{
	return (uint32_t)(handshake - handshake->owner->places.all);
}

void rdl_handshake_list_add(struct rdl_handshake_list *list, struct rdl_handshake *handshake)
{
	uint32_t at = index_of(handshake);

	handshake->older = list->newest;
	handshake->newer = RDL_HANDSHAKE_NONE;
	if (list->newest == RDL_HANDSHAKE_NONE)
		list->oldest = at;
	else
		handshake->owner->places.all[list->newest].newer = at;
	list->newest = at;
}

void rdl_handshake_list_remove(
	struct rdl_handshake_list *list, const struct rdl_handshake *handshake)
{
	struct rdl_handshake *all = handshake->owner->places.all;

	if (handshake->older == RDL_HANDSHAKE_NONE)
		list->oldest = handshake->newer;
	else
		all[handshake->older].newer = handshake->newer;
	if (handshake->newer == RDL_HANDSHAKE_NONE)
		list->newest = handshake->older;
	else
		all[handshake->newer].older = handshake->older;
}
