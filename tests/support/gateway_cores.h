/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shards' side of a gateway in a process, to be asked: cores on real registries, which a thread
 * steps. EAL has been started.
 */
#ifndef RDL_TEST_GATEWAY_CORES_H
#define RDL_TEST_GATEWAY_CORES_H

#include "gateway.h"
#include "shard_core.h"

#define GATEWAY_CORES_MAX 4

/* So many of them, empty, of 1000 registrations each. Nobody steps them yet. */
void gateway_cores_start(unsigned shards);
void gateway_cores_stop(void);

extern struct owners gateway_owners;
/* Theirs: gateway_policy(), and no limits. */
extern struct rdl_rulebook gateway_rulebook;

/* `links` of them: object/0, object/1... To be freed. */
struct rdl_object_list *gateway_list(uint16_t object, uint16_t links);
/*
 * A Register from 192.0.2.7:5683 with the lifetime and that list, at its owner, while nobody steps;
 * where it is then.
 */
struct rdl_location gateway_register(
	const char *endpoint, uint32_t lifetime_s, const struct rdl_object_list *objects);
/* The same by an identity. */
struct rdl_location gateway_register_by(uint32_t identity, const char *endpoint,
	uint32_t lifetime_s, const struct rdl_object_list *objects);
/* The De-register of one that was registered so, the same way. */
void gateway_deregister(const struct rdl_location *location);

/* From here on a thread steps them, until it is told not to. */
void gateway_cores_run(void);
void gateway_cores_pause(void);

#endif
