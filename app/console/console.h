/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * console: the control socket. Requests and replies are JSON, a line each: {"command": "show",
 * "endpoint": "..."}. On a thread of its own, which asks owners by mailbox.
 */
#ifndef RDL_CONSOLE_H
#define RDL_CONSOLE_H

#include "callers.h"
#include "capture.h"
#include "conf.h"
#include "keeping.h"
#include "recall.h"
#include "lines.h"
#include "refusals.h"
#include "shard_core.h"

struct console;
struct handshakers;

/* What its commands show. */
struct console_sources {
	const struct owners *owners;
	struct rdl_event_facts facts;
	uint64_t registrations_max;
	/* The last change of the credentials that holds at the gateway; NULL: it has none. */
	const uint64_t *credential_changes;
	const struct keeping *keeping; /* NULL: nothing outlives the process */
	struct recall *recall; /* NULL: nobody can subscribe to events */
	struct callers *callers; /* NULL: nothing is sent to devices */
	struct rdl_rulebook *rulebook;
	const struct handshakers *handshakers; /* NULL: there is no DTLS */
	bool clear_text; /* devices may register in it */
	unsigned worker_count;
	const struct rdl_refusals *refusals[WORKERS_MAX];
	const struct rdl_stats *stats[WORKERS_MAX];
	struct rdl_capture *captures[WORKERS_MAX]; /* the console's to read */
	unsigned port_count;
	const char *ports[RDL_CONF_PORTS_MAX]; /* their devices */
};

/*
 * Makes the socket, when the configuration has one: *console is NULL when it has none, and may be
 * so below. Logs and returns -1 when it cannot. By the main thread, as all that follow.
 */
int console_open(const struct rdl_conf *conf, struct console **console);
/* Begins to serve, once the sources are there. */
int console_start(struct console *console, const struct console_sources *sources);
/* Before the shards end: the thread is gone, the counts stay until console_close(). */
void console_stop(struct console *console);
void console_close(struct console *console);

/* Of captures, ever. Written by the console's thread, read by anybody (relaxed). */
struct console_captures {
	uint64_t begun, packets;
	uint64_t lost; /* in those that are over */
};
const struct console_captures *console_captures(const struct console *console);
const struct rdl_lines_counts *console_lines_counts(const struct console *console);

#endif
