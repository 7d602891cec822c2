/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring: the way of entries from a shard's core to the thread that writes its log. One puts, one
 * takes; neither ever waits for the other: what does not fit is for the shard not to do.
 */
#ifndef RDL_JOURNAL_RING_H
#define RDL_JOURNAL_RING_H

#include <assert.h>

#include "base.h"

/* Of one entry: the longest registration, and more. */
#define RDL_JOURNAL_ENTRY_MAX (192 * 1024)
/* The smallest ring takes the longest entry wherever it stands. */
#define RDL_JOURNAL_RING_MIN (512 * 1024)
/* What an entry takes beside its own octets, in the ring and on the disk. */
#define RDL_JOURNAL_ENTRY_HEAD 4

/*
 * What an entry is to the journal: a sweep, which tells all that the shard holds, begins or ends
 * with it. What lies before the beginning of a sweep that has ended is needed no more.
 */
enum rdl_journal_mark {
	RDL_JOURNAL_PLAIN,
	RDL_JOURNAL_SWEEP_BEGINS,
	RDL_JOURNAL_SWEEP_ENDS,
};
/* Before an entry, in the ring and on the disk: its length, and above it the mark. */
#define RDL_JOURNAL_MARK_SHIFT 30
#define RDL_JOURNAL_LEN_MASK 0x3fffffffu
/* In place of a length: the ring goes on at its beginning. */
#define RDL_JOURNAL_SKIP UINT32_MAX

/* Every line is written by one side alone. */
struct rdl_journal_ring {
	/* Shard: how many octets there are to take, ever; rdl_journal_note_end(). */
	uint64_t head __attribute__((aligned(RDL_CACHE_LINE)));
	uint64_t ended_ms;
	/* Shard's own. */
	uint8_t *octets __attribute__((aligned(RDL_CACHE_LINE)));
	uint64_t mask, written, tail_seen;
	uint64_t position; /* of the last entry that was put */
	/* Writer: how many octets it has done with; up to which position the disk has confirmed. */
	uint64_t tail __attribute__((aligned(RDL_CACHE_LINE)));
	uint64_t confirmed;
	uint64_t failed; /* the disk has, for good */
};

/* `len`, a power of two from RDL_JOURNAL_RING_MIN on, octets of the caller's memory. */
void rdl_journal_ring_init(struct rdl_journal_ring *ring, void *octets, uint64_t len);

/* ---- the shard's core ---- */

/*
 * Where an entry of at most `max` octets may be written; NULL: the ring is full. It is put by
 * rdl_journal_commit(); another rdl_journal_reserve() before takes it back.
 */
static inline uint8_t *rdl_journal_reserve(struct rdl_journal_ring *ring, uint32_t max)
{
	uint64_t len = ring->mask + 1, to_end = len - (ring->written & ring->mask);
	uint64_t need = RDL_JOURNAL_ENTRY_HEAD + max;
	/* In one piece: at the ring's end none begins that does not end there. */
	uint64_t skip = need > to_end ? to_end : 0;

	assert(max <= RDL_JOURNAL_ENTRY_MAX);
	if (RDL_UNLIKELY(ring->written + skip + need - ring->tail_seen > len)) {
		ring->tail_seen = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
		if (ring->written + skip + need - ring->tail_seen > len)
			return NULL;
	}
	if (RDL_UNLIKELY(skip > 0)) {
		uint32_t word = RDL_JOURNAL_SKIP;

		if (skip >= sizeof(word))
			memcpy(ring->octets + (ring->written & ring->mask), &word, sizeof(word));
		ring->written += skip;
	}
	return ring->octets + (ring->written & ring->mask) + RDL_JOURNAL_ENTRY_HEAD;
}

/* Puts the entry that was written where rdl_journal_reserve() said; returns its position. */
static inline uint64_t rdl_journal_commit(
	struct rdl_journal_ring *ring, uint32_t len, enum rdl_journal_mark mark)
{
	uint32_t word = len | (uint32_t)mark << RDL_JOURNAL_MARK_SHIFT;

	memcpy(ring->octets + (ring->written & ring->mask), &word, sizeof(word));
	ring->written += RDL_JOURNAL_ENTRY_HEAD + len;
	return ++ring->position;
}

/* What was put is for the writer to take. Once a round. */
static inline void rdl_journal_publish(struct rdl_journal_ring *ring)
{
	if (ring->head != ring->written)
		__atomic_store_n(&ring->head, ring->written, __ATOMIC_RELEASE);
}

/*
 * Something has ended of which there is no entry, at a time of the run's clock: within a second the
 * log says that it goes on until then at least, if nothing else is written.
 */
static inline void rdl_journal_note_end(struct rdl_journal_ring *ring, uint64_t at_ms)
{
	__atomic_store_n(&ring->ended_ms, at_ms, __ATOMIC_RELAXED);
}

/* Octets that may still be put, as of now: one load. Shed Registers below a half. */
static inline uint64_t rdl_journal_room(struct rdl_journal_ring *ring)
{
	ring->tail_seen = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
	return ring->mask + 1 - (ring->written - ring->tail_seen);
}

/* Up to which position all is on the disk: one load. */
static inline uint64_t rdl_journal_confirmed(const struct rdl_journal_ring *ring)
{
	return __atomic_load_n(&ring->confirmed, __ATOMIC_ACQUIRE);
}

/* True: nothing is ever confirmed again. One load, of the same line. */
static inline bool rdl_journal_has_failed(const struct rdl_journal_ring *ring)
{
	return __atomic_load_n(&ring->failed, __ATOMIC_RELAXED) != 0;
}

#endif
