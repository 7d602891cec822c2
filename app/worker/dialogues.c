/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests to devices: what shards send to these, and what these answer. In channels of their own:
 * registrations never wait for any of it.
 */
#include "internal.h"

#include <assert.h>

#include "clock.h"
#include "records.h"

static_assert(RDL_TRANSMISSION < RDL_CHANNEL_KINDS, "a kind of message");

struct rdl_channel_credit worker_answer_credit(unsigned answers)
{
	return (struct rdl_channel_credit){ .limit = {
						    [RDL_ANSWER_RESPONSE] = answers,
						    [RDL_ANSWER_EMPTY] = answers,
						    [RDL_ANSWER_SEND] = answers - answers / 4,
					    } };
}

static struct rdl_packet *packet_of(struct rdl_answer *answer)
{
	return (struct rdl_packet *)((uintptr_t)answer - offsetof(struct rdl_packet, answer));
}

unsigned worker_hand_answers(
	struct worker *worker, const struct rdl_burst *burst, struct rdl_frame *freed[])
{
	void *batch[RDL_BURST_MAX];
	unsigned freed_count = 0;

	for (rdl_packet_set left = burst->answer; left != 0;) {
		unsigned shard = burst->shard[rdl_packet_first(left)], n = 0;
		struct rdl_channel *channel = &worker->dialogues[shard];

		for (rdl_packet_set scan = left; scan != 0;) {
			unsigned i = rdl_packet_pop(&scan);
			struct rdl_packet *packet = burst->packets[i];

			if (burst->shard[i] != shard)
				continue;
			left &= ~rdl_packet_bit(i);
			if (n < rdl_channel_left(channel, packet->answer.kind)) {
				batch[n++] = &packet->answer;
			} else {
				rdl_pipeline_shed_answer(&worker->pipeline, packet);
				freed[freed_count++] = &packet->frame;
			}
		}
		rdl_channel_send(channel, batch, n);
	}
	return freed_count;
}

bool worker_converse(struct worker *worker, unsigned shard)
{
	struct rdl_channel *channel = &worker->dialogues[shard];
	struct rdl_transmission *transmissions[RDL_BURST_MAX];
	struct rdl_packet *packets[RDL_BURST_MAX];
	void *batch[RDL_BURST_MAX];
	unsigned n = rdl_channel_take(channel, batch, RDL_BURST_MAX), back = 0, out = 0;

	for (unsigned i = 0; i < n; i++)
		RDL_PREFETCH_WRITE(batch[i]);
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *kind = batch[i];

		if (*kind == RDL_TRANSMISSION)
			transmissions[out++] = batch[i];
		else
			packets[back++] = packet_of(batch[i]);
	}
	if (back > 0) {
		rdl_channel_came_back(channel, back);
		worker_finish(worker, packets, back,
			rdl_pipeline_acknowledge(&worker->pipeline, packets, back));
	}
	if (out > 0) {
		/* What waited for an Update goes behind its reply, which is there by now. */
		while (worker_reply(worker, shard))
			;
		worker_transmit(worker, transmissions, out);
		rdl_channel_give_back(channel, (void *const *)transmissions, out);
	}
	return n > 0;
}
