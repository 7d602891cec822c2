/* SPDX-License-Identifier: BSD-3-Clause */
/* Secrets, random at each start, or at the first one of those that share what is kept. */
#include "daemon.h"

#include <errno.h>
#include <sys/random.h>

#include "log.h"

/* What locations, digests and Connection IDs that outlive the process are made with. */
static int keep(struct daemon *daemon, struct rdl_key *location_key)
{
	struct keys *keys = &daemon->keys;
	const struct secret secrets[] = {
		{ location_key, sizeof(*location_key) },
		{ &keys->endpoint, sizeof(keys->endpoint) },
		{ &keys->exchange_seed, sizeof(keys->exchange_seed) },
		{ &keys->dtls_address, sizeof(keys->dtls_address) },
		{ &keys->dtls_cid, sizeof(keys->dtls_cid) },
		{ keys->dtls_ticket, sizeof(keys->dtls_ticket) },
	};

	return keeping_secrets(daemon->keeping, secrets, RDL_ARRAY_LEN(secrets));
}

int daemon_keys(struct daemon *daemon)
{
	struct keys *keys = &daemon->keys;
	struct rdl_key location_key, token_key, boot;
	/*
	 * None is part of another, nor made of one:
	 * what one of them gives away tells nothing about the others.
	 */
	const struct {
		void *to;
		size_t len;
	} secrets[] = {
		{ &keys->endpoint, sizeof(keys->endpoint) },
		{ &location_key, sizeof(location_key) },
		{ &keys->list, sizeof(keys->list) },
		{ &keys->admission, sizeof(keys->admission) },
		{ &keys->fragments, sizeof(keys->fragments) },
		{ &keys->block, sizeof(keys->block) },
		{ &keys->neighbours, sizeof(keys->neighbours) },
		{ &keys->paths, sizeof(keys->paths) },
		{ &keys->identities, sizeof(keys->identities) },
		{ &keys->dtls_address, sizeof(keys->dtls_address) },
		{ &keys->dtls_cid, sizeof(keys->dtls_cid) },
		{ &keys->dtls_cookie, sizeof(keys->dtls_cookie) },
		{ keys->dtls_ticket, sizeof(keys->dtls_ticket) },
		{ &keys->exchange_seed, sizeof(keys->exchange_seed) },
		{ &keys->memo_seed, sizeof(keys->memo_seed) },
		{ &token_key, sizeof(token_key) },
		{ &keys->awaited, sizeof(keys->awaited) },
		{ &keys->orders, sizeof(keys->orders) },
		{ &boot, sizeof(boot) },
		{ &keys->reply_salt, sizeof(keys->reply_salt) },
		{ keys->rss, sizeof(keys->rss) },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(secrets); i++) {
		if (getrandom(secrets[i].to, secrets[i].len, 0) == (ssize_t)secrets[i].len)
			continue;
		rdl_log_error("start", "no random octets: %s", strerror(errno));
		return -1;
	}
	if (keep(daemon, &location_key) != 0)
		return -1;
	rdl_speck_expand(&keys->location, &location_key);
	rdl_speck_expand(&keys->token, &token_key);
	snprintf(daemon->boot, sizeof(daemon->boot), "%016llx%016llx", (unsigned long long)boot.k0,
		(unsigned long long)boot.k1);
	return 0;
}
