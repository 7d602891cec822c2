/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the registry's tables come from: all of it at creation, zeroed and touched. */
#ifndef RDL_REGISTRY_MEMORY_H
#define RDL_REGISTRY_MEMORY_H

#include "base.h"

/*
 * What one piece takes from EAL's heap: its octets, rounded, and the heap's own header and trailer.
 */
uint64_t rdl_memory_octets(uint64_t octets);

/* Aligned to a cache line, zero; NULL when it is not there. socket_id -1: any. */
void *rdl_memory_alloc(uint64_t octets, int socket_id);
void rdl_memory_free(void *memory);

#endif
