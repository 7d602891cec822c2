/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions by name, and by a keyed digest of who speaks to whom. */
#include "internal.h"

#include <assert.h>

uint64_t rdl_dtls_address(const struct rdl_dtls *dtls, const struct rdl_datagram *datagram)
{
	struct {
		struct rdl_peer peer;
		struct rdl_local local;
	} __attribute__((packed)) who = { datagram->peer, datagram->local };

	return rdl_siphash(&dtls->config.address_key, &who, sizeof(who));
}

struct rdl_dtls_session *rdl_dtls_find(struct rdl_dtls *dtls, uint64_t session)
{
	uint32_t handle = (uint32_t)session;

	if (dtls->rows[handle >> 24] == NULL || (handle & 0xffffff) >= dtls->slots)
		return NULL;
	struct rdl_dtls_session *s = rdl_dtls_at(dtls, handle);
	return s->state != RDL_DTLS_FREE && s->generation == session >> 32 ? s : NULL;
}

bool rdl_dtls_lives(const struct rdl_dtls *dtls, uint64_t session)
{
	uint32_t handle = (uint32_t)session;

	return dtls->rows[handle >> 24] != NULL && (handle & 0xffffff) < dtls->slots &&
	       __atomic_load_n(&rdl_dtls_at(dtls, handle)->generation, __ATOMIC_RELAXED) ==
		       session >> 32;
}

/*
 * A line at the end has nothing of what opening a record takes. It is fetched with the answer, so
 * that a burst waits for two lines of each session at a time, not for three.
 */
#define READ_OCTETS offsetof(struct rdl_dtls_session, write_key)

static void prefetch(const struct rdl_dtls *dtls, uint64_t session, size_t len)
{
	uint32_t handle = (uint32_t)session;

	if (dtls->rows[handle >> 24] != NULL && (handle & 0xffffff) < dtls->slots)
		rdl_dtls_prefetch_octets(rdl_dtls_at(dtls, handle), len);
}

void rdl_dtls_prefetch(const struct rdl_dtls *dtls, uint64_t session)
{
	prefetch(dtls, session, READ_OCTETS);
}

void rdl_dtls_prefetch_whole(const struct rdl_dtls *dtls, uint64_t session)
{
	prefetch(dtls, session, sizeof(struct rdl_dtls_session));
}

/* Whether it is over says the identity, too. */
static void prefetch_incarnation(
	const struct rdl_dtls *dtls, const struct rdl_dtls_session *session)
{
	if (dtls->config.incarnations != NULL)
		RDL_PREFETCH(&dtls->config.incarnations[session->identity]);
}

void rdl_dtls_prefetch_behind(const struct rdl_dtls *dtls, uint64_t session)
{
	uint32_t handle = (uint32_t)session;

	if (dtls->rows[handle >> 24] != NULL && (handle & 0xffffff) < dtls->slots)
		prefetch_incarnation(dtls, rdl_dtls_at(dtls, handle));
}

/* Rows lie one behind the other, in all less than 2^32 slots: one short division does. */
uint32_t rdl_dtls_handle(const struct rdl_dtls *dtls, const struct rdl_dtls_session *session)
{
	uint32_t at = (uint32_t)(session - dtls->rows[dtls->config.worker]);
	uint32_t partition = dtls->config.worker + at / dtls->slots * dtls->config.workers;

	return partition << 24 | at % dtls->slots;
}

uint64_t rdl_dtls_name(const struct rdl_dtls *dtls, const struct rdl_dtls_session *session)
{
	return (uint64_t)session->generation << 32 | rdl_dtls_handle(dtls, session);
}

unsigned rdl_dtls_worker(const struct rdl_dtls *dtls, uint64_t session)
{
	return rdl_dtls_partition(session) % dtls->config.workers;
}

bool rdl_dtls_is_ours(const struct rdl_dtls *dtls, uint64_t session)
{
	return rdl_dtls_worker(dtls, session) == dtls->config.worker;
}

unsigned rdl_dtls_handshaker(const struct rdl_dtls *dtls, uint64_t session)
{
	return (unsigned)(session & 0xffffff) % dtls->config.handshakers;
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
		rdl_owners_put(dtls->config.owners, session->address, dtls->config.worker);
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
		rdl_owners_take(dtls->config.owners, session->address, dtls->config.worker);
}

void rdl_dtls_prefetch_bucket(const struct rdl_dtls *dtls, uint64_t address)
{
	RDL_PREFETCH(bucket_of(dtls, address));
}

void rdl_dtls_prefetch_address(const struct rdl_dtls *dtls, uint64_t address)
{
	uint32_t handle = *bucket_of(dtls, address);

	if (handle != RDL_DTLS_NONE)
		rdl_dtls_prefetch_octets(rdl_dtls_at(dtls, handle), READ_OCTETS);
}

/* Every second session shares its bucket with one before it. */
void rdl_dtls_prefetch_behind_address(const struct rdl_dtls *dtls, uint64_t address)
{
	uint32_t handle = *bucket_of(dtls, address);

	if (handle == RDL_DTLS_NONE)
		return;
	const struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);
	if (session->address == address)
		prefetch_incarnation(dtls, session);
	else if (session->next != RDL_DTLS_NONE)
		rdl_dtls_prefetch_octets(rdl_dtls_at(dtls, session->next), READ_OCTETS);
}

/*
 * Sessions with a Connection ID may move to where another one is: theirs say themselves whose
 * records they are, and must not stand before one that is found by its address alone.
 */
struct rdl_dtls_session *rdl_dtls_find_address(
	struct rdl_dtls *dtls, uint64_t address, enum rdl_dtls_state state)
{
	uint32_t handle = *bucket_of(dtls, address);
	struct rdl_dtls_session *with_cid = NULL;

	while (handle != RDL_DTLS_NONE) {
		struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);

		handle = session->next;
		if (session->address != address || session->state != state)
			continue;
		if (state != RDL_DTLS_OPEN || session->peer_cid_len == RDL_DTLS_NO_CID)
			return session;
		if (with_cid == NULL)
			with_cid = session;
	}
	return with_cid;
}

unsigned rdl_dtls_owner(const struct rdl_dtls *dtls, uint64_t address)
{
	int owner =
		dtls->config.owners != NULL ? rdl_owners_find(dtls->config.owners, address) : -1;

	return owner >= 0 ? (unsigned)owner : dtls->config.worker;
}
