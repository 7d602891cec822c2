/* SPDX-License-Identifier: BSD-3-Clause */
#include "requests.h"

#include <stdlib.h>

#include "log.h"

/* Between two looks at the rings. */
#define POLL_MS 2
/* A connection has to say what it wants. */
#define REQUEST_MS 10000

static void closed(struct rdl_lines_client *client)
{
	struct feed *feed = feed_of(client->lines);
	struct subscriber *subscriber = client->state;

	if (subscriber == NULL)
		return;
	requests_end_reading(subscriber);
	if (subscriber->subscribed)
		feed_count(&feed->counts.subscribers, UINT64_MAX);
	free(subscriber);
	client->state = NULL;
	requests_follow(feed);
}

static int work(struct rdl_lines *lines)
{
	struct feed *feed = feed_of(lines);
	unsigned shards = feed->sources.shard_count;
	uint64_t now = rdl_clock_ms();
	bool more = false;

	bool reads = stream_recalled(feed, &more);

	refused_tell(feed, now);
	more |= delivered_tell(feed);
	if (!feed->listening && more)
		return 0;
	if (!feed->listening)
		return feed->refused.told || feed->delivered != 0 || reads ? POLL_MS : -1;
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
		.line = requests_take,
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

uint64_t feed_memory(const struct rdl_conf *conf)
{
	if (conf->events.socket.path == NULL)
		return 0;
	return sizeof(struct feed) +
	       conf->events.subscribers * (((uint64_t)conf->events.buffer_kb << 10) +
						  RDL_LINES_MAX + sizeof(struct subscriber));
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

struct recall *feed_recall(const struct feed *feed)
{
	return feed->sources.recall;
}
