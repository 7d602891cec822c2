/* SPDX-License-Identifier: BSD-3-Clause */
#include "requests.h"

#include <poll.h>
#include <stdlib.h>

#include "version.h"

static void listen_to_shards(struct feed *feed, bool on)
{
	feed->listening = on;
	for (unsigned s = 0; s < feed->sources.shard_count; s++) {
		struct rdl_events *events = feed->sources.events[s];

		if (on)
			rdl_events_listen(events);
		else
			rdl_events_ignore(events);
	}
	/* Walks that nobody listened to have come to nothing. */
	feed->walk.begun = feed->walk.wanted;
	feed->walk.shards_left = 0;
}

void requests_follow(struct feed *feed)
{
	bool wanted = false;

	for (unsigned i = 0; i < feed->lines->client_count; i++) {
		const struct subscriber *subscriber = feed_subscriber(feed, i);

		wanted |= subscriber != NULL && subscriber->subscribed && subscriber->follows;
	}
	if (wanted != feed->listening)
		listen_to_shards(feed, wanted);
	refused_follow(feed, rdl_clock_ms());
	delivered_follow(feed);
}

static void begin_snapshot(struct feed *feed, struct subscriber *subscriber)
{
	unsigned shards = feed->sources.shard_count;

	/* One walk serves all who ask before it begins anywhere. */
	if (feed->walk.wanted == feed->walk.begun)
		feed->walk.wanted++;
	subscriber->walk = feed->walk.wanted;
	memset(subscriber->phase, SUBSCRIBER_WAITING, shards);
	subscriber->shards_left = shards;
	subscriber->begun = false;
	subscriber->rows = 0;
	subscriber->moved_ms = rdl_clock_ms();
}

void requests_end_reading(struct subscriber *subscriber)
{
	if (subscriber->reader != NULL)
		recall_end(subscriber->reader);
	subscriber->reader = NULL;
}

/* What it wanted before is over. */
static void take_wish(struct feed *feed, struct subscriber *subscriber, const struct wish *wish)
{
	if (!subscriber->subscribed)
		feed_count(&feed->counts.subscribers, 1);
	subscriber->subscribed = true;
	subscriber->client->keeps = true;
	subscriber->kinds = wish->kinds;
	subscriber->refused = wish->refused;
	subscriber->delivered = wish->delivered;
	subscriber->follows =
		subscriber->reader == NULL && (wish->kinds != 0 || wish->from == WISH_SNAPSHOT);
	subscriber->prefix_len = wish->prefix_len;
	memcpy(subscriber->prefix, wish->prefix, wish->prefix_len);
	memset(subscriber->phase, SUBSCRIBER_FOLLOWING, sizeof(subscriber->phase));
	subscriber->shards_left = 0;
	requests_follow(feed);
}

static void say_subscribed(const struct feed *feed, struct subscriber *subscriber, const char *from)
{
	subscriber_say(subscriber,
		"{\"event\":\"subscribed\",\"from\":\"%s\",\"instance\":\"%s\",\"boot\":\"%s\","
		"\"version\":\"%s\"}\n",
		from, feed->sources.instance, feed->sources.boot, RDL_VERSION);
}

static void subscribe(struct feed *feed, struct subscriber *subscriber, const struct wish *wish)
{
	bool snapshot = wish->from == WISH_SNAPSHOT;

	requests_end_reading(subscriber);
	take_wish(feed, subscriber, wish);
	if (snapshot)
		begin_snapshot(feed, subscriber);
	say_subscribed(feed, subscriber, snapshot ? "snapshot" : "now");
}

/* Who has the cursor may be gone, and nobody has looked yet, or be the one that wants it anew. */
static void take_from(struct feed *feed, const struct subscriber *by, struct rdl_span name)
{
	for (unsigned i = 0; i < feed->lines->client_count; i++) {
		struct rdl_lines_client *client = feed->lines->clients[i];
		struct subscriber *subscriber = client->state;
		struct pollfd look = { .fd = client->fd };

		if (subscriber == NULL || subscriber->reader == NULL ||
			!recall_follows(subscriber->reader, name))
			continue;
		if (poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR)) != 0)
			client->dead = true;
		if (subscriber == by || client->dead)
			requests_end_reading(subscriber);
	}
}

static void subscribe_to_log(
	struct feed *feed, struct subscriber *subscriber, const struct wish *wish)
{
	struct recall_wish asked = { .kinds = wish->kinds,
		.by_name = wish->from == WISH_CURSOR,
		.name = { (const uint8_t *)wish->name, wish->name_len },
		.prefix = { (const uint8_t *)wish->prefix, wish->prefix_len },
		.place_count = wish->place_count };
	const char *wrong;
	bool busy;

	memcpy(asked.places, wish->places, sizeof(asked.places));
	struct reader *reader = recall_begin(feed->sources.recall, &asked, &wrong, &busy);
	if (reader == NULL && busy) {
		take_from(feed, subscriber, asked.name);
		reader = recall_begin(feed->sources.recall, &asked, &wrong, &busy);
	}
	if (reader == NULL) {
		rdl_lines_error(subscriber->client, wrong);
		return;
	}
	requests_end_reading(subscriber);
	subscriber->reader = reader;
	take_wish(feed, subscriber, wish);
	say_subscribed(feed, subscriber, wish->from == WISH_CURSOR ? "cursor" : "position");
}

static void acknowledge(struct subscriber *subscriber, const struct wish *wish)
{
	const struct rdl_span name = { (const uint8_t *)wish->name, wish->name_len };
	const char *wrong = "ack: this connection does not follow that cursor";

	if (subscriber->reader != NULL)
		wrong = recall_ack(subscriber->reader, name, wish->places[0].partition,
			wish->places[0].position);
	if (wrong != NULL)
		rdl_lines_error(subscriber->client, wrong);
}

void requests_take(struct rdl_lines_client *client, const char *text, size_t len)
{
	struct feed *feed = feed_of(client->lines);
	struct subscriber *subscriber = client->state;
	struct wish wish;

	if (subscriber == NULL) {
		subscriber = calloc(1, sizeof(*subscriber));
		if (subscriber == NULL) {
			rdl_lines_refuse(client, "no memory");
			return;
		}
		subscriber->client = client;
		client->state = subscriber;
	}
	const char *wrong = wish_read(&wish, text, len);
	if (wrong != NULL)
		rdl_lines_error(client, wrong);
	else if (wish.from == WISH_ACK)
		acknowledge(subscriber, &wish);
	else if (wish.from == WISH_CURSOR || wish.from == WISH_POSITION)
		subscribe_to_log(feed, subscriber, &wish);
	else
		subscribe(feed, subscriber, &wish);
}
