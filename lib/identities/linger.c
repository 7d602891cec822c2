/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How identities go. The last one that lets go of a number puts it on a list, without a lock.
 * Whoever reclaims takes the list over, looks at the time, and looks again half a minute later
 * whether anybody has held it meanwhile.
 */
#include "identities_internal.h"

#include <assert.h>

static uint32_t *state_of(struct rdl_identities *identities, uint32_t number)
{
	assert(number > 0 && number <= identities->room);
	return &identities->records[number].state;
}

void rdl_identities_hold(struct rdl_identities *identities, uint32_t number)
{
	uint32_t state =
		__atomic_fetch_add(state_of(identities, number), RDL_STATE_ONCE, __ATOMIC_RELAXED);

	assert((state & RDL_STATE_HELD) < RDL_STATE_HELD);
	(void)state;
}

static void put_unheld(struct rdl_identities *identities, uint32_t number)
{
	uint32_t last = __atomic_load_n(&identities->unheld, __ATOMIC_RELAXED);

	do
		identities->records[number].next = last;
	while (!__atomic_compare_exchange_n(
		&identities->unheld, &last, number, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

void rdl_identities_release(struct rdl_identities *identities, uint32_t number)
{
	uint32_t *state = state_of(identities, number);
	uint32_t was = __atomic_load_n(state, __ATOMIC_RELAXED), is;

	do {
		assert((was & RDL_STATE_HELD) > 0);
		is = was - RDL_STATE_ONCE;
		if ((is & RDL_STATE_HELD) == 0)
			is |= (is & RDL_STATE_LISTED) != 0 ? RDL_STATE_TOUCHED : RDL_STATE_LISTED;
	} while (!__atomic_compare_exchange_n(
		state, &was, is, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	if ((was & RDL_STATE_LISTED) == 0 && (is & RDL_STATE_LISTED) != 0)
		put_unheld(identities, number);
}

static void linger(struct rdl_identities *identities, uint32_t number, uint32_t now_s)
{
	struct rdl_queue *queue = &identities->lingering;

	identities->records[number].next = 0;
	identities->records[number].since_s = now_s;
	if (queue->first == 0)
		queue->first = number;
	else
		identities->records[queue->last].next = number;
	queue->last = number;
	identities->lingering_count++;
}

/* Takes over one that nobody held; false: there is none. */
static bool take_over(struct rdl_identities *identities, uint32_t now_s)
{
	uint32_t number = identities->drained;

	if (number == 0)
		number = __atomic_exchange_n(&identities->unheld, 0, __ATOMIC_ACQUIRE);
	if (number == 0)
		return false;
	identities->drained = identities->records[number].next;
	linger(identities, number, now_s);
	return true;
}

static void forget(struct rdl_identities *identities, uint32_t number)
{
	struct rdl_identity_record *record = &identities->records[number];
	uint32_t *link = rdl_identity_bucket(identities, number);

	while (*link != number)
		link = &identities->records[*link].beside;
	*link = record->beside;
	rdl_chain_free(identities, record->chain);
	record->chain = 0;
	record->mode = RDL_IDENTITY_NONE;
	record->next = identities->records_free;
	identities->records_free = number;
	identities->record_count--;
}

/* Its time is over: it goes, or stays for longer. */
static void settle(struct rdl_identities *identities, uint32_t number, uint32_t now_s)
{
	uint32_t *state = state_of(identities, number);
	uint32_t was = __atomic_load_n(state, __ATOMIC_RELAXED), is;

	do {
		is = was & ~RDL_STATE_TOUCHED;
		if (was != (RDL_STATE_LISTED | RDL_STATE_TOUCHED))
			is &= ~RDL_STATE_LISTED;
	} while (!__atomic_compare_exchange_n(
		state, &was, is, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	if (is == RDL_STATE_LISTED)
		linger(identities, number, now_s);
	else if (is == 0)
		forget(identities, number);
}

static bool reclaim_one(struct rdl_identities *identities, uint32_t now_s)
{
	struct rdl_queue *queue = &identities->lingering;
	uint32_t number = queue->first;

	/* A second that has only begun does not count. */
	if (number == 0 || now_s - identities->records[number].since_s <= RDL_IDENTITIES_LINGER_S)
		return false;
	queue->first = identities->records[number].next;
	identities->lingering_count--;
	settle(identities, number, now_s);
	return true;
}

bool rdl_identities_reclaim(struct rdl_identities *identities, uint64_t now_ms, unsigned budget)
{
	uint32_t now_s = (uint32_t)(now_ms / 1000);

	pthread_mutex_lock(&identities->lock);
	bool more = rdl_chain_reclaim(identities, now_s, budget);
	while (budget > 0 && (take_over(identities, now_s) || reclaim_one(identities, now_s)))
		budget--;
	pthread_mutex_unlock(&identities->lock);
	return more || budget == 0;
}
