/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The files of a configuration as one text. libconfig could read them itself, but it wraps integers
 * that do not fit, ends the process when it is given a directory, takes a comment that is never
 * closed for the end, and cannot include both relative and absolute names.
 */
#include "internal.h"

#include <stdlib.h>

#define INCLUDE_DEPTH 10
#define SIZE_LIMIT (16u * 1024 * 1024)

/* From line `first` of the expanded text on, lines come from `where`. */
struct rdl_conf_segment {
	struct rdl_conf_segment *before;
	unsigned first;
	struct rdl_conf_where where;
};

/* A file that is being copied; its text holds no NUL but the one behind its end. */
struct file {
	struct rdl_conf_where at;
	const char *text;
	size_t pos;
	size_t copied; /* up to here */
	unsigned copied_line;
};

struct expansion {
	struct rdl_conf_loader *loader;
	FILE *out;
	unsigned line; /* of `out`, where the next octet goes */
	size_t room; /* octets that may yet be read */
	unsigned depth;
	struct file files[1 + INCLUDE_DEPTH];
};

struct rdl_conf_where rdl_conf_source_where(const struct rdl_conf_loader *loader, unsigned line)
{
	for (const struct rdl_conf_segment *s = loader->segments; s != NULL; s = s->before)
		if (s->first <= line)
			return (struct rdl_conf_where){ s->where.file,
				s->where.line + (line - s->first) };
	return (struct rdl_conf_where){ loader->path, 1 };
}

const char *rdl_conf_beside(struct rdl_conf_loader *loader, const char *name)
{
	size_t len = name[0] == '/' ? 0 : strlen(loader->directory);
	char *full = rdl_conf_alloc(&loader->scratch, len + strlen(name) + 1);

	if (full == NULL)
		return NULL;
	memcpy(full, loader->directory, len);
	memcpy(full + len, name, strlen(name));
	return full;
}

static void problem(struct expansion *x, const struct file *f, unsigned line, const char *what,
	const char *detail)
{
	rdl_conf_problem(x->loader, x->line + (line - f->copied_line),
		(struct rdl_conf_where){ f->at.file, line }, "%s%s", what, detail);
}

static void write_text(struct expansion *x, const char *text, size_t len)
{
	fwrite(text, 1, len, x->out);
	for (size_t i = 0; i < len; i++)
		x->line += text[i] == '\n';
}

/* Copies what was looked at. */
static void flush(struct expansion *x, struct file *f)
{
	write_text(x, f->text + f->copied, f->pos - f->copied);
	f->copied = f->pos;
	f->copied_line = f->at.line;
}

static void begin_segment(struct expansion *x, const struct file *f)
{
	struct rdl_conf_segment *segment = rdl_conf_alloc(&x->loader->scratch, sizeof(*segment));

	if (segment == NULL)
		return;
	*segment = (struct rdl_conf_segment){ x->loader->segments, x->line, f->at };
	x->loader->segments = segment;
}

/* Starts with another file, which `from` includes, or nobody. */
static bool push(struct expansion *x, const struct file *from, const char *name)
{
	const char *why;
	size_t len;

	if (name == NULL)
		return false;
	char *text = rdl_conf_slurp(x->loader, &x->loader->scratch, name, x->room, &len, &why);
	if (text == NULL && from == NULL) {
		rdl_conf_problem(x->loader, 0, (struct rdl_conf_where){ x->loader->path, 0 },
			"cannot open: %s", why);
		return false;
	}
	if (text == NULL) {
		rdl_conf_problem(x->loader, x->line, from->at, "cannot open %s: %s", name, why);
		return false;
	}
	x->room -= len;
	struct file *f = &x->files[x->depth++];
	*f = (struct file){ .at = { name, 1 }, .text = text, .copied_line = 1 };
	begin_segment(x, f);
	if (strlen(text) < len) {
		while (f->text[f->pos] != '\0')
			f->at.line += f->text[f->pos++] == '\n';
		problem(x, f, f->at.line, "NUL octet in the file", "");
		return false;
	}
	return true;
}

static void pop(struct expansion *x, struct file *f)
{
	flush(x, f);
	if (f->pos > 0 && f->text[f->pos - 1] != '\n')
		write_text(x, "\n", 1);
	x->depth--;
	if (x->depth > 0)
		begin_segment(x, &x->files[x->depth - 1]);
}

/* Where the name begins, if an @include stands at `pos`: 0 if none. It must start its line. */
static size_t include_name(const struct file *f)
{
	const char *p = f->text + f->pos;

	if (f->pos > 0 && p[-1] != '\n')
		return 0;
	p += strspn(p, " \t");
	if (strncmp(p, "@include", 8) != 0 || (p[8] != ' ' && p[8] != '\t'))
		return 0;
	p += 8;
	p += strspn(p, " \t");
	return *p == '"' ? (size_t)(p + 1 - f->text) : 0;
}

static bool include(struct expansion *x, struct file *f, size_t start)
{
	size_t len = strcspn(f->text + start, "\"\n");

	if (f->text[start + len] != '"') {
		problem(x, f, f->at.line, "the name to include is never closed", "");
		return false;
	}
	if (x->depth > INCLUDE_DEPTH) {
		problem(x, f, f->at.line, "@include is nested too deep", "");
		return false;
	}
	char *name = rdl_conf_alloc(&x->loader->scratch, len + 1);
	if (name == NULL)
		return false;
	memcpy(name, f->text + start, len);
	flush(x, f);
	f->pos = f->copied = start + len + 1;
	return push(x, f, rdl_conf_beside(x->loader, name));
}

/* Moves behind the octets of `end`, or says that `what` has none. */
static bool skip_to(struct expansion *x, struct file *f, const char *end, const char *what)
{
	unsigned line = f->at.line;
	size_t len = strlen(end);

	while (strncmp(f->text + f->pos, end, len) != 0) {
		if (f->text[f->pos] == '\0') {
			problem(x, f, line, what, " is never closed");
			return false;
		}
		if (f->text[f->pos] == '\\' && *end == '"' &&
			(f->text[f->pos + 1] == '"' || f->text[f->pos + 1] == '\\'))
			f->pos++;
		f->at.line += f->text[f->pos++] == '\n';
	}
	f->pos += len;
	return true;
}

/*
 * Looks at a number. In the place of an integer that does not fit goes what none that fits reads
 * as, a negative hexadecimal one: schema.c leaves it alone, and the rest of the file can be judged.
 */
static void number(struct expansion *x, struct file *f)
{
	const char *text = f->text + f->pos;
	struct rdl_conf_literal literal = rdl_conf_literal(text);

	if (literal.len == 0 || literal.real || literal.fits_32 ||
		(literal.wide && literal.fits_64)) {
		f->pos += literal.len > 0 ? literal.len : 1;
		return;
	}
	rdl_conf_problem(x->loader, x->line + (f->at.line - f->copied_line), f->at,
		literal.fits_64 ? "%.*s does not fit 32 bits: write it with an L behind it"
				: "%.*s does not fit 64 bits",
		(int)literal.len, text);
	flush(x, f);
	const char *mark = literal.wide ? " 0x8000000000000000L " : " 0x80000000 ";
	write_text(x, mark, strlen(mark));
	f->pos += literal.len;
	f->copied = f->pos;
}

/* Looks at one token. */
static bool step(struct expansion *x, struct file *f)
{
	static const char name_octets[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789-_*";
	const char *p = f->text + f->pos;
	size_t name = include_name(f);

	if (name > 0)
		return include(x, f, name);
	if (p[0] == '/' && p[1] == '*') {
		f->pos += 2;
		return skip_to(x, f, "*/", "the comment");
	}
	if (p[0] == '"') {
		f->pos++;
		return skip_to(x, f, "\"", "the string");
	}
	if (p[0] == '#' || (p[0] == '/' && p[1] == '/'))
		f->pos += strcspn(p, "\n");
	else if (strchr("0123456789+-.", p[0]) != NULL)
		number(x, f);
	else if (strspn(p, name_octets) > 0)
		f->pos += strspn(p, name_octets);
	else
		f->at.line += f->text[f->pos++] == '\n';
	return true;
}

bool rdl_conf_source_read(struct rdl_conf_loader *loader)
{
	size_t len;
	struct expansion x = { .loader = loader, .line = 1, .room = SIZE_LIMIT };

	x.out = open_memstream(&loader->text, &len);
	if (x.out == NULL) {
		loader->scratch.exhausted = true;
		return false;
	}
	bool good = push(&x, NULL, loader->path);
	while (good && x.depth > 0) {
		struct file *f = &x.files[x.depth - 1];

		if (f->text[f->pos] == '\0')
			pop(&x, f);
		else
			good = step(&x, f);
	}
	if (fclose(x.out) != 0)
		loader->scratch.exhausted = true;
	return good && !loader->scratch.exhausted;
}
