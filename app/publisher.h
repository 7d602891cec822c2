/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * publisher: the thread that takes events from the shards' rings to the subscribers of a UNIX
 * socket. Shards never wait for it, and it never waits for a subscriber.
 */
#ifndef RDL_APP_PUBLISHER_H
#define RDL_APP_PUBLISHER_H

#include "lines.h"

struct daemon;
struct publisher;

/* Written by the publisher's thread, read by anybody (relaxed). */
struct publisher_counts {
	uint64_t subscribers; /* now */
	uint64_t events, rows; /* taken from the rings */
	uint64_t lost_ring; /* events that found a ring full */
	uint64_t lost_subscribers; /* lines that found a subscriber's buffer full */
	uint64_t walks; /* asked for */
	uint64_t refused, suppressed; /* refusals told, and beyond what a second tells */
};

/* Makes the socket, when the configuration has one; logs and returns -1 when it cannot. */
int publisher_open(struct daemon *daemon);
/* Begins to serve, once the shards are there. */
int publisher_start(struct daemon *daemon);
/* Before the shards end: the thread is gone, the counts stay until publisher_close(). */
void publisher_stop(struct daemon *daemon);
void publisher_close(struct daemon *daemon);

const struct publisher_counts *publisher_counts(const struct publisher *publisher);
const struct rdl_lines_counts *publisher_server_counts(const struct publisher *publisher);

#endif
