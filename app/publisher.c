/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"

#include <stdlib.h>

#include <rte_malloc.h>

#include "log.h"
#include "version.h"

/* Between two looks at the rings. */
#define POLL_MS 2
/* A connection has to say what it wants. */
#define REQUEST_MS 10000

static struct publisher *publisher_of(const struct rdl_lines *server)
{
	return server->config.owner;
}

/* ---- requests ---- */

static void listen_to_shards(struct publisher *publisher, bool on)
{
	publisher->listening = on;
	for (unsigned s = 0; s < publisher->daemon->conf->shards; s++) {
		struct rdl_events *events = &publisher->daemon->shard_cores[s]->events;

		if (on)
			rdl_events_listen(events);
		else
			rdl_events_ignore(events);
	}
	/* Walks that nobody listened to have come to nothing. */
	publisher->walk.begun = publisher->walk.wanted;
	publisher->walk.shards_left = 0;
}

/* Shards tell as long as anybody follows them; who wants refusals only costs them nothing. */
static void follow(struct publisher *publisher)
{
	bool wanted = false;

	for (unsigned i = 0; i < publisher->server->client_count; i++) {
		const struct subscriber *subscriber = publisher_subscriber(publisher, i);

		wanted |= subscriber != NULL && subscriber->subscribed && subscriber->follows;
	}
	if (wanted != publisher->listening)
		listen_to_shards(publisher, wanted);
	refused_follow(publisher, rdl_clock_ms());
}

static void begin_snapshot(struct publisher *publisher, struct subscriber *subscriber)
{
	unsigned shards = publisher->daemon->conf->shards;

	/* One walk serves all who ask before it begins anywhere. */
	if (publisher->walk.wanted == publisher->walk.begun)
		publisher->walk.wanted++;
	subscriber->walk = publisher->walk.wanted;
	memset(subscriber->phase, SUBSCRIBER_WAITING, shards);
	subscriber->shards_left = shards;
	subscriber->begun = false;
	subscriber->rows = 0;
	subscriber->moved_ms = rdl_clock_ms();
}

static void subscribe(struct rdl_lines_client *client, const char *text, size_t len)
{
	struct publisher *publisher = publisher_of(client->server);
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
		publisher_count(&publisher->counts.subscribers, 1);
	subscriber->subscribed = true;
	client->keeps = true;
	follow(publisher);
	memset(subscriber->phase, SUBSCRIBER_FOLLOWING, sizeof(subscriber->phase));
	subscriber->shards_left = 0;
	if (snapshot)
		begin_snapshot(publisher, subscriber);
	subscriber_say(subscriber,
		"{\"event\":\"subscribed\",\"from\":\"%s\",\"instance\":\"%s\",\"boot\":\"%s\","
		"\"version\":\"%s\"}\n",
		snapshot ? "snapshot" : "now", publisher->daemon->conf->instance,
		publisher->daemon->boot, RDL_VERSION);
}

static void closed(struct rdl_lines_client *client)
{
	struct publisher *publisher = publisher_of(client->server);
	struct subscriber *subscriber = client->state;

	if (subscriber == NULL)
		return;
	if (subscriber->subscribed)
		publisher_count(&publisher->counts.subscribers, UINT64_MAX);
	free(subscriber);
	client->state = NULL;
	follow(publisher);
}

static int work(struct rdl_lines *server)
{
	struct publisher *publisher = publisher_of(server);
	unsigned shards = publisher->daemon->conf->shards;
	uint64_t now = rdl_clock_ms();
	bool more = false;

	refused_publish(publisher, now);
	if (!publisher->listening)
		return publisher->refused.told ? POLL_MS : -1;
	for (unsigned s = 0; s < shards; s++)
		more |= stream_drain(publisher, s);
	for (unsigned i = 0; i < server->client_count; i++)
		if (publisher_subscriber(publisher, i) != NULL)
			subscriber_catch_up(publisher_subscriber(publisher, i));
	for (unsigned s = 0; s < shards; s++)
		stream_allow_rows(publisher, s, now);
	stream_ask_walk(publisher, now);
	return more ? 0 : POLL_MS;
}

/* ---- begin and end ---- */

uint64_t daemon_events_octets(const struct daemon *daemon)
{
	uint64_t octets = RDL_EVENTS_RING_MIN;

	if (daemon->conf->events.socket.path == NULL)
		return 0;
	while (octets < (uint64_t)daemon->conf->events.ring_kb << 10)
		octets *= 2;
	return octets;
}

int daemon_setup_events(struct daemon *daemon, struct shard_core *core)
{
	uint64_t octets = daemon_events_octets(daemon);

	if (octets == 0)
		return 0;
	core->events_ring =
		rte_zmalloc_socket("events", octets, RTE_CACHE_LINE_SIZE, daemon->socket_id);
	if (core->events_ring == NULL) {
		rdl_log_error("start", "shard %u: no memory for its ring of events", core->index);
		return -1;
	}
	rdl_events_init(&core->events, core->events_ring, octets);
	core->shard.events = &core->events;
	return 0;
}

int publisher_open(struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;

	if (conf->events.socket.path == NULL)
		return 0;
	struct publisher *publisher = calloc(1, sizeof(*publisher));
	if (publisher == NULL) {
		rdl_log_error("start", "no memory for events");
		return -1;
	}
	publisher->daemon = daemon;
	daemon->publisher = publisher;
	publisher->server = rdl_lines_open(&(struct rdl_lines_config){
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
		.owner = publisher,
	});
	return publisher->server != NULL ? 0 : -1;
}

int publisher_start(struct daemon *daemon)
{
	struct publisher *publisher = daemon->publisher;

	if (publisher == NULL)
		return 0;
	publisher->facts.location_key = daemon->location_key;
	publisher->facts.major = daemon->conf->lwm2m.version.major;
	return rdl_lines_start(publisher->server);
}

void publisher_stop(struct daemon *daemon)
{
	if (daemon->publisher != NULL)
		rdl_lines_stop(daemon->publisher->server);
}

void publisher_close(struct daemon *daemon)
{
	if (daemon->publisher == NULL)
		return;
	rdl_lines_close(daemon->publisher->server);
	free(daemon->publisher);
	daemon->publisher = NULL;
}

const struct publisher_counts *publisher_counts(const struct publisher *publisher)
{
	return &publisher->counts;
}

const struct rdl_lines_counts *publisher_server_counts(const struct publisher *publisher)
{
	return &publisher->server->counts;
}
