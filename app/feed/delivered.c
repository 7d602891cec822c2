/* SPDX-License-Identifier: BSD-3-Clause */
#include "delivered.h"

#include <assert.h>

#include "stream.h"

/* Taken from one ring in a round. */
#define TAKEN_MAX 512

enum rdl_delivered_kind delivered_kind_of(const char *word)
{
	enum rdl_delivered_kind kind = 0;

	while (kind < RDL_DELIVERED_KIND_COUNT && strcmp(word, rdl_delivered_kind_text(kind)) != 0)
		kind++;
	return kind;
}

void delivered_follow(struct feed *feed)
{
	uint32_t wanted = 0;

	for (unsigned i = 0; i < feed->lines->client_count; i++) {
		const struct subscriber *subscriber = feed_subscriber(feed, i);

		if (subscriber != NULL)
			wanted |= subscriber->delivered;
	}
	if (wanted == feed->delivered)
		return;
	feed->delivered = wanted;
	for (unsigned s = 0; s < feed->sources.shard_count; s++)
		if (feed->sources.deliveries[s] != NULL)
			rdl_deliveries_want(feed->sources.deliveries[s], wanted);
}

/* To those who want any: they do not know whose it was. */
static void note_lost(struct feed *feed, uint64_t lost)
{
	if (lost == 0)
		return;
	feed_count(&feed->counts.lost_ring, lost);
	for (unsigned i = 0; i < feed->lines->client_count; i++) {
		struct subscriber *subscriber = feed_subscriber(feed, i);

		if (subscriber != NULL && subscriber->delivered != 0)
			subscriber->lost += lost;
	}
}

static void pass_on(struct feed *feed, const struct rdl_delivered *delivered)
{
	uint8_t line[RDL_DELIVERED_TEXT_MAX];
	struct rdl_cursor out = rdl_cursor(line, sizeof(line));

	feed_count(&feed->counts.delivered, 1);
	rdl_delivered_text(&out, delivered);
	/* RDL_DELIVERED_TEXT_MAX is room for any. */
	assert(!out.failed);
	for (unsigned i = 0; i < feed->lines->client_count; i++) {
		struct subscriber *subscriber = feed_subscriber(feed, i);

		if (subscriber == NULL || (subscriber->delivered & 1u << delivered->kind) == 0 ||
			!subscriber_prefixes(subscriber, rdl_delivered_endpoint(delivered)))
			continue;
		uint64_t lost = subscriber->lost;
		subscriber_tell(subscriber, line, (size_t)(out.pos - line));
		feed_count(&feed->counts.lost_subscribers, subscriber->lost - lost);
	}
}

static bool drain(struct feed *feed, struct rdl_deliveries *deliveries)
{
	const struct rdl_delivered *delivered;
	unsigned n = 0;

	while (n < TAKEN_MAX && (delivered = rdl_deliveries_read(deliveries)) != NULL) {
		note_lost(feed, rdl_deliveries_lost(deliveries, delivered));
		pass_on(feed, delivered);
		n++;
	}
	rdl_deliveries_give_back(deliveries);
	if (n < TAKEN_MAX)
		note_lost(feed, rdl_deliveries_lost(deliveries, NULL));
	return n == TAKEN_MAX;
}

bool delivered_tell(struct feed *feed)
{
	bool more = false;

	if (feed->delivered == 0)
		return false;
	for (unsigned s = 0; s < feed->sources.shard_count; s++)
		if (feed->sources.deliveries[s] != NULL)
			more |= drain(feed, feed->sources.deliveries[s]);
	for (unsigned i = 0; i < feed->lines->client_count; i++)
		if (feed_subscriber(feed, i) != NULL && feed_subscriber(feed, i)->delivered != 0)
			subscriber_catch_up(feed_subscriber(feed, i));
	return more;
}
