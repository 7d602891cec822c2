/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wheel: which registration ends next. A hierarchical timing wheel (Varghese, Lauck, scheme 7):
 * four levels of 256 buckets, one per octet of the deadline in seconds. A record lies on the level
 * of the highest octet in which its deadline differs from the present tick, so 32 bits of seconds
 * never wrap, and whole empty stretches are stepped over.
 *
 * A bucket is several chains: a fleet may end in one second, and one chain would be followed record
 * by record, a cache miss each; the heads of all chains are fetched side by side.
 */
#ifndef RDL_REGISTRY_WHEEL_H
#define RDL_REGISTRY_WHEEL_H

#include "slab.h"

#define RDL_WHEEL_LEVELS 4
#define RDL_WHEEL_SLOTS 256
#define RDL_WHEEL_CHAINS 8 /* by the low bits of the handle */

struct rdl_wheel {
	const struct rdl_slab *slab;
	uint32_t kept_until; /* no record that is `kept` ends sooner */
	uint32_t tick; /* all before it has been handed out */
	bool settled; /* so has all at the tick: nothing to do before the next second */
	uint64_t occupied[RDL_WHEEL_LEVELS][RDL_WHEEL_SLOTS / 64];
	rdl_handle heads[RDL_WHEEL_LEVELS * RDL_WHEEL_SLOTS][RDL_WHEEL_CHAINS];
};

void rdl_wheel_init(struct rdl_wheel *wheel, const struct rdl_slab *slab);

/* When a live record ends. */
static inline uint32_t rdl_wheel_end(const struct rdl_wheel *wheel, const struct rdl_record *record)
{
	return RDL_UNLIKELY(record->kept) && record->deadline < wheel->kept_until
		       ? wheel->kept_until
		       : record->deadline;
}

/* Puts a record where its end is; one that has passed is due at once. */
void rdl_wheel_start(struct rdl_wheel *wheel, rdl_handle handle);
void rdl_wheel_stop(struct rdl_wheel *wheel, rdl_handle handle);
/*
 * Gives a started record a new deadline, which is its end. A later one moves nothing: the record is
 * looked at when its old time comes, and put where it belongs then.
 */
void rdl_wheel_restart(struct rdl_wheel *wheel, rdl_handle handle, uint32_t deadline);

/*
 * Stops records that end by now: their handles, as many as it returns, no more than *budget,
 * which every record that is looked at takes one off. Fewer than `max` when no more are due or the
 * budget is used up.
 */
unsigned rdl_wheel_pop(
	struct rdl_wheel *wheel, uint32_t now, unsigned *budget, rdl_handle due[], unsigned max);

#endif
