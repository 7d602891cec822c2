/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pair: a small file that is written again and again: two blocks, of which the newer one that is
 * whole counts, and the other is written next. So a write that was torn takes nothing away.
 *
 * A block begins with a head of RDL_JOURNAL_PAIR_HEAD octets and ends with a CRC; what is between
 * them, and a word in the head, are the caller's.
 */
#ifndef RDL_JOURNAL_PAIR_H
#define RDL_JOURNAL_PAIR_H

#include "journal_internal.h"

#define RDL_JOURNAL_PAIR_WORD 12
#define RDL_JOURNAL_PAIR_HEAD 24
#define RDL_JOURNAL_PAIR_END (RDL_JOURNAL_BLOCK - 4)
#define RDL_JOURNAL_PAIR_OCTETS (2 * RDL_JOURNAL_BLOCK)

struct rdl_journal_pair {
	const struct rdl_journal_disk *disk;
	const char *folder; /* that the file is in */
	const char *path;
	const char *unfinished; /* a name for it in that folder while it is made */
	const char *magic; /* eight octets */
	uint32_t format;
};

enum rdl_journal_pair_kind {
	RDL_JOURNAL_PAIR_GOOD,
	RDL_JOURNAL_PAIR_NEWER, /* of a format that is not known here */
	RDL_JOURNAL_PAIR_DAMAGED, /* no block is whole */
};

/*
 * Reads the file into RDL_JOURNAL_PAIR_OCTETS at a block's boundary: *block is the one in there
 * that counts, where it is good, and *writes how often the file was written. 0, or -errno.
 */
RDL_MUST_CHECK int rdl_journal_pair_read(const struct rdl_journal_pair *pair, uint8_t octets[],
	enum rdl_journal_pair_kind *kind, const uint8_t **block, uint64_t *writes);
/*
 * Writes a block, whose head and CRC it makes; the file is made where it is not there. It is on the
 * disk then, and counted: 0, or -errno.
 */
RDL_MUST_CHECK int rdl_journal_pair_write(
	const struct rdl_journal_pair *pair, uint8_t block[RDL_JOURNAL_BLOCK], uint64_t *writes);

#endif
