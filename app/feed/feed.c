/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"

#include <stdlib.h>

#include "log.h"
#include "version.h"

/* Between two looks at the rings. */
#define POLL_MS 2
/* A connection has to say what it wants. */
#define REQUEST_MS 10000

static struct feed *feed_of(const struct rdl_lines *lines)
{
	return lines->config.owner;
}

/* ---- requests ---- */

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

/* Shards tell as long as anybody follows them; who wants refusals only costs them nothing. */
static void follow(struct feed *feed)
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

static void subscribe(struct rdl_lines_client *client, const char *text, size_t len)
{
	struct feed *feed = feed_of(client->lines);
	struct subscriber *subscriber = client->state;
	bool snapshot;

	if (subscriber == NULL) {
		subscriber = calloc(1, sizeof(*subscriber));
		if (subscriber == NULL) {
			rdl_lines_refuse(client, "no memory");
			return;
		}
		subscriber->client = client;
		client->state = subscriber;
	}
	const char *wrong = subscriber_request(subscriber, text, len, &snapshot);
	if (wrong != NULL) {
		rdl_lines_error(client, wrong);
		return;
	}
	if (!subscriber->subscribed)
		feed_count(&feed->counts.subscribers, 1);
	subscriber->subscribed = true;
	client->keeps = true;
	follow(feed);
	memset(subscriber->phase, SUBSCRIBER_FOLLOWING, sizeof(subscriber->phase));
	subscriber->shards_left = 0;
	if (snapshot)
		begin_snapshot(feed, subscriber);
	subscriber_say(subscriber,
		"{\"event\":\"subscribed\",\"from\":\"%s\",\"instance\":\"%s\",\"boot\":\"%s\","
		"\"version\":\"%s\"}\n",
		snapshot ? "snapshot" : "now", feed->sources.instance, feed->sources.boot,
		RDL_VERSION);
}

static void closed(struct rdl_lines_client *client)
{
	struct feed *feed = feed_of(client->lines);
	struct subscriber *subscriber = client->state;

	if (subscriber == NULL)
		return;
	if (subscriber->subscribed)
		feed_count(&feed->counts.subscribers, UINT64_MAX);
	free(subscriber);
	client->state = NULL;
	follow(feed);
}

static int work(struct rdl_lines *lines)
{
	struct feed *feed = feed_of(lines);
	unsigned shards = feed->sources.shard_count;
	uint64_t now = rdl_clock_ms();
	bool more = false;

	refused_tell(feed, now);
	more |= delivered_tell(feed);
	if (!feed->listening && more)
		return 0;
	if (!feed->listening)
		return feed->refused.told || feed->delivered != 0 ? POLL_MS : -1;
	for (unsigned s = 0; s < shards; s++)
		more |= stream_drain(feed, s);
	for (unsigned i = 0; i < lines->client_count; i++)
		if (feed_subscriber(feed, i) != NULL)
			subscriber_catch_up(feed_subscriber(feed, i));
	for (unsigned s = 0; s < shards; s++)
		stream_allow_rows(feed, s, now);
	stream_ask_walk(feed, now);
	return more ? 0 : POLL_MS;
}

/* ---- begin and end ---- */

int feed_open(const struct rdl_conf *conf, struct feed **feed)
{
	struct feed *made = NULL;

	*feed = NULL;
	if (conf->events.socket.path == NULL)
		return 0;
	made = calloc(1, sizeof(*made));
	if (made == NULL) {
		rdl_log_error("start", "no memory for events");
		return -1;
	}
	made->lines = rdl_lines_open(&(struct rdl_lines_config){
		.area = "events",
		.at = { .path = conf->events.socket.path,
			.group = conf->events.socket.group,
			.file = conf->events.socket.where.file,
			.line = conf->events.socket.where.line },
		.clients_max = conf->events.subscribers,
		.out_octets = (size_t)conf->events.buffer_kb << 10,
		.idle_ms = REQUEST_MS,
		.line = subscribe,
		.closed = closed,
		.work = work,
		.owner = made,
	});
	if (made->lines == NULL) {
		free(made);
		return -1;
	}
	*feed = made;
	return 0;
}

int feed_start(struct feed *feed, const struct feed_sources *sources)
{
	if (feed == NULL)
		return 0;
	feed->sources = *sources;
	return rdl_lines_start(feed->lines);
}

void feed_stop(struct feed *feed)
{
	if (feed != NULL)
		rdl_lines_stop(feed->lines);
}

void feed_close(struct feed *feed)
{
	if (feed == NULL)
		return;
	rdl_lines_close(feed->lines);
	free(feed);
}

const struct feed_counts *feed_counts(const struct feed *feed)
{
	return &feed->counts;
}

const struct rdl_lines_counts *feed_lines_counts(const struct feed *feed)
{
	return &feed->lines->counts;
}
