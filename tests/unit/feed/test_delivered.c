/* SPDX-License-Identifier: BSD-3-Clause */
/* What devices sent of their own accord, to those who asked for it. */
#include "fixture.h"

static const struct rdl_order observing = { .id_len = 1, .id = (const uint8_t *)"o" };

static void notifies(unsigned shard, const char *endpoint, uint32_t sequence)
{
	rdl_deliveries_write(&deliveries[shard],
		&(struct rdl_delivery){ .order = &observing,
			.code = 0x45,
			.content_format = RDL_FORMAT_NONE,
			.sequence = sequence },
		span_of(endpoint), OWN_CLOCK_WALL_MS);
}

static void sends(unsigned shard, const char *endpoint)
{
	rdl_deliveries_write(&deliveries[shard],
		&(struct rdl_delivery){ .content_format = RDL_FORMAT_NONE }, span_of(endpoint),
		OWN_CLOCK_WALL_MS);
}

#define BOTH "{\"from\":\"now\",\"events\":[\"notified\",\"sent\"]}"

/* By kind and by name; and nobody is told who has not asked. */
static void who_is_told(void **state)
{
	struct rdl_lines_client *all = subscribed(BOTH);
	struct rdl_lines_client *some =
		subscribed("{\"from\":\"now\",\"events\":[\"sent\",\"expired\"],\"prefix\":\"b\"}");
	struct rdl_lines_client *none = subscribed("{\"from\":\"now\"}");

	notifies(0, "a", 1);
	sends(1, "a");
	notifies(1, "b", 2);
	sends(0, "bb");
	happens(0, RDL_EVENT_expired, "b");
	works();
	assert_string_equal(news(all), "notified a, sent bb, sent a, notified b");
	assert_string_equal(news(some), "sent bb, expired b");
	assert_string_equal(news(none), "expired b");
	assert_int_equal(feed_counts(feed)->delivered, 4);
}

/* Shards write what somebody wants, and only as long. */
static void as_long_as_wanted(void **state)
{
	struct rdl_lines_client *a, *b;

	assert_false(rdl_deliveries_wanted(&deliveries[0], RDL_DELIVERED_notified));
	a = subscribed("{\"from\":\"now\",\"events\":[\"notified\"]}");
	assert_true(rdl_deliveries_wanted(&deliveries[1], RDL_DELIVERED_notified));
	assert_false(rdl_deliveries_wanted(&deliveries[1], RDL_DELIVERED_sent));
	/* Registrations cost shards nothing by it. */
	assert_false(rdl_events_wanted(&events[0]));
	assert_int_equal(works(), 2);
	b = subscribed(BOTH);
	assert_true(rdl_deliveries_wanted(&deliveries[1], RDL_DELIVERED_sent));
	leaves(b);
	assert_false(rdl_deliveries_wanted(&deliveries[1], RDL_DELIVERED_sent));
	asks(a, "{\"from\":\"now\",\"events\":[\"refused\"]}");
	assert_false(rdl_deliveries_wanted(&deliveries[0], RDL_DELIVERED_notified));
}

static void what_is_lost(void **state)
{
	struct rdl_lines_client *all = subscribed(BOTH);

	for (uint32_t i = 0; i < RDL_DELIVERIES + 5; i++)
		notifies(0, "a", i);
	while (works() == 0)
		;
	/* The last word behind what was there. */
	const char *text = told(all);
	assert_string_equal(text + strlen(text) - 26, "\n{\"event\":\"gap\",\"lost\":5}\n");
	notifies(0, "a", 7);
	works();
	assert_string_equal(news(all), "notified a");
	assert_int_equal(feed_counts(feed)->lost_ring, 5);
}

static void no_kind(void **state)
{
	struct rdl_lines_client *client = connected(1 << 20);

	asks(client, "{\"from\":\"now\",\"events\":[\"notified\",\"observed\"]}");
	assert_string_equal(told(client), "{\"error\":\"events: not a kind of event\"}\n");
	asks(client, "{\"from\":\"now\",\"events\":[1]}");
	assert_string_equal(told(client), "{\"error\":\"events: not a kind of event\"}\n");
}

/* Where nothing is sent to devices there is nothing to be told. */
static void without_rings(void **state)
{
	memset(feed->sources.deliveries, 0, sizeof(feed->sources.deliveries));
	struct rdl_lines_client *all = subscribed(BOTH);
	assert_int_equal(works(), 2);
	assert_string_equal(news(all), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(who_is_told),
		FEED_TEST(as_long_as_wanted),
		FEED_TEST(what_is_lost),
		FEED_TEST(no_kind),
		FEED_TEST(without_rings),
	};

	return RUN_TESTS(tests);
}
