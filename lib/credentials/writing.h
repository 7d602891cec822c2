/* SPDX-License-Identifier: BSD-3-Clause */
/* writing: what an operator changes in a database of credentials that was opened for it. */
#ifndef RDL_CREDENTIALS_WRITING_H
#define RDL_CREDENTIALS_WRITING_H

#include "credentials.h"

/* A credential to write: views of the caller's. */
struct rdl_credentials_row {
	struct rdl_credentials_identity identity;
	struct rdl_span key, names;
	/* Of the caller's file; of two with the same identity, the later one repeats it. */
	size_t line;
};

struct rdl_credentials_tally {
	size_t added, changed, unchanged;
};

/* 1 to RDL_ENDPOINT_MAX octets of UTF-8. */
bool rdl_credentials_name_valid(struct rdl_span name);
/* NULL, or why it can be no credential. */
const char *rdl_credentials_row_problem(const struct rdl_credentials_row *row);
/*
 * Into the order of the database, in which it is many times as fast to write. *repeated is NULL, or
 * a row whose identity the row before it has, too. False without memory.
 */
bool rdl_credentials_sort(struct rdl_credentials_row *rows, size_t count,
	const struct rdl_credentials_row **repeated) __attribute__((warn_unused_result));
/*
 * Writes rows without a problem, in order, each identity once, over what there is of them: all, or
 * none, false and the problem in words. Waits for another writer to end.
 */
bool rdl_credentials_put(struct rdl_credentials *credentials,
	const struct rdl_credentials_row *rows, size_t count, struct rdl_credentials_tally *tally,
	char problem[RDL_CREDENTIALS_PROBLEM_MAX]) __attribute__((warn_unused_result));

/* What there was of an identity. */
struct rdl_credentials_removed {
	/* Of the change; who follows changes to here knows of it. */
	uint64_t position;
	size_t names_len;
	uint8_t names[RDL_CREDENTIALS_NAMES_MAX];
};

/* OK, and *removed, which may be NULL, is filled in; NONE; or FAILED with the problem in words. */
enum rdl_credentials_result rdl_credentials_remove(struct rdl_credentials *credentials,
	struct rdl_credentials_identity identity, struct rdl_credentials_removed *removed,
	char problem[RDL_CREDENTIALS_PROBLEM_MAX]) __attribute__((warn_unused_result));

#endif
