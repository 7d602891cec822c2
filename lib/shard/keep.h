/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keep: changes, put into the journal's ring as entries. There is no way back from a change, so
 * whether the ring has room for it is looked at before; what it does not have room for is shed.
 */
#ifndef RDL_SHARD_KEEP_H
#define RDL_SHARD_KEEP_H

#include "shard.h"

/* What is shed first comes first. */
enum rdl_keep {
	RDL_KEEP_REGISTER,
	/* An Update whose entry may be as long as any. */
	RDL_KEEP_LONG,
	/* A change whose entry has RDL_ENTRY_SHORT_MAX octets at most. */
	RDL_KEEP_SHORT,
};

/* Octets that an entry takes of the ring at most, wherever in it that ends. */
#define RDL_KEEP_OCTETS(entry) (2 * ((entry) + RDL_JOURNAL_ENTRY_HEAD))

/* Whether a change may be made that is kept so. */
bool rdl_shard_has_room(struct rdl_shard *shard, enum rdl_keep keep);
/* Whether a request may make one, whose answer will wait. */
bool rdl_shard_may_commit(struct rdl_shard *shard, enum rdl_keep keep);
static inline bool rdl_shard_takes(struct rdl_shard *shard, enum rdl_keep keep)
{
	return RDL_LIKELY(!shard->keeps) || rdl_shard_may_commit(shard, keep);
}

/* Of so many registrations, how many may expire, each of which may be an event's entry. */
unsigned rdl_shard_expiry_room(struct rdl_shard *shard, unsigned most);

/* A retransmission's original was told, and says all that there is to tell of it. */
static inline bool rdl_shard_is_news(const struct rdl_change *change)
{
	return change->kind != RDL_CHANGE_RENEWED || !change->retransmission ||
	       change->members != 0;
}

/* Puts the last change, for which there is room, into the ring. */
void rdl_shard_put_entry(struct rdl_shard *shard, const struct rdl_change *change, uint64_t now_ms);

/*
 * The same of the session that a registration lives by, or that it has lived by where `seconds` is
 * 0: true, unless sessions are not kept, or the ring has no room for what changes nothing.
 */
bool rdl_shard_put_session(
	struct rdl_shard *shard, rdl_handle handle, uint64_t session, uint32_t seconds);

/* Of a request that is not performed: counts it. */
void rdl_shard_shed(struct rdl_shard *shard, struct rdl_request *request);

#endif
