/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every counter and gauge has its name, type and help,
 * and the verdicts of other libraries lead to those of their names.
 */
#include <stdio.h>

#include "support.h"

#include "stats.h"

/* DPDK's telemetry takes these characters for a key, and 63 of them. */
static void test_names(void **state)
{
	for (unsigned i = 0; i < RDL_STAT_COUNT; i++) {
		const char *name = rdl_stat_name((enum rdl_stat)i);
		const char *help = rdl_stat_help((enum rdl_stat)i);

		assert_in_range(strlen(name), 1, 63);
		assert_int_equal(
			strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
		assert_true(strlen(help) > 0);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(rdl_stat_name((enum rdl_stat)k), name);
	}
}

/* What a core has of something at the moment; all that it ever did is counted. */
static void test_types(void **state)
{
	unsigned gauges = 0;

	for (unsigned i = 0; i < RDL_STAT_COUNT; i++)
		gauges += rdl_stat_type((enum rdl_stat)i) == RDL_STAT_GAUGE;
#define X(name, help)                                                     \
	assert_int_equal(rdl_stat_type(RDL_STAT_##name), RDL_STAT_GAUGE); \
	assert_string_equal(rdl_stat_name(RDL_STAT_##name), #name);       \
	assert_string_equal(rdl_stat_help(RDL_STAT_##name), help);        \
	gauges--;
	RDL_STATS_GAUGES(X)
#undef X
	assert_int_equal(gauges, 0);
	assert_int_equal(rdl_stat_type(RDL_STAT_registered), RDL_STAT_COUNTER);
}

static void expect_name(enum rdl_stat stat, const char *prefix, const char *name)
{
	char expected[64];

	snprintf(expected, sizeof(expected), "%s%s", prefix, name);
	assert_string_equal(rdl_stat_name(stat), expected);
}

static void test_net_drops(void **state)
{
#define X(name, help) expect_name(rdl_stat_of_net_drop(RDL_NET_DROP_##name), "drop_", #name);
	RDL_NET_DROPS(X)
#undef X
}

static void test_dtls_drops(void **state)
{
#define X(name, help) expect_name(rdl_stat_of_dtls_drop(RDL_DTLS_DROP_##name), "drop_dtls_", #name);
	RDL_DTLS_DROPS(X)
#undef X
}

static void test_reasons(void **state)
{
#define X(name, code, detail, text)                                            \
	expect_name(rdl_stat_of_reason(RDL_REASON_##name), "refused_", #name); \
	assert_string_equal(rdl_stat_help(RDL_STAT_refused_##name), text);
	RDL_REASONS(X)
#undef X
}

static void test_ignored(void **state)
{
#define X(name, help) expect_name(rdl_stat_of_ignored(RDL_IGNORED_##name), "ignored_", #name);
	RDL_IGNORED(X)
#undef X
}

/* What says of itself that it is shed is in the list of which the log tells. */
static void test_shed(void **state)
{
#define X(name, help) assert_null(strstr(help, "shed"));
	RDL_NET_DROPS(X)
	RDL_STATS_DROPS(X)
#undef X
}

/* All 256: those that are sent have their own. */
static void test_codes(void **state)
{
	static const char *const sent[] = { "2_01", "2_02", "2_04", "2_05", "2_31", "4_00", "4_02",
		"4_03", "4_04", "4_05", "4_08", "4_12", "4_13", "5_05" };
	size_t found = 0;

	for (unsigned code = 0; code < 256; code++) {
		char text[8];
		const char *expected = "other";

		snprintf(text, sizeof(text), "%u_%02u", code >> 5, code & 31);
		for (size_t i = 0; i < RDL_ARRAY_LEN(sent); i++)
			if (strcmp(sent[i], text) == 0)
				expected = sent[i];
		found += strcmp(expected, "other") != 0;
		expect_name(rdl_stat_of_code((uint8_t)code), "code_", expected);
	}
	assert_int_equal(found, RDL_ARRAY_LEN(sent));
	/* No reason to refuse is counted among the others. */
	for (int reason = RDL_REASON_NONE + 1; reason < RDL_REASON_COUNT; reason++)
		assert_int_not_equal(rdl_stat_of_code(rdl_reason_code((enum rdl_reason)reason)),
			RDL_STAT_code_other);
}

static void test_counting(void **state)
{
	static struct rdl_stats stats;

	assert_int_equal((uintptr_t)&stats % RDL_CACHE_LINE, 0);
	rdl_stats_add(&stats, RDL_STAT_expired, 1);
	rdl_stats_add(&stats, RDL_STAT_expired, UINT64_C(1) << 40);
	for (unsigned i = 0; i < RDL_STAT_COUNT; i++)
		assert_true(rdl_stats_get(&stats, (enum rdl_stat)i) ==
			    (i == RDL_STAT_expired ? (UINT64_C(1) << 40) + 1 : 0));
}

static void test_gauges(void **state)
{
	static struct rdl_stats stats;

	rdl_stats_set(&stats, RDL_STAT_store_octets, UINT64_C(1) << 40);
	rdl_stats_set(&stats, RDL_STAT_tombstones, 3);
	rdl_stats_set(&stats, RDL_STAT_tombstones, 2);
	assert_true(rdl_stats_get(&stats, RDL_STAT_store_octets) == UINT64_C(1) << 40);
	assert_int_equal(rdl_stats_get(&stats, RDL_STAT_tombstones), 2);
}

/* Counters and gauges of all cores, each on its own. */
static void test_sum(void **state)
{
	static struct rdl_stats sum, cores[2];

	for (unsigned i = 0; i < RDL_STAT_COUNT; i++) {
		rdl_stats_set(&cores[0], (enum rdl_stat)i, (UINT64_C(1) << 40) + i);
		rdl_stats_set(&cores[1], (enum rdl_stat)i, 2 * i);
	}
	rdl_stats_sum(&sum, &cores[0]);
	rdl_stats_sum(&sum, &cores[1]);
	for (unsigned i = 0; i < RDL_STAT_COUNT; i++)
		assert_true(rdl_stats_get(&sum, (enum rdl_stat)i) == (UINT64_C(1) << 40) + 3 * i);
}

static void test_add_ignored(void **state)
{
	static struct rdl_stats stats;
	struct rdl_ignored_counts ignored = { { 0 } };

	ignored.count[RDL_IGNORED_security] = 2;
	ignored.count[RDL_IGNORED_COUNT - 1] = 70000;
	rdl_stats_add_ignored(&stats, &ignored);
	rdl_stats_add_ignored(&stats, &ignored);
	for (unsigned i = 0; i < RDL_IGNORED_COUNT; i++)
		assert_int_equal(
			rdl_stats_get(&stats, rdl_stat_of_ignored(i)), 2 * ignored.count[i]);
}

static void test_families(void **state)
{
	assert_string_equal(rdl_stat_family(RDL_STAT_code_2_01)->name, "responses");
	assert_string_equal(rdl_stat_family(RDL_STAT_drop_tx_full)->name, "dropped");
	assert_string_equal(rdl_stat_family(RDL_STAT_refused_version)->name, "refused");
	assert_string_equal(rdl_stat_family(RDL_STAT_ignored_object)->name, "ignored_links");
	assert_string_equal(rdl_stat_family(RDL_STAT_requests_update)->name, "requests");
	assert_null(rdl_stat_family(RDL_STAT_registered));
	assert_null(rdl_stat_family(RDL_STAT_tombstones));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_net_drops),
		cmocka_unit_test(test_dtls_drops),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_ignored),
		cmocka_unit_test(test_shed),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_counting),
		cmocka_unit_test(test_gauges),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_add_ignored),
		cmocka_unit_test(test_families),
	};

	return RUN_TESTS(tests);
}
