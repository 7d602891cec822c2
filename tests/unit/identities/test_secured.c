/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include <stdlib.h>

#include "secured.h"

static struct rdl_secured *begin(uint64_t names)
{
	size_t len = rdl_secured_memory(names);
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	assert_non_null(memory);
	memset(memory, 0, len);
	return rdl_secured_init(names, memory);
}

static struct rdl_endpoint_digest digest_of(uint64_t n)
{
	static const struct rdl_key key = { 1, 2 };
	struct rdl_endpoint_digest digest;

	rdl_siphash128(&key, &n, sizeof(n), digest.word);
	return digest;
}

/* Those that are there are, the others are not. */
static void test_many(void **state)
{
	enum { NAMES = 200000 };
	struct rdl_secured *secured = begin(NAMES);

	for (uint64_t n = 0; n < NAMES; n++)
		assert_true(rdl_secured_add(secured, digest_of(n)));
	assert_int_equal(rdl_secured_count(secured), NAMES);
	for (uint64_t n = 0; n < 2 * NAMES; n++)
		assert_int_equal(rdl_secured_has(secured, digest_of(n)), n < NAMES);
	for (uint64_t n = 0; n < NAMES; n += 2)
		rdl_secured_remove(secured, digest_of(n));
	/* Of the same number others: no trace of the old ones is in their way. */
	for (uint64_t n = NAMES; n < 2 * NAMES; n += 2)
		assert_true(rdl_secured_add(secured, digest_of(n)));
	for (uint64_t n = 0; n < 2 * NAMES; n++)
		assert_int_equal(
			rdl_secured_has(secured, digest_of(n)), n < NAMES ? n % 2 : !(n % 2));
	assert_int_equal(rdl_secured_count(secured), NAMES);
	free(secured);
}

static void test_counted(void **state)
{
	struct rdl_secured *secured = begin(10);

	for (unsigned i = 0; i < RDL_SECURED_TIMES - 1; i++)
		assert_true(rdl_secured_add(secured, digest_of(1)));
	assert_int_equal(rdl_secured_count(secured), 1);
	for (unsigned i = 0; i < RDL_SECURED_TIMES - 1; i++) {
		assert_true(rdl_secured_has(secured, digest_of(1)));
		rdl_secured_remove(secured, digest_of(1));
	}
	assert_false(rdl_secured_has(secured, digest_of(1)));
	rdl_secured_remove(secured, digest_of(1));
	assert_int_equal(rdl_secured_count(secured), 0);
	/* As often as can be told, and once more: nobody knows how often. */
	for (unsigned i = 0; i < RDL_SECURED_TIMES + 1; i++)
		assert_true(rdl_secured_add(secured, digest_of(1)));
	for (unsigned i = 0; i < RDL_SECURED_TIMES + 1; i++)
		rdl_secured_remove(secured, digest_of(1));
	assert_true(rdl_secured_has(secured, digest_of(1)));
	free(secured);
}

/* Names whose two buckets are one, the same one: eight, and eight beside. */
static void test_full(void **state)
{
	struct rdl_secured *secured = begin(1000);
	uint64_t n;

	for (n = 0; n < 16; n++)
		assert_true(rdl_secured_add(secured, (struct rdl_endpoint_digest){ { 0, n + 1 } }));
	assert_false(rdl_secured_add(secured, (struct rdl_endpoint_digest){ { 0, n + 1 } }));
	for (n = 0; n < 17; n++)
		assert_int_equal(
			rdl_secured_has(secured, (struct rdl_endpoint_digest){ { 0, n + 1 } }),
			n < 16);
	/* Those beside are found and removed like the others. */
	assert_true(rdl_secured_add(secured, (struct rdl_endpoint_digest){ { 0, 16 } }));
	assert_int_equal(rdl_secured_count(secured), 16);
	rdl_secured_remove(secured, (struct rdl_endpoint_digest){ { 0, 16 } });
	rdl_secured_remove(secured, (struct rdl_endpoint_digest){ { 0, 16 } });
	assert_false(rdl_secured_has(secured, (struct rdl_endpoint_digest){ { 0, 16 } }));
	/* Nobody's lower 56 bits are nothing. */
	rdl_secured_remove(secured, (struct rdl_endpoint_digest){ { 0, 1 } });
	assert_true(
		rdl_secured_add(secured, (struct rdl_endpoint_digest){ { 0, UINT64_C(7) << 56 } }));
	assert_true(
		rdl_secured_has(secured, (struct rdl_endpoint_digest){ { 0, UINT64_C(7) << 56 } }));
	free(secured);
}

/* What is added anew stays, and nothing is ever missing. */
static void test_anew(void **state)
{
	struct rdl_secured *secured = begin(100);

	for (unsigned round = 0; round < 3; round++) {
		assert_true(rdl_secured_add(secured, digest_of(1)));
		assert_true(rdl_secured_add(secured, digest_of(1)));
		assert_true(rdl_secured_add(secured, digest_of(2)));
		rdl_secured_begin(secured);
		assert_true(rdl_secured_has(secured, digest_of(1)));
		assert_true(rdl_secured_add(secured, digest_of(1)));
		assert_true(rdl_secured_add(secured, digest_of(3)));
		assert_true(rdl_secured_has(secured, digest_of(2)));
		rdl_secured_end(secured);
		assert_true(rdl_secured_has(secured, digest_of(1)));
		assert_false(rdl_secured_has(secured, digest_of(2)));
		assert_true(rdl_secured_has(secured, digest_of(3)));
		assert_int_equal(rdl_secured_count(secured), 2);
		/* Once, now. */
		rdl_secured_remove(secured, digest_of(1));
		assert_false(rdl_secured_has(secured, digest_of(1)));
	}
	free(secured);
}

/* Begun in vain as often as may be: nothing is missing, and nothing is counted twice. */
static void test_anew_in_vain(void **state)
{
	struct rdl_secured *secured = begin(100);

	assert_true(rdl_secured_add(secured, digest_of(1)));
	assert_true(rdl_secured_add(secured, digest_of(2)));
	for (unsigned times = 1; times < 4; times++) {
		for (unsigned i = 0; i < times; i++) {
			rdl_secured_begin(secured);
			assert_true(rdl_secured_add(secured, digest_of(1)));
			assert_true(rdl_secured_has(secured, digest_of(2)));
		}
		rdl_secured_begin(secured);
		assert_true(rdl_secured_add(secured, digest_of(2)));
		assert_true(rdl_secured_add(secured, digest_of(1)));
		rdl_secured_end(secured);
		assert_int_equal(rdl_secured_count(secured), 2);
		rdl_secured_remove(secured, digest_of(1));
		assert_false(rdl_secured_has(secured, digest_of(1)));
	}
	free(secured);
}

static void test_memory(void **state)
{
	assert_true(rdl_secured_memory(1000000) < 13 * UINT64_C(1000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_anew),
		cmocka_unit_test(test_anew_in_vain),
		cmocka_unit_test(test_memory),
	};

	return RUN_TESTS(tests);
}
