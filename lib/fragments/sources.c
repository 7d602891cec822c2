/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who has how many datagrams in the table. Sources without any are in the list of those that have
 * 0.
 */
#include "fragments_internal.h"

#include <assert.h>

uint64_t rdl_fragments_network(
	const struct rdl_fragments *fragments, const struct rdl_fragments_key *key)
{
	/* Of different lengths, so none of one family is ever one of the other. */
	return rdl_siphash(&fragments->key, key->from, key->version == 4 ? 3 : 8);
}

static uint32_t *bucket_of(const struct rdl_fragments *fragments, uint64_t digest)
{
	return &fragments->source_buckets[digest & fragments->bucket_mask];
}

uint32_t rdl_fragments_source_find(const struct rdl_fragments *fragments, uint64_t digest)
{
	uint32_t source = *bucket_of(fragments, digest);

	while (source != RDL_FRAGMENTS_NONE && fragments->sources[source].digest != digest)
		source = fragments->sources[source].next;
	return source;
}

static uint32_t new_source(struct rdl_fragments *fragments, uint64_t digest)
{
	uint32_t source = rdl_list_first(fragments->by_count, fragments->room);
	uint32_t *bucket = bucket_of(fragments, digest);

	assert(source < fragments->room);
	fragments->sources[source].digest = digest;
	fragments->sources[source].next = *bucket;
	*bucket = source;
	return source;
}

static void forget_source(struct rdl_fragments *fragments, uint32_t source)
{
	uint32_t *at = bucket_of(fragments, fragments->sources[source].digest);

	while (*at != source)
		at = &fragments->sources[*at].next;
	*at = fragments->sources[source].next;
}

void rdl_fragments_source_put(struct rdl_fragments *fragments, uint64_t digest, uint32_t datagram)
{
	uint32_t source = rdl_fragments_source_find(fragments, digest);

	if (source == RDL_FRAGMENTS_NONE)
		source = new_source(fragments, digest);
	uint32_t count = ++fragments->sources[source].count;
	assert(count <= fragments->share);
	rdl_list_move(fragments->by_count, fragments->room + count, source);
	if (count > fragments->most)
		fragments->most = count;
	rdl_list_append(fragments->by_source, fragments->room + source, datagram);
	fragments->datagrams[datagram].source = source;
}

void rdl_fragments_source_take(struct rdl_fragments *fragments, uint32_t datagram)
{
	uint32_t source = fragments->datagrams[datagram].source;
	uint32_t count = --fragments->sources[source].count;

	rdl_list_remove(fragments->by_source, datagram);
	rdl_list_move(fragments->by_count, fragments->room + count, source);
	/* This one has one less now: if it had most, there is one that has as many as it. */
	if (rdl_list_is_empty(fragments->by_count, fragments->room + fragments->most))
		fragments->most--;
	if (count == 0)
		forget_source(fragments, source);
}

uint32_t rdl_fragments_source_of_most(const struct rdl_fragments *fragments)
{
	uint32_t source = rdl_list_first(fragments->by_count, fragments->room + fragments->most);

	return rdl_list_first(fragments->by_source, fragments->room + source);
}
