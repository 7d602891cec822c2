/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of known endpoints: a name a line. There may be millions: names stay where they were read to. */
#include "internal.h"

#include <errno.h>

#define ENDPOINT_MAX 252
#define SIZE_LIMIT ((size_t)UINT32_MAX)

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

void rdl_conf_read_known(struct rdl_conf_loader *loader, const config_setting_t *setting,
	const char *text, void *base)
{
	struct rdl_conf *conf = base;
	struct rdl_conf_strings *known = &conf->endpoints.known;
	const char *path = rdl_conf_beside(loader, text);
	size_t len, pos = 0;

	if (path == NULL)
		return;
	char *names = rdl_conf_slurp(conf->arena, path, SIZE_LIMIT, &len);
	if (names == NULL) {
		rdl_conf_complain(loader, setting, "cannot open %s: %s", path, strerror(errno));
		return;
	}
	known->items = rdl_conf_alloc(conf->arena, count_lines(names, len) * sizeof(*known->items));
	if (known->items == NULL)
		return;
	conf->endpoints.known_only = true;
	for (unsigned line = 1; pos < len; line++) {
		struct rdl_span name = next_line(names, len, &pos);

		if (name.len == 0 || name.data[0] == '#')
			continue;
		if (name.len > ENDPOINT_MAX || !rdl_utf8_valid(name.data, name.len)) {
			rdl_conf_problem(loader, setting->line,
				(struct rdl_conf_where){ path, line },
				"not an endpoint name: 1 to %d octets of UTF-8", ENDPOINT_MAX);
			continue;
		}
		size_t start = (size_t)(name.data - (const uint8_t *)names);
		names[start + name.len] = '\0';
		known->items[known->count++] = names + start;
	}
}
