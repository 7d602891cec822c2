/* SPDX-License-Identifier: BSD-3-Clause */
#include "accounts.h"

#include "memory.h"

#define ACCOUNTS (UINT64_C(1) << 16)

uint64_t rdl_accounts_memory(void)
{
	return rdl_memory_octets(ACCOUNTS * sizeof(uint32_t));
}

bool rdl_accounts_create(struct rdl_accounts *accounts, const struct rdl_key *key, int socket_id)
{
	accounts->key = *key;
	accounts->units = rdl_memory_alloc(ACCOUNTS * sizeof(uint32_t), socket_id);
	return accounts->units != NULL;
}

void rdl_accounts_destroy(struct rdl_accounts *accounts)
{
	rdl_memory_free(accounts->units);
}

void rdl_accounts_empty(struct rdl_accounts *accounts)
{
	memset(accounts->units, 0, ACCOUNTS * sizeof(uint32_t));
}

uint16_t rdl_accounts_of(const struct rdl_accounts *accounts, const struct rdl_peer *peer)
{
	struct rdl_span prefix = rdl_peer_prefix(peer);

	return (uint16_t)rdl_siphash(&accounts->key, prefix.data, prefix.len);
}
