/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ticks of each stage of a worker by itself,
 * everything in the nearest cache: what the instructions cost.
 */
#ifndef RDL_BENCH_STAGES_H
#define RDL_BENCH_STAGES_H

#include <stdbool.h>

void stages_print(bool json);

#endif
