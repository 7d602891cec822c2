/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who gives way for whom, when the memory of bodies in blocks is full;
 * and that all of it comes back.
 */
#include "support.h"

#include "transfers.h"

#define BODIES 64
#define BODY_MAX 1000
#define UNITS (BODIES * 10) /* 40 octets, and 9 times 108 */
#define SHARE (UNITS / RDL_TRANSFER_SHARES + 1)
#define LIFETIME_MS 247000

static struct rdl_transfers transfers;
static uint64_t memory[(1 << 20) / 8] __attribute__((aligned(64)));
static uint64_t now_ms;

static int setup_memory(void **state)
{
	assert_true(rdl_transfers_memory(BODIES, BODY_MAX) <= sizeof(memory));
	memset(memory, 0, sizeof(memory));
	rdl_transfers_init(&transfers, BODIES, BODY_MAX, LIFETIME_MS, memory);
	assert_int_equal(transfers.unit_count, UNITS);
	now_ms = 1000000;
	return 0;
}

static struct rdl_block_key key_of(unsigned number, uint64_t holder, bool is_update)
{
	static const struct rdl_key key = { 1, 2 };
	struct rdl_block_key name = { .holder = holder, .is_update = is_update };

	rdl_siphash128(&key, &number, sizeof(number), name.request);
	return name;
}

static uint8_t octet_of(unsigned number, size_t at)
{
	return (uint8_t)(number * 7 + at * 3 + at / 251);
}

static void grow(struct rdl_transfer *t, unsigned number, size_t len)
{
	uint8_t octets[BODY_MAX];

	for (size_t i = 0; i < len; i++)
		octets[i] = octet_of(number, t->len + i);
	rdl_transfers_append(&transfers, t, (struct rdl_span){ octets, len }, now_ms);
}

/* One of these, of one unit. */
static void start(unsigned number, uint64_t holder, bool is_update)
{
	struct rdl_block_key key = key_of(number, holder, is_update);

	now_ms++;
	grow(rdl_transfers_begin(&transfers, &key, now_ms), number, 16);
}

static struct rdl_transfer *find(unsigned number)
{
	struct rdl_block_key key = key_of(number, 0, false);

	return rdl_transfers_find(&transfers, &key, now_ms);
}

static void expect_evicted(unsigned number)
{
	struct rdl_block_key key = key_of(number, 0, false);

	assert_null(find(number));
	assert_true(rdl_transfers_evicted(&transfers, &key, now_ms));
}

/* Those of one block, least lately used first; then those that have grown; then Updates. */
static void test_kinds(void **state)
{
	const unsigned grown = UNITS / 8, updates = UNITS / 8, rest = UNITS - 2 * grown - updates;
	unsigned number = 0;

	/* The oldest of all are the most worth. */
	for (unsigned i = 0; i < updates; i++)
		start(number++, 1000000 + i, true);
	for (unsigned i = 0; i < grown; i++) {
		start(number, 2000000 + i, false);
		grow(find(number), number, 32);
		number++;
	}
	for (unsigned i = 0; i < rest; i++)
		start(number++, 3000000 + i, false);
	assert_int_equal(transfers.unused, 0);
	/* One that is touched is not the oldest any more. */
	grow(find(updates + grown), updates + grown, 8);
	for (unsigned i = 0; i < rest; i++) {
		unsigned first = updates + grown;

		start(number++, 4000000 + i, false);
		if (i + 1 < rest) {
			expect_evicted(first + 1 + i);
			assert_non_null(find(first));
			assert_true(i + 2 == rest || find(first + 2 + i) != NULL);
		}
	}
	for (unsigned i = 0; i < updates + grown; i++)
		assert_non_null(find(i));
	/* Those that have grown take the place of those that have not, up to half of all. */
	for (unsigned i = number - rest + 1; i < number; i++)
		if (find(i) != NULL)
			grow(find(i), i, 8);
	assert_true(transfers.of_kind[RDL_TRANSFER_GROWN] <= UNITS);
	for (unsigned i = 0; i < UNITS; i++)
		start(number++, 5000000 + i, false);
	assert_true(transfers.of_kind[RDL_TRANSFER_GROWN] <= UNITS / 2);
	assert_int_equal(transfers.of_kind[RDL_TRANSFER_UPDATE], updates);
	for (unsigned i = 0; i < UNITS; i++)
		start(number++, 6000000 + i, true);
	for (unsigned i = 0; i < UNITS; i++)
		start(number++, 7000000 + i, false);
	assert_true(transfers.of_kind[RDL_TRANSFER_UPDATE] <= UNITS / 4);
}

/*
 * Whoever is within its share loses nothing to whoever is not,
 * and what he had when he was within, stays.
 */
static void test_shares(void **state)
{
	unsigned number = 0;

	for (; number < SHARE; number++)
		start(number, 1, false);
	for (; number < 2 * SHARE; number++)
		start(number, 2, false);
	for (; number < 10 * UNITS; number++)
		start(number, 3, false);
	for (unsigned i = 0; i < 3 * SHARE; i++)
		assert_non_null(find(i));
	expect_evicted(UNITS - 1);
	assert_non_null(find(number - 1));
	/* A second one with as much takes half, until both have the same. */
	for (unsigned i = 0; i < 10 * UNITS; i++)
		start(number++, 4, false);
	for (unsigned i = 0; i < 3 * SHARE; i++)
		assert_non_null(find(i));
	assert_true(rdl_holders_units(&transfers.holders,
			    rdl_holders_place(&transfers.holders, 3)) >= UNITS / 8);
}

/* What its time is over for goes before all, and nobody misses it. */
static void test_time(void **state)
{
	unsigned number = 0;

	for (; number < UNITS / 8; number++)
		start(number, number, true);
	now_ms += LIFETIME_MS / 2;
	for (; number < UNITS; number++)
		start(number, number, false);
	now_ms += LIFETIME_MS / 2 + 1;
	for (unsigned i = 0; i < UNITS / 8; i++, number++)
		start(number, number, false);
	assert_int_equal(transfers.gave_way, 0);
	assert_int_equal(transfers.of_kind[RDL_TRANSFER_UPDATE], 0);
	for (unsigned i = UNITS / 8; i < number; i++)
		assert_non_null(find(i));
}

/*
 * Bodies of all lengths, in pieces of all lengths, are what they were made of;
 * and when all have gone, nothing is held.
 */
static void test_bodies(void **state)
{
	unsigned number = 0;

	for (size_t piece = 1; piece <= BODY_MAX; piece += 1 + piece / 7, number++) {
		struct rdl_block_key key = key_of(number, number % 3, number % 2 != 0);
		struct rdl_transfer *t = rdl_transfers_begin(&transfers, &key, now_ms);
		uint8_t body[BODY_MAX], other = 0;

		for (unsigned round = 0; round < 2; round++) {
			while (t->len + piece <= BODY_MAX)
				grow(t, number, piece);
			rdl_transfers_copy(&transfers, t, body);
			for (size_t i = 0; i < t->len; i++)
				assert_int_equal(body[i], octet_of(number, i));
			for (size_t at = 0; at < t->len; at += 1 + at / 2) {
				struct rdl_span rest = { body + at, t->len - at };

				assert_true(rdl_transfers_holds(&transfers, t, at, rest));
				other = body[t->len - 1]++;
				assert_false(rdl_transfers_holds(&transfers, t, at, rest));
				body[t->len - 1] = other;
			}
			assert_false(rdl_transfers_holds(
				&transfers, t, 1, (struct rdl_span){ body, t->len }));
			if (round == 0)
				rdl_transfers_restart(&transfers, t);
		}
		assert_ptr_equal(find(number), t);
		if (number % 4 == 0)
			rdl_transfers_drop(&transfers, t);
	}
	now_ms += LIFETIME_MS + 1;
	for (unsigned i = 0; i < number; i++)
		assert_null(find(i));
	assert_int_equal(transfers.unused, UNITS);
	for (unsigned kind = 0; kind < RDL_TRANSFER_KINDS; kind++)
		assert_int_equal(transfers.of_kind[kind], 0);
	for (unsigned i = 0; i <= transfers.holders.bucket_mask; i++)
		assert_int_equal(transfers.holders.buckets[i], UINT32_MAX);
}

/*
 * The longest body has room though its own first block
 * would be the first to give way; all others go for it.
 */
static void test_longest(void **state)
{
	rdl_transfers_init(&transfers, 1, BODY_MAX, LIFETIME_MS, memory);
	for (unsigned i = 0; i < 20; i++)
		start(i, i, i % 2 != 0);
	start(20, 20, false);
	grow(find(20), 20, BODY_MAX - 16);
	assert_int_equal(find(20)->len, BODY_MAX);
	assert_int_equal(transfers.unused, 0);
	for (unsigned i = 0; i < 20; i++)
		assert_null(find(i));
}

/* Remembered for at least its time, and no more than twice that. */
static void test_evicted(void **state)
{
	static uint64_t words[64] __attribute__((aligned(64)));
	struct rdl_evicted evicted;

	assert_int_equal(rdl_evicted_memory(64), sizeof(words));
	for (uint64_t begin = 0; begin < 3 * RDL_EVICTED_MS; begin += 9973) {
		uint64_t name = begin * UINT64_C(0x9e3779b97f4a7c15) + 1;

		memset(words, 0, sizeof(words));
		rdl_evicted_init(&evicted, 64, words);
		assert_false(rdl_evicted_has(&evicted, name, begin));
		rdl_evicted_add(&evicted, name, begin);
		for (uint64_t age = 0; age < 5 * RDL_EVICTED_MS; age += 997) {
			bool has = rdl_evicted_has(&evicted, name, begin + age);

			assert_true(has || age > RDL_EVICTED_MS);
			assert_false(has && age >= 2 * RDL_EVICTED_MS);
		}
		/* Another one in the same word, a generation later, leaves it there. */
		rdl_evicted_add(&evicted, name ^ UINT64_C(0xffffff) << 40, begin + RDL_EVICTED_MS);
		assert_true(rdl_evicted_has(&evicted, name, begin + RDL_EVICTED_MS));
		rdl_evicted_add(
			&evicted, name ^ UINT64_C(0xffffff) << 40, begin + 2 * RDL_EVICTED_MS);
		assert_false(rdl_evicted_has(&evicted, name, begin + 2 * RDL_EVICTED_MS));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_kinds, setup_memory),
		cmocka_unit_test_setup(test_shares, setup_memory),
		cmocka_unit_test_setup(test_time, setup_memory),
		cmocka_unit_test_setup(test_bodies, setup_memory),
		cmocka_unit_test_setup(test_longest, setup_memory),
		cmocka_unit_test(test_evicted),
	};

	return RUN_TESTS(tests);
}
