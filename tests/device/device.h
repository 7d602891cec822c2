/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device: a LwM2M device on libcoap 3, for the system tests. It registers and lets itself be
 * managed; lines of standard input say what it does, and it writes a line of everything that
 * happens to it.
 */
#ifndef RDL_DEVICE_H
#define RDL_DEVICE_H

#include <coap3/coap.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_PATH_MAX 64
#define DEVICE_VALUES_MAX 256
#define DEVICE_QUERIES_MAX 16

struct device;

/* An object, an instance or a resource of one, each of them a resource of libcoap's. */
struct value {
	struct device *device;
	char path[DEVICE_PATH_MAX]; /* as "3/0/0", without the alternate path */
	bool leaf; /* a resource, which has a value */
	bool executable;
	uint16_t format;
	uint8_t *octets;
	size_t len;
	int delay_ms; /* before it is answered, separately; negative: never, after an ACK */
	coap_resource_t *resource; /* NULL: there is none here */
};

struct device {
	coap_context_t *context;
	coap_session_t *session;
	coap_address_t server;
	/* NULL: in clear text. */
	const char *identity;
	const char *key;
	const char *endpoint, *lifetime, *version, *binding;
	const char *root; /* the alternate path without slashes; NULL: none */
	const char *objects; /* NULL: a list of what there is */
	const char *queries[DEVICE_QUERIES_MAX]; /* more of them, in the Register */
	unsigned query_count;
	char location[DEVICE_PATH_MAX]; /* empty: not registered */
	unsigned requests;
	bool trigger; /* it was told to send an Update */
	struct value values[DEVICE_VALUES_MAX];
};

/* Writes a line, at once. */
void device_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes the few objects that every device has. */
void objects_start(struct device *device);
/* Gives a resource a value, makes it where there is none, and tells observers. */
struct value *objects_set(
	struct device *device, const char *path, const uint8_t *octets, size_t len);
/* NULL where there is none. */
struct value *objects_find(struct device *device, const char *path);
/* In CoRE Link Format: instances at or below `path` ("": all), or everything that is there. */
size_t objects_links(
	const struct device *device, const char *path, bool leaves, char *text, size_t size);

/* A new session with the server, from a new port: false where none can be had. */
bool registration_open(struct device *device);
void registration_register(struct device *device);
/* `queries`: separated by spaces; it is changed. */
void registration_update(struct device *device, char *queries);
void registration_deregister(struct device *device);
/* The Send operation. */
void registration_send(struct device *device, const char *payload);

#endif
