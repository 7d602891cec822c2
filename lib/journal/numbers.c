/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers out of a directory's names: of runs, of segments. */
#include "journal_internal.h"

#include <stdlib.h>

bool rdl_journal_add_number(uint32_t **numbers, size_t *count, uint32_t number)
{
	uint32_t *more = realloc(*numbers, (*count + 1) * sizeof(*more));

	if (more == NULL)
		return false;
	more[(*count)++] = number;
	*numbers = more;
	return true;
}

static int by_number(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

void rdl_journal_sort_numbers(uint32_t *numbers, size_t count)
{
	if (count > 0)
		qsort(numbers, count, sizeof(*numbers), by_number);
}
