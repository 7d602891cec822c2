/* SPDX-License-Identifier: BSD-3-Clause */
#include "steps.h"

#include "shard_core.h"
#include "worker.h"

/* Where the program does not carry them, they are NULL. */
bool worker_step_v3(void *worker) __attribute__((weak));
bool shard_core_step_v3(void *core) __attribute__((weak));
bool worker_step_v4(void *worker) __attribute__((weak));
bool shard_core_step_v4(void *core) __attribute__((weak));

struct steps steps_pick(void)
{
	if (worker_step_v4 != NULL && __builtin_cpu_supports("x86-64-v4"))
		return (struct steps){ "x86-64-v4", worker_step_v4, shard_core_step_v4 };
	if (worker_step_v3 != NULL && __builtin_cpu_supports("x86-64-v3"))
		return (struct steps){ "x86-64-v3", worker_step_v3, shard_core_step_v3 };
	return (struct steps){ NULL, worker_step, shard_core_step };
}
