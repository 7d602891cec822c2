/* SPDX-License-Identifier: BSD-3-Clause */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

struct field {
	char *text;
	size_t len;
};

/* A field in quotes loses them where it stands; false: they do not fit. */
static bool unquote(char **pos, const char *end, struct field *field)
{
	char *from = *pos + 1, *to = from, *quote;

	field->text = from;
	while ((quote = memchr(from, '"', (size_t)(end - from))) != NULL) {
		size_t n = (size_t)(quote - from);

		memmove(to, from, n);
		to += n;
		from = quote + 1;
		if (from == end || *from == ',') {
			field->len = (size_t)(to - field->text);
			*pos = from + 1;
			return true;
		}
		if (*from++ != '"')
			return false;
		*to++ = '"';
	}
	return false;
}

/* The field that begins at *pos, which moves behind its comma; after the last, beyond `end`. */
static bool next_field(char **pos, char *end, struct field *field)
{
	if (*pos < end && **pos == '"')
		return unquote(pos, end, field);
	char *comma = memchr(*pos, ',', (size_t)(end - *pos));
	if (comma == NULL)
		comma = end;
	*field = (struct field){ *pos, (size_t)(comma - *pos) };
	*pos = comma + 1;
	return true;
}

static bool is_psktool(const char *line, size_t len)
{
	const char *comma = memchr(line, ',', len), *end = line + len;

	if (comma == NULL)
		return true;
	if (line[0] == '"')
		return false;
	const char *next = memchr(comma + 1, ',', (size_t)(end - comma - 1));
	return memchr(comma, ':', (size_t)((next == NULL ? end : next) - comma)) != NULL;
}

/* As GnuTLS reads it: the first colon ends the user. */
static const char *read_psktool(char *line, size_t len, struct rdl_credentials_row *row)
{
	char *colon = memchr(line, ':', len);

	if (colon == NULL)
		return "is neither identity,key nor user:key";
	if (!identity_read_psk(line, (size_t)(colon - line), &row->identity))
		return "has an identity that begins with # and is not hex";
	if (!hex_read(colon + 1, (size_t)(line + len - colon - 1), &row->key))
		return "has a key that is not hex";
	return NULL;
}

/*
 * Endpoints become names, an octet of length before each: there is room, since a comma stands
 * before each. A spreadsheet leaves empty fields at the end of shorter rows.
 */
static const char *read_names(char *pos, char *end, struct rdl_credentials_row *row)
{
	uint8_t *names = (uint8_t *)pos - 1, *to = names;
	struct field field;

	while (pos <= end) {
		if (!next_field(&pos, end, &field))
			return "has quotes that do not fit";
		if (field.len == 0)
			continue;
		if (field.len > RDL_ENDPOINT_MAX)
			return "has a name that is not an endpoint's: 1 to 252 octets of UTF-8";
		/* The text first: its own length may stand in it. */
		memmove(to + 1, field.text, field.len);
		to[0] = (uint8_t)field.len;
		to += 1 + field.len;
	}
	row->names = (struct rdl_span){ names, (size_t)(to - names) };
	return NULL;
}

static const char *read_csv(char *line, size_t len, struct rdl_credentials_row *row)
{
	char *pos = line, *end = line + len;
	struct field identity, key = { .text = NULL };

	if (!next_field(&pos, end, &identity) || (pos <= end && !next_field(&pos, end, &key)))
		return "has quotes that do not fit";
	if (key.text == NULL)
		return "is neither identity,key nor user:key";
	if (key.len == 0) {
		if (!identity_read(identity.text, identity.len, &row->identity) ||
			row->identity.mode != RDL_CREDENTIALS_RPK)
			return "has no key, and is not rpk: with a SHA-256";
	} else if (!identity_read_psk(identity.text, identity.len, &row->identity)) {
		return "has an identity that begins with # and is not hex";
	} else if (!hex_read(key.text, key.len, &row->key)) {
		return "has a key that is not hex";
	}
	return pos <= end ? read_names(pos, end, row) : NULL;
}

const char *row_read(char *line, size_t len, struct rdl_credentials_row *row)
{
	static const uint8_t nothing[1];
	const char *problem;

	*row = (struct rdl_credentials_row){ .key = { nothing, 0 }, .names = { nothing, 0 } };
	if (is_psktool(line, len))
		problem = read_psktool(line, len, row);
	else
		problem = read_csv(line, len, row);
	return problem != NULL ? problem : rdl_credentials_row_problem(row);
}

static size_t count_lines(const char *text, size_t len)
{
	size_t count = 1;

	for (const char *end = text + len;
		(text = memchr(text, '\n', (size_t)(end - text))) != NULL;)
		text++, count++;
	return count;
}

bool rows_read(char *text, size_t len, struct row_table *table, row_problem_fn tell, void *context)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, which spreadsheets write */
	char *end = text + len, *pos = text;

	table->count = 0;
	table->rows = malloc(count_lines(text, len) * sizeof(*table->rows));
	if (table->rows == NULL)
		return false;
	if (len >= 3 && memcmp(text, mark, 3) == 0)
		pos += 3;
	for (size_t line = 1; pos < end; line++) {
		char *newline = memchr(pos, '\n', (size_t)(end - pos));
		char *start = pos, *stop = newline == NULL ? end : newline;
		struct rdl_credentials_row *row = &table->rows[table->count];

		pos = stop + 1;
		if (stop > start && stop[-1] == '\r')
			stop--;
		if (stop == start)
			continue;
		const char *problem = row_read(start, (size_t)(stop - start), row);
		row->line = line;
		if (problem != NULL)
			tell(context, line, problem);
		else
			table->count++;
	}
	return true;
}
