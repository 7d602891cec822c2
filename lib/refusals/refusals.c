/* SPDX-License-Identifier: BSD-3-Clause */
#include "refusals.h"

_Static_assert(sizeof(struct rdl_refusal) % sizeof(uint64_t) == 0, "whole words");

union words {
	struct rdl_refusal refusal;
	uint64_t word[RDL_REFUSAL_WORDS];
};

/* What is kept holds its identity; what it takes the place of lets go of its own. */
static void hold_identity(struct rdl_identities *identities, uint32_t *held, uint32_t identity)
{
	if (identities == NULL || (identity | *held) == 0)
		return;
	if (identity != 0)
		rdl_identities_hold(identities, identity);
	if (*held != 0)
		rdl_identities_release(identities, *held);
	*held = identity;
}

/*
 * A sequence lock: who sees any word of a new refusal sees its version, too. Release and acquire at
 * each word take the place of fences, and are plain moves on x86.
 */
void rdl_refusals_add(struct rdl_refusals *refusals, const struct rdl_refusal *refusal)
{
	uint64_t number = refusals->count;
	uint64_t *version = &refusals->slots[number % RDL_REFUSALS].version;
	uint64_t *to = refusals->slots[number % RDL_REFUSALS].words;
	union words from;
	size_t len = offsetof(struct rdl_refusal, endpoint) + refusal->endpoint_len;

	hold_identity(refusals->identities, &refusals->slots[number % RDL_REFUSALS].held,
		refusal->identity);
	memcpy(&from.refusal, refusal, len);
	__atomic_store_n(version, 2 * number + 1, __ATOMIC_RELAXED);
	for (size_t i = 0; i < (len + 7) / 8; i++)
		__atomic_store_n(&to[i], from.word[i], __ATOMIC_RELEASE);
	__atomic_store_n(version, 2 * number + 2, __ATOMIC_RELEASE);
	__atomic_store_n(&refusals->count, number + 1, __ATOMIC_RELEASE);
}

uint64_t rdl_refusals_count(const struct rdl_refusals *refusals)
{
	return __atomic_load_n(&refusals->count, __ATOMIC_ACQUIRE);
}

bool rdl_refusals_get(
	const struct rdl_refusals *refusals, uint64_t number, struct rdl_refusal *refusal)
{
	const uint64_t *version = &refusals->slots[number % RDL_REFUSALS].version;
	const uint64_t *from = refusals->slots[number % RDL_REFUSALS].words;
	union words to;

	if (__atomic_load_n(version, __ATOMIC_ACQUIRE) != 2 * number + 2)
		return false;
	for (size_t i = 0; i < RDL_REFUSAL_WORDS; i++)
		to.word[i] = __atomic_load_n(&from[i], __ATOMIC_ACQUIRE);
	if (__atomic_load_n(version, __ATOMIC_RELAXED) != 2 * number + 2)
		return false;
	*refusal = to.refusal;
	return true;
}
