/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include "index.h"

static void test_one(void **state)
{
	const uint64_t digest = 1, other = digest | UINT64_C(1) << 63;
	struct rdl_index index;

	assert_true(rdl_index_create(&index, 1, -1));
	assert_int_equal(rdl_index_find(&index, digest), RDL_INDEX_NONE);
	assert_true(rdl_index_insert(&index, digest, UINT32_MAX - 1));
	assert_int_equal(rdl_index_find(&index, digest), UINT32_MAX - 1);
	/* The whole digest counts, not only what the hash takes of it. */
	assert_int_equal(rdl_index_find(&index, other), RDL_INDEX_NONE);
	rdl_index_remove(&index, digest);
	assert_int_equal(rdl_index_find(&index, digest), RDL_INDEX_NONE);
	rdl_index_destroy(&index);
}

/* Several at a time: names must not collide. */
static void test_many_indexes(void **state)
{
	struct rdl_index indexes[12];

	for (size_t i = 0; i < RDL_ARRAY_LEN(indexes); i++)
		assert_true(rdl_index_create(&indexes[i], 16, -1));
	for (size_t i = 0; i < RDL_ARRAY_LEN(indexes); i++)
		rdl_index_destroy(&indexes[i]);
}

static void test_too_many_entries(void **state)
{
	struct rdl_index index;

	assert_false(rdl_index_create(&index, UINT64_C(1) << 30, -1));
	assert_null(index.hash);
	rdl_index_destroy(&index);
}

/* Every size holds what it was made for, also powers of two, whatever the digests. */
static void test_never_refuses(void **state)
{
	const uint32_t sizes[] = { 1, 7, 8, 9, 64, 1000, 1024, 4096, 65536 };

	for (size_t s = 0; s < RDL_ARRAY_LEN(sizes); s++) {
		for (uint64_t run = 0; run < 4; run++) {
			uint64_t seed = run, digest;
			struct rdl_index index;

			assert_true(rdl_index_create(&index, sizes[s], -1));
			for (uint32_t v = 0; v < sizes[s]; v++) {
				digest = test_random(&seed);
				assert_true(rdl_index_insert(&index, digest, v));
			}
			seed = run;
			for (uint32_t v = 0; v < sizes[s]; v++) {
				digest = test_random(&seed);
				assert_int_equal(rdl_index_find(&index, digest), v);
			}
			rdl_index_destroy(&index);
		}
	}
}

static void test_bulk(void **state)
{
	uint64_t digests[RDL_INDEX_BURST];
	uint32_t values[RDL_INDEX_BURST];
	uint64_t seed = 5;
	struct rdl_index index;

	assert_true(rdl_index_create(&index, RDL_INDEX_BURST, -1));
	for (uint32_t i = 0; i < RDL_INDEX_BURST; i++) {
		digests[i] = test_random(&seed);
		if (i % 3 != 0)
			assert_true(rdl_index_insert(&index, digests[i], 1000 + i));
	}
	for (unsigned count = 1; count <= RDL_INDEX_BURST; count++) {
		rdl_index_find_bulk(&index, count, digests, values);
		for (uint32_t i = 0; i < count; i++)
			assert_int_equal(values[i], i % 3 != 0 ? 1000 + i : RDL_INDEX_NONE);
	}
	rdl_index_destroy(&index);
}

/* Full all the time, at random. */
static void test_churn(void **state)
{
	enum { ENTRIES = 3000 };
	static uint64_t digests[ENTRIES];
	uint64_t seed = 11;
	struct rdl_index index;

	assert_true(rdl_index_create(&index, ENTRIES, -1));
	for (uint32_t v = 0; v < ENTRIES; v++) {
		digests[v] = test_random(&seed);
		assert_true(rdl_index_insert(&index, digests[v], v));
	}
	for (unsigned i = 0; i < 200000; i++) {
		uint32_t v = (uint32_t)(test_random(&seed) % ENTRIES);

		assert_int_equal(rdl_index_find(&index, digests[v]), v);
		rdl_index_remove(&index, digests[v]);
		assert_int_equal(rdl_index_find(&index, digests[v]), RDL_INDEX_NONE);
		digests[v] = test_random(&seed);
		assert_true(rdl_index_insert(&index, digests[v], v));
	}
	rdl_index_destroy(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_many_indexes),
		cmocka_unit_test(test_too_many_entries),
		cmocka_unit_test(test_never_refuses),
		cmocka_unit_test(test_bulk),
		cmocka_unit_test(test_churn),
	};

	return RUN_EAL_TESTS(tests);
}
