/* SPDX-License-Identifier: BSD-3-Clause */
/* What every unit test needs: cmocka with its include set, inputs that end at a guard page, hex. */
#ifndef RDL_TEST_SUPPORT_H
#define RDL_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base.h"

/*
 * A copy of `data` whose last octet is the last one before an inaccessible page, and whose page
 * begins after another one where it fits: reading past either end crashes in every build. Freed
 * with guard_free().
 */
uint8_t *guard_copy(const void *data, size_t len);
/* The same, uninitialised, writable. */
uint8_t *guard_alloc(size_t len);
void guard_free(uint8_t *data, size_t len);

/*
 * Reads hex digits, white space ignored, into `out`;
 * returns the octets. Fails the test on anything else.
 */
size_t unhex(const char *hex, uint8_t *out, size_t room);

static inline struct rdl_span span_of(const char *text)
{
	return (struct rdl_span){ (const uint8_t *)text, strlen(text) };
}

/* A small repeatable random source (splitmix64). */
uint64_t test_random(uint64_t *state);

/* Runs one group, so that each program speaks one TAP plan. */
#define RUN_TESTS(tests) cmocka_run_group_tests((tests), NULL, NULL)

#endif
