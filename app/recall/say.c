/* SPDX-License-Identifier: BSD-3-Clause */
#include "say.h"

void say_text(struct rdl_cursor *out, const char *text)
{
	rdl_cursor_text(out, text);
}

void say_error(struct rdl_cursor *out, const char *text)
{
	rdl_cursor_text(out, "{\"error\":\"");
	rdl_cursor_text(out, text);
	rdl_cursor_text(out, "\"}\n");
}

/* How much was lost, nobody knows. */
void say_gap(struct rdl_cursor *out, const char *why)
{
	rdl_cursor_text(out, "{\"event\":\"gap\",\"lost\":null,\"reason\":\"");
	rdl_cursor_text(out, why);
	rdl_cursor_text(out, "\"}\n");
}

void say_place(struct rdl_cursor *out, unsigned partition, uint64_t position)
{
	rdl_cursor_text(out, "{\"event\":\"position\",\"partition\":");
	rdl_cursor_decimal(out, partition);
	rdl_cursor_text(out, ",\"position\":");
	rdl_cursor_decimal(out, position);
	rdl_cursor_text(out, "}\n");
}

void say_snapshot_end(struct rdl_cursor *out, uint64_t rows)
{
	rdl_cursor_text(out, "{\"event\":\"snapshot-end\",\"registrations\":");
	rdl_cursor_decimal(out, rows);
	rdl_cursor_text(out, "}\n");
}
