/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A UNIX socket that speaks lines, on a thread of its own: many clients, each with bounded buffers, none of which can
 * hold up another. All callbacks run on that thread.
 */
#ifndef RDL_APP_SERVER_H
#define RDL_APP_SERVER_H

#include "conf.h"
#include "outbox.h"

#define SERVER_LINE_MAX 4096

struct server;

struct client {
	struct server *server;
	int fd;
	bool keeps; /* stays connected though it says nothing, or nothing more */
	bool ended; /* says nothing more */
	bool dead; /* to be let go of */
	bool waits; /* until its socket takes more */
	uint64_t heard_ms;
	size_t line_len;
	char line[SERVER_LINE_MAX];
	struct outbox out;
	void *state; /* the owner's */
};

struct server_config {
	const char *area; /* in the log, and the thread's name */
	const struct rdl_conf_socket *socket;
	unsigned clients_max;
	size_t out_octets; /* of each client's buffer */
	unsigned idle_ms; /* after which a silent client is sent away, unless it `keeps` */
	/* A line of `len` octets, without its end; not UTF-8, nor anything else, as long as nobody has looked. */
	void (*line)(struct client *client, const char *text, size_t len);
	void (*closed)(struct client *client); /* it is about to be freed; may be NULL */
	/* Once a round; returns in how many milliseconds it wants the next one at the latest, -1: never. May be NULL. */
	int (*work)(struct server *server);
	void *owner;
};

/* Written by the server's thread, read by anybody (relaxed). */
struct server_counts {
	uint64_t clients; /* now */
	uint64_t accepted, turned_away; /* ever; the others found `clients_max` */
	uint64_t errors; /* error lines sent */
	uint64_t let_go; /* clients let go of because they did not read */
};

struct server {
	struct server_config config;
	struct server_counts counts;
	int listener, epoll, wake;
	bool paused; /* no descriptors left: looks for clients again later */
	int stopping;
	bool running;
	unsigned long thread; /* pthread_t */
	unsigned client_count;
	struct client *clients[]; /* of config.clients_max */
};

/* Makes the socket; logs and returns NULL when it cannot. Nobody is served before server_start(). */
struct server *server_open(const struct server_config *config);
int server_start(struct server *server);
/* Ends the thread, takes the socket away, lets go of all clients. `server` may be NULL, here and below. */
void server_stop(struct server *server);
void server_close(struct server *server);

/* Adds to what waits for the client; false, and nothing added, when there is no room. */
static inline bool client_put(struct client *client, const void *data, size_t len)
{
	return outbox_put(&client->out, data, len);
}
/* Sends what the socket takes now, to make room. */
void client_send(struct client *client);
/* {"error":"..."}: `text` is plain. */
void client_error(struct client *client, const char *text);
/* The same as its last words. */
void client_refuse(struct client *client, const char *text);

static inline void server_count(uint64_t *counter)
{
	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

/* listen.c: a listening socket of mode 0660 at the path, in place of one that nobody serves; -1 after logging why not. */
int listen_at(const struct rdl_conf_socket *socket, const char *area);

#endif
