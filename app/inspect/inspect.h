/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inspect: what a state directory holds, while no gateway has it: each entry as a line of JSON,
 * whether all of it can be read, and, if it cannot, an end to what is damaged. No key is in it.
 */
#ifndef RDL_INSPECT_H
#define RDL_INSPECT_H

#include <stdio.h>

#include "journal.h"

/* Of an entry as a line; longer than the longest of its texts. */
#define INSPECT_LINE_MAX (8 * RDL_JOURNAL_ENTRY_MAX)

/* What has to be known of a log's earlier entries. */
struct inspect_log {
	uint32_t run;
	unsigned shard;
	/* The registry's seconds began at this millisecond of the run: a sweep says so. */
	bool has_epoch;
	uint64_t epoch_ms;
	/* As the sweep says it: what came back ends no sooner. */
	uint32_t kept_until;
};

/* Writes an entry as JSON, without a line's end. False: its octets are none that this one knows. */
bool inspect_entry(
	struct inspect_log *log, const struct rdl_journal_entry *entry, struct rdl_cursor *line);

struct inspect_options {
	const char *directory;
	bool verify; /* no entries, but what becomes of each log */
	bool discard; /* cut what is damaged */
};

/* 0: all could be read, or is cut now. 1: not so, and `errors` says why. */
int inspect(const struct inspect_options *options, FILE *out, FILE *errors);

/*
 * No DTLS session of a state directory comes back: none may where it is put back from a backup,
 * whose sessions would use numbers again that they have used since. 0: so it is, and `out` says
 * so. 1: `errors` says why not.
 */
int inspect_forget_sessions(const char *directory, FILE *out, FILE *errors);

#endif
