/* SPDX-License-Identifier: BSD-3-Clause */
/* What devices send next. */
#ifndef RDL_MODEL_TRAFFIC_H
#define RDL_MODEL_TRAFFIC_H

#include "model_messages.h"

/* How often what is sent, and how fast time passes. */
struct phase {
	const char *name;
	unsigned registers, updates, deregisters, formers, recents, lates, variants, blocks, faults,
		others, aliens;
	unsigned fat; /* of a hundred requests */
	unsigned pause_ms; /* between bursts, at the most */
	unsigned long_lives; /* of a hundred registrations */
	unsigned operations; /* so many, from half to one and a half times */
	unsigned held; /* of a hundred bursts, with whose changes the shard is slow */
	bool leap; /* ends with one over most lifetimes */
};
extern const struct phase *phase;

void phase_next(void);

/* Requests one behind the other go to few endpoints at times. */
struct endpoint *some_endpoint(void);

bool is_fat(void);
struct kept_list some_list(enum list_size size, bool mandatory, unsigned root, bool declared);

/* Of a Register; all that it leaves out has a default. */
struct facts register_facts(bool fat);

struct facts update_facts(const struct place *place, bool fat);
/* In which session or in none, and from where. */
void put_origin(struct sent *head, struct endpoint *e);
struct sent *some_register(void);

/*
 * Anything else, to a location of an endpoint's:
 * its last, or one that it had before. NULL: it never had any.
 */
struct sent *to_location(enum what what, bool former);

struct sent *some_fault(void);
struct sent *some_late(void);

/* What looks like a copy and is none: another token, or another source. */
struct sent *some_variant(void);

#endif
