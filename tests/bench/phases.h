/* SPDX-License-Identifier: BSD-3-Clause */
/* phases: what the fleet is made to do, in order, and what the roles took for it. */
#ifndef RDL_BENCH_PHASES_H
#define RDL_BENCH_PHASES_H

#include "asks.h"
#include "generator.h"
#include "options.h"

/*
 * All endpoints register, register again, update, are asked, where they are to be, and de-register,
 * in clear text, and then in their sessions, if they have any; each phase is reported. False when
 * any answer was wrong or missing.
 */
bool phases_run(struct daemon *daemon, struct generator *generator, struct asks *asks,
	const struct options *options, double octets);

#endif
