/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one capture that may be under way: from the workers' rings to the client that has asked for
 * it, as blocks of a pcapng file. Used by the console's thread.
 */
#ifndef RDL_CONSOLE_CAPTURE_STREAM_H
#define RDL_CONSOLE_CAPTURE_STREAM_H

#include "commands.h"
#include "pcapng.h"

struct capture {
	const struct console_sources *sources; /* set by the owner */
	struct console_captures counts;
	/* All zero at first. */
	struct rdl_lines_client *client; /* NULL: none is under way */
	struct rdl_capture_wish wish;
	uint64_t count; /* of packets, after which it ends */
	uint64_t packets; /* so far: the number of the last one */
	uint64_t requests[WORKERS_MAX]; /* the number of each one's last packet that came in */
	uint64_t end_ms, ask_ms; /* when it ends, and when the endpoint's owner is asked again */
	uint64_t sent, moved_ms; /* octets that the client has taken, and when it last took any */
	uint8_t block[RDL_PCAPNG_BLOCK_MAX(RDL_CAPTURE_SNAP, RDL_CAPTURED_TEXT_MAX)];
};

/* Begins: what follows goes to this client. Returns what is wrong, or NULL. */
const char *capture_begin(
	struct capture *capture, struct rdl_lines_client *client, const struct command *command);
/* Once a round; returns in how many milliseconds it wants the next one, -1: none is under way. */
int capture_work(struct capture *capture);
/* The gateway stops: what there is, and the end. */
void capture_stop(struct capture *capture);
/* The client is about to be let go of. */
void capture_closed(struct capture *capture, const struct rdl_lines_client *client);

/*
 * capture_wish.c: what is wanted, as the command says it. Returns what is wrong, or NULL. By
 * endpoint it is asked from its owner where that is; false: it did not answer in time, and nothing
 * has changed.
 */
const char *capture_read_wish(const struct command *command, struct rdl_capture_wish *wish);
RDL_MUST_CHECK bool capture_ask_endpoint(
	const struct owners *owners, struct rdl_capture_wish *wish);

#endif
