/* SPDX-License-Identifier: BSD-3-Clause */
/* Which offence of several is answered, what a payload's Content-Format may be, and its absence. */
#include "fixture.h"

/* A policy by which everything below can go wrong. */
static struct rdl_policy_config strict(void)
{
	static const char *const deny[] = { "denied" }, *const known[] = { "a", "denied" };
	struct rdl_policy_config config = defaults();

	config.deny = deny;
	config.deny_count = 1;
	config.known_only = true;
	config.unknown_forbidden = true;
	config.known = known;
	config.known_count = 2;
	config.security_object_refuse = true;
	config.max_links = 4;
	return config;
}

/*
 * The steps in the order of their codes: version (4.00 or 4.12), parameters (4.00), endpoint
 * (4.03), payload. Each step's offences are paired with all of the later steps'.
 */
static void test_steps(void **state)
{
	static const struct {
		const char *queries, *reason;
	} parameters[] = {
		{ "ep= lwm2m=x", "version_syntax" },
		{ "ep=denied lwm2m=1.2 lt=x", "version" },
		{ "lt=60", "endpoint_missing" },
		{ "ep=denied lt=x", "lifetime_syntax" },
		{ "ep=stranger b=X", "binding" },
		{ "ep=denied Q", "queue" },
		{ "ep=stranger sms=", "sms" },
		{ "ep=denied ep=a", "repeated" },
		{ "ep=stranger foo", "unknown_parameter" },
		{ "ep=\xff", "endpoint_syntax" },
		{ "ep=denied", "endpoint_barred" },
		{ "ep=stranger", "endpoint_unknown_forbidden" },
	};
	static const struct {
		int format;
		const char *payload, *reason;
	} payloads[] = {
		{ 60, "<", "content_format" },
		{ 0, "", "content_format" },
		{ 60, REQUIRED, "content_format" },
		{ 40, "", "payload_missing" },
		{ -1, "", "payload_missing" },
		{ 40, "</0>,<", "link_syntax" },
		{ -1, "</0>,</1>,</3>,</4>,</5>", "links_too_many" },
		{ 40, "</0>", "security_object" },
		{ 40, "</1>", "mandatory_objects" },
		{ 40, REQUIRED, "1.0 ep=a lt=86400 b=U | 1/0 3/0" },
	};
	static struct message m;
	struct rdl_policy_config config = strict();

	for (size_t i = 0; i < RDL_ARRAY_LEN(payloads); i++) {
		size_t len = strlen(payloads[i].payload);

		for (size_t k = 0; k < RDL_ARRAY_LEN(parameters); k++) {
			message_post(&m, "rd", payloads[i].format, parameters[k].queries,
				payloads[i].payload, len);
			assert_string_equal(judge(&config, &m, NULL), parameters[k].reason);
		}
		message_post(&m, "rd", payloads[i].format, "ep=a", payloads[i].payload, len);
		assert_string_equal(judge(&config, &m, NULL), payloads[i].reason);
	}
}

/* A refusal's code falls from step to step. */
static void test_codes(void **state)
{
	static const struct {
		const char *queries;
		uint8_t code;
	} cases[] = {
		{ "ep=denied lwm2m=2.0 foo ep", RDL_COAP_PRECONDITION_FAILED },
		{ "ep=denied lwm2m=2 foo ep", RDL_COAP_BAD_REQUEST },
		{ "ep=denied foo", RDL_COAP_BAD_REQUEST },
		{ "ep=denied", RDL_COAP_FORBIDDEN },
		{ "ep=stranger", RDL_COAP_FORBIDDEN },
		{ "ep=a", RDL_COAP_BAD_REQUEST },
	};
	struct rdl_policy_config config = strict();
	struct rdl_policy *policy = rdl_policy_create(&config);

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		static struct message m;
		static struct judged judged;

		message_post(&m, "rd", 60, cases[i].queries, "<", 1);
		judge_begin(&judged, policy, &m, NULL);
		assert_int_equal(
			rdl_reason_code((enum rdl_reason)judged.request.reason), cases[i].code);
		judge_end(&judged);
	}
	rdl_policy_destroy(policy);
}

static void test_content_format(void **state)
{
	static const char accepted[] = "1.0 ep=a lt=86400 b=U | 1/0 3/0";
	static const struct {
		const char *options;
		const char *strict, *tolerant;
	} cases[] = {
		{ "", accepted, accepted },
		{ "12:#28", accepted, accepted },
		{ "12:#0028", accepted, accepted },
		{ "12:", "content_format", accepted },
		{ "12:#00", "content_format", accepted },
		{ "12:#0000", "content_format", accepted },
		{ "12:#29", "content_format", "content_format" },
		{ "12:#6e", "content_format", "content_format" },
		{ "12:#ffff", "content_format", "content_format" },
		{ "12:#2d16", "content_format", "content_format" },
		{ "12:#0128", "content_format", "content_format" },
		/* Too long is as absent, a second one as well. */
		{ "12:#000000", accepted, accepted },
		{ "12:#28 12:#3c", accepted, accepted },
		{ "12:#3c 12:#28", "content_format", "content_format" },
	};
	static struct message m;
	struct rdl_policy_config config = defaults();

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		message_begin(&m, 0, 2);
		message_options(&m, "11:rd");
		message_options(&m, cases[i].options);
		message_options(&m, "15:ep=a");
		message_payload(&m, REQUIRED, strlen(REQUIRED));
		config.text_plain = false;
		assert_string_equal(judge(&config, &m, NULL), cases[i].strict);
		config.text_plain = true;
		assert_string_equal(judge(&config, &m, NULL), cases[i].tolerant);
	}
}

/* The type of the message makes no difference to what it says. */
static void test_types(void **state)
{
	static struct message m;
	struct rdl_policy_config config = defaults();

	for (unsigned type = 0; type < 2; type++) {
		message_begin(&m, type, 2);
		message_options(&m, "11:rd 15:ep=a");
		message_payload(&m, REQUIRED, strlen(REQUIRED));
		assert_string_equal(judge(&config, &m, NULL), "1.0 ep=a lt=86400 b=U | 1/0 3/0");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_content_format),
		cmocka_unit_test(test_types),
	};

	return RUN_TESTS(tests);
}
