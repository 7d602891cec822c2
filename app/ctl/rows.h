/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rows: credentials as people and their files write them. Read in place: what is decoded lies where
 * its text was, so that there is one copy of a key, and whoever owns the text wipes it.
 */
#ifndef RDL_CTL_ROWS_H
#define RDL_CTL_ROWS_H

#include "writing.h"

#define RPK_PREFIX "rpk:"

/* The digit's value; -1: it is none. */
int hex_digit(char c);
/* Octets out of hex, in place; false: not hex. */
bool hex_read(char *text, size_t len, struct rdl_span *octets);

/* That of a pre-shared key: `#` and its octets in hex, or itself. False: # and no hex. */
bool identity_read_psk(char *text, size_t len, struct rdl_credentials_identity *identity);
/* The same, and `rpk:` with 64 hex digits: the digest of a raw public key. */
bool identity_read(char *text, size_t len, struct rdl_credentials_identity *identity);
/* So that identity_read() reads it, and a terminal can be given it. On standard output. */
void identity_print(struct rdl_credentials_identity identity);

/*
 * A line of a file, without its end; NULL, or what is wrong with it:
 *     identity,key in hex[,endpoint...]   fields may stand in quotes, and "" is a quote in them
 *     rpk:SHA-256,,endpoint...
 *     user:key in hex                     psktool's: without a comma, or with a colon in what would
 *                                         be the key
 */
const char *row_read(char *line, size_t len, struct rdl_credentials_row *row);

struct row_table {
	struct rdl_credentials_row *rows;
	size_t count;
};

/* Told of each line that is no row; lines count from 1. */
typedef void (*row_problem_fn)(void *context, size_t line, const char *problem);

/*
 * The rows of a text into a table, which is the caller's to free. Empty lines are nothing. False
 * without memory.
 */
bool rows_read(char *text, size_t len, struct row_table *table, row_problem_fn tell, void *context);

#endif
