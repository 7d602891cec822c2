/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * steps: the rounds of workers and shards, as they were compiled for this CPU. A program that is to
 * run on any x86-64-v2 carries all that a round runs through once more for x86-64-v3 and for
 * x86-64-v4; which of them it is, is decided once. One that was built for a machine has one alone.
 */
#ifndef RDL_STEPS_H
#define RDL_STEPS_H

#include <stdbool.h>

struct steps {
	const char *machine; /* "x86-64-v3"; NULL: as all else in the program */
	bool (*worker)(void *worker);
	bool (*shard)(void *shard_core);
};

/* Those of the newest machine that this one is. By anybody. */
struct steps steps_pick(void);

#endif
