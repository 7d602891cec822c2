/* SPDX-License-Identifier: BSD-3-Clause */
/* Updates: what they may name, and by which version it is judged. */
#include "fixture.h"

static void test_subsets(void **state)
{
	static const struct {
		const char *queries, *payload, *expected;
	} cases[] = {
		{ "", "", "" },
		{ "lt=60", "", " lt=60" },
		{ "b=UQ", "", " b=UQ" },
		{ "sms=1", "", " +sms=1" },
		{ "", "</1/0>,</5>;ver=1.1", " | 1/0 5 | 5=1.1" },
		{ "lt=60 b=S sms=1", "</5>,</3>", " lt=60 b=S +sms=1 | 3 5" },
		{ "sms=1 lt=060", "", " lt=60 +sms=1" },
		{ " ", "", "" },
		/* The same limits as in a Register, and no default. */
		{ "lt=0", "", " lt=2147483647" },
		{ "lt=4294967297", "", " lt=2147483647" },
		{ "lt=18446744073709551616", "", " lt=2147483647" },
	};
	struct rdl_policy_config config = defaults();

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect_update(
			&config, 0, false, cases[i].queries, cases[i].payload, cases[i].expected);
	config.lifetime_min_s = 100;
	config.lifetime_max_s = 1000;
	expect_update(&config, 0, false, "lt=1", "", " lt=100");
	expect_update(&config, 0, false, "lt=1001", "", " lt=1000");
	expect_update(&config, 0, false, "lt=0", "", " lt=1000");
	expect_update(&config, 0, false, "", "", "");
}

static void test_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "ep=a", "update_parameter" },
		{ "ep", "update_parameter" },
		{ "lwm2m=1.0", "update_parameter" },
		{ "lwm2m=9.9", "update_parameter" },
		{ "lwm2m=x", "update_parameter" },
		{ "Q=", "queue" },
		{ "Q=1", "queue" },
		{ "Q Q", "repeated" },
		{ "Q lt=x", "lifetime_syntax" },
		{ "lt=60 ep=a", "update_parameter" },
		{ "foo=1", "unknown_parameter" },
		{ "lt=60 foo", "unknown_parameter" },
		{ "LT=60", "unknown_parameter" },
		{ "=", "unknown_parameter" },
		{ "a c d e f g h i j", "unknown_parameter" },
		{ "lt=60 lt=60", "repeated" },
		{ "b=U b=U", "repeated" },
		{ "sms=1 lt=5 sms=1", "repeated" },
		{ "lt=x", "lifetime_syntax" },
		{ "lt=", "lifetime_syntax" },
		{ "lt", "lifetime_syntax" },
		{ "lt=-1", "lifetime_syntax" },
		{ "lt=60 b=X", "binding" },
		{ "b=", "binding" },
		{ "b", "binding" },
		{ "sms", "sms" },
		{ "sms=", "sms" },
		{ "lt=60 sms=123456789012345678901234567890123", "sms" },
	};
	struct rdl_policy_config config = defaults();

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		for (unsigned minor = 0; minor <= 1; minor++) {
			bool older = minor == 0 && strcmp(cases[i][0], "Q lt=x") == 0;
			const char *expected = older ? "queue" : cases[i][1];

			expect_update(&config, minor, false, cases[i][0], "", expected);
			expect_update(&config, minor, true, cases[i][0], REQUIRED, expected);
		}
}

static void test_extra(void **state)
{
	static const char *const extra[] = { "pid", "imei" };
	struct rdl_policy_config config = defaults();

	config.extra = extra;
	config.extra_count = 2;
	expect_update(&config, 0, false, "imei=1 sms=2 pid", "", " +sms=2 +imei=1 +pid");
	expect_update(&config, 0, false, "imei=1", "</7>", " +imei=1 | 7");
	expect_update(&config, 0, true, "imei=1", "</7>", " +imei=1 | payload </7>");
	expect_update(&config, 0, false, "imei=1 imei=1", "", "repeated");
	expect_update(&config, 0, false, "imei=1 foo", "", "unknown_parameter");
}

/* Queue mode goes on by an Update, too; 1.0 does not know the parameter. */
static void test_queue(void **state)
{
	struct rdl_policy_config config = defaults();

	for (unsigned minor = 0; minor <= 2; minor++) {
		expect_update(&config, minor, false, "Q", "", minor == 0 ? "queue" : " Q");
		expect_update(&config, minor, false, "lt=60 Q b=S", "</7>",
			minor == 0 ? "queue" : " lt=60 b=S Q | 7");
		expect_update(&config, minor, true, "Q", "</7>",
			minor == 0 ? "queue" : " Q | payload </7>");
	}
}

/*
 * Where the operator names them:
 * what cannot be right is refused here, the rest is for who knows the registration.
 */
static void test_identity(void **state)
{
	static const char *const both[] = { "lwm2m", "pid", "ep" };
	static const char *const cases[][2] = {
		{ "lwm2m=1.0", " of  1.0" },
		{ "lwm2m=1.254 lt=60", " lt=60 of  1.254" },
		{ "ep=a", " of a" },
		{ "ep=a=b&c lwm2m=1.7 pid=1", " of a=b&c 1.7 +pid=1" },
		{ "ep=a23456789012345678901234567890", " of a23456789012345678901234567890" },
		{ "lt=60", " lt=60" },
		{ "pid=1", " +pid=1" },
		{ "ep", "update_mismatch" },
		{ "ep=", "update_mismatch" },
		{ "lwm2m", "update_mismatch" },
		{ "lwm2m=", "update_mismatch" },
		{ "lwm2m=1", "update_mismatch" },
		{ "lwm2m=1.255", "update_mismatch" },
		{ "lwm2m=1.4294967296", "update_mismatch" },
		{ "lwm2m=2.0", "update_mismatch" },
		{ "ep=a lwm2m=0.9", "update_mismatch" },
		{ "ep=a ep=a", "repeated" },
		{ "lwm2m=1.0 lwm2m=1.0", "repeated" },
		{ "ep=a foo", "unknown_parameter" },
		{ "ep=a lt=x", "lifetime_syntax" },
	};
	struct rdl_policy_config config = defaults();

	config.extra = both;
	config.extra_count = RDL_ARRAY_LEN(both);
	for (unsigned minor = 0; minor <= 2; minor++)
		for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
			expect_update(&config, minor, false, cases[i][0], "", cases[i][1]);
	expect_update(&config, 0, true, "ep=a", "</7>", " of a | payload </7>");
	/* One is not the other; a Register is as ever. */
	config.extra_count = 1;
	expect_update(&config, 0, false, "lwm2m=1.0", "", " of  1.0");
	expect_update(&config, 0, false, "lwm2m=1.0 ep=a", "", "update_parameter");
	expect_update(&config, 0, false, "ep=a", "", "update_parameter");
	expect_parameters(&config, "lwm2m=1.1 ep=a", "1.1 ep=a lt=86400 b=U");
	expect_parameters(&config, "lwm2m=1.1 ep=a lwm2m=1.1", "repeated");
}

/* By the version that was registered. */
static void test_binding(void **state)
{
	static const struct {
		unsigned minor;
		const char *queries, *expected;
	} cases[] = {
		{ 0, "b=UT", "binding" },
		{ 0, "b=UQS", " b=UQS" },
		{ 0, "b=SU", "binding" },
		{ 1, "b=UT", " b=UT" },
		{ 1, "b=UQ", " b=UQ" },
		{ 1, "b=QU", "binding" },
		{ 1, "b=UQ Q", " b=UQ Q" },
		{ 1, "b=SU", " b=SU" },
		{ 1, "b=M", "binding" },
		{ 2, "b=UQS", " b=UQS" },
		{ 2, "b=UTQ", "binding" },
	};
	struct rdl_policy_config config = defaults();

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect_update(
			&config, cases[i].minor, false, cases[i].queries, "", cases[i].expected);
	config.version.minor = 2;
	expect_update(&config, 2, false, "b=MH", "", " b=MH");
	/* Later versions are judged as 1.2 is: a location tells no more of them. */
	config.version.minor = 7;
	expect_update(&config, 7, false, "b=MH", "", " b=MH");
	expect_update(&config, 7, false, "b=UQ", "", " b=UQ");
	expect_update(&config, 7, false, "b=UTQ", "", "binding");
	/* What was registered stays good when the server's version is lowered. */
	config.version.minor = 0;
	expect_update(&config, 1, false, "b=UT", "", " b=UT");
}

/* The filters of a Register, but nothing is mandatory. */
static void test_objects(void **state)
{
	static const struct rdl_policy_object objects[] = { { .id = 1, .any_version = true },
		{ .id = 3, .any_version = true }, { .id = 10, .multiple = true } };
	static const struct {
		unsigned minor;
		const char *payload, *expected;
	} cases[] = {
		{ 0, "</1/0>", " | 1/0" },
		{ 0, "</3/0>", " | 3/0" },
		{ 0, "</0/0>,</1/0>", " | 1/0 | ignored security 1" },
		{ 0, "</0>", " |  | ignored security 1" },
		{ 0, "</5>,</1/0>", " | 1/0 | ignored object 1" },
		{ 0, "</10>;ver=1.0,</10/1>", " |  | ignored version 2" },
		{ 0, "</10/1>,</10/2>,</3/1>", " | 10/1 10/2 | ignored instance 1" },
		{ 0, "</>;rt=oma.lwm2m;ct=110,</x>", " | ct 110 | ignored foreign 1" },
		{ 0, "</l>;rt=oma.lwm2m,</l/1/0>", " | 1/0 | root l" },
		{ 0, "</l/1/0>,</1/0>", " | 1/0 | ignored foreign 1" },
		{ 0, "x", "link_syntax" },
		{ 0, "</1/0>,", "link_syntax" },
		{ 0, "</1>,</2>,</3>,</4>,</5>", "links_too_many" },
	};
	struct rdl_policy_config config = defaults();

	config.all_objects = false;
	config.objects = objects;
	config.object_count = RDL_ARRAY_LEN(objects);
	config.max_links = 4;
	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect_update(
			&config, cases[i].minor, false, "", cases[i].payload, cases[i].expected);
	config.security_object_refuse = true;
	expect_update(&config, 0, false, "", "</0>,</1>", "security_object");
	config = defaults();
	expect_update(&config, 0, false, "", "</21>", " | 21");
	expect_update(&config, 1, false, "", "</21>", " |  | ignored reserved 1");
}

/* With a root other than `/`, only the owner of the registration can read the list. */
static void test_rooted(void **state)
{
	struct rdl_policy_config config = defaults();

	expect_update(&config, 1, true, "", "", "");
	expect_update(&config, 1, true, "lt=60", "</l/1>", " lt=60 | payload </l/1>");
	expect_update(&config, 1, true, "", "not links", " | payload not links");
	expect_update(&config, 1, true, "", "</1/0>,</3>;rt=x,</5>;title=oma.lwm2m",
		" | payload </1/0>,</3>;rt=x,</5>;title=oma.lwm2m");
	expect_update(&config, 1, true, "lt=x", "</l/1>", "lifetime_syntax");
	/* Unless the payload names a root itself. */
	expect_update(&config, 1, true, "lt=60", "</l>;rt=\"oma.lwm2m\";ct=110,</l/1>,</3>",
		" lt=60 | 1 | ct 110 | root l | ignored foreign 1");
	expect_update(&config, 1, true, "", "</5>,</>;rt=oma.lwm2m", " | 5");
	expect_update(&config, 1, true, "", "</l>;rt=oma.lwm2m,", "link_syntax");
	expect_update(
		&config, 1, true, "", "<,</l>;rt=oma.lwm2m", " | payload <,</l>;rt=oma.lwm2m");
}

static void test_content_format(void **state)
{
	static const struct {
		int format;
		bool text_plain, with_payload, accepted;
	} cases[] = {
		{ -1, false, true, true },
		{ 40, false, true, true },
		{ 0, false, true, false },
		{ 0, true, true, true },
		{ 60, false, true, false },
		{ 60, true, true, false },
		{ 255, true, true, false },
		/* Nothing to have a format. */
		{ 0, false, false, true },
		{ 60, false, false, true },
	};
	static struct message m;

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		for (unsigned rooted = 0; rooted < 2; rooted++) {
			struct rdl_policy_config config = defaults();
			struct rdl_location location = { .rooted = rooted };

			config.text_plain = cases[i].text_plain;
			message_post(&m, "rd/x", cases[i].format, "sms=1", "</1>",
				cases[i].with_payload ? 4 : 0);
			const char *words = judge(&config, &m, &location);
			assert_true((strcmp(words, "content_format") != 0) == cases[i].accepted);
			assert_true((strncmp(words, " +sms=1", 7) == 0) == cases[i].accepted);
		}
}

/* Neither list of names is for those who are in. */
static void test_admission(void **state)
{
	static const char *const deny[] = { "*" };
	struct rdl_policy_config config = defaults();

	config.deny = deny;
	config.deny_count = 1;
	config.known_only = true;
	expect_update(&config, 0, false, "lt=60", "</1>", " lt=60 | 1");
}

/* The location was told by its id, and stays. */
static void test_location_kept(void **state)
{
	static const struct rdl_location location = {
		.handle = 0x12345678, .version_class = 1, .generation = 99
	};
	static struct message m;
	static struct judged judged;
	struct rdl_policy_config config = defaults();
	struct rdl_policy *policy = rdl_policy_create(&config);

	message_post(&m, "rd/x", 40, "lt=60 b=U sms=1", "</1>", 4);
	judge_begin(&judged, policy, &m, &location);
	assert_int_equal(judged.request.reason, RDL_REASON_NONE);
	assert_int_equal(judged.request.location.handle, location.handle);
	assert_int_equal(judged.request.location.generation, location.generation);
	assert_int_equal(judged.request.gives,
		RDL_GIVES_LIFETIME | RDL_GIVES_BINDING | RDL_GIVES_PARAMETERS | RDL_GIVES_OBJECTS);
	judge_end(&judged);
	rdl_policy_destroy(policy);
}

/* The shard's way to a list under the registration's root. */
static void test_objects_under_root(void **state)
{
	static const struct {
		const char *root, *payload, *expected;
	} cases[] = {
		{ "l", "</l/1/0>,</l/0>,</3/0>", "1/0 | root l" },
		{ "l", "</k>;rt=oma.lwm2m,</k/5>,</l/1>", "5 | root k" },
		{ "l", "</>;rt=oma.lwm2m,</5>", "5" },
		{ "", "</5>", "5" },
		{ "l", "<", "link_syntax" },
	};
	static struct object_words words;
	struct rdl_policy_config config = defaults();
	struct rdl_policy *policy = rdl_policy_create(&config);

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		const struct rdl_policy_question question = { .payload = span_of(cases[i].payload),
			.root = span_of(cases[i].root),
			.minor = 1 };
		struct memory memory = memory_begin(2 * question.payload.len + 64);
		const struct rdl_cursor scratch = rdl_cursor(memory.data, memory.len);
		struct rdl_ignored_counts ignored = { { 0 } };
		uint32_t detail = 0;
		enum rdl_reason reason =
			rdl_policy_objects(policy, &question, &scratch, &ignored, &detail);

		if (reason == RDL_REASON_NONE)
			assert_string_equal(describe_objects((const void *)memory.data, &words),
				cases[i].expected);
		else
			assert_string_equal(reason_name(reason), cases[i].expected);
		memory_end(&memory);
	}
	rdl_policy_destroy(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subsets),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_extra),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_binding),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_rooted),
		cmocka_unit_test(test_content_format),
		cmocka_unit_test(test_admission),
		cmocka_unit_test(test_location_kept),
		cmocka_unit_test(test_objects_under_root),
	};

	return RUN_TESTS(tests);
}
