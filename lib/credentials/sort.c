/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rows into the order of the database. Identities of a fleet begin alike, and lie anywhere in
 * memory: what decides is put side by side first, the mode and the octets behind what all have in
 * common.
 */
#include <stdlib.h>

#include "writing.h"

struct place {
	uint64_t head;
	struct rdl_credentials_row *row;
};

static int compare_rows(const struct rdl_credentials_row *x, const struct rdl_credentials_row *y)
{
	const struct rdl_span *s = &x->identity.octets, *t = &y->identity.octets;

	if (x->identity.mode != y->identity.mode)
		return x->identity.mode < y->identity.mode ? -1 : 1;
	int order = memcmp(s->data, t->data, s->len < t->len ? s->len : t->len);
	if (order == 0)
		order = (s->len > t->len) - (s->len < t->len);
	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	return compare_rows(x->row, y->row);
}

static size_t common(struct rdl_span a, struct rdl_span b)
{
	size_t n = 0, most = a.len < b.len ? a.len : b.len;

	while (n < most && a.data[n] == b.data[n])
		n++;
	return n;
}

/* By mode: how many octets all identities have in common with the first. */
static void find_common(const struct rdl_credentials_row *rows, size_t count, size_t shared[2])
{
	const struct rdl_credentials_row *first[2] = { NULL, NULL };

	for (size_t i = 0; i < count; i++) {
		unsigned mode = rows[i].identity.mode;

		if (first[mode] == NULL) {
			first[mode] = &rows[i];
			shared[mode] = rows[i].identity.octets.len;
		}
		size_t n = common(rows[i].identity.octets, first[mode]->identity.octets);
		if (n < shared[mode])
			shared[mode] = n;
	}
}

static uint64_t head_of(const struct rdl_credentials_row *row, size_t shared)
{
	struct rdl_span octets = row->identity.octets;
	size_t n = octets.len - shared;
	uint8_t head[8] = { 0 };

	memcpy(head, octets.data + shared, n < 8 ? n : 8);
	uint64_t word = (uint64_t)rdl_get_be32(head) << 32 | rdl_get_be32(head + 4);
	return word >> 1 | (uint64_t)row->identity.mode << 63;
}

/* Moves each row to its place, along the circles that they make. */
static void move_rows(struct rdl_credentials_row *rows, struct place *places, size_t count)
{
	for (size_t start = 0; start < count; start++) {
		struct rdl_credentials_row first = rows[start];
		size_t at = start, from = (size_t)(places[at].row - rows);

		while (from != start && from != at) {
			rows[at] = rows[from];
			places[at].row = &rows[at];
			at = from;
			from = (size_t)(places[at].row - rows);
		}
		rows[at] = first;
		places[at].row = &rows[at];
	}
}

bool rdl_credentials_sort(
	struct rdl_credentials_row *rows, size_t count, const struct rdl_credentials_row **repeated)
{
	struct place *places = calloc(count, sizeof(*places));
	size_t shared[2] = { 0, 0 };

	*repeated = NULL;
	if (places == NULL)
		return count == 0;
	find_common(rows, count, shared);
	for (size_t i = 0; i < count; i++)
		places[i] = (struct place){ head_of(&rows[i], shared[rows[i].identity.mode]),
			&rows[i] };
	qsort(places, count, sizeof(*places), compare_places);
	move_rows(rows, places, count);
	free(places);
	for (size_t i = 1; i < count && *repeated == NULL; i++)
		if (rows[i].identity.mode == rows[i - 1].identity.mode &&
			rdl_span_equal(rows[i].identity.octets, rows[i - 1].identity.octets))
			*repeated = &rows[i];
	return true;
}
