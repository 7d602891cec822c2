/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker's part in the exception path: frames that are not ours, and the kernel's. */
#include "internal.h"

#include <assert.h>

#include "foreign.h"

/* As many as come in a hundredth of a second may come at once: the clock has such steps. */
#define BURST_PART 100
#define BURST_MIN 32
#define UNIT 1000 /* of a frame: a frame a second is one in a millisecond */

struct rdl_channel_credit worker_foreign_credit(unsigned frames)
{
	return (struct rdl_channel_credit){ .limit = { [RDL_FOREIGN_FRAME] = frames } };
}

/* While the port's queue runs over, time is for what is ours. */
static bool may_pass(struct worker *worker, unsigned port)
{
	struct foreign_gate *gate = &worker->foreign[port];
	uint64_t now_ms = worker->pipeline.now_ms;
	uint64_t most = (uint64_t)gate->per_s * UNIT / BURST_PART;

	if (most < BURST_MIN * UNIT)
		most = BURST_MIN * UNIT;
	gate->left += (now_ms - gate->then_ms) * gate->per_s;
	gate->then_ms = now_ms;
	if (gate->left > most)
		gate->left = most;
	if (worker->pressed[port] || gate->left < UNIT)
		return false;
	gate->left -= UNIT;
	return true;
}

static struct rdl_foreign_frame foreign_of(const struct rdl_frame *frame)
{
	struct rdl_foreign_frame foreign = { .kind = RDL_FOREIGN_FRAME,
		.port = frame->port,
		.len = frame->len,
		.data = frame->data };

	if (RDL_UNLIKELY(rdl_pktio_lacks_checksum(frame)) &&
		!rdl_net_find_checksum(frame, &foreign.checksum_start, &foreign.checksum_offset))
		foreign.checksum_start = 0;
	return foreign;
}

unsigned worker_give_foreign(
	struct worker *worker, const struct rdl_burst *burst, struct rdl_frame *freed[])
{
	struct rdl_stats *stats = &worker->pipeline.stats;
	unsigned left = rdl_channel_left(&worker->kernel, RDL_FOREIGN_FRAME), n = 0,
		 freed_count = 0;
	void *batch[RDL_BURST_MAX];

	/* A fellow's frame is a datagram of a session's. */
	assert(worker->pipeline.home == 0);
	for (rdl_packet_set scan = burst->foreign; scan != 0;) {
		struct rdl_packet *packet = burst->packets[rdl_packet_pop(&scan)];
		struct rdl_frame *frame = &packet->frame;
		bool passes = may_pass(worker, frame->port);

		if (passes && n < left) {
			packet->foreign = foreign_of(frame);
			batch[n++] = &packet->foreign;
			worker_capture(worker, frame, RDL_FATE_KERNEL, 0);
			continue;
		}
		enum rdl_stat why =
			passes ? RDL_STAT_drop_exception_full : RDL_STAT_drop_exception_rate;
		rdl_stats_add(stats, why, 1);
		worker_capture(worker, frame, RDL_FATE_DROPPED, why);
		freed[freed_count++] = frame;
	}
	if (n > 0)
		rdl_channel_send(&worker->kernel, batch, n);
	return freed_count;
}

static void send_kernel_frame(struct worker *worker, const struct rdl_kernel_frame *from)
{
	struct rdl_stats *stats = &worker->pipeline.stats;
	struct rdl_frame *frame = from->len > 0 ? worker_make(worker, from->port, from->len) : NULL;

	if (frame == NULL) {
		rdl_stats_add(stats, RDL_STAT_drop_exception_buffer, 1);
		return;
	}
	memcpy(frame->data, from->octets, from->len);
	frame->len = from->len;
	rdl_stats_add(stats, RDL_STAT_exception_from_kernel, 1);
	rdl_stats_add(stats, RDL_STAT_tx_frames, 1);
	worker_send_later(worker, frame);
}

bool worker_take_from_kernel(struct worker *worker)
{
	struct rdl_stats *stats = &worker->pipeline.stats;
	void *batch[KERNEL_BURST], *read[KERNEL_BURST];
	struct rdl_frame *back[KERNEL_BURST];
	unsigned read_count = 0, back_count = 0;
	unsigned n = rdl_channel_take(&worker->kernel, batch, KERNEL_BURST);

	for (unsigned i = 0; i < n; i++) {
		const uint8_t *kind = batch[i];

		if (*kind == RDL_KERNEL_FRAME) {
			send_kernel_frame(worker, batch[i]);
			read[read_count++] = batch[i];
			continue;
		}
		const struct rdl_foreign_frame *foreign = batch[i];
		rdl_stats_add(stats,
			foreign->taken ? RDL_STAT_exception_to_kernel
				       : RDL_STAT_drop_exception_down,
			1);
		back[back_count++] = (struct rdl_frame *)((uintptr_t)foreign -
							  offsetof(struct rdl_packet, foreign));
	}
	rdl_channel_came_back(&worker->kernel, back_count);
	if (read_count > 0)
		rdl_channel_give_back(&worker->kernel, read, read_count);
	worker_free(worker, 0, back, back_count);
	return n > 0;
}
