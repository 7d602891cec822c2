/* SPDX-License-Identifier: BSD-3-Clause */
/* Identities for tests of what is given their numbers. */
#ifndef RDL_TEST_IDENTITIES_MADE_H
#define RDL_TEST_IDENTITIES_MADE_H

#include "identities.h"

/* Room for so many; to be freed. */
struct rdl_identities *identities_made(uint32_t count);

/* The number of one without names, held once. */
uint32_t identity_made(
	struct rdl_identities *known, enum rdl_identity_mode mode, struct rdl_span octets);
uint32_t identity_made_psk(struct rdl_identities *known, const char *text);

/*
 * Half a minute passes, from a time on that is later with each call: whom nobody holds is
 * forgotten.
 */
void identities_settle(struct rdl_identities *known, uint64_t from_ms);
/* Of those that are left. */
uint32_t identities_count(struct rdl_identities *known);

#endif
