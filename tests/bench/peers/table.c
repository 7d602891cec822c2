/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <stdlib.h>
#include <sys/random.h>

#define SLOT_DIGITS 6
#define GENERATION_MAX 0xffffffu

/* Hash 0 and slot 0 included, an entry in use is never 0. */
struct entry {
	uint32_t hash;
	uint32_t slot_and_1;
};

struct table {
	struct rdl_key key;
	uint32_t capacity, mask;
	uint32_t free_count;
	uint32_t *free_slots;
	struct entry *index;
	struct table_record *records;
};

void table_parameter(struct table_request *request, struct rdl_span query)
{
	const struct {
		struct rdl_span name;
		struct rdl_span *value;
	} known[] = {
		{ RDL_SPAN("ep="), &request->name },
		{ RDL_SPAN("lt="), &request->lifetime },
		{ RDL_SPAN("lwm2m="), &request->version },
		{ RDL_SPAN("b="), &request->binding },
	};

	for (unsigned i = 0; i < RDL_ARRAY_LEN(known); i++) {
		size_t len = known[i].name.len;

		if (query.len < len || memcmp(query.data, known[i].name.data, len) != 0)
			continue;
		*known[i].value = (struct rdl_span){ query.data + len, query.len - len };
		return;
	}
}

static void *touched(size_t len)
{
	void *p = aligned_alloc(RDL_CACHE_LINE, (len + RDL_CACHE_LINE - 1) & ~(size_t)63);

	if (p != NULL)
		memset(p, 0, len);
	return p;
}

struct table *table_create(uint32_t capacity)
{
	struct table *table = calloc(1, sizeof(*table));
	uint32_t entries = 64;

	if (table == NULL || capacity == 0 || capacity > 1u << 4 * SLOT_DIGITS ||
		getrandom(&table->key, sizeof(table->key), 0) != sizeof(table->key)) {
		free(table);
		return NULL;
	}
	while (entries < capacity * 2)
		entries *= 2;
	table->mask = entries - 1;
	table->capacity = table->free_count = capacity;
	table->index = touched(entries * sizeof(*table->index));
	table->records = touched(capacity * sizeof(*table->records));
	table->free_slots = touched(capacity * sizeof(*table->free_slots));
	if (table->index == NULL || table->records == NULL || table->free_slots == NULL) {
		free(table->index);
		free(table->records);
		free(table->free_slots);
		free(table);
		return NULL;
	}
	for (uint32_t i = 0; i < capacity; i++)
		table->free_slots[i] = capacity - 1 - i;
	return table;
}

uint32_t table_hash(const struct table *table, struct rdl_span name)
{
	return (uint32_t)rdl_siphash(&table->key, name.data, name.len);
}

void table_prefetch(const struct table *table, uint32_t hash)
{
	__builtin_prefetch(&table->index[hash & table->mask]);
}

/* The name's place in the index, or the empty one where it would be. */
static struct entry *look_up(const struct table *table, struct rdl_span name, uint32_t hash)
{
	for (uint32_t i = hash & table->mask;; i = (i + 1) & table->mask) {
		struct entry *entry = &table->index[i];

		if (entry->slot_and_1 == 0)
			return entry;
		const struct table_record *record = &table->records[entry->slot_and_1 - 1];
		if (entry->hash == hash && record->name_len == name.len &&
			memcmp(record->name, name.data, name.len) == 0)
			return entry;
	}
}

static bool fits(struct rdl_span from, size_t room)
{
	return from.len <= room;
}

static uint8_t copy(void *to, struct rdl_span from)
{
	if (from.len > 0)
		memcpy(to, from.data, from.len);
	return (uint8_t)from.len;
}

enum table_status table_update(struct table_record *record, const struct table_request *request,
	const struct sockaddr_in *peer, uint32_t now_s)
{
	uint64_t lifetime;

	if (!fits(request->payload, sizeof(record->payload)))
		return TABLE_TOO_LARGE;
	if (!fits(request->binding, sizeof(record->binding)))
		return TABLE_BAD_REQUEST;
	if (request->lifetime.len > 0) {
		if (!rdl_decimal(request->lifetime, UINT32_MAX, &lifetime))
			return TABLE_BAD_REQUEST;
		record->lifetime_s = (uint32_t)lifetime;
	}
	if (request->binding.len > 0)
		record->binding_len = copy(record->binding, request->binding);
	if (request->payload.len > 0)
		record->payload_len = copy(record->payload, request->payload);
	record->peer = *peer;
	record->updated_s = now_s;
	return TABLE_OK;
}

enum table_status table_register(struct table *table, const struct table_request *request,
	uint32_t hash, const struct sockaddr_in *peer, uint32_t now_s, struct table_record **record)
{
	struct table_record filled = {
		.hash = hash, .lifetime_s = TABLE_LIFETIME_DEFAULT, .live = true
	};

	if (request->name.len == 0 || !fits(request->name, sizeof(filled.name)) ||
		request->version.len != sizeof(filled.version) || request->payload.len == 0)
		return TABLE_BAD_REQUEST;
	filled.name_len = copy(filled.name, request->name);
	filled.version_len = copy(filled.version, request->version);
	enum table_status status = table_update(&filled, request, peer, now_s);
	if (status != TABLE_OK)
		return status;
	struct entry *entry = look_up(table, request->name, hash);
	if (entry->slot_and_1 == 0) {
		if (table->free_count == 0)
			return TABLE_FULL;
		entry->hash = hash;
		entry->slot_and_1 = table->free_slots[--table->free_count] + 1;
	}
	*record = &table->records[entry->slot_and_1 - 1];
	filled.generation = ((*record)->generation + 1) & GENERATION_MAX;
	**record = filled;
	return TABLE_OK;
}

struct table_record *table_find(struct table *table, struct rdl_span location, uint32_t now_s)
{
	uint64_t number = 0;

	if (location.len != TABLE_LOCATION_LEN)
		return NULL;
	for (unsigned i = 0; i < TABLE_LOCATION_LEN; i++) {
		unsigned c = location.data[i];

		if (c - '0' < 10)
			number = number << 4 | (c - '0');
		else if (c - 'a' < 6)
			number = number << 4 | (c - 'a' + 10);
		else
			return NULL;
	}
	uint64_t slot = number >> 24;
	if (slot >= table->capacity)
		return NULL;
	struct table_record *record = &table->records[slot];
	return record->live && record->generation == (number & GENERATION_MAX) &&
			       now_s - record->updated_s <= record->lifetime_s
		       ? record
		       : NULL;
}

/* What lies behind the gap and would no longer be found moves into it. */
void table_remove(struct table *table, struct table_record *record)
{
	uint32_t slot = (uint32_t)(record - table->records), gap = record->hash & table->mask;

	while (table->index[gap].slot_and_1 != slot + 1)
		gap = (gap + 1) & table->mask;
	for (uint32_t i = (gap + 1) & table->mask; table->index[i].slot_and_1 != 0;
		i = (i + 1) & table->mask) {
		uint32_t home = table->index[i].hash & table->mask;

		if (((i - home) & table->mask) < ((i - gap) & table->mask))
			continue;
		table->index[gap] = table->index[i];
		gap = i;
	}
	table->index[gap] = (struct entry){ 0 };
	record->live = false;
	table->free_slots[table->free_count++] = slot;
}

void table_location(
	const struct table *table, const struct table_record *record, char text[TABLE_LOCATION_LEN])
{
	uint64_t number = (uint64_t)(record - table->records) << 24 | record->generation;

	for (unsigned i = TABLE_LOCATION_LEN; i-- > 0; number >>= 4)
		text[i] = "0123456789abcdef"[number & 15];
}
