/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is registered, a page at a time: names, or what people want to see of each. */
#include "commands.h"

/*
 * Of one `list`: slots are walked for so long, and so many shown;
 * then the cursor says where to go on.
 */
#define ASKS_MAX 64
#define SHOWN_MAX 1000
/* The name, and all that is shown of it. */
#define ROW_TEXT_MAX (6 * RDL_ENDPOINT_MAX + RDL_IDENTITIES_JSON_MAX + 256)
_Static_assert(
	(SHOWN_MAX + QUESTION_PAGE_NAMES) * ROW_TEXT_MAX + 64 <= COMMANDS_REPLY_MAX, "it fits");

static void put_number(struct rdl_cursor *reply, const char *name, uint64_t value)
{
	rdl_cursor_text(reply, name);
	rdl_cursor_decimal(reply, value);
}

/* The members of one registration, as `show` names them. */
static void put_row(struct rdl_cursor *reply, const struct console_sources *from,
	const struct question_row *row, struct rdl_span name)
{
	char address[RDL_ADDRESS_TEXT], binding[RDL_BINDING_TEXT];

	rdl_peer_address_text(&row->peer, address);
	rdl_binding_text(row->binding, binding);
	rdl_cursor_text(reply, "{\"endpoint\":");
	rdl_cursor_json(reply, name);
	rdl_cursor_text(reply, ",\"address\":\"");
	rdl_cursor_text(reply, address);
	put_number(reply, "\",\"port\":", row->peer.port);
	rdl_cursor_u8(reply, ',');
	rdl_identities_json(reply, from->facts.identities, row->identity);
	put_number(reply, ",\"version\":\"", from->facts.major);
	put_number(reply, ".", row->minor);
	put_number(reply, "\",\"lifetime\":", row->lifetime_s);
	rdl_cursor_text(reply, ",\"binding\":\"");
	rdl_cursor_text(reply, binding);
	rdl_cursor_text(reply, row->queue ? "\",\"queue\":true" : "\",\"queue\":false");
	put_number(reply, ",\"expires_in\":", row->expires_in_s);
	rdl_cursor_u8(reply, '}');
}

/* What of a page begins with the prefix; returns how many. */
static unsigned put_page(const struct console_sources *from, const struct question *page,
	struct rdl_span prefix, bool first, struct rdl_cursor *reply)
{
	unsigned shown = 0;

	for (uint32_t i = 0; i < page->page_len;) {
		struct question_row row;

		if (page->kind == QUESTION_ROWS) {
			memcpy(&row, page->page + i, sizeof(row));
			i += sizeof(row);
		}
		struct rdl_span name = { page->page + i + 1, page->page[i] };
		i += 1 + (uint32_t)name.len;
		if (name.len < prefix.len || memcmp(name.data, prefix.data, prefix.len) != 0)
			continue;
		if (!first || shown > 0)
			rdl_cursor_u8(reply, ',');
		if (page->kind == QUESTION_ROWS)
			put_row(reply, from, &row, name);
		else
			rdl_cursor_json(reply, name);
		shown++;
	}
	return shown;
}

const char *commands_list(
	const struct console_sources *from, const struct command *command, struct rdl_cursor *reply)
{
	enum question_kind kind = command->details ? QUESTION_ROWS : QUESTION_PAGE;
	uint64_t cursor = command->cursor;
	unsigned shown = 0;

	rdl_cursor_text(reply, command->details ? "{\"registrations\":[" : "{\"endpoints\":[");
	for (unsigned asks = 0; asks < ASKS_MAX && shown < SHOWN_MAX; asks++) {
		struct question *page = ask_page(from->owners, kind, &cursor);

		if (page == NULL)
			return commands_no_answer;
		shown += put_page(from, page, command->prefix, shown == 0, reply);
		ask_done(page);
		if (cursor == 0)
			break;
	}
	if (cursor == 0) {
		rdl_cursor_text(reply, "],\"next\":null}\n");
	} else {
		put_number(reply, "],\"next\":\"", cursor);
		rdl_cursor_text(reply, "\"}\n");
	}
	return NULL;
}
