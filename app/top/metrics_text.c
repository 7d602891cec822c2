/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics by HTTP, and what samples in Prometheus' text format 0.0.4 say. */
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#define PREFIX "rdline_"
#define LABELS_MAX 4
#define TIMEOUT_S 5
#define TEXT_MAX ((size_t)16 << 20)

/* One line: name{label="value",...} number. Its texts lie in the line, ended there. */
struct line {
	const char *name;
	unsigned label_count;
	struct {
		const char *name, *value;
	} labels[LABELS_MAX];
	double value;
};

/* A label's value, its escapes undone in place; NULL: it does not end. */
static char *read_quoted(char *text, const char **value)
{
	char *to = text;

	*value = text;
	for (; *text != '"'; text++) {
		if (*text == '\\' && text[1] != '\0')
			*to++ = *++text == 'n' ? '\n' : *text;
		else if (*text != '\0')
			*to++ = *text;
		else
			return NULL;
	}
	*to = '\0';
	return text + 1;
}

/* From behind the opening brace to behind the closing one; NULL: they are no labels. */
static char *read_labels(char *text, struct line *line)
{
	while (*text != '}') {
		char *equals = strchr(text, '=');

		if (line->label_count == LABELS_MAX || equals == NULL || equals[1] != '"')
			return NULL;
		*equals = '\0';
		line->labels[line->label_count].name = text;
		text = read_quoted(equals + 2, &line->labels[line->label_count++].value);
		if (text == NULL)
			return NULL;
		if (*text == ',')
			text++;
	}
	return text + 1;
}

static bool read_line(char *text, struct line *line)
{
	size_t len = strcspn(text, "{ ");
	bool labelled = text[len] == '{';
	char *end;

	*line = (struct line){ .name = text };
	if (text[len] == '\0')
		return false;
	text[len] = '\0';
	text += len + 1;
	if (labelled && (text = read_labels(text, line)) == NULL)
		return false;
	line->value = strtod(text, &end);
	/* Nothing of a gateway's is negative, none, or without end. */
	return end != text && line->value >= 0 && line->value < 1e16;
}

static const char *label(const struct line *line, const char *name)
{
	for (unsigned i = 0; i < line->label_count; i++)
		if (strcmp(line->labels[i].name, name) == 0)
			return line->labels[i].value;
	return "";
}

static void take_core(struct sample *sample, const struct line *line, const char *name)
{
	unsigned index = (unsigned)strtoul(label(line, "index"), NULL, 10);
	const char *role = label(line, "role");
	bool known = strcmp(role, "worker") == 0 || strcmp(role, "shard") == 0;
	struct sample_core *core = known ? sample_core(sample, role, index) : NULL;

	if (core == NULL)
		return;
	if (strcmp(name, "core_round_age_seconds") == 0)
		core->round_age_ms = (uint64_t)(line->value * 1000);
	else if (strcmp(name, "ring_depth") == 0)
		core->ring_depth = (uint64_t)line->value;
	else if (strcmp(label(line, "state"), "busy") == 0)
		core->busy = line->value;
	else
		core->idle = line->value;
}

static void take_port(struct sample *sample, const struct line *line, const char *name)
{
	uint64_t value = (uint64_t)line->value;

	if (strcmp(name, "port_up") == 0) {
		sample->ports++;
		sample->links_up += value;
	} else if (strcmp(name, "port_rx_missed") == 0) {
		sample->rx_missed += value;
	} else if (strcmp(name, "port_rx_no_buffer") == 0) {
		sample->rx_no_buffer += value;
	}
}

static void take_replies(struct sample *sample, const struct line *line)
{
	const char *bound = label(line, "le");

	sample_replies(sample,
		strcmp(bound, "+Inf") == 0 ? UINT64_MAX
					   : (uint64_t)(strtod(bound, NULL) * 1e6 + 0.5),
		(uint64_t)line->value);
}

/* A counter, by its family and what its member is called there, or by its own name. */
static void take_stat(struct sample *sample, const struct line *line, const char *name)
{
	char stat[128];

	snprintf(stat, sizeof(stat), "%s", name);
	for (size_t i = 0; i < RDL_STAT_FAMILIES; i++) {
		const struct rdl_stat_family *family = &rdl_stat_families[i];

		if (strcmp(family->name, name) == 0)
			snprintf(stat, sizeof(stat), "%s%s", family->prefix,
				label(line, family->differs_in));
	}
	for (char *dot = stat; (dot = strchr(dot, '.')) != NULL;)
		*dot = '_';
	sample_stat(sample, strcmp(stat, "store_bytes") == 0 ? "store_octets" : stat,
		(uint64_t)line->value);
}

/* Whoever answers there chose it: nothing in it controls the terminal. */
static void copy_label(char to[SAMPLE_TEXT], const struct line *line, const char *name)
{
	const char *text = label(line, name);

	rdl_printable_copy(
		to, (struct rdl_span){ (const uint8_t *)text, strnlen(text, SAMPLE_TEXT - 1) });
}

static void take(struct sample *sample, const struct line *line)
{
	static const char total[] = "_total";
	char name[96];

	if (strncmp(line->name, PREFIX, strlen(PREFIX)) != 0)
		return;
	int len = snprintf(name, sizeof(name), "%s", line->name + strlen(PREFIX));
	if (len >= (int)sizeof(name))
		return;
	if (len >= (int)strlen(total) && strcmp(name + len - strlen(total), total) == 0)
		name[len - (int)strlen(total)] = '\0';
	if (strcmp(name, "build_info") == 0) {
		copy_label(sample->version, line, "version");
		copy_label(sample->instance, line, "instance_name");
	} else if (strcmp(name, "uptime_seconds") == 0) {
		sample->uptime_s = (uint64_t)line->value;
	} else if (strcmp(name, "registrations_max") == 0) {
		sample->registrations_max = (uint64_t)line->value;
	} else if (strcmp(name, "ring_depth") == 0 || strncmp(name, "core_", 5) == 0) {
		take_core(sample, line, name);
	} else if (strcmp(name, "reply_seconds_bucket") == 0) {
		take_replies(sample, line);
	} else if (strncmp(name, "port_", 5) == 0) {
		take_port(sample, line, name);
	} else {
		take_stat(sample, line, name);
	}
}

const char *sample_by_exposition(struct sample *sample, const char *text)
{
	char *copy = strdup(text), *rest = NULL;
	bool any = false;

	for (char *next = copy != NULL ? strtok_r(copy, "\n", &rest) : NULL; next != NULL;
		next = strtok_r(NULL, "\n", &rest)) {
		struct line line;

		if (next[0] == '#' || !read_line(next, &line))
			continue;
		any |= strcmp(line.name, PREFIX "build_info") == 0;
		take(sample, &line);
	}
	free(copy);
	return any ? NULL : "it does not say what a gateway says";
}

/* ---- HTTP ---- */

struct body {
	FILE *to;
	size_t len;
};

static size_t add(char *data, size_t size, size_t count, void *context)
{
	struct body *body = context;

	body->len += size * count;
	return body->len <= TEXT_MAX ? fwrite(data, size, count, body->to) : 0;
}

/* NULL, or why not; *problem is the library's, and its buffer the caller's. */
static const char *fetch(const char *url, struct body *body, char *problem)
{
	CURL *curl = curl_easy_init();
	CURLcode code = CURLE_FAILED_INIT;

	if (curl == NULL)
		return "no memory";
	problem[0] = '\0';
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, problem);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, add);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	code = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	if (code == CURLE_OK)
		return NULL;
	return problem[0] != '\0' ? problem : curl_easy_strerror(code);
}

const char *sample_by_metrics(struct sample *sample, const char *url)
{
	static char problem[CURL_ERROR_SIZE];
	char *text = NULL;
	size_t len = 0;
	struct body body = { .to = open_memstream(&text, &len) };

	if (body.to == NULL)
		return "no memory";
	const char *why = fetch(url, &body, problem);
	bool whole = fclose(body.to) == 0;
	if (why == NULL)
		why = whole ? sample_by_exposition(sample, text) : "no memory";
	free(text);
	return why;
}
