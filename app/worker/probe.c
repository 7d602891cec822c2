/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#define NEXT_MS 1

void worker_probe_begin(struct worker *worker)
{
	struct probe *probe = &worker->probe;

	if (probe->frame != NULL)
		return;
	probe->began = load_now();
	probe->next = probe->began + NEXT_MS * load_cycles_a_ms();
	probe->chooses = true;
}

/* What is answered here at once is as good as what goes to a shard. */
void worker_probe_choose(struct worker *worker, const struct rdl_burst *burst)
{
	struct probe *probe = &worker->probe;
	rdl_packet_set set = burst->reply | burst->hand_over;

	probe->chooses = false;
	if (set == 0)
		return;
	for (unsigned skip = probe->turn++ % (unsigned)__builtin_popcountll(set); skip > 0; skip--)
		(void)rdl_packet_pop(&set);
	probe->frame = &burst->packets[rdl_packet_first(set)]->frame;
}

void worker_probe_sent(struct worker *worker, struct rdl_frame *const frames[], unsigned count)
{
	struct probe *probe = &worker->probe;
	uint64_t now = load_now();

	for (unsigned i = 0; i < count; i++) {
		if (frames[i] != probe->frame)
			continue;
		rdl_latency_add(&probe->latency,
			(now - probe->began) * UINT64_C(1000000) / load_cycles_a_ms());
		probe->frame = NULL;
		return;
	}
}

void worker_probe_lost(struct worker *worker, struct rdl_frame *const frames[], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (frames[i] == worker->probe.frame)
			worker->probe.frame = NULL;
}
