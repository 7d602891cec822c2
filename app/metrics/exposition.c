/* SPDX-License-Identifier: BSD-3-Clause */
#include "exposition.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PREFIX "rdline_"

const char *exposition_content_type(enum exposition_format format)
{
	return format == EXPOSITION_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

/* The weight of a media range that ends there (RFC 9110 section 12.4.2), from 0 to 1. */
static double weight_of(const char *range, const char *end)
{
	while ((range = memchr(range, ';', (size_t)(end - range))) != NULL) {
		range++;
		range += strspn(range, " \t");
		if ((range[0] == 'q' || range[0] == 'Q') && range[1] == '=')
			return strtod(range + 2, NULL);
	}
	return 1;
}

/* What an Accept header (RFC 9110 section 12.5.1) gives that media type; 0 where it names none. */
static double weight_in(const char *accept, const char *type)
{
	size_t len = strlen(type);
	double most = 0;

	for (const char *range = accept; *range != '\0';) {
		range += strspn(range, " \t,");
		const char *end = range + strcspn(range, ",");

		if (strcspn(range, " \t;,") == len && strncasecmp(range, type, len) == 0) {
			double weight = weight_of(range, end);

			most = weight > most ? weight : most;
		}
		range = end;
	}
	return most;
}

enum exposition_format exposition_accepted(const char *accept)
{
	double asked = weight_in(accept, "application/openmetrics-text");
	return asked > 0 && asked >= weight_in(accept, "text/plain") ? EXPOSITION_OPENMETRICS
								     : EXPOSITION_TEXT;
}

/* Of a counter, where it stands before a value, and in the text format everywhere. */
static const char *ending(const struct exposition *exposition, bool sample)
{
	bool has = exposition->type == EXPOSITION_COUNTER &&
		   (sample || exposition->format == EXPOSITION_TEXT);

	return has ? "_total" : "";
}

static const char *const types[] = { [EXPOSITION_COUNTER] = "counter",
	[EXPOSITION_GAUGE] = "gauge",
	[EXPOSITION_HISTOGRAM] = "histogram" };

void exposition_family(struct exposition *exposition, const char *name, enum exposition_type type,
	const char *help)
{
	exposition->name = name;
	exposition->type = type;
	fprintf(exposition->out, "# TYPE " PREFIX "%s%s %s\n# HELP " PREFIX "%s%s %s\n", name,
		ending(exposition, false), types[type], name, ending(exposition, false), help);
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

/* `le`, of a bucket: one label more, the last; else NULL. */
static void put_sample_name(struct exposition *exposition, const char *suffix,
	const struct exposition_label *labels, const char *le)
{
	char before = '{';

	fprintf(exposition->out, PREFIX "%s%s", exposition->name, suffix);
	for (; labels != NULL && labels->name != NULL; labels++) {
		fprintf(exposition->out, "%c%s=\"", before, labels->name);
		put_escaped(exposition->out, labels->value);
		fputc('"', exposition->out);
		before = ',';
	}
	if (le != NULL) {
		fprintf(exposition->out, "%cle=\"%s\"", before, le);
		before = ',';
	}
	fputs(before == ',' ? "} " : " ", exposition->out);
}

static void put_name(struct exposition *exposition, const struct exposition_label *labels)
{
	put_sample_name(exposition, ending(exposition, true), labels, NULL);
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

/* Seconds, which a whole number of them ends with .0 to be told from a count. */
static const char *bound_text(unsigned bound, char text[24])
{
	uint64_t us = rdl_latency_bound_us(bound);

	snprintf(text, 24, us % 1000000 == 0 ? "%.1f" : "%g", (double)us / 1e6);
	return text;
}

void exposition_latency(struct exposition *exposition, const struct exposition_label *labels,
	const struct rdl_latency *latency)
{
	uint64_t sum_ns = __atomic_load_n(&latency->sum_ns, __ATOMIC_RELAXED), count = 0;
	char text[24];

	for (unsigned i = 0; i <= RDL_LATENCY_BOUNDS; i++) {
		count += __atomic_load_n(&latency->count[i], __ATOMIC_RELAXED);
		put_sample_name(exposition, "_bucket", labels,
			i < RDL_LATENCY_BOUNDS ? bound_text(i, text) : "+Inf");
		fprintf(exposition->out, "%llu\n", (unsigned long long)count);
	}
	put_sample_name(exposition, "_sum", labels, NULL);
	fprintf(exposition->out, "%llu.%09llu\n", (unsigned long long)(sum_ns / 1000000000),
		(unsigned long long)(sum_ns % 1000000000));
	put_sample_name(exposition, "_count", labels, NULL);
	fprintf(exposition->out, "%llu\n", (unsigned long long)count);
}

void exposition_end(struct exposition *exposition)
{
	if (exposition->format == EXPOSITION_OPENMETRICS)
		fputs("# EOF\n", exposition->out);
}
