/* SPDX-License-Identifier: BSD-3-Clause */
/* Cursors: how far subscribers of durable events are. */
#include "commands.h"

static const char no_feed[] = "nothing is kept of events: the configuration has no socket for them";

struct telling {
	struct rdl_cursor *reply;
	char before;
};

static void put(void *context, const struct recall_cursor *cursor)
{
	struct telling *telling = context;
	struct rdl_cursor *reply = telling->reply;

	rdl_cursor_u8(reply, (uint8_t)telling->before);
	/* A name has nothing that JSON would have to escape. */
	rdl_cursor_text(reply, "{\"name\":\"");
	rdl_cursor_text(reply, cursor->name);
	rdl_cursor_text(reply, cursor->followed ? "\",\"followed\":true" : "\",\"followed\":false");
	rdl_cursor_text(reply, cursor->snapshot ? ",\"snapshot\":true" : ",\"snapshot\":false");
	rdl_cursor_text(reply, ",\"lag\":");
	rdl_cursor_decimal(reply, cursor->lag);
	rdl_cursor_u8(reply, '}');
	telling->before = ',';
}

const char *commands_cursors(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	struct telling telling = { reply, '[' };

	(void)command;
	if (from->recall == NULL)
		return no_feed;
	rdl_cursor_text(reply, "{\"cursors\":");
	recall_list(from->recall, put, &telling);
	rdl_cursor_text(reply, telling.before == '[' ? "[]}\n" : "]}\n");
	return NULL;
}

const char *commands_forget(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	if (from->recall == NULL)
		return no_feed;
	if (command->name_of.len == 0)
		return "name: missing";
	const char *wrong = recall_remove(from->recall, command->name_of);
	if (wrong == NULL)
		rdl_cursor_text(reply, "{\"forgotten\":true}\n");
	return wrong;
}
