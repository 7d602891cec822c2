/* SPDX-License-Identifier: BSD-3-Clause */
#include "known_lists.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

_Static_assert(sizeof(struct rdl_known_entry) == 1024, "half a megabyte in all");
_Static_assert(RDL_KNOWN_SETS *RDL_KNOWN_WAYS < UINT16_MAX, "places as packets name them");

void rdl_known_lists_init(
	struct rdl_known_lists *lists, uint64_t seed, const struct rdl_key *list_key)
{
	lists->seed = seed;
	lists->list_key = *list_key;
}

static uint32_t tag_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32) | 1;
}

static struct rdl_known_entry *entries_of(struct rdl_known_lists *lists, size_t set)
{
	return lists->entries + set * RDL_KNOWN_WAYS;
}

static bool is_it(const struct rdl_known_entry *entry, const struct rdl_known_key *key)
{
	return entry->policy == key->policy && entry->asked_of == key->asked_of &&
	       rdl_span_equal(
		       (struct rdl_span){ entry->payload, entry->payload_len }, key->payload);
}

const struct rdl_known_list *rdl_known_lists_find(struct rdl_known_lists *lists,
	const struct rdl_policy *policy, struct rdl_span payload, unsigned minor, bool is_register,
	struct rdl_known_key *key)
{
	key->payload = payload;
	key->policy = rdl_policy_generation(policy);
	key->asked_of = (minor << 1 | is_register) & UINT16_MAX;
	if (payload.len == 0 || payload.len > RDL_KNOWN_PAYLOAD_MAX)
		return NULL;
	key->hash = XXH3_64bits_withSeed(payload.data, payload.len, lists->seed + key->asked_of);
	size_t set = key->hash % RDL_KNOWN_SETS;
	for (size_t way = 0; way < RDL_KNOWN_WAYS; way++) {
		struct rdl_known_entry *entry = &entries_of(lists, set)[way];

		if (lists->tags[set][way] == tag_of(key->hash) && is_it(entry, key)) {
			entry->asked = (uint8_t)(entry->asked + (entry->asked < UINT8_MAX));
			return &entry->known;
		}
	}
	return NULL;
}

unsigned rdl_known_lists_hold(struct rdl_known_lists *lists, const struct rdl_known_list *known)
{
	size_t place =
		(size_t)((const struct rdl_known_entry *)(const void *)known - lists->entries);

	lists->entries[place].held++;
	return (unsigned)place;
}

void rdl_known_lists_release(struct rdl_known_lists *lists, unsigned place)
{
	lists->entries[place].held--;
}

/*
 * Where to keep another one: free, out of use,
 * or what was asked for least, which loses by the attempt.
 */
static int find_way(struct rdl_known_lists *lists, size_t set, uint32_t policy)
{
	struct rdl_known_entry *entries = entries_of(lists, set);
	int least = 0;

	for (int way = 0; way < RDL_KNOWN_WAYS; way++) {
		bool unused = lists->tags[set][way] == 0 || entries[way].policy != policy;

		if (unused && entries[way].held == 0)
			return way;
		if (entries[way].asked < entries[least].asked)
			least = way;
	}
	if (entries[least].asked > 0) {
		entries[least].asked--;
		return -1;
	}
	return entries[least].held == 0 ? least : -1;
}

void rdl_known_lists_keep(struct rdl_known_lists *lists, const struct rdl_known_key *key,
	const struct rdl_object_list *list, const struct rdl_ignored_counts *ignored)
{
	uint32_t *seen = &lists->seen[key->hash % RDL_KNOWN_SEEN];
	size_t set = key->hash % RDL_KNOWN_SETS;

	if (key->payload.len == 0 || key->payload.len > RDL_KNOWN_PAYLOAD_MAX ||
		list->len > RDL_KNOWN_LIST_MAX)
		return;
	if (*seen != tag_of(key->hash)) {
		*seen = tag_of(key->hash);
		return;
	}
	int way = find_way(lists, set, key->policy);
	if (way < 0)
		return;
	struct rdl_known_entry *entry = &entries_of(lists, set)[way];
	entry->known.ignored = *ignored;
	entry->known.list = (const struct rdl_object_list *)entry->list;
	entry->known.digest = rdl_object_list_digest(&lists->list_key, list);
	entry->policy = key->policy;
	entry->payload_len = (uint16_t)key->payload.len;
	entry->asked_of = (uint16_t)key->asked_of;
	entry->asked = 0;
	memcpy(entry->payload, key->payload.data, key->payload.len);
	memcpy(entry->list, list, list->len);
	lists->tags[set][way] = tag_of(key->hash);
}
