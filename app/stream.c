/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"

/* Records taken from one ring in a round. */
#define RECORDS_MAX 1024
/*
 * Between two walks, at least; and as long as the last one took,
 * so that who asks without end gets half of the time.
 */
#define WALK_PAUSE_MS 100

/* ---- records ---- */

static void note_lost(struct publisher *publisher, unsigned shard, uint64_t lost)
{
	if (lost == 0)
		return;
	publisher_count(&publisher->counts.lost_ring, lost);
	for (unsigned i = 0; i < publisher->server->client_count; i++) {
		struct subscriber *subscriber = publisher_subscriber(publisher, i);

		if (subscriber != NULL && subscriber->subscribed &&
			subscriber->phase[shard] != SUBSCRIBER_WAITING) {
			subscriber->lost += lost;
			subscriber_catch_up(subscriber);
		}
	}
}

static void walk_begins(struct publisher *publisher, unsigned shard, uint64_t number)
{
	if (publisher->walk.begun < number)
		publisher->walk.begun = number;
	for (unsigned i = 0; i < publisher->server->client_count; i++) {
		struct subscriber *subscriber = publisher_subscriber(publisher, i);

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

static void walk_ends(struct publisher *publisher, unsigned shard, uint64_t number)
{
	uint64_t now = rdl_clock_ms(), took = now - publisher->walk.asked_ms;

	if (number == publisher->walk.asked && publisher->walk.shards_left > 0 &&
		--publisher->walk.shards_left == 0)
		publisher->walk.next_ms = now + (took > WALK_PAUSE_MS ? took : WALK_PAUSE_MS);
	for (unsigned i = 0; i < publisher->server->client_count; i++) {
		struct subscriber *subscriber = publisher_subscriber(publisher, i);

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
static void write_line(struct publisher *publisher, const struct rdl_event *event)
{
	struct rdl_cursor out = rdl_cursor(publisher->line, sizeof(publisher->line));

	rdl_event_text(&out, event, &publisher->facts);
	/* RDL_EVENT_TEXT_MAX is room for any. */
	RTE_VERIFY(!out.failed);
	publisher->line_len = (size_t)(out.pos - publisher->line);
}

static void publish(struct publisher *publisher, unsigned shard, const struct rdl_event *event)
{
	publisher->line_len = 0;
	for (unsigned i = 0; i < publisher->server->client_count; i++) {
		struct subscriber *subscriber = publisher_subscriber(publisher, i);

		if (subscriber == NULL || !subscriber_wants(subscriber, shard, event))
			continue;
		if (publisher->line_len == 0)
			write_line(publisher, event);
		uint64_t lost = subscriber->lost;
		subscriber_tell(subscriber, publisher->line, publisher->line_len);
		publisher_count(&publisher->counts.lost_subscribers, subscriber->lost - lost);
		subscriber->rows += event->kind == RDL_EVENT_row;
	}
}

bool stream_drain(struct publisher *publisher, unsigned shard)
{
	struct rdl_events *events = &publisher->daemon->shard_cores[shard]->events;
	struct rdl_event event;
	unsigned n;

	for (n = 0; n < RECORDS_MAX && rdl_events_read(events, &event); n++) {
		note_lost(publisher, shard, event.lost);
		if (event.kind == RDL_EVENT_walk_begin) {
			walk_begins(publisher, shard, event.seq);
		} else if (event.kind == RDL_EVENT_walk_end) {
			walk_ends(publisher, shard, event.seq);
		} else if (event.kind == RDL_EVENT_row) {
			publisher->rows_read[shard] += rdl_event_octets(&event);
			publisher_count(&publisher->counts.rows, 1);
			publish(publisher, shard, &event);
		} else {
			publisher_count(&publisher->counts.events, 1);
			publish(publisher, shard, &event);
		}
	}
	rdl_events_release(events);
	if (n < RECORDS_MAX)
		note_lost(publisher, shard, rdl_events_take_lost(events));
	return n == RECORDS_MAX;
}

/* ---- walks ---- */

/* Rows wait until every subscriber that is in the walk, or waits for it, has room for them. */
void stream_allow_rows(struct publisher *publisher, unsigned shard, uint64_t now_ms)
{
	uint64_t room = UINT64_MAX;

	for (unsigned i = 0; i < publisher->server->client_count; i++) {
		struct subscriber *subscriber = publisher_subscriber(publisher, i);

		if (subscriber == NULL || subscriber->phase[shard] == SUBSCRIBER_FOLLOWING)
			continue;
		uint64_t its = subscriber_row_room(subscriber, now_ms);
		if (its < room)
			room = its;
	}
	if (room < UINT64_MAX)
		room = publisher->rows_read[shard] + room / publisher->daemon->conf->shards;
	rdl_events_allow_rows(&publisher->daemon->shard_cores[shard]->events, room);
}

void stream_ask_walk(struct publisher *publisher, uint64_t now_ms)
{
	unsigned shards = publisher->daemon->conf->shards;

	if (publisher->walk.wanted == publisher->walk.asked || publisher->walk.shards_left > 0 ||
		now_ms < publisher->walk.next_ms)
		return;
	publisher->walk.asked = publisher->walk.wanted;
	publisher->walk.asked_ms = now_ms;
	publisher->walk.shards_left = shards;
	publisher_count(&publisher->counts.walks, 1);
	for (unsigned s = 0; s < shards; s++)
		rdl_events_ask_walk(
			&publisher->daemon->shard_cores[s]->events, publisher->walk.asked);
}
