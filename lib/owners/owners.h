/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * owners: who has what: for a hash, the small number of a core. Cores share it, for what comes to
 * another one than it should: records of a DTLS session after the queues of ports have changed,
 * acknowledgements that do not say whose they are. It is a hint: of some hashes it has none, and of
 * hardly any a wrong one.
 */
#ifndef RDL_OWNERS_H
#define RDL_OWNERS_H

#include "base.h"

#define RDL_OWNERS_MAX 255 /* cores */

struct rdl_owners;

/* Octets of memory for so many hashes of all cores; 6.4 each. */
size_t rdl_owners_memory(uint64_t hashes);
/* `memory` is the caller's: zero, aligned to a cache line. */
struct rdl_owners *rdl_owners_init(void *memory, uint64_t hashes);

/* Hashes are keyed, and all their bits alike. Any core, at any time. */
void rdl_owners_put(struct rdl_owners *owners, uint64_t hash, unsigned owner);
void rdl_owners_take(struct rdl_owners *owners, uint64_t hash, unsigned owner);
/* -1: nobody is known to have it. */
int rdl_owners_find(const struct rdl_owners *owners, uint64_t hash);

#endif
