/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inputs that are kept for the fuzz targets. Those that nobody has to look at lie in a pack, which
 * tests/fuzz/packs.py
 * writes: a line with their count, then each, a line with its name and length, its octets, and a
 * line's end.
 *
 *     inputs 2
 *     ep=a_lt=60 10
 *     ep=a
 *     lt=60
 *     empty 0
 *
 */
#ifndef RDL_TEST_CORPUS_H
#define RDL_TEST_CORPUS_H

#include <stddef.h>
#include <stdint.h>

typedef void corpus_use(const char *name, const uint8_t *octets, size_t len);

/*
 * Gives `use` each input of a folder of files, of a pack, or of a file that is one input, in the
 * order of their names. Returns NULL, or what is wrong: no input, one that cannot be read, a torn
 * pack. `*count` are those that were used.
 */
const char *corpus_each(const char *path, corpus_use *use, unsigned *count);

#endif
