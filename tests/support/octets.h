/* SPDX-License-Identifier: BSD-3-Clause */
/* Octets for tests: at guard pages, out of hex, at random. */
#ifndef RDL_TEST_OCTETS_H
#define RDL_TEST_OCTETS_H

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

/* Memory aligned to 8 that ends at a guard page, save up to seven octets that are watched. */
struct memory {
	uint8_t *data;
	size_t len, room; /* room: len up to the next 8 */
};

struct memory memory_begin(size_t len);
void memory_end(struct memory *memory);

/*
 * Reads hex digits, white space ignored, into `out`;
 * returns the octets. Ends the program on anything else.
 */
size_t unhex(const char *hex, uint8_t *out, size_t room);

struct rdl_span span_of(const char *text);

/* A small repeatable random source (splitmix64). */
uint64_t test_random(uint64_t *state);

#endif
