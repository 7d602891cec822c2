/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The limit of new Registers from one network prefix,
 * also when there are more prefixes than places to know them.
 */
#include "watch.h"

#include <stdlib.h>

static void test_which_prefix(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.0", "192.0.2.255", true },
		{ "192.0.2.255", "192.0.3.0", false },
		{ "192.0.2.1", "192.1.2.1", false },
		{ "192.0.2.1", "193.0.2.1", false },
		{ "192.0.2.1", "::ffff:192.0.2.9", true },
		{ "192.0.2.1", "::ffff:192.0.3.1", false },
		{ "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true },
		{ "2001:db8::1", "2001:db8:0:1::1", false },
		{ "2001:db8::1", "2001:db9::1", false },
		{ "2001:db8::1", "3001:db8::1", false },
		{ "::1", "::fffe:192.0.2.1", true },
		{ "::1", "::ffff:192.0.2.1", false },
		{ "192.0.2.1", "c000:200::", false },
		{ "0.0.0.1", "::1", false },
	};

	for (size_t c = 0; c < RDL_ARRAY_LEN(cases); c++) {
		struct rdl_peer a = peer_of(cases[c].a), b = peer_of(cases[c].b);

		b.port = 7;
		start(&(struct rdl_admission_limits){ .per_prefix = 2 });
		assert_true(take(&a, BEGIN));
		assert_true(take(&a, BEGIN));
		assert_int_equal(rdl_admission_spend(&admission, &a, BEGIN), RDL_ADMISSION_PREFIX);
		assert_int_equal(rdl_admission_spend(&admission, &b, BEGIN),
			cases[c].same ? RDL_ADMISSION_PREFIX : RDL_ADMISSION_SPENT);
		/* A Register each half second flows in. */
		assert_false(take(&a, BEGIN + 499));
		assert_true(take(&a, BEGIN + 500));
		assert_int_equal(take(&b, BEGIN + 500), !cases[c].same);
		stop();
	}
}

/*
 * A few hundred prefixes that all ask for too much:
 * each gets its rate, exactly, and one second's worth at first.
 */
static void test_side_by_side(void **state)
{
	static const uint32_t per_prefix[] = { 1, 3, 20, 100, 1500 };

	for (size_t r = 0; r < RDL_ARRAY_LEN(per_prefix); r++) {
		int64_t rate = per_prefix[r], depth = depth_of(rate, 0);
		struct watch watches[300] = { { 0, 0 } };

		start(&(struct rdl_admission_limits){ .per_prefix = per_prefix[r] });
		for (uint64_t since = 0; since <= 5000; since += r < 4 ? 10 : 1)
			for (uint32_t n = 0; n < RDL_ARRAY_LEN(watches); n++) {
				struct rdl_peer peer = peer_in(n);

				while (take(&peer, BEGIN + since))
					watch_taken(&watches[n], rate, depth, since);
			}
		for (size_t n = 0; n < RDL_ARRAY_LEN(watches); n++)
			assert_int_equal(watches[n].taken / 1000, (depth + rate * 5000) / 1000);
		stop();
	}
}

/* What one limit refuses takes nothing of the other. */
static void test_neither_charged(void **state)
{
	struct rdl_peer a = peer_of("192.0.2.1"), b = peer_of("198.51.100.1");
	struct rdl_peer c = peer_of("2001:db8::1"), d = peer_of("203.0.113.1");

	start(&(struct rdl_admission_limits){
		.registers_per_s = 1000, .burst = 3, .per_prefix = 1 });
	assert_true(take(&a, BEGIN));
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(rdl_admission_spend(&admission, &a, BEGIN), RDL_ADMISSION_PREFIX);
	assert_true(take(&b, BEGIN));
	assert_true(take(&c, BEGIN));
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(rdl_admission_spend(&admission, &d, BEGIN), RDL_ADMISSION_RATE);
	assert_int_equal(rdl_admission_spend(&admission, &a, BEGIN + 1), RDL_ADMISSION_PREFIX);
	assert_true(take(&d, BEGIN + 1));
	stop();
}

/* Prefixes that come once each find a place as long as full buckets are there to give theirs up. */
static void test_idle_prefixes_give_way(void **state)
{
	start(&(struct rdl_admission_limits){ .per_prefix = 1 });
	for (uint32_t n = 0; n < 300000; n++) {
		struct rdl_peer peer = peer_in(n);

		assert_true(take(&peer, BEGIN + n * 4));
	}
	stop();
}

/*
 * More prefixes than there are places, all asking: in all they get no more than the places have,
 * none gets more than its own, and there is something for newcomers as time goes on.
 */
static void test_flood_of_prefixes(void **state)
{
	enum { PREFIXES = 1 << 19, PLACES = 65536, RATE = 3, MS = 4000, A_MS = 500 };
	struct watch *watches = calloc(PREFIXES, sizeof(*watches));
	int64_t depth = depth_of(RATE, 0), taken = 0, late = 0;
	uint64_t seed = 5;

	assert_non_null(watches);
	start(&(struct rdl_admission_limits){ .per_prefix = RATE });
	for (uint64_t since = 0; since < MS; since++) {
		for (unsigned i = 0; i < A_MS; i++) {
			/* Half of it comes from a few that ask again and again. */
			uint32_t n = (uint32_t)(test_random(&seed) % PREFIXES);
			struct rdl_peer peer = peer_in(i % 2 == 0 ? n % 4096 : n);

			if (!take(&peer, BEGIN + since))
				continue;
			watch_taken(&watches[i % 2 == 0 ? n % 4096 : n], RATE, depth, since);
			taken++;
			late += since >= MS / 2;
		}
	}
	assert_true(taken <= PLACES * (int64_t)(RATE + RATE * MS / 1000));
	assert_true(late > PLACES * RATE);
	stop();
	free(watches);
}

static void test_flood_at_once(void **state)
{
	uint64_t taken = 0;

	start(&(struct rdl_admission_limits){ .per_prefix = 4 });
	for (uint32_t n = 0; n < 2000000; n++) {
		struct rdl_peer peer = peer_in(n);

		taken += take(&peer, BEGIN);
	}
	assert_int_equal(taken, 65536 * 4);
	stop();
}

/* Who shares a set is the key's to say. */
static void test_keyed(void **state)
{
	static bool taken[2][200000];

	for (unsigned k = 0; k < 2; k++) {
		key = (struct rdl_key){ 9, k };
		start(&(struct rdl_admission_limits){ .per_prefix = 1 });
		for (uint32_t n = 0; n < RDL_ARRAY_LEN(taken[k]); n++) {
			struct rdl_peer peer = peer_in(n);

			taken[k][n] = take(&peer, BEGIN);
		}
		stop();
	}
	assert_memory_not_equal(taken[0], taken[1], sizeof(taken[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_prefix),
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_neither_charged),
		cmocka_unit_test(test_idle_prefixes_give_way),
		cmocka_unit_test(test_flood_of_prefixes),
		cmocka_unit_test(test_flood_at_once),
		cmocka_unit_test(test_keyed),
	};

	return RUN_TESTS(tests);
}
