/* SPDX-License-Identifier: BSD-3-Clause */
/* Events on their way to subscribers: to whom they go, and what is lost. */
#include "fixture.h"

#include <sys/socket.h>

static void kinds_and_prefixes(void **state)
{
	struct rdl_lines_client *all = subscribed("{\"from\":\"now\"}");
	struct rdl_lines_client *some = subscribed(
		"{\"from\":\"now\",\"events\":[\"registered\",\"expired\"],\"prefix\":\"meter-\"}");
	struct rdl_lines_client *exact = subscribed("{\"from\":\"now\",\"prefix\":\"meter-1\"}");

	connected(8192); /* who has not asked for anything */
	for (unsigned kind = 0; kind < RDL_EVENT_KIND_COUNT; kind++)
		happens(0, (enum rdl_event_kind)kind, "meter-1");
	happens(1, RDL_EVENT_registered, "meter");
	happens(1, RDL_EVENT_registered, "meter-");
	assert_int_equal(works(), 2);
	assert_string_equal(news(all),
		"registered meter-1, updated meter-1, replaced meter-1, de-registered meter-1, "
		"expired meter-1, removed meter-1, registered meter, registered meter-");
	assert_string_equal(news(some), "registered meter-1, expired meter-1, registered meter-");
	assert_string_equal(news(exact),
		"registered meter-1, updated meter-1, replaced meter-1, de-registered meter-1, "
		"expired meter-1, removed meter-1");
	assert_int_equal(feed_counts(feed)->events, 8);
	works();
	assert_string_equal(news(all), "");
}

/* What lies behind a name is none of it. */
static void a_prefix_longer_than_the_name(void **state)
{
	const struct subscriber wants = { .prefix_len = 3, .prefix = "abc" };
	const uint8_t *text = (const uint8_t *)"abcd";

	assert_false(subscriber_prefixes(&wants, (struct rdl_span){ text, 0 }));
	assert_false(subscriber_prefixes(&wants, (struct rdl_span){ text, 2 }));
	assert_true(subscriber_prefixes(&wants, (struct rdl_span){ text, 3 }));
	assert_true(subscriber_prefixes(&wants, (struct rdl_span){ text, 4 }));
}

/* Whole lines, as lib/events writes them. */
static void a_line(void **state)
{
	struct rdl_lines_client *client = subscribed("{\"from\":\"now\"}");

	told(client);
	happens(1, RDL_EVENT_updated, "a");
	works();
	const char *line = told(client);
	assert_memory_equal(line, "{\"event\":\"updated\",\"partition\":1,\"seq\":1,",
		strlen("{\"event\":\"updated\",\"partition\":1,\"seq\":1,"));
	assert_string_equal(member(line, "version"), "1.0");
	assert_int_equal(strchr(line, '\n') - line + 1, strlen(line));
}

/*
 * Of a registration that has ended, and with it all that held its identity: which lasts as long as
 * a line can be under way.
 */
static void a_line_of_an_identity(void **state)
{
	static struct rdl_object_list list = { .len = sizeof(list) };
	struct rdl_identities *identities = identities_made(2);
	uint32_t number = identity_made_psk(identities, "dev-1");
	const struct rdl_event event = { .kind = RDL_EVENT_expired,
		.registration = { .endpoint = span_of("a"),
			.identity = number,
			.binding = RDL_BINDING_DEFAULT,
			.objects = &list } };
	struct rdl_lines_client *client = subscribed("{\"from\":\"now\"}");

	told(client);
	feed->sources.facts.identities = identities;
	assert_true(rdl_events_write(&events[0], &event));
	rdl_events_publish(&events[0]);
	rdl_identities_release(identities, number);
	rdl_identities_reclaim(identities, 0, 100);
	rdl_identities_reclaim(identities, RDL_IDENTITIES_LINGER_S * 1000, 100);
	works();
	const char *line = told(client);
	assert_string_equal(member(line, "security"), "psk");
	assert_string_equal(member(line, "identity"), "dev-1");
	free(identities);
}

/* Fills a shard's ring; how many events were lost. */
static unsigned flood(unsigned shard, unsigned *written)
{
	unsigned lost = 0;

	for (*written = 0; lost < 5;) {
		const struct rdl_event event = { .kind = RDL_EVENT_updated };

		if (writes(shard, &event, "x"))
			++*written;
		else
			lost++;
	}
	return lost;
}

static unsigned rounds_until_empty(void)
{
	unsigned rounds = 1;

	while (works() == 0)
		rounds++;
	return rounds;
}

static void a_ring_that_is_full(void **state)
{
	struct rdl_lines_client *client = subscribed("{\"from\":\"now\",\"prefix\":\"z\"}");
	struct rdl_lines_client *waits = subscribed("{\"from\":\"snapshot\",\"prefix\":\"z\"}");
	unsigned written, lost = flood(0, &written);

	/* No more than a thousand or so from one ring in a round. */
	assert_true(written > 2048);
	assert_int_equal(rounds_until_empty(), written / 1024 + 1);
	assert_int_equal(feed_counts(feed)->events, written);
	/* Nothing follows in the ring: the loss is told all the same, once. */
	assert_int_equal(feed_counts(feed)->lost_ring, lost);
	assert_string_equal(news(client), "gap 5");
	/* For whom nothing counts yet, nothing was lost. */
	assert_string_equal(news(waits), "");
	/* Where something follows, the gap is before it. */
	flood(1, &written);
	assert_int_equal(works(), 0);
	happens(1, RDL_EVENT_removed, "z");
	rounds_until_empty();
	assert_string_equal(news(client), "gap 5, removed z");
	assert_int_equal(feed_counts(feed)->lost_ring, 2 * lost);
}

static unsigned lines(const char *text)
{
	unsigned n = 0;

	while ((text = strchr(text, '\n')) != NULL) {
		text++;
		n++;
	}
	return n;
}

/* A buffer is full when less than the headroom is left: that is for markers. */
static void a_buffer_that_is_full(void **state)
{
	struct rdl_lines_client *reads = subscribed("{\"from\":\"now\"}");
	struct rdl_lines_client *client = connected(16384);
	char part[16385], end[64];

	asks(client, "{\"from\":\"now\"}");
	for (unsigned i = 0; i < 60; i++)
		happens(0, RDL_EVENT_updated, "x");
	works();
	assert_in_range(rdl_outbox_left(&client->out), 4096, 4096 + 512);
	unsigned lost = (unsigned)feed_counts(feed)->lost_subscribers;
	assert_in_range(lost, 15, 30);
	/* Room enough, but not half: what happens is lost, too, until the gap has been told. */
	part[takes(client, part, 3000)] = '\0';
	unsigned got = lines(part);
	happens(0, RDL_EVENT_removed, "x");
	works();
	assert_int_equal(feed_counts(feed)->lost_subscribers, lost + 1);
	part[takes(client, part, 1500)] = '\0';
	got += lines(part);
	happens(0, RDL_EVENT_registered, "y");
	works();
	assert_int_equal(feed_counts(feed)->lost_subscribers, lost + 2);
	happens(0, RDL_EVENT_registered, "z");
	works();
	const char *rest = told(client);
	got += lines(rest);
	assert_int_equal(got, 1 + 60 - lost + 2);
	snprintf(end, sizeof(end), "\n{\"event\":\"gap\",\"lost\":%u}\n", lost + 2);
	rest = strstr(rest, end);
	assert_non_null(rest);
	assert_string_equal(member(rest + strlen(end), "endpoint"), "z");
	assert_int_equal(feed_counts(feed)->lost_subscribers, lost + 2);
	/* Nobody else is touched by that. */
	assert_int_equal(lines(told(reads)), 1 + 63);
}

/* What a socket takes at once makes room in the midst of a round. */
static void a_socket_that_takes(void **state)
{
	struct rdl_lines_client *client = connected(8192);
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	client->fd = ends[0];
	client->waits = false;
	asks(client, "{\"from\":\"now\"}");
	for (unsigned i = 0; i < 100; i++)
		happens(0, RDL_EVENT_updated, "x");
	works();
	assert_int_equal(feed_counts(feed)->lost_subscribers, 0);
	assert_true(client->out.sent > 16384);
	close(ends[0]);
	close(ends[1]);
}

/* Markers are never lost, and come behind the gap. */
static void a_gap_before_a_marker(void **state)
{
	struct rdl_lines_client *client = connected(8192);

	asks(client, "{\"from\":\"now\"}");
	told(client);
	while (rdl_outbox_left(&client->out) >= 4096)
		assert_true(rdl_lines_put(client, "{\"event\":\"noise\"}\n", 18));
	happens(0, RDL_EVENT_updated, "x");
	works();
	asks(client, "{\"from\":\"now\"}");
	const char *gap = strstr(told(client), "{\"event\":\"gap\",\"lost\":1}\n{");
	assert_non_null(gap);
	assert_string_equal(member(strchr(gap, '\n') + 1, "event"), "subscribed");
}

/* Who leaves no room for them is let go of. */
static void no_room_for_a_marker(void **state)
{
	struct rdl_lines_client *client = connected(8192);

	asks(client, "{\"from\":\"now\"}");
	while (rdl_lines_put(client, "{\"event\":\"noise\"}\n", 18))
		;
	assert_false(client->dead);
	asks(client, "{\"from\":\"now\"}");
	assert_true(client->dead);
	assert_int_equal(feed_lines_counts(feed)->let_go, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(kinds_and_prefixes),
		FEED_TEST(a_prefix_longer_than_the_name),
		FEED_TEST(a_line),
		FEED_TEST(a_line_of_an_identity),
		FEED_TEST(a_ring_that_is_full),
		FEED_TEST(a_buffer_that_is_full),
		FEED_TEST(a_socket_that_takes),
		FEED_TEST(a_gap_before_a_marker),
		FEED_TEST(no_room_for_a_marker),
	};

	return RUN_TESTS(tests);
}
