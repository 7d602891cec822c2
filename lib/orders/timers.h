/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * timers: which dialogue is due next. A hashed timing wheel (Varghese, Lauck, scheme 6): a bucket
 * for each 16 ms of the next minute; what is due later is looked at once a minute.
 *
 * A later time moves nothing: the entry is looked at when its old one comes, and put where it
 * belongs then. So a dialogue whose orders are answered at once is moved once in some seconds.
 */
#ifndef RDL_ORDERS_TIMERS_H
#define RDL_ORDERS_TIMERS_H

#include "linked.h"

#define RDL_TIMERS_TICK_MS 16
#define RDL_TIMERS_SLOTS 4096

struct rdl_timers {
	struct rdl_list_links *links; /* heads first, then entries */
	uint64_t *ticks; /* of each entry in a bucket: when it is looked at */
	uint64_t *due_ms; /* of each entry; UINT64_MAX: never */
	uint32_t entries;
	uint64_t tick; /* all before it has been looked at */
	uint64_t start_ms;
};

/* Lays its parts behind *end; `memory` NULL: only counts. */
void rdl_timers_lay(struct rdl_timers *timers, uint32_t entries, void *memory, size_t *end);
void rdl_timers_init(struct rdl_timers *timers, uint64_t now_ms);

/* From now on it is due then, and never before. */
void rdl_timers_set(struct rdl_timers *timers, uint32_t entry, uint64_t due_ms);

#define RDL_TIMERS_NONE UINT32_MAX
/*
 * The next entry that is due, which is due no more; or RDL_TIMERS_NONE. Each that is looked at
 * takes one off *budget.
 */
uint32_t rdl_timers_pop(struct rdl_timers *timers, uint64_t now_ms, unsigned *budget);

#endif
