/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include "store.h"

/* Sixteen pages: twelve for anybody, eight of them for long blocks; four for the live. */
#define PAGE 65536
#define PAGES 16

static const struct rdl_store_claim live = { 1, true, false, false },
				    newcomer = { 2, false, false, false },
				    other = { 3, false, false, false };

static void create_for(struct rdl_store *store, uint32_t prefix_percent)
{
	const struct rdl_store_config config = { .octets = PAGES * PAGE,
		.prefix_percent = prefix_percent,
		.key = { 1, 2 },
		.socket_id = -1 };

	*store = (struct rdl_store){ 0 };
	assert_true(rdl_store_create(store, &config));
}

static void create(struct rdl_store *store)
{
	create_for(store, 100);
}

/* Nothing is in use, nothing is charged. */
static void destroy(struct rdl_store *store)
{
	assert_int_equal(store->octets, 0);
	assert_int_equal(store->left[0], 12);
	assert_int_equal(store->left[1], 4);
	assert_int_equal(store->long_left, 8);
	for (unsigned i = 0; i < 65536; i++)
		assert_int_equal(store->accounts.units[i], 0);
	rdl_store_destroy(store);
}

static uint32_t alloc(struct rdl_store *store, size_t len)
{
	return rdl_store_alloc(store, len, &live);
}

static void give(struct rdl_store *store, uint32_t block)
{
	rdl_store_free(store, block, live.account);
}

static void test_sizes(void **state)
{
	struct rdl_store store;

	create(&store);
	assert_int_equal(rdl_store_octets_max(&store), 1 << 20);
	for (size_t len = 0; len <= RDL_STORE_BLOCK_MAX; len++) {
		uint32_t block = alloc(&store, len);

		assert_int_not_equal(block, RDL_STORE_NONE);
		assert_true(store.octets >= len && store.octets <= 32 + len * 3 / 2);
		assert_int_equal((uintptr_t)rdl_store_at(&store, block) % 16, 0);
		give(&store, block);
		assert_int_equal(store.octets, 0);
	}
	assert_int_equal(alloc(&store, RDL_STORE_BLOCK_MAX + 1), RDL_STORE_NONE);
	assert_int_equal(alloc(&store, SIZE_MAX), RDL_STORE_NONE);
	destroy(&store);
}

/* Whatever size filled it before, all that a size may have can be had after. */
static void test_refill(void **state)
{
	static const size_t sizes[] = { 32, 48, 64, 4096, 65536, 96, 3072, 32 };
	static uint32_t blocks[32768];
	struct rdl_store store;

	create(&store);
	for (size_t i = 0; i < RDL_ARRAY_LEN(sizes); i++) {
		size_t pages = sizes[i] > RDL_STORE_SHORT ? 12 : PAGES;
		size_t expected = pages * (PAGE / sizes[i]), count = 0;
		uint32_t block;

		while ((block = alloc(&store, sizes[i])) != RDL_STORE_NONE) {
			memset(rdl_store_at(&store, block), (int)i, sizes[i]);
			blocks[count++] = block;
		}
		assert_int_equal(count, expected);
		assert_int_equal(store.octets, expected * sizes[i]);
		give(&store, blocks[count / 2]);
		assert_int_equal(alloc(&store, sizes[i]), blocks[count / 2]);
		assert_int_equal(alloc(&store, sizes[i]), RDL_STORE_NONE);
		while (count > 0)
			give(&store, blocks[--count]);
		assert_int_equal(store.octets, 0);
	}
	destroy(&store);
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
	struct rdl_store store;
	uint64_t seed = 5;
	unsigned refused = 0;

	create(&store);
	for (unsigned i = 0; i < 100000; i++) {
		struct held *h = &held[test_random(&seed) % HELD];

		if (h->block != RDL_STORE_NONE) {
			check(&store, h);
			give(&store, h->block);
		}
		h->len = (uint32_t)(test_random(&seed) % (UINT64_C(32) << test_random(&seed) % 11));
		h->seed = test_random(&seed);
		h->block = alloc(&store, h->len);
		if (h->block != RDL_STORE_NONE)
			fill(&store, h);
		else
			refused++;
	}
	assert_in_range(refused, 1, 99999);
	for (unsigned i = 0; i < HELD; i++)
		if (held[i].block != RDL_STORE_NONE) {
			check(&store, &held[i]);
			give(&store, held[i].block);
		}
	destroy(&store);
}

/* Takes blocks of `len` for a claim until there are no more; returns how many. */
static unsigned take(
	struct rdl_store *store, size_t len, const struct rdl_store_claim *claim, uint32_t blocks[])
{
	unsigned count = 0;

	while ((blocks[count] = rdl_store_alloc(store, len, claim)) != RDL_STORE_NONE)
		memset(rdl_store_at(store, blocks[count++]), 0xff, len);
	return count;
}

static void give_all(struct rdl_store *store, const struct rdl_store_claim *claim,
	const uint32_t blocks[], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		rdl_store_free(store, blocks[i], claim->account);
}

static uint32_t some[32769], others[32769], more[32769];

/*
 * Pages that live on for a block or two do not keep the
 * room in them from other sizes, but from bigger ones.
 */
static void test_sparse_pages(void **state)
{
	enum { EACH = PAGE / 2048 };
	struct rdl_store store;

	create(&store);
	unsigned count = take(&store, 32, &newcomer, others);
	unsigned big = take(&store, 2048, &live, some), kept = 0;
	assert_int_equal(count, 12 * PAGE / 32);
	assert_int_equal(big, 4 * EACH);
	for (unsigned i = 0; i < big; i++)
		if (i % EACH != 0)
			give(&store, some[i]);
	unsigned small = take(&store, 1000, &live, more);
	assert_int_equal(small, 4 * (EACH - 1));
	assert_int_equal(store.octets, PAGES * PAGE);
	assert_int_equal(alloc(&store, 32), RDL_STORE_NONE);
	give(&store, more[0]);
	assert_int_equal(alloc(&store, 2049), RDL_STORE_NONE);
	assert_int_equal(alloc(&store, 2048), more[0]);
	give_all(&store, &live, more, small);
	for (unsigned i = 0; i < big; i += EACH)
		some[kept++] = some[i];
	give_all(&store, &live, some, kept);
	give_all(&store, &newcomer, others, count);
	destroy(&store);
}

/*
 * Strangers take half of the pages with long blocks,
 * three quarters in all; the live take all but that.
 */
static void test_parts(void **state)
{
	enum { LONG = PAGE / 1536, SHORT = PAGE / 64 };
	struct rdl_store store;

	create(&store);
	unsigned longs = take(&store, 1500, &newcomer, some);
	assert_int_equal(longs, 8 * LONG);
	assert_int_equal(rdl_store_alloc(&store, 81, &newcomer), RDL_STORE_NONE);
	unsigned shorts = take(&store, 64, &other, others);
	assert_int_equal(shorts, 4 * SHORT);
	unsigned lives = take(&store, 1500, &live, more);
	assert_int_equal(lives, 4 * LONG);

	/*
	 * Pages that the live have opened have no room for strangers;
	 * what a stranger leaves has.
	 */
	rdl_store_free(&store, more[0], live.account);
	assert_int_equal(rdl_store_alloc(&store, 1500, &newcomer), RDL_STORE_NONE);
	assert_int_equal(alloc(&store, 1500), more[0]);
	rdl_store_free(&store, some[7], newcomer.account);
	assert_int_equal(rdl_store_alloc(&store, 1500, &newcomer), some[7]);
	/* A stranger's short need does not spend a long block, a live one's does. */
	rdl_store_free(&store, some[7], newcomer.account);
	assert_int_equal(rdl_store_alloc(&store, 64, &other), RDL_STORE_NONE);
	assert_int_equal(rdl_store_alloc(&store, 64, &live), some[7]);
	rdl_store_free(&store, some[7], live.account);
	some[7] = some[--longs];

	give_all(&store, &live, more, lives);
	give_all(&store, &newcomer, some, longs);
	/* Short ones take three quarters, and no page in which a long one is left. */
	give_all(&store, &other, others, shorts);
	assert_int_equal(take(&store, 33, &newcomer, others), 12 * (PAGE / 48));
	assert_int_equal(rdl_store_alloc(&store, 1500, &newcomer), RDL_STORE_NONE);
	assert_int_equal(take(&store, 65536, &live, some), 4);
	give_all(&store, &live, some, 4);
	give_all(&store, &newcomer, others, 12 * (PAGE / 48));
	destroy(&store);
}

/* What was there before a restart comes back wherever it fits; newcomers wait until it has gone. */
static void test_again(void **state)
{
	enum { LONG = PAGE / 1536 };
	const struct rdl_store_claim again = { 1, true, true, false };
	struct rdl_store store;

	create(&store);
	unsigned longs = take(&store, 1500, &again, some);
	assert_int_equal(longs, PAGES * LONG);
	give_all(&store, &again, some + 9 * LONG, longs - 9 * LONG);
	assert_int_equal(rdl_store_alloc(&store, 1500, &newcomer), RDL_STORE_NONE);
	give_all(&store, &again, some + 7 * LONG, 2 * LONG);
	unsigned others_of = take(&store, 1500, &newcomer, others);
	assert_int_equal(others_of, LONG);
	give_all(&store, &newcomer, others, others_of);
	give_all(&store, &again, some, 7 * LONG);
	destroy(&store);
}

/*
 * A block left in each page of a long size does not keep
 * short ones out of their pages, nor the live out of theirs.
 */
static void test_pinned_pages(void **state)
{
	enum { EACH = PAGE / 1536 };
	struct rdl_store store;

	create(&store);
	unsigned longs = take(&store, 1500, &newcomer, some), kept = 0;
	for (unsigned i = 0; i < longs; i++) {
		if (i % EACH == 0)
			some[kept++] = some[i];
		else
			rdl_store_free(&store, some[i], newcomer.account);
	}
	assert_int_equal(kept, 8);
	unsigned shorts = take(&store, 64, &newcomer, others);
	assert_int_equal(shorts, 4 * PAGE / 64);
	unsigned lives = take(&store, 8192, &live, more);
	assert_int_equal(lives, 4 * PAGE / 8192);
	give_all(&store, &live, more, lives);
	give_all(&store, &newcomer, others, shorts);
	give_all(&store, &newcomer, some, kept);
	destroy(&store);
}

/*
 * One account takes its share of each part, half of the whole, of newcomers' long blocks and of
 * what is kept; others are as free as before.
 */
static void test_accounts(void **state)
{
	static const struct rdl_store_claim same = { 2, true, false, false },
					    third = { 4, true, false, false };
	struct rdl_store store;

	create_for(&store, 50);
	unsigned longs = take(&store, 4096, &newcomer, some);
	assert_int_equal(longs, 4 * PAGE / 4096);
	unsigned shorts = take(&store, 64, &newcomer, others);
	assert_int_equal(shorts, 4 * PAGE / 64);
	assert_int_equal(rdl_store_alloc(&store, 32, &same), RDL_STORE_NONE);
	uint32_t filler[4 * PAGE / 4096];
	for (unsigned i = 0; i < RDL_ARRAY_LEN(filler); i++)
		filler[i] = rdl_store_alloc(&store, 4096,
			&(struct rdl_store_claim){ (uint16_t)(9 + i), true, false, false });
	unsigned lives = take(&store, 4096, &live, more), left;
	assert_int_equal(lives, 2 * PAGE / 4096);
	left = take(&store, 4096, &third, more + lives);
	assert_int_equal(left, 2 * PAGE / 4096);
	give_all(&store, &third, more + lives, left);
	give_all(&store, &live, more, lives);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(filler); i++)
		rdl_store_free(&store, filler[i], (uint16_t)(9 + i));
	give_all(&store, &newcomer, others, 64);
	assert_int_not_equal(others[0] = rdl_store_alloc(&store, 4096, &same), RDL_STORE_NONE);
	give_all(&store, &same, others, 1);
	give_all(&store, &newcomer, others + 64, shorts - 64);
	give_all(&store, &newcomer, some, longs);
	destroy(&store);
}

/*
 * What is put by for names is neither kept from them nor given to lists;
 * and a name as long as expected is short.
 */
/* Whoever comes after all that are longer takes what those have left, before another page. */
static void test_packed(void **state)
{
	const struct rdl_store_claim packs = { 1, true, true, true };
	static const size_t lens[] = { 32768, 16384, 100, 30 };
	struct rdl_store store;
	uint32_t blocks[4];

	create(&store);
	for (unsigned i = 0; i < 4; i++) {
		blocks[i] = rdl_store_alloc(&store, lens[i], &packs);
		assert_true(blocks[i] != RDL_STORE_NONE);
	}
	/* The first page has room for two, the second for four. */
	assert_int_equal(store.left[0], 10);
	for (unsigned i = 0; i < 4; i++)
		give(&store, blocks[i]);
	destroy(&store);
}

/* More than it has, for a while: what is there stays where it is, and others find room. */
static void test_grown(void **state)
{
	const struct rdl_store_claim again = { 1, true, true, false };
	struct rdl_store store, grown;
	uint32_t blocks[4 * PAGES];

	create(&store);
	for (unsigned i = 0; i < 4 * PAGES; i++) {
		blocks[i] = rdl_store_alloc(&store, PAGE, &again);
		if (blocks[i] == RDL_STORE_NONE) {
			assert_true(rdl_store_grow(&store));
			blocks[i] = rdl_store_alloc(&store, PAGE, &again);
		}
		assert_true(blocks[i] != RDL_STORE_NONE);
		memset(rdl_store_at(&store, blocks[i]), (int)i, PAGE);
	}
	assert_int_equal(rdl_store_alloc(&store, PAGE, &again), RDL_STORE_NONE);
	assert_false(rdl_store_grow(&store));
	for (unsigned i = 0; i < 4 * PAGES; i++) {
		assert_int_equal(*(uint8_t *)rdl_store_at(&store, blocks[i]), i);
		if (i % 3 == 0)
			give(&store, blocks[i]);
	}
	rdl_store_shrink(&store, &grown);
	assert_int_equal(*(uint8_t *)rdl_store_at(&grown, blocks[1]), 1);
	rdl_store_drop(&grown);
	assert_false(rdl_store_has_grown(&store));
	destroy(&store);
	/* One that is given up before. */
	create(&store);
	assert_true(rdl_store_grow(&store));
	rdl_store_destroy(&store);
}

static void test_put_by(void **state)
{
	const struct rdl_store_config config = {
		.octets = PAGES * PAGE, .short_octets = 14 * PAGE, .short_len = 128, .socket_id = -1
	};
	struct rdl_store store = { 0 };

	assert_true(rdl_store_create(&store, &config));
	assert_int_equal(take(&store, 128, &newcomer, some), 15 * PAGE / 128);
	give_all(&store, &newcomer, some, 15 * PAGE / 128);
	assert_int_equal(take(&store, 129, &newcomer, some), PAGE / 192);
	assert_int_equal(take(&store, 128, &newcomer, others), 14 * PAGE / 128);
	give_all(&store, &newcomer, others, 14 * PAGE / 128);
	rdl_store_destroy(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_refill),
		cmocka_unit_test(test_random_blocks),
		cmocka_unit_test(test_sparse_pages),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_pinned_pages),
		cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_grown),
		cmocka_unit_test(test_put_by),
	};

	return RUN_EAL_TESTS(tests);
}
