/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * metrics: what the gateway counts, for whoever scrapes it by HTTP: OpenMetrics where that is
 * accepted, else Prometheus' text format 0.0.4. On a thread of its own, which reads what others
 * write for it and asks nobody. Opened, started, stopped and closed by the main thread.
 */
#ifndef RDL_METRICS_H
#define RDL_METRICS_H

#include "console.h"
#include "feed.h"
#include "monitor.h"

struct metrics;

/* What it tells of; the owner's, from metrics_start() to metrics_stop(). */
struct metrics_sources {
	struct watched watched;
	const struct monitor *monitor;
	/* NULL: there is none. */
	const struct feed *feed;
	const struct console *console;
	uint64_t started_ms; /* rdl_clock_ms() */
};

/*
 * Takes the port that the configuration names: *metrics is NULL when it names none, and may be so
 * below. Logs and returns -1 when it cannot have it.
 */
int metrics_open(const struct rdl_conf *conf, struct metrics **metrics);
/* Begins to serve; logs and returns -1 when it cannot. */
int metrics_start(struct metrics *metrics, const struct metrics_sources *sources);
/* Before what it tells of is gone: nobody is answered any more. */
void metrics_stop(struct metrics *metrics);
void metrics_close(struct metrics *metrics);

#endif
