/* SPDX-License-Identifier: BSD-3-Clause */
/* What is counted of registrations' kinds and ends; test_model.c and test_recovery.c compare it. */
#include "fixture.h"

#define NOW 5000u

static struct rdl_registry *registry;

static int begin(void **state)
{
	struct rdl_registry_config config = make_config(8);

	registry = rdl_registry_create(&config);
	return registry != NULL ? 0 : -1;
}

static int end(void **state)
{
	rdl_registry_destroy(registry);
	return 0;
}

static void add(const char *name, uint32_t lifetime_s, uint8_t minor, const char *binding)
{
	struct rdl_object_list *list = make_list(3, 1, "");
	struct rdl_span endpoint = { (const uint8_t *)name, strlen(name) };
	struct rdl_span text = { (const uint8_t *)binding, strlen(binding) };
	struct rdl_request request = make_register(endpoint, lifetime_s, list);
	struct rdl_location location;

	request.minor = minor;
	assert_true(rdl_binding_parse(text, minor, 2, &request.binding));
	assert_int_equal(
		perform_register(registry, &request, NOW, &location), RDL_REGISTRY_CREATED);
	free(list);
}

/* "1.1 UT none 2": of those there are, in the order of their numbers. */
static void assert_kinds(const char *wanted)
{
	char text[256] = "", binding[RDL_BINDING_TEXT];
	struct rdl_kind kind;

	for (unsigned i = 0; i < RDL_KINDS; i++) {
		uint32_t count = rdl_registry_kind(registry, i, &kind);

		if (count == 0)
			continue;
		rdl_binding_text(kind.binding, binding);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "1.%u %s %s %u;",
			kind.minor, binding, rdl_identity_mode_text(kind.mode), count);
	}
	assert_string_equal(text, wanted);
}

static void kinds(void **state)
{
	add("a", 60, 1, "UT");
	add("b", 60, 1, "TU");
	add("c", 60, 0, "UQS");
	add("d", 60, 2, "UMHTSN");
	add("e", 60, 9, "U");
	assert_kinds("1.0 UQS none 1;1.1 UT none 2;1.2 USMHTN none 1;1.7 U none 1;");
	assert_int_equal(expire(registry, NOW + 60000, 100), 5);
	assert_kinds("");
}

/* So long that it would come round again to a minute of the next hour. */
static void long_lifetimes_are_in_no_minute(void **state)
{
	uint64_t ends[RDL_ENDS_MINUTES] = { 0 }, sum = 0;

	add("a", RDL_TALLY_MINUTES * 60 + 300, 1, "U");
	add("b", UINT32_MAX, 1, "U");
	add("c", 59, 1, "U");
	add("d", 60, 1, "U");
	add("e", 3599, 1, "U");
	add("f", 3600, 1, "U");
	rdl_registry_ends(registry, NOW, ends);
	assert_int_equal(ends[0], 1);
	assert_int_equal(ends[1], 1);
	assert_int_equal(ends[59], 1);
	for (unsigned i = 0; i < RDL_ENDS_MINUTES; i++)
		sum += ends[i];
	assert_int_equal(sum, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(kinds, begin, end),
		cmocka_unit_test_setup_teardown(long_lifetimes_are_in_no_minute, begin, end),
	};

	return RUN_EAL_TESTS(tests);
}
