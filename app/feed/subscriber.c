/* SPDX-License-Identifier: BSD-3-Clause */
#include "subscriber.h"

#include <stdarg.h>

/* Room that events leave to markers and answers. */
#define HEADROOM 4096
/*
 * A record's text is not longer than this times its octets: control characters take six, and what
 * each record has besides, an identity's text in place of its number included, is 200 octets.
 */
#define TEXT_PER_OCTET 11
/* A subscriber in a snapshot must take so much in so much time, or the walk goes on without it. */
#define SLOW_MS 2000
#define SLOW_OCTETS 65536

void subscriber_tell(struct subscriber *subscriber, const void *line, size_t len)
{
	struct rdl_lines_client *client = subscriber->client;

	if (subscriber->lost == 0 && rdl_outbox_left(&client->out) < len + HEADROOM &&
		!client->waits)
		rdl_lines_send(client);
	if (subscriber->lost > 0 || rdl_outbox_left(&client->out) < len + HEADROOM ||
		!rdl_lines_put(client, line, len))
		subscriber->lost++;
}

static void put(struct rdl_lines_client *client, const char *line, size_t len)
{
	if (rdl_lines_put(client, line, len))
		return;
	rdl_lines_count(&client->lines->counts.let_go);
	client->dead = true;
}

static void tell_gap(struct subscriber *subscriber)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "{\"event\":\"gap\",\"lost\":%llu}\n",
		(unsigned long long)subscriber->lost);

	put(subscriber->client, line, (size_t)len);
	subscriber->lost = 0;
}

void subscriber_say(struct subscriber *subscriber, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (subscriber->lost > 0)
		tell_gap(subscriber);
	put(subscriber->client, line, (size_t)len);
}

void subscriber_catch_up(struct subscriber *subscriber)
{
	const struct rdl_outbox *out = &subscriber->client->out;

	if (subscriber->lost > 0 && rdl_outbox_left(out) >= out->room / 2)
		tell_gap(subscriber);
}

size_t subscriber_room(const struct subscriber *subscriber)
{
	size_t left = rdl_outbox_left(&subscriber->client->out);

	return left > HEADROOM ? left - HEADROOM : 0;
}

uint64_t subscriber_row_room(struct subscriber *subscriber, uint64_t now_ms)
{
	const struct rdl_outbox *out = &subscriber->client->out;
	size_t left = rdl_outbox_left(out);

	if (out->sent - subscriber->sent_seen >= SLOW_OCTETS || out->len < SLOW_OCTETS) {
		subscriber->sent_seen = out->sent;
		subscriber->moved_ms = now_ms;
	}
	subscriber->slow = now_ms - subscriber->moved_ms > SLOW_MS;
	if (subscriber->slow)
		return UINT64_MAX;
	/* The row that goes beyond its leave may be as long as can be. */
	return left > RDL_EVENT_TEXT_MAX + HEADROOM
		       ? (left - RDL_EVENT_TEXT_MAX - HEADROOM) / TEXT_PER_OCTET
		       : 0;
}

bool subscriber_prefixes(const struct subscriber *subscriber, struct rdl_span endpoint)
{
	return endpoint.len >= subscriber->prefix_len &&
	       memcmp(endpoint.data, subscriber->prefix, subscriber->prefix_len) == 0;
}

bool subscriber_wants(
	const struct subscriber *subscriber, unsigned shard, const struct rdl_event *event)
{
	if (!subscriber->subscribed || subscriber->reader != NULL)
		return false;
	switch ((enum subscriber_phase)subscriber->phase[shard]) {
	case SUBSCRIBER_WAITING:
		return false;
	case SUBSCRIBER_WALKING:
		if (event->unreached)
			return false;
		break;
	case SUBSCRIBER_FOLLOWING:
		if (event->kind == RDL_EVENT_row)
			return false;
		break;
	}
	if (event->kind != RDL_EVENT_row && (subscriber->kinds & 1u << event->kind) == 0)
		return false;
	return subscriber_prefixes(subscriber, event->registration.endpoint);
}
