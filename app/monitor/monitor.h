/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * monitor: what the main thread looks at once a second, and at links more often, while the others
 * work: whether cores make rounds, ports have a link, routers answer, others claim our addresses,
 * the NIC drops, requests are shed, and the table fills. It says in the log what changes.
 */
#ifndef RDL_MONITOR_H
#define RDL_MONITOR_H

#include "callers.h"
#include "conf.h"
#include "handshakers.h"
#include "keeping.h"
#include "recall.h"
#include "shard_core.h"
#include "worker.h"

#define MONITOR_MS 1000
/* The same for links alone: whoever moves a cable is slower. */
#define MONITOR_LINKS_MS 100

/* The gateway as those see it who look on, and touch nothing. */
struct watched {
	const struct rdl_conf *conf;
	const struct rdl_pktio *pktio;
	const struct rdl_interface *interfaces; /* conf->port_count */
	struct rdl_neighbours *neighbours; /* told when a link comes up */
	const struct worker *const *workers; /* conf->workers */
	const struct owners *owners; /* conf->shards; may be asked */
	const struct handshakers *handshakers; /* NULL: there is no DTLS */
	const struct keeping *keeping; /* NULL: nothing outlives the process */
	const struct callers *callers; /* NULL: devices are asked nothing */
	struct recall *recall; /* NULL: nobody can subscribe to events */
};

/* On top of `sum`, what all cores count and have: by anybody. */
void watched_stats(const struct watched *watched, struct rdl_stats *sum);
/* The same of requests to devices. */
void watched_orders(const struct watched *watched, struct rdl_orders_counts *sum);

struct monitor;

/*
 * After the set-up, by the main thread, as all that follow;
 * logs and returns NULL without memory.
 */
struct monitor *monitor_open(const struct watched *watched);
void monitor_look(struct monitor *monitor);
/* The same of links: one that is down and up again within a second is told of, too. */
void monitor_look_at_links(struct monitor *monitor);
/* Whether every worker and shard made rounds when it looked last. */
bool monitor_cores_go_on(const struct monitor *monitor);
void monitor_close(struct monitor *monitor);

/* A port as it was last looked at. Written by the main thread, read by anybody (relaxed). */
struct monitor_port {
	uint64_t there; /* 0: its interface or device is gone */
	uint64_t link;
	/* The NIC's, and its driver's. */
	uint64_t rx_missed, rx_no_buffer, rx_errors, tx_errors;
};
const struct monitor_port *monitor_port(const struct monitor *monitor, unsigned port);

#endif
