/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * top: a live view of a gateway: what it does a second, how busy its cores are, what it drops and
 * refuses, and why. It asks the telemetry and control sockets, or reads metrics from afar.
 */
#ifndef RDL_TOP_H
#define RDL_TOP_H

#include "view.h"

struct top_options {
	/* Where samples come from: the telemetry socket, unless there is a URL of metrics. */
	const char *telemetry, *url;
	/* The control socket, which knows endpoints and refusals; NULL: it is not asked. */
	const char *control;
	unsigned interval_ms;
	/* So many views printed one below the other; 0: on the terminal, until it is left. */
	unsigned batch;
};

/* The program's exit code: 0, or 1 where there never was a sample, which has been said. */
int top_run(const struct top_options *options);

#endif
