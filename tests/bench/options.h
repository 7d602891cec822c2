/* SPDX-License-Identifier: BSD-3-Clause */
/* What rdline-bench is asked for, and the gateway's configuration that follows. */
#ifndef RDL_BENCH_OPTIONS_H
#define RDL_BENCH_OPTIONS_H

#include <stdio.h>

#include "conf.h"

#define LISTENERS_MAX 64

struct options {
	uint64_t registrations;
	uint64_t workers, shards, window;
	uint64_t re_registers, updates_each; /* so many times each; 0: as many as give a figure */
	uint64_t open_loop; /* requests a second; 0: none */
	uint64_t storm, updates_percent;
	uint64_t asks; /* requests to devices; 0: none */
	uint64_t listeners; /* of the event stream */
	uint64_t cid_percent, gcm_percent; /* of sessions: with a Connection ID, of GCM */
	bool json, mixed, offload, no_huge, realtime, one_core, events, uncounted, dtls;
	bool stages, expiry; /* instead of phases */
	const char *generator; /* "own", "worker", "shard": whose lcore it shares */
	const char *state, *durability; /* a directory, NULL: nothing is kept; how */
};

void options_usage(FILE *out);
bool options_parse(int argc, char **argv, struct options *options);

/* How often the phases are gone through: small tables are filled and emptied several times. */
unsigned options_rounds(const struct options *options);

/* To be freed with rdl_conf_free(); NULL after saying why. */
struct rdl_conf *options_configure(const struct options *options);

#endif
