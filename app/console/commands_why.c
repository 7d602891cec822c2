/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All that is known of why an endpoint is registered or is not: {"why": {...}}. What it means is
 * the client's to say.
 */
#include <stdlib.h>

#include "capture_stream.h"
#include "clock.h"
#include "commands.h"
#include "commands_why.h"

/* Of each kind, in a reply. */
#define REFUSALS_MAX 8
#define SHEDS_MAX (2 * WORKERS_MAX)

void why_put_text(struct rdl_cursor *reply, const char *member, const char *text)
{
	rdl_cursor_text(reply, member);
	rdl_cursor_json(reply, (struct rdl_span){ (const uint8_t *)text, strlen(text) });
}

void why_put_time(struct rdl_cursor *reply, uint64_t time_ms)
{
	char text[32];

	snprintf(text, sizeof(text), "\"time\":%llu.%03u", (unsigned long long)(time_ms / 1000),
		(unsigned)(time_ms % 1000));
	rdl_cursor_text(reply, text);
}

static void add_address(struct why_asked *asked, const uint8_t address[16])
{
	if (asked->address_count < WHY_ADDRESSES_MAX)
		memcpy(asked->addresses[asked->address_count++], address, 16);
}

/* ---- what there is ---- */

static const char *put_registration(
	const struct console_sources *from, struct why_asked *asked, struct rdl_cursor *reply)
{
	struct question *answer =
		ask_endpoint(from->owners, QUESTION_REGISTRATION, asked->endpoint);

	if (answer == NULL)
		return commands_no_answer;
	rdl_cursor_text(reply, ",\"registration\":");
	asked->registered = answer->found;
	if (answer->found) {
		asked->location = answer->registration.location;
		add_address(asked, answer->registration.peer.address);
		rdl_cursor_u8(reply, '{');
		rdl_registration_text(reply, &answer->registration, answer->wall_ms, &from->facts);
		rdl_cursor_u8(reply, '}');
	} else {
		rdl_cursor_text(reply, "null");
	}
	ask_done(answer);
	return NULL;
}

/* What a Register in clear text would be refused for, whatever it says. */
static void put_policy(
	const struct console_sources *from, const struct why_asked *asked, struct rdl_cursor *reply)
{
	const struct rdl_rules *rules = rdl_rulebook_visit(from->rulebook);
	enum rdl_reason reason = rdl_policy_endpoint(rules->policy, asked->endpoint);

	rdl_rulebook_leave(from->rulebook);
	if (reason == RDL_REASON_NONE)
		return;
	why_put_text(reply,
		",\"barred\":", rdl_stat_name(rdl_stat_of_reason(reason)) + sizeof("refused_") - 1);
	why_put_text(reply, ",\"barred_text\":", rdl_reason_text(reason));
}

/* ---- what became of its requests ---- */

static void put_refusals(
	const struct console_sources *from, struct why_asked *asked, struct rdl_cursor *reply)
{
	const struct refusals_wanted wanted = { asked->endpoint, asked->registered,
		asked->location };
	struct rdl_refusal *refusals;
	size_t n = refusals_collect(from, &wanted, &refusals);

	rdl_cursor_text(reply, ",\"refusals\":[");
	for (size_t i = 0; i < n && i < REFUSALS_MAX; i++) {
		rdl_cursor_text(reply, i > 0 ? ",{" : "{");
		rdl_refusal_text(reply, &refusals[i], &from->facts.location_key,
			from->facts.identities, asked->wall_ms);
		rdl_cursor_u8(reply, '}');
		add_address(asked, refusals[i].peer.address);
	}
	rdl_cursor_u8(reply, ']');
	free(refusals);
}

struct shed {
	uint64_t time_ms;
	enum rdl_stat stat;
};

static int later_first(const void *a, const void *b)
{
	const struct shed *x = a, *y = b;

	return x->time_ms < y->time_ms ? 1 : x->time_ms > y->time_ms ? -1 : 0;
}

/* Its last Register, and its last request to its location, at each worker. */
static size_t find_sheds(const struct console_sources *from, const struct why_asked *asked,
	struct shed sheds[SHEDS_MAX])
{
	struct rdl_endpoint_digest digest;
	size_t n = 0;

	rdl_siphash128(&from->owners->endpoint_key, asked->endpoint.data, asked->endpoint.len,
		digest.word);
	for (unsigned w = 0; w < from->worker_count; w++) {
		const struct rdl_sheds *all = &from->refusals[w]->sheds;

		if (rdl_sheds_find(
			    all, rdl_sheds_key_endpoint(digest), &sheds[n].stat, &sheds[n].time_ms))
			n++;
		if (asked->registered &&
			rdl_sheds_find(all, rdl_sheds_key_location(asked->location.handle),
				&sheds[n].stat, &sheds[n].time_ms))
			n++;
	}
	return n;
}

static void put_sheds(
	const struct console_sources *from, const struct why_asked *asked, struct rdl_cursor *reply)
{
	struct shed sheds[SHEDS_MAX];
	size_t n = find_sheds(from, asked, sheds);

	qsort(sheds, n, sizeof(sheds[0]), later_first);
	rdl_cursor_text(reply, ",\"shed\":[");
	for (size_t i = 0; i < n; i++) {
		rdl_cursor_text(reply, i > 0 ? ",{" : "{");
		why_put_time(reply, sheds[i].time_ms + asked->wall_ms);
		why_put_text(reply, ",\"reason\":", rdl_stat_name(sheds[i].stat));
		why_put_text(reply, ",\"text\":", rdl_stat_help(sheds[i].stat));
		rdl_cursor_u8(reply, '}');
	}
	rdl_cursor_u8(reply, ']');
}

/* Whatever was shed, of anybody: much of it is shed before it is known whose it is. */
static void put_shedding(const struct console_sources *from, struct rdl_cursor *reply)
{
	static const enum rdl_stat stats[] = {
#define X(name, help) RDL_STAT_drop_##name,
		RDL_STATS_SHED(X)
#undef X
	};
	struct rdl_stats sum = { { 0 } };
	char before = '{';

	for (unsigned w = 0; w < from->worker_count; w++)
		rdl_stats_sum(&sum, from->stats[w]);
	owners_stats(from->owners, &sum);
	rdl_cursor_text(reply, ",\"shed_of_all\":");
	for (size_t i = 0; i < RDL_ARRAY_LEN(stats); i++) {
		uint64_t value = rdl_stats_get(&sum, stats[i]);

		if (value == 0)
			continue;
		rdl_cursor_u8(reply, (uint8_t)before);
		why_put_text(reply, "", rdl_stat_name(stats[i]));
		rdl_cursor_u8(reply, ':');
		rdl_cursor_decimal(reply, value);
		before = ',';
	}
	rdl_cursor_text(reply, before == '{' ? "{}" : "}");
}

/* One address, no network. */
static bool read_address(struct rdl_span text, struct why_asked *asked)
{
	struct rdl_capture_wish wish = { .every = 1 };

	if (text.len == 0)
		return true;
	const struct command command = { .address = text, .every = 1 };
	if (capture_read_wish(&command, &wish) != NULL || wish.bits != 128)
		return false;
	add_address(asked, wish.address);
	return true;
}

const char *commands_why(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	struct why_asked asked = { .endpoint = command->endpoint, .wall_ms = rdl_clock_wall_ms() };

	if (command->endpoint.len == 0)
		return commands_no_endpoint;
	if (!read_address(command->address, &asked))
		return "address: not an address";
	rdl_cursor_text(reply, "{\"why\":{\"endpoint\":");
	rdl_cursor_json(reply, command->endpoint);
	const char *wrong = put_registration(from, &asked, reply);
	if (wrong != NULL)
		return wrong;
	put_policy(from, &asked, reply);
	put_refusals(from, &asked, reply);
	put_sheds(from, &asked, reply);
	put_shedding(from, reply);
	if (from->handshakers != NULL)
		why_put_handshakes(from, &asked, reply);
	rdl_cursor_text(reply, from->clear_text ? ",\"clear_text\":true" : ",\"clear_text\":false");
	rdl_cursor_text(reply, "}}\n");
	return NULL;
}
