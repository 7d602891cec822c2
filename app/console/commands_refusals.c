/* SPDX-License-Identifier: BSD-3-Clause */
/* The last requests that were refused, the latest first. */
#include "commands.h"

#include <stdlib.h>

#include "clock.h"

/* In one reply. */
#define SHOWN_MAX 1024
_Static_assert(SHOWN_MAX *(RDL_REFUSAL_TEXT_MAX + 3) + 64 <= COMMANDS_REPLY_MAX, "it fits");

static bool is_wanted(const struct rdl_refusal *refusal, const struct refusals_wanted *wanted)
{
	struct rdl_span endpoint = { refusal->endpoint, refusal->endpoint_len };

	if (wanted->endpoint.len == 0 || rdl_span_equal(endpoint, wanted->endpoint))
		return true;
	/*
	 * A slot is one endpoint's while it is registered, whatever the generation. Of later ones
	 * than its own are only locations that nobody was given.
	 */
	return refusal->located && wanted->located &&
	       refusal->location.handle == wanted->location.handle &&
	       refusal->location.generation <= wanted->location.generation;
}

static int later_first(const void *a, const void *b)
{
	const struct rdl_refusal *x = a, *y = b;

	return x->time_ms < y->time_ms ? 1 : x->time_ms > y->time_ms ? -1 : 0;
}

/* Of all workers, each one's latest first; returns how many. */
static size_t collect(const struct console_sources *from, const struct refusals_wanted *wanted,
	struct rdl_refusal refusals[], size_t room)
{
	size_t n = 0;

	for (unsigned w = 0; w < from->worker_count; w++) {
		const struct rdl_refusals *refused = from->refusals[w];
		uint64_t number = rdl_refusals_count(refused);

		for (unsigned i = 0; i < RDL_REFUSALS && number-- > 0 && n < room; i++)
			if (rdl_refusals_get(refused, number, &refusals[n]) &&
				is_wanted(&refusals[n], wanted))
				n++;
	}
	return n;
}

size_t refusals_collect(const struct console_sources *from, const struct refusals_wanted *wanted,
	struct rdl_refusal **refusals)
{
	size_t room = (size_t)from->worker_count * RDL_REFUSALS;

	*refusals = calloc(room, sizeof(**refusals));
	if (*refusals == NULL)
		return 0;
	size_t n = collect(from, wanted, *refusals, room);
	qsort(*refusals, n, sizeof(**refusals), later_first);
	return n;
}

const char *commands_refusals(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	struct refusals_wanted wanted = { .endpoint = command->endpoint };
	uint64_t wall_ms = rdl_clock_wall_ms();
	struct rdl_refusal *refusals;

	if (wanted.endpoint.len > 0) {
		struct question *answer =
			ask_endpoint(from->owners, QUESTION_REGISTRATION, wanted.endpoint);

		if (answer != NULL) {
			wanted.located = answer->found;
			if (answer->found)
				wanted.location = answer->registration.location;
			ask_done(answer);
		}
	}
	size_t n = refusals_collect(from, &wanted, &refusals);
	if (refusals == NULL)
		return "no memory";
	rdl_cursor_text(reply, "{\"refusals\":[");
	for (size_t i = 0; i < n && i < SHOWN_MAX; i++) {
		if (i > 0)
			rdl_cursor_u8(reply, ',');
		rdl_cursor_u8(reply, '{');
		rdl_refusal_text(reply, &refusals[i], &from->facts.location_key,
			from->facts.identities, wall_ms);
		rdl_cursor_u8(reply, '}');
	}
	rdl_cursor_text(reply, "]}\n");
	free(refusals);
	return NULL;
}
