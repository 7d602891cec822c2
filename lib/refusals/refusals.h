/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * refusals: the last requests that a worker refused, or dropped in silence, for people who ask why.
 * Written by the worker's core alone, and only then; read by any thread, which never holds the
 * worker up.
 */
#ifndef RDL_REFUSALS_H
#define RDL_REFUSALS_H

#include "identities.h"
#include "lwm2m.h"
#include "sheds.h"

#define RDL_REFUSALS 256 /* that are kept */
#define RDL_REFUSAL_PARAMETER_MAX 32
#define RDL_REFUSAL_PATH_MAX 64
/* Of an object list: around where it breaks the grammar. */
#define RDL_REFUSAL_EXCERPT_MAX 62

struct rdl_refusal {
	uint64_t time_ms;
	struct rdl_peer peer;
	struct rdl_location location; /* when `located` */
	uint32_t number; /* of its detail, where the reason has one */
	uint32_t identity; /* whose secure session it came in; 0: none's */
	uint8_t operation; /* enum rdl_operation */
	uint8_t reason; /* enum rdl_reason */
	bool located;
	uint8_t endpoint_len; /* as sent, whatever it was, as far as it went; 0: not said */
	uint8_t parameter_len; /* of the parameter at fault, cut; 0: no one in particular */
	uint8_t path_len; /* what was asked for, unless `located`; percent-encoded, cut */
	uint8_t parameter[RDL_REFUSAL_PARAMETER_MAX];
	uint8_t path[RDL_REFUSAL_PATH_MAX];
	uint8_t excerpt_len, excerpt_fault; /* and which octet of it is at fault, or its end */
	uint8_t excerpt[RDL_REFUSAL_EXCERPT_MAX];
	uint8_t endpoint[RDL_ENDPOINT_MAX];
};

#define RDL_REFUSAL_WORDS (sizeof(struct rdl_refusal) / sizeof(uint64_t))

struct rdl_refusals {
	uint64_t count; /* ever */
	/* The owner's; NULL where nobody has any. Those of refusals that are kept are held. */
	struct rdl_identities *identities;
	struct {
		uint64_t version; /* 2 * number + 2; one less while it is written */
		uint32_t held; /* the worker's own: the identity */
		uint64_t words[RDL_REFUSAL_WORDS];
	} slots[RDL_REFUSALS];
	struct rdl_sheds sheds;
};

/* By the worker, by whom the refusal's identity is known now. */
void rdl_refusals_add(struct rdl_refusals *refusals, const struct rdl_refusal *refusal);

/*
 * By anybody: how many there were; the one of a number, false when it has made way for a later one.
 * Its identity lasts RDL_IDENTITIES_LINGER_S from now on, at least.
 */
uint64_t rdl_refusals_count(const struct rdl_refusals *refusals);
RDL_MUST_CHECK bool rdl_refusals_get(
	const struct rdl_refusals *refusals, uint64_t number, struct rdl_refusal *refusal);

/*
 * No refusal's text is longer:
 * names of 252 octets, which may take six each, and all the rest.
 */
#define RDL_REFUSAL_TEXT_MAX (3072 + RDL_IDENTITIES_JSON_MAX)

/* Its members as JSON, without braces. `wall_ms` makes its time milliseconds since 1970. */
void rdl_refusal_text(struct rdl_cursor *reply, const struct rdl_refusal *refusal,
	const struct rdl_speck *location_key, const struct rdl_identities *identities,
	uint64_t wall_ms);

#endif
