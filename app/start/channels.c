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
	END_HANDSHAKER,
	END_EXCEPTION,
	END_DIALOGUES, /* of shards, for requests to devices */
};

static struct rdl_channel_credit requests(const struct daemon *daemon)
{
	return worker_credit(daemon_requests(daemon->conf));
}

/* A worker has no more at all others together than at one shard. */
static struct rdl_channel_credit datagrams(const struct daemon *daemon)
{
	unsigned others = daemon->conf->workers - 1;

	return worker_fellow_credit(others > 0 ? REQUESTS / others : 0);
}

/* It answers, and asks nothing of its own. */
static struct rdl_channel_credit nothing(const struct daemon *daemon)
{
	(void)daemon;
	return (struct rdl_channel_credit){ { 0 } };
}

static struct rdl_channel_credit parcels(const struct daemon *daemon)
{
	(void)daemon;
	return worker_parcel_credit(PARCELS);
}

static struct rdl_channel_credit letters(const struct daemon *daemon)
{
	(void)daemon;
	return handshaker_credit();
}

static struct rdl_channel_credit foreign(const struct daemon *daemon)
{
	(void)daemon;
	return worker_foreign_credit(FOREIGN);
}

static struct rdl_channel_credit kernels(const struct daemon *daemon)
{
	(void)daemon;
	return exception_credit();
}

static struct rdl_channel_credit answers(const struct daemon *daemon)
{
	(void)daemon;
	return worker_answer_credit(ANSWERS);
}

static struct rdl_channel_credit transmissions(const struct daemon *daemon)
{
	(void)daemon;
	return dialogues_transmission_credit();
}

/* Each worker with each of the other, but nobody with itself. */
static const struct pair {
	enum end_kind other;
	struct rdl_channel_credit (*credit)(const struct daemon *daemon);
	struct rdl_channel_credit (*credit_of_other)(const struct daemon *daemon);
} pairs[] = {
	{ END_SHARD, requests, nothing },
	{ END_HANDSHAKER, parcels, letters },
	{ END_WORKER, datagrams, datagrams },
	{ END_EXCEPTION, foreign, kernels },
	{ END_DIALOGUES, answers, transmissions },
};

static unsigned count_of(const struct daemon *daemon, enum end_kind kind)
{
	const struct rdl_conf *conf = daemon->conf;

	switch (kind) {
	case END_WORKER:
		return conf->workers;
	case END_SHARD:
		return conf->shards;
	case END_HANDSHAKER:
		return daemon_handshaker_count(conf);
	case END_EXCEPTION:
		return rdl_conf_has_exception(conf) ? 1 : 0;
	case END_DIALOGUES:
		return daemon_asks_devices(conf) ? conf->shards : 0;
	}
	return 0;
}

/* Workers have something for each other only where there are sessions. */
static bool are_joined(const struct daemon *daemon, const struct pair *pair, unsigned i, unsigned j)
{
	return pair->other != END_WORKER || (daemon->conf->dtls.port != 0 && i < j);
}

/* Where a worker keeps its end towards number `peer` of a kind. */
static struct rdl_channel *end_of_worker(
	struct worker *worker, enum end_kind towards, unsigned peer)
{
	switch (towards) {
	case END_WORKER:
		return &worker->fellows[peer];
	case END_SHARD:
		return &worker->shards[peer];
	case END_HANDSHAKER:
		return &worker->handshakers[peer];
	case END_EXCEPTION:
		return &worker->kernel;
	case END_DIALOGUES:
		return &worker->dialogues[peer];
	}
	return NULL;
}

/* Where number `index` of any kind keeps its end towards a worker. */
static struct rdl_channel *end_of(
	const struct daemon *daemon, enum end_kind kind, unsigned index, unsigned worker)
{
	switch (kind) {
	case END_WORKER:
		return end_of_worker(daemon->workers[index], END_WORKER, worker);
	case END_SHARD:
		return &daemon->owners.cores[index]->workers[worker];
	case END_HANDSHAKER:
		return handshakers_channel(daemon->handshakers, index, worker);
	case END_EXCEPTION:
		return &daemon->exception->workers[worker];
	case END_DIALOGUES:
		return &daemon->owners.cores[index]->dialogues.workers[worker];
	}
	return NULL;
}

static size_t memory_of(const struct daemon *daemon, const struct pair *pair)
{
	const struct rdl_channel_credit one = pair->credit(daemon);
	const struct rdl_channel_credit other = pair->credit_of_other(daemon);

	return rdl_channel_memory(&one, &other);
}

uint64_t daemon_channels_memory(const struct daemon *daemon, unsigned worker)
{
	uint64_t octets = 0;

	for (size_t i = 0; i < RDL_ARRAY_LEN(pairs); i++)
		for (unsigned j = 0; j < count_of(daemon, pairs[i].other); j++)
			octets += are_joined(daemon, &pairs[i], worker, j)
					  ? memory_of(daemon, &pairs[i])
					  : 0;
	return octets;
}

/* Joins a worker to all of a kind; returns the memory behind what that took. */
static char *join(struct daemon *daemon, const struct pair *pair, unsigned worker, char *memory)
{
	const struct rdl_channel_credit one = pair->credit(daemon);
	const struct rdl_channel_credit other = pair->credit_of_other(daemon);

	for (unsigned j = 0; j < count_of(daemon, pair->other); j++) {
		if (!are_joined(daemon, pair, worker, j))
			continue;
		rdl_channel_join(end_of_worker(daemon->workers[worker], pair->other, j), &one,
			end_of(daemon, pair->other, j, worker), &other, memory);
		memory += rdl_channel_memory(&one, &other);
	}
	return memory;
}

int daemon_setup_channels(struct daemon *daemon)
{
	for (unsigned w = 0; w < daemon->conf->workers; w++) {
		char *memory = rte_zmalloc_socket("channels", daemon_channels_memory(daemon, w),
			RTE_CACHE_LINE_SIZE, daemon_worker_node(daemon, w));

		daemon->channels[w] = memory;
		if (memory == NULL) {
			rdl_log_error("start", "no memory for the channels between cores");
			return -1;
		}
		for (size_t i = 0; i < RDL_ARRAY_LEN(pairs); i++)
			memory = join(daemon, &pairs[i], w, memory);
	}
	return 0;
}
