/* SPDX-License-Identifier: BSD-3-Clause */
#include "refused.h"

#include <assert.h>

#include "stream.h"

static const struct rdl_refusals *refusals_of(const struct feed *feed, unsigned worker)
{
	return feed->sources.refusals[worker];
}

static bool is_wanted(const struct feed *feed)
{
	for (unsigned i = 0; i < feed->lines->client_count; i++) {
		const struct subscriber *subscriber = feed_subscriber(feed, i);

		if (subscriber != NULL && subscriber->refused)
			return true;
	}
	return false;
}

void refused_follow(struct feed *feed, uint64_t now_ms)
{
	struct refused *refused = &feed->refused;
	bool wanted = is_wanted(feed);

	if (wanted && !refused->told) {
		*refused = (struct refused){ .second_ms = now_ms, .left = REFUSED_PER_S };
		for (unsigned w = 0; w < feed->sources.worker_count; w++)
			refused->next[w] = rdl_refusals_count(refusals_of(feed, w));
	}
	refused->told = wanted;
}

/*
 * To those who want refusals, and of such names;
 * an empty one has no other beginning than the empty prefix.
 */
static void tell(struct feed *feed, struct rdl_span endpoint, const void *line, size_t len)
{
	for (unsigned i = 0; i < feed->lines->client_count; i++) {
		struct subscriber *subscriber = feed_subscriber(feed, i);

		if (subscriber == NULL || !subscriber->refused ||
			!subscriber_prefixes(subscriber, endpoint))
			continue;
		uint64_t lost = subscriber->lost;
		subscriber_tell(subscriber, line, len);
		feed_count(&feed->counts.lost_subscribers, subscriber->lost - lost);
	}
}

static void tell_refusal(struct feed *feed, const struct rdl_refusal *refusal)
{
	uint8_t line[RDL_REFUSAL_TEXT_MAX];
	struct rdl_cursor out = rdl_cursor(line, sizeof(line));

	rdl_cursor_text(&out, "{\"event\":\"refused\",");
	const struct rdl_event_facts *facts = &feed->sources.facts;
	rdl_refusal_text(
		&out, refusal, &facts->location_key, facts->identities, rdl_clock_wall_ms());
	rdl_cursor_text(&out, "}\n");
	assert(!out.failed);
	feed_count(&feed->counts.refused, 1);
	tell(feed, (struct rdl_span){ refusal->endpoint, refusal->endpoint_len }, line,
		(size_t)(out.pos - line));
}

/* How many were left out in the second that ends: of whatever names, so to all. */
static void end_second(struct feed *feed, uint64_t now_ms)
{
	struct refused *refused = &feed->refused;

	for (unsigned i = 0; i < feed->lines->client_count && refused->suppressed > 0; i++) {
		struct subscriber *subscriber = feed_subscriber(feed, i);
		char line[80];

		if (subscriber == NULL || !subscriber->refused)
			continue;
		int len = snprintf(line, sizeof(line),
			"{\"event\":\"refused-suppressed\",\"suppressed\":%llu}\n",
			(unsigned long long)refused->suppressed);
		subscriber_tell(subscriber, line, (size_t)len);
	}
	refused->suppressed = 0;
	refused->second_ms = now_ms;
	refused->left = REFUSED_PER_S;
}

static void tell_worker(struct feed *feed, unsigned worker)
{
	struct refused *refused = &feed->refused;
	const struct rdl_refusals *from = refusals_of(feed, worker);
	uint64_t count = rdl_refusals_count(from), told = 0, first = refused->next[worker];
	uint64_t kept = count > RDL_REFUSALS ? count - RDL_REFUSALS : 0;
	struct rdl_refusal refusal;

	for (uint64_t n = first > kept ? first : kept; n < count && refused->left > 0; n++) {
		/* It may have made way for a later one. */
		if (!rdl_refusals_get(from, n, &refusal))
			continue;
		tell_refusal(feed, &refusal);
		refused->left--;
		told++;
	}
	refused->next[worker] = count;
	refused->suppressed += count - first - told;
	feed_count(&feed->counts.suppressed, count - first - told);
}

void refused_tell(struct feed *feed, uint64_t now_ms)
{
	if (!feed->refused.told)
		return;
	if (now_ms - feed->refused.second_ms >= 1000)
		end_second(feed, now_ms);
	for (unsigned w = 0; w < feed->sources.worker_count; w++)
		tell_worker(feed, w);
}
