/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may register what: by what they have proved, and in clear text. */
#include <stdlib.h>

#include "fixture.h"

#define LONG "urn:uuid:6f4a8c2e-7a3b-4b1e-9f5d-0123456789ab"

static struct rdl_identities *identities;
static uint32_t dev_1, fleet, long_one, certified, digest;

static void *zeroed(size_t len)
{
	void *memory = aligned_alloc(RDL_CACHE_LINE, (len + RDL_CACHE_LINE - 1) & ~(size_t)63);

	assert_non_null(memory);
	return memset(memory, 0, len);
}

static uint32_t intern(enum rdl_identity_mode mode, const char *text, const char *names)
{
	const struct rdl_identity identity = { mode, span_of(text) };
	uint32_t number = rdl_identities_intern(identities, &identity, span_of(names));

	assert_int_not_equal(number, 0);
	return number;
}

static int begin(void **state)
{
	const struct rdl_identities_config config = { .identities = 8, .octets = 100 };

	identities = rdl_identities_init(&config, zeroed(rdl_identities_memory(&config)));
	dev_1 = intern(RDL_IDENTITY_PSK, "dev-1", "");
	fleet = intern(RDL_IDENTITY_PSK, "fleet", "\7meter-*\5other");
	long_one = intern(RDL_IDENTITY_PSK, LONG, "");
	certified = intern(RDL_IDENTITY_X509, "cn-1", "");
	digest = intern(RDL_IDENTITY_RPK, "digest", "\3raw");
	return 0;
}

static int end(void **state)
{
	judge_identity = 0;
	judge_more_scratch = 0;
	free(identities);
	return 0;
}

static void expect(const struct rdl_policy_config *config, uint32_t identity, const char *queries,
	const char *expected)
{
	char words[400];

	judge_identity = identity;
	snprintf(words, sizeof(words),
		strncmp(expected, "endpoint_", 9) == 0 ? "%s" : "1.0 ep=%s lt=86400 b=U", expected);
	expect_parameters(config, queries, words);
}

static void test_permitted(void **state)
{
	const struct {
		uint32_t identity;
		const char *name;
		bool permitted;
	} cases[] = {
		{ dev_1, "dev-1", true },
		{ dev_1, "dev-2", false },
		{ fleet, "meter-7", true },
		{ fleet, "other", true },
		{ fleet, "fleet", false },
		{ long_one, LONG, true },
		{ certified, "cn-1", true },
		{ certified, "dev-1", false },
		{ digest, "raw", true },
		{ digest, "digest", false },
		{ 0, "dev-1", true },
	};
	struct rdl_policy_config config = defaults();

	config.identities = identities;
	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		char queries[100];

		snprintf(queries, sizeof(queries), "ep=%s", cases[i].name);
		expect(&config, cases[i].identity, queries,
			cases[i].permitted ? cases[i].name : "endpoint_identity");
	}
	/* Nobody is believed where none is known. */
	config.identities = NULL;
	expect(&config, dev_1, "ep=dev-1", "endpoint_identity");
}

/* Lists of names hold as before, and come first. */
static void test_lists(void **state)
{
	static const char *const deny[] = { "dev-*" }, *const known[] = { "meter-1" };
	struct rdl_policy_config config = defaults();

	config.identities = identities;
	config.deny = deny;
	config.deny_count = 1;
	expect(&config, dev_1, "ep=dev-1", "endpoint_barred");
	expect(&config, fleet, "ep=dev-1", "endpoint_barred");
	config.endpoint_from_identity = true;
	expect(&config, dev_1, "", "endpoint_barred");
	config.known_only = true;
	config.known = known;
	config.known_count = 1;
	expect(&config, fleet, "ep=meter-2", "endpoint_unknown");
	expect(&config, fleet, "ep=meter-1", "meter-1");
	expect(&config, certified, "", "endpoint_unknown");
}

/* Nobody registers it in clear text. */
static void test_secured(void **state)
{
	static const char *const patterns[] = { "cn-*", "x?" };
	struct rdl_policy_config config = defaults();
	struct rdl_secured *secured = rdl_secured_init(10, zeroed(rdl_secured_memory(10)));
	struct rdl_endpoint_digest of_dev_1;

	config.identities = identities;
	config.secured = secured;
	expect(&config, 0, "ep=dev-1", "dev-1");
	rdl_siphash128(&config.endpoint_key, "dev-1", 5, of_dev_1.word);
	assert_true(rdl_secured_add(secured, of_dev_1));
	expect(&config, 0, "ep=dev-1", "endpoint_secured");
	expect(&config, dev_1, "ep=dev-1", "dev-1");
	expect(&config, 0, "ep=dev-2", "dev-2");
	expect(&config, 0, "ep=cn-1", "cn-1");
	config.secured_patterns = patterns;
	config.secured_pattern_count = RDL_ARRAY_LEN(patterns);
	expect(&config, 0, "ep=cn-1", "endpoint_secured");
	expect(&config, 0, "ep=xy", "endpoint_secured");
	expect(&config, certified, "ep=cn-1", "cn-1");
	expect(&config, 0, "ep=dev-2", "dev-2");
	/* Removed, it is free again. */
	rdl_secured_remove(secured, of_dev_1);
	expect(&config, 0, "ep=dev-1", "dev-1");
	free(secured);
}

/* `ep` may be left out by who may register one, where the operator lets it. */
static void test_left_out(void **state)
{
	struct rdl_policy_config config = defaults();

	config.identities = identities;
	expect(&config, dev_1, "", "endpoint_missing");
	config.endpoint_from_identity = true;
	expect(&config, dev_1, "", "dev-1");
	expect(&config, certified, "", "cn-1");
	expect(&config, digest, "", "raw");
	expect(&config, long_one, "", "endpoint_missing");
	judge_more_scratch = 256;
	expect(&config, long_one, "", LONG);
	expect(&config, long_one, "lt=86400", LONG);
	expect(&config, fleet, "", "endpoint_missing");
	expect(&config, 0, "", "endpoint_missing");
	/* Empty is not left out. */
	expect(&config, dev_1, "ep=", "endpoint_missing");
	expect(&config, dev_1, "ep", "endpoint_missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_permitted, begin, end),
		cmocka_unit_test_setup_teardown(test_lists, begin, end),
		cmocka_unit_test_setup_teardown(test_secured, begin, end),
		cmocka_unit_test_setup_teardown(test_left_out, begin, end),
	};

	return RUN_TESTS(tests);
}
