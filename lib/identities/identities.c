/* SPDX-License-Identifier: BSD-3-Clause */
#include "identities_internal.h"

#include <assert.h>

/* Beside what is expected: for longer ones, and for names that change. */
#define CELLS_SPARE 1024

static uint64_t cell_room(const struct rdl_identities_config *config)
{
	uint64_t each = 0;

	/* Two octets for the names' length. */
	if (config->octets > RDL_IDENTITY_INLINE)
		each = (config->octets - RDL_IDENTITY_INLINE + 2 + RDL_CELL_OCTETS - 1) /
		       RDL_CELL_OCTETS;
	uint64_t room = config->identities * each + config->identities / 64 + CELLS_SPARE;
	return room < UINT32_MAX ? room : UINT32_MAX - 1;
}

static size_t records_octets(const struct rdl_identities_config *config)
{
	return rdl_whole_lines(
		(config->identities + UINT64_C(1)) * sizeof(struct rdl_identity_record));
}

static size_t cells_octets(const struct rdl_identities_config *config)
{
	return rdl_whole_lines((cell_room(config) + 1) * sizeof(struct rdl_cell));
}

static size_t buckets_octets(const struct rdl_identities_config *config)
{
	return rdl_whole_lines(config->identities * sizeof(uint32_t));
}

size_t rdl_identities_memory(const struct rdl_identities_config *config)
{
	return sizeof(struct rdl_identities) + records_octets(config) + cells_octets(config) +
	       buckets_octets(config) + rdl_whole_lines(config->identities + UINT64_C(1));
}

struct rdl_identities *rdl_identities_init(const struct rdl_identities_config *config, void *memory)
{
	struct rdl_identities *identities = memory;
	uint8_t *place = (uint8_t *)(identities + 1);

	assert(config->identities > 0 && config->identities < UINT32_MAX);
	identities->room = config->identities;
	identities->cell_room = (uint32_t)cell_room(config);
	identities->key = config->key;
	identities->records = (void *)place;
	place += records_octets(config);
	identities->cells = (void *)place;
	place += cells_octets(config);
	identities->buckets = (void *)place;
	place += buckets_octets(config);
	identities->incarnations = place;
	pthread_mutex_init(&identities->lock, NULL);
	return identities;
}

static uint32_t *bucket_of(
	const struct rdl_identities *identities, const struct rdl_identity *identity)
{
	const struct rdl_key key = { identities->key.k0, identities->key.k1 ^ identity->mode };
	uint64_t hash = rdl_siphash(&key, identity->octets.data, identity->octets.len);

	return &identities->buckets[(hash >> 32) * identities->room >> 32];
}

uint32_t *rdl_identity_bucket(const struct rdl_identities *identities, uint32_t number)
{
	struct rdl_identity_view view = rdl_identity_view(identities, number);
	uint8_t octets[RDL_IDENTITY_MAX];
	const struct rdl_identity identity = {
		.mode = (enum rdl_identity_mode)view.record->mode,
		.octets = { octets, rdl_identity_view_octets(&view, octets) },
	};

	return bucket_of(identities, &identity);
}

static bool is(const struct rdl_identities *identities, uint32_t number,
	const struct rdl_identity *identity)
{
	const struct rdl_identity_record *record = &identities->records[number];
	uint8_t octets[RDL_IDENTITY_MAX];

	if (record->mode != identity->mode || record->len != identity->octets.len)
		return false;
	struct rdl_identity_view view = rdl_identity_view(identities, number);
	rdl_identity_view_octets(&view, octets);
	return memcmp(octets, identity->octets.data, record->len) == 0;
}

static uint32_t find(const struct rdl_identities *identities, const struct rdl_identity *identity)
{
	uint32_t number = *bucket_of(identities, identity);

	while (number != 0 && !is(identities, number, identity))
		number = identities->records[number].beside;
	return number;
}

/* Whether these are its names already. */
static bool has_names(
	const struct rdl_identities *identities, uint32_t number, struct rdl_span names)
{
	struct rdl_identity_view view = rdl_identity_view(identities, number);
	uint8_t octets[RDL_IDENTITY_NAMES_MAX];

	if (view.names_len != names.len)
		return false;
	rdl_identity_view_octets(&view, octets);
	rdl_chain_read(&view.reader, octets, names.len);
	return names.len == 0 || memcmp(octets, names.data, names.len) == 0;
}

/* The chain that an identity needs with these names, or 0 for none. False: there is no room. */
static bool make_chain(struct rdl_identities *identities, const struct rdl_identity *identity,
	struct rdl_span names, uint32_t *chain)
{
	struct rdl_span rest = { NULL, 0 };

	*chain = 0;
	if (identity->octets.len > RDL_IDENTITY_INLINE)
		rest = (struct rdl_span){ identity->octets.data + RDL_IDENTITY_INLINE,
			identity->octets.len - RDL_IDENTITY_INLINE };
	if (rest.len + names.len == 0)
		return true;
	*chain = rdl_chain_make(identities, rest, names);
	return *chain != 0;
}

static bool set_names(struct rdl_identities *identities, uint32_t number,
	const struct rdl_identity *identity, struct rdl_span names)
{
	struct rdl_identity_record *record = &identities->records[number];
	uint32_t chain, old = record->chain;

	if (has_names(identities, number, names))
		return true;
	if (!make_chain(identities, identity, names, &chain))
		return false;
	__atomic_store_n(&record->chain, chain, __ATOMIC_RELEASE);
	rdl_chain_retire(identities, old);
	return true;
}

static uint32_t record_take(struct rdl_identities *identities)
{
	uint32_t number = identities->records_free;

	if (number != 0)
		identities->records_free = identities->records[number].next;
	else if (identities->records_begun < identities->room)
		number = ++identities->records_begun;
	return number;
}

static uint32_t add(struct rdl_identities *identities, const struct rdl_identity *identity,
	struct rdl_span names)
{
	size_t len = identity->octets.len;
	uint32_t chain;

	if (identities->record_count == identities->room ||
		!make_chain(identities, identity, names, &chain))
		return 0;
	uint32_t number = record_take(identities);
	struct rdl_identity_record *record = &identities->records[number];
	uint32_t *bucket = bucket_of(identities, identity);
	record->mode = (uint8_t)identity->mode;
	record->len = (uint8_t)len;
	memcpy(record->octets, identity->octets.data,
		len < RDL_IDENTITY_INLINE ? len : RDL_IDENTITY_INLINE);
	__atomic_store_n(&record->chain, chain, __ATOMIC_RELEASE);
	record->beside = *bucket;
	*bucket = number;
	identities->record_count++;
	return number;
}

uint32_t rdl_identities_intern(struct rdl_identities *identities,
	const struct rdl_identity *identity, struct rdl_span names)
{
	assert(identity->mode != RDL_IDENTITY_NONE && identity->octets.len > 0 &&
		identity->octets.len <= RDL_IDENTITY_MAX);
	pthread_mutex_lock(&identities->lock);
	uint32_t number = find(identities, identity);
	if (number == 0)
		number = add(identities, identity, names);
	else if (!set_names(identities, number, identity, names))
		number = 0;
	if (number != 0)
		rdl_identities_hold(identities, number);
	pthread_mutex_unlock(&identities->lock);
	return number;
}

uint32_t rdl_identities_recall(
	struct rdl_identities *identities, const struct rdl_identity *identity)
{
	pthread_mutex_lock(&identities->lock);
	uint32_t number = find(identities, identity);
	if (number == 0)
		number = add(identities, identity, (struct rdl_span){ NULL, 0 });
	if (number != 0)
		rdl_identities_hold(identities, number);
	pthread_mutex_unlock(&identities->lock);
	return number;
}

static void raise_incarnation(struct rdl_identities *identities, uint32_t number)
{
	__atomic_fetch_add(&identities->incarnations[number], 1, __ATOMIC_RELEASE);
}

void rdl_identities_revoke(struct rdl_identities *identities, const struct rdl_identity *identity)
{
	pthread_mutex_lock(&identities->lock);
	uint32_t number = find(identities, identity);
	if (number != 0)
		raise_incarnation(identities, number);
	pthread_mutex_unlock(&identities->lock);
}

bool rdl_identities_rename(struct rdl_identities *identities, const struct rdl_identity *identity,
	struct rdl_span names)
{
	pthread_mutex_lock(&identities->lock);
	uint32_t number = find(identities, identity);
	bool fits = number == 0 || set_names(identities, number, identity, names);
	if (!fits)
		raise_incarnation(identities, number);
	pthread_mutex_unlock(&identities->lock);
	return fits;
}

uint8_t rdl_identities_incarnation(const struct rdl_identities *identities, uint32_t number)
{
	return __atomic_load_n(&identities->incarnations[number], __ATOMIC_ACQUIRE);
}

const uint8_t *rdl_identities_incarnations(const struct rdl_identities *identities)
{
	return identities->incarnations;
}

uint32_t rdl_identities_next(struct rdl_identities *identities, uint32_t number)
{
	pthread_mutex_lock(&identities->lock);
	do
		number++;
	while (number <= identities->records_begun &&
		identities->records[number].mode == RDL_IDENTITY_NONE);
	if (number > identities->records_begun)
		number = 0;
	pthread_mutex_unlock(&identities->lock);
	return number;
}

void rdl_identities_counts(struct rdl_identities *identities, struct rdl_identities_counts *counts)
{
	pthread_mutex_lock(&identities->lock);
	*counts = (struct rdl_identities_counts){
		.identities = identities->record_count,
		.lingering = identities->lingering_count,
		.room = identities->room,
		.cells = identities->cell_count,
		.cells_room = identities->cell_room,
	};
	pthread_mutex_unlock(&identities->lock);
}
