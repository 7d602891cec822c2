/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RDL_DTLS_INTERNAL_H
#define RDL_DTLS_INTERNAL_H

#include "aead.h"
#include "hello.h"
#include "layer.h"
#include "places.h"
#include "sessions.h"

struct rdl_dtls {
	struct rdl_dtls_config config;
	/* By partition; NULL: another worker's. */
	struct rdl_dtls_session *rows[RDL_DTLS_PARTITIONS];
	uint32_t slots; /* of a row */
	uint32_t open_max, open;
	/* Handles: the first free one, and the first that was never used. */
	uint32_t free, fresh; /* that one is read by anybody */
	uint32_t generation; /* of what comes into one that was never used */
	uint32_t hand; /* what the sweep looks at next */
	uint64_t sweep_ms; /* when it was asked how far it has to go */
	uint64_t sweep_due; /* slots, times RDL_DTLS_SWEEP_MS */
	uint32_t bucket_mask;
	uint32_t *buckets; /* handles */
	/* Handles, of the open ones without a registration. */
	uint32_t newest, oldest;
	struct rdl_dtls_places places; /* of handshakes under way */
	struct rdl_dtls_parcels parcels;
	struct rdl_dtls_cookies cookies;
	struct rdl_speck cid; /* for cid.h */
	struct rdl_aead *aead;
	struct rdl_dtls_counts counts;
};

/* When so many seconds are over: the one that is running is not among them. */
static inline uint32_t rdl_dtls_deadline(uint32_t now_s, uint32_t seconds)
{
	return seconds < UINT32_MAX - 1 - now_s ? now_s + 1 + seconds : UINT32_MAX;
}

static inline struct rdl_dtls_session *rdl_dtls_at(const struct rdl_dtls *dtls, uint32_t handle)
{
	return &dtls->rows[handle >> 24][handle & 0xffffff];
}

static inline void rdl_dtls_prefetch_octets(const struct rdl_dtls_session *session, size_t len)
{
	for (size_t at = 0; at < len; at += RDL_CACHE_LINE)
		RDL_PREFETCH_WRITE((const char *)session + at);
}

/* The handle of a session, which lies in a row of a partition that its name would say. */
uint32_t rdl_dtls_handle(const struct rdl_dtls *dtls, const struct rdl_dtls_session *session);

/* A free slot, or RDL_DTLS_NONE. */
uint32_t rdl_dtls_slot_take(struct rdl_dtls *dtls);
/* Wipes it; the next session in it has another generation. */
void rdl_dtls_slot_give(struct rdl_dtls *dtls, uint32_t handle);
/* The handle behind this one, over all slots of the worker; RDL_DTLS_NONE behind the last. */
uint32_t rdl_dtls_slot_next(const struct rdl_dtls *dtls, uint32_t handle);

/* Slots that were ever used: those before the first that was not. */
uint64_t rdl_dtls_slots_used(const struct rdl_dtls *dtls);

/* All of a session that its handshake, or the one before a restart, has settled. */
void rdl_dtls_take_keys(struct rdl_dtls_session *session, const struct rdl_dtls_keys *keys);

/* A session in use is over: nothing leads to it any more, and its slot is free. */
void rdl_dtls_end_handle(struct rdl_dtls *dtls, uint32_t handle);

/* A session's address is set. */
void rdl_dtls_index_put(struct rdl_dtls *dtls, uint32_t handle);
void rdl_dtls_index_take(struct rdl_dtls *dtls, uint32_t handle);

/*
 * A Hello without a good cookie has come from there: if it is not the one that began the handshake
 * under way, its peer may have begun anew.
 */
void rdl_dtls_begins_anew(struct rdl_dtls *dtls, uint64_t address, uint64_t hello);

/* Octets of a record of ours before and behind its text: with CBC, at most. */
static inline void rdl_dtls_surround(
	const struct rdl_dtls_session *session, uint8_t *head, uint8_t *tail)
{
	uint8_t cid_len = rdl_dtls_cid_len(session);

	if (RDL_UNLIKELY(session->suite == RDL_DTLS_AES_128_CBC)) {
		*head = RDL_DTLS_CBC_HEAD;
		*tail = RDL_DTLS_CBC_TAIL;
		return;
	}
	*head = (uint8_t)(RDL_DTLS_RECORD_HEADER + cid_len + RDL_DTLS_EXPLICIT_LEN);
	/* With the content type inside. */
	*tail = (uint8_t)(rdl_dtls_tag_len((enum rdl_dtls_suite)session->suite) + (cid_len > 0));
}

/* The list of those without a registration. */
void rdl_dtls_idle_put(struct rdl_dtls *dtls, uint32_t handle);
void rdl_dtls_idle_take(struct rdl_dtls *dtls, uint32_t handle);

#endif
