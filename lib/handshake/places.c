/* SPDX-License-Identifier: BSD-3-Clause */
#include "handshake_internal.h"

#include <assert.h>
#include <stdlib.h>

bool rdl_handshake_places_init(struct rdl_handshake_places *places, uint32_t room)
{
	uint32_t buckets = (uint32_t)rdl_power_of_two(room);

	assert(room > 0 && room < RDL_HANDSHAKE_NONE / 2);
	*places = (struct rdl_handshake_places){ .room = room, .bucket_mask = buckets - 1 };
	places->all = calloc(room, sizeof(*places->all));
	places->buckets = malloc(buckets * sizeof(*places->buckets));
	places->heap = malloc(room * sizeof(*places->heap));
	if (places->all == NULL || places->buckets == NULL || places->heap == NULL) {
		rdl_handshake_places_fini(places);
		return false;
	}
	for (uint32_t i = 0; i < buckets; i++)
		places->buckets[i] = RDL_HANDSHAKE_NONE;
	for (uint32_t i = 0; i < room; i++)
		places->all[i].next = i + 1 < room ? i + 1 : RDL_HANDSHAKE_NONE;
	return true;
}

void rdl_handshake_places_fini(struct rdl_handshake_places *places)
{
	free(places->all);
	free(places->buckets);
	free(places->heap);
	*places = (struct rdl_handshake_places){ 0 };
}

/*
 * By the half of a session's name that says its slot at the worker. Sessions are numbered by our
 * own workers: nobody aims at a bucket.
 */
static uint32_t *bucket_of(const struct rdl_handshake_places *places, uint64_t session)
{
	uint64_t mixed = (uint32_t)session * UINT64_C(0x9e3779b97f4a7c15);

	return &places->buckets[mixed >> 32 & places->bucket_mask];
}

struct rdl_handshake *rdl_handshake_find(
	const struct rdl_handshake_places *places, uint64_t session)
{
	uint32_t at = *bucket_of(places, session);

	while (at != RDL_HANDSHAKE_NONE && places->all[at].session != session)
		at = places->all[at].next;
	return at == RDL_HANDSHAKE_NONE ? NULL : &places->all[at];
}

struct rdl_handshake *rdl_handshake_find_slot(
	const struct rdl_handshake_places *places, uint64_t session)
{
	uint32_t at = *bucket_of(places, session);

	while (at != RDL_HANDSHAKE_NONE && (uint32_t)places->all[at].session != (uint32_t)session)
		at = places->all[at].next;
	return at == RDL_HANDSHAKE_NONE ? NULL : &places->all[at];
}

static void put(struct rdl_handshake_places *places, uint32_t rank, uint32_t at)
{
	places->heap[rank] = at;
	places->all[at].rank = rank;
}

static uint64_t due_at(const struct rdl_handshake_places *places, uint32_t rank)
{
	return places->all[places->heap[rank]].due_ms;
}

/* To where it belongs, from where it is. */
static void sift(struct rdl_handshake_places *places, uint32_t at)
{
	uint32_t rank = places->all[at].rank;
	uint64_t due_ms = places->all[at].due_ms;

	while (rank > 0 && due_at(places, (rank - 1) / 2) > due_ms) {
		put(places, rank, places->heap[(rank - 1) / 2]);
		rank = (rank - 1) / 2;
	}
	for (uint32_t below; (below = 2 * rank + 1) < places->count; rank = below) {
		if (below + 1 < places->count && due_at(places, below + 1) < due_at(places, below))
			below++;
		if (due_at(places, below) >= due_ms)
			break;
		put(places, rank, places->heap[below]);
	}
	put(places, rank, at);
}

struct rdl_handshake *rdl_handshake_place(struct rdl_handshake_places *places, uint64_t session)
{
	uint32_t at = places->free, *bucket = bucket_of(places, session);

	if (at == RDL_HANDSHAKE_NONE)
		return NULL;
	places->free = places->all[at].next;
	places->all[at] = (struct rdl_handshake){
		.session = session,
		.next = *bucket,
		.rank = places->count,
		.due_ms = UINT64_MAX,
	};
	*bucket = at;
	places->heap[places->count++] = at;
	return &places->all[at];
}

void rdl_handshake_leave(struct rdl_handshake_places *places, struct rdl_handshake *handshake)
{
	uint32_t at = (uint32_t)(handshake - places->all);
	uint32_t *link = bucket_of(places, handshake->session);
	uint32_t last = places->heap[--places->count];

	while (*link != at)
		link = &places->all[*link].next;
	*link = handshake->next;
	if (last != at) {
		put(places, handshake->rank, last);
		sift(places, last);
	}
	explicit_bzero(handshake, sizeof(*handshake));
	handshake->next = places->free;
	places->free = at;
}

void rdl_handshake_due(
	struct rdl_handshake_places *places, struct rdl_handshake *handshake, uint64_t due_ms)
{
	handshake->due_ms = due_ms;
	sift(places, (uint32_t)(handshake - places->all));
}
