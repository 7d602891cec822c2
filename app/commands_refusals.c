/* SPDX-License-Identifier: BSD-3-Clause */
/* The last requests that were refused, the latest first. */
#include "commands.h"

#include <stdlib.h>

#include "ask.h"

/* In one reply. */
#define SHOWN_MAX 1024

/* Whose refusals are wanted: a name, and the registration that goes by it. */
struct wanted {
	struct rdl_span endpoint; /* empty: all */
	bool located;
	struct rdl_location location;
};

static bool is_wanted(const struct rdl_refusal *refusal, const struct wanted *wanted)
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

static void put_text(struct rdl_cursor *reply, const char *name, const char *value)
{
	rdl_cursor_text(reply, name);
	rdl_cursor_json(reply, (struct rdl_span){ (const uint8_t *)value, strlen(value) });
}

static void put_source(struct rdl_cursor *reply, const struct rdl_refusal *refusal)
{
	char text[RDL_ADDRESS_TEXT];

	rdl_peer_address_text(&refusal->peer, text);
	put_text(reply, ",\"address\":", text);
	rdl_cursor_text(reply, ",\"port\":");
	rdl_cursor_decimal(reply, refusal->peer.port);
}

static void put_reason(struct rdl_cursor *reply, const struct rdl_refusal *refusal)
{
	enum rdl_reason reason = (enum rdl_reason)refusal->reason;
	uint8_t code = rdl_reason_code(reason);
	char text[8];

	snprintf(text, sizeof(text), "%u.%02u", code >> 5, code & 31u);
	put_text(reply, ",\"code\":", text);
	put_text(reply,
		",\"reason\":", rdl_stat_name(rdl_stat_of_reason(reason)) + sizeof("refused_") - 1);
	uint8_t whole[RDL_REASON_TEXT_MAX];
	struct rdl_cursor out = rdl_cursor(whole, sizeof(whole));
	struct rdl_span parameter = { refusal->parameter, refusal->parameter_len };

	rdl_reason_write(&out, reason, refusal->detail, parameter);
	rdl_cursor_text(reply, ",\"text\":");
	rdl_cursor_json(reply, (struct rdl_span){ whole, (size_t)(out.pos - whole) });
	if (parameter.len > 0) {
		rdl_cursor_text(reply, ",\"parameter\":");
		rdl_cursor_json(reply, parameter);
	}
	if (reason == RDL_REASON_link_syntax) {
		rdl_cursor_text(reply, ",\"octet\":");
		rdl_cursor_decimal(reply, refusal->detail);
	}
}

static void put_refusal(
	struct rdl_cursor *reply, const struct daemon *daemon, const struct rdl_refusal *refusal)
{
	static const char *const operations[] = {
		[RDL_OPERATION_REGISTER] = "register",
		[RDL_OPERATION_UPDATE] = "update",
		[RDL_OPERATION_DEREGISTER] = "de-register",
		[RDL_OPERATION_OTHER] = "other",
	};
	uint64_t wall_ms = refusal->time_ms + clock_wall_ms();
	char time[32];

	snprintf(time, sizeof(time), "%llu.%03u", (unsigned long long)(wall_ms / 1000),
		(unsigned)(wall_ms % 1000));
	rdl_cursor_text(reply, "{\"time\":");
	rdl_cursor_text(reply, time);
	rdl_cursor_text(reply, ",\"endpoint\":");
	rdl_cursor_json(reply, (struct rdl_span){ refusal->endpoint, refusal->endpoint_len });
	if (refusal->located) {
		uint8_t id[RDL_LOCATION_LEN];

		rdl_location_encode(&daemon->location_key, &refusal->location, id);
		rdl_cursor_text(reply, ",\"location\":\"/rd/");
		rdl_cursor_bytes(reply, id, sizeof(id));
		rdl_cursor_u8(reply, '"');
	}
	put_source(reply, refusal);
	put_text(reply, ",\"operation\":", operations[refusal->operation]);
	put_reason(reply, refusal);
	rdl_cursor_u8(reply, '}');
}

static int later_first(const void *a, const void *b)
{
	const struct rdl_refusal *x = a, *y = b;

	return x->time_ms < y->time_ms ? 1 : x->time_ms > y->time_ms ? -1 : 0;
}

/* Of all workers, each one's latest first; returns how many. */
static size_t collect(const struct daemon *daemon, const struct wanted *wanted,
	struct rdl_refusal refusals[], size_t room)
{
	size_t n = 0;

	for (unsigned w = 0; w < daemon->conf->workers; w++) {
		const struct rdl_refusals *from = daemon->workers[w]->pipeline.config.refusals;
		uint64_t number = rdl_refusals_count(from);

		for (unsigned i = 0; i < RDL_REFUSALS && number-- > 0 && n < room; i++)
			if (rdl_refusals_get(from, number, &refusals[n]) &&
				is_wanted(&refusals[n], wanted))
				n++;
	}
	return n;
}

const char *commands_refusals(
	struct daemon *daemon, const struct command *command, struct rdl_cursor *reply)
{
	struct wanted wanted = { .endpoint = command->endpoint };
	size_t room = (size_t)daemon->conf->workers * RDL_REFUSALS;
	struct rdl_refusal *refusals = calloc(room, sizeof(*refusals));

	if (refusals == NULL)
		return "no memory";
	if (wanted.endpoint.len > 0) {
		struct mailbox *answer =
			ask_endpoint(daemon, MAILBOX_REGISTRATION, wanted.endpoint);

		if (answer != NULL) {
			wanted.located = answer->found;
			if (answer->found)
				wanted.location = answer->registration.location;
			ask_done(answer);
		}
	}
	size_t n = collect(daemon, &wanted, refusals, room);
	qsort(refusals, n, sizeof(*refusals), later_first);
	rdl_cursor_text(reply, "{\"refusals\":[");
	for (size_t i = 0; i < n && i < SHOWN_MAX; i++) {
		if (i > 0)
			rdl_cursor_u8(reply, ',');
		put_refusal(reply, daemon, &refusals[i]);
	}
	rdl_cursor_text(reply, "]}\n");
	free(refusals);
	return NULL;
}
