/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include "store.h"

static void test_sizes(void **state)
{
	struct rdl_store store = { 0 };

	assert_true(rdl_store_create(&store, 1 << 20, -1));
	assert_int_equal(rdl_store_octets_max(&store), 1 << 20);
	for (size_t len = 0; len <= RDL_STORE_BLOCK_MAX; len++) {
		uint32_t block = rdl_store_alloc(&store, len);

		assert_int_not_equal(block, RDL_STORE_NONE);
		assert_true(store.octets >= len && store.octets <= 32 + len * 3 / 2);
		assert_int_equal((uintptr_t)rdl_store_at(&store, block) % 16, 0);
		rdl_store_free(&store, block);
		assert_int_equal(store.octets, 0);
	}
	assert_int_equal(rdl_store_alloc(&store, RDL_STORE_BLOCK_MAX + 1), RDL_STORE_NONE);
	assert_int_equal(rdl_store_alloc(&store, SIZE_MAX), RDL_STORE_NONE);
	rdl_store_destroy(&store);
}

/* Whatever size filled it before, all of the arena can be had in any other size after. */
static void test_refill(void **state)
{
	static const size_t sizes[] = { 32, 48, 64, 4096, 65536, 96, 3072, 32 };
	static uint32_t blocks[32768];
	struct rdl_store store = { 0 };

	assert_true(rdl_store_create(&store, 1 << 20, -1));
	for (size_t i = 0; i < RDL_ARRAY_LEN(sizes); i++) {
		size_t expected = 16 * (65536 / sizes[i]), count = 0;
		uint32_t block;

		while ((block = rdl_store_alloc(&store, sizes[i])) != RDL_STORE_NONE) {
			memset(rdl_store_at(&store, block), (int)i, sizes[i]);
			blocks[count++] = block;
		}
		assert_int_equal(count, expected);
		assert_int_equal(store.octets, expected * sizes[i]);
		rdl_store_free(&store, blocks[count / 2]);
		assert_int_equal(rdl_store_alloc(&store, sizes[i]), blocks[count / 2]);
		assert_int_equal(rdl_store_alloc(&store, sizes[i]), RDL_STORE_NONE);
		while (count > 0)
			rdl_store_free(&store, blocks[--count]);
		assert_int_equal(store.octets, 0);
	}
	rdl_store_destroy(&store);
}

struct held {
	uint32_t block;
	uint32_t len;
	uint64_t seed;
};

static void fill(const struct rdl_store *store, const struct held *held)
{
	uint8_t *octets = rdl_store_at(store, held->block);
	uint64_t seed = held->seed;

	for (uint32_t i = 0; i < held->len; i++)
		octets[i] = (uint8_t)((seed = seed * 25214903917 + 11) >> 16);
}

static void check(const struct rdl_store *store, const struct held *held)
{
	const uint8_t *octets = rdl_store_at(store, held->block);
	uint64_t seed = held->seed;

	for (uint32_t i = 0; i < held->len; i++)
		if (octets[i] != (uint8_t)((seed = seed * 25214903917 + 11) >> 16))
			fail_msg("block %u: octet %u changed", held->block, i);
}

static void test_random_blocks(void **state)
{
	enum { HELD = 1000 };
	static struct held held[HELD];
	struct rdl_store store = { 0 };
	uint64_t seed = 5;
	unsigned refused = 0;

	assert_true(rdl_store_create(&store, 1 << 20, -1));
	for (unsigned i = 0; i < 100000; i++) {
		struct held *h = &held[test_random(&seed) % HELD];

		if (h->block != RDL_STORE_NONE) {
			check(&store, h);
			rdl_store_free(&store, h->block);
		}
		h->len = (uint32_t)(test_random(&seed) % (UINT64_C(32) << test_random(&seed) % 11));
		h->seed = test_random(&seed);
		h->block = rdl_store_alloc(&store, h->len);
		if (h->block != RDL_STORE_NONE)
			fill(&store, h);
		else
			refused++;
	}
	assert_in_range(refused, 1, 99999);
	for (unsigned i = 0; i < HELD; i++)
		if (held[i].block != RDL_STORE_NONE) {
			check(&store, &held[i]);
			rdl_store_free(&store, held[i].block);
		}
	assert_int_equal(store.octets, 0);
	for (unsigned i = 0; i < 16; i++)
		assert_int_not_equal(rdl_store_alloc(&store, 65536), RDL_STORE_NONE);
	rdl_store_destroy(&store);
}

/* Pages that live on for a block or two do not keep the room in them from other sizes, but from bigger ones. */
static void test_sparse_pages(void **state)
{
	enum { PAGES = 16, EACH = 65536 / 2048 };
	uint32_t blocks[PAGES * EACH], small[PAGES * (EACH - 1)];
	struct rdl_store store = { 0 };

	assert_true(rdl_store_create(&store, PAGES * 65536, -1));
	for (unsigned i = 0; i < RDL_ARRAY_LEN(blocks); i++)
		blocks[i] = rdl_store_alloc(&store, 2048);
	assert_int_equal(rdl_store_alloc(&store, 32), RDL_STORE_NONE);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(blocks); i++)
		if (i % EACH != 0)
			rdl_store_free(&store, blocks[i]);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(small); i++) {
		small[i] = rdl_store_alloc(&store, 1000);
		assert_int_not_equal(small[i], RDL_STORE_NONE);
		memset(rdl_store_at(&store, small[i]), 0xff, 2048);
	}
	assert_int_equal(store.octets, PAGES * 65536);
	assert_int_equal(rdl_store_alloc(&store, 32), RDL_STORE_NONE);
	rdl_store_free(&store, small[0]);
	assert_int_equal(rdl_store_alloc(&store, 2049), RDL_STORE_NONE);
	assert_int_equal(rdl_store_alloc(&store, 2048), small[0]);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(small); i++)
		rdl_store_free(&store, small[i]);
	for (unsigned i = 0; i < PAGES; i++)
		rdl_store_free(&store, blocks[i * EACH]);
	assert_int_equal(store.octets, 0);
	rdl_store_destroy(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_refill),
		cmocka_unit_test(test_random_blocks),
		cmocka_unit_test(test_sparse_pages),
	};

	return RUN_EAL_TESTS(tests);
}
