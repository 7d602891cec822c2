/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"

#include <assert.h>

/* Records taken from one ring in a round. */
#define RECORDS_MAX 1024
/*
 * Between two walks, at least; and as long as the last one took,
 * so that who asks without end gets half of the time.
 */
#define WALK_PAUSE_MS 100

/* ---- records ---- */

static void note_lost(struct feed *feed, unsigned shard, uint64_t lost)
{
	if (lost == 0)
		return;
	feed_count(&feed->counts.lost_ring, lost);
	for (unsigned i = 0; i < feed->lines->client_count; i++) {
		struct subscriber *subscriber = feed_subscriber(feed, i);

		if (subscriber != NULL && subscriber->subscribed && subscriber->reader == NULL &&
			subscriber->phase[shard] != SUBSCRIBER_WAITING) {
			subscriber->lost += lost;
			subscriber_catch_up(subscriber);
		}
	}
}

static void walk_begins(struct feed *feed, unsigned shard, uint64_t number)
{
	if (feed->walk.begun < number)
		feed->walk.begun = number;
	for (unsigned i = 0; i < feed->lines->client_count; i++) {
		struct subscriber *subscriber = feed_subscriber(feed, i);

		if (subscriber == NULL || subscriber->phase[shard] != SUBSCRIBER_WAITING ||
			number < subscriber->walk)
			continue;
		subscriber->phase[shard] = SUBSCRIBER_WALKING;
		if (subscriber->begun)
			continue;
		subscriber->begun = true;
		/* What was lost before is of no interest any more. */
		subscriber->lost = 0;
		subscriber_say(subscriber, "{\"event\":\"snapshot-begin\"}\n");
	}
}

static void walk_ends(struct feed *feed, unsigned shard, uint64_t number)
{
	uint64_t now = rdl_clock_ms(), took = now - feed->walk.asked_ms;

	if (number == feed->walk.asked && feed->walk.shards_left > 0 &&
		--feed->walk.shards_left == 0)
		feed->walk.next_ms = now + (took > WALK_PAUSE_MS ? took : WALK_PAUSE_MS);
	for (unsigned i = 0; i < feed->lines->client_count; i++) {
		struct subscriber *subscriber = feed_subscriber(feed, i);

		if (subscriber == NULL || subscriber->phase[shard] != SUBSCRIBER_WALKING)
			continue;
		subscriber->phase[shard] = SUBSCRIBER_FOLLOWING;
		if (--subscriber->shards_left == 0)
			subscriber_say(subscriber,
				"{\"event\":\"snapshot-end\",\"registrations\":%llu}\n",
				(unsigned long long)subscriber->rows);
	}
}

/* The line of the record at hand, written when the first subscriber wants it. */
static void write_line(struct feed *feed, const struct rdl_event *event)
{
	struct rdl_cursor out = rdl_cursor(feed->line, sizeof(feed->line));

	rdl_event_text(&out, event, &feed->sources.facts);
	/* RDL_EVENT_TEXT_MAX is room for any. */
	assert(!out.failed);
	feed->line_len = (size_t)(out.pos - feed->line);
}

static void pass_on(struct feed *feed, unsigned shard, const struct rdl_event *event)
{
	feed->line_len = 0;
	for (unsigned i = 0; i < feed->lines->client_count; i++) {
		struct subscriber *subscriber = feed_subscriber(feed, i);

		if (subscriber == NULL || !subscriber_wants(subscriber, shard, event))
			continue;
		if (feed->line_len == 0)
			write_line(feed, event);
		uint64_t lost = subscriber->lost;
		subscriber_tell(subscriber, feed->line, feed->line_len);
		feed_count(&feed->counts.lost_subscribers, subscriber->lost - lost);
		subscriber->rows += event->kind == RDL_EVENT_row;
	}
}

bool stream_drain(struct feed *feed, unsigned shard)
{
	struct rdl_events *events = feed->sources.events[shard];
	struct rdl_event event;
	unsigned n;

	for (n = 0; n < RECORDS_MAX && rdl_events_read(events, &event); n++) {
		note_lost(feed, shard, event.lost);
		if (event.kind == RDL_EVENT_walk_begin) {
			walk_begins(feed, shard, event.seq);
		} else if (event.kind == RDL_EVENT_walk_end) {
			walk_ends(feed, shard, event.seq);
		} else if (event.kind == RDL_EVENT_row) {
			feed->rows_read[shard] += rdl_event_octets(&event);
			feed_count(&feed->counts.rows, 1);
			pass_on(feed, shard, &event);
		} else {
			feed_count(&feed->counts.events, 1);
			pass_on(feed, shard, &event);
		}
	}
	rdl_events_give_back(events);
	if (n < RECORDS_MAX)
		note_lost(feed, shard, rdl_events_untold(events));
	return n == RECORDS_MAX;
}

/* ---- walks ---- */

/* Rows wait until every subscriber that is in the walk, or waits for it, has room for them. */
void stream_allow_rows(struct feed *feed, unsigned shard, uint64_t now_ms)
{
	uint64_t room = UINT64_MAX;

	for (unsigned i = 0; i < feed->lines->client_count; i++) {
		struct subscriber *subscriber = feed_subscriber(feed, i);

		if (subscriber == NULL || subscriber->phase[shard] == SUBSCRIBER_FOLLOWING)
			continue;
		uint64_t its = subscriber_row_room(subscriber, now_ms);
		if (its < room)
			room = its;
	}
	if (room < UINT64_MAX)
		room = feed->rows_read[shard] + room / feed->sources.shard_count;
	rdl_events_allow_rows(feed->sources.events[shard], room);
}

void stream_ask_walk(struct feed *feed, uint64_t now_ms)
{
	unsigned shards = feed->sources.shard_count;

	if (feed->walk.wanted == feed->walk.asked || feed->walk.shards_left > 0 ||
		now_ms < feed->walk.next_ms)
		return;
	feed->walk.asked = feed->walk.wanted;
	feed->walk.asked_ms = now_ms;
	feed->walk.shards_left = shards;
	feed_count(&feed->counts.walks, 1);
	for (unsigned s = 0; s < shards; s++)
		rdl_events_ask_walk(feed->sources.events[s], feed->walk.asked);
}
