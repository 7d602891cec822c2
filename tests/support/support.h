/* SPDX-License-Identifier: BSD-3-Clause */
/* What every unit test needs: cmocka with its include set, and octets. */
#ifndef RDL_TEST_SUPPORT_H
#define RDL_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "octets.h"

/* Runs one group, so that each program speaks one TAP plan. */
#define RUN_TESTS(tests) cmocka_run_group_tests((tests), NULL, NULL)

#endif
