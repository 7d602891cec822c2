/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A Register's parameters other than its version:
 * which are needed, and what their values may be.
 */
#include "fixture.h"

static void expect_all(
	const struct rdl_policy_config *config, const char *const cases[][2], size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_parameters(config, cases[i][0], cases[i][1]);
}

static void test_endpoint(void **state)
{
	static const char *const cases[][2] = {
		{ "", "endpoint_missing" },
		{ "lt=60", "endpoint_missing" },
		{ "ep", "endpoint_missing" },
		{ "ep=", "endpoint_missing" },
		{ "ep=a", "1.0 ep=a lt=86400 b=U" },
		{ "ep=urn:imei:1&lt=5=b", "1.0 ep=urn:imei:1&lt=5=b lt=86400 b=U" },
		{ "ep==", "1.0 ep== lt=86400 b=U" },
		{ "ep=%41+", "1.0 ep=%41+ lt=86400 b=U" },
		{ "ep=caf\xc3\xa9\xf0\x9f\x98\x80",
			"1.0 ep=caf\xc3\xa9\xf0\x9f\x98\x80 lt=86400 b=U" },
		{ "ep=caf\xc3", "endpoint_syntax" },
		{ "ep=\xff", "endpoint_syntax" },
		{ "ep=\xed\xa0\x80", "endpoint_syntax" },
		{ "ep=\xc0\x80", "endpoint_syntax" },
	};
	struct rdl_policy_config config = defaults();

	expect_all(&config, cases, RDL_ARRAY_LEN(cases));
}

/* What a C string cannot say: NUL in the name, and the longest name. */
static void test_endpoint_octets(void **state)
{
	static struct message m;
	static struct judged judged;
	struct rdl_policy_config config = defaults();
	struct rdl_policy *policy = rdl_policy_create(&config);
	char name[3 + RDL_ENDPOINT_MAX] = "ep=";

	message_begin(&m, 0, 2);
	message_options(&m, "11:rd 15:#65703d610062");
	message_payload(&m, REQUIRED, strlen(REQUIRED));
	assert_string_equal(judge_under(policy, &m, NULL), "endpoint_syntax");

	memset(name + 3, 'n', RDL_ENDPOINT_MAX);
	message_begin(&m, 0, 2);
	message_options(&m, "11:rd");
	message_option(&m, 15, name, sizeof(name));
	message_payload(&m, REQUIRED, strlen(REQUIRED));
	judge_begin(&judged, policy, &m, NULL);
	assert_int_equal(judged.request.reason, RDL_REASON_NONE);
	struct rdl_span endpoint = rdl_request_endpoint(&judged.request);
	assert_int_equal(endpoint.len, RDL_ENDPOINT_MAX);
	assert_memory_equal(endpoint.data, name + 3, RDL_ENDPOINT_MAX);
	judge_end(&judged);
	rdl_policy_destroy(policy);
}

/* The digest is the name's under the policy's key: same name, same digest; else another. */
static void test_endpoint_digest(void **state)
{
	static const struct {
		const char *queries;
		uint64_t key;
	} cases[] = { { "ep=a", 1 }, { "lt=5 ep=a b=U", 1 }, { "ep=A", 1 }, { "ep=a", 2 } };
	static struct judged judged;
	struct rdl_endpoint_digest digest[RDL_ARRAY_LEN(cases)];
	uint64_t expected[2];

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		static struct message m;
		struct rdl_policy_config config = defaults();

		config.endpoint_key.k0 = cases[i].key;
		struct rdl_policy *policy = rdl_policy_create(&config);
		message_post(&m, "rd", 40, cases[i].queries, REQUIRED, strlen(REQUIRED));
		judge_begin(&judged, policy, &m, NULL);
		assert_int_equal(judged.request.reason, RDL_REASON_NONE);
		digest[i] = judged.request.digest;
		judge_end(&judged);
		rdl_policy_destroy(policy);
	}
	rdl_siphash128(&(struct rdl_key){ 1, 2 }, "a", 1, expected);
	assert_memory_equal(&digest[0], expected, sizeof(expected));
	assert_memory_equal(&digest[1], expected, sizeof(expected));
	assert_memory_not_equal(&digest[2], expected, sizeof(expected));
	assert_memory_not_equal(&digest[3], expected, sizeof(expected));
}

static void test_lifetime(void **state)
{
	static const char *const cases[][2] = {
		{ "ep=a lt=60", "1.0 ep=a lt=60 b=U" },
		{ "ep=a lt=060", "1.0 ep=a lt=60 b=U" },
		{ "ep=a lt=1", "1.0 ep=a lt=1 b=U" },
		{ "ep=a lt=2147483646", "1.0 ep=a lt=2147483646 b=U" },
		{ "ep=a lt=2147483647", "1.0 ep=a lt=2147483647 b=U" },
		{ "ep=a lt=2147483648", "1.0 ep=a lt=2147483647 b=U" },
		{ "ep=a lt=4294967295", "1.0 ep=a lt=2147483647 b=U" },
		{ "ep=a lt=4294967296", "1.0 ep=a lt=2147483647 b=U" },
		{ "ep=a lt=4294967297", "1.0 ep=a lt=2147483647 b=U" },
		{ "ep=a lt=18446744073709551616", "1.0 ep=a lt=2147483647 b=U" },
		{ "ep=a lt=18446744073709551676", "1.0 ep=a lt=2147483647 b=U" },
		{ "ep=a lt=99999999999999999999999999999999999", "1.0 ep=a lt=2147483647 b=U" },
		{ "ep=a lt=0", "1.0 ep=a lt=2147483647 b=U" },
		{ "ep=a lt=000", "1.0 ep=a lt=2147483647 b=U" },
		{ "ep=a lt", "lifetime_syntax" },
		{ "ep=a lt=", "lifetime_syntax" },
		{ "ep=a lt=abc", "lifetime_syntax" },
		{ "ep=a lt=-1", "lifetime_syntax" },
		{ "ep=a lt=+60", "lifetime_syntax" },
		{ "ep=a lt=3.5", "lifetime_syntax" },
		{ "ep=a lt=60s", "lifetime_syntax" },
		{ "ep=a lt=99999999999999999999x", "lifetime_syntax" },
	};
	struct rdl_policy_config config = defaults();

	expect_all(&config, cases, RDL_ARRAY_LEN(cases));
}

/* Above and below the operator's limits the nearer one holds, for what is not said, too. */
static void test_lifetime_limits(void **state)
{
	static const struct {
		uint32_t min, max;
		const char *queries, *expected;
	} cases[] = {
		{ 100, 1000, "ep=a lt=99", "1.0 ep=a lt=100 b=U" },
		{ 100, 1000, "ep=a lt=100", "1.0 ep=a lt=100 b=U" },
		{ 100, 1000, "ep=a lt=500", "1.0 ep=a lt=500 b=U" },
		{ 100, 1000, "ep=a lt=1000", "1.0 ep=a lt=1000 b=U" },
		{ 100, 1000, "ep=a lt=1001", "1.0 ep=a lt=1000 b=U" },
		{ 100, 1000, "ep=a lt=0", "1.0 ep=a lt=1000 b=U" },
		{ 100, 1000, "ep=a", "1.0 ep=a lt=1000 b=U" },
		{ 100000, 1000000, "ep=a", "1.0 ep=a lt=100000 b=U" },
		{ 100000, 1000000, "ep=a lt=0", "1.0 ep=a lt=1000000 b=U" },
		{ 500, 500, "ep=a lt=0", "1.0 ep=a lt=500 b=U" },
		{ 0, UINT32_MAX, "ep=a lt=4294967294", "1.0 ep=a lt=4294967294 b=U" },
		{ 0, UINT32_MAX, "ep=a lt=4294967296", "1.0 ep=a lt=4294967295 b=U" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct rdl_policy_config config = defaults();

		config.lifetime_min_s = cases[i].min;
		config.lifetime_max_s = cases[i].max;
		expect_parameters(&config, cases[i].queries, cases[i].expected);
	}
}

static void test_sms(void **state)
{
	static const char *const cases[][2] = {
		{ "ep=a sms=+15551234567", "1.0 ep=a lt=86400 b=U +sms=+15551234567" },
		{ "sms=1 ep=a", "1.0 ep=a lt=86400 b=U +sms=1" },
		{ "ep=a sms=null", "1.0 ep=a lt=86400 b=U +sms=null" },
		{ "ep=a sms==", "1.0 ep=a lt=86400 b=U +sms==" },
		{ "ep=a sms=12345678901234567890123456789012",
			"1.0 ep=a lt=86400 b=U +sms=12345678901234567890123456789012" },
		{ "ep=a sms=123456789012345678901234567890123", "sms" },
		{ "ep=a sms", "sms" },
		{ "ep=a sms=", "sms" },
		/* A binding by SMS does not ask for it. */
		{ "ep=a b=S", "1.0 ep=a lt=86400 b=S" },
		{ "ep=a b=UQS", "1.0 ep=a lt=86400 b=UQS" },
	};
	struct rdl_policy_config config = defaults();

	expect_all(&config, cases, RDL_ARRAY_LEN(cases));
}

/* By the operator's choice only what can be a telephone number. */
static void test_sms_msisdn(void **state)
{
	static const struct {
		const char *queries, *any, *number;
	} cases[] = {
		{ "ep=a sms=+15551234567", "+sms=+15551234567", "+sms=+15551234567" },
		{ "ep=a sms=1", "+sms=1", "+sms=1" },
		{ "ep=a sms=123456789012345", "+sms=123456789012345", "+sms=123456789012345" },
		{ "ep=a sms=+123456789012345", "+sms=+123456789012345", "+sms=+123456789012345" },
		{ "ep=a sms=1234567890123456", "+sms=1234567890123456", NULL },
		{ "ep=a sms=+1234567890123456", "+sms=+1234567890123456", NULL },
		{ "ep=a sms=+", "+sms=+", NULL },
		{ "ep=a sms=++1", "+sms=++1", NULL },
		{ "ep=a sms=-1", "+sms=-1", NULL },
		{ "ep=a sms=1-2", "+sms=1-2", NULL },
		{ "ep=a sms=1+", "+sms=1+", NULL },
		{ "ep=a sms=null", "+sms=null", NULL },
		{ "ep=a sms=", NULL, NULL },
		{ "ep=a sms", NULL, NULL },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		for (unsigned msisdn = 0; msisdn < 2; msisdn++) {
			const char *expected = msisdn ? cases[i].number : cases[i].any;
			struct rdl_policy_config config = defaults();
			char words[64] = "sms";

			config.sms_msisdn = msisdn;
			if (expected != NULL)
				snprintf(
					words, sizeof(words), "1.0 ep=a lt=86400 b=U %s", expected);
			expect_parameters(&config, cases[i].queries, words);
		}
}

static void test_order_is_free(void **state)
{
	static const char *const queries[] = { "ep=a", "lt=60", "lwm2m=1.1", "b=UT", "Q", "sms=1" };
	struct rdl_policy_config config = defaults();
	uint64_t seed = 1;

	for (size_t round = 0; round < 200; round++) {
		unsigned used = 0;
		char text[64] = "";

		while (used != 0x3f) {
			unsigned i = (unsigned)(test_random(&seed) % 6);

			if ((used & 1u << i) != 0)
				continue;
			used |= 1u << i;
			strcat(text, *text != '\0' ? " " : "");
			strcat(text, queries[i]);
		}
		expect_parameters(&config, text, "1.1 ep=a lt=60 b=UT Q +sms=1");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endpoint),
		cmocka_unit_test(test_endpoint_octets),
		cmocka_unit_test(test_endpoint_digest),
		cmocka_unit_test(test_lifetime),
		cmocka_unit_test(test_lifetime_limits),
		cmocka_unit_test(test_sms),
		cmocka_unit_test(test_sms_msisdn),
		cmocka_unit_test(test_order_is_free),
	};

	return RUN_TESTS(tests);
}
