/* SPDX-License-Identifier: BSD-3-Clause */
/* A table filled: until the end nothing leads to its sessions but their names. */
#include "restore.h"

#include "internal.h"
#include "window.h"

static void forget(struct rdl_dtls *dtls, struct rdl_dtls_session *session)
{
	if (session->state == RDL_DTLS_OPEN)
		dtls->config.release(dtls->config.context, session->identity);
	explicit_bzero(session, sizeof(*session));
}

bool rdl_dtls_restore(struct rdl_dtls *dtls, const struct rdl_dtls_kept *kept)
{
	uint32_t handle = (uint32_t)kept->name, generation = (uint32_t)(kept->name >> 32);

	if (dtls->rows[handle >> 24] == NULL || (handle & 0xffffff) >= dtls->slots)
		return false;
	struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);
	if (generation == 0 || generation <= session->generation ||
		kept->keys.write_sequence > RDL_DTLS_SEQUENCE_LAST ||
		kept->keys.read_sequence > RDL_DTLS_SEQUENCE_LAST)
		return false;
	forget(dtls, session);
	rdl_dtls_take_keys(session, &kept->keys);
	session->generation = generation;
	session->state = RDL_DTLS_OPEN;
	session->restored = 1;
	session->address = kept->address;
	session->window = kept->established_ms;
	session->deadline_s = kept->course.deadline_s;
	session->registered = kept->course.registered;
	return true;
}

void rdl_dtls_restore_course(
	struct rdl_dtls *dtls, uint64_t name, const struct rdl_dtls_course *course)
{
	struct rdl_dtls_session *session = rdl_dtls_find(dtls, name);

	if (session == NULL || course->read_sequence < session->read_sequence ||
		course->read_sequence > RDL_DTLS_SEQUENCE_LAST)
		return;
	session->read_sequence = course->read_sequence & RDL_DTLS_SEQUENCE_LAST;
	session->deadline_s = course->deadline_s;
	session->registered = course->registered;
}

/* Its generation stays: it does not come back. */
void rdl_dtls_restore_gone(struct rdl_dtls *dtls, uint64_t name)
{
	struct rdl_dtls_session *session = rdl_dtls_find(dtls, name);

	if (session == NULL)
		return;
	forget(dtls, session);
	session->generation = (uint32_t)(name >> 32);
}

/* ---- the end ---- */

/* The handle behind the last session. */
static uint32_t first_unused(const struct rdl_dtls *dtls)
{
	uint32_t first = (uint32_t)dtls->config.worker << 24, unused = first;

	for (uint32_t handle = first; handle != RDL_DTLS_NONE;) {
		uint32_t next = rdl_dtls_slot_next(dtls, handle);

		if (rdl_dtls_at(dtls, handle)->state == RDL_DTLS_OPEN)
			unused = next;
		else
			rdl_dtls_at(dtls, handle)->generation = 0;
		handle = next;
	}
	return unused;
}

static void free_slot(struct rdl_dtls *dtls, uint32_t handle, uint32_t generation)
{
	struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);

	session->generation = generation;
	session->next = dtls->free;
	dtls->free = handle;
}

/* What was true of addresses is true again; one that had given way may have come back. */
static void settle_address(struct rdl_dtls *dtls, uint32_t handle)
{
	struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);
	struct rdl_dtls_session *there =
		rdl_dtls_find_address(dtls, session->address, RDL_DTLS_OPEN);
	bool by_address = session->peer_cid_len == RDL_DTLS_NO_CID;

	if (there != NULL && !by_address)
		return;
	if (there != NULL && there->peer_cid_len == RDL_DTLS_NO_CID) {
		if (session->window < there->window) {
			rdl_dtls_end_handle(dtls, handle);
			return;
		}
		rdl_dtls_end_handle(dtls, rdl_dtls_handle(dtls, there));
	} else if (there != NULL) {
		rdl_dtls_index_take(dtls, rdl_dtls_handle(dtls, there));
	}
	rdl_dtls_index_put(dtls, handle);
}

/* What a table counts of an open session, and how it is found. */
static void open_restored(struct rdl_dtls *dtls, uint32_t handle)
{
	struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);

	if (dtls->open >= dtls->open_max) {
		forget(dtls, session);
		free_slot(dtls, handle, dtls->generation);
		return;
	}
	session->write_sequence =
		((session->write_sequence / RDL_DTLS_BLOCK + 1) * RDL_DTLS_BLOCK + 1) &
		RDL_DTLS_SEQUENCE_LAST;
	dtls->open++;
	dtls->counts.open[session->suite][session->mode]++;
	if (session->registered) {
		session->registration = RDL_DTLS_NONE;
		dtls->counts.registered++;
	} else {
		rdl_dtls_idle_put(dtls, handle);
	}
	settle_address(dtls, handle);
}

/* Its time is over, or its numbers are. */
static bool is_lost(const struct rdl_dtls_session *session, uint32_t now_s)
{
	return session->write_sequence >= RDL_DTLS_SEQUENCE_LAST - RDL_DTLS_BLOCK ||
	       (!session->registered && session->deadline_s <= now_s);
}

/* Until now it held when the session was established. Nothing of its handshake is known. */
static void begin_window(struct rdl_dtls_session *session, uint32_t now_s)
{
	if (session->state != RDL_DTLS_OPEN)
		return;
	session->window = RDL_DTLS_WINDOW_FULL;
	session->established = (now_s - RDL_DTLS_YOUNG_S) & 0xffff;
}

uint64_t rdl_dtls_restore_end(struct rdl_dtls *dtls, uint32_t generation, uint32_t now_s)
{
	uint32_t fresh = first_unused(dtls);

	dtls->generation = generation;
	for (uint32_t handle = (uint32_t)dtls->config.worker << 24; handle != fresh;
		handle = rdl_dtls_slot_next(dtls, handle)) {
		struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);

		if (session->state == RDL_DTLS_OPEN && is_lost(session, now_s))
			forget(dtls, session);
		if (session->state != RDL_DTLS_OPEN)
			free_slot(dtls, handle, generation);
	}
	for (uint32_t handle = (uint32_t)dtls->config.worker << 24; handle != fresh;
		handle = rdl_dtls_slot_next(dtls, handle))
		if (rdl_dtls_at(dtls, handle)->state == RDL_DTLS_OPEN)
			open_restored(dtls, handle);
	for (uint32_t handle = (uint32_t)dtls->config.worker << 24; handle != fresh;
		handle = rdl_dtls_slot_next(dtls, handle))
		begin_window(rdl_dtls_at(dtls, handle), now_s);
	__atomic_store_n(&dtls->fresh, fresh, __ATOMIC_RELAXED);
	return dtls->open;
}

void rdl_dtls_restore_serve(struct rdl_dtls *dtls, uint32_t grace_s, uint32_t now_s)
{
	uint32_t least_s = rdl_dtls_deadline(now_s, grace_s);

	for (uint32_t handle = (uint32_t)dtls->config.worker << 24; handle != dtls->fresh;
		handle = rdl_dtls_slot_next(dtls, handle)) {
		struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);

		if (session->state == RDL_DTLS_OPEN && session->registered &&
			session->deadline_s < least_s)
			session->deadline_s = least_s;
	}
}
