/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may subscribe to what, and what it costs the shards. */
#include "fixture.h"

static bool shards_tell(void)
{
	assert_int_equal(rdl_events_wanted(&events[0]), rdl_events_wanted(&events[1]));
	return rdl_events_wanted(&events[0]);
}

static void expect_first(const char *request, const char *from)
{
	struct rdl_lines_client *client = subscribed(request);
	char text[160];

	snprintf(text, sizeof(text),
		"{\"event\":\"subscribed\",\"from\":\"%s\",\"instance\":\"gw\","
		"\"boot\":\"0123\",\"version\":\"",
		from);
	const char *first = told(client);
	assert_memory_equal(first, text, strlen(text));
	assert_string_equal(first + strlen(first) - 3, "\"}\n");
	assert_true(client->keeps);
	assert_int_equal(feed_counts(feed)->subscribers, 1);
	leaves(client);
	assert_int_equal(feed_counts(feed)->subscribers, 0);
}

static void the_first_line(void **state)
{
	expect_first("{\"from\":\"now\"}", "now");
	expect_first(
		"{\"from\":\"snapshot\",\"prefix\":\"a\",\"events\":[\"updated\"]}", "snapshot");
}

/* "" for one that is well. */
static void expect_wrong(const char *request, const char *wrong)
{
	struct rdl_lines_client *client = connected(8192);
	char text[160];

	asks(client, request);
	snprintf(text, sizeof(text), "{\"error\":\"%s\"}\n", wrong);
	const char *said = told(client);
	if (*wrong == '\0')
		assert_non_null(strstr(said, "\"subscribed\""));
	else if (strcmp(said, text) != 0)
		fail_msg("%s: %s", request, said);
	/* Who has said nothing of sense does not stay. */
	assert_int_equal(client->keeps, *wrong == '\0');
	assert_int_equal(feed_counts(feed)->subscribers, *wrong == '\0');
	leaves(client);
	assert_int_equal(feed_counts(feed)->subscribers, 0);
}

#define NO_FROM "from: neither now nor snapshot"
#define NO_PREFIX "prefix: not a string, or longer than any endpoint name"
#define NO_REQUEST "not a request: {from: now or snapshot, events: [...], prefix: ...}"

static void malformed(void **state)
{
	static const struct {
		const char *request, *wrong;
	} table[] = {
		{ "", "not JSON" },
		{ "{\"from\":\"now\"", "not JSON" },
		{ "{\"from\":\"now\",\"from\":\"now\"}", "a member that comes twice" },
		{ "{\"from\":\"now\",\"prefix\":\"\xff\"}", "not JSON" },
		{ "[]", NO_REQUEST },
		{ "{}", NO_FROM },
		{ "{\"from\":1}", NO_FROM },
		{ "{\"from\":null}", NO_FROM },
		{ "{\"from\":\"now\",\"events\":null}", "events: not an array" },
		{ "{\"from\":\"now\",\"prefix\":null}", NO_PREFIX },
		{ "{\"from\":\"now\",\"more\":1}", NO_REQUEST },
		{ "{\"from\":\"now\",\"prefix\":1}", NO_PREFIX },
		{ "{\"from\":\"cursor\",\"name\":1}", "name: not a string" },
		{ "{\"from\":\"now\",\"name\":\"\"}", "name: only where from is cursor" },
		{ "{\"from\":\"then\"}", "from: neither now nor snapshot" },
		{ "{\"from\":\"\"}", "from: neither now nor snapshot" },
		{ "{\"from\":\"now\",\"events\":\"updated\"}", "events: not an array" },
		{ "{\"from\":\"now\",\"events\":{}}", "events: not an array" },
		{ "{\"from\":\"now\",\"events\":[1]}", "events: not a kind of event" },
		{ "{\"from\":\"now\",\"events\":[\"updated\",\"moved\"]}",
			"events: not a kind of event" },
		/* Lines of walks are no events that one subscribes to. */
		{ "{\"from\":\"now\",\"events\":[\"registration\"]}",
			"events: not a kind of event" },
		{ "{\"from\":\"now\",\"events\":[]}", "" },
		{ "{\"from\":\"now\",\"events\":[\"refused\",\"removed\",\"removed\"]}", "" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(table); i++)
		expect_wrong(table[i].request, table[i].wrong);
	assert_int_equal(feed_lines_counts(feed)->errors, RDL_ARRAY_LEN(table) - 2);
}

static void the_longest_prefix(void **state)
{
	char request[512], prefix[RDL_ENDPOINT_MAX + 2];

	memset(prefix, 'p', sizeof(prefix) - 1);
	prefix[RDL_ENDPOINT_MAX + 1] = '\0';
	snprintf(request, sizeof(request), "{\"from\":\"now\",\"prefix\":\"%s\"}", prefix);
	expect_wrong(request, NO_PREFIX);
	prefix[RDL_ENDPOINT_MAX] = '\0';
	snprintf(request, sizeof(request), "{\"from\":\"now\",\"prefix\":\"%s\"}", prefix);
	expect_wrong(request, "");
}

/* Shards tell as long as anybody follows them. */
static void who_makes_them_tell(void **state)
{
	assert_int_equal(works(), -1);
	assert_false(shards_tell());
	struct rdl_lines_client *a = subscribed("{\"from\":\"now\"}");
	assert_true(shards_tell());
	struct rdl_lines_client *b = subscribed("{\"from\":\"now\",\"events\":[\"updated\"]}");
	leaves(a);
	assert_true(shards_tell());
	assert_int_equal(works(), 2);
	leaves(b);
	assert_false(shards_tell());
	assert_int_equal(works(), -1);
	/* Refusals are no business of theirs; a snapshot is, whatever comes after. */
	a = subscribed("{\"from\":\"now\",\"events\":[\"refused\"]}");
	assert_false(shards_tell());
	assert_int_equal(works(), 2);
	b = subscribed("{\"from\":\"snapshot\",\"events\":[]}");
	assert_true(shards_tell());
	leaves(a);
	leaves(b);
	assert_false(shards_tell());
	/* What happened while nobody listened is told nobody. */
	happens(0, RDL_EVENT_registered, "before");
	a = subscribed("{\"from\":\"now\"}");
	happens(0, RDL_EVENT_registered, "after");
	works();
	assert_string_equal(news(a), "registered after");
}

/* A second request takes the place of the first; one that is malformed, of nothing. */
static void another_request(void **state)
{
	struct rdl_lines_client *client = subscribed("{\"from\":\"now\",\"prefix\":\"a\"}");

	asks(client, "{\"from\":\"now\",\"prefix\":\"b\",\"events\":[\"removed\"]}");
	assert_int_equal(feed_counts(feed)->subscribers, 1);
	asks(client, "{\"from\":\"now\",\"prefix\":1}");
	asks(client, "{\"from\":\"now\",\"events\":[1],\"prefix\":\"c\"}");
	told(client);
	happens(0, RDL_EVENT_removed, "a1");
	happens(0, RDL_EVENT_removed, "b1");
	happens(0, RDL_EVENT_updated, "b1");
	happens(1, RDL_EVENT_removed, "c1");
	works();
	assert_string_equal(news(client), "removed b1");
	assert_int_equal(feed_counts(feed)->subscribers, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(the_first_line),
		FEED_TEST(malformed),
		FEED_TEST(the_longest_prefix),
		FEED_TEST(who_makes_them_tell),
		FEED_TEST(another_request),
	};

	return RUN_TESTS(tests);
}
