/* SPDX-License-Identifier: BSD-3-Clause */
/* What is noted of a refusal. */
#include "fixture.h"

static struct rdl_refusals refusals;

static int setup_refusals(void **state)
{
	setup(state);
	memset(&refusals, 0, sizeof(refusals));
	pipeline.config.refusals = &refusals;
	pipeline.now_ms = 4711;
	return 0;
}

/* "operation reason endpoint parameter detail" of the last one; "" when there is no new one. */
static const char *noted(uint64_t number)
{
	static const char *const operations[] = { "register", "update", "deregister", "other" };
	static char text[1024];
	struct rdl_refusal r = { .time_ms = 0 };

	if (rdl_refusals_count(&refusals) == number)
		return "";
	assert_int_equal(rdl_refusals_count(&refusals), number + 1);
	assert_true(rdl_refusals_get(&refusals, number, &r));
	assert_int_equal(r.time_ms, 4711);
	assert_int_equal(r.peer.port, 40000);
	assert_int_equal(r.peer.address[15], 77);
	/* Not what a request before had in the same place. */
	assert_int_equal(r.endpoint_len, strnlen((const char *)r.endpoint, r.endpoint_len));
	snprintf(text, sizeof(text), "%s %s '%.*s' '%.*s' %u", operations[r.operation],
		rdl_stat_name(rdl_stat_of_reason((enum rdl_reason)r.reason)), r.endpoint_len,
		(const char *)r.endpoint, r.parameter_len, (const char *)r.parameter, r.number);
	return text;
}

/* What was asked for, as a URI has it; nothing where it was a location of ours. */
static void test_paths(void **state)
{
#define FORTY "0123456789012345678901234567890123456789"
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "CON POST 11:rd 15:ep=" OBJECTS, "/rd" },
		{ "CON POST 15:ep=a" OBJECTS, "/" },
		{ "CON GET 11:", "/" },
		{ "CON GET 3:host 11:a 11: 11:b 12:", "/a//b" },
		{ "CON POST 11:rd 11:nothing", "/rd/nothing" },
		{ "CON DELETE 11:rd 11:a/b%\xff", "/rd/a%2Fb%25%FF" },
		{ "CON GET 11:" FORTY " 11:" FORTY, "/" FORTY "/0123456789012345678901" },
		{ "CON GET 11:" FORTY "01234567890123456789 11:\xff",
			"/" FORTY "01234567890123456789/" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		uint64_t before = rdl_refusals_count(&refusals);
		struct rdl_refusal r = { .time_ms = 0 };
		struct message m = line(rows[i].line);
		struct run run = run_message(&m);
		char path[RDL_REFUSAL_PATH_MAX + 1];

		assert_true(rdl_refusals_get(&refusals, before, &r));
		assert_false(r.located);
		snprintf(path, sizeof(path), "%.*s", r.path_len, (const char *)r.path);
		assert_string_equal(path, rows[i].want);
		run_end(&run);
	}
}

static void test_noted(void **state)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "CON POST 11:rd 15:ep=a" OBJECTS, "" },
		{ "CON POST 11:rd 15:lwm2m=9.9 15:ep=a" OBJECTS,
			"register refused_version 'a' '' 0" },
		{ "NON POST 11:rd 15:ep=" OBJECTS, "register refused_endpoint_missing '' '' 0" },
		{ "CON POST 11:rd 15:lt=1" OBJECTS, "register refused_endpoint_missing '' '' 0" },
		{ "CON POST 11:rd 15:ep=\xff" OBJECTS,
			"register refused_endpoint_syntax '\xff' '' 0" },
		{ "CON POST 11:rd 15:ep=a 15:what=x" OBJECTS,
			"register refused_unknown_parameter 'a' 'what' 0" },
		{ "CON POST 11:rd 15:ep=a 15:ep=b" OBJECTS,
			"register refused_repeated 'a' 'ep' 0" },
		{ "CON POST 11:rd 15:ep=denied-1" OBJECTS,
			"register refused_endpoint_barred 'denied-1' '' 0" },
		{ "CON POST 11:rd 15:ep=a | </1/0>,</3/0",
			"register refused_link_syntax 'a' '' 12" },
		{ "CON POST 11:rd 15:ep=a | </1/0>",
			"register refused_mandatory_objects 'a' '' 2" },
		{ "CON POST 11:rd 15:ep=a 63:key" OBJECTS, "other refused_bad_option 'a' '' 63" },
		{ "CON GET 11:rd", "other refused_method '' '' 0" },
		{ "CON POST 11:rdx 15:ep=a" OBJECTS, "other refused_path 'a' '' 0" },
		{ "CON POST 11:rdx 15:ep" OBJECTS, "other refused_path '' '' 0" },
		{ "CON POST 11:rd 11:nothing", "update refused_location '' '' 0" },
		{ "CON DELETE 11:rd 11:nothing", "deregister refused_location '' '' 0" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		uint64_t before = rdl_refusals_count(&refusals);
		struct message m = line(rows[i].line);
		struct run run = run_message(&m);

		assert_string_equal(noted(before), rows[i].want);
		run_end(&run);
	}
	/* Nobody wants to know. */
	uint64_t before = rdl_refusals_count(&refusals);
	struct message m = line("CON GET 11:rd");
	pipeline.config.refusals = NULL;
	struct run run = run_message(&m);
	assert_string_equal(noted(before), "");
	run_end(&run);
}

/*
 * What a shard refused, when its reply is sent:
 * by its location. A copy answered again is no refusal.
 */
static void test_from_shard(void **state)
{
	static const struct {
		uint8_t code;
		enum rdl_reason reason;
		const char *want;
	} rows[] = {
		{ RDL_COAP_NOT_FOUND, RDL_REASON_location, "update refused_location '' '' 0" },
		{ RDL_COAP_BAD_REQUEST, RDL_REASON_lifetime_syntax,
			"update refused_lifetime_syntax '' '' 0" },
		{ RDL_COAP_CHANGED, RDL_REASON_lifetime_syntax, "" },
		{ RDL_COAP_CHANGED, RDL_REASON_NONE, "" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		uint64_t before = rdl_refusals_count(&refusals);
		struct message m = line_at("CON POST 11:rd 11:@ 15:lt=1", make_id(some_location));
		struct run run = run_message(&m);
		struct rdl_packet *packets[] = { &run.packet };
		struct rdl_refusal r = { .time_ms = 0 };

		assert_int_equal(run.burst.hand_over, 1);
		assert_string_equal(noted(before), "");
		run.packet.request.reason = (uint8_t)rows[i].reason;
		run.packet.request.code = rows[i].code;
		assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 1), 1);
		assert_string_equal(noted(before), rows[i].want);
		if (rows[i].want[0] != '\0') {
			assert_true(rdl_refusals_get(&refusals, before, &r));
			assert_true(r.located);
			assert_int_equal(r.location.handle, some_location.handle);
			assert_int_equal(r.location.generation, some_location.generation);
		}
		run_end(&run);
	}
}

/* The parameter that a shard refuses because of, as its worker has judged: by name. */
static void test_parameter_from_shard(void **state)
{
	struct message m = line_at("CON POST 11:rd 11:@ 15:lt=5 15:foo=1", make_id(some_location));
	uint64_t before = rdl_refusals_count(&refusals);
	struct run run = run_message(&m);
	struct rdl_packet *packets[] = { &run.packet };

	expect_handed(&run, RDL_OPERATION_UPDATE, RDL_REASON_unknown_parameter);
	run.packet.request.code = RDL_COAP_BAD_REQUEST;
	assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 1), 1);
	assert_string_equal(noted(before), "update refused_unknown_parameter '' 'foo' 0");
	run_end(&run);
}

/* A name is kept as far as it may go, a parameter's as far as there is room. */
static void test_cut(void **state)
{
	char query[256] = "ep=", text[600];
	struct rdl_refusal r = { .time_ms = 0 };
	struct message m;

	memset(query + 3, 'n', 252);
	query[255] = '\0';
	snprintf(text, sizeof(text),
		"CON POST 11:rd 15:%s 15:yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy=1" OBJECTS,
		query);
	m = line(text);
	struct run run = run_message(&m);
	assert_true(rdl_refusals_get(&refusals, 0, &r));
	assert_int_equal(r.endpoint_len, 252);
	assert_memory_equal(r.endpoint, query + 3, 252);
	assert_int_equal(r.parameter_len, RDL_REFUSAL_PARAMETER_MAX);
	run_end(&run);
}

/* What stands around the fault of an object list, before it and from it on. */
static void test_excerpt(void **state)
{
#define LINKS "</1/0>,</3/0>,</3303/0>,</3303/1>,</3303/2>,"
	static const struct {
		const char *line, *before, *from;
	} rows[] = {
		{ "CON POST 11:rd 15:ep=a | </1/0>,</3/0>,x", "</1/0>,</3/0>,", "x" },
		{ "CON POST 11:rd 15:ep=a | x</1/0>", "", "x</1/0>" },
		{ "CON POST 11:rd 15:ep=a | </1/0>;ct=\"", "</1/0>;ct=\"", "" },
		{ "CON POST 11:rd 15:ep=a | " LINKS "?" LINKS, ",</3303/0>,</3303/1>,</3303/2>,",
			"?</1/0>,</3/0>,</3303/0>,</3303" },
		{ "CON POST 11:rd 15:lt=1" OBJECTS, "", "" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		uint64_t before = rdl_refusals_count(&refusals);
		struct message m = line(rows[i].line);
		struct run run = run_message(&m);
		struct rdl_refusal r = { .time_ms = 0 };
		char text[RDL_REFUSAL_EXCERPT_MAX + 1];

		assert_true(rdl_refusals_get(&refusals, before, &r));
		snprintf(text, sizeof(text), "%.*s", r.excerpt_fault, (const char *)r.excerpt);
		assert_string_equal(text, rows[i].before);
		snprintf(text, sizeof(text), "%.*s", r.excerpt_len - r.excerpt_fault,
			(const char *)r.excerpt + r.excerpt_fault);
		assert_string_equal(text, rows[i].from);
		run_end(&run);
	}
}

/* In silence, by its shard or for want of credit: whose, and why. */
static void test_shed(void **state)
{
	struct message m = line("CON POST 11:rd 15:ep=a" OBJECTS);
	struct message n = line_at("CON POST 11:rd 11:@ 15:lt=1", make_id(some_location));
	struct run run = run_message(&m);
	struct rdl_packet *packets[] = { &run.packet };
	uint64_t key = rdl_sheds_key_endpoint(run.packet.request.digest), time_ms;
	enum rdl_stat stat;

	expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
	assert_false(rdl_sheds_find(&refusals.sheds, key, &stat, &time_ms));
	run.packet.request.code = 0;
	run.packet.request.shed = RDL_STAT_drop_admission_rate;
	assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 1), 0);
	assert_true(rdl_sheds_find(&refusals.sheds, key, &stat, &time_ms));
	assert_int_equal(stat, RDL_STAT_drop_admission_rate);
	assert_int_equal(time_ms, 4711);
	run_end(&run);
	run = run_message(&n);
	rdl_pipeline_shed(&pipeline, &run.packet);
	key = rdl_sheds_key_location(some_location.handle);
	assert_true(rdl_sheds_find(&refusals.sheds, key, &stat, &time_ms));
	assert_int_equal(stat, RDL_STAT_drop_shed_update);
	run_end(&run);
	/* Nobody wants to know. */
	pipeline.config.refusals = NULL;
	run = run_message(&n);
	rdl_pipeline_shed(&pipeline, &run.packet);
	run_end(&run);
}

#define REFUSALS_TEST(test) cmocka_unit_test_setup_teardown(test, setup_refusals, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REFUSALS_TEST(test_noted),
		REFUSALS_TEST(test_paths),
		REFUSALS_TEST(test_from_shard),
		REFUSALS_TEST(test_parameter_from_shard),
		REFUSALS_TEST(test_cut),
		REFUSALS_TEST(test_excerpt),
		REFUSALS_TEST(test_shed),
	};
	return RUN_TESTS(tests);
}
