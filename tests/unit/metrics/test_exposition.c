/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include "exposition.h"

#include <stdlib.h>

static struct exposition begin(enum exposition_format format, char **text, size_t *len)
{
	struct exposition exposition = { .format = format };

	exposition.out = open_memstream(text, len);
	assert_non_null(exposition.out);
	return exposition;
}

static void assert_text(enum exposition_format format, const char *wanted)
{
	const struct exposition_label labels[] = { { "reason", "a \"b\"\\\n" }, { "port", "0" },
		{ NULL, NULL } };
	char *text;
	size_t len;
	struct exposition exposition = begin(format, &text, &len);

	exposition_family(&exposition, "dropped", EXPOSITION_COUNTER, "what is lost");
	exposition_sample(&exposition, labels, UINT64_MAX);
	exposition_thousandths(&exposition, labels + 2, 1002);
	exposition_family(&exposition, "age_seconds", EXPOSITION_GAUGE, "how old");
	exposition_thousandths(&exposition, NULL, 7);
	exposition_end(&exposition);
	fclose(exposition.out);
	assert_string_equal(text, wanted);
	free(text);
}

static void both_formats(void **state)
{
	assert_text(EXPOSITION_TEXT, "# TYPE rdline_dropped_total counter\n"
				     "# HELP rdline_dropped_total what is lost\n"
				     "rdline_dropped_total{reason=\"a "
				     "\\\"b\\\"\\\\\\n\",port=\"0\"} 18446744073709551615\n"
				     "rdline_dropped_total 1.002\n"
				     "# TYPE rdline_age_seconds gauge\n"
				     "# HELP rdline_age_seconds how old\n"
				     "rdline_age_seconds 0.007\n");
	assert_text(EXPOSITION_OPENMETRICS, "# TYPE rdline_dropped counter\n"
					    "# HELP rdline_dropped what is lost\n"
					    "rdline_dropped_total{reason=\"a "
					    "\\\"b\\\"\\\\\\n\",port=\"0\"} 18446744073709551615\n"
					    "rdline_dropped_total 1.002\n"
					    "# TYPE rdline_age_seconds gauge\n"
					    "# HELP rdline_age_seconds how old\n"
					    "rdline_age_seconds 0.007\n"
					    "# EOF\n");
}

/* Buckets are cumulative, whole seconds no counts, and the last bucket is all that there is. */
static void a_histogram(void **state)
{
	static const struct exposition_label labels[] = { { "worker", "1" }, { NULL, NULL } };
	static struct rdl_latency latency;
	char *text;
	size_t len;
	struct exposition exposition = begin(EXPOSITION_OPENMETRICS, &text, &len);

	rdl_latency_add(&latency, 900);
	rdl_latency_add(&latency, 1500);
	rdl_latency_add(&latency, 1001);
	rdl_latency_add(&latency, UINT64_C(12000000007));
	exposition_family(&exposition, "reply_seconds", EXPOSITION_HISTOGRAM, "how long");
	exposition_latency(&exposition, labels, &latency);
	fclose(exposition.out);
	assert_ptr_equal(
		text, strstr(text, "# TYPE rdline_reply_seconds histogram\n"
				   "# HELP rdline_reply_seconds how long\n"
				   "rdline_reply_seconds_bucket{worker=\"1\",le=\"1e-06\"} 1\n"
				   "rdline_reply_seconds_bucket{worker=\"1\",le=\"2e-06\"} 3\n"));
	assert_non_null(strstr(text, "{worker=\"1\",le=\"0.0005\"} 3\n"));
	assert_non_null(strstr(text, "{worker=\"1\",le=\"1.0\"} 3\n"));
	assert_non_null(strstr(text, "{worker=\"1\",le=\"10.0\"} 3\n"
				     "rdline_reply_seconds_bucket{worker=\"1\",le=\"+Inf\"} 4\n"
				     "rdline_reply_seconds_sum{worker=\"1\"} 12.000003408\n"
				     "rdline_reply_seconds_count{worker=\"1\"} 4\n"));
	free(text);
}

static void what_is_accepted(void **state)
{
	assert_int_equal(exposition_accepted("*/*"), EXPOSITION_TEXT);
	assert_int_equal(exposition_accepted("text/plain;version=0.0.4;q=1"), EXPOSITION_TEXT);
	assert_int_equal(exposition_accepted("application/openmetrics-text;version=1.0.0,"
					     "application/openmetrics-text;version=0.0.1;q=0.75,"
					     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
		EXPOSITION_OPENMETRICS);
	/* By weight, in whatever case and with whatever blanks; of equal ones the one named. */
	assert_int_equal(exposition_accepted("text/plain, Application/OpenMetrics-Text"),
		EXPOSITION_OPENMETRICS);
	assert_int_equal(exposition_accepted("text/plain;q=0.4 ,application/openmetrics-text ;v=1; "
					     "Q=0.5,*/*"),
		EXPOSITION_OPENMETRICS);
	assert_int_equal(exposition_accepted("application/openmetrics-text;q=0.4,text/plain;q=0.5"),
		EXPOSITION_TEXT);
	assert_int_equal(
		exposition_accepted("application/openmetrics-text;q=0,*/*"), EXPOSITION_TEXT);
	assert_int_equal(
		exposition_accepted("application/openmetrics-text;q=0.000"), EXPOSITION_TEXT);
	/* Of another type, which begins or ends so. */
	assert_int_equal(exposition_accepted("application/openmetrics-text2"), EXPOSITION_TEXT);
	assert_int_equal(exposition_accepted("x/application/openmetrics-text"), EXPOSITION_TEXT);
	assert_int_equal(exposition_accepted(""), EXPOSITION_TEXT);
	assert_int_equal(
		exposition_accepted(",; ,application/openmetrics-text;"), EXPOSITION_OPENMETRICS);
	assert_int_equal(exposition_accepted("application/openmetrics-text;q="), EXPOSITION_TEXT);
	assert_non_null(strstr(exposition_content_type(EXPOSITION_TEXT), "version=0.0.4"));
	assert_non_null(strstr(exposition_content_type(EXPOSITION_OPENMETRICS), "openmetrics"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_formats),
		cmocka_unit_test(a_histogram),
		cmocka_unit_test(what_is_accepted),
	};

	return RUN_TESTS(tests);
}
