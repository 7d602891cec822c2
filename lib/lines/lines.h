/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lines: a UNIX socket that speaks lines, on a thread of its own: many clients, each with bounded
 * buffers, none of which can hold up another. All callbacks run on that thread.
 */
#ifndef RDL_LINES_H
#define RDL_LINES_H

#include "outbox.h"
#include "thread.h"

/* Octets of the longest line with its end, where nothing else is said. */
#define RDL_LINES_MAX 4096

struct rdl_lines;

struct rdl_lines_client {
	struct rdl_lines *lines;
	int fd;
	bool keeps; /* stays connected though it says nothing, or nothing more */
	bool ended; /* says nothing more */
	bool dead; /* to be let go of */
	bool waits; /* until its socket takes more */
	uint64_t heard_ms;
	size_t line_len;
	char *line; /* of config.line_octets */
	struct rdl_outbox out;
	void *state; /* the owner's */
};

/* Where a socket is, and what put it there. */
struct rdl_lines_place {
	const char *path;
	const char *group; /* who may connect besides this process's user; NULL: its own group */
	unsigned mode; /* 0: 0660 */
	/* Of the configuration that wants it, for what is said of it. */
	const char *file;
	unsigned line;
};

struct rdl_lines_config {
	const char *area; /* in the log, and the thread's name */
	struct rdl_lines_place at;
	unsigned clients_max;
	size_t out_octets; /* of each client's buffer */
	size_t line_octets; /* of the longest line with its end; 0: RDL_LINES_MAX */
	unsigned idle_ms; /* after which a silent client is sent away, unless it `keeps` */
	/*
	 * A line of `len` octets, without its end; not UTF-8, nor anything else, as long as nobody
	 * has looked.
	 */
	void (*line)(struct rdl_lines_client *client, const char *text, size_t len);
	void (*closed)(struct rdl_lines_client *client); /* it is about to be freed; may be NULL */
	/*
	 * Once a round; returns in how many milliseconds it wants the next one at the latest, -1:
	 * never. May be NULL.
	 */
	int (*work)(struct rdl_lines *lines);
	/*
	 * The last that the thread does; what clients are told then is sent as far as they take it
	 * at once. May be NULL.
	 */
	void (*stop)(struct rdl_lines *lines);
	void *owner;
};

/* Written by the thread that serves, read by anybody (relaxed). */
struct rdl_lines_counts {
	uint64_t clients; /* now */
	uint64_t accepted, turned_away; /* ever; the others found `clients_max` */
	uint64_t errors; /* error lines sent */
	uint64_t let_go; /* clients let go of because they did not read */
};

struct rdl_lines {
	struct rdl_lines_config config;
	struct rdl_lines_counts counts;
	int listener, epoll, wake;
	bool paused; /* no descriptors left: looks for clients again later */
	struct rdl_thread thread;
	unsigned client_count;
	struct rdl_lines_client *clients[]; /* of config.clients_max */
};

/*
 * Makes the socket in place of one that nobody serves; logs and returns NULL when it
 * cannot. Nobody is served before rdl_lines_start().
 */
RDL_MUST_CHECK struct rdl_lines *rdl_lines_open(const struct rdl_lines_config *config);
RDL_MUST_CHECK int rdl_lines_start(struct rdl_lines *lines);
/*
 * Ends the thread, takes the socket away, lets go of all clients. `lines` may be NULL, here and
 * below.
 */
void rdl_lines_stop(struct rdl_lines *lines);
void rdl_lines_close(struct rdl_lines *lines);

/* Has the thread make a round now. By any thread, from rdl_lines_start() to rdl_lines_stop(). */
void rdl_lines_wake(struct rdl_lines *lines);

/* Adds to what waits for the client; false, and nothing added, when there is no room. */
static inline bool rdl_lines_put(struct rdl_lines_client *client, const void *data, size_t len)
{
	return rdl_outbox_put(&client->out, data, len);
}
/* Sends what the socket takes now, to make room. */
void rdl_lines_send(struct rdl_lines_client *client);
/* {"error":"..."}: `text` is plain. */
void rdl_lines_error(struct rdl_lines_client *client, const char *text);
/* The same as its last words. */
void rdl_lines_refuse(struct rdl_lines_client *client, const char *text);

static inline void rdl_lines_count(uint64_t *counter)
{
	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

#endif
