/* SPDX-License-Identifier: BSD-3-Clause */
/* Snapshots: rows of a walk in their places among the events, for all who wait for one. */
#include "fixture.h"

/* Both shards have been asked for the walk of that number, and for none after it. */
static void expect_asked(uint64_t number)
{
	assert_int_equal(rdl_events_walk_asked(&events[0]), number);
	assert_int_equal(rdl_events_walk_asked(&events[1]), number);
	assert_int_equal(feed_counts(feed)->walks, number);
}

static void begins(unsigned shard, uint64_t number)
{
	walk(shard, RDL_EVENT_walk_begin, number);
}

static void ends(unsigned shard, uint64_t number)
{
	walk(shard, RDL_EVENT_walk_end, number);
}

static void a_whole_walk(unsigned shard, uint64_t number, const char *row)
{
	begins(shard, number);
	happens(shard, RDL_EVENT_row, row);
	ends(shard, number);
}

/* State, and then every change to it, without hole or double. */
static void without_hole_or_double(void **state)
{
	struct rdl_lines_client *client = subscribed("{\"from\":\"snapshot\"}");

	expect_asked(0);
	works();
	expect_asked(1);
	/* What happens before the walk will be in it. */
	happens(0, RDL_EVENT_registered, "a");
	begins(0, 1);
	happens(0, RDL_EVENT_row, "a");
	/* It has come to this one, and not to that one. */
	happens(0, RDL_EVENT_updated, "a");
	happens_ahead(0, RDL_EVENT_registered, "b");
	/* The other shard has not begun. */
	happens(1, RDL_EVENT_registered, "m");
	works();
	assert_string_equal(news(client), "snapshot-begin, registration a, updated a");
	happens(0, RDL_EVENT_row, "b");
	ends(0, 1);
	happens(0, RDL_EVENT_removed, "b");
	works();
	assert_string_equal(news(client), "registration b, removed b");
	a_whole_walk(1, 1, "m");
	happens(1, RDL_EVENT_expired, "m");
	works();
	assert_string_equal(news(client), "registration m, snapshot-end 3, expired m");
	assert_int_equal(feed_counts(feed)->rows, 3);
	assert_int_equal(feed_counts(feed)->events, 6);
	/* From now on it follows; rows are for others. */
	happens(0, RDL_EVENT_updated, "a");
	a_whole_walk(0, 2, "a");
	works();
	assert_string_equal(news(client), "updated a");
	expect_asked(1);
}

/* Kinds are of events; a prefix is of rows, too. */
static void rows_and_filters(void **state)
{
	struct rdl_lines_client *client =
		subscribed("{\"from\":\"snapshot\",\"events\":[\"removed\"],\"prefix\":\"a\"}");
	struct rdl_lines_client *now = subscribed("{\"from\":\"now\"}");

	works();
	begins(0, 1);
	happens(0, RDL_EVENT_row, "a1");
	happens(0, RDL_EVENT_row, "b1");
	happens(0, RDL_EVENT_updated, "a1");
	happens(0, RDL_EVENT_removed, "a1");
	ends(0, 1);
	a_whole_walk(1, 1, "a2");
	works();
	assert_string_equal(news(client),
		"snapshot-begin, registration a1, removed a1, registration a2, snapshot-end 2");
	assert_string_equal(news(now), "updated a1, removed a1");
}

static void one_walk_for_many(void **state)
{
	struct rdl_lines_client *first = subscribed("{\"from\":\"snapshot\"}");
	struct rdl_lines_client *second = subscribed("{\"from\":\"snapshot\"}");

	works();
	expect_asked(1);
	a_whole_walk(0, 1, "a");
	/* It has begun somewhere: this one waits for the next. */
	works();
	struct rdl_lines_client *late = subscribed("{\"from\":\"snapshot\"}");
	own_clock_pass(250);
	works();
	expect_asked(1);
	a_whole_walk(1, 1, "m");
	works();
	assert_string_equal(
		news(first), "snapshot-begin, registration a, registration m, snapshot-end 2");
	assert_string_equal(
		news(second), "snapshot-begin, registration a, registration m, snapshot-end 2");
	assert_string_equal(news(late), "");
	/* As long as the last one took is a pause. */
	expect_asked(1);
	own_clock_pass(249);
	works();
	expect_asked(1);
	own_clock_pass(1);
	works();
	expect_asked(2);
	a_whole_walk(0, 2, "a");
	a_whole_walk(1, 2, "m");
	works();
	assert_string_equal(
		news(late), "snapshot-begin, registration a, registration m, snapshot-end 2");
	assert_string_equal(news(first), "");
	/* It took no time: a tenth of a second at least. */
	late = subscribed("{\"from\":\"snapshot\"}");
	own_clock_pass(99);
	works();
	expect_asked(2);
	own_clock_pass(1);
	works();
	expect_asked(3);
}

/* Whoever waited is gone: a walk that begins for nobody holds nothing up. */
static void who_does_not_wait_any_more(void **state)
{
	struct rdl_lines_client *client = subscribed("{\"from\":\"snapshot\"}");

	works();
	expect_asked(1);
	leaves(client);
	client = subscribed("{\"from\":\"snapshot\"}");
	works();
	expect_asked(2);
	/* The walk before came to nothing, as far as it knows; a later one will do as well. */
	begins(0, 1);
	happens(0, RDL_EVENT_row, "old");
	ends(0, 1);
	a_whole_walk(0, 2, "a");
	works();
	/* It is not over before the other shard has ended it, too. */
	struct rdl_lines_client *late = subscribed("{\"from\":\"snapshot\"}");
	own_clock_pass(1000);
	works();
	expect_asked(2);
	a_whole_walk(1, 2, "b");
	works();
	assert_string_equal(
		news(client), "snapshot-begin, registration a, registration b, snapshot-end 2");
	assert_string_equal(news(late), "");
}

static uint64_t allowed(unsigned shard)
{
	return events[shard].rows_allowed;
}

/* Rows come no faster than all who are in the walk can take them. */
static void no_faster_than_they_are_read(void **state)
{
	struct rdl_lines_client *client = connected(1 << 20), *roomy = connected(4 << 20);
	char part[65536];

	/* Of those who are in none, nobody counts. */
	asks(connected(8192), "{\"from\":\"now\"}");
	works();
	assert_int_equal(allowed(0), UINT64_MAX);
	asks(roomy, "{\"from\":\"snapshot\"}");
	works();
	uint64_t more = allowed(0);
	asks(client, "{\"from\":\"snapshot\"}");
	works();
	uint64_t room = allowed(0);
	assert_true(room > 0 && room < more);
	/* Each shard has its part, each octet of a record may be eleven of text. */
	assert_int_equal(room, allowed(1));
	assert_in_range(room, ((1 << 20) - RDL_EVENT_TEXT_MAX - 4096 - 300) / 11 / SHARDS,
		((1 << 20) - RDL_EVENT_TEXT_MAX - 4096) / 11 / SHARDS);
	begins(0, 1);
	happens(0, RDL_EVENT_row, "a");
	works();
	/* What was read of it is allowed beside what there is room for. */
	assert_true(allowed(0) > allowed(1));
	/* A buffer with room for the longest record only has no room for more. */
	while (rdl_outbox_left(&client->out) > RDL_EVENT_TEXT_MAX)
		assert_true(rdl_lines_put(client, part, sizeof(part)));
	works();
	uint64_t read = allowed(0);
	assert_int_equal(allowed(1), 0);
	/* Who takes too little of it in two seconds holds nobody up any more. */
	own_clock_pass(1999);
	takes(client, part, 1000);
	works();
	assert_int_equal(allowed(0), read);
	own_clock_pass(2);
	works();
	assert_true(allowed(0) > read);
	more = allowed(1);
	assert_true(more > 0);
	/* It has begun to read again, and counts again. */
	takes(client, part, sizeof(part));
	works();
	assert_true(allowed(1) < more);
	leaves(client);
	leaves(roomy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(without_hole_or_double),
		FEED_TEST(rows_and_filters),
		FEED_TEST(one_walk_for_many),
		FEED_TEST(who_does_not_wait_any_more),
		FEED_TEST(no_faster_than_they_are_read),
	};

	return RUN_TESTS(tests);
}
