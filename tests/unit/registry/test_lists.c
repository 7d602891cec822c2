/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include "lists.h"

static const struct rdl_key key = { 9, 8 };

static const struct rdl_store_claim claim = { 5, true, false, false };

static void create(struct rdl_lists *lists, struct rdl_store *store, uint64_t most)
{
	const struct rdl_store_config config = { .octets = 1 << 20, .socket_id = -1 };

	*lists = (struct rdl_lists){ 0 };
	*store = (struct rdl_store){ 0 };
	assert_true(rdl_store_create(store, &config));
	assert_true(rdl_lists_create(lists, store, &key, most, -1));
}

static void destroy(struct rdl_lists *lists, struct rdl_store *store)
{
	assert_int_equal(lists->count, 0);
	assert_int_equal(store->octets, 0);
	assert_int_equal(store->accounts.units[claim.account], 0);
	for (uint32_t i = 0; i < lists->bucket_count; i++)
		assert_int_equal(lists->buckets[i], RDL_STORE_NONE);
	rdl_lists_destroy(lists);
	rdl_store_destroy(store);
}

static uint32_t take_as(
	struct rdl_lists *lists, const struct rdl_object_list *list, uint64_t digest)
{
	uint32_t block = rdl_lists_share(lists, list, digest);

	return block != RDL_STORE_NONE ? block : rdl_lists_keep(lists, list, digest, &claim);
}

static uint32_t take(struct rdl_lists *lists, const struct rdl_object_list *list)
{
	return take_as(lists, list, rdl_object_list_digest(&key, list));
}

static void check_kept(
	const struct rdl_lists *lists, uint32_t block, const struct rdl_object_list *list)
{
	const struct rdl_object_list *kept = rdl_lists_at(lists, block);

	assert_ptr_not_equal(kept, list);
	assert_int_equal(kept->len, list->len);
	assert_memory_equal(kept, list, list->len);
}

static void test_shared(void **state)
{
	struct rdl_object_list *a = make_list(3, 4, ""), *same = make_list(3, 4, "");
	struct rdl_object_list *b = make_list(3, 4, "x");
	struct rdl_lists lists;
	struct rdl_store store;

	create(&lists, &store, 10);
	uint32_t first = take(&lists, a);
	assert_int_not_equal(first, RDL_STORE_NONE);
	assert_int_equal(take(&lists, same), first);
	uint32_t other = take(&lists, b);
	assert_int_not_equal(other, first);
	assert_int_equal(lists.count, 2);
	check_kept(&lists, first, a);
	check_kept(&lists, other, b);
	rdl_lists_release(&lists, first);
	assert_int_equal(lists.count, 2);
	check_kept(&lists, first, a);
	rdl_lists_release(&lists, first);
	assert_int_equal(lists.count, 1);
	rdl_lists_release(&lists, other);
	destroy(&lists, &store);
	free(a);
	free(same);
	free(b);
}

/*
 * Chains are as long as there are lists:
 * each is found among all others, and they go in any order.
 */
static void test_many(void **state)
{
	enum { LISTS = 5000 };
	static uint32_t blocks[LISTS];
	struct rdl_lists lists;
	struct rdl_store store;
	uint64_t seed = 3;

	create(&lists, &store, 100);
	for (unsigned round = 0; round < 2; round++)
		for (uint16_t i = 0; i < LISTS; i++) {
			struct rdl_object_list *list = make_list(i, 1, "");
			uint32_t block = take(&lists, list);

			assert_true(round == 0 || block == blocks[i]);
			blocks[i] = block;
			free(list);
		}
	assert_int_equal(lists.count, LISTS);
	for (unsigned left = LISTS; left > 0;) {
		unsigned i = (unsigned)(test_random(&seed) % left);

		rdl_lists_release(&lists, blocks[i]);
		rdl_lists_release(&lists, blocks[i]);
		blocks[i] = blocks[--left];
	}
	destroy(&lists, &store);
}

/* Two lists of one digest are two lists, each shared with its like. */
static void test_same_digest(void **state)
{
	struct rdl_object_list *a = make_list(3, 1, ""), *b = make_list(4, 1, "");
	struct rdl_lists lists;
	struct rdl_store store;

	create(&lists, &store, 10);
	uint32_t first = take_as(&lists, a, 77), second = take_as(&lists, b, 77);
	assert_int_not_equal(first, second);
	assert_int_equal(take_as(&lists, a, 77), first);
	assert_int_equal(take_as(&lists, b, 77), second);
	rdl_lists_release(&lists, second);
	rdl_lists_release(&lists, second);
	assert_int_equal(take_as(&lists, a, 77), first);
	for (unsigned i = 0; i < 3; i++)
		rdl_lists_release(&lists, first);
	destroy(&lists, &store);
	free(a);
	free(b);
}

/* A list that is its owner's alone can be written over by one that is no longer. */
static void test_write_over(void **state)
{
	struct rdl_object_list *a = make_list(3, 8, ""), *b = make_list(4, 5, "");
	struct rdl_object_list *c = make_list(5, 9, "");
	struct rdl_lists lists;
	struct rdl_store store;

	create(&lists, &store, 10);
	uint32_t block = take(&lists, a);
	assert_true(rdl_lists_fits(&lists, block, b));
	assert_false(rdl_lists_fits(&lists, block, c));
	assert_int_equal(take(&lists, a), block);
	assert_false(rdl_lists_fits(&lists, block, b));
	rdl_lists_release(&lists, block);
	rdl_lists_write_over(&lists, block, b, rdl_object_list_digest(&key, b));
	check_kept(&lists, block, b);
	assert_int_equal(take(&lists, b), block);
	uint32_t anew = take(&lists, a);
	assert_int_not_equal(anew, block);
	rdl_lists_release(&lists, block);
	rdl_lists_release(&lists, block);
	rdl_lists_release(&lists, anew);
	destroy(&lists, &store);
	free(a);
	free(b);
	free(c);
}

/* A list has been told once it was, in each telling; another one in its block has not. */
static void test_told(void **state)
{
	struct rdl_object_list *a = make_list(3, 8, ""), *b = make_list(4, 5, "");
	struct rdl_lists lists;
	struct rdl_store store;

	create(&lists, &store, 10);
	uint32_t block = take(&lists, a);
	for (unsigned telling = 0; telling < 4; telling++) {
		rdl_lists_begin_telling(&lists);
		assert_false(rdl_lists_is_told(&lists, block));
		rdl_lists_tell(&lists, block);
		assert_true(rdl_lists_is_told(&lists, block));
		uint32_t other = take(&lists, b);
		assert_false(rdl_lists_is_told(&lists, other));
		rdl_lists_tell(&lists, other);
		rdl_lists_end_telling(&lists);
		assert_true(rdl_lists_is_told(&lists, block) && rdl_lists_is_told(&lists, other));
		rdl_lists_release(&lists, other);
		assert_int_equal(take(&lists, b), other);
		assert_false(rdl_lists_is_told(&lists, other));
		rdl_lists_tell(&lists, other);
		rdl_lists_release(&lists, other);
		rdl_lists_write_over(&lists, block, b, rdl_object_list_digest(&key, b));
		assert_false(rdl_lists_is_told(&lists, block));
		rdl_lists_write_over(&lists, block, a, rdl_object_list_digest(&key, a));
		rdl_lists_tell(&lists, block);
	}
	rdl_lists_release(&lists, block);
	destroy(&lists, &store);
	free(a);
	free(b);
}

static void test_sizes(void **state)
{
	static const uint16_t links[] = { 0, 1, 900, 1024, 16379 };
	struct rdl_lists lists;
	struct rdl_store store;

	create(&lists, &store, 10);
	for (size_t i = 0; i < RDL_ARRAY_LEN(links); i++) {
		struct rdl_object_list *list = make_list(0, links[i], "");
		uint32_t block = take(&lists, list);

		/* The longest would fit a block but for what is kept beside it. */
		assert_int_equal(block == RDL_STORE_NONE, links[i] == 16379);
		if (block != RDL_STORE_NONE) {
			check_kept(&lists, block, list);
			rdl_lists_release(&lists, block);
		}
		free(list);
	}
	destroy(&lists, &store);
}

static void test_store_full(void **state)
{
	struct rdl_object_list *a = make_list(3, 1, "");
	static uint32_t blocks[1 << 15];
	struct rdl_lists lists;
	struct rdl_store store;
	unsigned count = 0;

	create(&lists, &store, 10);
	while ((blocks[count] = rdl_store_alloc(&store, 48, &claim)) != RDL_STORE_NONE)
		count++;
	assert_int_equal(take(&lists, a), RDL_STORE_NONE);
	assert_int_equal(lists.count, 0);
	rdl_store_free(&store, blocks[--count], claim.account);
	uint32_t block = take(&lists, a);
	assert_int_not_equal(block, RDL_STORE_NONE);
	rdl_lists_release(&lists, block);
	while (count > 0)
		rdl_store_free(&store, blocks[--count], claim.account);
	destroy(&lists, &store);
	free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_same_digest),
		cmocka_unit_test(test_write_over),
		cmocka_unit_test(test_told),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_store_full),
	};

	return RUN_EAL_TESTS(tests);
}
