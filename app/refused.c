/* SPDX-License-Identifier: BSD-3-Clause */
#include "refused.h"

#include "refusal_text.h"
#include "stream.h"

static const struct rdl_refusals *refusals_of(const struct publisher *publisher, unsigned worker)
{
	return publisher->daemon->workers[worker]->pipeline.config.refusals;
}

static bool is_wanted(const struct publisher *publisher)
{
	for (unsigned i = 0; i < publisher->server->client_count; i++) {
		const struct subscriber *subscriber = publisher_subscriber(publisher, i);

		if (subscriber != NULL && subscriber->refused)
			return true;
	}
	return false;
}

void refused_follow(struct publisher *publisher, uint64_t now_ms)
{
	struct refused *refused = &publisher->refused;
	bool wanted = is_wanted(publisher);

	if (wanted && !refused->told) {
		*refused = (struct refused){ .second_ms = now_ms, .left = REFUSED_PER_S };
		for (unsigned w = 0; w < publisher->daemon->conf->workers; w++)
			refused->next[w] = rdl_refusals_count(refusals_of(publisher, w));
	}
	refused->told = wanted;
}

/*
 * To those who want refusals, and of such names;
 * an empty one has no other beginning than the empty prefix.
 */
static void tell(
	struct publisher *publisher, struct rdl_span endpoint, const void *line, size_t len)
{
	for (unsigned i = 0; i < publisher->server->client_count; i++) {
		struct subscriber *subscriber = publisher_subscriber(publisher, i);

		if (subscriber == NULL || !subscriber->refused ||
			!subscriber_prefixes(subscriber, endpoint))
			continue;
		uint64_t lost = subscriber->lost;
		subscriber_tell(subscriber, line, len);
		publisher_count(&publisher->counts.lost_subscribers, subscriber->lost - lost);
	}
}

static void tell_refusal(struct publisher *publisher, const struct rdl_refusal *refusal)
{
	uint8_t line[REFUSAL_TEXT_MAX];
	struct rdl_cursor out = rdl_cursor(line, sizeof(line));

	rdl_cursor_text(&out, "{\"event\":\"refused\",");
	refusal_text(&out, publisher->daemon, refusal);
	rdl_cursor_text(&out, "}\n");
	RTE_VERIFY(!out.failed);
	publisher_count(&publisher->counts.refused, 1);
	tell(publisher, (struct rdl_span){ refusal->endpoint, refusal->endpoint_len }, line,
		(size_t)(out.pos - line));
}

/* How many were left out in the second that ends: of whatever names, so to all. */
static void end_second(struct publisher *publisher, uint64_t now_ms)
{
	struct refused *refused = &publisher->refused;

	for (unsigned i = 0; i < publisher->server->client_count && refused->suppressed > 0; i++) {
		struct subscriber *subscriber = publisher_subscriber(publisher, i);
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

static void publish_worker(struct publisher *publisher, unsigned worker)
{
	struct refused *refused = &publisher->refused;
	const struct rdl_refusals *from = refusals_of(publisher, worker);
	uint64_t count = rdl_refusals_count(from), told = 0, first = refused->next[worker];
	uint64_t kept = count > RDL_REFUSALS ? count - RDL_REFUSALS : 0;
	struct rdl_refusal refusal;

	for (uint64_t n = first > kept ? first : kept; n < count && refused->left > 0; n++) {
		/* It may have made way for a later one. */
		if (!rdl_refusals_get(from, n, &refusal))
			continue;
		tell_refusal(publisher, &refusal);
		refused->left--;
		told++;
	}
	refused->next[worker] = count;
	refused->suppressed += count - first - told;
	publisher_count(&publisher->counts.suppressed, count - first - told);
}

void refused_publish(struct publisher *publisher, uint64_t now_ms)
{
	if (!publisher->refused.told)
		return;
	if (now_ms - publisher->refused.second_ms >= 1000)
		end_second(publisher, now_ms);
	for (unsigned w = 0; w < publisher->daemon->conf->workers; w++)
		publish_worker(publisher, w);
}
