/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

_Static_assert(sizeof(struct rdl_policy_memo_entry) == 1024, "half a megabyte in all");
_Static_assert(RDL_MEMO_SETS *RDL_MEMO_WAYS < UINT16_MAX, "a place is a number of 16 bits");

void rdl_policy_memo_init(
	struct rdl_policy_memo *memo, uint64_t seed, const struct rdl_key *list_key)
{
	memo->seed = seed;
	memo->list_key = *list_key;
}

static uint32_t tag_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32) | 1;
}

static struct rdl_policy_memo_entry *entries_of(struct rdl_policy_memo *memo, size_t set)
{
	return memo->entries + set * RDL_MEMO_WAYS;
}

static uint16_t asked_of(const struct rdl_policy_question *question)
{
	return (uint16_t)(question->minor << 1 | question->is_register);
}

static bool is_it(const struct rdl_policy_memo_entry *entry, const struct rdl_policy *policy,
	const struct rdl_policy_question *question)
{
	return entry->policy == policy->generation && entry->asked_of == asked_of(question) &&
	       rdl_span_equal(
		       (struct rdl_span){ entry->payload, entry->payload_len }, question->payload);
}

static bool is_for_it(const struct rdl_policy_question *question)
{
	return question->payload.len > 0 && question->payload.len <= RDL_MEMO_PAYLOAD_MAX;
}

const struct rdl_policy_memo_entry *rdl_policy_memo_find(struct rdl_policy_memo *memo,
	const struct rdl_policy *policy, const struct rdl_policy_question *question, uint64_t *hash)
{
	if (!is_for_it(question))
		return NULL;
	*hash = XXH3_64bits_withSeed(
		question->payload.data, question->payload.len, memo->seed + asked_of(question));
	size_t set = *hash % RDL_MEMO_SETS;
	for (size_t way = 0; way < RDL_MEMO_WAYS; way++) {
		struct rdl_policy_memo_entry *entry = &entries_of(memo, set)[way];

		if (memo->tags[set][way] == tag_of(*hash) && is_it(entry, policy, question)) {
			entry->asked = (uint8_t)(entry->asked + (entry->asked < UINT8_MAX));
			return entry;
		}
	}
	return NULL;
}

unsigned rdl_policy_memo_hold(struct rdl_policy_memo *memo, const struct rdl_object_list *list)
{
	uintptr_t offset = (uintptr_t)list - (uintptr_t)memo->entries;

	if (offset >= sizeof(memo->entries))
		return 0;
	size_t place = offset / sizeof(memo->entries[0]);
	memo->entries[place].held++;
	return (unsigned)place + 1;
}

void rdl_policy_memo_release(struct rdl_policy_memo *memo, unsigned place)
{
	memo->entries[place - 1].held--;
}

/*
 * Where to keep another one: free, out of use,
 * or what was asked for least, which loses by the attempt.
 */
static int find_way(struct rdl_policy_memo *memo, size_t set, uint32_t policy)
{
	struct rdl_policy_memo_entry *entries = entries_of(memo, set);
	int least = 0;

	for (int way = 0; way < RDL_MEMO_WAYS; way++) {
		bool unused = memo->tags[set][way] == 0 || entries[way].policy != policy;

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

void rdl_policy_memo_keep(struct rdl_policy_memo *memo, const struct rdl_policy *policy,
	const struct rdl_policy_question *question, uint64_t hash,
	const struct rdl_object_list *list, const struct rdl_ignored_counts *ignored)
{
	uint32_t *seen = &memo->seen[hash % RDL_MEMO_SEEN];
	size_t set = hash % RDL_MEMO_SETS;

	if (!is_for_it(question) || list->len > RDL_MEMO_LIST_MAX)
		return;
	if (*seen != tag_of(hash)) {
		*seen = tag_of(hash);
		return;
	}
	int way = find_way(memo, set, policy->generation);
	if (way < 0)
		return;
	struct rdl_policy_memo_entry *entry = &entries_of(memo, set)[way];
	entry->ignored = *ignored;
	entry->digest = rdl_object_list_digest(&memo->list_key, list);
	entry->policy = policy->generation;
	entry->payload_len = (uint16_t)question->payload.len;
	entry->asked_of = asked_of(question);
	entry->asked = 0;
	memcpy(entry->payload, question->payload.data, question->payload.len);
	memcpy(entry->words, list, list->len);
	memo->tags[set][way] = tag_of(hash);
}
