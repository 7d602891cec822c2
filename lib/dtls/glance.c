/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Open sessions as other threads see them. A worker ends one by another generation first, and opens
 * one by its state last: what was read in between two looks at both is the session's.
 */
#include "internal.h"
#include "restore.h"

uint32_t rdl_dtls_kept_slots(const struct rdl_dtls *dtls)
{
	return (uint32_t)rdl_dtls_slots_used(dtls);
}

uint32_t rdl_dtls_kept_slots_max(const struct rdl_dtls *dtls)
{
	unsigned rows = (RDL_DTLS_PARTITIONS - 1 - dtls->config.worker) / dtls->config.workers + 1;

	return rows * dtls->slots;
}

uint32_t rdl_dtls_kept_handle(const struct rdl_dtls *dtls, uint32_t slot)
{
	uint32_t partition = dtls->config.worker + slot / dtls->slots * dtls->config.workers;

	return partition << 24 | slot % dtls->slots;
}

uint32_t rdl_dtls_kept_slot(const struct rdl_dtls *dtls, uint32_t handle)
{
	uint32_t row = (handle >> 24) / dtls->config.workers;

	return row * dtls->slots + (handle & 0xffffff);
}

__attribute__((no_sanitize("thread"))) uint64_t rdl_dtls_peer(
	const struct rdl_dtls *dtls, uint64_t session)
{
	return rdl_dtls_at(dtls, (uint32_t)session)->address;
}

static uint32_t generation_of(const struct rdl_dtls_session *session)
{
	return __atomic_load_n(&session->generation, __ATOMIC_ACQUIRE);
}

/* Its worker writes meanwhile: each number is one word. */
__attribute__((no_sanitize("thread"))) static bool glance(
	const struct rdl_dtls_session *session, struct rdl_dtls_course *course)
{
	bool open = session->state == RDL_DTLS_OPEN && session->suite < RDL_DTLS_AEADS;

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	course->read_sequence = session->read_sequence;
	course->deadline_s = session->deadline_s;
	course->registered = session->registered;
	return open;
}

uint64_t rdl_dtls_glance(
	const struct rdl_dtls *dtls, uint32_t handle, struct rdl_dtls_course *course)
{
	const struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);
	uint32_t generation = generation_of(session);
	bool open = glance(session, course);

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return open && generation_of(session) == generation ? (uint64_t)generation << 32 | handle
							    : 0;
}

bool rdl_dtls_follow(const struct rdl_dtls *dtls, uint64_t session, struct rdl_dtls_course *course)
{
	uint32_t handle = (uint32_t)session;

	return dtls->rows[handle >> 24] != NULL && (handle & 0xffffff) < dtls->slots &&
	       rdl_dtls_glance(dtls, handle, course) == session;
}

__attribute__((no_sanitize("thread"))) static void copy(
	const struct rdl_dtls_session *session, struct rdl_dtls_kept *kept)
{
	struct rdl_dtls_keys *keys = &kept->keys;

	kept->address = session->address;
	keys->suite = session->suite;
	keys->mode = session->mode;
	keys->peer_cid_len = session->peer_cid_len;
	keys->incarnation = session->incarnation;
	keys->identity = session->identity;
	keys->plaintext_max = session->plaintext_max;
	keys->write_sequence = session->write_sequence;
	keys->read_sequence = kept->course.read_sequence;
	memcpy(keys->peer_cid, session->peer_cid, sizeof(keys->peer_cid));
	memcpy(keys->read_key, session->read_key, sizeof(keys->read_key));
	memcpy(keys->write_key, session->write_key, sizeof(keys->write_key));
	memcpy(keys->read_salt, session->read_salt, sizeof(keys->read_salt));
	memcpy(keys->write_salt, session->write_salt, sizeof(keys->write_salt));
}

bool rdl_dtls_look(const struct rdl_dtls *dtls, uint32_t handle, struct rdl_dtls_kept *kept)
{
	const struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);

	kept->name = rdl_dtls_glance(dtls, handle, &kept->course);
	if (kept->name == 0)
		return false;
	kept->established_ms = 0;
	copy(session, kept);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return generation_of(session) == kept->name >> 32;
}
