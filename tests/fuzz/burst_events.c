/* SPDX-License-Identifier: BSD-3-Clause */
#include "burst_events.h"

#include "fuzz.h"

static struct rdl_events events;
static uint64_t events_ring[RDL_EVENTS_RING_MIN / 8];
static uint64_t told[RDL_EVENT_KIND_COUNT];

void events_start(struct rdl_shard *shard)
{
	memset(told, 0, sizeof(told));
	rdl_events_init(&events, events_ring, sizeof(events_ring));
	rdl_events_allow_rows(&events, UINT64_MAX);
	rdl_events_listen(&events);
	shard->events = &events;
}

/*
 * No control character but the line's end, UTF-8, braces that close:
 * enough of a look at each of millions.
 */
static void check_text(const struct rdl_event *event)
{
	static const struct rdl_event_facts facts = { .major = 1 };
	static uint8_t text[RDL_EVENT_TEXT_MAX];
	struct rdl_cursor out = rdl_cursor(text, sizeof(text));

	rdl_event_text(&out, event, &facts);
	CHECK(!out.failed && out.pos[-1] == '\n' && out.pos[-2] == '}');
	CHECK(rdl_utf8_valid(text, (size_t)(out.pos - text)));
	for (const uint8_t *p = text; p < out.pos - 1; p++)
		CHECK(*p >= 0x20);
}

void events_check(struct rdl_shard *shard, uint64_t now_ms)
{
	static uint64_t walk;
	struct rdl_event event;

	if (told[RDL_EVENT_registered] % 7 == 6)
		rdl_events_ask_walk(&events, ++walk);
	for (unsigned rounds = 0; rdl_shard_publish(shard, now_ms) && rounds < 100; rounds++)
		;
	while (rdl_events_read(&events, &event)) {
		CHECK(event.lost == 0);
		if (event.kind < RDL_EVENT_KIND_COUNT)
			told[event.kind]++;
		if (event.kind <= RDL_EVENT_row)
			check_text(&event);
	}
	rdl_events_give_back(&events);
	CHECK(told[RDL_EVENT_registered] == rdl_stats_get(&shard->stats, RDL_STAT_registered));
	CHECK(told[RDL_EVENT_replaced] == rdl_stats_get(&shard->stats, RDL_STAT_replaced));
	CHECK(told[RDL_EVENT_updated] == rdl_stats_get(&shard->stats, RDL_STAT_updated));
	CHECK(told[RDL_EVENT_deregistered] == rdl_stats_get(&shard->stats, RDL_STAT_deregistered));
	CHECK(told[RDL_EVENT_expired] == rdl_stats_get(&shard->stats, RDL_STAT_expired));
}
