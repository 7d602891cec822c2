/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists, a page at a time, over two shards. */
#include "fixture.h"

#define NAMES 1500

static void fill(unsigned names)
{
	struct rdl_object_list *list = gateway_list(1, 1);

	for (unsigned i = 0; i < names; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n-%u", i);
		gateway_register(name, 86400, list);
	}
	free(list);
	gateway_cores_run();
}

/* Marks the names of a reply's page as seen; returns how many. */
static unsigned mark(const char *reply, bool seen[NAMES])
{
	unsigned n = 0, number;

	for (const char *at = reply; (at = strstr(at, "\"n-")) != NULL; at++) {
		assert_int_equal(sscanf(at, "\"n-%u\"", &number), 1);
		assert_in_range(number, 0, NAMES - 1);
		assert_false(seen[number]);
		seen[number] = true;
		n++;
	}
	return n;
}

static void pages(bool details)
{
	struct command command = { .name = "list", .prefix = span_of(""), .details = details };
	bool seen[NAMES] = { false };
	unsigned total = 0, replies = 0;

	do {
		const char *reply = run(&command);
		unsigned n = mark(reply, seen);
		const char *next = strstr(reply, "],\"next\":");

		assert_memory_equal(reply, details ? "{\"registrations\":[" : "{\"endpoints\":[",
			details ? 18 : 14);
		assert_non_null(next);
		total += n;
		replies++;
		/* A thousand, and what the last page had besides; never empty on the way. */
		assert_in_range(n, 1, 1000 + QUESTION_PAGE_NAMES);
		if (strcmp(next, "],\"next\":null}\n") == 0)
			break;
		assert_in_range(n, 1000, 1000 + QUESTION_PAGE_NAMES);
		unsigned long long cursor;
		assert_int_equal(sscanf(next, "],\"next\":\"%llu\"}\n", &cursor), 1);
		assert_int_not_equal(cursor, command.cursor);
		command.cursor = cursor;
	} while (replies < 10);
	assert_int_equal(total, NAMES);
	assert_int_equal(replies, 2);
}

static void all_of_them(void **state)
{
	fill(NAMES);
	pages(false);
	pages(true);
}

static void of_a_prefix(void **state)
{
	struct command command = { .name = "list", .prefix = span_of("n-149") };
	bool seen[NAMES] = { false };

	fill(NAMES);
	const char *reply = run(&command);
	/* n-149, and n-1490 to n-1499; all slots are walked for them in one reply. */
	assert_int_equal(mark(reply, seen), 11);
	assert_true(seen[149] && seen[1490] && seen[1499]);
	assert_non_null(strstr(reply, "],\"next\":null}\n"));
	assert_null(strstr(reply, ",]"));
	assert_null(strstr(reply, "[,"));
	assert_int_equal(count_of(reply, "\",\""), 10);
	command.prefix = span_of("n-14999");
	assert_string_equal(run(&command), "{\"endpoints\":[],\"next\":null}\n");
	/* A cursor that nobody was given is answered, by an end at the latest. */
	command.prefix = span_of("");
	command.cursor = UINT64_MAX;
	assert_string_equal(run(&command), "{\"endpoints\":[],\"next\":null}\n");
}

/* What lies behind a name is none of it. */
static void a_prefix_longer_than_the_name(void **state)
{
	struct command command = { .name = "list", .prefix = { (const uint8_t *)"a\0", 2 } };
	struct rdl_object_list *list = gateway_list(1, 1);

	gateway_register("a", 60, list);
	free(list);
	gateway_cores_run();
	assert_string_equal(run(&command), "{\"endpoints\":[],\"next\":null}\n");
	command.prefix.len = 1;
	assert_string_equal(run(&command), "{\"endpoints\":[\"a\"],\"next\":null}\n");
}

static void rows(void **state)
{
	struct rdl_object_list *list = gateway_list(1, 1);

	gateway_register("r\"1", 60, list);
	free(list);
	own_clock_pass(10000);
	gateway_cores_run();
	expect_reply("{\"command\":\"list\",\"details\":true}",
		"{\"registrations\":[{\"endpoint\":\"r\\\"1\",\"address\":\"192.0.2.7\","
		"\"port\":5683,\"security\":\"none\",\"version\":\"1.1\",\"lifetime\":60,"
		"\"binding\":\"U\","
		"\"queue\":false,\"expires_in\":50}],\"next\":null}");
	expect_reply("{\"command\":\"list\",\"details\":false}",
		"{\"endpoints\":[\"r\\\"1\"],\"next\":null}");
	expect_reply("{\"command\":\"list\",\"prefix\":\"r\\\"\",\"cursor\":\"0\"}",
		"{\"endpoints\":[\"r\\\"1\"],\"next\":null}");
}

static void rows_of_identities(void **state)
{
	struct rdl_identities *identities = identities_made(4);
	struct rdl_object_list *list = gateway_list(1, 1);

	close_console();
	sources.facts.identities = identities;
	open_console();
	gateway_register_by(identity_made_psk(identities, "id\xff"), "by", 60, list);
	free(list);
	gateway_cores_run();
	expect_reply("{\"command\":\"list\",\"details\":true}",
		"{\"registrations\":[{\"endpoint\":\"by\",\"address\":\"192.0.2.7\","
		"\"port\":5683,\"security\":\"psk\",\"identity\":\"id\xef\xbf\xbd\","
		"\"version\":\"1.1\",\"lifetime\":60,\"binding\":\"U\","
		"\"queue\":false,\"expires_in\":60}],\"next\":null}");
	gateway_cores_pause();
	free(identities);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(all_of_them),
		CONSOLE_TEST(of_a_prefix),
		CONSOLE_TEST(a_prefix_longer_than_the_name),
		CONSOLE_TEST(rows),
		CONSOLE_TEST(rows_of_identities),
	};

	return RUN_CONSOLE_TESTS(tests);
}
