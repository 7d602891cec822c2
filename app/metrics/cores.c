/* SPDX-License-Identifier: BSD-3-Clause */
/* Cores: how busy they are, what waits at their rings, how long replies take. */
#include "families.h"

/* One of them, worker or shard, by its number among all. */
struct core {
	const char *role;
	char index[12];
	const struct load *load;
	uint64_t depth; /* requests that wait at its rings */
};

static struct core core_at(const struct watched *watched, unsigned number)
{
	unsigned workers = watched->conf->workers;
	bool is_worker = number < workers;
	unsigned index = is_worker ? number : number - workers;
	struct core core = { .role = is_worker ? "worker" : "shard" };

	snprintf(core.index, sizeof(core.index), "%u", index);
	if (is_worker) {
		core.load = &watched->workers[index]->load;
		for (unsigned s = 0; s < watched->conf->shards; s++)
			core.depth += rdl_channel_waiting(&watched->workers[index]->shards[s]);
	} else {
		core.load = &watched->owners->cores[index]->load;
		for (unsigned w = 0; w < workers; w++)
			core.depth +=
				rdl_channel_waiting(&watched->owners->cores[index]->workers[w]);
	}
	return core;
}

static uint64_t cycles_ms(const uint64_t *cycles)
{
	return __atomic_load_n(cycles, __ATOMIC_RELAXED) / load_cycles_a_ms();
}

static void put_latency(struct exposition *exposition, const struct watched *watched)
{
	exposition_family(exposition, "reply_seconds", EXPOSITION_HISTOGRAM,
		"time from a request's being taken from the port to its reply's being given to it, "
		"of "
		"one in a burst, once a millisecond at most");
	for (unsigned w = 0; w < watched->conf->workers; w++) {
		char worker[12];

		snprintf(worker, sizeof(worker), "%u", w);
		exposition_latency(exposition, LABELS({ "worker", worker }),
			&watched->workers[w]->probe.latency);
	}
}

void families_put_cores(struct exposition *exposition, const struct watched *watched)
{
	unsigned count = watched->conf->workers + watched->conf->shards;

	exposition_family(exposition, "core_seconds", EXPOSITION_COUNTER,
		"time of a core's rounds, by whether they found work");
	for (unsigned i = 0; i < count; i++) {
		struct core core = core_at(watched, i);

		exposition_thousandths(exposition,
			LABELS({ "role", core.role }, { "index", core.index }, { "state", "busy" }),
			cycles_ms(&core.load->busy_cycles));
		exposition_thousandths(exposition,
			LABELS({ "role", core.role }, { "index", core.index }, { "state", "idle" }),
			cycles_ms(&core.load->idle_cycles));
	}
	exposition_family(exposition, "core_round_age_seconds", EXPOSITION_GAUGE,
		"time since a core's last round");
	for (unsigned i = 0; i < count; i++) {
		struct core core = core_at(watched, i);

		exposition_thousandths(exposition,
			LABELS({ "role", core.role }, { "index", core.index }),
			load_age_ms(core.load));
	}
	exposition_family(exposition, "ring_depth", EXPOSITION_GAUGE,
		"requests and answers that wait at a core's rings");
	for (unsigned i = 0; i < count; i++) {
		struct core core = core_at(watched, i);

		exposition_sample(exposition,
			LABELS({ "role", core.role }, { "index", core.index }), core.depth);
	}
	put_latency(exposition, watched);
}
