/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include "slab.h"

static void test_rows(void **state)
{
	static struct rdl_slab slab;
	unsigned ours = 0;

	memset(&slab, 0, sizeof(slab));
	assert_true(rdl_slab_create(&slab, rdl_slab_slots(150000), 1, 3, -1));
	for (unsigned p = 0; p < RDL_PARTITIONS; p++) {
		assert_int_equal(slab.rows[p].records != NULL, p % 3 == 1);
		assert_int_equal(rdl_slab_has(&slab, p << 24), p % 3 == 1);
		ours += p % 3 == 1;
	}
	assert_true((uint64_t)ours * slab.slots > 50000);
	assert_true(rdl_slab_has(&slab, 1 << 24 | (slab.slots - 1)));
	assert_false(rdl_slab_has(&slab, 1 << 24 | slab.slots));
	assert_false(rdl_slab_has(&slab, RDL_HANDLE_NONE));
	rdl_slab_destroy(&slab);
}

/*
 * Every slot of the first and the last row is given once, lowest first, and has memory of its own.
 */
static void test_fill(void **state)
{
	static struct rdl_slab slab;
	const unsigned partitions[] = { 0, 255 };

	memset(&slab, 0, sizeof(slab));
	assert_true(rdl_slab_create(
		&slab, rdl_slab_slots(750000), 0, 1, -1)); /* more than 64 words a row */
	assert_true(slab.slots > 64 * 48);
	for (size_t i = 0; i < RDL_ARRAY_LEN(partitions); i++) {
		for (uint32_t slot = 0; slot < slab.slots; slot++) {
			rdl_slab_prefetch_free(&slab, partitions[i], slot % 70);
			rdl_handle handle = rdl_slab_alloc(&slab, partitions[i]);

			assert_int_equal(handle, partitions[i] << 24 | slot);
			rdl_slab_at(&slab, handle)->registered = handle + 1;
		}
		assert_int_equal(rdl_slab_alloc(&slab, partitions[i]), RDL_HANDLE_NONE);
		rdl_slab_prefetch_free(&slab, partitions[i], 3);
		for (uint32_t slot = 0; slot < slab.slots; slot++) {
			rdl_handle handle = partitions[i] << 24 | slot;

			assert_int_equal(rdl_slab_at(&slab, handle)->registered, handle + 1);
		}
	}
	rdl_slab_free(&slab, 255u << 24 | 3000);
	rdl_slab_free(&slab, 255u << 24 | 64);
	rdl_slab_free(&slab, 255u << 24 | (slab.slots - 1));
	assert_int_equal(rdl_slab_alloc(&slab, 255), 255u << 24 | 64);
	assert_int_equal(rdl_slab_alloc(&slab, 255), 255u << 24 | 3000);
	assert_int_equal(rdl_slab_alloc(&slab, 255), 255u << 24 | (slab.slots - 1));
	assert_int_equal(rdl_slab_alloc(&slab, 255), RDL_HANDLE_NONE);
	assert_int_equal(rdl_slab_alloc(&slab, 0), RDL_HANDLE_NONE);
	assert_int_equal(rdl_slab_alloc(&slab, 1), 1 << 24);
	rdl_slab_destroy(&slab);
}

/*
 * Enough for any share of names that fall at random, whatever the number of shards; no more than a
 * handle can name.
 */
static void test_slots(void **state)
{
	static const uint64_t cases[][2] = { { 1, 64 }, { 10000, 128 }, { 100000, 576 },
		{ 1000000, 4416 }, { 10000000, 40512 }, { UINT32_MAX / 2, 8408896 },
		{ (uint64_t)UINT32_MAX / 2 + 1, 0 }, { UINT64_MAX, 0 } };

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		assert_int_equal(rdl_slab_slots(cases[i][0]), cases[i][1]);
	struct rdl_registry_config config = make_config((uint64_t)UINT32_MAX / 2 + 1);
	assert_null(rdl_registry_create(&config));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_slots),
	};

	return RUN_EAL_TESTS(tests);
}
