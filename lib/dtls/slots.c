/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots, and the lists that go through them: free ones, buckets of addresses, idle ones. */
#include "internal.h"

#include <assert.h>

uint32_t rdl_dtls_slot_next(const struct rdl_dtls *dtls, uint32_t handle)
{
	uint32_t partition = handle >> 24;

	if ((handle & 0xffffff) + 1 < dtls->slots)
		return handle + 1;
	partition += dtls->config.workers;
	return partition < RDL_DTLS_PARTITIONS ? partition << 24 : RDL_DTLS_NONE;
}

uint32_t rdl_dtls_slot_take(struct rdl_dtls *dtls)
{
	uint32_t handle = dtls->free;

	if (handle != RDL_DTLS_NONE) {
		dtls->free = rdl_dtls_at(dtls, handle)->next;
	} else {
		handle = dtls->fresh;
		if (handle == RDL_DTLS_NONE)
			return RDL_DTLS_NONE;
		dtls->fresh = rdl_dtls_slot_next(dtls, handle);
	}
	rdl_dtls_at(dtls, handle)->generation++;
	return handle;
}

void rdl_dtls_slot_give(struct rdl_dtls *dtls, uint32_t handle)
{
	struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);
	uint32_t generation = session->generation;

	explicit_bzero(session, sizeof(*session));
	session->generation = generation;
	/* A slot whose generations are used up is never given again. */
	if (RDL_UNLIKELY(generation == UINT32_MAX))
		return;
	session->next = dtls->free;
	dtls->free = handle;
}

static uint32_t *bucket_of(const struct rdl_dtls *dtls, uint64_t address)
{
	return &dtls->buckets[address & dtls->bucket_mask];
}

/* The newest first. */
void rdl_dtls_index_put(struct rdl_dtls *dtls, uint32_t handle)
{
	struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);
	uint32_t *bucket = bucket_of(dtls, session->address);

	assert(!session->indexed);
	session->next = *bucket;
	session->indexed = 1;
	*bucket = handle;
	if (dtls->config.owners != NULL)
		rdl_dtls_owners_put(dtls->config.owners, session->address, dtls->config.worker);
}

void rdl_dtls_index_take(struct rdl_dtls *dtls, uint32_t handle)
{
	struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);
	uint32_t *at = bucket_of(dtls, session->address);

	if (!session->indexed)
		return;
	while (*at != handle)
		at = &rdl_dtls_at(dtls, *at)->next;
	*at = session->next;
	session->indexed = 0;
	if (dtls->config.owners != NULL)
		rdl_dtls_owners_take(dtls->config.owners, session->address, dtls->config.worker);
}

void rdl_dtls_prefetch_bucket(const struct rdl_dtls *dtls, uint64_t address)
{
	RDL_PREFETCH(bucket_of(dtls, address));
}

void rdl_dtls_prefetch_address(const struct rdl_dtls *dtls, uint64_t address)
{
	uint32_t handle = *bucket_of(dtls, address);

	if (handle != RDL_DTLS_NONE)
		RDL_PREFETCH_WRITE(rdl_dtls_at(dtls, handle));
}

struct rdl_dtls_session *rdl_dtls_find_address(
	struct rdl_dtls *dtls, uint64_t address, enum rdl_dtls_state state)
{
	uint32_t handle = *bucket_of(dtls, address);

	while (handle != RDL_DTLS_NONE) {
		struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);

		if (session->address == address && session->state == state)
			return session;
		handle = session->next;
	}
	return NULL;
}

unsigned rdl_dtls_owner(const struct rdl_dtls *dtls, uint64_t address)
{
	int owner = dtls->config.owners != NULL ? rdl_dtls_owners_find(dtls->config.owners, address)
						: -1;

	return owner >= 0 ? (unsigned)owner : dtls->config.worker;
}

void rdl_dtls_idle_put(struct rdl_dtls *dtls, uint32_t handle)
{
	struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);

	session->newer = RDL_DTLS_NONE;
	session->older = dtls->newest;
	*(dtls->newest == RDL_DTLS_NONE ? &dtls->oldest : &rdl_dtls_at(dtls, dtls->newest)->newer) =
		handle;
	dtls->newest = handle;
}

void rdl_dtls_idle_take(struct rdl_dtls *dtls, uint32_t handle)
{
	const struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);
	uint32_t newer = session->newer, older = session->older;

	*(newer == RDL_DTLS_NONE ? &dtls->newest : &rdl_dtls_at(dtls, newer)->older) = older;
	*(older == RDL_DTLS_NONE ? &dtls->oldest : &rdl_dtls_at(dtls, older)->newer) = newer;
}
