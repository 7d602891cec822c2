/* SPDX-License-Identifier: BSD-3-Clause */
/* A client of a UNIX socket that speaks lines. */
#ifndef RDL_TEST_TALK_H
#define RDL_TEST_TALK_H

/* Connects; -1 when nobody listens there. */
int talk_to(const char *path);
void talk_say(int fd, const char *text);
/*
 * The next line, without its end, as long as it is shorter than 256 KiB; NULL: the other side has
 * hung up. Ends the program when there is neither in twenty seconds. Valid until the next one.
 */
const char *talk_hear(int fd);
/* Says a line, and hears one. */
const char *talk_ask(int fd, const char *line);

#endif
