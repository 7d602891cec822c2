/* SPDX-License-Identifier: BSD-3-Clause */
/* Durable events: who reads them, how far cursors are behind the log, and what was told. */
#include "families.h"

static void put_figure(struct exposition *exposition, const char *name, enum exposition_type type,
	const char *help, uint64_t value)
{
	exposition_family(exposition, name, type, help);
	exposition_sample(exposition, NULL, value);
}

static void put_lag(void *context, const struct recall_cursor *cursor)
{
	exposition_sample(context, LABELS({ "cursor", cursor->name }), cursor->lag);
}

static void put_followed(void *context, const struct recall_cursor *cursor)
{
	exposition_sample(context, LABELS({ "cursor", cursor->name }), cursor->followed);
}

void families_put_events(struct exposition *exposition, struct recall *recall)
{
	struct recall_figures figures;

	recall_figures(recall, &figures);
#define GAUGE(name, value, help) put_figure(exposition, name, EXPOSITION_GAUGE, help, value)
#define COUNTER(name, value, help) put_figure(exposition, name, EXPOSITION_COUNTER, help, value)
	GAUGE("recall_readers", figures.readers, "subscribers that events are told out of the log");
	GAUGE("cursors", figures.cursors, "cursors that are kept");
	COUNTER("recalled_events", figures.recalled, "events told out of the log");
	COUNTER("recalled_registrations", figures.recalled_rows,
		"registrations told as parts of snapshots out of the log");
	COUNTER("recall_gaps", figures.recall_gaps,
		"gaps told: what came next was not kept any more, or could not be read");
	COUNTER("recall_snapshots", figures.recall_snapshots, "snapshots begun out of the log");
	COUNTER("cursor_acknowledgements", figures.acknowledgements,
		"acknowledgements that moved a cursor");
	COUNTER("cursor_write_errors", figures.cursor_errors,
		"times that cursors could not be kept");
#undef COUNTER
#undef GAUGE
	exposition_family(exposition, "cursor_lag_entries", EXPOSITION_GAUGE,
		"entries of the log behind what a cursor has acknowledged");
	recall_list(recall, put_lag, exposition);
	exposition_family(
		exposition, "cursor_followed", EXPOSITION_GAUGE, "1: a subscriber follows it now");
	recall_list(recall, put_followed, exposition);
}
