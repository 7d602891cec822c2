/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RDL_WORKER_INTERNAL_H
#define RDL_WORKER_INTERNAL_H

#include "clock.h"
#include "worker.h"

/* By the clock that sessions go by. */
static inline uint32_t worker_now_s(void)
{
	return (uint32_t)(rdl_clock_coarse_ms() / 1000);
}

void worker_send_later(struct worker *worker, struct rdl_frame *frame);

/* Sends the replies to what a shard has answered, up to a burst. True when there were some. */
bool worker_reply(struct worker *worker, unsigned shard);

/*
 * Runs frames through the pipeline, and does with them what it says. They are the worker's whose
 * number and one `home` is; 0: this one's.
 */
void worker_process(
	struct worker *worker, unsigned home, struct rdl_frame *frames[], unsigned count);

/* Where packets are captured, what has become of one that is as it came, or as it leaves. */
static inline void worker_capture(struct worker *worker, const struct rdl_frame *frame,
	enum rdl_fate fate, enum rdl_stat stat)
{
	const struct rdl_capture_end end = { fate, 0, (uint8_t)stat };

	if (RDL_UNLIKELY(worker->pipeline.capture != NULL))
		rdl_capture_frame(worker->pipeline.capture, frame, end);
}

void worker_count_lost(struct worker *worker, const struct rdl_fragments_lost *lost);

/*
 * Parcels go to their handshakers as far as credit goes. The frames of the rest, counted, go to
 * `freed`; returns how many.
 */
RDL_MUST_CHECK unsigned worker_send_parcels(
	struct worker *worker, const struct rdl_burst *burst, struct rdl_frame *freed[]);
/* Takes what one handshaker has to say, up to a burst. True when it had. */
bool worker_take_letters(struct worker *worker, unsigned handshaker);

/*
 * Datagrams of other workers' sessions go to those as far as credit goes. The frames of the rest,
 * counted, go to `freed`; returns how many.
 */
RDL_MUST_CHECK unsigned worker_pass_on(
	struct worker *worker, const struct rdl_burst *burst, struct rdl_frame *freed[]);
/*
 * Takes what one other worker has to give, up to a burst: datagrams of sessions here, which are
 * processed, and its own frames that were there. True when it had.
 */
bool worker_take_from_fellow(struct worker *worker, unsigned fellow);
/*
 * Frames whose datagrams are done with are sent, or freed: by the worker whose they are, which is
 * this one, where `home` is 0.
 */
void worker_send(
	struct worker *worker, unsigned home, struct rdl_frame *const frames[], unsigned count);
void worker_free(
	struct worker *worker, unsigned home, struct rdl_frame *const frames[], unsigned count);
/*
 * Of packets whose shard has answered, gives those that are other workers' back. The rest come to
 * the front, and to the front of the set of those to send; returns how many.
 */
RDL_MUST_CHECK unsigned worker_see_guests_off(
	struct worker *worker, struct rdl_packet *packets[], unsigned count, rdl_packet_set *send);
/* Sends those packets whose shard has answered, and frees the others, whosever they are. */
void worker_finish(
	struct worker *worker, struct rdl_packet *packets[], unsigned count, rdl_packet_set send);

/*
 * Frames that are not ours go to the kernel as far as their port's rate and credit go. The rest,
 * counted, goes to `freed`; returns how many.
 */
RDL_MUST_CHECK unsigned worker_give_foreign(
	struct worker *worker, const struct rdl_burst *burst, struct rdl_frame *freed[]);
/* Takes those back that the kernel has, and sends what it sends. True when there was some. */
bool worker_take_from_kernel(struct worker *worker);
/*
 * Reads what a burst's news tell of neighbours and of our addresses. They are counted, but for what
 * tells us nothing and goes to the kernel.
 */
void worker_hear(struct worker *worker, const struct rdl_burst *burst);
/* Sends what is due to neighbours, some at a time: of the first worker. */
void worker_tend_neighbours(struct worker *worker);

/*
 * probe.h: a burst has come, of which one request is to be followed; the pipeline has seen it.
 */
RDL_APART void worker_probe_begin(struct worker *worker);
RDL_APART void worker_probe_choose(struct worker *worker, const struct rdl_burst *burst);
/* Frames that the port has taken; and those that will not be sent. One may be the one followed. */
RDL_APART void worker_probe_sent(
	struct worker *worker, struct rdl_frame *const frames[], unsigned count);
RDL_APART void worker_probe_lost(
	struct worker *worker, struct rdl_frame *const frames[], unsigned count);

/*
 * Answers of devices go to their shards as far as credit goes. The frames of the rest, counted, go
 * to `freed`; returns how many.
 */
RDL_MUST_CHECK unsigned worker_hand_answers(
	struct worker *worker, const struct rdl_burst *burst, struct rdl_frame *freed[]);
/*
 * Takes what one shard has for devices, up to a burst: what goes back for their answers, and
 * requests of ours. True when it had.
 */
bool worker_converse(struct worker *worker, unsigned shard);
/* Sends requests to devices, and leaves in each what has become of it. */
void worker_transmit(
	struct worker *worker, struct rdl_transmission *const transmissions[], unsigned count);

/* Ends some of the sessions that are over. True: it has to go on with it. */
bool worker_sweep_sessions(struct worker *worker);

#endif
