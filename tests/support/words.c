/* SPDX-License-Identifier: BSD-3-Clause */
#include "words.h"

#include <stdarg.h>
#include <stdio.h>

#include "check.h"

void say(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text->at + text->len, sizeof(text->at) - text->len, format, args);
	va_end(args);
	CHECK(n >= 0 && (size_t)n < sizeof(text->at) - text->len);
	text->len += (size_t)n;
}
