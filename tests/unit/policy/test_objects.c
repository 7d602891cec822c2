/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of the listed objects, versions and instances stay, and which lists are refused. */
#include "fixture.h"

struct list_case {
	const char *payload, *expected; /* the reason, or what follows the parameters */
};

static void expect_lists(const struct rdl_policy_config *config, unsigned minor,
	const struct list_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char queries[32], words[512] = "";

		snprintf(queries, sizeof(queries), "ep=a lwm2m=1.%u", minor);
		if (strchr(cases[i].expected, '_') == NULL)
			snprintf(words, sizeof(words), "1.%u ep=a lt=86400 b=U | ", minor);
		strcat(words, cases[i].expected);
		expect_register(config, queries, cases[i].payload, words);
	}
}

static void test_all_supported(void **state)
{
	static const struct list_case cases[] = {
		{ "</1/0>,</3/0>", "1/0 3/0" },
		{ "</3>,</1>", "1 3" },
		{ "</1/0>,</3/0>,</5>", "1/0 3/0 5" },
		{ "</>;rt=\"oma.lwm2m\";ct=110,</1/0>,</3/0>,</3303>;ver=2.0",
			"1/0 3/0 3303 | 3303=2.0 | ct 110" },
		{ "</l>;rt=oma.lwm2m,</l/1/0>,</l/3/0>,</5>",
			"1/0 3/0 | root l | ignored foreign 1" },
		{ "</1/0>,</3/0>,</sensors/temp>,</65535>,</03>", "1/0 3/0 | ignored foreign 3" },
		{ "</1>;ver=99.9,</3>", "1 3 | 1=99.9" },
		{ "</1/0>,</3/0>,</3/0>,</5/0>,</5>", "1/0 3/0 5/0" },
		{ "</1/0>,</3/0>,</3/1>,</65534/65534>", "1/0 3/0 3/1 65534/65534" },
		/*
		 * A version that cannot be read is supported by nobody,
		 * and the object with it goes.
		 */
		{ "</1/0>,</3/0>,</5>;ver=x,</5/0>,</5/1>", "1/0 3/0 | ignored version 3" },
		{ "</5/0>,</1/0>,</3/0>,</5>;ver", "1/0 3/0 | ignored version 2" },
		{ "</1>;ver=1,</3>", "3 | ignored version 1" },
		/* Whatever else the object claims. */
		{ "</1/0>,</3/0>,</5>;ver=1.0,</5>;ver=x", "1/0 3/0 | ignored version 2" },
		{ "</1/0>,</3/0>,</5>;ver=x,</5>;ver=1.0", "1/0 3/0 | ignored version 2" },
	};
	struct rdl_policy_config config = defaults();

	expect_lists(&config, 0, cases, RDL_ARRAY_LEN(cases));
}

static void test_security_object(void **state)
{
	static const struct list_case stripped[] = {
		{ "</0>,</1/0>,</3/0>", "1/0 3/0 | ignored security 1" },
		{ "</1/0>,</0/0>,</3/0>,</0/1>", "1/0 3/0 | ignored security 2" },
		{ "</1/0>,</3/0>,</0>;ver=1.0", "1/0 3/0 | ignored security 1" },
		{ "</0/0/1>,</1/0>,</3/0>,<0>,<0/7>,</0/>", "1/0 3/0 | ignored security 4" },
		{ "</l>;rt=oma.lwm2m,</l/0>,</l/0/0>,</l/1>,</l/3>",
			"1 3 | root l | ignored security 2" },
		{ "</l/0>,</l/1>,</l/3>,</l>;rt=oma.lwm2m", "1 3 | root l | ignored security 1" },
		{ "</00>,</00/0>,</0/00>,</1/0>,</3/0>", "1/0 3/0 | ignored foreign 3" },
		{ "</0>;ver=x,</1/0>,</3/0>", "1/0 3/0 | ignored security 1" },
		{ "</65536/0>,</1/0>,</3/0>", "1/0 3/0 | ignored foreign 1" },
	};
	static const struct list_case refused[] = {
		{ "</0>,</1/0>,</3/0>", "security_object" },
		{ "</1/0>,</3/0>,</0/0>", "security_object" },
		{ "</1/0>,</3/0>,</0/0/1>", "security_object" },
		{ "</1/0>,</3/0>,</0>;ver=x", "security_object" },
		{ "</0>", "security_object" },
		{ "</l>;rt=oma.lwm2m,</l/0>,</l/1>,</l/3>", "security_object" },
		{ "</l>;rt=oma.lwm2m,</0>,</l/1>,</l/3>", "1 3 | root l | ignored foreign 1" },
		{ "</00>,</1/0>,</3/0>", "1/0 3/0 | ignored foreign 1" },
		{ "</1/0>,</3/0>,</10>", "1/0 3/0 10" },
	};
	/* Not even an operator's list brings it in. */
	static const struct rdl_policy_object objects[] = {
		{ .id = 0, .any_version = true, .multiple = true },
		{ .id = 1, .any_version = true }, { .id = 3, .any_version = true }
	};
	struct rdl_policy_config config = defaults();

	expect_lists(&config, 0, stripped, RDL_ARRAY_LEN(stripped));
	config.objects = objects;
	config.object_count = RDL_ARRAY_LEN(objects);
	config.all_objects = false;
	expect_lists(&config, 1, stripped, RDL_ARRAY_LEN(stripped));
	config = defaults();
	config.security_object_refuse = true;
	expect_lists(&config, 0, refused, RDL_ARRAY_LEN(refused));
}

/* OSCORE since 1.1, COSE since 1.2: by the client's version. */
static void test_reserved_objects(void **state)
{
	static const struct list_case cases[][1] = {
		{ { "</1>,</3>,</21>;ver=2.0,</21/0>,</23/0>", "1 3 21/0 23/0 | 21=2.0" } },
		{ { "</1>,</3>,</21>;ver=2.0,</21/0>,</23/0>", "1 3 23/0 | ignored reserved 2" } },
		{ { "</1>,</3>,</21>;ver=2.0,</21/0>,</23/0>", "1 3 | ignored reserved 3" } },
	};
	struct rdl_policy_config config = defaults();

	config.version.minor = 2;
	for (unsigned minor = 0; minor <= 2; minor++)
		expect_lists(&config, minor, cases[minor], 1);
}

static const struct rdl_policy_version versions_1[] = { { 1, 0 }, { 1, 1 } };
static const struct rdl_policy_version versions_10[] = { { 1, 1 } };
static const struct rdl_policy_object supported[] = {
	{ .id = 1, .multiple = true, .version_count = 2, .versions = versions_1 },
	{ .id = 3, .any_version = true },
	{ .id = 10, .multiple = true, .version_count = 1, .versions = versions_10 },
	{ .id = 12, .version_count = 0 },
	{ .id = 65534, .any_version = true, .multiple = true },
};

static struct rdl_policy_config with_list(void)
{
	struct rdl_policy_config config = defaults();

	config.all_objects = false;
	config.objects = supported;
	config.object_count = RDL_ARRAY_LEN(supported);
	return config;
}

static void test_supported_objects(void **state)
{
	static const struct list_case cases[] = {
		{ "</1/0>,</3/0>,</5>,</5/0>,</31024/10>", "1/0 3/0 | ignored object 3" },
		{ "</1/0>,</3/0>,</65534/1>,</2>", "1/0 3/0 65534/1 | ignored object 1" },
		{ "</1/0>,</3/0>,</5>;ver=1.1", "1/0 3/0 | ignored object 1" },
		{ "</1/0>,</3/0>,</5>;ver=x", "1/0 3/0 | ignored object 1" },
		{ "</0>,</1>,</3>,</5>,</x>,</10>;ver=9.9,</3/1>",
			"1 3 | ignored security 1 object 1 version 1 instance 1 foreign 1" },
	};
	struct rdl_policy_config config = with_list();

	expect_lists(&config, 0, cases, RDL_ARRAY_LEN(cases));
}

static void test_supported_versions(void **state)
{
	static const struct list_case cases[] = {
		{ "</1>;ver=1.0,</3/0>", "1 3/0 | 1=1.0" },
		{ "</1>;ver=\"1.1\",</1/0>,</3/0>", "1/0 3/0 | 1=1.1" },
		{ "</1>;ver=01.01,</3/0>", "1 3/0 | 1=1.1" },
		/* No version named: none that could be unsupported. */
		{ "</1/0>,</3/0>,</10>,</10/2>", "1/0 3/0 10/2" },
		{ "</1/0>,</3/0>,</12>", "1/0 3/0 12" },
		/* All of the object goes, wherever the link with the version stands. */
		{ "</10>;ver=1.0,</10/0>,</1/0>,</3/0>", "1/0 3/0 | ignored version 2" },
		{ "</10/0>,</1/0>,</3/0>,</10/1>,</10>;ver=1.10", "1/0 3/0 | ignored version 3" },
		{ "</1/0>,</3/0>,</12>;ver=1.0", "1/0 3/0 | ignored version 1" },
		{ "</1>;ver=1.2,</1/0>,</3/0>", "3/0 | ignored version 2" },
		{ "</1>;ver=1.65537,</3/0>", "3/0 | ignored version 1" },
		{ "</1>;ver=2.0,</3/0>", "3/0 | ignored version 1" },
		{ "</1>;ver=0.1,</3/0>", "3/0 | ignored version 1" },
		{ "</3>;ver=77.8,</1>", "1 3 | 3=77.8" },
		{ "</3>;ver,</1>", "1 | ignored version 1" },
		{ "</1>;ver=9.9,</3>;ver=1.2,</10>;ver=2.0,</12>",
			"3 12 | 3=1.2 | ignored version 2" },
		/* An instance's is not the object's. */
		{ "</10/0>;ver=9.9,</1>,</3>", "1 3 10/0" },
		/* Two claims: both must hold, in either order. */
		{ "</1>;ver=1.0,</1>;ver=1.1,</3>", "1 3 | 1=1.1" },
		{ "</1>;ver=1.1,</1>;ver=9.0,</3>", "3 | ignored version 2" },
		{ "</1>;ver=9.0,</1>;ver=1.1,</3>", "3 | ignored version 2" },
	};
	struct rdl_policy_config config = with_list();

	expect_lists(&config, 1, cases, RDL_ARRAY_LEN(cases));
}

static void test_single_instance(void **state)
{
	static const struct list_case cases[] = {
		{ "</1/0>,</1/1>,</3/0>", "1/0 1/1 3/0" },
		{ "</1/0>,</3/0>,</3/1>", "1/0 3/0 | ignored instance 1" },
		{ "</3/5>,</1/0>,</3/0>,</3/1>,</3/65534>", "1/0 3/0 | ignored instance 3" },
		{ "</3>;ver=1.2,</3/1>,</1/0>", "1/0 3 | 3=1.2 | ignored instance 1" },
		{ "</3>,</1/0>", "1/0 3" },
		{ "</3/1>,</1/0>", "1/0 | ignored instance 1" },
		{ "</3/1/0>,</3/0/1>,</1/0>", "1/0 3/0 | ignored instance 1" },
		{ "</1>,</3>,</12/1>,</12/0>", "1 3 12/0 | ignored instance 1" },
	};
	struct rdl_policy_config config = with_list();

	expect_lists(&config, 0, cases, RDL_ARRAY_LEN(cases));
}

/* Objects 1 and 3, as sent: it does not matter whether they then stay. */
static void test_mandatory_objects(void **state)
{
	static const struct list_case cases[] = {
		{ "</1/0>", "mandatory_objects" },
		{ "</3/0>", "mandatory_objects" },
		{ "</>;rt=oma.lwm2m", "mandatory_objects" },
		{ "</5>,</10>,</13>,</31>", "mandatory_objects" },
		{ "</0>,</1/0>", "mandatory_objects" },
		{ "</01/0>,</03/0>", "mandatory_objects" },
		{ "</l>;rt=oma.lwm2m,</1>,</3>", "mandatory_objects" },
		{ "</1>;ver=9.9,</3/7>", " | ignored version 1 instance 1" },
		{ "</1/0/0>,</3/0/0>", "1/0 3/0" },
	};
	static const struct list_case accepted[] = {
		{ "</1/0>", "1/0" },
		{ "</3/0>", "3/0" },
		{ "</5>", " | ignored object 1" },
		{ "</0>", " | ignored security 1" },
		{ "</>;rt=oma.lwm2m;ct=110", "ct 110" },
		{ "</x>", " | ignored foreign 1" },
	};
	struct rdl_policy_config config = with_list();

	expect_lists(&config, 0, cases, RDL_ARRAY_LEN(cases));
	config.mandatory_objects_refuse = false;
	expect_lists(&config, 0, accepted, RDL_ARRAY_LEN(accepted));
}

static void test_too_many_links(void **state)
{
	static const struct list_case cases[] = {
		{ "</1>,</3>,</5>", "1 3 5" },
		{ "</1>,</3>,</5>,</6>", "links_too_many" },
		{ "</1>,</3>,</3>,</3>", "links_too_many" },
		{ "</1>,</3>,</x>,</y>", "links_too_many" },
		{ "</1>,</3>,</0>,</>", "links_too_many" },
		{ "</1>,</3>,</5>,", "link_syntax" },
	};
	struct rdl_policy_config config = defaults();

	config.max_links = 3;
	expect_lists(&config, 0, cases, RDL_ARRAY_LEN(cases));
}

/*
 * What is kept of a list is its links:
 * an alternate path has 64 octets at most, slashes at its ends not counted.
 */
static void test_root_length(void **state)
{
	struct rdl_policy_config config = defaults();
	char root[66], payload[300], list[100];

	memset(root, 'r', sizeof(root));
	for (int len = 64; len <= 65; len++) {
		bool fits = len == 64;

		snprintf(payload, sizeof(payload), "</%.*s/>;rt=oma.lwm2m,</%.*s/1/0>,</%.*s/3/0>",
			len, root, len, root, len, root);
		snprintf(list, sizeof(list), " | 1/0 3/0 | root %.*s", len, root);
		expect_lists(&config, 0,
			&(struct list_case){ payload, fits ? list + 3 : "root_length" }, 1);
		expect_update(&config, 0, false, "", payload, fits ? list : "root_length");
	}
}

/* Where the list is broken is told, in octets from its start. */
static void test_syntax_offset(void **state)
{
	static const struct {
		const char *payload;
		uint32_t offset;
	} cases[] = { { "x", 0 }, { "</1/0>,", 7 }, { "</1/0>;ct=110,112", 14 },
		{ "</1>,</l>;rt=oma.lwm2m,<", 24 } };
	struct rdl_policy_config config = defaults();
	struct rdl_policy *policy = rdl_policy_create(&config);

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		static struct message m;
		static struct judged judged;

		message_post(&m, "rd", 40, "ep=a", cases[i].payload, strlen(cases[i].payload));
		judge_begin(&judged, policy, &m, NULL);
		assert_int_equal(judged.request.reason, RDL_REASON_link_syntax);
		assert_int_equal(judged.request.detail.number, cases[i].offset);
		judge_end(&judged);
	}
	rdl_policy_destroy(policy);
}

/*
 * Of what stays, and only where the operator wants it;
 * what is too much is left out and counted, nothing refused.
 */
static void test_attributes(void **state)
{
	struct rdl_policy_config config = defaults();
	static char payload[2048], wanted[256];

	expect_register(&config, "ep=a", "</1/0>;a,</3/0>", "1.0 ep=a lt=86400 b=U | 1/0 3/0");
	config.keep_attributes = true;
	expect_register(&config, "ep=a", "</0/0>;x,</1/0>;a,</3/0>,</3>;ver=1.0;b",
		"1.0 ep=a lt=86400 b=U | 1/0 3/0 | 3=1.0 | 1/0 a | 3 b | ignored security 1");
	snprintf(payload, sizeof(payload), "</1/0>;a=%01100u,</3/0>;b", 1u);
	snprintf(wanted, sizeof(wanted),
		"1.0 ep=a lt=86400 b=U | 1/0 3/0 | 3/0 b | ignored attributes 1");
	expect_register(&config, "ep=a", payload, wanted);
	expect_register(&config, "ep=a", "</1/0>;a,</3/0>;", "link_syntax");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_supported),
		cmocka_unit_test(test_security_object),
		cmocka_unit_test(test_reserved_objects),
		cmocka_unit_test(test_supported_objects),
		cmocka_unit_test(test_supported_versions),
		cmocka_unit_test(test_single_instance),
		cmocka_unit_test(test_mandatory_objects),
		cmocka_unit_test(test_too_many_links),
		cmocka_unit_test(test_root_length),
		cmocka_unit_test(test_syntax_offset),
		cmocka_unit_test(test_attributes),
	};

	return RUN_TESTS(tests);
}
