/* SPDX-License-Identifier: BSD-3-Clause */
/* Places, and who has them. */
#include "internal.h"

#define PORT_MASK 15u
#define VLAN_SHIFT 4
#define VLAN_MASK 0xfffu
#define SERVICE_SHIFT 16
#define STACKED_SHIFT 17

struct name rdl_neighbour_name(const struct rdl_local *local, const uint8_t address[16])
{
	struct name name = { .way = local->port | (uint64_t)local->vlan << VLAN_SHIFT |
				    (uint64_t)local->service << SERVICE_SHIFT |
				    (uint64_t)local->stacked << STACKED_SHIFT };

	memcpy(name.address, address, sizeof(name.address));
	return name;
}

struct rdl_local rdl_neighbour_local(uint64_t way)
{
	return (struct rdl_local){ .port = way & PORT_MASK,
		.vlan = way >> VLAN_SHIFT & VLAN_MASK,
		.service = way >> SERVICE_SHIFT & 1,
		.stacked = way >> STACKED_SHIFT & 1 };
}

bool rdl_neighbour_read_place(const struct place *place, struct name *name, uint64_t *word)
{
	*word = load_word(place);
	if (phase_of(*word) <= PHASE_BUSY)
		return false;
	/* Each so that what follows is not read before it. */
	name->address[0] = __atomic_load_n(&place->address[0], __ATOMIC_ACQUIRE);
	name->address[1] = __atomic_load_n(&place->address[1], __ATOMIC_ACQUIRE);
	name->way = __atomic_load_n(&place->way, __ATOMIC_ACQUIRE);
	return ((load(&place->word) ^ *word) & GIVEN_MASK) == 0;
}

static struct place *bucket_of(const struct rdl_neighbours *neighbours, const struct name *name)
{
	uint64_t hash = rdl_siphash(&neighbours->key, name, sizeof(*name));
	uint64_t bucket = (hash >> 32) * neighbours->buckets >> 32;

	return (struct place *)(uintptr_t)&neighbours->places[bucket * BUCKET];
}

struct place *rdl_neighbour_find_place(
	const struct rdl_neighbours *neighbours, const struct name *name, uint64_t *word)
{
	struct place *bucket = bucket_of(neighbours, name);
	struct name there;

	for (unsigned i = 0; i < BUCKET; i++)
		if (rdl_neighbour_read_place(&bucket[i], &there, word) &&
			memcmp(&there, name, sizeof(there)) == 0)
			return &bucket[i];
	return NULL;
}

/* An empty one, or the one that was not used for longest. */
static struct place *least_used(struct place *bucket)
{
	struct place *least = &bucket[0];

	for (unsigned i = 0; i < BUCKET; i++) {
		if (phase_of(load_word(&bucket[i])) == PHASE_EMPTY)
			return &bucket[i];
		if (load(&bucket[i].used_ms) < load(&least->used_ms))
			least = &bucket[i];
	}
	return least;
}

struct place *rdl_neighbour_take_place(
	struct rdl_neighbours *neighbours, const struct name *name, uint64_t now_ms)
{
	struct place *place = least_used(bucket_of(neighbours, name));
	uint64_t was = load_word(place);
	uint64_t given = (was + (UINT64_C(1) << GIVEN_SHIFT)) & GIVEN_MASK;

	if (phase_of(was) == PHASE_BUSY || !change_word(place, was, given | PHASE_BUSY))
		return NULL;
	__atomic_store_n(&place->address[0], name->address[0], __ATOMIC_RELEASE);
	__atomic_store_n(&place->address[1], name->address[1], __ATOMIC_RELEASE);
	__atomic_store_n(&place->way, name->way, __ATOMIC_RELEASE);
	store(&place->used_ms, now_ms);
	store(&place->due_ms, now_ms);
	store(&place->asked_ms, 0);
	store(&place->answered_ms, 0);
	__atomic_store_n(&place->word, given | PHASE_INCOMPLETE, __ATOMIC_RELEASE);
	return place;
}

size_t rdl_neighbours_memory(unsigned places)
{
	unsigned buckets = (places + BUCKET - 1) / BUCKET;

	return sizeof(struct rdl_neighbours) + (size_t)buckets * BUCKET * sizeof(struct place);
}

struct rdl_neighbours *rdl_neighbours_init(void *memory, unsigned places,
	const struct rdl_interface *interfaces, unsigned ports, const struct rdl_key *key)
{
	struct rdl_neighbours *neighbours = memory;

	neighbours->interfaces = interfaces;
	neighbours->ports = ports;
	neighbours->buckets = (places + BUCKET - 1) / BUCKET;
	neighbours->key = *key;
	/* Where a driver knows nothing of its link. */
	for (unsigned p = 0; p < ports; p++)
		neighbours->announcers[p].links = UINT32_MAX;
	return neighbours;
}

unsigned rdl_neighbours_places(const struct rdl_neighbours *neighbours)
{
	return neighbours->buckets * BUCKET;
}

static void show(const struct place *place, const struct name *name, uint64_t word,
	struct rdl_neighbour *neighbour)
{
	*neighbour = (struct rdl_neighbour){ .state = (enum rdl_neighbour_state)(
						     phase_of(word) - PHASE_INCOMPLETE),
		.local = rdl_neighbour_local(name->way),
		.answered_ms = load(&place->answered_ms) };
	put_mac(neighbour->mac, word);
	memcpy(neighbour->address, name->address, sizeof(neighbour->address));
}

bool rdl_neighbours_read(
	const struct rdl_neighbours *neighbours, unsigned place, struct rdl_neighbour *neighbour)
{
	struct name name;
	uint64_t word;

	if (!rdl_neighbour_read_place(&neighbours->places[place], &name, &word))
		return false;
	show(&neighbours->places[place], &name, word, neighbour);
	return true;
}

bool rdl_neighbours_find(const struct rdl_neighbours *neighbours, unsigned port,
	const uint8_t address[16], struct rdl_neighbour *neighbour)
{
	const struct rdl_local local = { .port = port & PORT_MASK };
	struct name name = rdl_neighbour_name(&local, address);
	uint64_t word;
	const struct place *place = rdl_neighbour_find_place(neighbours, &name, &word);

	if (place == NULL)
		return false;
	show(place, &name, word, neighbour);
	return true;
}
