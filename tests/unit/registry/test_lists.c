/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#include "lists.h"

static const struct rdl_key key = { 9, 8 };

static void create(struct rdl_lists *lists, struct rdl_store *store, uint64_t shared_max)
{
	*lists = (struct rdl_lists){ 0 };
	*store = (struct rdl_store){ 0 };
	assert_true(rdl_store_create(store, 1 << 20, -1));
	assert_true(rdl_lists_create(lists, store, &key, shared_max, -1));
}

static void destroy(struct rdl_lists *lists, struct rdl_store *store)
{
	assert_int_equal(lists->count, 0);
	assert_int_equal(lists->shared, 0);
	assert_int_equal(store->octets, 0);
	rdl_lists_destroy(lists);
	rdl_store_destroy(store);
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
	uint32_t first = rdl_lists_take(&lists, a, 0);
	assert_int_not_equal(first, RDL_STORE_NONE);
	assert_int_equal(rdl_lists_take(&lists, same, 0), first);
	uint32_t other = rdl_lists_take(&lists, b, 0);
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

/* With the index full, lists are kept one by one, and shared again when there is room. */
static void test_index_full(void **state)
{
	struct rdl_object_list *a = make_list(3, 1, ""), *b = make_list(4, 1, "");
	struct rdl_lists lists;
	struct rdl_store store;

	create(&lists, &store, 1);
	uint32_t first = rdl_lists_take(&lists, a, 0);
	uint32_t alone = rdl_lists_take(&lists, b, 0), again = rdl_lists_take(&lists, b, 0);
	assert_int_not_equal(alone, again);
	assert_int_equal(lists.count, 3);
	assert_int_equal(rdl_lists_take(&lists, a, 0), first);
	rdl_lists_release(&lists, first);
	rdl_lists_release(&lists, first);
	uint32_t shared = rdl_lists_take(&lists, b, 0);
	assert_int_equal(rdl_lists_take(&lists, b, 0), shared);
	check_kept(&lists, alone, b);
	check_kept(&lists, again, b);
	check_kept(&lists, shared, b);
	rdl_lists_release(&lists, shared);
	rdl_lists_release(&lists, alone);
	rdl_lists_release(&lists, shared);
	rdl_lists_release(&lists, again);
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
		uint32_t block = rdl_lists_take(&lists, list, 0);

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
	struct rdl_object_list *a = make_list(3, 1, ""), *b = make_list(4, 1, "");
	uint32_t pages[16];
	struct rdl_lists lists;
	struct rdl_store store;

	create(&lists, &store, 10);
	for (unsigned i = 0; i < 16; i++)
		pages[i] = rdl_store_alloc(&store, 65536);
	assert_int_equal(rdl_lists_take(&lists, a, 0), RDL_STORE_NONE);
	assert_int_equal(lists.count, 0);
	rdl_store_free(&store, pages[0]);
	uint32_t block = rdl_lists_take(&lists, a, 0);
	assert_int_not_equal(block, RDL_STORE_NONE);
	rdl_lists_release(&lists, block);
	for (unsigned i = 1; i < 16; i++)
		rdl_store_free(&store, pages[i]);
	destroy(&lists, &store);
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_index_full),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_store_full),
	};

	return RUN_EAL_TESTS(tests);
}
