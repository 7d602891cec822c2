/* SPDX-License-Identifier: BSD-3-Clause */
/* From the worker to the reader, and what the reader wants. */
#include "capture_ring.h"

/* The rest of the ring is left empty: a record lies in one piece. */
#define SKIP UINT32_MAX

struct skip {
	uint64_t time_ns, capture;
	uint32_t record_len;
};
_Static_assert(offsetof(struct skip, record_len) == offsetof(struct rdl_captured, record_len),
	"a record or none");

static uint64_t *word_at(struct rdl_capture *capture, uint64_t position)
{
	return &capture->ring[position % RDL_CAPTURE_RING / sizeof(uint64_t)];
}

static uint64_t left_to_end(uint64_t position)
{
	return RDL_CAPTURE_RING - position % RDL_CAPTURE_RING;
}

/* ---- the writer ---- */

static bool has_room(struct rdl_capture *capture, uint64_t head, uint64_t octets)
{
	if (head + octets - capture->tail_seen <= RDL_CAPTURE_RING)
		return true;
	capture->tail_seen = __atomic_load_n(&capture->tail, __ATOMIC_ACQUIRE);
	return head + octets - capture->tail_seen <= RDL_CAPTURE_RING;
}

uint8_t *rdl_capture_ring_room(struct rdl_capture *capture, size_t octets)
{
	uint64_t head = capture->head, skipped = left_to_end(head);

	if (skipped >= octets)
		skipped = 0;
	if (!has_room(capture, head, skipped + octets))
		return NULL;
	/* What is left may be too short for a mark: then the reader knows without. */
	if (skipped >= sizeof(struct skip))
		((struct skip *)(void *)word_at(capture, head))->record_len = SKIP;
	capture->writing = head + skipped;
	return (uint8_t *)word_at(capture, head + skipped);
}

void rdl_capture_ring_publish(struct rdl_capture *capture, size_t octets)
{
	__atomic_store_n(&capture->head, capture->writing + octets, __ATOMIC_RELEASE);
}

void rdl_capture_ring_lose(struct rdl_capture *capture, unsigned packets)
{
	__atomic_store_n(&capture->lost, capture->lost + packets, __ATOMIC_RELAXED);
}

/* One of the two places is not written while the other one's number is the latest. */
static bool adopt(struct rdl_capture *capture, uint64_t number)
{
	const union rdl_capture_wish_words *from = &capture->wishes[number % 2];
	union rdl_capture_wish_words to;

	for (size_t i = 0; i < RDL_ARRAY_LEN(to.word); i++)
		to.word[i] = __atomic_load_n(&from->word[i], __ATOMIC_ACQUIRE);
	if (__atomic_load_n(&capture->number, __ATOMIC_RELAXED) != number)
		return false;
	if (to.wish.capture != capture->wish.capture)
		capture->matched = 0;
	capture->wish = to.wish;
	capture->adopted = number;
	return true;
}

bool rdl_capture_begin(struct rdl_capture *capture, uint64_t time_ns)
{
	uint64_t number = __atomic_load_n(&capture->number, __ATOMIC_ACQUIRE);

	capture->time_ns = time_ns;
	return number != 0 && (number == capture->adopted || adopt(capture, number));
}

/* ---- the reader ---- */

void rdl_capture_want(struct rdl_capture *capture, const struct rdl_capture_wish *wish)
{
	bool begins = __atomic_load_n(&capture->number, __ATOMIC_RELAXED) == 0;
	union rdl_capture_wish_words from;
	uint64_t number = ++capture->last;
	uint64_t *to = capture->wishes[number % 2].word;

	memset(&from, 0, sizeof(from));
	from.wish = *wish;
	if (begins) {
		capture->capture = number;
		capture->lost_before = __atomic_load_n(&capture->lost, __ATOMIC_RELAXED);
	}
	from.wish.capture = capture->capture;
	/*
	 * Whoever still reads an older wish of this place sees with any word of the new one that
	 * its number is no longer the latest.
	 */
	for (size_t i = 0; i < RDL_ARRAY_LEN(from.word); i++)
		__atomic_store_n(&to[i], from.word[i], __ATOMIC_RELEASE);
	__atomic_store_n(&capture->number, number, __ATOMIC_RELEASE);
}

void rdl_capture_stop(struct rdl_capture *capture)
{
	__atomic_store_n(&capture->number, 0, __ATOMIC_RELEASE);
}

static void give_back(struct rdl_capture *capture, uint64_t octets)
{
	__atomic_store_n(&capture->tail, capture->tail + octets, __ATOMIC_RELEASE);
}

struct rdl_captured *rdl_capture_read(struct rdl_capture *capture)
{
	uint64_t head = __atomic_load_n(&capture->head, __ATOMIC_ACQUIRE);

	while (capture->tail != head) {
		struct rdl_captured *captured =
			(struct rdl_captured *)(void *)word_at(capture, capture->tail);
		uint64_t left = left_to_end(capture->tail);

		if (left < sizeof(struct skip) || captured->record_len == SKIP)
			give_back(capture, left);
		else if (captured->capture != capture->capture)
			/* Of a capture that is over. */
			give_back(capture, captured->record_len);
		else
			return captured;
	}
	return NULL;
}

void rdl_capture_done(struct rdl_capture *capture, const struct rdl_captured *captured)
{
	give_back(capture, captured->record_len);
}

uint64_t rdl_capture_lost(const struct rdl_capture *capture)
{
	return __atomic_load_n(&capture->lost, __ATOMIC_RELAXED) - capture->lost_before;
}
