/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between telemetry's files. Callbacks run on threads of DPDK's:
 * they read counters, and ask owners by mailbox.
 */
#ifndef RDL_TELEMETRY_INTERNAL_H
#define RDL_TELEMETRY_INTERNAL_H

#include <errno.h>

#include <rte_telemetry.h>

#include "telemetry.h"

/*
 * The daemon, held for the length of one callback;
 * NULL when it is going down. Release it if not NULL.
 */
const struct telemetry *telemetry_hold(void);
void telemetry_let_go(void);

/* Cuts off all clients of the socket, and waits until their threads are done. */
void telemetry_end(void);

/* 23.03 renamed it; counters are u64 wherever we run. */
static inline int tel_u64(struct rte_tel_data *d, const char *name, uint64_t value)
{
	return rte_tel_data_add_dict_u64(d, name, value);
}

static inline uint64_t relaxed(const uint64_t *value)
{
	return __atomic_load_n(value, __ATOMIC_RELAXED);
}

/* "N" below `count`, or -1. */
int tel_index(const char *params, unsigned count);

/* The entry `mac`. */
void tel_mac(struct rte_tel_data *d, const uint8_t mac[6]);

/* All ports as one: `links_up` of `ports`, and what they have lost. */
void tel_ports(struct rte_tel_data *d, const struct telemetry *from);

/* The connections of a UNIX socket. */
void tel_lines(struct rte_tel_data *d, const struct rdl_lines_counts *counts);

/* A dictionary entry that is an array of its own: NULL without memory. */
struct rte_tel_data *tel_array(enum rte_tel_value_type type);

/*
 * `name`: the text, printable ASCII, as far as one string goes; `parts_name`: all of it, in an
 * array, where it does not go into one.
 */
void tel_text(struct rte_tel_data *d, const char *name, const char *parts_name, const char *text,
	size_t len);
/* The same of any octets, percent-encoded; no more than 255 of them. */
void tel_encoded(
	struct rte_tel_data *d, const char *name, const char *parts_name, struct rdl_span value);

/*
 * A list of texts: those that fit one string in an array, longer ones beside it, each an array of
 * its parts, in a dictionary by number: DPDK writes no array of arrays inside another container.
 */
struct tel_texts {
	struct rte_tel_data *array, *parts;
	unsigned parts_count;
};
/* The most octets of a reply that a value takes in such a list. */
size_t tel_text_octets(struct rdl_span value);
void tel_texts_add(struct tel_texts *texts, struct rdl_span value);
/* Hands the lists over to `d`. */
void tel_texts_put(
	struct tel_texts *texts, struct rte_tel_data *d, const char *name, const char *parts_name);

/* Links `from` on of an object list, `most` of them, as the array `objects`. */
void tel_links(
	struct rte_tel_data *d, const struct rdl_object_list *list, uint32_t from, uint32_t most);

/*
 * Asks the owner of the endpoint whose percent-encoded name is the first `len` octets of `text`,
 * and has `put` write what it says into the dictionary d; {} when there is no such registration,
 * null when the owner did not answer in time.
 */
void telemetry_ask(const struct telemetry *from, const char *text, size_t len,
	struct rte_tel_data *d,
	void (*put)(struct rte_tel_data *d, const struct telemetry *from,
		const struct question *answer, uint64_t argument),
	uint64_t argument);

int telemetry_port(const char *cmd, const char *params, struct rte_tel_data *d);
int telemetry_neighbours(const char *cmd, const char *params, struct rte_tel_data *d);
int telemetry_control(const char *cmd, const char *params, struct rte_tel_data *d);
int telemetry_dtls(const char *cmd, const char *params, struct rte_tel_data *d);
int telemetry_state(const char *cmd, const char *params, struct rte_tel_data *d);
int telemetry_latency(const char *cmd, const char *params, struct rte_tel_data *d);
int telemetry_requests(const char *cmd, const char *params, struct rte_tel_data *d);
int telemetry_events(const char *cmd, const char *params, struct rte_tel_data *d);
int telemetry_registration(const char *cmd, const char *params, struct rte_tel_data *d);
int telemetry_objects(const char *cmd, const char *params, struct rte_tel_data *d);
int telemetry_registrations(const char *cmd, const char *params, struct rte_tel_data *d);

#endif
