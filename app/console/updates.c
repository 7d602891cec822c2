/* SPDX-License-Identifier: BSD-3-Clause */
#include "updates.h"

/* Room for the longest line. */
#define LINE_MAX_OCTETS 512

static bool has_one(const struct updates *updates, const struct rdl_lines_client *client)
{
	for (unsigned i = 0; i < CALLERS_UPDATES; i++)
		if (updates->of[i].client == client)
			return true;
	return false;
}

const char *updates_begin(struct updates *updates, struct rdl_lines_client *client,
	const struct command *command, uint64_t now_ms)
{
	bool fleet = command->all || command->prefix.len > 0;
	const struct callers_wish wish = { .fleet = fleet,
		.name = fleet ? command->prefix : command->endpoint,
		.over_s = (uint32_t)command->over_s };

	if (updates->callers == NULL)
		return "nothing is sent to devices: the configuration has no requests";
	if ((command->endpoint.len > 0) == fleet || (command->all && command->prefix.len > 0))
		return "endpoint, prefix, all: one of them";
	if (command->over_s > CALLERS_OVER_MAX_S)
		return "over: longer than a day";
	if (has_one(updates, client))
		return "an update is under way";
	int number = callers_update(updates->callers, &wish);
	if (number < 0)
		return "as many updates are under way as there may be";
	updates->of[number].client = client;
	updates->of[number].fleet = fleet;
	updates->of[number].next_ms = now_ms + UPDATES_PROGRESS_MS;
	client->keeps = true;
	return NULL;
}

/* ---- replies ---- */

static void put_number(struct rdl_cursor *out, const char *name, uint64_t value)
{
	rdl_cursor_text(out, name);
	rdl_cursor_decimal(out, value);
}

static void put_one(struct rdl_cursor *out, const struct callers_progress *progress)
{
	const char *reason = rdl_order_reason_text((enum rdl_order_reason)progress->reason);
	bool asleep = progress->state == RDL_ORDER_queued;

	rdl_cursor_text(out, "\"state\":\"");
	rdl_cursor_text(out, rdl_order_state_text((enum rdl_order_state)progress->state));
	if (progress->state == RDL_ORDER_answered && progress->code != RDL_COAP_EMPTY) {
		put_number(out, "\",\"code\":\"", RDL_COAP_CODE_CLASS(progress->code));
		put_number(out, (progress->code & 31) < 10 ? ".0" : ".", progress->code & 31);
	}
	rdl_cursor_u8(out, '"');
	if (asleep) {
		rdl_cursor_text(out, ",\"asleep\":true");
	} else if (reason[0] != '\0') {
		rdl_cursor_text(out, ",\"reason\":\"");
		rdl_cursor_text(out, reason);
		rdl_cursor_u8(out, '"');
	}
}

static void put_fleet(struct rdl_cursor *out, const struct callers_progress *progress)
{
	put_number(out, "\"registrations\":", progress->registrations);
	put_number(out, ",\"seen\":", progress->seen);
	put_number(out, ",\"given\":", progress->given);
	put_number(out, ",\"updated\":", progress->updated);
	put_number(out, ",\"asleep\":", progress->asleep);
	put_number(out, ",\"failed\":", progress->failed);
}

static void tell(struct updates *updates, unsigned number, const char *name,
	const struct callers_progress *progress)
{
	struct rdl_lines_client *client = updates->of[number].client;
	uint8_t line[LINE_MAX_OCTETS];
	struct rdl_cursor out = rdl_cursor(line, sizeof(line));

	rdl_cursor_text(&out, "{\"");
	rdl_cursor_text(&out, name);
	rdl_cursor_text(&out, "\":{");
	if (updates->of[number].fleet)
		put_fleet(&out, progress);
	else
		put_one(&out, progress);
	rdl_cursor_text(&out, "}}\n");
	if (rdl_lines_put(client, line, (size_t)(out.pos - line)))
		return;
	/* Asks on and on, and does not read. */
	rdl_lines_count(&client->lines->counts.let_go);
	client->dead = true;
}

/* What more there is to know of it, its client need not wait for. */
static bool is_told(
	const struct updates *updates, unsigned number, const struct callers_progress *progress)
{
	return progress->over || (!updates->of[number].fleet && progress->asleep > 0);
}

static void end(struct updates *updates, unsigned number)
{
	updates->of[number].client->keeps = false;
	updates->of[number].client = NULL;
	callers_update_end(updates->callers, (int)number);
}

static void look(struct updates *updates, unsigned number, uint64_t now_ms)
{
	struct callers_progress progress;

	callers_update_look(updates->callers, (int)number, &progress);
	if (is_told(updates, number, &progress)) {
		tell(updates, number, "update", &progress);
		/* Silence counts from now on. */
		updates->of[number].client->heard_ms = now_ms;
		end(updates, number);
	} else if (updates->of[number].fleet && now_ms >= updates->of[number].next_ms) {
		tell(updates, number, "progress", &progress);
		updates->of[number].next_ms = now_ms + UPDATES_PROGRESS_MS;
	}
}

int updates_work(struct updates *updates, uint64_t now_ms)
{
	int wait_ms = -1;

	for (unsigned i = 0; i < CALLERS_UPDATES; i++) {
		if (updates->of[i].client == NULL)
			continue;
		look(updates, i, now_ms);
		wait_ms = UPDATES_LOOK_MS;
	}
	return wait_ms;
}

void updates_closed(struct updates *updates, const struct rdl_lines_client *client)
{
	for (unsigned i = 0; i < CALLERS_UPDATES; i++)
		if (updates->of[i].client == client)
			end(updates, i);
}
