/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * established: the gateway's side of the fleet's DTLS sessions, as handshakes would have left them:
 * one for each endpoint, of an identity that may register it.
 */
#ifndef RDL_BENCH_ESTABLISHED_H
#define RDL_BENCH_ESTABLISHED_H

#include "daemon.h"
#include "secure.h"

/*
 * The gateway is told to have credentials in this folder: an empty database is made there, and
 * removed once the gateway has opened it. False after saying why.
 */
bool established_database(const char *directory);
void established_forget_database(const char *directory);

/* A session for each endpoint of the fleet, which is told its name. One worker has them all. */
bool established_open(struct daemon *daemon, struct secure *secure, const struct packets *packets);

/* Octets of a gateway's memory for each of so many sessions, and of which parts. */
void established_print(const struct daemon *daemon, uint64_t sessions, bool json);

#endif
