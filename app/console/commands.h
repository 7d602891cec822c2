/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands of the control socket. Used by its thread. */
#ifndef RDL_CONSOLE_COMMANDS_H
#define RDL_CONSOLE_COMMANDS_H

#include "console.h"

/* No reply is longer: a page of names, a registration, as many refusals as are shown. */
#define COMMANDS_REPLY_MAX (5u << 20)

/* What a request says; views into its text. */
struct command {
	const char *name;
	struct rdl_span endpoint; /* empty: not given */
	struct rdl_span prefix;
	uint64_t cursor;
	struct rdl_span name_of; /* of a cursor of events; empty: not given */
	bool details; /* of a list */
	/* Of an update: of all; in how many seconds. */
	bool all;
	uint64_t over_s;
	/* Of a capture: */
	struct rdl_span address; /* ADDRESS[/BITS]; empty: not given */
	uint64_t every, count, seconds; /* seconds 0: as many as it takes */
};

/* Writes the reply, a whole line. Returns NULL, or what went wrong in place of a reply. */
const char *commands_run(const struct console_sources *from, const struct command *command,
	struct rdl_cursor *reply);

extern const char commands_no_endpoint[];
/* What is said when a shard is too busy. */
extern const char commands_no_answer[];
/* What is said of a removal that a crash may yet undo. */
extern const char commands_unconfirmed[];

/*
 * commands_list.c: {"endpoints": [...], "next":
 * "..." or null}, or {"registrations": [{...}...], ...}
 */
const char *commands_list(const struct console_sources *from, const struct command *command,
	struct rdl_cursor *reply);
/*
 * commands_refusals.c: whose are wanted, a name, and the registration that goes by it; as many as
 * there are, the latest first. *refusals is the caller's to free; NULL without memory.
 */
struct refusals_wanted {
	struct rdl_span endpoint; /* empty: all */
	bool located;
	struct rdl_location location;
};
size_t refusals_collect(const struct console_sources *from, const struct refusals_wanted *wanted,
	struct rdl_refusal **refusals);
const char *commands_refusals(const struct console_sources *from, const struct command *command,
	struct rdl_cursor *reply);

/* commands_cursors.c: {"cursors": [{...}...]}; {"forgotten": true} */
const char *commands_cursors(const struct console_sources *from, const struct command *command,
	struct rdl_cursor *reply);
const char *commands_forget(const struct console_sources *from, const struct command *command,
	struct rdl_cursor *reply);

/* commands_why.c */
const char *commands_why(const struct console_sources *from, const struct command *command,
	struct rdl_cursor *reply);

#endif
