/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * waiting: the parcels that a handshaker has not looked at yet, and whose turn it is. Records of
 * open sessions come before handshakes, those under way before new ones, pre-shared keys before
 * certificates, and none waits for ever.
 */
#ifndef RDL_WAITING_H
#define RDL_WAITING_H

#include "handshake.h"

/* A parcel, and the worker that it came from. */
struct waiting {
	struct rdl_dtls_parcel *parcel;
	unsigned from;
};

/* Of one class: first in, first out. */
struct waiting_line {
	struct waiting *all; /* `mask` and one */
	unsigned mask, first, count;
	unsigned passed_over; /* turns of others while it had something */
};

struct waiting_lines {
	struct waiting_line of[RDL_HANDSHAKE_CLASSES];
};

/* So many at most, whatever their classes. Returns -1 without memory; may be ended then. */
int waiting_init(struct waiting_lines *lines, unsigned most);
void waiting_fini(struct waiting_lines *lines);
void waiting_add(
	struct waiting_lines *lines, enum rdl_handshake_class class, struct waiting waiting);
/* The next whose turn it is; false: nobody waits. */
bool waiting_next(struct waiting_lines *lines, struct waiting *waiting);

#endif
