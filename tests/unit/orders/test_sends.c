/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of Sends: found while they are young, and the oldest gives way to a new one. */
#include "support.h"

#include "sends.h"

#define LIFETIME_S 247
/* All in one bucket: what says which are the lower bits. */
#define NAME(n) ((uint64_t)(n) << 32)

static struct memory memory;
static struct rdl_sends sends;

static int setup(void **state)
{
	size_t end = 0;

	rdl_sends_lay(&sends, NULL, &end);
	memory = memory_begin(end);
	memset(memory.data, 0, memory.len);
	end = 0;
	rdl_sends_lay(&sends, memory.data, &end);
	return 0;
}

static int teardown(void **state)
{
	memory_end(&memory);
	return 0;
}

static bool has(uint64_t name, uint32_t now_s)
{
	return rdl_sends_has(&sends, name, now_s, LIFETIME_S);
}

static void young(void **state)
{
	static const uint32_t starts[] = { 0, 5, (1u << 24) - 100, UINT32_MAX - 100 };

	for (size_t i = 0; i < RDL_ARRAY_LEN(starts); i++) {
		uint64_t name = NAME(i + 1) | i;

		assert_false(has(name, starts[i]));
		rdl_sends_put(&sends, name, starts[i]);
		assert_true(has(name, starts[i]));
		assert_true(has(name, starts[i] + LIFETIME_S - 1));
		assert_false(has(name, starts[i] + LIFETIME_S));
		assert_false(has(name ^ UINT64_C(1) << 63, starts[i]));
		assert_false(has(name ^ 1, starts[i]));
	}
	/* Every octet of a name may be 0. */
	rdl_sends_put(&sends, 0, 0);
	assert_true(has(0, 0));
}

static void the_oldest_gives_way(void **state)
{
	for (unsigned n = 1; n <= 8; n++)
		rdl_sends_put(&sends, NAME(2 * n), 100 + (n * 5) % 8);
	for (unsigned n = 1; n <= 8; n++)
		assert_true(has(NAME(2 * n), 110));
	/* The eighth came in second 100. */
	rdl_sends_put(&sends, NAME(100), 110);
	assert_false(has(NAME(16), 110));
	for (unsigned n = 1; n <= 7; n++)
		assert_true(has(NAME(2 * n), 110));
	assert_true(has(NAME(100), 110));
}

/* Of so many of random names, hardly any that are among the last half of its size are missed. */
static void many(void **state)
{
	uint64_t random = 7;
	const struct rdl_key key = { 1, 2 };
	unsigned missed = 0;

	for (uint32_t n = 0; n < RDL_SENDS / 2; n++) {
		random = n;
		rdl_sends_put(&sends, rdl_siphash(&key, &random, sizeof(random)), 50 + n / 1000);
	}
	for (uint32_t n = 0; n < RDL_SENDS / 2; n++) {
		random = n;
		missed += !has(rdl_siphash(&key, &random, sizeof(random)), 100);
	}
	assert_in_range(missed, 0, RDL_SENDS / 2 / 50);
}

#define SENDS_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SENDS_TEST(young),
		SENDS_TEST(the_oldest_gives_way),
		SENDS_TEST(many),
	};

	return RUN_TESTS(tests);
}
