/* SPDX-License-Identifier: BSD-3-Clause */
/* Limits that become others while buckets are in use. */
#include "watch.h"

static void change_to(
	uint32_t registers_per_s, uint32_t burst, uint32_t per_prefix, uint64_t now_ms)
{
	struct rdl_admission_limits limits = { registers_per_s, burst, per_prefix, .shards = 1 };

	rdl_admission_change(&admission, &limits, now_ms);
}

/* How many of this peer are let through at once, up to `most`. */
static unsigned take_all(const struct rdl_peer *peer, uint64_t now_ms, unsigned most)
{
	unsigned taken = 0;

	while (taken < most && take(peer, now_ms))
		taken++;
	return taken;
}

/* What was taken by the old limit counts by the new one, from whose depth it is taken. */
static void what_lacks_stays(void **state)
{
	static const struct {
		uint32_t per_s, burst, taken, to_per_s, to_burst;
		unsigned at_once, later; /* a second later: what has flowed in */
	} cases[] = {
		{ 10, 0, 4, 10, 0, 6, 10 }, /* nothing changes */
		{ 10, 0, 4, 20, 0, 16, 20 },
		{ 10, 0, 10, 20, 0, 10, 20 },
		{ 10, 0, 4, 3, 0, 0, 3 }, /* no more than the new depth */
		{ 10, 0, 4, 5, 0, 1, 5 },
		{ 10, 0, 0, 3, 0, 3, 3 },
		{ 10, 50, 50, 10, 60, 10, 10 },
		{ 1000000, 100, 1000, 7, 0, 0, 7 },
		{ 1000000000, 1, 100, 1000000, 0, 999900, 1000000 },
	};

	for (size_t c = 0; c < RDL_ARRAY_LEN(cases); c++) {
		/* Prefixes go by the same rule; theirs have one second's worth of depth. */
		for (unsigned prefix = 0; prefix < 2; prefix++) {
			struct rdl_peer peer = peer_of("192.0.2.1");
			uint32_t from = cases[c].per_s, to = cases[c].to_per_s;

			if (prefix == 1 && (cases[c].burst | cases[c].to_burst) != 0)
				continue;
			start(&(struct rdl_admission_limits){ prefix == 0 ? from : 0,
				cases[c].burst, prefix == 1 ? from : 0, .shards = 1 });
			assert_int_equal(take_all(&peer, BEGIN, cases[c].taken), cases[c].taken);
			change_to(prefix == 0 ? to : 0, cases[c].to_burst, prefix == 1 ? to : 0,
				BEGIN);
			assert_int_equal(take_all(&peer, BEGIN, UINT32_MAX), cases[c].at_once);
			assert_int_equal(take_all(&peer, BEGIN + 1000, UINT32_MAX), cases[c].later);
			stop();
		}
	}
}

/* A bucket that was emptied is as empty by the new limit, and fills at its rate from then on. */
static void fills_at_the_new_rate(void **state)
{
	struct rdl_peer peer = peer_of("2001:db8::1");

	for (unsigned prefix = 0; prefix < 2; prefix++) {
		start(&(struct rdl_admission_limits){ prefix == 0, 0, prefix == 1, .shards = 1 });
		assert_int_equal(take_all(&peer, BEGIN, UINT32_MAX), 1);
		change_to(prefix == 0 ? 100 : 0, 0, prefix == 1 ? 100 : 0, BEGIN + 500);
		/* Half a Register had flowed in; the depth has grown by 99. */
		assert_int_equal(take_all(&peer, BEGIN + 500, UINT32_MAX), 99);
		assert_int_equal(take_all(&peer, BEGIN + 504, UINT32_MAX), 0);
		assert_int_equal(take_all(&peer, BEGIN + 505, UINT32_MAX), 1);
		assert_int_equal(take_all(&peer, BEGIN + 514, UINT32_MAX), 0);
		assert_int_equal(take_all(&peer, BEGIN + 515, UINT32_MAX), 1);
		stop();
	}
}

/* Where there was no limit, buckets are full, whatever had passed; also of the other limit. */
static void from_none_to_some(void **state)
{
	struct rdl_peer a = peer_of("192.0.2.1"), b = peer_of("192.0.3.1");

	start(&(struct rdl_admission_limits){ .per_prefix = 5 });
	assert_int_equal(take_all(&a, BEGIN, 3), 3);
	change_to(4, 0, 5, BEGIN);
	assert_int_equal(take_all(&a, BEGIN, UINT32_MAX), 2);
	assert_int_equal(rdl_admission_spend(&admission, &a, BEGIN), RDL_ADMISSION_PREFIX);
	assert_int_equal(take_all(&b, BEGIN, UINT32_MAX), 2);
	assert_int_equal(rdl_admission_spend(&admission, &b, BEGIN), RDL_ADMISSION_RATE);
	/* No limit of prefixes, and again one: they begin anew. */
	change_to(0, 0, 0, BEGIN);
	assert_false(rdl_admission_limited(&admission));
	change_to(0, 0, 2, BEGIN);
	assert_true(rdl_admission_limited(&admission));
	assert_int_equal(take_all(&a, BEGIN, UINT32_MAX), 2);
	assert_int_equal(take_all(&b, BEGIN, UINT32_MAX), 2);
	change_to(3, 0, 0, BEGIN);
	assert_int_equal(take_all(&a, BEGIN, UINT32_MAX), 3);
	stop();
}

/* Thousands of prefixes: each keeps what it lacks. */
static void each_prefix(void **state)
{
	start(&(struct rdl_admission_limits){ .per_prefix = 4 });
	for (uint32_t n = 0; n < 2000; n++) {
		struct rdl_peer peer = peer_in(n);

		assert_int_equal(take_all(&peer, BEGIN, n % 5), n % 5);
	}
	change_to(0, 0, 6, BEGIN);
	for (uint32_t n = 0; n < 2000; n++) {
		struct rdl_peer peer = peer_in(n);

		assert_int_equal(take_all(&peer, BEGIN, UINT32_MAX), 6 - n % 5);
	}
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lacks_stays),
		cmocka_unit_test(fills_at_the_new_rate),
		cmocka_unit_test(from_none_to_some),
		cmocka_unit_test(each_prefix),
	};

	return RUN_TESTS(tests);
}
