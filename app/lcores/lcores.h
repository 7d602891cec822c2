/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lcores: what runs the roles. Each lcore calls the steps of its roles in turn, and counts whose
 * time that was, until all have ended. Set up, launched and joined by the main thread.
 */
#ifndef RDL_LCORES_H
#define RDL_LCORES_H

#include "base.h"

#define WORKERS_MAX 64
#define SHARDS_MAX 64
#define ROLES_MAX (WORKERS_MAX + SHARDS_MAX)

/* How a role's core spends its time; written by that core, read by anybody (relaxed). */
struct load {
	/* of rounds that found work, and of those that did not */
	uint64_t busy_cycles, idle_cycles;
	uint64_t bursts; /* rounds that found work */
	uint64_t last; /* the cycle at which the last round ended */
};
/* Milliseconds since then; by anybody. */
uint64_t load_age_ms(const struct load *load);
/* The cycle that it is, as loads have it, and how many there are in a millisecond. Any thread. */
uint64_t load_now(void);
uint64_t load_cycles_a_ms(void);

/*
 * The end: it may be made ready for, while what lives is served; it is asked for; then all have
 * come back whom others must wait for.
 */
enum ending_stage {
	ENDING_IS_FAR,
	ENDING_DRAINS, /* no new Registers any more */
	ENDING_ASKED,
};
struct ending {
	int stage; /* by the main thread (release): what is left is known when it is asked for */
	unsigned left; /* roles with something under way: the lcores end with the last (release) */
};
static inline enum ending_stage ending_stage(const struct ending *ending)
{
	return (enum ending_stage)__atomic_load_n(&ending->stage, __ATOMIC_ACQUIRE);
}
static inline bool ending_is_asked(const struct ending *ending)
{
	return RDL_UNLIKELY(ending_stage(ending) == ENDING_ASKED);
}
/* By such a role, once: it has nothing under way any more. */
void ending_come_back(struct ending *ending);

/* What an lcore runs, in turn. */
struct role {
	bool (*step)(void *self); /* true: found work */
	void *self;
	struct load *load;
};

struct lcores;

struct lcore {
	unsigned id; /* EAL's */
	unsigned cpu;
	unsigned role_count;
	struct role roles[ROLES_MAX];
	uint32_t idle_sleep_us; /* the longest, after rounds that found nothing; 0: none */
	struct lcores *all;
};

struct lcores {
	unsigned count;
	struct lcore lcore[ROLES_MAX];
	struct ending ending;
	unsigned ended; /* lcores (release) */
};

/* Adds a role to lcore `index`, modulo their count. Before the launch. */
void lcores_add_role(struct lcores *lcores, unsigned index, const struct role *role);
/*
 * `waited_for`: how many of the roles call ending_come_back(). Logs and returns -1 when one cannot
 * be launched; those that can run until lcores_join().
 */
int lcores_launch(struct lcores *lcores, unsigned waited_for);
/* From here on no Registers are taken, and all else goes on. */
void lcores_drain(struct lcores *lcores);
/* Asks for the end, and waits for it. */
void lcores_join(struct lcores *lcores);

#endif
