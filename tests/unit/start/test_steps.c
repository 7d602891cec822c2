/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of the rounds that a program carries run: the newest that the CPU takes. */
#include "support.h"

#include "shard_core.h"
#include "steps.h"
#include "worker.h"

static bool runs[2];

static bool newer_worker(void *worker)
{
	return (runs[0] = true);
}

static bool newer_shard(void *core)
{
	return (runs[1] = true);
}

/* A program that travels carries these, and others for a v4, which this one does not. */
bool worker_step_v3(void *worker) __attribute__((alias("newer_worker")));
bool shard_core_step_v3(void *core) __attribute__((alias("newer_shard")));

static void test_pick(void **state)
{
	struct steps steps = steps_pick();

	if (!__builtin_cpu_supports("x86-64-v3")) {
		assert_null(steps.machine);
		assert_ptr_equal(steps.worker, worker_step);
		assert_ptr_equal(steps.shard, shard_core_step);
		return;
	}
	assert_string_equal(steps.machine, "x86-64-v3");
	assert_true(steps.worker(NULL) && runs[0] && !runs[1]);
	assert_true(steps.shard(NULL) && runs[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pick) };

	return RUN_TESTS(tests);
}
