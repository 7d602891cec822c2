/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exchange: which requests a record has seen performed, by the digest of source and datagram. A client has one request
 * under way (NSTART is 1), so the last few cover every retransmission that is not very late.
 */
#ifndef RDL_REGISTRY_EXCHANGE_H
#define RDL_REGISTRY_EXCHANGE_H

#include "record.h"

/* Remembers that the request now performed on the record is `exchange`, an Update or De-register. */
void rdl_exchange_note(struct rdl_record *record, uint64_t exchange, uint32_t second);

/*
 * Before a Register is performed on a record that was used for the same endpoint: its last Register joins the others.
 */
void rdl_exchange_keep_register(struct rdl_record *record);

/* Nothing is remembered of a former endpoint. */
void rdl_exchange_clear(struct rdl_record *record);

/*
 * True when the record has seen this Register within `lifetime_s`; *generation, *rules and *rooted are those of the location
 * that it was given.
 */
bool rdl_exchange_find_register(const struct rdl_record *record, uint64_t exchange, uint32_t second,
	uint32_t lifetime_s, uint32_t *generation, uint8_t *rules, bool *rooted);

/* True when the record has seen this Update or De-register within `lifetime_s`. */
bool rdl_exchange_find(
	const struct rdl_record *record, uint64_t exchange, uint32_t second, uint32_t lifetime_s);

/* The second of the last exchange that is remembered. */
uint32_t rdl_exchange_last(const struct rdl_record *record);

#endif
