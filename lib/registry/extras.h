/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * extras: what few registrations have and does not fit a record: the rest of an endpoint name of
 * more than RDL_NAME_INLINE octets, and parameters (each one octet of length and `key[=value]`).
 * One block of the store for both: that of a urn:uuid: name, of 45 octets, takes 32.
 */
#ifndef RDL_REGISTRY_EXTRAS_H
#define RDL_REGISTRY_EXTRAS_H

#include "record.h"
#include "store.h"

#define RDL_EXTRAS_HEAD 4 /* octets of a block before what is left of the name */

/* A block with what the record does not hold of a long name, and the parameters. */
struct rdl_extras_want {
	struct rdl_span name; /* whole; empty: it is short */
	struct rdl_span parameters; /* no more than RDL_REGISTRY_PARAMETERS_MAX octets */
};

static inline bool rdl_extras_none(const struct rdl_extras_want *want)
{
	return want->name.len + want->parameters.len == 0;
}

/* RDL_STORE_NONE when there is no room for this claim. Something is wanted. */
uint32_t rdl_extras_create(struct rdl_store *store, const struct rdl_extras_want *want,
	const struct rdl_store_claim *claim);
/* True when they would fit a block that is there, of the same name; it may then be written over. */
bool rdl_extras_fits(
	const struct rdl_store *store, uint32_t block, const struct rdl_extras_want *want);
void rdl_extras_write_over(
	struct rdl_store *store, uint32_t block, const struct rdl_extras_want *want);
/* RDL_STORE_NONE is none. */
void rdl_extras_free(struct rdl_store *store, uint32_t block);

/*
 * The parameters of a record, those given in place of those with the same key, in `merged`; false
 * when they are more than it holds.
 */
bool rdl_extras_merge(const struct rdl_store *store, const struct rdl_record *record,
	struct rdl_span given, struct rdl_cursor *merged);

/* Which members of a record's differ from what is given: 1 << enum rdl_member. */
unsigned rdl_extras_changed(
	const struct rdl_store *store, const struct rdl_record *record, struct rdl_span given);

/* The name of a registration; one that is long is put together in `whole`. */
struct rdl_span rdl_extras_endpoint(const struct rdl_store *store, const struct rdl_record *record,
	uint8_t whole[RDL_ENDPOINT_MAX]);
bool rdl_extras_is_endpoint(
	const struct rdl_store *store, const struct rdl_record *record, struct rdl_span endpoint);
struct rdl_span rdl_extras_parameters(
	const struct rdl_store *store, const struct rdl_record *record);

/* What a record has of them, which is something. */
struct rdl_store_piece rdl_extras_piece(
	const struct rdl_store *store, const struct rdl_record *record);

#endif
