/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The file of known endpoints: a name a line.
 * There may be millions: names stay where they were read to.
 */
#include "internal.h"

#define ENDPOINT_MAX 252
#define SIZE_LIMIT ((size_t)UINT32_MAX)
/*
 * Lines said to be no names, each, before the rest is only counted:
 * a file with more of them is hardly a list of names.
 */
#define COMPLAINTS_MAX 5

/* The line that starts at *pos, without its end and the blanks around it; moves *pos behind it. */
static struct rdl_span next_line(char *text, size_t len, size_t *pos)
{
	char *start = text + *pos;
	char *newline = memchr(start, '\n', len - *pos);
	char *end = newline == NULL ? text + len : newline;

	*pos = (size_t)(end - text) + 1;
	while (start < end && (*start == ' ' || *start == '\t'))
		start++;
	while (end > start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	return (struct rdl_span){ (const uint8_t *)start, (size_t)(end - start) };
}

static unsigned count_lines(const char *text, size_t len)
{
	unsigned count = 1;

	for (size_t i = 0; i < len; i++)
		count += text[i] == '\n';
	return count;
}

/* Keeps the names of a text, and says which of its lines are none. */
static void take_names(struct rdl_conf_loader *loader, const config_setting_t *setting,
	const char *path, struct rdl_span text)
{
	struct rdl_conf_strings *known = &loader->conf->endpoints.known;
	char *names = (char *)(uintptr_t)text.data;
	unsigned bad = 0;
	size_t pos = 0;

	for (unsigned line = 1; pos < text.len; line++) {
		struct rdl_span name = next_line(names, text.len, &pos);

		if (name.len == 0 || name.data[0] == '#')
			continue;
		if (name.len > ENDPOINT_MAX || !rdl_utf8_valid(name.data, name.len)) {
			if (++bad <= COMPLAINTS_MAX)
				rdl_conf_problem(loader, setting->line,
					(struct rdl_conf_where){ path, line },
					"not an endpoint name: 1 to %d octets of UTF-8",
					ENDPOINT_MAX);
			continue;
		}
		size_t start = (size_t)(name.data - text.data);
		names[start + name.len] = '\0';
		known->items[known->count++] = names + start;
	}
	if (bad > COMPLAINTS_MAX)
		rdl_conf_problem(loader, setting->line, (struct rdl_conf_where){ path, 0 },
			"%u more lines that are no endpoint names: is it a list of them?",
			bad - COMPLAINTS_MAX);
}

void rdl_conf_read_known(struct rdl_conf_loader *loader, const config_setting_t *setting,
	const char *text, void *base)
{
	struct rdl_conf *conf = base;
	const char *path = rdl_conf_beside(loader, text), *why;
	size_t len;

	if (path == NULL)
		return;
	char *names = rdl_conf_slurp(loader, conf->arena, path, SIZE_LIMIT, &len, &why);
	if (names == NULL) {
		rdl_conf_complain(loader, setting, "cannot open %s: %s", path, why);
		return;
	}
	conf->endpoints.known.items = rdl_conf_alloc(
		conf->arena, count_lines(names, len) * sizeof(*conf->endpoints.known.items));
	if (conf->endpoints.known.items == NULL)
		return;
	conf->endpoints.known_only = true;
	take_names(loader, setting, path, (struct rdl_span){ (const uint8_t *)names, len });
}

bool rdl_conf_same_known(const struct rdl_conf *a, const struct rdl_conf *b)
{
	return a->endpoints.known_only == b->endpoints.known_only &&
	       rdl_conf_same_strings(&a->endpoints.known, &b->endpoints.known);
}
