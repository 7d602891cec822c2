/* SPDX-License-Identifier: BSD-3-Clause */
#include "expiry.h"

#include <stdlib.h>

#include <rte_cycles.h>

#define LIFETIME_S 60
#define STEP_NS 100
#define STEPS 20000 /* of the histogram: up to two milliseconds */

struct slices {
	uint64_t count, longest_ns, sum_ns;
	uint32_t steps[STEPS];
};

static uint64_t elapsed_ns(uint64_t begin)
{
	return (rte_rdtsc_precise() - begin) * 1000 / (rte_get_tsc_hz() / 1000000);
}

static void note(struct slices *slices, uint64_t ns)
{
	uint64_t step = ns / STEP_NS;

	slices->steps[step < STEPS ? step : STEPS - 1]++;
	slices->count++;
	slices->sum_ns += ns;
	if (ns > slices->longest_ns)
		slices->longest_ns = ns;
}

static double share_us(const struct slices *slices, double share)
{
	uint64_t want = (uint64_t)((double)slices->count * share), seen = 0;

	for (unsigned i = 0; i < STEPS; i++)
		if ((seen += slices->steps[i]) > want)
			return (i + 1) * STEP_NS / 1000.0;
	return STEPS * STEP_NS / 1000.0;
}

static void print(const struct slices *slices, const char *what, uint64_t ended, bool json)
{
	printf(json ? "{\"phase\": \"%s\", \"registrations\": %llu, \"seconds\": %.2f, "
		      "\"shard_ns\": %.1f, \"slice_p50_us\": %.1f, \"slice_p99_us\": %.1f, "
		      "\"slice_p999_us\": %.1f, "
		      "\"slice_p9999_us\": %.1f, \"slice_max_us\": %.1f}\n"
		    : "%-12s %10llu in %.2f s, %.1f ns each; a slice: p50 %.1f us, p99 %.1f, "
		      "p99.9 %.1f, p99.99 %.1f, longest %.1f\n",
		what, (unsigned long long)ended, (double)slices->sum_ns / 1e9,
		(double)slices->sum_ns / (double)ended, share_us(slices, 0.5),
		share_us(slices, 0.99), share_us(slices, 0.999), share_us(slices, 0.9999),
		(double)slices->longest_ns / 1000);
	fflush(stdout);
}

static bool fill(struct daemon *daemon, uint64_t registrations, uint64_t now_ms)
{
	static const struct {
		struct rdl_object_list head;
		rdl_object_link links[4];
	} list = { { .len = sizeof(list), .link_count = 4 },
		{ 1 << 16, 3 << 16, 4 << 16, 5 << 16 } };

	for (uint64_t i = 0; i < registrations; i++) {
		struct rdl_location location;
		struct rdl_change change;
		char name[32];
		int len =
			snprintf(name, sizeof(name), "urn:dev:mac:%012llx", (unsigned long long)i);
		struct rdl_request request = { .operation = RDL_OPERATION_REGISTER,
			.lifetime_s = LIFETIME_S,
			.exchange = i + 1,
			.list.objects = &list.head };

		rdl_request_set_endpoint(
			&request, (struct rdl_span){ (const uint8_t *)name, (size_t)len });
		rdl_siphash128(&daemon->keys.endpoint, name, (size_t)len, request.digest.word);
		if (rdl_registry_register(daemon->owners.cores[0]->registry, &request,
			    RDL_HANDLE_UNKNOWN, now_ms, &location, &change) != RDL_REGISTRY_CREATED)
			return false;
	}
	return true;
}

/* Slices at `now_ms` until nothing is left to do. */
static void drain(struct daemon *daemon, uint64_t now_ms, struct slices *slices)
{
	struct rdl_shard *shard = &daemon->owners.cores[0]->shard;
	struct rdl_registry_counts before, after;

	memset(slices, 0, sizeof(*slices));
	rdl_registry_counts(shard->registry, &after);
	do {
		before = after;
		uint64_t begin = rte_rdtsc_precise();
		rdl_shard_expire(shard, now_ms);
		note(slices, elapsed_ns(begin));
		rdl_registry_counts(shard->registry, &after);
	} while (before.registrations != after.registrations ||
		 before.tombstones != after.tombstones);
}

bool expiry_print(struct daemon *daemon, uint64_t registrations, bool json)
{
	struct slices *slices = calloc(1, sizeof(*slices));
	struct rdl_registry_counts counts;
	uint64_t now_ms = daemon->owners.cores[0]->now_ms;

	if (slices == NULL || !fill(daemon, registrations, now_ms))
		return false;
	now_ms += (LIFETIME_S + 1) * 1000;
	drain(daemon, now_ms, slices);
	print(slices, "expire", registrations, json);
	now_ms += (daemon->conf->coap.exchange_lifetime_s + 1) * UINT64_C(1000);
	drain(daemon, now_ms, slices);
	print(slices, "forget", registrations, json);
	free(slices);
	rdl_registry_counts(daemon->owners.cores[0]->registry, &counts);
	return counts.registrations == 0 && counts.tombstones == 0 && counts.store_octets == 0;
}
