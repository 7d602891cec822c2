/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots, free ones and those of sessions without a registration. */
#include "internal.h"

uint32_t rdl_dtls_slot_next(const struct rdl_dtls *dtls, uint32_t handle)
{
	uint32_t partition = handle >> 24;

	if ((handle & 0xffffff) + 1 < dtls->slots)
		return handle + 1;
	partition += dtls->config.workers;
	return partition < RDL_DTLS_PARTITIONS ? partition << 24 : RDL_DTLS_NONE;
}

/* Its core's alone to write; others look whether a session lives. */
static void set_generation(struct rdl_dtls_session *session, uint32_t generation)
{
	__atomic_store_n(&session->generation, generation, __ATOMIC_RELAXED);
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
		__atomic_store_n(&dtls->fresh, rdl_dtls_slot_next(dtls, handle), __ATOMIC_RELAXED);
		set_generation(rdl_dtls_at(dtls, handle), dtls->generation);
	}
	return handle;
}

void rdl_dtls_slot_give(struct rdl_dtls *dtls, uint32_t handle)
{
	struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);
	const size_t behind = offsetof(struct rdl_dtls_session, generation) + sizeof(uint32_t);

	/* First, so that who looks meanwhile takes no wiped keys for the session's. */
	set_generation(session, session->generation + 1);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	explicit_bzero(session, offsetof(struct rdl_dtls_session, generation));
	explicit_bzero((char *)session + behind, sizeof(*session) - behind);
	/* A slot whose generations are used up is never given again. */
	if (RDL_UNLIKELY(session->generation == 0))
		return;
	session->next = dtls->free;
	dtls->free = handle;
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
