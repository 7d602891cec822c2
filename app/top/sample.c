/* SPDX-License-Identifier: BSD-3-Clause */
#include "sample.h"

#include <string.h>
#include <time.h>

void sample_begin(struct sample *sample)
{
	struct timespec now;

	memset(sample, 0, sizeof(*sample));
	clock_gettime(CLOCK_MONOTONIC, &now);
	sample->at_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void sample_stat(struct sample *sample, const char *name, uint64_t value)
{
	for (unsigned i = 0; i < RDL_STAT_COUNT; i++)
		if (strcmp(rdl_stat_name((enum rdl_stat)i), name) == 0)
			rdl_stats_set(&sample->sum, (enum rdl_stat)i, value);
}

void sample_replies(struct sample *sample, uint64_t bound_us, uint64_t count)
{
	struct rdl_latency *latency = &sample->latency;
	unsigned i = 0;

	while (i < RDL_LATENCY_BOUNDS && rdl_latency_bound_us(i) != bound_us)
		i++;
	if (i == RDL_LATENCY_BOUNDS && bound_us != UINT64_MAX)
		return;
	if (i == 0)
		sample->replies_so_far = 0;
	latency->count[i] += count - sample->replies_so_far;
	sample->replies_so_far = count;
}

struct sample_core *sample_core(struct sample *sample, const char *role, unsigned index)
{
	for (unsigned i = 0; i < sample->core_count; i++)
		if (sample->cores[i].index == index && strcmp(sample->cores[i].role, role) == 0)
			return &sample->cores[i];
	if (sample->core_count == SAMPLE_CORES_MAX || strlen(role) >= sizeof(sample->cores[0].role))
		return NULL;
	struct sample_core *core = &sample->cores[sample->core_count++];
	strcpy(core->role, role);
	core->index = index;
	return core;
}

double sample_rate(const struct sample *before, const struct sample *now, enum rdl_stat stat)
{
	uint64_t was = rdl_stats_get(&before->sum, stat), is = rdl_stats_get(&now->sum, stat);
	double seconds = now->at_s - before->at_s;

	/* Another process has begun to count. */
	return seconds > 0 && is > was ? (double)(is - was) / seconds : 0;
}

void sample_latency(
	const struct sample *before, const struct sample *now, struct rdl_latency *latency)
{
	memset(latency, 0, sizeof(*latency));
	for (unsigned i = 0; i <= RDL_LATENCY_BOUNDS; i++)
		if (now->latency.count[i] > before->latency.count[i])
			latency->count[i] = now->latency.count[i] - before->latency.count[i];
}

double sample_busy(const struct sample *before, const struct sample *now, unsigned core)
{
	const struct sample_core *is = &now->cores[core], *was = &before->cores[core];

	if (core >= before->core_count || is->index != was->index ||
		strcmp(is->role, was->role) != 0)
		return -1;
	double busy = is->busy - was->busy, idle = is->idle - was->idle;
	return busy >= 0 && idle >= 0 && busy + idle > 0 ? busy / (busy + idle) : -1;
}
