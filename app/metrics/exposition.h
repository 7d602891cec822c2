/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exposition: families of samples as text, in either of the two formats that Prometheus reads. They
 * differ in what a counter's family is called, and in how the text ends.
 */
#ifndef RDL_METRICS_EXPOSITION_H
#define RDL_METRICS_EXPOSITION_H

#include <stdio.h>

#include "latency.h"

enum exposition_format { EXPOSITION_TEXT, EXPOSITION_OPENMETRICS };
enum exposition_type { EXPOSITION_COUNTER, EXPOSITION_GAUGE, EXPOSITION_HISTOGRAM };

struct exposition {
	FILE *out;
	enum exposition_format format;
	/* Of the family at hand. */
	const char *name;
	enum exposition_type type;
};

/* What the format is called in a Content-Type. */
const char *exposition_content_type(enum exposition_format format);
/* By an Accept header; "": there is none. */
enum exposition_format exposition_accepted(const char *accept);

/* Begins a family, whose name has neither the prefix rdline_ nor the ending _total. */
void exposition_family(struct exposition *exposition, const char *name, enum exposition_type type,
	const char *help);
/*
 * A sample of that family: labels are pairs of name and value, a NULL name behind the last. What a
 * label's value may not hold is escaped.
 */
struct exposition_label {
	const char *name, *value;
};
void exposition_sample(
	struct exposition *exposition, const struct exposition_label *labels, uint64_t value);
/* The same of thousandths, as seconds of a time in milliseconds. */
void exposition_thousandths(
	struct exposition *exposition, const struct exposition_label *labels, uint64_t value);
/* Of a histogram: all its samples, in seconds. */
void exposition_latency(struct exposition *exposition, const struct exposition_label *labels,
	const struct rdl_latency *latency);
void exposition_end(struct exposition *exposition);

#endif
