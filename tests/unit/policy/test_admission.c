/* SPDX-License-Identifier: BSD-3-Clause */
/* Which endpoints may register: names that are known, names that are barred. */
#include "fixture.h"

#define ACCEPTED "1.0 ep=%s lt=86400 b=U"

static void expect(const struct rdl_policy_config *config, const char *name, const char *reason)
{
	char queries[300], words[400];

	snprintf(queries, sizeof(queries), "ep=%s", name);
	snprintf(words, sizeof(words), ACCEPTED, name);
	expect_parameters(config, queries, reason != NULL ? reason : words);
	struct rdl_policy *policy = rdl_policy_create(config);
	struct rdl_span endpoint = { (const uint8_t *)name, strlen(name) };
	assert_non_null(policy);
	assert_string_equal(reason_name(rdl_policy_endpoint(policy, endpoint)),
		reason != NULL ? reason : "none");
	rdl_policy_destroy(policy);
}

static void test_barred(void **state)
{
	static const char *const deny[] = { "denied-*", "x?", "exact", "*-old" };
	static const struct {
		const char *name, *reason;
	} cases[] = {
		{ "denied-1", "endpoint_barred" },
		{ "denied-", "endpoint_barred" },
		{ "denied", NULL },
		{ "Denied-1", NULL },
		{ "not-denied-1", NULL },
		{ "xy", "endpoint_barred" },
		{ "x", NULL },
		{ "xyz", NULL },
		{ "exact", "endpoint_barred" },
		{ "exactly", NULL },
		{ "a-old", "endpoint_barred" },
		{ "a", NULL },
	};
	struct rdl_policy_config config = defaults();

	config.deny = deny;
	config.deny_count = RDL_ARRAY_LEN(deny);
	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect(&config, cases[i].name, cases[i].reason);
}

/* 4.00 to a stranger, or 4.03 by the operator's choice; 4.03 to who is known and barred. */
static void test_known(void **state)
{
	static const char *const known[] = { "alice", "bob", "alice", "", "denied-1", "\xc3\xa9" };
	static const char *const deny[] = { "denied-*" };
	static const struct {
		const char *name, *reason;
	} cases[] = {
		{ "alice", NULL },
		{ "bob", NULL },
		{ "\xc3\xa9", NULL },
		{ "Alice", "unknown" },
		{ "alic", "unknown" },
		{ "alicebob", "unknown" },
		{ "*", "unknown" },
		{ "denied-1", "endpoint_barred" },
		{ "denied-2", "endpoint_barred" },
	};
	struct rdl_policy_config config = defaults();

	config.known_only = true;
	config.known = known;
	config.known_count = RDL_ARRAY_LEN(known);
	config.deny = deny;
	config.deny_count = RDL_ARRAY_LEN(deny);
	for (unsigned forbidden = 0; forbidden < 2; forbidden++) {
		const char *unknown = forbidden ? "endpoint_unknown_forbidden" : "endpoint_unknown";

		config.unknown_forbidden = forbidden;
		for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
			const char *reason = cases[i].reason;

			expect(&config, cases[i].name,
				reason != NULL && strcmp(reason, "unknown") == 0 ? unknown
										 : reason);
		}
	}
	/* The list means nothing where any name will do. */
	config.known_only = false;
	expect(&config, "stranger", NULL);
}

static void test_nobody_known(void **state)
{
	struct rdl_policy_config config = defaults();

	config.known_only = true;
	expect(&config, "a", "endpoint_unknown");
}

/* However full the table of names becomes. */
static void test_many_known(void **state)
{
	enum { COUNT = 1000 };
	static char names[2 * COUNT][8];
	static const char *known[COUNT];
	static struct message m;

	for (unsigned i = 0; i < 2 * COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "n%u", i);
		if (i < COUNT)
			known[i] = names[i];
	}
	for (unsigned count = 0; count <= COUNT; count += count < 10 ? 1 : 330) {
		struct rdl_policy_config config = defaults();

		config.known_only = true;
		config.known = known;
		config.known_count = count;
		struct rdl_policy *policy = rdl_policy_create(&config);
		for (unsigned i = 0; i < 2 * COUNT; i += i < 20 ? 1 : 7) {
			char query[16];

			snprintf(query, sizeof(query), "ep=%s", names[i]);
			message_post(&m, "rd", 40, query, REQUIRED, strlen(REQUIRED));
			bool refused =
				strcmp(judge_under(policy, &m, NULL), "endpoint_unknown") == 0;
			assert_true(refused == (i >= count));
		}
		rdl_policy_destroy(policy);
	}
}

/* Strings and lists are the policy's own: the caller's may go. */
static void test_copies(void **state)
{
	char known_name[] = "a", deny_name[] = "b", extra_name[] = "pid";
	const char *known[] = { known_name }, *deny[] = { deny_name }, *extra[] = { extra_name };
	struct rdl_policy_version versions[] = { { 1, 0 } };
	struct rdl_policy_object objects[] = {
		{ .id = 1, .version_count = 1, .versions = versions },
		{ .id = 3, .any_version = true }
	};
	struct rdl_policy_config config = defaults();
	static struct message m;

	config.known_only = true;
	config.known = known;
	config.deny = deny;
	config.extra = extra;
	config.known_count = config.deny_count = config.extra_count = 1;
	config.all_objects = false;
	config.object_count = 2;
	config.objects = objects;
	config.diagnostics = true;
	struct rdl_policy *policy = rdl_policy_create(&config);
	known_name[0] = deny_name[0] = extra_name[0] = 'z';
	known[0] = deny[0] = extra[0] = NULL;
	versions[0].major = 9;
	memset(objects, 0xff, sizeof(objects));

	message_post(&m, "rd", 40, "ep=a pid=1", "</1>;ver=1.0,</3>,</5>", 22);
	assert_string_equal(judge_under(policy, &m, NULL),
		"1.0 ep=a lt=86400 b=U +pid=1 | 1 3 | 1=1.0 | ignored object 1");
	message_post(&m, "rd", 40, "ep=b", REQUIRED, strlen(REQUIRED));
	assert_string_equal(judge_under(policy, &m, NULL), "endpoint_barred");
	assert_true(rdl_policy_diagnostics(policy));
	assert_int_equal(rdl_policy_config(policy)->known_count, 1);
	assert_int_equal(rdl_policy_config(policy)->version.minor, 1);
	rdl_policy_destroy(policy);
	rdl_policy_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_barred),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_nobody_known),
		cmocka_unit_test(test_many_known),
		cmocka_unit_test(test_copies),
	};

	return RUN_TESTS(tests);
}
