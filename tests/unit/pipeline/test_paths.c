/* SPDX-License-Identifier: BSD-3-Clause */
/* Paths, methods, locations, discovery (OMA Lightweight M2M, registration interface; RFC 6690). */
#include "fixture.h"

#define BAD(name) REFUSED, RDL_REASON_##name

static void test_paths(void **state)
{
	static const struct row rows[] = {
		{ "CON POST", BAD(path) },
		{ "CON GET 11:", BAD(path) },
		{ "CON POST 11:RD 15:ep=a" OBJECTS, BAD(path) },
		{ "CON POST 11:r 15:ep=a" OBJECTS, BAD(path) },
		{ "CON POST 11:rd2 15:ep=a" OBJECTS, BAD(path) },
		{ "CON POST 11:rd/ 15:ep=a" OBJECTS, BAD(path) },
		{ "CON POST 11: 11:rd 15:ep=a" OBJECTS, BAD(path) },
		{ "CON POST 11:tenant 11:rd 15:ep=a" OBJECTS, BAD(path) },
		{ "CON POST 11:bs 15:ep=a", BAD(path) },
		{ "CON POST 11:rd 11:@ 11:x", BAD(path) },
		{ "CON POST 11:rd 11:@ 11:", BAD(path) },
		{ "CON POST 11:RD 11:@", BAD(path) },
		{ "CON 0.31 11:nowhere", BAD(path) },
		{ "NON GET 11:nowhere", BAD(path) },
		{ "CON GET 11:.well-known", BAD(path) },
		{ "CON GET 11:.well-known 11:core 11:", BAD(path) },
		{ "CON GET 11:.well-known 11:Core", BAD(path) },
	};

	EXPECT_ROWS(rows);
}

static void test_methods(void **state)
{
	static const struct row rows[] = {
		{ "CON GET 11:rd", BAD(method) },
		{ "CON PUT 11:rd 15:ep=a" OBJECTS, BAD(method) },
		{ "NON FETCH 11:rd", BAD(method) },
		{ "CON PATCH 11:rd", BAD(method) },
		{ "CON iPATCH 11:rd", BAD(method) },
		{ "CON 0.08 11:rd", BAD(method) },
		{ "CON 0.31 11:rd", BAD(method) },
		{ "CON DELETE 11:rd", BAD(delete_rd) },
		{ "NON DELETE 11:rd 15:ep=a", BAD(delete_rd) },
		{ "CON GET 11:rd 11:@", OTHER, RDL_REASON_method },
		{ "CON PUT 11:rd 11:@", OTHER, RDL_REASON_method },
		{ "NON FETCH 11:rd 11:@", OTHER, RDL_REASON_method },
		{ "CON PATCH 11:rd 11:@", OTHER, RDL_REASON_method },
		{ "CON iPATCH 11:rd 11:@", OTHER, RDL_REASON_method },
		{ "CON 0.08 11:rd 11:@", OTHER, RDL_REASON_method },
		{ "CON 0.31 11:rd 11:@", OTHER, RDL_REASON_method },
		{ "CON POST 11:rd 11:@", UPDATE, 0 },
		{ "NON POST 11:rd 11:@", UPDATE, 0 },
		{ "CON DELETE 11:rd 11:@", DEREGISTER, 0 },
		{ "NON DELETE 11:rd 11:@ 15:ep=a 15:z | <", DEREGISTER, 0 },
		{ "CON POST 11:.well-known 11:core", BAD(method) },
		{ "CON DELETE 11:.well-known 11:core", BAD(method) },
		{ "CON FETCH 11:.well-known 11:core", BAD(method) },
	};

	EXPECT_ROWS(rows);
}

static void test_forged(void **state)
{
	static const struct row rows[] = {
		{ "CON POST 11:rd 11:", BAD(location) },
		{ "CON POST 11:rd 11:0", BAD(location) },
		{ "CON DELETE 11:rd 11:unknown", BAD(location) },
		{ "NON POST 11:rd 11:unknown", BAD(location) },
		{ "CON GET 11:rd 11:unknown", BAD(location) },
		{ "CON POST 11:rd 11:AAAAAAAAAAAAAAAAAAAAAAAA", BAD(location) },
		{ "CON POST 11:rd 11:AAAAAAAAAAB", BAD(location) },
		{ "CON POST 11:rd 11:AAAAAAAAA.A", BAD(location) },
		{ "CON POST 11:rd 11:@A", BAD(location) },
		{ "CON POST 11:rd 11:*255", BAD(location) },
	};
	char id[RDL_LOCATION_LEN + 1];

	EXPECT_ROWS(rows);
	/*
	 * Any other character anywhere, and any prefix. With this key none of the others names a
	 * slot that there is.
	 */
	for (size_t i = 0; i < RDL_LOCATION_LEN; i++) {
		static const char *const methods[] = { "CON POST 11:rd 11:@",
			"CON DELETE 11:rd 11:@", "CON GET 11:rd 11:@" };

		for (size_t k = 0; k < 2 * RDL_ARRAY_LEN(methods); k++) {
			strcpy(id, make_id(some_location));
			if (k % 2 == 0)
				id[i] = id[i] == 'A' ? 'B' : 'A';
			else
				id[i] = '\0';
			struct message m = line_at(methods[k / 2], id);
			struct run run = run_message(&m);
			expect_refusal(&run, &m, RDL_REASON_location);
			run_end(&run);
		}
	}
}

/*
 * What no registry has is answered here, whatever else is wrong with the request: a slot beyond the
 * rows, a class of rules that is none. All else is the shard's to tell, who knows copies; also what
 * is of a higher version than is served, since it may have been registered when that one was.
 */
static void test_beyond(void **state)
{
	static const struct {
		uint16_t minor; /* of the server */
		struct rdl_location location;
		bool handed;
	} rows[] = {
		{ 1, { 0x2a000000 + SLOTS - 1, 1, false, 3 }, true },
		{ 1, { 0x2a000000 + SLOTS, 1, false, 3 }, false },
		{ 1, { 0xff000000, 0, true, 0 }, true },
		{ 1, { 0xffffffff, 0, false, 1 }, false },
		{ 1, { 0x2a000007, 2, false, 3 }, true },
		{ 1, { 0x2a000007, 3, false, 3 }, false },
		{ 0, { 0x2a000007, 1, false, 3 }, true },
		{ 0, { 0x2a000007, 3, false, 3 }, false },
		{ 0, { 0x2a000007, 0, false, 3 }, true },
		{ 2, { 0x2a000007, 2, false, 3 }, true },
		{ 2, { 0x2a000007, 3, false, 3 }, false },
		{ 7, { 0x2a000007, 2, false, 3 }, true },
		{ 7, { 0x2a000007, 3, false, 3 }, false },
	};
	static const char *const requests[] = { "CON POST 11:rd 11:@",
		"NON POST 11:rd 11:@ 15:lt=x | <", "CON DELETE 11:rd 11:@", "CON GET 11:rd 11:@",
		"CON POST 11:rd 11:@ 27:#0e | 0123" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct rdl_policy_config config = gateway_policy();

		config.version.minor = rows[i].minor;
		use_policy(&config);
		for (size_t k = 0; k < RDL_ARRAY_LEN(requests); k++) {
			struct message m = line_at(requests[k], make_id(rows[i].location));
			struct run run = run_message(&m);

			if (rows[i].handed)
				assert_int_equal(run.burst.hand_over, 1);
			else
				expect_refusal(&run, &m, RDL_REASON_location);
			run_end(&run);
		}
	}
	struct rdl_policy_config config = gateway_policy();
	use_policy(&config);
}

/* Octets of the 4.04 to a request for this location, whoever gives it. */
static size_t not_found(const char *request, struct rdl_location location, bool handed, uint8_t *to)
{
	struct message m = line_at(request, make_id(location));
	struct run run = run_message(&m);
	struct rdl_packet *packets[] = { &run.packet };

	assert_int_equal(run.burst.hand_over != 0, handed);
	if (handed) {
		run.packet.request.reason = RDL_REASON_location;
		run.packet.request.code = RDL_COAP_NOT_FOUND;
		assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 1), 1);
	}
	struct rdl_span coap = run_coap(&run);
	assert_int_equal(coap.data[1], RDL_COAP_NOT_FOUND);
	memcpy(to, coap.data, coap.len);
	run_end(&run);
	return coap.len;
}

/* The 4.04 of a worker, to an id that nobody can have been given, is octet for octet a shard's. */
static void test_dead_alike(void **state)
{
	static const char *const requests[] = {
		"CON POST 11:rd 11:@",
		"NON POST 11:rd 11:@ 15:lt=x",
		"CON POST 11:rd 11:@ 27:#02 | </1/0>",
		"CON POST 11:rd 11:@ 27:#08 | 0123456789abcdef",
		"CON POST 11:rd 11:@ 27:#18 | 0123456789abcdef",
		"CON POST 11:rd 11:@ 27:#0f | 0123456789abcdef",
		"CON POST 11:rd 11:@ 27:#0a 35:coap://a | </1/0>",
		"CON POST 9:#00 11:rd 11:@ 27:#02 | </1/0>",
		"CON DELETE 11:rd 11:@ 27:#02",
		"CON GET 11:rd 11:@ 27:#02",
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(requests); i++) {
		uint8_t worker[256], shard[256];
		size_t len = not_found(
			requests[i], (struct rdl_location){ SLOTS, 1, false, 3 }, false, worker);

		assert_int_equal(not_found(requests[i], some_location, true, shard), len);
		assert_memory_equal(worker, shard, len);
	}
}

/*
 * Of forged ids, one in thousands goes further: 4,096 slots of 16,777,216, and two classes of four.
 */
static void test_forged_by_the_thousand(void **state)
{
	struct message m = line_at("CON POST 11:rd 11:@", make_id(some_location));
	uint8_t *id = m.octets + m.len - RDL_LOCATION_LEN;
	uint64_t seed = 9;
	unsigned handed = 0;

	for (unsigned i = 0; i < 100000; i++) {
		rdl_base64url_encode(test_random(&seed), id);
		struct run run = run_message(&m);

		handed += run.burst.hand_over != 0;
		run_end(&run);
	}
	assert_in_range(handed, 1, 40); /* 12 are to be expected */
}

/* What the id says reaches the shard as it was made. */
static void test_location_travels(void **state)
{
	static const struct rdl_location locations[] = {
		{ 0, 0, false, 1 },
		{ 0xff000000 + SLOTS - 1, 1, true, RDL_GENERATION_MAX },
		{ 0x2a000007, 1, false, 3 },
		{ 0x80000456, 0, true, 0x10000001 },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(locations); i++) {
		struct message m = line_at("CON DELETE 11:rd 11:@", make_id(locations[i]));
		struct run run = run_message(&m);
		const struct rdl_location *got = &run.packet.request.location;

		expect_handed(&run, RDL_OPERATION_DEREGISTER, RDL_REASON_NONE);
		assert_int_equal(got->handle, locations[i].handle);
		assert_int_equal(got->version_class, locations[i].version_class);
		assert_int_equal(got->rooted, locations[i].rooted);
		assert_true(got->generation == locations[i].generation);
		run_end(&run);
	}
}

static void expect_discovery(const char *text)
{
	static const char links[] = "</rd>;rt=\"core.rd\"";
	struct message m = line(text);
	struct message reply = line_reply(&m, 0x45, SALT);
	struct run run = run_message(&m);

	message_options(&reply, "12:#28");
	message_payload(&reply, links, sizeof(links) - 1);
	if (run.burst.reply == 0)
		fail_msg("%s: no reply", text);
	expect_reply(&run, &reply);
	assert_int_equal(counter(RDL_STAT_code_2_05), 1);
	assert_int_equal(counter(RDL_STAT_requests_other), 1);
	run_end(&run);
}

static void test_discovery(void **state)
{
	static const char *const answered[] = { "", " 15:", " 15:rt=core.rd", " 15:rt=core.rd*",
		" 15:rt=core.*", " 15:rt=*", " 15:href=/rd", " 15:href=/rd*", " 15:href=/r*",
		" 15:href=*", " 15:href=/rd 15:rt=core.rd", " 17:#28", " 23:#06" };
	static const char *const ignored[] = { "rt=core.rd-lookup", "rt=core.rd-lookup*", "rt=core",
		"rt=core.rd**", "rt=", "rt", "RT=core.rd", "href=/", "href=/rdx", "href=/rd/*",
		"href=", "href", "ct=40", "if=x", "ep=a", "lt=60", "b=U", "Q", "href=/rd 15:rt=x",
		"rt=core.rd 15:href=/x",
		"rt=* 15:rt=* 15:rt=* 15:rt=* 15:rt=* 15:rt=* 15:rt=* 15:rt=* 15:rt=x" };
	char text[160];

	for (size_t i = 0; i < RDL_ARRAY_LEN(answered); i++) {
		snprintf(text, sizeof(text), "CON GET 11:.well-known 11:core%s", answered[i]);
		expect_discovery(text);
	}
	expect_discovery("NON GET 11:.well-known 11:core");
	for (size_t i = 0; i < RDL_ARRAY_LEN(ignored); i++) {
		snprintf(text, sizeof(text), "CON GET 11:.well-known 11:core 15:%s", ignored[i]);
		struct row row = { text, SILENCE, RDL_STAT_drop_discovery_filter };
		expect_rows(&row, 1);
	}
}

/* Requests are counted by what they ask, whatever becomes of them. */
static void test_request_counters(void **state)
{
	static const struct {
		const char *request;
		enum rdl_stat stat;
	} rows[] = {
		{ "CON POST 11:rd 15:ep=a" OBJECTS, RDL_STAT_requests_register },
		{ "NON POST 11:rd", RDL_STAT_requests_register },
		{ "CON PUT 11:rd", RDL_STAT_requests_other },
		{ "CON DELETE 11:rd", RDL_STAT_requests_other },
		{ "CON POST 11:rd 11:@", RDL_STAT_requests_update },
		{ "CON POST 11:rd 11:forged", RDL_STAT_requests_update },
		{ "CON DELETE 11:rd 11:@", RDL_STAT_requests_deregister },
		{ "CON GET 11:rd 11:@", RDL_STAT_requests_other },
		{ "CON GET 11:.well-known 11:core", RDL_STAT_requests_other },
		{ "CON GET 11:nowhere", RDL_STAT_requests_other },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct message m = line_at(rows[i].request, make_id(some_location));
		struct run run = run_message(&m);
		uint64_t sum = 0;

		for (unsigned s = RDL_STAT_requests_register; s <= RDL_STAT_requests_other; s++)
			sum += counter((enum rdl_stat)s);
		assert_int_equal(counter(rows[i].stat), 1);
		assert_int_equal(sum, 1);
		run_end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_beyond),
		cmocka_unit_test(test_dead_alike),
		cmocka_unit_test(test_forged_by_the_thousand),
		cmocka_unit_test(test_location_travels),
		cmocka_unit_test(test_discovery),
		cmocka_unit_test(test_request_counters),
	};

	return RUN_PIPELINE_TESTS(tests);
}
