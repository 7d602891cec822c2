/* SPDX-License-Identifier: BSD-3-Clause */
#include "credential_call.h"

#include <errno.h>
#include <stdlib.h>

#include "rows.h"
#include "text.h"

/* So many lines of a file are said to be wrong, each, before the rest is only counted. */
#define COMPLAINTS_MAX 20

struct complaints {
	const char *path;
	size_t count;
};

static void complain(void *context, size_t line, const char *problem)
{
	struct complaints *complaints = context;

	if (++complaints->count <= COMPLAINTS_MAX)
		fprintf(stderr, "%s:%zu: %s\n", complaints->path, line, problem);
}

static int import_rows(struct call *call, struct text *text, struct row_table *table)
{
	struct complaints complaints = { .path = call->arguments[0] };
	const struct rdl_credentials_row *repeated;
	struct rdl_credentials_tally tally;
	char problem[64];

	if (!rows_read(text->data, text->len, table, complain, &complaints) ||
		!rdl_credentials_sort(table->rows, table->count, &repeated))
		return credential_fail("no memory");
	if (repeated != NULL) {
		snprintf(problem, sizeof(problem), "has the identity of line %zu",
			repeated[-1].line);
		complain(&complaints, repeated->line, problem);
	}
	if (complaints.count > COMPLAINTS_MAX)
		fprintf(stderr, "%s: %zu more\n", complaints.path,
			complaints.count - COMPLAINTS_MAX);
	if (complaints.count > 0)
		return credential_fail("%s: nothing was imported", complaints.path);
	if (credential_put(call, table->rows, table->count, &tally) != CREDENTIAL_DONE)
		return CREDENTIAL_FAILED;
	printf("imported: %zu added, %zu changed, %zu unchanged\n", tally.added, tally.changed,
		tally.unchanged);
	return CREDENTIAL_DONE;
}

int credential_import(struct call *call)
{
	struct row_table table = { .rows = NULL };
	struct text text;
	int code;

	if (text_read(&text, call->arguments[0]))
		code = import_rows(call, &text, &table);
	else
		code = credential_fail("%s: %s", call->arguments[0], strerror(errno));
	free(table.rows);
	text_wipe(&text);
	return code;
}
