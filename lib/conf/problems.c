/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include <stdarg.h>
#include <stdlib.h>

struct rdl_conf_problem {
	struct rdl_conf_problem *next;
	unsigned line; /* of the expanded source */
	unsigned rank; /* keeps those of one line in the order in which they were found */
	struct rdl_conf_where where;
	char text[];
};

/* Writes "ports[0].addresses[1] ". */
static void print_path(FILE *out, const config_setting_t *setting)
{
	const config_setting_t *chain[8];
	size_t depth = 0;

	/* The schema is five levels deep, and what is unknown is not looked into. */
	while (setting->parent != NULL && depth < RDL_ARRAY_LEN(chain)) {
		chain[depth++] = setting;
		setting = setting->parent;
	}
	for (size_t i = depth; i-- > 0;) {
		if (chain[i]->name == NULL)
			fprintf(out, "[%d]", config_setting_index(chain[i]));
		else
			fprintf(out, "%s%s", i + 1 == depth ? "" : ".", chain[i]->name);
	}
	fputc(' ', out);
}

__attribute__((format(printf, 5, 0))) static void note(struct rdl_conf_loader *loader,
	unsigned line, struct rdl_conf_where where, const config_setting_t *setting,
	const char *format, va_list args)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL) {
		loader->scratch.exhausted = true;
		return;
	}
	if (setting != NULL)
		print_path(out, setting);
	vfprintf(out, format, args);
	if (fclose(out) != 0) {
		loader->scratch.exhausted = true;
		free(text);
		return;
	}
	struct rdl_conf_problem *problem =
		rdl_conf_alloc(&loader->scratch, sizeof(*problem) + len + 1);
	if (problem != NULL) {
		problem->line = line;
		problem->where = where;
		/*
		 * What is quoted may hold anything;
		 * a problem is one line, and what it looks like.
		 */
		rdl_printable_copy(problem->text, (struct rdl_span){ (const uint8_t *)text, len });
		*loader->problems_end = problem;
		loader->problems_end = &problem->next;
	}
	free(text);
}

void rdl_conf_problem(struct rdl_conf_loader *loader, unsigned line, struct rdl_conf_where where,
	const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(loader, line, where, NULL, format, args);
	va_end(args);
}

void rdl_conf_complain(
	struct rdl_conf_loader *loader, const config_setting_t *setting, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(loader, setting->line, rdl_conf_source_where(loader, setting->line), setting, format,
		args);
	va_end(args);
}

static int compare(const void *a, const void *b)
{
	const struct rdl_conf_problem *const *left = a, *const *right = b;

	if ((*left)->line != (*right)->line)
		return (*left)->line < (*right)->line ? -1 : 1;
	return (*left)->rank < (*right)->rank ? -1 : 1;
}

void rdl_conf_problems_print(struct rdl_conf_loader *loader, FILE *out)
{
	unsigned count = 0;

	for (struct rdl_conf_problem *p = loader->problems; p != NULL; p = p->next)
		p->rank = count++;
	struct rdl_conf_problem **sorted =
		rdl_conf_alloc(&loader->scratch, count * sizeof(struct rdl_conf_problem *));
	if (sorted == NULL)
		return;
	for (struct rdl_conf_problem *p = loader->problems; p != NULL; p = p->next)
		sorted[p->rank] = p;
	qsort(sorted, count, sizeof(struct rdl_conf_problem *), compare);
	for (unsigned i = 0; i < count; i++) {
		fprintf(out, "%s:", sorted[i]->where.file);
		if (sorted[i]->where.line > 0)
			fprintf(out, "%u:", sorted[i]->where.line);
		fprintf(out, " %s\n", sorted[i]->text);
	}
}
