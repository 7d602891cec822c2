/* SPDX-License-Identifier: BSD-3-Clause */
#include "exposition.h"

#include <string.h>

#define PREFIX "rdline_"

const char *exposition_content_type(enum exposition_format format)
{
	return format == EXPOSITION_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

enum exposition_format exposition_accepted(const char *accept)
{
	return accept != NULL && strstr(accept, "application/openmetrics-text") != NULL
		       ? EXPOSITION_OPENMETRICS
		       : EXPOSITION_TEXT;
}

/* Of a counter, where it stands before a value, and in the text format everywhere. */
static const char *ending(const struct exposition *exposition, bool sample)
{
	bool has = exposition->type == EXPOSITION_COUNTER &&
		   (sample || exposition->format == EXPOSITION_TEXT);

	return has ? "_total" : "";
}

void exposition_family(struct exposition *exposition, const char *name, enum exposition_type type,
	const char *help)
{
	exposition->name = name;
	exposition->type = type;
	fprintf(exposition->out, "# TYPE " PREFIX "%s%s %s\n# HELP " PREFIX "%s%s %s\n", name,
		ending(exposition, false), type == EXPOSITION_COUNTER ? "counter" : "gauge", name,
		ending(exposition, false), help);
}

static void put_escaped(FILE *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n') {
			fputs("\\n", out);
			continue;
		}
		if (*value == '"' || *value == '\\')
			fputc('\\', out);
		fputc(*value, out);
	}
}

static void put_name(struct exposition *exposition, const struct exposition_label *labels)
{
	char before = '{';

	fprintf(exposition->out, PREFIX "%s%s", exposition->name, ending(exposition, true));
	for (; labels != NULL && labels->name != NULL; labels++) {
		fprintf(exposition->out, "%c%s=\"", before, labels->name);
		put_escaped(exposition->out, labels->value);
		fputc('"', exposition->out);
		before = ',';
	}
	fputs(before == ',' ? "} " : " ", exposition->out);
}

void exposition_sample(
	struct exposition *exposition, const struct exposition_label *labels, uint64_t value)
{
	put_name(exposition, labels);
	fprintf(exposition->out, "%llu\n", (unsigned long long)value);
}

void exposition_thousandths(
	struct exposition *exposition, const struct exposition_label *labels, uint64_t value)
{
	put_name(exposition, labels);
	fprintf(exposition->out, "%llu.%03u\n", (unsigned long long)(value / 1000),
		(unsigned)(value % 1000));
}

void exposition_end(struct exposition *exposition)
{
	if (exposition->format == EXPOSITION_OPENMETRICS)
		fputs("# EOF\n", exposition->out);
}
