/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * paths: those that are too narrow for some of what we send, as routers have told (RFC 1191, RFC
 * 8201): ten minutes each, of a fixed size. What is longer than its path takes goes out over IPv4
 * as one that routers may fragment (RFC 1191 section 3), and over IPv6 not at all: there our own
 * datagrams are no longer than what every path takes.
 *
 * One for all workers, of atomic words, without a lock. Pure: time is an argument.
 */
#ifndef RDL_PATHS_H
#define RDL_PATHS_H

#include "net.h"

#define RDL_PATHS_MS 600000 /* RFC 1191 section 6.3 */

struct rdl_paths;

/* Octets of memory for so many paths. */
size_t rdl_paths_memory(unsigned places);
/*
 * `memory` is the caller's: zero, aligned to a cache line. `key` is random: nobody outside can aim
 * at a place.
 */
struct rdl_paths *rdl_paths_init(void *memory, unsigned places, const struct rdl_key *key);

/* Packets to this address may be no longer: RDL_NEWS_TOO_BIG. Oldest ones of a bucket give way. */
void rdl_paths_learn(
	struct rdl_paths *paths, const uint8_t address[16], uint16_t mtu, uint64_t now_ms);

/* Of the path to an address; UINT16_MAX: nobody has told. */
uint16_t rdl_paths_mtu(const struct rdl_paths *paths, const uint8_t address[16], uint64_t now_ms);

/* Makes a finished IP frame of ours fit its path. False: it does not, and is not to be sent. */
RDL_MUST_CHECK bool rdl_paths_fit(
	struct rdl_paths *paths, struct rdl_frame *frame, uint64_t now_ms);

#endif
