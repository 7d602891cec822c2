/* SPDX-License-Identifier: BSD-3-Clause */
/* A text that grows: what a test saw, in words, so that expectations are one line each. */
#ifndef RDL_TEST_WORDS_H
#define RDL_TEST_WORDS_H

#include <stddef.h>

struct text {
	char at[8192];
	size_t len;
};

__attribute__((format(printf, 2, 3))) void say(struct text *text, const char *format, ...);

#endif
