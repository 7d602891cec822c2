/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keeper: follows the database of credentials while it changes: what is removed is believed no
 * more, what has other names may register those, and which endpoints are secured is kept.
 */
#ifndef RDL_KEEPER_H
#define RDL_KEEPER_H

#include "credentials.h"
#include "identities.h"
#include "secured.h"

/* Between two looks at it. */
#define KEEPER_MS 200

/* Written by the keeper's thread, read by anybody (relaxed). */
struct keeper_counts {
	uint64_t credentials; /* that there are */
	uint64_t added, changed, removed; /* since the start */
	uint64_t walks; /* when more had changed than the database remembers, or could tell */
	uint64_t failed; /* looks that the database did not answer */
	uint64_t unsecured; /* names for which the set had no room */
	uint64_t seen; /* the number of the database's last change that holds here, too */
};

struct keeper {
	/* Set by who makes it, zero otherwise. NULL: there is no database. */
	struct rdl_credentials *credentials;
	struct rdl_credentials_reader *reader; /* its own */
	struct rdl_identities *identities;
	struct rdl_secured *secured;
	struct rdl_key endpoint_key; /* of the endpoints' digests */
	struct keeper_counts counts;
	uint64_t position; /* of the last change that it knows; changes are numbered */
	uint64_t raw_position; /* of raw keys, which are walked through last: not before this */
	bool lost; /* it does not know what changed: all is to be read anew */
	bool settled; /* identities that came back from before the start have been looked up */
	uint64_t unsecured_said; /* of those counted */
	uint64_t reaped_ms, reclaimed_ms, complained_ms;
};

/* Before anybody registers: reads all that there is. Logs and returns -1 when it cannot. */
int keeper_load(struct keeper *keeper);
/* Every KEEPER_MS: what has changed. */
void keeper_look(struct keeper *keeper, uint64_t now_ms);

#endif
