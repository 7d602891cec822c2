/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's part in handshakes: datagrams to those who make them, and what comes from there. */
#include "internal.h"

#include "clock.h"
#include "letter.h"
#include "sessions.h"

struct rdl_channel_credit worker_parcel_credit(unsigned parcels)
{
	return (struct rdl_channel_credit){ .limit = { [RDL_PARCEL_BEGIN] = (parcels + 1) / 2,
						    [RDL_PARCEL_MORE] = parcels,
						    [RDL_PARCEL_RECORD] = parcels - parcels / 4,
						    [RDL_PARCEL_REPLY] = parcels - parcels / 4 } };
}

static struct rdl_packet *packet_of(struct rdl_dtls_parcel *parcel)
{
	return (struct rdl_packet *)((uintptr_t)parcel - offsetof(struct rdl_packet, parcel));
}

static enum rdl_stat shed_as(const struct rdl_dtls_parcel *parcel)
{
	bool with_cbc = parcel->kind == RDL_PARCEL_RECORD || parcel->kind == RDL_PARCEL_REPLY;

	return with_cbc ? RDL_STAT_drop_dtls_cbc : RDL_STAT_drop_dtls_parcel;
}

/* The client says its Hello again. */
static void shed(struct worker *worker, struct untold *untold, const struct rdl_dtls_parcel *parcel)
{
	if (parcel->kind == RDL_PARCEL_BEGIN)
		rdl_dtls_fail(worker->pipeline.config.dtls, parcel->session);
	/* The new one had its slot, and so its handshaker. */
	if (parcel->evicted != 0 && untold->count < UNTOLD_MAX)
		untold->sessions[untold->count++] = parcel->evicted;
	rdl_stats_add(&worker->pipeline.stats, shed_as(parcel), 1);
}

/* A reply is no frame yet. */
static void capture(struct worker *worker, struct rdl_dtls_parcel *parcel, enum rdl_fate fate,
	enum rdl_stat stat)
{
	if (parcel->kind != RDL_PARCEL_REPLY)
		worker_capture(worker, &packet_of(parcel)->frame, fate, stat);
}

/* False: there is no credit, or the peer's network has its share of it. */
static bool send_parcel(struct worker *worker, unsigned handshaker, struct rdl_dtls_parcel *parcel)
{
	struct rdl_channel *channel = &worker->handshakers[handshaker];
	struct untold *untold = &worker->untold[handshaker];
	void *message = parcel;

	if (rdl_channel_left(channel, parcel->kind) == 0 ||
		!rdl_dtls_parcel_out(worker->pipeline.config.dtls, &parcel->way.peer)) {
		shed(worker, untold, parcel);
		capture(worker, parcel, RDL_FATE_DROPPED, shed_as(parcel));
		return false;
	}
	capture(worker, parcel, RDL_FATE_HANDSHAKER, 0);
	if (parcel->evicted == 0 && untold->count > 0)
		parcel->evicted = untold->sessions[--untold->count];
	rdl_channel_send(channel, &message, 1);
	return true;
}

unsigned worker_send_parcels(
	struct worker *worker, const struct rdl_burst *burst, struct rdl_frame *freed[])
{
	unsigned n = 0;

	for (rdl_packet_set left = burst->parcel; left != 0;) {
		unsigned i = rdl_packet_pop(&left);
		struct rdl_packet *packet = burst->packets[i];

		if (!send_parcel(worker, burst->handshaker[i], &packet->parcel))
			freed[n++] = &packet->frame;
	}
	return n;
}

void worker_give(void *self, struct rdl_packet *packet, unsigned handshaker)
{
	struct worker *worker = self;
	struct rdl_frame *frame = &packet->frame;

	/* How long a thread takes that does not poll is another matter. */
	worker_probe_lost(worker, &frame, 1);
	if (!send_parcel(worker, handshaker, &packet->parcel))
		worker_free(worker, packet->home, &frame, 1);
}

/* A datagram that answers none, though it goes the way back of one. */
static void send_flight(struct worker *worker, const struct rdl_dtls_letter *letter)
{
	const struct rdl_way *way = &letter->flight.way;
	struct rdl_frame *frame;

	if (!rdl_dtls_wants_flights(worker->pipeline.config.dtls, letter->session))
		return;
	if (rdl_pktio_make(worker->pktio, way->local.port, worker->index, &frame, 1) == 0) {
		rdl_stats_add(&worker->pipeline.stats, RDL_STAT_drop_dtls_flight, 1);
		return;
	}
	struct rdl_cursor to =
		rdl_net_compose(&worker->pipeline.config.interfaces[way->local.port], way, frame);
	rdl_cursor_bytes(&to, letter->flight.octets, letter->flight.len);
	if (!to.failed)
		rdl_net_reply(frame, letter->flight.len);
	if (to.failed ||
		!rdl_paths_fit(worker->pipeline.config.paths, frame, rdl_clock_coarse_ms())) {
		rdl_pktio_free(worker->pktio, worker->index, &frame, 1);
		rdl_stats_add(&worker->pipeline.stats, RDL_STAT_drop_dtls_flight, 1);
		return;
	}
	rdl_stats_add(&worker->pipeline.stats, RDL_STAT_tx_frames, 1);
	worker_capture(worker, frame, RDL_FATE_FLIGHT, 0);
	worker_send_later(worker, frame);
}

static void read_letter(struct worker *worker, struct rdl_dtls_letter *letter)
{
	struct rdl_dtls *dtls = worker->pipeline.config.dtls;

	switch ((enum rdl_dtls_letter_kind)letter->kind) {
	case RDL_LETTER_SEND:
		send_flight(worker, letter);
		break;
	case RDL_LETTER_ESTABLISHED:
		/* Where it cannot be opened it is over, and its records are of no session. */
		(void)!rdl_dtls_establish(dtls, letter->session, &letter->keys, worker_now_s());
		explicit_bzero(&letter->keys, sizeof(letter->keys));
		break;
	case RDL_LETTER_ENDED:
		rdl_dtls_fail(dtls, letter->session);
		break;
	case RDL_LETTER_CLOSED:
		rdl_dtls_end(dtls, letter->session);
		break;
	}
}

/*
 * One that came before its session was open: now it is. What its handshaker has read of it is not
 * to go there again. Or a record that its handshaker has opened.
 */
static void process_again(struct worker *worker, struct rdl_packet *packet)
{
	const struct rdl_dtls_parcel *parcel = &packet->parcel;
	struct rdl_pipeline *pipeline = &worker->pipeline;
	struct rdl_frame *frame = &packet->frame;

	rdl_net_cut(frame, parcel->data, parcel->len);
	pipeline->now_ms = rdl_clock_coarse_ms();
	pipeline->opened = parcel->text_len > 0 ? parcel->session : 0;
	pipeline->opened_len = parcel->text_len;
	worker_process(worker, packet->home, &frame, 1);
	pipeline->opened = 0;
}

/* After all letters that came with it are read. */
static void let_go(struct worker *worker, struct rdl_dtls_parcel *parcel)
{
	struct rdl_packet *packet = packet_of(parcel);
	struct rdl_frame *frame = &packet->frame;

	rdl_dtls_parcel_back(worker->pipeline.config.dtls, &parcel->way.peer);
	if (parcel->again || parcel->text_len > 0)
		process_again(worker, packet);
	else
		worker_free(worker, packet->home, &frame, 1);
}

bool worker_take_letters(struct worker *worker, unsigned handshaker)
{
	struct rdl_channel *channel = &worker->handshakers[handshaker];
	void *batch[RDL_BURST_MAX], *letters[RDL_BURST_MAX];
	struct rdl_dtls_parcel *parcels[RDL_BURST_MAX];
	unsigned read = 0, back = 0;
	unsigned n = rdl_channel_take(channel, batch, RDL_BURST_MAX);

	for (unsigned i = 0; i < n; i++) {
		const uint8_t *kind = batch[i];

		if (*kind >= RDL_LETTER_SEND) {
			read_letter(worker, batch[i]);
			letters[read++] = batch[i];
		} else {
			parcels[back++] = batch[i];
		}
	}
	rdl_channel_came_back(channel, back);
	if (read > 0)
		rdl_channel_give_back(channel, letters, read);
	for (unsigned i = 0; i < back; i++)
		let_go(worker, parcels[i]);
	return n > 0;
}

/* Slots that a round looks at: some microseconds. */
#define SWEEP_SLOTS 256

bool worker_sweep_sessions(struct worker *worker)
{
	struct rdl_dtls *dtls = worker->pipeline.config.dtls;
	uint64_t now_ms = rdl_clock_coarse_ms();
	bool behind;
	unsigned slots = rdl_dtls_sweep_due(dtls, now_ms, SWEEP_SLOTS, &behind);

	if (slots > 0)
		rdl_dtls_sweep(dtls, (uint32_t)(now_ms / 1000), slots);
	return behind;
}
