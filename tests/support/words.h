/* SPDX-License-Identifier: BSD-3-Clause */
/* A text that grows: what a test saw, in words, so that expectations are one line each. */
#ifndef RDL_TEST_WORDS_H
#define RDL_TEST_WORDS_H

#include <stdio.h>

#include "support.h"

struct text {
	char at[8192];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static inline void say(
	struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text->at + text->len, sizeof(text->at) - text->len, format, args);
	va_end(args);
	assert_in_range(n, 0, sizeof(text->at) - text->len - 1);
	text->len += (size_t)n;
}

#endif
