/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Updates that devices are asked for by the control socket: whoever asked is told what came of it,
 * and of a fleet how far it is. Used by the console's thread, which waits for none of them.
 */
#ifndef RDL_CONSOLE_UPDATES_H
#define RDL_CONSOLE_UPDATES_H

#include "callers.h"
#include "commands.h"

/* Between two looks at what became of it, and between two lines of a fleet. */
#define UPDATES_LOOK_MS 50
#define UPDATES_PROGRESS_MS 1000
/* What a fleet is spread over where nothing is said, in seconds. */
#define UPDATES_OVER_S 300

struct updates {
	struct callers *callers; /* set by the owner; NULL: nothing is sent to devices */
	/* All zero at first; by its number at callers. */
	struct {
		struct rdl_lines_client *client; /* NULL: nobody's */
		bool fleet;
		uint64_t next_ms; /* when it is told how far it is */
	} of[CALLERS_UPDATES];
};

/* Begins; replies follow. Returns what is wrong, or NULL. */
const char *updates_begin(struct updates *updates, struct rdl_lines_client *client,
	const struct command *command, uint64_t now_ms);
/* Once a round; returns in how many milliseconds it wants the next one, -1: none is under way. */
int updates_work(struct updates *updates, uint64_t now_ms);
/* The client is about to be let go of. */
void updates_closed(struct updates *updates, const struct rdl_lines_client *client);

#endif
