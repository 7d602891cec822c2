/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * owners: which worker has sessions at an address. All workers share it, for records that come to
 * another one than those before: whole out of IP fragments, which are spread by addresses without
 * ports, or after ports' queues have changed. It is a hint: of some sessions it has none.
 */
#ifndef RDL_DTLS_OWNERS_H
#define RDL_DTLS_OWNERS_H

#include "base.h"

struct rdl_dtls_owners;

/* Octets of memory for so many sessions of all workers; 6.4 each. */
size_t rdl_dtls_owners_memory(uint64_t sessions);
/* `memory` is the caller's: zero, aligned to a cache line. */
struct rdl_dtls_owners *rdl_dtls_owners_init(void *memory, uint64_t sessions);

/* Addresses are rdl_dtls_address()es. Any core, at any time. */
void rdl_dtls_owners_put(struct rdl_dtls_owners *owners, uint64_t address, unsigned worker);
void rdl_dtls_owners_take(struct rdl_dtls_owners *owners, uint64_t address, unsigned worker);
/* -1: nobody is known to have one. */
int rdl_dtls_owners_find(const struct rdl_dtls_owners *owners, uint64_t address);

#endif
