/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exchange: which requests a record has seen performed, by the digest of source and datagram: the
 * Register that its registration began with, and the last others. A client has one request under
 * way (NSTART is 1), so they cover every retransmission that is not very late.
 */
#ifndef RDL_REGISTRY_EXCHANGE_H
#define RDL_REGISTRY_EXCHANGE_H

#include "record.h"

/*
 * Remembers that the request now performed on the
 * record is `exchange`, an Update or De-register.
 */
void rdl_exchange_note(struct rdl_record *record, uint64_t exchange, uint32_t second);

/*
 * Before a Register replaces another, or follows its De-register: the former one joins the others,
 * where its time has it: behind all that came after it.
 */
void rdl_exchange_keep_register(struct rdl_record *record);

/*
 * The registration has ended in a way that its clients were not told:
 * nothing that it was asked for is remembered.
 */
void rdl_exchange_forget(struct rdl_record *record);

/* Nothing is remembered of a former endpoint. */
void rdl_exchange_clear(struct rdl_record *record);

/*
 * A request that was performed:
 * when, and of the location that it made or went to, what a Register's answer told.
 */
struct rdl_exchange {
	uint32_t age_s;
	uint32_t generation;
	uint8_t version_class;
	bool rooted;
};
/* False when the record knows nothing of it. */
bool rdl_exchange_find(const struct rdl_record *record, uint64_t exchange, uint32_t second,
	struct rdl_exchange *found);

/* True when a request other than the Register is remembered that is younger than `lifetime_s`. */
bool rdl_exchange_remembers(const struct rdl_record *record, uint32_t second, uint32_t lifetime_s);

#endif
