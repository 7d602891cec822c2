/* SPDX-License-Identifier: BSD-3-Clause */
/* EAL for a test program: ordinary memory, no device, and nothing that another test could meet. */
#ifndef RDL_TEST_EAL_H
#define RDL_TEST_EAL_H

/*
 * Set-up and end of a group of tests,
 * or of a program of another kind, where `state` is NULL. 0, or -1.
 */
int eal_start(void **state);
int eal_stop(void **state);

/*
 * The same with telemetry, whose sockets are in rte_eal_get_runtime_dir(), somewhere below the
 * folder.
 */
int eal_start_telemetry(const char *folder);

#define RUN_EAL_TESTS(tests) cmocka_run_group_tests((tests), eal_start, eal_stop)

#endif
