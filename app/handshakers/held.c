/* SPDX-License-Identifier: BSD-3-Clause */
#include "held.h"

#include <string.h>

#define HELD_OF_ONE 2

bool held_add(struct held *held, struct waiting waiting)
{
	unsigned of_it = 0;

	for (unsigned i = 0; i < held->count; i++)
		of_it += held->of[i].parcel->session == waiting.parcel->session;
	if (of_it >= HELD_OF_ONE || held->count == HELD_MAX)
		return false;
	held->of[held->count++] = waiting;
	return true;
}

static void take_at(struct held *held, unsigned i, struct waiting *waiting)
{
	*waiting = held->of[i];
	memmove(&held->of[i], &held->of[i + 1], (--held->count - i) * sizeof(held->of[0]));
}

bool held_take(struct held *held, uint64_t session, struct waiting *waiting)
{
	for (unsigned i = 0; i < held->count; i++) {
		if (held->of[i].parcel->session == session) {
			take_at(held, i, waiting);
			return true;
		}
	}
	return false;
}

bool held_take_older(struct held *held, uint64_t session, struct waiting *waiting)
{
	for (unsigned i = 0; i < held->count; i++) {
		uint64_t of = held->of[i].parcel->session;

		if ((uint32_t)of == (uint32_t)session && of < session) {
			take_at(held, i, waiting);
			return true;
		}
	}
	return false;
}

bool held_take_any(struct held *held, struct waiting *waiting)
{
	if (held->count == 0)
		return false;
	take_at(held, 0, waiting);
	return true;
}
