/* SPDX-License-Identifier: BSD-3-Clause */
/* sample: a gateway's figures at one time, by whichever way they came. */
#ifndef RDL_TOP_SAMPLE_H
#define RDL_TOP_SAMPLE_H

#include "latency.h"
#include "stats.h"

#define SAMPLE_TEXT 64 /* room for a text */
#define SAMPLE_CORES_MAX 256

struct sample_core {
	char role[8]; /* "worker", "shard" */
	unsigned index;
	/* In one unit, whichever it is: only their shares count. */
	double busy, idle;
	uint64_t ring_depth;
	uint64_t round_age_ms;
};

struct sample {
	double at_s; /* when it was taken, by a clock that only goes forward */
	char version[SAMPLE_TEXT], instance[SAMPLE_TEXT];
	uint64_t uptime_s, registrations_max;
	/* Of counters that the gateway does not have, being another version, 0. */
	struct rdl_stats sum;
	/* Of all ports; packets that found the NIC's queues full, or no buffer. */
	uint64_t ports, links_up, rx_missed, rx_no_buffer;
	struct rdl_latency latency; /* of replies */
	uint64_t replies_so_far; /* while they are told */
	unsigned core_count;
	struct sample_core cores[SAMPLE_CORES_MAX];
};

/* ---- filling one ---- */

void sample_begin(struct sample *sample);
/* By a counter's name; one that is not known here is left out. */
void sample_stat(struct sample *sample, const char *name, uint64_t value);
/*
 * So many replies took no longer than a bound in microseconds, or any that they took (UINT64_MAX);
 * bounds are told in their order, of one worker after the other.
 */
void sample_replies(struct sample *sample, uint64_t bound_us, uint64_t count);
/* The core of this role and number, which is new or not; NULL: there are too many. */
struct sample_core *sample_core(struct sample *sample, const char *role, unsigned index);

/* Each fills in a sample that has begun. NULL, or in a few words why it could not. */
const char *sample_by_telemetry(struct sample *sample, const char *path);
const char *sample_by_metrics(struct sample *sample, const char *url);
/* The same of a text that has been fetched. */
const char *sample_by_exposition(struct sample *sample, const char *text);

/* ---- reading two of them ---- */

/* How often something was counted a second between two samples. */
double sample_rate(const struct sample *before, const struct sample *now, enum rdl_stat stat);
/* How long the replies took that were looked at between two samples. */
void sample_latency(
	const struct sample *before, const struct sample *now, struct rdl_latency *latency);
/* Busy time between two samples, 0 to 1; below 0: it is not known. */
double sample_busy(const struct sample *before, const struct sample *now, unsigned core);

#endif
