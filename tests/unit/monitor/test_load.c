/* SPDX-License-Identifier: BSD-3-Clause */
/* Cores that stand still, requests that are shed, a table that fills. */
#include "fixture.h"

/* The number behind `key` in what was said, which begins with `text`. */
static unsigned long long number_in(const char *said, const char *text, const char *key)
{
	const char *at = strstr(said, key);
	unsigned long long n = 0;

	assert_int_equal(lines_in(said), 1);
	assert_memory_equal(said, text, strlen(text));
	assert_non_null(at);
	assert_int_equal(sscanf(at + strlen(key), "%llu\n", &n), 1);
	return n;
}

static void stands_and_goes_on(struct load *load, const char *who)
{
	char still[64], again[64];

	snprintf(still, sizeof(still), "warn core: stands still %s round_age_ms=", who);
	snprintf(again, sizeof(again), "warn core: goes on %s stood_ms=", who);
	all_go_on();
	assert_string_equal(look(), "");
	stand(load, 600);
	assert_string_equal(look(), "");
	assert_true(monitor_cores_go_on(monitor));
	stand(load, 1500);
	assert_in_range(number_in(look(), still, "round_age_ms="), 1500, 1990);
	assert_false(monitor_cores_go_on(monitor));
	/* Said again when it has doubled, and not before. */
	stand(load, 2500);
	assert_string_equal(look(), "");
	stand(load, 4000);
	assert_in_range(number_in(look(), still, "round_age_ms="), 4000, 5500);
	all_go_on();
	assert_in_range(number_in(look(), again, "stood_ms="), 4000, 5500);
	assert_true(monitor_cores_go_on(monitor));
	assert_string_equal(look(), "");
	own_clock_pass(20000);
}

static void cores(void **state)
{
	stands_and_goes_on(&worker[0].load, "worker=0");
	stands_and_goes_on(&worker[1].load, "worker=1");
	stands_and_goes_on(&core[0].load, "shard=0");
	stands_and_goes_on(&core[1].load, "shard=1");
}

static void shedding(void **state)
{
	struct rdl_stats *of_worker = &worker[1].pipeline.stats, *of_shard = &core[1].shard.stats;

	/* Nothing that is dropped for what it is, or done. */
	rdl_stats_add(of_worker, RDL_STAT_drop_coap_short, 5);
	rdl_stats_add(of_worker, RDL_STAT_refused_bad_option, 5);
	rdl_stats_add(of_shard, RDL_STAT_registered, 5);
	assert_string_equal(look(), "");
	rdl_stats_add(of_worker, RDL_STAT_drop_tx_full, 1);
	rdl_stats_add(of_shard, RDL_STAT_drop_registry_full, 9);
	rdl_stats_add(&core[0].shard.stats, RDL_STAT_drop_registry_full, 3);
	rdl_stats_add(&worker[0].pipeline.stats, RDL_STAT_drop_fragment_crowded, 7);
	assert_string_equal(look(), "warn load: requests are shed fragment_crowded=7 "
				    "registry_full=12 tx_full=1\n");
	assert_string_equal(look(), "");
	/* Once in ten seconds, with all that is new since. */
	rdl_stats_add(of_worker, RDL_STAT_drop_tx_full, 2);
	own_clock_pass(5000);
	assert_string_equal(look(), "");
	rdl_stats_add(of_worker, RDL_STAT_drop_tx_full, 4);
	own_clock_pass(4999);
	assert_string_equal(look(), "");
	own_clock_pass(1);
	assert_string_equal(look(), "warn load: requests are shed tx_full=6\n");
	own_clock_pass(10000);
	assert_string_equal(look(), "");
	/* The longest that it can be is whole. */
	for (unsigned i = RDL_STAT_drop_fragment_crowded; i <= RDL_STAT_drop_tx_full; i++)
		rdl_stats_add(of_worker, (enum rdl_stat)i, UINT64_MAX / 2);
	const char *said = look();
	assert_int_equal(lines_in(said), 1);
	assert_non_null(strstr(said, " tx_full=9223372036854775807\n"));
}

static void the_table(void **state)
{
	static const struct {
		uint64_t first, second; /* of each shard */
		const char *said;
	} steps[] = {
		{ 0, 0, "" },
		{ 44, 45, "" },
		{ 45, 45,
			"warn load: the table is nearly full registrations=90 "
			"registrations_max=100\n" },
		{ 50, 49, "" },
		{ 50, 50,
			"warn load: the table is full registrations=100 registrations_max=100\n" },
		{ 50, 46, "" },
		{ 50, 44,
			"warn load: the table is nearly full registrations=94 "
			"registrations_max=100\n" },
		{ 50, 30, "" },
		{ 0, 79,
			"warn load: the table has room again registrations=79 "
			"registrations_max=100\n" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(steps); i++) {
		rdl_stats_set(&core[0].shard.stats, RDL_STAT_registrations, steps[i].first);
		rdl_stats_set(&core[1].shard.stats, RDL_STAT_registrations, steps[i].second);
		assert_string_equal(look(), steps[i].said);
	}
}

static int begin(void **state)
{
	begin_with(0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(cores, begin, end),
		cmocka_unit_test_setup_teardown(shedding, begin, end),
		cmocka_unit_test_setup_teardown(the_table, begin, end),
	};

	return RUN_EAL_TESTS(tests);
}
