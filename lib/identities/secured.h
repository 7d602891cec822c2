/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * secured: the endpoint names that may not register in clear text, as a set of their digests. One
 * thread at a time adds and removes; any core asks meanwhile, and waits for nobody. Nothing is
 * allocated after the start.
 */
#ifndef RDL_IDENTITIES_SECURED_H
#define RDL_IDENTITIES_SECURED_H

#include "endpoint.h"

struct rdl_secured;

/* 13 octets a name. */
size_t rdl_secured_memory(uint64_t names);
/* `memory` is zero, aligned to a cache line, and the caller's. */
struct rdl_secured *rdl_secured_init(uint64_t names, void *memory);

/*
 * Names are counted, since several credentials may have one: as often as one was added, it is to be
 * removed. One that is there RDL_SECURED_TIMES stays. False: there is no room.
 */
#define RDL_SECURED_TIMES 127
RDL_MUST_CHECK bool rdl_secured_add(struct rdl_secured *secured, struct rdl_endpoint_digest digest);
/* What is not there is not removed. */
void rdl_secured_remove(struct rdl_secured *secured, struct rdl_endpoint_digest digest);

/*
 * When it is no longer known what to remove: begins anew, and all that is to be there is added.
 * What was there before stays until the end, so that no name is missing meanwhile. Begun once more
 * before the end, what has been added since is of before, too.
 */
void rdl_secured_begin(struct rdl_secured *secured);
void rdl_secured_end(struct rdl_secured *secured);

/* One name in two million million that are not there is taken for one that is. */
bool rdl_secured_has(const struct rdl_secured *secured, struct rdl_endpoint_digest digest);
/* Different names. */
uint64_t rdl_secured_count(const struct rdl_secured *secured);

#endif
