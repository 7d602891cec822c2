/* SPDX-License-Identifier: BSD-3-Clause */
/* The manual's page of counters has all of them, and no others. Run where the tree is. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "stats.h"

#define PAGE "app/rdline-troubleshooting.7"

static char page[65536];

static int read_page(void **state)
{
	FILE *file = fopen(PAGE, "r");

	if (file == NULL)
		return -1;
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	fclose(file);
	return 0;
}

/* In the heads of its lists: ".It name , name". */
static bool has(const char *name)
{
	size_t len = strlen(name);

	for (const char *head = page; (head = strstr(head, "\n.It ")) != NULL; head++) {
		const char *end = strchr(head + 1, '\n');

		for (const char *at = head; (at = strstr(at, name)) != NULL && at < end; at++)
			if (at[-1] == ' ' && (at[len] == ' ' || at[len] == '\n'))
				return true;
	}
	return false;
}

static void every_counter_is_explained(void **state)
{
	for (unsigned i = 0; i < RDL_STAT_COUNT; i++)
		if (!has(rdl_stat_name((enum rdl_stat)i)))
			fail_msg("%s is not in " PAGE, rdl_stat_name((enum rdl_stat)i));
}

static bool is_counter(const char *name, size_t len)
{
	for (unsigned i = 0; i < RDL_STAT_COUNT; i++) {
		const char *counter = rdl_stat_name((enum rdl_stat)i);

		if (strlen(counter) == len && memcmp(counter, name, len) == 0)
			return true;
	}
	return false;
}

static void nothing_else_is(void **state)
{
	for (const char *at = page; (at = strstr(at, "\n.It ")) != NULL;) {
		for (at += 5; *at != '\n'; at += *at != '\n') {
			size_t len = strcspn(at, " \n");

			if (!(len == 1 && *at == ',') && !is_counter(at, len))
				fail_msg("%.*s is no counter", (int)len, at);
			at += len;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_counter_is_explained, read_page),
		cmocka_unit_test_setup(nothing_else_is, read_page),
	};

	return RUN_TESTS(tests);
}
