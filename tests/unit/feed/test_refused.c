/* SPDX-License-Identifier: BSD-3-Clause */
/* Refusals on their way to who asked for them: a hundred a second, and how many more. */
#include "fixture.h"

static void refuse(unsigned worker, const char *endpoint)
{
	struct rdl_refusal refusal = {
		.time_ms = own_clock_ms,
		.operation = RDL_OPERATION_REGISTER,
		.reason = RDL_REASON_bad_option,
		.endpoint_len = (uint8_t)strlen(endpoint),
	};

	memcpy(refusal.endpoint, endpoint, strlen(endpoint));
	rdl_refusals_add(&refusals[worker], &refusal);
}

static void refuse_many(unsigned worker, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		refuse(worker, "x");
}

/* How many lines there are for it of refusals. */
static unsigned refused_in(const char *said)
{
	unsigned n = 0;

	while ((said = strstr(said, "\"refused\"")) != NULL) {
		said++;
		n++;
	}
	return n;
}

/* In a session that ends, and whose identity nobody else holds. */
static void whose_it_was(void **state)
{
	struct rdl_identities *identities = identities_made(2);
	uint32_t number = identity_made_psk(identities, "dev-1");
	const struct rdl_refusal refusal = { .identity = number };
	struct rdl_lines_client *client = subscribed("{\"from\":\"now\",\"events\":[\"refused\"]}");

	feed->sources.facts.identities = identities;
	refusals[0].identities = identities;
	told(client);
	refuse(1, "clear");
	works();
	assert_string_equal(member(told(client), "security"), "none");
	rdl_refusals_add(&refusals[0], &refusal);
	rdl_identities_release(identities, number);
	identities_settle(identities, 0);
	works();
	const char *line = told(client);
	assert_string_equal(member(line, "security"), "psk");
	assert_string_equal(member(line, "identity"), "dev-1");
	free(identities);
}

#define REFUSED "{\"from\":\"now\",\"events\":[\"refused\"]}"

static void to_whom(void **state)
{
	refuse(0, "before");
	struct rdl_lines_client *all = subscribed(REFUSED);
	struct rdl_lines_client *some =
		subscribed("{\"from\":\"now\",\"events\":[\"refused\"],\"prefix\":\"a\"}");
	struct rdl_lines_client *events_only = subscribed("{\"from\":\"now\"}");
	struct rdl_lines_client *both =
		subscribed("{\"from\":\"now\",\"events\":[\"refused\",\"removed\"]}");

	refuse(0, "a1");
	refuse(1, "b1");
	refuse(1, "");
	happens(0, RDL_EVENT_removed, "c1");
	happens(0, RDL_EVENT_updated, "c1");
	assert_int_equal(works(), 2);
	assert_string_equal(news(all), "refused a1, refused b1, refused");
	assert_string_equal(news(some), "refused a1");
	assert_string_equal(news(events_only), "removed c1, updated c1");
	assert_string_equal(news(both), "refused a1, refused b1, refused, removed c1");
	assert_int_equal(feed_counts(feed)->refused, 3);
	assert_int_equal(feed_counts(feed)->suppressed, 0);
	works();
	assert_string_equal(news(all), "");
}

static void a_line(void **state)
{
	struct rdl_lines_client *client = subscribed(REFUSED);

	told(client);
	refuse(0, "a\"1");
	works();
	const char *line = told(client);
	assert_memory_equal(line, "{\"event\":\"refused\",\"time\":1700001000.000,", 41);
	assert_string_equal(member(line, "reason"), "bad_option");
	assert_non_null(strstr(line, "\"endpoint\":\"a\\\"1\""));
	assert_string_equal(line + strlen(line) - 2, "}\n");
}

/* As long as somebody wants them; who comes later is told of later ones. */
static void from_then_on(void **state)
{
	struct rdl_lines_client *client = subscribed(REFUSED);

	refuse(0, "a");
	works();
	leaves(client);
	assert_int_equal(works(), -1);
	refuse(0, "b");
	works();
	client = subscribed(REFUSED);
	refuse(0, "c");
	/* A second one changes nothing for the first. */
	struct rdl_lines_client *second = subscribed(REFUSED);
	works();
	assert_string_equal(news(client), "refused c");
	assert_string_equal(news(second), "refused c");
	assert_int_equal(feed_counts(feed)->refused, 2);
}

static void a_hundred_a_second(void **state)
{
	struct rdl_lines_client *client = subscribed(REFUSED);
	struct rdl_lines_client *other = subscribed("{\"from\":\"now\"}");

	told(client);
	refuse_many(0, 70);
	refuse_many(1, 70);
	works();
	assert_int_equal(refused_in(told(client)), 100);
	assert_int_equal(feed_counts(feed)->refused, 100);
	assert_int_equal(feed_counts(feed)->suppressed, 40);
	refuse_many(0, 5);
	own_clock_pass(999);
	works();
	assert_string_equal(news(client), "");
	own_clock_pass(1);
	refuse(1, "y");
	works();
	assert_string_equal(news(client), "refused-suppressed 45, refused y");
	assert_int_equal(feed_counts(feed)->suppressed, 45);
	/* A second in which nothing was left out says nothing. */
	own_clock_pass(1000);
	works();
	assert_string_equal(news(client), "");
	assert_string_equal(news(other), "");
}

/* More than are kept: those that made way are among the suppressed. */
static void more_than_are_kept(void **state)
{
	struct rdl_lines_client *client = subscribed(REFUSED);

	refuse_many(0, RDL_REFUSALS + 50);
	works();
	assert_int_equal(feed_counts(feed)->refused, 100);
	assert_int_equal(feed_counts(feed)->suppressed, RDL_REFUSALS + 50 - 100);
	own_clock_pass(1000);
	told(client);
	works();
	assert_string_equal(news(client), "refused-suppressed 206");
}

static void no_room_for_them(void **state)
{
	struct rdl_lines_client *client = connected(8192);

	asks(client, REFUSED);
	refuse_many(0, 60);
	works();
	assert_in_range(feed_counts(feed)->lost_subscribers, 20, 59);
	assert_int_equal(feed_counts(feed)->refused, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(to_whom),
		FEED_TEST(whose_it_was),
		FEED_TEST(a_line),
		FEED_TEST(from_then_on),
		FEED_TEST(a_hundred_a_second),
		FEED_TEST(more_than_are_kept),
		FEED_TEST(no_room_for_them),
	};

	return RUN_TESTS(tests);
}
