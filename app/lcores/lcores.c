/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcores.h"

#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "log.h"

/* Empty rounds before an idle core sleeps, where it may: replies under way come back meanwhile. */
#define ROUNDS_BEFORE_SLEEP 64

uint64_t load_now(void)
{
	return rte_rdtsc();
}

uint64_t load_cycles_a_ms(void)
{
	return rte_get_tsc_hz() / 1000;
}

uint64_t load_age_ms(const struct load *load)
{
	uint64_t last = __atomic_load_n(&load->last, __ATOMIC_RELAXED), now = load_now();

	/* Clocks of two cores may differ a little. */
	return now > last ? (now - last) / load_cycles_a_ms() : 0;
}

/* A role's turn, or a pause, that took so many cycles and ended at `now`. */
static void account(struct load *load, bool worked, uint64_t cycles, uint64_t now)
{
	uint64_t *sum = worked ? &load->busy_cycles : &load->idle_cycles;

	__atomic_store_n(sum, *sum + cycles, __ATOMIC_RELAXED);
	__atomic_store_n(&load->last, now, __ATOMIC_RELAXED);
	if (worked)
		__atomic_store_n(&load->bursts, load->bursts + 1, __ATOMIC_RELAXED);
}

/* Whoever answers ends after those who wait for answers. */
static bool is_over(const struct ending *ending)
{
	return ending_is_asked(ending) && __atomic_load_n(&ending->left, __ATOMIC_ACQUIRE) == 0;
}

/*
 * Sleeps as long as it has found nothing, up to what the operator says: who was just asked may be
 * asked again, and who was not for long is not missed.
 */
static void nap(const struct lcore *lcore, uint64_t idle_cycles)
{
	uint64_t us = idle_cycles / (rte_get_tsc_hz() / 1000000);

	if (us > lcore->idle_sleep_us)
		us = lcore->idle_sleep_us;
	const struct timespec pause = { .tv_nsec = (long)us * 1000 };
	nanosleep(&pause, NULL);
}

static int run(void *self)
{
	struct lcore *lcore = self;
	unsigned empty = 0;
	uint64_t then = rte_rdtsc(), idle_since = then;

	while (!is_over(&lcore->all->ending)) {
		bool worked = false;

		for (unsigned r = 0; r < lcore->role_count; r++) {
			struct role *role = &lcore->roles[r];
			bool did = role->step(role->self);
			uint64_t now = rte_rdtsc();

			account(role->load, did, now - then, now);
			then = now;
			worked |= did;
		}
		empty = worked ? 0 : empty + 1;
		if (worked)
			idle_since = then;
		if (lcore->idle_sleep_us > 0 && empty > ROUNDS_BEFORE_SLEEP) {
			nap(lcore, then - idle_since);
			/* Sleep is idle time, and not the next round's. */
			uint64_t now = rte_rdtsc();
			account(lcore->roles[0].load, false, now - then, now);
			then = now;
		}
	}
	__atomic_add_fetch(&lcore->all->ended, 1, __ATOMIC_RELEASE);
	return 0;
}

void ending_come_back(struct ending *ending)
{
	/* 0 already when the launch failed: nobody waits for us then. */
	if (__atomic_load_n(&ending->left, __ATOMIC_RELAXED) > 0)
		__atomic_sub_fetch(&ending->left, 1, __ATOMIC_RELEASE);
}

void lcores_add_role(struct lcores *lcores, unsigned index, const struct role *role)
{
	struct lcore *lcore = &lcores->lcore[index % lcores->count];

	/* Who looks after the cores may look before the first round. */
	__atomic_store_n(&role->load->last, rte_rdtsc(), __ATOMIC_RELAXED);
	lcore->all = lcores;
	lcore->roles[lcore->role_count++] = *role;
}

int lcores_launch(struct lcores *lcores, unsigned waited_for)
{
	lcores->ending.left = waited_for;
	for (unsigned i = 0; i < lcores->count; i++) {
		int ret = rte_eal_remote_launch(run, &lcores->lcore[i], lcores->lcore[i].id);

		if (ret != 0) {
			rdl_log_error("start", "cannot launch lcore %u: %s", lcores->lcore[i].id,
				strerror(-ret));
			/* Those that run must not wait for roles that never will. */
			__atomic_store_n(&lcores->ending.left, 0, __ATOMIC_RELEASE);
			return -1;
		}
	}
	return 0;
}

void lcores_drain(struct lcores *lcores)
{
	__atomic_store_n(&lcores->ending.stage, ENDING_DRAINS, __ATOMIC_RELEASE);
}

void lcores_join(struct lcores *lcores)
{
	__atomic_store_n(&lcores->ending.stage, ENDING_ASKED, __ATOMIC_RELEASE);
	rte_eal_mp_wait_lcore();
	/*
	 * What they did last is seen from here on,
	 * also by tools that cannot look into EAL's own waiting.
	 */
	(void)__atomic_load_n(&lcores->ended, __ATOMIC_ACQUIRE);
}
