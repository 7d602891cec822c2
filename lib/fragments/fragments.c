/* SPDX-License-Identifier: BSD-3-Clause */
/* The table: datagrams by what their fragments have in common, by age, and by source. */
#include "fragments_internal.h"

#include <assert.h>

/*
 * Of the table a source may have an eighth, and always some; one that has an eighth of that is one
 * of the many.
 */
#define SHARE 8
#define SHARE_LEAST 4

/* Datagrams whose time is over that one call lets go of, of each age. */
#define FORGOTTEN_AT_ONCE 2
#define FORGOTTEN_AT_LEISURE 64

struct layout {
	size_t datagram_buckets, source_buckets, datagrams, sources, by_age, by_source, by_count;
	size_t octets, end;
};

static uint32_t share_of(uint32_t room)
{
	uint32_t least = room < SHARE_LEAST ? room : SHARE_LEAST;

	return room / SHARE > least ? room / SHARE : least;
}

static struct layout layout_of(unsigned datagrams)
{
	size_t n = datagrams, buckets = rdl_power_of_two(datagrams) * sizeof(uint32_t);
	size_t links = sizeof(struct rdl_list_links);
	struct layout layout = { 0 };

	(void)rdl_lay(&layout.end, sizeof(struct rdl_fragments));
	layout.datagram_buckets = rdl_lay(&layout.end, buckets);
	layout.source_buckets = rdl_lay(&layout.end, buckets);
	layout.datagrams = rdl_lay(&layout.end, n * sizeof(struct rdl_fragmented));
	layout.sources = rdl_lay(&layout.end, n * sizeof(struct rdl_fragments_source));
	layout.by_age = rdl_lay(&layout.end, (n + RDL_FRAGMENTS_AGES) * links);
	layout.by_source = rdl_lay(&layout.end, (n + n) * links);
	layout.by_count = rdl_lay(&layout.end, (n + share_of(datagrams) + 1) * links);
	layout.octets = rdl_lay(&layout.end, n * RDL_FRAGMENTS_OCTETS);
	return layout;
}

size_t rdl_fragments_memory(unsigned datagrams)
{
	return layout_of(datagrams).end;
}

static void init_lists(struct rdl_fragments *fragments)
{
	uint32_t room = fragments->room;

	for (uint32_t age = 0; age < RDL_FRAGMENTS_AGES; age++)
		rdl_list_init(fragments->by_age, room + age);
	for (uint32_t count = 0; count <= fragments->share; count++)
		rdl_list_init(fragments->by_count, room + count);
	for (uint32_t i = 0; i < room; i++) {
		rdl_list_init(fragments->by_source, room + i);
		rdl_list_append(fragments->by_age, room + RDL_FRAGMENTS_FREE, i);
		rdl_list_append(fragments->by_count, room, i);
	}
	for (uint32_t i = 0; i <= fragments->bucket_mask; i++)
		fragments->datagram_buckets[i] = fragments->source_buckets[i] = RDL_FRAGMENTS_NONE;
}

struct rdl_fragments *rdl_fragments_init(
	void *memory, unsigned datagrams, const struct rdl_key *key)
{
	struct layout layout = layout_of(datagrams);
	struct rdl_fragments *fragments = memory;
	uint32_t share = share_of(datagrams);
	char *start = memory;

	assert(datagrams > 0);
	*fragments = (struct rdl_fragments){
		.key = *key,
		.room = datagrams,
		.share = share,
		.many = share / SHARE > 0 ? share / SHARE : 1,
		.bucket_mask = (uint32_t)rdl_power_of_two(datagrams) - 1,
		.datagram_buckets = (void *)(start + layout.datagram_buckets),
		.source_buckets = (void *)(start + layout.source_buckets),
		.datagrams = (void *)(start + layout.datagrams),
		.sources = (void *)(start + layout.sources),
		.by_age = (void *)(start + layout.by_age),
		.by_source = (void *)(start + layout.by_source),
		.by_count = (void *)(start + layout.by_count),
		.octets = (void *)(start + layout.octets),
	};
	init_lists(fragments);
	return fragments;
}

static uint32_t *bucket_of(struct rdl_fragments *fragments, const struct rdl_fragments_key *key)
{
	uint64_t digest = rdl_siphash(&fragments->key, key, sizeof(*key));

	return &fragments->datagram_buckets[digest & fragments->bucket_mask];
}

static void discard(struct rdl_fragments *fragments, uint32_t i)
{
	struct rdl_fragmented *datagram = &fragments->datagrams[i];
	uint32_t *at = bucket_of(fragments, &datagram->key);

	while (*at != i)
		at = &fragments->datagrams[*at].next;
	*at = datagram->next;
	rdl_fragments_source_take(fragments, i);
	rdl_list_move(fragments->by_age, fragments->room + RDL_FRAGMENTS_FREE, i);
}

static bool is_late(const struct rdl_fragmented *datagram, uint64_t now_ms)
{
	uint64_t most = datagram->count > 1 ? RDL_FRAGMENTS_MORE_MS : RDL_FRAGMENTS_LONE_MS;

	return now_ms - datagram->since_ms >= most;
}

static void forget(struct rdl_fragments *fragments, unsigned most, uint64_t now_ms,
	struct rdl_fragments_lost *lost)
{
	for (uint32_t age = RDL_FRAGMENTS_LONE; age < RDL_FRAGMENTS_AGES; age++) {
		for (unsigned n = 0; n < most; n++) {
			uint32_t i = rdl_list_first(fragments->by_age, fragments->room + age);

			if (i >= fragments->room || !is_late(&fragments->datagrams[i], now_ms))
				break;
			lost->late += fragments->datagrams[i].count;
			discard(fragments, i);
		}
	}
}

void rdl_fragments_forget(
	struct rdl_fragments *fragments, uint64_t now_ms, struct rdl_fragments_lost *lost)
{
	forget(fragments, FORGOTTEN_AT_LEISURE, now_ms, lost);
}

static uint32_t oldest(const struct rdl_fragments *fragments)
{
	uint32_t lone = rdl_list_first(fragments->by_age, fragments->room + RDL_FRAGMENTS_LONE);
	uint32_t more = rdl_list_first(fragments->by_age, fragments->room + RDL_FRAGMENTS_MORE);

	if (lone >= fragments->room)
		return more;
	if (more >= fragments->room)
		return lone;
	return fragments->datagrams[lone].since_ms <= fragments->datagrams[more].since_ms ? lone
											  : more;
}

/*
 * Who gives way to a datagram of this network. Between networks that have few it is age that
 * counts: a device's fragments come within milliseconds, and two at a time from one network are
 * nothing that speaks against it.
 */
static uint32_t who_gives_way(const struct rdl_fragments *fragments, uint64_t network)
{
	uint32_t source = rdl_fragments_source_find(fragments, network);

	if (source != RDL_FRAGMENTS_NONE && fragments->sources[source].count == fragments->share)
		return rdl_list_first(fragments->by_source, fragments->room + source);
	if (!rdl_list_is_empty(fragments->by_age, fragments->room + RDL_FRAGMENTS_FREE))
		return RDL_FRAGMENTS_NONE;
	return fragments->most > fragments->many ? rdl_fragments_source_of_most(fragments)
						 : oldest(fragments);
}

static uint32_t open_datagram(struct rdl_fragments *fragments, const struct rdl_fragments_key *key,
	uint64_t now_ms, struct rdl_fragments_lost *lost)
{
	uint64_t network = rdl_fragments_network(fragments, key);
	uint32_t other = who_gives_way(fragments, network), *bucket = bucket_of(fragments, key);

	if (other != RDL_FRAGMENTS_NONE) {
		lost->crowded += fragments->datagrams[other].count;
		discard(fragments, other);
	}
	uint32_t i = rdl_list_first(fragments->by_age, fragments->room + RDL_FRAGMENTS_FREE);
	fragments->datagrams[i] =
		(struct rdl_fragmented){ .key = *key, .next = *bucket, .since_ms = now_ms };
	*bucket = i;
	rdl_list_move(fragments->by_age, fragments->room + RDL_FRAGMENTS_LONE, i);
	rdl_fragments_source_put(fragments, network, i);
	return i;
}

static uint32_t find(struct rdl_fragments *fragments, const struct rdl_fragments_key *key)
{
	uint32_t i = *bucket_of(fragments, key);

	while (i != RDL_FRAGMENTS_NONE &&
		memcmp(&fragments->datagrams[i].key, key, sizeof(*key)) != 0)
		i = fragments->datagrams[i].next;
	return i;
}

static void restart(
	struct rdl_fragments *fragments, uint32_t i, enum rdl_fragments_age age, uint64_t now_ms)
{
	fragments->datagrams[i].since_ms = now_ms;
	rdl_list_move(fragments->by_age, fragments->room + age, i);
}

/*
 * Stays as long as a lone fragment, without octets, so that what still comes of it finds no new
 * beginning.
 */
static void end(struct rdl_fragments *fragments, uint32_t i, uint64_t now_ms)
{
	if (fragments->datagrams[i].ended)
		return;
	fragments->datagrams[i].ended = true;
	fragments->datagrams[i].count = 0;
	restart(fragments, i, RDL_FRAGMENTS_LONE, now_ms);
}

bool rdl_fragments_add(struct rdl_fragments *fragments, struct rdl_frame *frame, uint64_t now_ms,
	struct rdl_fragments_lost *lost)
{
	struct rdl_piece piece;

	forget(fragments, FORGOTTEN_AT_ONCE, now_ms, lost);
	if (!rdl_piece_read(frame, &piece)) {
		lost->bad++;
		return false;
	}
	uint32_t i = find(fragments, &piece.key);
	if (i != RDL_FRAGMENTS_NONE && is_late(&fragments->datagrams[i], now_ms)) {
		lost->late += fragments->datagrams[i].count;
		discard(fragments, i);
		i = RDL_FRAGMENTS_NONE;
	}
	if (i == RDL_FRAGMENTS_NONE)
		i = open_datagram(fragments, &piece.key, now_ms, lost);

	struct rdl_fragmented *datagram = &fragments->datagrams[i];
	uint8_t *octets = fragments->octets + (size_t)i * RDL_FRAGMENTS_OCTETS;
	enum rdl_piece_fate fate = rdl_fragmented_add(datagram, octets, &piece);
	bool fits = false;
	if (fate == RDL_PIECE_COPY) {
		lost->copies++;
	} else if (fate == RDL_PIECE_BAD) {
		lost->bad += 1u + datagram->count;
		end(fragments, i, now_ms);
	} else if (fate == RDL_PIECE_LAST) {
		fits = rdl_fragmented_write(datagram, octets, frame);
		if (!fits)
			lost->bad += datagram->count;
		discard(fragments, i);
	} else if (datagram->count == 2) {
		restart(fragments, i, RDL_FRAGMENTS_MORE, now_ms);
	}
	return fits;
}
