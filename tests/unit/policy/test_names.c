/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters by their names: given twice, not known, and the operator's own. */
#include "fixture.h"

static void expect_all(
	const struct rdl_policy_config *config, const char *const cases[][2], size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_parameters(config, cases[i][0], cases[i][1]);
}

static void test_repeated(void **state)
{
	static const char *const cases[][2] = {
		{ "ep=a ep=b", "repeated" },
		{ "ep=a ep=a", "repeated" },
		{ "ep=a ep", "repeated" },
		{ "ep=a lt=60 lt=60", "repeated" },
		{ "lt=60 ep=a lt", "repeated" },
		{ "ep=a b=U b=U", "repeated" },
		{ "ep=a sms=1 sms=1", "repeated" },
		{ "ep=a lwm2m=1.1 Q Q", "repeated" },
		{ "lwm2m=1.1 ep=a lwm2m=1.1", "repeated" },
		{ "ep=a lt=60 b=U lt=60", "repeated" },
	};
	struct rdl_policy_config config = defaults();

	expect_all(&config, cases, RDL_ARRAY_LEN(cases));
}

static void test_unknown(void **state)
{
	static const char *const cases[][2] = {
		{ "ep=a foo=1", "unknown_parameter" },
		{ "ep=a foo", "unknown_parameter" },
		{ "foo ep=a", "unknown_parameter" },
		{ "ep=a =", "unknown_parameter" },
		{ "ep=a =x", "unknown_parameter" },
		/* In other letters it is another name. */
		{ "EP=a", "unknown_parameter" },
		{ "ep=a Lt=60", "unknown_parameter" },
		{ "ep=a LWM2M=1.1", "unknown_parameter" },
		{ "ep=a B=U", "unknown_parameter" },
		{ "ep=a lwm2m=1.1 q", "unknown_parameter" },
		/* Of other interfaces and later versions. */
		{ "ep=a et=x", "unknown_parameter" },
		{ "ep=a d=x", "unknown_parameter" },
		{ "ep=a base=coap://h", "unknown_parameter" },
		{ "ep=a con=coap://h", "unknown_parameter" },
		{ "ep=a rt=x", "unknown_parameter" },
		{ "ep=a lwm2m=1.1 pid=1", "unknown_parameter" },
		/* An empty query is none. */
		{ "ep=a  lt=60", "1.0 ep=a lt=60 b=U" },
		{ " ep=a ", "1.0 ep=a lt=86400 b=U" },
	};
	struct rdl_policy_config config = defaults();

	expect_all(&config, cases, RDL_ARRAY_LEN(cases));
}

static void test_extra(void **state)
{
	static const char *const extra[] = { "pid", "imei", "c", "d", "e", "f", "g", "h" };
	static const char *const cases[][2] = {
		{ "ep=a", "1.0 ep=a lt=86400 b=U" },
		{ "ep=a pid=1,2", "1.0 ep=a lt=86400 b=U +pid=1,2" },
		{ "ep=a pid", "1.0 ep=a lt=86400 b=U +pid" },
		{ "ep=a pid=", "1.0 ep=a lt=86400 b=U +pid=" },
		{ "imei=1=2 ep=a sms=3 pid=4", "1.0 ep=a lt=86400 b=U +sms=3 +imei=1=2 +pid=4" },
		{ "h g f e d c imei pid=1 ep=a",
			"1.0 ep=a lt=86400 b=U +h +g +f +e +d +c +imei +pid=1" },
		{ "ep=a pid=1 pid=1", "repeated" },
		{ "ep=a pid=1 imei=1 pid", "repeated" },
		{ "ep=a h h=1", "repeated" },
		{ "h g f e d c imei pid=1 ep=a pid=2", "repeated" },
		{ "ep=a pid=1 foo=1", "unknown_parameter" },
		{ "ep=a pi=1", "unknown_parameter" },
		{ "ep=a pidd=1", "unknown_parameter" },
		{ "ep=a PID=1", "unknown_parameter" },
		{ "ep=a pid=1 =1", "unknown_parameter" },
	};
	struct rdl_policy_config config = defaults();

	config.extra = extra;
	config.extra_count = RDL_ARRAY_LEN(extra);
	expect_all(&config, cases, RDL_ARRAY_LEN(cases));
}

/* As many as there may be, the first, the last, and one more than there can be different ones. */
static const char *const all_extras[] = { "a1", "b1", "c1", "d1", "e1", "f1", "g1", "h1", "a2",
	"b2", "c2", "d2", "e2", "f2", "g2", "h2", "a3", "b3", "c3", "d3", "e3", "f3", "g3", "h3",
	"a4", "b4", "c4", "d4", "e4", "f4", "g4", "h4" };

static void test_many_extras(void **state)
{
	static const char given[] =
		"h4 g4 f4 e4 d4 c4 b4 a4 h3 g3 f3 e3 d3 c3 b3 a3 h2 g2 f2 e2 d2 c2 b2 a2 h1 g1 f1 "
		"e1 d1 c1 b1";
	char queries[256], expected[256] = "1.0 ep=a lt=86400 b=U";
	struct rdl_policy_config config = defaults();

	_Static_assert(RDL_ARRAY_LEN(all_extras) == RDL_OTHER_PARAMETERS_MAX, "as many");
	config.extra = all_extras;
	config.extra_count = RDL_ARRAY_LEN(all_extras);
	snprintf(queries, sizeof(queries), "ep=a %s a1=x", given);
	for (const char *at = given; at != NULL; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
		snprintf(expected + strlen(expected), 8, " +%.2s", at);
	strcat(expected, " +a1=x");
	const char *const cases[][2] = { { queries, expected } };
	expect_all(&config, cases, 1);

	static const char *const more[] = { "a1=y", "x", "h4" };
	for (size_t i = 0; i < RDL_ARRAY_LEN(more); i++) {
		snprintf(queries, sizeof(queries), "ep=a %s a1=x %s", given, more[i]);
		const char *const refused[][2] = { { queries, "unknown_parameter" } };
		expect_all(&config, refused, 1);
	}
}

/* The most that a Register can make of its scratch. */
static void test_longest_extras(void **state)
{
	static struct message m;
	static struct judged judged;
	struct rdl_policy_config config = defaults();
	char query[255];

	config.extra = all_extras;
	config.extra_count = RDL_ARRAY_LEN(all_extras);
	struct rdl_policy *policy = rdl_policy_create(&config);
	for (size_t len = 2; len <= sizeof(query); len += len < 20 ? 1 : 47) {
		message_begin(&m, 0, 2);
		message_options(&m, "11:rd 15:ep=a 15:sms=1");
		memset(query, '=', sizeof(query));
		for (size_t i = 0; i < RDL_ARRAY_LEN(all_extras); i++) {
			memcpy(query, all_extras[i], 2);
			message_option(&m, 15, query, len);
		}
		message_payload(&m, "<1>;ver,<3>;ver", 15);
		judge_begin(&judged, policy, &m, NULL);
		assert_int_equal(judged.request.reason, RDL_REASON_NONE);
		assert_int_equal(judged.request.parameters.len, 6 + 32 * (len + 1));
		assert_int_equal((uintptr_t)judged.request.list.objects & 7, 0);
		judge_end(&judged);
	}
	rdl_policy_destroy(policy);
}

/* A diagnostic payload will name the parameter at fault. */
static void test_blamed(void **state)
{
	static const char *const extra[] = { "pid" };
	static const struct {
		const char *queries;
		bool update;
		const char *name;
	} cases[] = {
		{ "ep=a foo=1", false, "foo" },
		{ "ep=a pid foo", false, "foo" },
		{ "ep=a =1", false, "" },
		{ "ep=a pid=1 pid", false, "pid" },
		{ "ep=a lt=1 lt=1", false, "lt" },
		{ "ep=a ep=a lt=1 lt=1", false, "ep" },
		{ "ep=a lwm2m=1.1 lwm2m=1.1", false, "lwm2m" },
		{ "ep=a b=U b=U", false, "b" },
		{ "ep=a sms=1 sms=1", false, "sms" },
		{ "ep=a lwm2m=1.1 Q Q", false, "Q" },
		{ "lt=1 ep=a", true, "ep" },
		{ "Q lwm2m=1.0", true, "lwm2m" },
		{ "lt=1 Q Q", true, "Q" },
		{ "lt=1 lt=1", true, "lt" },
		{ "foo", true, "foo" },
		/* The rest says for itself what it is about. */
		{ "ep=a lt=x", false, NULL },
		{ "ep=a", false, NULL },
	};
	static struct message m;
	static struct judged judged;
	struct rdl_location location = { .version_class = 1 };
	struct rdl_policy_config config = defaults();

	config.extra = extra;
	config.extra_count = 1;
	struct rdl_policy *policy = rdl_policy_create(&config);
	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		message_post(&m, "rd", -1, cases[i].queries, "", 0);
		judge_begin(&judged, policy, &m, cases[i].update ? &location : NULL);
		enum rdl_reason reason = (enum rdl_reason)judged.request.reason;
		const struct rdl_detail *detail = &judged.request.detail;

		assert_int_not_equal(reason, RDL_REASON_NONE);
		assert_int_equal(
			rdl_reason_detail(reason) == RDL_DETAIL_parameter, cases[i].name != NULL);
		if (cases[i].name != NULL)
			assert_true(rdl_span_equal(
				(struct rdl_span){ detail->parameter, detail->parameter_len },
				span_of(cases[i].name)));
		judge_end(&judged);
	}
	rdl_policy_destroy(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_extra),
		cmocka_unit_test(test_many_extras),
		cmocka_unit_test(test_longest_extras),
		cmocka_unit_test(test_blamed),
	};

	return RUN_TESTS(tests);
}
