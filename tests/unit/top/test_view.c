/* SPDX-License-Identifier: BSD-3-Clause */
/* What is shown of two samples, and of what devices chose. */
#include "support.h"

#include <string.h>

#include "top.h"

static struct sample before, now;
static struct view view;

static int setup(void **state)
{
	sample_begin(&before);
	before.at_s = 100;
	before.registrations_max = 1000000;
	struct sample_core *core = sample_core(&before, "worker", 0);
	core->busy = 10;
	core->idle = 90;
	now = before;
	now.at_s = 102;
	view.count = view.columns = 0;
	return 0;
}

static const char *line_with(const char *text)
{
	for (unsigned i = 0; i < view.count; i++)
		if (strstr(view.lines[i].text, text) != NULL)
			return view.lines[i].text;
	fail_msg("nothing shown of %s", text);
	return NULL;
}

static unsigned place_of(const char *text)
{
	for (unsigned i = 0; i < view.count; i++)
		if (strstr(view.lines[i].text, text) != NULL)
			return i;
	fail_msg("nothing shown of %s", text);
	return 0;
}

static void test_rates(void **state)
{
	sample_stat(&before, "requests_register", 1000);
	sample_stat(&now, "requests_register", 1000 + 2 * 12345);
	sample_stat(&now, "requests_update", 3);
	sample_stat(&now, "code_4_12", 20);
	sample_stat(&now, "code_other", 4);
	sample_stat(&now, "no_such_counter", 4);
	view_overview(&view, &before, &now, VIEW_BY_RATE, NULL);
	assert_non_null(strstr(line_with("requests/s"), "Register 12.3k   Update 1.5 "));
	assert_non_null(strstr(line_with("answers/s"), "4.12 10   other 2.0"));
}

/* Another process has begun at 0. */
static void test_restart(void **state)
{
	sample_stat(&before, "requests_register", 1000);
	sample_stat(&now, "requests_register", 10);
	now.cores[0].busy = 1;
	view_overview(&view, &before, &now, VIEW_BY_RATE, NULL);
	assert_non_null(strstr(line_with("requests/s"), "Register 0 "));
	assert_non_null(strstr(line_with("worker   "), "  -  "));
}

static void test_cores(void **state)
{
	now.cores[0].busy += 30;
	now.cores[0].idle += 10;
	now.cores[0].ring_depth = 77;
	sample_core(&now, "shard", 0)->round_age_ms = 1500; /* not there before */
	view_overview(&view, &before, &now, VIEW_BY_RATE, NULL);
	const char *worker = line_with("worker   "), *shard = line_with("shard    ");
	assert_non_null(strstr(worker, "[|||||||||||||||     ]     75 %       77"));
	assert_non_null(strstr(shard, "-        0    1500 ms"));
	assert_int_equal(view.lines[place_of("shard    ")].style, VIEW_ALARM);
}

static void test_orders(void **state)
{
	sample_stat(&before, "drop_tx_full", 5000);
	sample_stat(&now, "drop_tx_full", 5000);
	sample_stat(&now, "refused_version", 40);
	sample_stat(&now, "ignored_object", 2);
	sample_stat(&now, "registered", 9);
	view_overview(&view, &before, &now, VIEW_BY_RATE, NULL);
	assert_true(place_of("refused_version") < place_of("ignored_object"));
	assert_true(place_of("ignored_object") < place_of("drop_tx_full"));
	assert_non_null(strstr(line_with("refused_version"), "      20           40  lwm2m"));
	view.count = 0;
	view_overview(&view, &before, &now, VIEW_BY_TOTAL, NULL);
	assert_true(place_of("drop_tx_full") < place_of("refused_version"));
	view.count = 0;
	view_overview(&view, &before, &now, VIEW_BY_NAME, NULL);
	assert_true(place_of("drop_tx_full") < place_of("ignored_object"));
	assert_true(place_of("ignored_object") < place_of("refused_version"));
}

/* Of what was looked at between the two; the bounds of another worker begin anew. */
static void test_latency(void **state)
{
	sample_replies(&before, 1, 7);
	view_overview(&view, &before, &before, VIEW_BY_RATE, NULL);
	assert_non_null(line_with("none looked at"));
	for (unsigned worker = 0; worker < 2; worker++) {
		sample_replies(&now, 1, worker == 0 ? 7 : 0);
		sample_replies(&now, 2, worker == 0 ? 7 : 0);
		sample_replies(&now, 30, worker == 0 ? 107 : 100);
		sample_replies(&now, 40, 1000); /* no bound */
		sample_replies(&now, 7000, worker == 0 ? 127 : 120);
		sample_replies(&now, UINT64_MAX, worker == 0 ? 129 : 120);
	}
	view.count = 0;
	view_overview(&view, &before, &now, VIEW_BY_RATE, NULL);
	assert_non_null(strstr(line_with("replies within"),
		"half 30 us   90 % 7 ms   99 % 7 ms   99.9 % beyond 10 s"));
}

static void test_problem(void **state)
{
	view_overview(&view, &before, &now, VIEW_BY_RATE, "Connection refused");
	assert_string_equal(line_with("no newer"), "no newer figures: Connection refused");
}

static void test_columns(void **state)
{
	view.columns = 30;
	sample_stat(&now, "drop_tx_full", 1);
	view_overview(&view, &before, &now, VIEW_BY_RATE, NULL);
	for (unsigned i = 0; i < view.count; i++)
		assert_true(strlen(view.lines[i].text) <= 30);
}

/* Devices choose these. */
static void test_hostile(void **state)
{
	json_t *refusals = json_loads("[{\"time\": 1, \"code\": \"4.00\", \"endpoint\": "
				      "\"a\\u001b[31m\\u202e\"}]",
		0, NULL);
	json_t *registration = json_loads("{\"endpoint\": \"\\u009b\", \"sms\": \"x\\ny\","
					  "\"updated_at\": 86400}",
		0, NULL);

	view_endpoint(&view, "a\033[31m", registration, NULL, refusals);
	for (unsigned i = 0; i < view.count; i++)
		for (const char *c = view.lines[i].text; *c != '\0'; c++)
			assert_in_range(*c, ' ', '~');
	assert_non_null(line_with("a\\u001B[31m\\u202E"));
	assert_non_null(line_with("1970-01-0"));
	json_decref(refusals);
	json_decref(registration);
}

/* A name that is no UTF-8 is nobody's; more refusals than lines. */
static void test_much(void **state)
{
	json_t *refusals = json_array();

	for (unsigned i = 0; i < 2 * VIEW_LINES_MAX; i++)
		json_array_append_new(
			refusals, json_pack("{s:i, s:s}", "time", 1, "text",
					  "a text that is too long for any terminal"));
	view_endpoint(&view, "\xff", NULL, "no such endpoint", refusals);
	assert_int_equal(view.count, VIEW_LINES_MAX);
	assert_non_null(line_with("no such endpoint"));
	json_decref(refusals);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rates, setup),
		cmocka_unit_test_setup(test_restart, setup),
		cmocka_unit_test_setup(test_cores, setup),
		cmocka_unit_test_setup(test_orders, setup),
		cmocka_unit_test_setup(test_latency, setup),
		cmocka_unit_test_setup(test_problem, setup),
		cmocka_unit_test_setup(test_columns, setup),
		cmocka_unit_test_setup(test_hostile, setup),
		cmocka_unit_test_setup(test_much, setup),
	};

	return RUN_TESTS(tests);
}
