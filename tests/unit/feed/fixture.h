/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A feed whose rounds the test makes, one by one, between rings that the test writes and
 * subscribers whose buffers it reads: no thread, no socket, and a clock of its own.
 */
#ifndef RDL_TEST_FEED_FIXTURE_H
#define RDL_TEST_FEED_FIXTURE_H

#include "support.h"

#include <stdlib.h>
#include <unistd.h>

#include "identities_made.h"
#include "own_clock.h"
#include "stream.h"

#define SHARDS 2
#define WORKERS 2
#define CLIENTS_MAX 4

static char folder[] = "/tmp/rdl-feed-XXXXXX";
static char path[64];
static struct feed *feed;
static struct rdl_events events[SHARDS];
static struct rdl_refusals refusals[WORKERS];
static struct rdl_deliveries deliveries[SHARDS];

/* ---- what it takes from ---- */

static inline struct feed_sources sources(void)
{
	struct feed_sources from = { .instance = "gw",
		.boot = "0123",
		.facts.major = 1,
		.shard_count = SHARDS,
		.worker_count = WORKERS };

	rdl_speck_expand(&from.facts.location_key, &(struct rdl_key){ 1, 2 });
	for (unsigned s = 0; s < SHARDS; s++) {
		from.events[s] = &events[s];
		from.deliveries[s] = &deliveries[s];
	}
	for (unsigned w = 0; w < WORKERS; w++)
		from.refusals[w] = &refusals[w];
	return from;
}

/* Of an endpoint, or of none at a walk's ends. False: it was lost. */
static inline bool writes(unsigned shard, const struct rdl_event *event, const char *endpoint)
{
	static struct rdl_object_list list = { .len = sizeof(list) };
	struct rdl_event whole = *event;

	whole.time_ms = OWN_CLOCK_WALL_MS;
	if (endpoint != NULL)
		whole.registration = (struct rdl_registration){
			.location = { .handle = shard << 24 | 1, .generation = 1 },
			.endpoint = { (const uint8_t *)endpoint, strlen(endpoint) },
			.lifetime_s = 60,
			.binding = RDL_BINDING_DEFAULT,
			.objects = &list,
		};
	bool written = rdl_events_write(&events[shard], &whole);
	rdl_events_publish(&events[shard]);
	return written;
}

static inline void happens(unsigned shard, enum rdl_event_kind kind, const char *endpoint)
{
	assert_true(writes(shard, &(struct rdl_event){ .kind = kind }, endpoint));
}

/* Of a registration that the walk under way has not come to. */
static inline void happens_ahead(unsigned shard, enum rdl_event_kind kind, const char *endpoint)
{
	assert_true(
		writes(shard, &(struct rdl_event){ .kind = kind, .unreached = true }, endpoint));
}

static inline void walk(unsigned shard, enum rdl_event_kind end, uint64_t number)
{
	assert_true(writes(shard, &(struct rdl_event){ .kind = end, .seq = number }, NULL));
}

/* ---- subscribers ---- */

/* One with a buffer of so many octets, whose socket takes nothing. */
static inline struct rdl_lines_client *connected(size_t room)
{
	struct rdl_lines_client *client = calloc(1, sizeof(*client));

	assert_non_null(client);
	assert_true(rdl_outbox_init(&client->out, room));
	assert_true(feed->lines->client_count < CLIENTS_MAX);
	client->lines = feed->lines;
	client->fd = -1;
	client->waits = true;
	feed->lines->clients[feed->lines->client_count++] = client;
	return client;
}

static inline void asks(struct rdl_lines_client *client, const char *request)
{
	feed->lines->config.line(client, request, strlen(request));
}

static inline void leaves(struct rdl_lines_client *client)
{
	unsigned i = 0;

	while (feed->lines->clients[i] != client)
		i++;
	feed->lines->config.closed(client);
	feed->lines->clients[i] = feed->lines->clients[--feed->lines->client_count];
	rdl_outbox_free(&client->out);
	free(client);
}

/* Takes up to `len` of the octets that wait for it; how many. */
static inline size_t takes(struct rdl_lines_client *client, char *text, size_t len)
{
	struct rdl_outbox *out = &client->out;
	size_t n = 0;

	for (; n < len && out->len > 0; n++, out->len--, out->sent++) {
		text[n] = (char)out->octets[out->at];
		out->at = (out->at + 1) % out->room;
	}
	return n;
}

/* All that waits for it. */
static inline const char *told(struct rdl_lines_client *client)
{
	static char text[1 << 20];

	text[takes(client, text, sizeof(text) - 1)] = '\0';
	return text;
}

/* The value of a member that a line has, as it is written, without quotes; "" when it has none. */
static inline const char *member(const char *line, const char *name)
{
	static char value[300];
	char key[64];
	const char *end = strchr(line, '\n');

	snprintf(key, sizeof(key), "\"%s\":", name);
	const char *at = strstr(line, key);
	if (at == NULL || at > end)
		return "";
	at += strlen(key);
	at += *at == '"';
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\",}"), at);
	return value;
}

/* The same in short, without the first line: "registered a, gap 3, snapshot-end 2". */
static inline const char *news(struct rdl_lines_client *client)
{
	static const char *const members[] = { "endpoint", "lost", "registrations", "suppressed" };
	static char text[65536];
	size_t len = 0;

	text[0] = '\0';
	for (const char *line = told(client); *line != '\0'; line = strchr(line, '\n') + 1) {
		if (strcmp(member(line, "event"), "subscribed") == 0)
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len > 0 ? ", " : "",
			member(line, "event"));
		for (size_t i = 0; i < RDL_ARRAY_LEN(members); i++) {
			const char *value = member(line, members[i]);

			if (*value != '\0')
				len += (size_t)snprintf(
					text + len, sizeof(text) - len, " %s", value);
		}
		assert_true(len < sizeof(text));
	}
	return text;
}

/* One with room for a megabyte, and what it asks for. */
static inline struct rdl_lines_client *subscribed(const char *request)
{
	struct rdl_lines_client *client = connected(1 << 20);

	asks(client, request);
	assert_non_null(client->state);
	return client;
}

/* One round; in how many milliseconds it wants the next. */
static inline int works(void)
{
	return feed->lines->config.work(feed->lines);
}

/* ---- begin and end ---- */

static inline struct rdl_conf conf_of_feed(void)
{
	return (struct rdl_conf){ .events = {
					  .socket = { .path = path },
					  .subscribers = CLIENTS_MAX,
					  .buffer_kb = 1024,
				  } };
}

static inline int begin(void **state)
{
	const struct rdl_conf conf = conf_of_feed();
	static uint64_t *rings;

	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/socket", folder);
	if (feed_open(&conf, &feed) != 0)
		return -1;
	feed->sources = sources();
	rings = calloc(SHARDS, RDL_EVENTS_RING_MIN);
	if (rings == NULL)
		return -1;
	for (unsigned s = 0; s < SHARDS; s++)
		rdl_events_init(&events[s], rings + s * (RDL_EVENTS_RING_MIN / sizeof(*rings)),
			RDL_EVENTS_RING_MIN);
	memset(refusals, 0, sizeof(refusals));
	memset(deliveries, 0, sizeof(deliveries));
	*state = rings;
	return 0;
}

static inline int end(void **state)
{
	while (feed->lines->client_count > 0)
		leaves(feed->lines->clients[0]);
	feed_close(feed);
	free(*state);
	int ret = rmdir(folder);
	snprintf(folder, sizeof(folder), "/tmp/rdl-feed-XXXXXX");
	return ret;
}

#define FEED_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

#endif
