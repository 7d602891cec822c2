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

bool inside(struct rdl_span outer, const uint8_t *data, size_t len);

/* As long as it says, so that the sanitizer sees what leaves it; freed with free(). */
void *fuzz_alloc(size_t len);

/* The first `len` octets of `input`, or what there is of them. */
struct rdl_span fuzz_take(struct rdl_span *input, size_t len);

/* 0 behind the end. */
uint8_t fuzz_octet(struct rdl_span *input);

#endif
