/* SPDX-License-Identifier: BSD-3-Clause */
/* Networks without a place are in the list of those that have 0. */
#include "places.h"

#include <assert.h>

struct layout {
	size_t buckets, places, networks, by_network, by_count, end;
};

static uint32_t share_of(uint32_t room)
{
	uint32_t least = room < RDL_DTLS_SHARE_LEAST ? room : RDL_DTLS_SHARE_LEAST;

	return room / RDL_DTLS_SHARE > least ? room / RDL_DTLS_SHARE : least;
}

static struct layout layout_of(uint32_t count)
{
	size_t n = count, links = sizeof(struct rdl_list_links);
	struct layout layout = { 0 };

	layout.buckets = rdl_lay(&layout.end, rdl_power_of_two(count) * sizeof(uint32_t));
	layout.places = rdl_lay(&layout.end, n * sizeof(struct rdl_dtls_place));
	layout.networks = rdl_lay(&layout.end, n * sizeof(struct rdl_dtls_network));
	layout.by_network = rdl_lay(&layout.end, (n + n + 1) * links);
	layout.by_count = rdl_lay(&layout.end, (n + share_of(count) + 1) * links);
	return layout;
}

size_t rdl_dtls_places_memory(uint32_t places)
{
	return layout_of(places).end;
}

static uint32_t head_of_free(const struct rdl_dtls_places *places)
{
	return places->room;
}

static uint32_t head_of(const struct rdl_dtls_places *places, uint32_t network)
{
	return places->room + 1 + network;
}

void rdl_dtls_places_init(struct rdl_dtls_places *places, uint32_t count, void *memory)
{
	struct layout layout = layout_of(count);
	char *start = memory;

	assert(count > 0);
	*places = (struct rdl_dtls_places){
		.room = count,
		.share = share_of(count),
		.bucket_mask = (uint32_t)rdl_power_of_two(count) - 1,
		.buckets = (void *)(start + layout.buckets),
		.places = (void *)(start + layout.places),
		.networks = (void *)(start + layout.networks),
		.by_network = (void *)(start + layout.by_network),
		.by_count = (void *)(start + layout.by_count),
	};
	memset(places->buckets, 0xff, ((size_t)places->bucket_mask + 1) * sizeof(uint32_t));
	rdl_list_init(places->by_network, head_of_free(places));
	for (uint32_t n = 0; n <= places->share; n++)
		rdl_list_init(places->by_count, count + n);
	for (uint32_t i = 0; i < count; i++) {
		rdl_list_init(places->by_network, head_of(places, i));
		rdl_list_append(places->by_network, head_of_free(places), i);
		rdl_list_append(places->by_count, count, i);
	}
}

static uint32_t *bucket_of(const struct rdl_dtls_places *places, uint64_t digest)
{
	return &places->buckets[digest & places->bucket_mask];
}

static uint32_t find(const struct rdl_dtls_places *places, uint64_t digest)
{
	uint32_t network = *bucket_of(places, digest);

	while (network != RDL_DTLS_NO_PLACE && places->networks[network].digest != digest)
		network = places->networks[network].next;
	return network;
}

static uint32_t new_network(struct rdl_dtls_places *places, uint64_t digest)
{
	uint32_t network = rdl_list_first(places->by_count, places->room);
	uint32_t *bucket = bucket_of(places, digest);

	assert(network < places->room);
	places->networks[network] = (struct rdl_dtls_network){ .digest = digest, .next = *bucket };
	*bucket = network;
	return network;
}

static void forget_network(struct rdl_dtls_places *places, uint32_t network)
{
	uint32_t *at = bucket_of(places, places->networks[network].digest);

	while (*at != network)
		at = &places->networks[*at].next;
	*at = places->networks[network].next;
}

bool rdl_dtls_places_ask(const struct rdl_dtls_places *places, uint64_t digest, uint32_t *handle)
{
	uint32_t network = find(places, digest);
	uint32_t count = network != RDL_DTLS_NO_PLACE ? places->networks[network].count : 0;

	*handle = RDL_DTLS_NO_PLACE;
	if (count >= places->share)
		return false;
	if (places->used < places->room)
		return true;
	/* With one more it would have as many as any, and the newest of them all. */
	if (count + 1 >= places->most)
		return false;
	network = rdl_list_first(places->by_count, places->room + places->most);
	*handle = places->places[places->by_network[head_of(places, network)].previous].handle;
	return true;
}

static void recount(struct rdl_dtls_places *places, uint32_t network, uint32_t count)
{
	places->networks[network].count = count;
	rdl_list_move(places->by_count, places->room + count, network);
}

uint32_t rdl_dtls_places_take(struct rdl_dtls_places *places, uint64_t digest, uint32_t handle)
{
	uint32_t place = rdl_list_first(places->by_network, head_of_free(places));
	uint32_t network = find(places, digest);

	assert(place < places->room);
	if (network == RDL_DTLS_NO_PLACE)
		network = new_network(places, digest);
	recount(places, network, places->networks[network].count + 1);
	assert(places->networks[network].count <= places->share);
	if (places->networks[network].count > places->most)
		places->most = places->networks[network].count;
	places->places[place] = (struct rdl_dtls_place){ .handle = handle, .network = network };
	rdl_list_move(places->by_network, head_of(places, network), place);
	places->used++;
	return place;
}

void rdl_dtls_places_give(struct rdl_dtls_places *places, uint32_t place)
{
	uint32_t network = places->places[place].network;

	recount(places, network, places->networks[network].count - 1);
	/* This one has one less now: if it had most, there is one that has as many as it. */
	if (rdl_list_is_empty(places->by_count, places->room + places->most))
		places->most--;
	if (places->networks[network].count == 0)
		forget_network(places, network);
	rdl_list_move(places->by_network, head_of_free(places), place);
	places->used--;
}
