/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Channels: which roles are joined, and what each may have under way at the other. What a role
 * needs of it comes from its own sizes: answers may be long in coming.
 */
#include "daemon.h"

#include <rte_malloc.h>

#include "log.h"

enum end_kind {
	END_WORKER,
	END_SHARD,
};

static struct rdl_channel_credit requests(const struct daemon *daemon)
{
	(void)daemon;
	return worker_credit(REQUESTS);
}

/* It answers, and asks nothing of its own. */
static struct rdl_channel_credit nothing(const struct daemon *daemon)
{
	(void)daemon;
	return (struct rdl_channel_credit){ { 0 } };
}

/* Each of the one with each of the other. */
static const struct pair {
	enum end_kind one, other;
	struct rdl_channel_credit (*credit_of_one)(const struct daemon *daemon);
	struct rdl_channel_credit (*credit_of_other)(const struct daemon *daemon);
} pairs[] = {
	{ END_WORKER, END_SHARD, requests, nothing },
};

static unsigned count_of(const struct daemon *daemon, enum end_kind kind)
{
	return kind == END_WORKER ? daemon->conf->workers : daemon->conf->shards;
}

/* Where number `index` of a kind keeps its end towards number `peer` of the other. */
static struct rdl_channel *end_of(
	const struct daemon *daemon, enum end_kind kind, unsigned index, unsigned peer)
{
	return kind == END_WORKER ? &daemon->workers[index]->shards[peer]
				  : &daemon->owners.cores[index]->workers[peer];
}

static size_t memory_of(const struct daemon *daemon, const struct pair *pair)
{
	const struct rdl_channel_credit one = pair->credit_of_one(daemon);
	const struct rdl_channel_credit other = pair->credit_of_other(daemon);

	return rdl_channel_memory(&one, &other);
}

uint64_t daemon_channels_memory(const struct daemon *daemon)
{
	uint64_t octets = 0;

	for (size_t i = 0; i < RDL_ARRAY_LEN(pairs); i++)
		octets += memory_of(daemon, &pairs[i]) * count_of(daemon, pairs[i].one) *
			  count_of(daemon, pairs[i].other);
	return octets;
}

/* Joins all of a kind; returns the memory behind what that took. */
static char *join(struct daemon *daemon, const struct pair *pair, char *memory)
{
	const struct rdl_channel_credit one = pair->credit_of_one(daemon);
	const struct rdl_channel_credit other = pair->credit_of_other(daemon);

	for (unsigned i = 0; i < count_of(daemon, pair->one); i++) {
		for (unsigned j = 0; j < count_of(daemon, pair->other); j++) {
			rdl_channel_join(end_of(daemon, pair->one, i, j), &one,
				end_of(daemon, pair->other, j, i), &other, memory);
			memory += rdl_channel_memory(&one, &other);
		}
	}
	return memory;
}

int daemon_setup_channels(struct daemon *daemon)
{
	char *memory = rte_zmalloc_socket(
		"channels", daemon_channels_memory(daemon), RTE_CACHE_LINE_SIZE, daemon->socket_id);

	daemon->channels = memory;
	if (memory == NULL) {
		rdl_log_error("start", "no memory for the channels between workers and shards");
		return -1;
	}
	for (size_t i = 0; i < RDL_ARRAY_LEN(pairs); i++)
		memory = join(daemon, &pairs[i], memory);
	return 0;
}
