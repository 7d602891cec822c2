/* SPDX-License-Identifier: BSD-3-Clause */
/* Samples out of Prometheus' text format. */
#include "support.h"

#include <string.h>

#include "sample.h"

static struct sample sample;

static const char *read_text(const char *text)
{
	uint8_t *copy = guard_copy(text, strlen(text) + 1);

	sample_begin(&sample);
	const char *problem = sample_by_exposition(&sample, (const char *)copy);
	guard_free(copy, strlen(text) + 1);
	return problem;
}

static void test_figures(void **state)
{
	assert_null(read_text(
		"# HELP rdline_build_info 1\n"
		"rdline_build_info{version=\"1.0 (\\\"a\\\\b\\\")\",instance_name=\"x\"} 1\n"
		"rdline_uptime_seconds 12.7\n"
		"rdline_registrations_max 1e+06\n"
		"rdline_requests_total{operation=\"register\"} 7\n"
		"rdline_responses_total{code=\"2.01\"} 6 1700000000\n"
		"rdline_responses_total{code=\"other\"} 2\n"
		"rdline_dropped_total{reason=\"tx_full\"} 4\n"
		"rdline_registered_total 5\n"
		"rdline_store_bytes 99\n"
		"rdline_core_seconds_total{role=\"worker\",index=\"1\",state=\"busy\"} 1.5\n"
		"rdline_core_seconds_total{role=\"worker\",index=\"1\",state=\"idle\"} 2.5\n"
		"rdline_core_round_age_seconds{role=\"worker\",index=\"1\"} 0.25\n"
		"rdline_ring_depth{role=\"worker\",index=\"1\"} 8\n"
		"rdline_reply_seconds_bucket{worker=\"0\",le=\"1e-06\"} 0\n"
		"rdline_reply_seconds_bucket{worker=\"0\",le=\"2e-05\"} 3\n"
		"rdline_reply_seconds_bucket{worker=\"0\",le=\"10.0\"} 4\n"
		"rdline_reply_seconds_bucket{worker=\"0\",le=\"+Inf\"} 9\n"
		"rdline_port_up{port=\"0\",device=\"a\"} 1\n"
		"rdline_port_up{port=\"1\",device=\"b\"} 0\n"
		"rdline_port_rx_missed_total{port=\"1\",device=\"b\"} 3\n"
		"other_metric 1\n"));
	assert_string_equal(sample.version, "1.0 (\"a\\b\")");
	assert_string_equal(sample.instance, "x");
	assert_int_equal(sample.uptime_s, 12);
	assert_int_equal(sample.registrations_max, 1000000);
	assert_int_equal(rdl_stats_get(&sample.sum, RDL_STAT_requests_register), 7);
	assert_int_equal(rdl_stats_get(&sample.sum, RDL_STAT_code_2_01), 6);
	assert_int_equal(rdl_stats_get(&sample.sum, RDL_STAT_code_other), 2);
	assert_int_equal(rdl_stats_get(&sample.sum, RDL_STAT_drop_tx_full), 4);
	assert_int_equal(rdl_stats_get(&sample.sum, RDL_STAT_registered), 5);
	assert_int_equal(rdl_stats_get(&sample.sum, RDL_STAT_store_octets), 99);
	assert_int_equal(sample.core_count, 1);
	assert_string_equal(sample.cores[0].role, "worker");
	assert_int_equal(sample.cores[0].index, 1);
	assert_true(sample.cores[0].busy == 1.5 && sample.cores[0].idle == 2.5);
	assert_int_equal(sample.cores[0].round_age_ms, 250);
	assert_int_equal(sample.cores[0].ring_depth, 8);
	assert_int_equal(rdl_latency_percentile_us(&sample.latency, 333), 20);
	assert_int_equal(sample.latency.count[RDL_LATENCY_BOUNDS - 1], 1);
	assert_int_equal(sample.latency.count[RDL_LATENCY_BOUNDS], 5);
	assert_int_equal(sample.ports, 2);
	assert_int_equal(sample.links_up, 1);
	assert_int_equal(sample.rx_missed, 3);
}

/* Whatever else a server says: nothing is taken from it, and it is no gateway's. */
static void test_foreign(void **state)
{
	static const char *const texts[] = { "", "\n\n", "<html>", "rdline_build_info",
		"rdline_build_info{", "rdline_build_info{version",
		"rdline_build_info{version=", "rdline_build_info{version=\"",
		"rdline_build_info{version=\"\\", "rdline_build_info{version=\"1\"",
		"rdline_build_info{version=\"1\"}", "rdline_build_info{version=\"1\"} x",
		"rdline_build_info{a=\"\",b=\"\",c=\"\",d=\"\","
		"e=\"\"} 1",
		"up 1\n", " 1", "{} 1" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(texts); i++) {
		assert_non_null(read_text(texts[i]));
		assert_string_equal(sample.version, "");
	}
}

/* Whoever answers at an address need not be a gateway. */
static void test_hostile(void **state)
{
	assert_null(read_text(
		"rdline_build_info{version=\"1\x1b[2J\x07\\n\",instance_name=\"\xff\"} 1\n"
		"rdline_registrations NaN\n"
		"rdline_registrations_max -1\n"
		"rdline_uptime_seconds 1e300\n"
		"rdline_registered_total +Inf\n"
		"rdline_core_round_age_seconds{role=\"shard\",index=\"0\"} 9e15\n"
		"rdline_ring_depth{role=\"\x1b[2J\",index=\"0\"} 1\n"));
	assert_string_equal(sample.version, "1?[2J??");
	assert_string_equal(sample.instance, "?");
	assert_int_equal(rdl_stats_get(&sample.sum, RDL_STAT_registrations), 0);
	assert_int_equal(sample.registrations_max, 0);
	assert_int_equal(sample.uptime_s, 0);
	assert_int_equal(rdl_stats_get(&sample.sum, RDL_STAT_registered), 0);
	assert_int_equal(sample.core_count, 1);
	assert_int_equal(sample.cores[0].round_age_ms, UINT64_C(9000000000000000000));
}

/* More cores than a sample holds, roles that are none, names that are too long. */
static void test_limits(void **state)
{
	char text[64 * 1024] = "rdline_build_info{version=\"1\"} 1\n";
	size_t len = strlen(text);

	for (unsigned i = 0; i < SAMPLE_CORES_MAX + 9; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
			"rdline_ring_depth{role=\"shard\",index=\"%u\"} 1\n", i);
	len += (size_t)snprintf(text + len, sizeof(text) - len,
		"rdline_ring_depth{role=\"a role that is long\",index=\"1\"} 1\nrdline_");
	memset(text + len, 'x', 200);
	strcpy(text + len + 200, " 1\n");
	assert_null(read_text(text));
	assert_int_equal(sample.core_count, SAMPLE_CORES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_limits),
	};

	return RUN_TESTS(tests);
}
