/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * accounts: octets of the store that each network prefix has brought, a /24 of IPv4 or a /64 of
 * IPv6. What is kept names its account and is taken off that one when it goes, wherever its device
 * is by then: no account can drift. There are as many as fit 16 bits, found by a keyed hash: nobody
 * outside can aim at another's, and one prefix in 65,536 shares it with one that has taken all it
 * may.
 */
#ifndef RDL_REGISTRY_ACCOUNTS_H
#define RDL_REGISTRY_ACCOUNTS_H

#include "net.h"

struct rdl_accounts {
	uint32_t *units; /* held, of RDL_STORE_UNIT octets */
	struct rdl_key key;
};

uint64_t rdl_accounts_memory(void);
bool rdl_accounts_create(struct rdl_accounts *accounts, const struct rdl_key *key, int socket_id);
void rdl_accounts_destroy(struct rdl_accounts *accounts);

/* None holds anything. */
void rdl_accounts_empty(struct rdl_accounts *accounts);

/* The account of the prefix that a peer's address lies in. */
uint16_t rdl_accounts_of(const struct rdl_accounts *accounts, const struct rdl_peer *peer);

#endif
