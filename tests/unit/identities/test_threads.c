/* SPDX-License-Identifier: BSD-3-Clause */
/* Cores that hold and ask while others intern, rename, revoke and reclaim. */
#include "fixture.h"

#include <pthread.h>

#include "secured.h"

enum { READERS = 2, ROUNDS = 3000, SHARED = 8 };

static struct rdl_identities *identities;
static struct rdl_secured *secured;
static uint32_t numbers[SHARED];
static bool ended; /* atomic */

static bool has_ended(void)
{
	return __atomic_load_n(&ended, __ATOMIC_ACQUIRE);
}

/* Names are one of two, as a whole. */
static void *hold_and_ask(void *argument)
{
	uint64_t random = (uintptr_t)argument;
	uint8_t octets[RDL_IDENTITY_MAX];
	uintptr_t wrong = 0;

	while (!has_ended()) {
		uint32_t number = numbers[test_random(&random) % SHARED];

		rdl_identities_hold(identities, number);
		wrong += rdl_identities_permit(identities, number, RDL_SPAN("neither"));
		wrong += rdl_identities_octets(identities, number, octets) != 10;
		wrong += memcmp(octets, "identity-", 9) != 0;
		(void)rdl_identities_incarnation(identities, number);
		rdl_identities_release(identities, number);
	}
	return (void *)wrong;
}

/* Identities that come and go at the same time. */
static void *come_and_go(void *argument)
{
	uint64_t random = (uintptr_t)argument;
	char text[32];

	while (!has_ended()) {
		uint64_t i = test_random(&random) % 32;

		snprintf(text, sizeof(text), "%u-th of many that come and go", (unsigned)i);
		uint32_t number = intern(identities, psk(text), "");
		if (number == 0)
			continue;
		if (!rdl_identities_permit(identities, number, span_of(text)))
			return (void *)1;
		rdl_identities_release(identities, number);
	}
	return NULL;
}

static void *ask_secured(void *argument)
{
	const struct rdl_endpoint_digest stays = { { 1, 2 } };
	uintptr_t wrong = 0;

	while (!has_ended())
		wrong += !rdl_secured_has(secured, stays);
	return (void *)wrong;
}

static void change_names(unsigned round)
{
	static const char *const names[] = { "one", "two" };
	uint8_t octets[RDL_IDENTITY_NAMES_MAX];
	char text[16];

	snprintf(text, sizeof(text), "identity-%u", round % SHARED);
	const struct rdl_identity identity = psk(text);
	/* Where it finds no room, it is taken at its word. */
	(void)rdl_identities_rename(
		identities, &identity, names_of(names[round / SHARED % 2], octets));
	rdl_identities_revoke(identities, &identity);
	/* Time stands still: nothing goes that somebody may be reading. */
	rdl_identities_reclaim(identities, 0, 10);
	counts_of(identities);
}

static void change_secured(uint64_t *random)
{
	struct rdl_endpoint_digest digest = { { test_random(random), test_random(random) } };

	if (rdl_secured_add(secured, digest))
		rdl_secured_remove(secured, digest);
}

static void test_side_by_side(void **state)
{
	pthread_t threads[READERS + 2];
	uint64_t random = 3;
	void *wrong;

	for (unsigned i = 0; i < SHARED; i++) {
		char text[16];

		snprintf(text, sizeof(text), "identity-%u", i);
		numbers[i] = intern(identities, psk(text), "one");
	}
	for (uintptr_t i = 0; i < READERS; i++)
		pthread_create(&threads[i], NULL, hold_and_ask, (void *)(i + 1));
	pthread_create(&threads[READERS], NULL, come_and_go, (void *)9);
	pthread_create(&threads[READERS + 1], NULL, ask_secured, NULL);
	for (unsigned round = 0; round < ROUNDS; round++) {
		change_names(round);
		change_secured(&random);
	}
	__atomic_store_n(&ended, true, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(threads); i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	/* All that is held is, and all else goes. */
	reclaim_all(identities, 40000);
	reclaim_all(identities, 80000);
	assert_int_equal(counts_of(identities).identities, SHARED);
	for (unsigned i = 0; i < SHARED; i++)
		rdl_identities_release(identities, numbers[i]);
	reclaim_all(identities, 120000);
	reclaim_all(identities, 160000);
	assert_int_equal(counts_of(identities).identities, 0);
	assert_int_equal(counts_of(identities).cells, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_side_by_side),
	};
	size_t len = rdl_secured_memory(100);
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	memset(memory, 0, len);
	secured = rdl_secured_init(100, memory);
	if (!rdl_secured_add(secured, (struct rdl_endpoint_digest){ { 1, 2 } }))
		return 1;
	identities = identities_begin(64, 64);
	int failed = RUN_TESTS(tests);
	free(identities);
	free(memory);
	return failed;
}
