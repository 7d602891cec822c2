/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include <stdlib.h>

#ifndef __SANITIZE_ADDRESS__
#include <rte_malloc.h>
#endif

#define HEAP_OVERHEAD 192 /* element header, trailer and alignment */

uint64_t rdl_memory_octets(uint64_t octets)
{
	return rdl_whole_lines(octets) + HEAP_OVERHEAD;
}

#ifdef __SANITIZE_ADDRESS__

/* The sanitizer's own allocator: it sees overruns, which EAL's heap would hide. */
void *rdl_memory_alloc(uint64_t octets, int socket_id)
{
	void *memory = aligned_alloc(RDL_CACHE_LINE, rdl_whole_lines(octets));

	(void)socket_id;
	if (memory != NULL)
		memset(memory, 0, octets);
	return memory;
}

void rdl_memory_free(void *memory)
{
	free(memory);
}

#else

void *rdl_memory_alloc(uint64_t octets, int socket_id)
{
	void *memory = rte_malloc_socket(
		"rdl_registry", rdl_whole_lines(octets), RDL_CACHE_LINE, socket_id);

	/*
	 * Written, not only reserved: without huge pages the kernel hands out a page at its first
	 * touch.
	 */
	if (memory != NULL)
		memset(memory, 0, octets);
	return memory;
}

void rdl_memory_free(void *memory)
{
	rte_free(memory);
}

#endif
