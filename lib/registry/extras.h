/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * extras: what few registrations have and does not fit a record: an endpoint name of more than
 * RDL_NAME_INLINE octets, and parameters (each one octet of length and `key[=value]`). One block of
 * the store for both.
 */
#ifndef RDL_REGISTRY_EXTRAS_H
#define RDL_REGISTRY_EXTRAS_H

#include "record.h"
#include "store.h"

#define RDL_EXTRAS_HEAD 4 /* octets of a block before the name */

/* False when there is no room. *block is RDL_STORE_NONE when there is nothing to keep. */
bool rdl_extras_create(struct rdl_store *store, struct rdl_span endpoint,
	struct rdl_span parameters, uint32_t *block);
/*
 * The record's extras, the given parameters in place of those with the same key. The record is not
 * changed.
 */
bool rdl_extras_merge(struct rdl_store *store, const struct rdl_record *record,
	struct rdl_span parameters, uint32_t *block);
void rdl_extras_free(struct rdl_store *store, uint32_t block);

struct rdl_span rdl_extras_endpoint(const struct rdl_store *store, const struct rdl_record *record);
struct rdl_span rdl_extras_parameters(
	const struct rdl_store *store, const struct rdl_record *record);

#endif
