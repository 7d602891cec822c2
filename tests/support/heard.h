/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes out on stderr while a test listens. */
#ifndef RDL_TEST_HEARD_H
#define RDL_TEST_HEARD_H

/* From here on stderr goes to a file of its own. */
void listen_to(void);
/* Ends that; what was said meanwhile, as far as 8 KiB go. The text is there until the next call. */
const char *heard(void);

/* How many there are in a text. */
unsigned lines_in(const char *said);

#endif
