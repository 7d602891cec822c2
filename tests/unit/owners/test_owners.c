/* SPDX-License-Identifier: BSD-3-Clause */
/* Owners are found by what they have, as long as they have it. */
#include "support.h"

#include <stdlib.h>

#include "owners.h"

static struct rdl_owners *owners_new(uint64_t hashes)
{
	size_t len = rdl_owners_memory(hashes);
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	assert_non_null(memory);
	memset(memory, 0, len);
	return rdl_owners_init(memory, hashes);
}

/* A place that is empty is no entry for a hash whose bits are 0. */
static void test_empty_place(void **state)
{
	struct rdl_owners *owners = owners_new(1);

	rdl_owners_put(owners, 1, 7);
	rdl_owners_put(owners, 0, 8);
	rdl_owners_take(owners, 1, 7);
	assert_int_equal(rdl_owners_find(owners, 0), 8);
	assert_int_equal(rdl_owners_find(owners, 1), -1);
	free(owners);
}

static uint64_t hash_of(unsigned i)
{
	static const struct rdl_key key = { 1, 2 };

	return rdl_siphash(&key, &i, sizeof(i));
}

/* As many as there can be: hardly any finds no place, and all go again. */
static void test_full(void **state)
{
	enum { HASHES = 10000 };
	struct rdl_owners *owners = owners_new(HASHES);
	unsigned lost = 0, found = 0;

	for (unsigned i = 0; i < HASHES; i++)
		rdl_owners_put(owners, hash_of(i), i % 255);
	for (unsigned i = 0; i < HASHES; i++)
		lost += rdl_owners_find(owners, hash_of(i)) != (int)(i % 255);
	for (unsigned i = HASHES; i < 2 * HASHES; i++)
		found += rdl_owners_find(owners, hash_of(i)) >= 0;
	assert_in_range(lost, 1, HASHES / 100);
	assert_in_range(found, 0, 2);
	for (unsigned i = 0; i < HASHES; i++)
		rdl_owners_take(owners, hash_of(i), i % 255);
	for (unsigned i = 0; i < HASHES; i++)
		assert_int_equal(rdl_owners_find(owners, hash_of(i)), -1);
	free(owners);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_place),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
