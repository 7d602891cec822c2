/* SPDX-License-Identifier: BSD-3-Clause */
#include "waiting.h"

#include <stdlib.h>

/*
 * Who comes first; and for how many turns of others each is passed over, until it is its turn all
 * the same. A turn of a certificate's takes as long as 25 to 40 of a key's.
 */
static const struct {
	enum rdl_handshake_class class;
	unsigned patience;
} order[RDL_HANDSHAKE_CLASSES] = {
	{ RDL_HANDSHAKE_RECORDS, 0 },
	{ RDL_HANDSHAKE_UNDER_WAY_PSK, 2 },
	{ RDL_HANDSHAKE_NEW_PSK, 8 },
	{ RDL_HANDSHAKE_UNDER_WAY_CERTIFICATE, 50 },
	{ RDL_HANDSHAKE_NEW_CERTIFICATE, 100 },
};

int waiting_init(struct waiting_lines *lines, unsigned most)
{
	unsigned slots = (unsigned)rdl_power_of_two(most);

	for (unsigned i = 0; i < RDL_ARRAY_LEN(lines->of); i++) {
		lines->of[i] = (struct waiting_line){ .mask = slots - 1 };
		lines->of[i].all = calloc(slots, sizeof(*lines->of[i].all));
		if (lines->of[i].all == NULL)
			return -1;
	}
	return 0;
}

void waiting_fini(struct waiting_lines *lines)
{
	for (unsigned i = 0; i < RDL_ARRAY_LEN(lines->of); i++)
		free(lines->of[i].all);
}

void waiting_add(
	struct waiting_lines *lines, enum rdl_handshake_class class, struct waiting waiting)
{
	struct waiting_line *line = &lines->of[class];

	line->all[(line->first + line->count++) & line->mask] = waiting;
}

/* The first that has something, unless another has been passed over for long. */
bool waiting_next(struct waiting_lines *lines, struct waiting *waiting)
{
	struct waiting_line *turn = NULL;

	for (unsigned i = 0; i < RDL_ARRAY_LEN(order); i++) {
		struct waiting_line *line = &lines->of[order[i].class];

		if (line->count == 0)
			continue;
		if (turn == NULL || ++line->passed_over >= order[i].patience)
			turn = line;
	}
	if (turn == NULL)
		return false;
	turn->passed_over = 0;
	turn->count--;
	*waiting = turn->all[turn->first++ & turn->mask];
	return true;
}
