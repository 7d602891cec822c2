/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the fuzz targets share. A target is one function over octets; under libFuzzer it is searched
 * for inputs that break it, in every other build replay.c runs it over those that are kept.
 */
#ifndef RDL_FUZZ_H
#define RDL_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "base.h"
#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Only where a target needs one. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

static inline bool inside(struct rdl_span outer, const uint8_t *data, size_t len)
{
	return data >= outer.data && len <= outer.len &&
	       (size_t)(data - outer.data) <= outer.len - len;
}

/* As long as it says, so that the sanitizer sees what leaves it; freed with free(). */
static inline void *fuzz_alloc(size_t len)
{
	void *memory = malloc(len);

	CHECK(memory != NULL || len == 0);
	return memory;
}

/* The first `len` octets of `input`, or what there is of them. */
static inline struct rdl_span fuzz_take(struct rdl_span *input, size_t len)
{
	struct rdl_span taken = { input->data, len < input->len ? len : input->len };

	input->data += taken.len;
	input->len -= taken.len;
	return taken;
}

/* 0 behind the end. */
static inline uint8_t fuzz_octet(struct rdl_span *input)
{
	struct rdl_span octet = fuzz_take(input, 1);

	return octet.len == 1 ? octet.data[0] : 0;
}

#endif
