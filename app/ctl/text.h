/* SPDX-License-Identifier: BSD-3-Clause */
/* text: a file that holds keys, in memory once, and wiped. */
#ifndef RDL_CTL_TEXT_H
#define RDL_CTL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *data;
	size_t len, room;
};

/* All of a file, or of standard input where it is "-"; false, errno says why. */
bool text_read(struct text *text, const char *path);
void text_wipe(struct text *text);

#endif
