/* SPDX-License-Identifier: BSD-3-Clause */
#include "inspect.h"

#include <stdlib.h>

struct inspection {
	const struct inspect_options *options;
	FILE *out, *errors;
	char *line;
	bool good;
	bool again; /* something was cut: what there is has changed */
};

static void print_entry(struct inspection *inspection, struct inspect_log *log,
	const struct rdl_journal_entry *entry)
{
	struct rdl_cursor line = rdl_cursor(inspection->line, INSPECT_LINE_MAX);

	if (!inspect_entry(log, entry, &line)) {
		inspection->good = false;
		fprintf(inspection->errors,
			"rdline-state: run %u, shard %u, position %llu: an entry that is not known "
			"here\n",
			log->run, log->shard, (unsigned long long)entry->position);
		return;
	}
	if (inspection->options->verify || inspection->options->discard)
		return;
	fwrite(inspection->line, 1, (size_t)(line.pos - (uint8_t *)inspection->line),
		inspection->out);
	fputc('\n', inspection->out);
}

static void print_end(struct inspection *inspection, const struct rdl_journal_log *log)
{
	if (!inspection->options->verify && !inspection->options->discard)
		return;
	fprintf(inspection->out, "run %u, shard %u: to position %llu", log->run, log->shard,
		(unsigned long long)log->end);
	if (log->cut)
		fputs(", where it was cut", inspection->out);
	if (log->torn)
		fprintf(inspection->out,
			"; what was being written then, in segment %u at octet %llu, does not "
			"count",
			log->torn_segment, (unsigned long long)log->torn_at);
	fputc('\n', inspection->out);
}

static void cut(struct inspection *inspection, struct rdl_journal_reader *reader)
{
	char problem[RDL_JOURNAL_PROBLEM_MAX];

	if (rdl_journal_reader_cut(reader, problem)) {
		inspection->again = true;
		return;
	}
	inspection->good = false;
	fprintf(inspection->errors, "rdline-state: %s\n", problem);
}

static void read_log(struct inspection *inspection, struct rdl_journal_logs *logs, size_t index)
{
	const struct rdl_journal_log *told = rdl_journal_logs_get(logs, index);
	struct inspect_log log = { .run = told->run, .shard = told->shard };
	struct rdl_journal_reader *reader = rdl_journal_reader_create(logs, index);
	enum rdl_journal_result result;
	struct rdl_journal_entry entry = { .position = 0 };

	if (reader == NULL) {
		inspection->good = false;
		fputs("rdline-state: no memory\n", inspection->errors);
		return;
	}
	while ((result = rdl_journal_read(reader, &entry)) == RDL_JOURNAL_OK)
		print_entry(inspection, &log, &entry);
	if (result == RDL_JOURNAL_END) {
		print_end(inspection, told);
	} else {
		fprintf(inspection->errors, "rdline-state: %s\n",
			rdl_journal_reader_problem(reader));
		if (inspection->options->discard)
			cut(inspection, reader);
		else
			inspection->good = false;
	}
	rdl_journal_reader_destroy(reader);
}

static void read_all(struct inspection *inspection)
{
	char problem[RDL_JOURNAL_PROBLEM_MAX];
	struct rdl_journal_logs *logs =
		rdl_journal_logs_open(inspection->options->directory, false, NULL, problem);

	inspection->again = false;
	if (logs == NULL) {
		inspection->good = false;
		fprintf(inspection->errors, "rdline-state: %s\n", problem);
		return;
	}
	for (size_t i = 0; i < rdl_journal_logs_count(logs); i++)
		read_log(inspection, logs, i);
	rdl_journal_logs_close(logs);
}

int inspect(const struct inspect_options *options, FILE *out, FILE *errors)
{
	struct inspection inspection = { .options = options, .out = out, .errors = errors };

	inspection.line = malloc(INSPECT_LINE_MAX);
	if (inspection.line == NULL) {
		fputs("rdline-state: no memory\n", errors);
		return 1;
	}
	do {
		inspection.good = true;
		read_all(&inspection);
		/* Each cut takes something away, so that there is a last one. */
	} while (inspection.again && inspection.good);
	free(inspection.line);
	return inspection.good ? 0 : 1;
}
