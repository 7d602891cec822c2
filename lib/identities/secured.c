/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A name lies in one of two buckets of eight, in the emptier one, and never moves: to look for it
 * is to look at both, and to remove it leaves no trace. With five names a bucket on average, one in
 * ten million finds both full, and goes into a bucket for all of those.
 */
#include "secured.h"

#include <assert.h>

#define PLACES 8
#define NAMES_A_BUCKET 5

/* A place: 56 bits of the digest, whether added since all began anew, how often. 0: free. */
#define ONCE UINT64_C(1)
#define TIMES UINT64_C(0x7f)
#define NEW UINT64_C(0x80)
#define NAME_SHIFT 8

struct bucket {
	/* Written by the one that adds and removes, read by anybody. */
	uint64_t places[PLACES];
} __attribute__((aligned(RDL_CACHE_LINE)));

struct rdl_secured {
	uint64_t count;
	uint32_t buckets; /* that names have two of; behind them the one for all */
	struct bucket table[];
};

static uint32_t bucket_count(uint64_t names)
{
	return (uint32_t)((names + NAMES_A_BUCKET - 1) / NAMES_A_BUCKET);
}

size_t rdl_secured_memory(uint64_t names)
{
	return sizeof(struct rdl_secured) + (bucket_count(names) + 1) * sizeof(struct bucket);
}

struct rdl_secured *rdl_secured_init(uint64_t names, void *memory)
{
	struct rdl_secured *secured = memory;

	assert(names > 0);
	secured->buckets = bucket_count(names);
	return secured;
}

/* Where a name may lie. */
struct choice {
	uint32_t bucket[3];
	uint64_t name; /* as in its place; never 0 */
};

static struct choice choose(const struct rdl_secured *secured, struct rdl_endpoint_digest digest)
{
	uint64_t name = digest.word[1] << NAME_SHIFT;

	return (struct choice){
		.bucket = { (uint32_t)((digest.word[0] >> 32) * secured->buckets >> 32),
			(uint32_t)((digest.word[0] & UINT32_MAX) * secured->buckets >> 32),
			secured->buckets },
		.name = name != 0 ? name : UINT64_C(1) << NAME_SHIFT,
	};
}

static uint64_t load(const uint64_t *place)
{
	return __atomic_load_n(place, __ATOMIC_RELAXED);
}

static void store(uint64_t *place, uint64_t value)
{
	__atomic_store_n(place, value, __ATOMIC_RELAXED);
}

static bool is_name(uint64_t place, uint64_t name)
{
	return place >> NAME_SHIFT == name >> NAME_SHIFT;
}

static bool bucket_has(const struct bucket *bucket, uint64_t name)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < PLACES; i++)
		any |= is_name(load(&bucket->places[i]), name);
	return any != 0;
}

uint64_t rdl_secured_count(const struct rdl_secured *secured)
{
	return __atomic_load_n(&secured->count, __ATOMIC_RELAXED);
}

bool rdl_secured_has(const struct rdl_secured *secured, struct rdl_endpoint_digest digest)
{
	struct choice choice = choose(secured, digest);

	if (rdl_secured_count(secured) == 0)
		return false;
	/* Side by side. */
	RDL_PREFETCH(&secured->table[choice.bucket[1]]);
	return bucket_has(&secured->table[choice.bucket[0]], choice.name) ||
	       bucket_has(&secured->table[choice.bucket[1]], choice.name) ||
	       bucket_has(&secured->table[choice.bucket[2]], choice.name);
}

/* By the one that adds and removes: a name's place, or NULL. */
static uint64_t *find(struct rdl_secured *secured, const struct choice *choice)
{
	for (unsigned b = 0; b < RDL_ARRAY_LEN(choice->bucket); b++)
		for (unsigned i = 0; i < PLACES; i++) {
			uint64_t *place = &secured->table[choice->bucket[b]].places[i];

			if (is_name(*place, choice->name))
				return place;
		}
	return NULL;
}

/* Returns how many places are free, and one of them. */
static unsigned find_free(struct bucket *bucket, uint64_t **place)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PLACES; i++) {
		if (bucket->places[i] != 0)
			continue;
		*place = &bucket->places[i];
		count++;
	}
	return count;
}

static uint64_t *take_free(struct rdl_secured *secured, const struct choice *choice)
{
	uint64_t *first = NULL, *second = NULL;
	unsigned in_first = find_free(&secured->table[choice->bucket[0]], &first);
	unsigned in_second = find_free(&secured->table[choice->bucket[1]], &second);

	if (in_first == 0 && in_second == 0)
		find_free(&secured->table[choice->bucket[2]], &first);
	return in_second > in_first ? second : first;
}

bool rdl_secured_add(struct rdl_secured *secured, struct rdl_endpoint_digest digest)
{
	struct choice choice = choose(secured, digest);
	uint64_t *place = find(secured, &choice);

	if (place == NULL) {
		place = take_free(secured, &choice);
		if (place == NULL)
			return false;
		__atomic_store_n(&secured->count, secured->count + 1, __ATOMIC_RELAXED);
		store(place, choice.name | NEW | ONCE);
	} else if ((*place & NEW) == 0) {
		store(place, choice.name | NEW | ONCE);
	} else if ((*place & TIMES) < RDL_SECURED_TIMES) {
		store(place, *place + ONCE);
	}
	return true;
}

static void drop(struct rdl_secured *secured, uint64_t *place)
{
	store(place, 0);
	__atomic_store_n(&secured->count, secured->count - 1, __ATOMIC_RELAXED);
}

void rdl_secured_remove(struct rdl_secured *secured, struct rdl_endpoint_digest digest)
{
	struct choice choice = choose(secured, digest);
	uint64_t *place = find(secured, &choice);

	if (place == NULL || (*place & TIMES) == RDL_SECURED_TIMES)
		return;
	if ((*place & TIMES) == ONCE)
		drop(secured, place);
	else
		store(place, *place - ONCE);
}

void rdl_secured_begin(struct rdl_secured *secured)
{
	for (uint64_t b = 0; b <= secured->buckets; b++)
		for (unsigned i = 0; i < PLACES; i++) {
			uint64_t *place = &secured->table[b].places[i];

			if (*place != 0)
				store(place, *place & ~NEW);
		}
}

void rdl_secured_end(struct rdl_secured *secured)
{
	for (uint64_t b = 0; b <= secured->buckets; b++)
		for (unsigned i = 0; i < PLACES; i++) {
			uint64_t *place = &secured->table[b].places[i];

			if (*place != 0 && (*place & NEW) == 0)
				drop(secured, place);
		}
}
