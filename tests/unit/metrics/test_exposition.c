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

static void what_is_accepted(void **state)
{
	assert_int_equal(exposition_accepted(NULL), EXPOSITION_TEXT);
	assert_int_equal(exposition_accepted("*/*"), EXPOSITION_TEXT);
	assert_int_equal(exposition_accepted("text/plain;version=0.0.4;q=1"), EXPOSITION_TEXT);
	assert_int_equal(exposition_accepted("application/openmetrics-text;version=1.0.0,"
					     "application/openmetrics-text;version=0.0.1;q=0.75,"
					     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
		EXPOSITION_OPENMETRICS);
	assert_non_null(strstr(exposition_content_type(EXPOSITION_TEXT), "version=0.0.4"));
	assert_non_null(strstr(exposition_content_type(EXPOSITION_OPENMETRICS), "openmetrics"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_formats),
		cmocka_unit_test(what_is_accepted),
	};

	return RUN_TESTS(tests);
}
