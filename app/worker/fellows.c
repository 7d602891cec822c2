/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams that reach another worker than their sessions': given to that one, which does all that
 * there is to do with them. The frames come back, since they are sent and freed by the core of the
 * queue that they came by.
 */
#include "internal.h"

#include <assert.h>

#include "clock.h"
#include "sessions.h"

enum fellow_kind {
	/* A datagram of a session of the taker's. */
	FELLOW_DATAGRAM,
	/* One that comes back: a reply, or nothing. */
	FELLOW_SEND,
	FELLOW_FREE,
	/* A note for the taker, and one that comes back. */
	FELLOW_NOTE,
	FELLOW_READ,
};

struct rdl_channel_credit worker_fellow_credit(unsigned messages)
{
	return (struct rdl_channel_credit){ .limit = {
						    [FELLOW_DATAGRAM] = messages - messages / 4,
						    [FELLOW_NOTE] = messages,
					    } };
}

static struct rdl_frame *frame_of(void *kind)
{
	return (struct rdl_frame *)((uintptr_t)kind - offsetof(struct rdl_packet, kind));
}

static struct rdl_packet *packet_at(struct rdl_frame *frame)
{
	return (struct rdl_packet *)frame;
}

/* ---- of this worker's, to others ---- */

unsigned worker_pass_on(
	struct worker *worker, const struct rdl_burst *burst, struct rdl_frame *freed[])
{
	struct rdl_stats *stats = &worker->pipeline.stats;
	void *batch[RDL_BURST_MAX];
	unsigned freed_count = 0;

	for (rdl_packet_set left = burst->elsewhere; left != 0;) {
		unsigned owner = burst->worker[rdl_packet_first(left)];
		struct rdl_channel *channel = &worker->fellows[owner];
		unsigned n = 0, most = rdl_channel_left(channel, FELLOW_DATAGRAM);

		for (rdl_packet_set scan = left; scan != 0;) {
			unsigned i = rdl_packet_pop(&scan);
			struct rdl_packet *packet = burst->packets[i];

			if (burst->worker[i] != owner)
				continue;
			left &= ~rdl_packet_bit(i);
			if (n < most) {
				packet->kind = FELLOW_DATAGRAM;
				batch[n++] = &packet->kind;
			} else {
				rdl_stats_add(stats, RDL_STAT_drop_dtls_elsewhere, 1);
				worker_capture(worker, &packet->frame, RDL_FATE_DROPPED,
					RDL_STAT_drop_dtls_elsewhere);
				freed[freed_count++] = &packet->frame;
			}
		}
		rdl_stats_add(stats, RDL_STAT_dtls_passed, n);
		rdl_channel_send(channel, batch, n);
	}
	return freed_count;
}

/* Where it cannot be told the session lives on, as long as its registration would have. */
void worker_leave(void *self, uint64_t session)
{
	struct worker *worker = self;
	unsigned owner = rdl_dtls_worker(worker->pipeline.config.dtls, session);
	struct rdl_channel *channel = &worker->fellows[owner];

	if (worker->notes_out == UINT64_MAX || rdl_channel_left(channel, FELLOW_NOTE) == 0) {
		rdl_stats_add(&worker->pipeline.stats, RDL_STAT_drop_dtls_note, 1);
		return;
	}
	unsigned i = (unsigned)__builtin_ctzll(~worker->notes_out);
	void *message = &worker->notes[i];
	worker->notes[i] = (struct note){ FELLOW_NOTE, session };
	worker->notes_out |= UINT64_C(1) << i;
	rdl_channel_send(channel, &message, 1);
}

/* ---- others', here ---- */

static void give_back(struct worker *worker, unsigned home, enum fellow_kind kind,
	struct rdl_frame *const frames[], unsigned count)
{
	void *batch[RDL_BURST_MAX];

	for (unsigned i = 0; i < count; i++) {
		struct rdl_packet *packet = packet_at(frames[i]);

		packet->kind = (uint8_t)kind;
		batch[i] = &packet->kind;
	}
	rdl_channel_give_back(&worker->fellows[home - 1], batch, count);
	worker->guests -= count;
}

void worker_send(
	struct worker *worker, unsigned home, struct rdl_frame *const frames[], unsigned count)
{
	if (RDL_UNLIKELY(home != 0)) {
		give_back(worker, home, FELLOW_SEND, frames, count);
		return;
	}
	for (unsigned i = 0; i < count; i++)
		worker_send_later(worker, frames[i]);
}

void worker_free(
	struct worker *worker, unsigned home, struct rdl_frame *const frames[], unsigned count)
{
	if (RDL_UNLIKELY(home != 0)) {
		give_back(worker, home, FELLOW_FREE, frames, count);
	} else if (count > 0) {
		if (RDL_UNLIKELY(worker->probe.frame != NULL))
			worker_probe_lost(worker, frames, count);
		rdl_pktio_free(worker->pktio, worker->index, frames, count);
	}
}

/* In clear text nobody has set `home`. */
static unsigned home_of(const struct rdl_packet *packet)
{
	return packet->reply.head != 0 ? packet->home : 0;
}

unsigned worker_see_guests_off(
	struct worker *worker, struct rdl_packet *packets[], unsigned count, rdl_packet_set *send)
{
	rdl_packet_set own = 0;
	unsigned kept = 0;

	for (unsigned i = 0; i < count; i++) {
		struct rdl_frame *frame = &packets[i]->frame;
		unsigned home = home_of(packets[i]);
		bool sent = rdl_packet_is_in(*send, i);

		if (home == 0) {
			own |= sent ? rdl_packet_bit(kept) : 0;
			packets[kept++] = packets[i];
		} else if (sent) {
			worker_send(worker, home, &frame, 1);
		} else {
			worker_free(worker, home, &frame, 1);
		}
	}
	*send = own;
	return kept;
}

/* ---- both ways ---- */

static_assert(NOTES_MAX == 64, "a bit each");

static void read_note(struct worker *worker, struct rdl_channel *channel, struct note *note)
{
	void *message = note;

	rdl_dtls_keep(worker->pipeline.config.dtls, note->session, 0, worker_now_s());
	note->kind = FELLOW_READ;
	rdl_channel_give_back(channel, &message, 1);
}

static void take_note_back(struct worker *worker, const struct note *note)
{
	worker->notes_out &= ~(UINT64_C(1) << (note - worker->notes));
}

static void be_host(
	struct worker *worker, unsigned fellow, struct rdl_frame *frames[], unsigned count)
{
	worker->guests += count;
	worker->pipeline.now_ms = rdl_clock_coarse_ms();
	worker_process(worker, fellow + 1, frames, count);
}

bool worker_take_from_fellow(struct worker *worker, unsigned fellow)
{
	struct rdl_channel *channel = &worker->fellows[fellow];
	struct rdl_frame *replies[RDL_BURST_MAX], *spent[RDL_BURST_MAX], *guests[RDL_BURST_MAX];
	unsigned sent = 0, freed = 0, guest_count = 0, notes = 0;
	void *batch[RDL_BURST_MAX];
	unsigned n = rdl_channel_take(channel, batch, RDL_BURST_MAX);

	for (unsigned i = 0; i < n; i++) {
		RDL_PREFETCH_WRITE(batch[i]);
		RDL_PREFETCH_WRITE((char *)batch[i] - RDL_CACHE_LINE);
	}
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *kind = batch[i];

		switch ((enum fellow_kind)kind[0]) {
		case FELLOW_DATAGRAM:
			guests[guest_count++] = frame_of(batch[i]);
			break;
		case FELLOW_SEND:
			replies[sent++] = frame_of(batch[i]);
			break;
		case FELLOW_FREE:
			spent[freed++] = frame_of(batch[i]);
			break;
		case FELLOW_NOTE:
			read_note(worker, channel, batch[i]);
			break;
		case FELLOW_READ:
			take_note_back(worker, batch[i]);
			notes++;
			break;
		}
	}
	rdl_channel_came_back(channel, sent + freed + notes);
	if (sent > 0)
		worker_send(worker, 0, replies, sent);
	worker_free(worker, 0, spent, freed);
	be_host(worker, fellow, guests, guest_count);
	return n > 0;
}
