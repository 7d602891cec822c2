/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * secrets: what locations, digests and Connection IDs are made with, in a file beside the logs that
 * they are needed for. Readable by this process's user alone. By the main thread.
 */
#ifndef RDL_KEEPING_SECRETS_H
#define RDL_KEEPING_SECRETS_H

#include "base.h"

/* Where a secret is, or is to be; no two processes differ in their number, order and length. */
struct secret {
	void *octets;
	size_t len;
};

enum secrets_result {
	SECRETS_READ,
	SECRETS_ABSENT, /* there is no such file */
	SECRETS_WRONG, /* logged: it cannot be read, is damaged, or another version's */
};

/* All are read, or none is changed. */
RDL_MUST_CHECK enum secrets_result secrets_read(
	const char *path, const struct secret secrets[], size_t count);
/* The file outlasts a loss of power once this returns 0; logs and returns -1 when it cannot. */
RDL_MUST_CHECK int secrets_write(const char *path, const struct secret secrets[], size_t count);

/*
 * A key of SECRETS_KEY_LEN octets and nothing else, in a file for its owner only; where `make`
 * says so and there is none, one at random is made. Logs and returns -1 when it cannot.
 */
#define SECRETS_KEY_LEN 32
RDL_MUST_CHECK int secrets_key(const char *path, bool make, uint8_t key[SECRETS_KEY_LEN]);

#endif
