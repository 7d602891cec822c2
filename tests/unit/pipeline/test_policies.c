/* SPDX-License-Identifier: BSD-3-Clause */
/* What the operator chose shows in what the pipeline does. */
#include "fixture.h"

#include "objects.h"

#define BAD(name) REFUSED, RDL_REASON_##name

static int restore(void **state)
{
	struct rdl_policy_config config = gateway_policy();

	use_policy(&config);
	return 0;
}

static void test_no_diagnostics(void **state)
{
	static const struct row rows[] = {
		{ "CON GET 11:nowhere", BAD(path) },
		{ "NON GET 11:rd", BAD(method) },
		{ "CON POST 11:rd 15:ep=a | <", BAD(link_syntax) },
		{ "CON POST 9:x 11:rd", BAD(bad_option) },
		{ "CON POST 11:rd 11:forged", BAD(location) },
		{ "CON DELETE 11:.well-known 11:core", BAD(method) },
	};
	struct rdl_policy_config config = gateway_policy();

	config.diagnostics = false;
	use_policy(&config);
	EXPECT_ROWS(rows);
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct message m = row_message(&rows[i]);
		struct run run = run_message(&m);

		assert_int_equal(run_coap(&run).len, 4 + 2);
		run_end(&run);
	}
}

static void test_diagnostics(void **state)
{
	struct message m = line("CON POST 11:rd 15:ep=a | </1/0>,</3/0>,x,</4/0>,</5/0>");
	struct message reply = line_reply(&m, 0x80, SALT);
	struct run run = run_message(&m);

	message_payload(&reply, "object list: syntax error at octet 14", 37);
	expect_reply(&run, &reply);
	run_end(&run);
}

static void test_version(void **state)
{
	static const struct row rows_1_0[] = {
		{ "CON POST 11:rd 15:ep=a 15:lwm2m=1.0" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 15:ep=a 15:lwm2m=1.1" OBJECTS, BAD(version) },
	};
	static const struct row rows_1_2[] = {
		{ "CON POST 11:rd 15:ep=a 15:lwm2m=1.2 15:b=UMH" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 15:ep=a 15:lwm2m=1.3" OBJECTS, BAD(version) },
		{ "CON POST 11:rd 15:ep=a 15:lwm2m=2.0" OBJECTS, BAD(version) },
		{ "CON POST 11:rd 15:ep=a 15:lwm2m=0.9" OBJECTS, BAD(version) },
		{ "CON POST 11:rd 15:ep=a 15:lwm2m=1.4294967296" OBJECTS, BAD(version) },
	};
	struct rdl_policy_config config = gateway_policy();

	config.version.minor = 0;
	use_policy(&config);
	EXPECT_ROWS(rows_1_0);
	config.version.minor = 2;
	use_policy(&config);
	EXPECT_ROWS(rows_1_2);
}

static void test_endpoints(void **state)
{
	static const char *const known[] = { "a", "denied-but-known" };
	static const struct row rows[] = {
		{ "CON POST 11:rd 15:ep=a" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 15:ep=b" OBJECTS, BAD(endpoint_unknown) },
		{ "CON POST 11:rd 15:ep=denied-but-known" OBJECTS, BAD(endpoint_barred) },
	};
	static const struct row forbidden = { "CON POST 11:rd 15:ep=b" OBJECTS,
		BAD(endpoint_unknown_forbidden) };
	struct rdl_policy_config config = gateway_policy();

	config.known_only = true;
	config.known_count = RDL_ARRAY_LEN(known);
	config.known = known;
	use_policy(&config);
	EXPECT_ROWS(rows);
	config.unknown_forbidden = true;
	use_policy(&config);
	expect_rows(&forbidden, 1);
}

static void test_payload_choices(void **state)
{
	static const struct row strict[] = {
		{ "CON POST 11:rd 12:# 15:ep=a" OBJECTS, BAD(content_format) },
		{ "CON POST 11:rd 15:ep=a | </5>", BAD(mandatory_objects) },
		{ "CON POST 11:rd 15:ep=a | </0/0>,</1/0>,</3/0>", REGISTER, 0 },
		{ "CON POST 11:rd 15:ep=a 15:imei=1" OBJECTS, BAD(unknown_parameter) },
	};
	static const char *const extra[] = { "imei", "tenant" };
	static const struct row other[] = {
		{ "CON POST 11:rd 12:# 15:ep=a" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 12:#2a 15:ep=a" OBJECTS, BAD(content_format) },
		{ "CON POST 11:rd 15:ep=a | </5>", REGISTER, 0 },
		{ "CON POST 11:rd 15:ep=a | </0/0>,</1/0>,</3/0>", BAD(security_object) },
		{ "CON POST 11:rd 11:@ | </0/0>", UPDATE, RDL_REASON_security_object },
		{ "CON POST 11:rd 15:ep=a 15:imei=1" OBJECTS, REGISTER, 0 },
		{ "CON POST 11:rd 15:ep=a 15:imei=1 15:imei=1" OBJECTS, BAD(repeated) },
		{ "CON POST 11:rd 15:ep=a | </1/0>,</3/0>,</5>,</6>", BAD(links_too_many) },
	};
	struct rdl_policy_config config = gateway_policy();

	EXPECT_ROWS(strict);
	config.text_plain = true;
	config.mandatory_objects_refuse = false;
	config.security_object_refuse = true;
	config.extra_count = RDL_ARRAY_LEN(extra);
	config.extra = extra;
	config.max_links = 3;
	use_policy(&config);
	EXPECT_ROWS(other);
}

/* Links left out are counted, each under its reason, for Registers and Updates alike. */
static void test_ignored_counters(void **state)
{
	static const struct rdl_policy_version versions[] = { { 1, 0 } };
	static const struct rdl_policy_object objects[] = {
		{ .id = 1, .multiple = true, .any_version = true },
		{ .id = 3, .version_count = 1, .versions = versions },
		{ .id = 5, .version_count = 1, .versions = versions },
	};
	static const char *const lines[] = {
		"CON POST 11:rd 15:ep=a 15:lwm2m=1.1 | "
		"</0/0>,</1/0>,</3/0>,</3/1>,</3/2>,</5>;ver=2.0,"
		"</5/0>,</6/0>,</21/0>,</x/y>",
		"CON POST 11:rd 11:@ | "
		"</0/0>,</1/0>,</3/0>,</3/1>,</3/2>,</5>;ver=2.0,</5/0>,</6/0>,"
		"</21/0>,</x/y>",
	};
	struct rdl_policy_config config = gateway_policy();
	static struct object_words words;

	config.all_objects = false;
	config.object_count = RDL_ARRAY_LEN(objects);
	config.objects = objects;
	use_policy(&config);
	for (size_t i = 0; i < RDL_ARRAY_LEN(lines); i++) {
		struct message m = line_at(lines[i], make_id(some_location));
		struct run run = run_message(&m);

		assert_int_equal(run.burst.hand_over, 1);
		assert_int_equal(run.packet.request.reason, 0);
		assert_string_equal(
			describe_objects(run.packet.request.list.objects, &words), "1/0 3/0");
		assert_int_equal(counter(RDL_STAT_ignored_security), 1);
		assert_int_equal(counter(RDL_STAT_ignored_reserved), 1);
		assert_int_equal(counter(RDL_STAT_ignored_object), 1);
		assert_int_equal(counter(RDL_STAT_ignored_version), 2);
		assert_int_equal(counter(RDL_STAT_ignored_instance), 2);
		assert_int_equal(counter(RDL_STAT_ignored_foreign), 1);
		run_end(&run);
	}
}

/* Whatever links fill a datagram, the room behind it holds what is read of them. */
static void test_dense_lists(void **state)
{
	static const char *const units[] = { "<1>,", "<1/0>,", "</3/0>,", "<5>;ver=1.0,",
		"</1>;ver=x,", "<3>,</x>," };
	static const char *const begins[] = { "CON POST 11:rd 15:ep=a 15:sms=1 | ",
		"CON POST 11:rd 15:ep=abcdefgh | </>;rt=\"oma.lwm2m\";ct=\"0 0 0 0 0 0 0 0 0\",",
		"CON POST 11:rd 15:ep=abcdefg | </a>;rt=oma.lwm2m,</a/1/0>,</a/3/0>," };
	struct rdl_policy_config config = gateway_policy();

	config.max_links = UINT16_MAX;
	config.mandatory_objects_refuse = false;
	use_policy(&config);
	for (size_t b = 0; b < RDL_ARRAY_LEN(begins); b++) {
		for (size_t u = 0; u < RDL_ARRAY_LEN(units); u++) {
			char text[1600];

			strcpy(text, begins[b]);
			while (strlen(text) < 1400) {
				strcat(text, units[u]);
				struct message m = line(text);
				m.len--; /* the last comma */
				struct run run = run_message(&m);
				expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
				run_end(&run);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_no_diagnostics, restore),
		cmocka_unit_test_setup(test_diagnostics, restore),
		cmocka_unit_test_setup(test_version, restore),
		cmocka_unit_test_setup(test_endpoints, restore),
		cmocka_unit_test_setup(test_payload_choices, restore),
		cmocka_unit_test_setup(test_ignored_counters, restore),
		cmocka_unit_test_setup(test_dense_lists, restore),
	};

	return RUN_PIPELINE_TESTS(tests);
}
