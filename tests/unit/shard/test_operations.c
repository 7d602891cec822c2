/* SPDX-License-Identifier: BSD-3-Clause */
/* Register, Update, De-register on live registrations. */
#include "fixture.h"

#define NOW (EPOCH + 10000)

static void test_life(void **state)
{
	static struct handed h;

	hand(&h, "CON POST 11:rd 15:ep=node 15:lwm2m=1.1 15:lt=60 15:b=UT 15:Q 15:sms=+49" OBJECTS,
		"");
	commit(&h, NOW);
	struct id id = expect_created(&h);
	struct rdl_registration r = describe(&id, NOW);
	assert_true(rdl_span_equal(r.endpoint, RDL_SPAN("node")));
	assert_int_equal(r.minor, 1);
	assert_true(r.queue);
	assert_int_equal(r.lifetime_s, 60);
	assert_int_equal(r.deadline_ms, NOW + 60000);
	assert_int_equal(r.registered_ms, NOW);
	assert_int_equal(r.peer.port, 40000);
	assert_true(rdl_span_equal(r.parameters, RDL_SPAN("\7sms=+49")));
	expect_objects(&id, NOW, "1/0 3/0");
	assert_int_equal(counter(RDL_STAT_registered), 1);

	hand(&h, "CON POST 11:rd 11:@", id.text);
	commit(&h, NOW + 1000);
	assert_int_equal(code_of(&h), CODE(2, 4));
	assert_int_equal(counter(RDL_STAT_updated), 1);

	hand(&h, "CON DELETE 11:rd 11:@", id.text);
	commit(&h, NOW + 2000);
	assert_int_equal(code_of(&h), CODE(2, 2));
	assert_int_equal(counter(RDL_STAT_deregistered), 1);
	assert_int_equal(registrations(), 0);

	hand(&h, "CON DELETE 11:rd 11:@", id.text);
	commit(&h, NOW + 2000);
	expect_refused(&h, RDL_REASON_location);
	assert_int_equal(counter(RDL_STAT_deregistered), 1);
	assert_int_equal(counter(RDL_STAT_refused_location), 1);
}

/* A NON is answered by a NON with a Message ID of ours. */
static void test_non(void **state)
{
	static struct handed h;

	hand(&h, "NON POST 11:rd 15:ep=node" OBJECTS, "");
	commit(&h, NOW);
	struct id id = expect_created(&h);
	hand(&h, "NON POST 11:rd 11:@", id.text);
	commit(&h, NOW);
	assert_int_equal(code_of(&h), CODE(2, 4));
	hand(&h, "NON PUT 11:rd 11:@", id.text);
	commit(&h, NOW);
	expect_refused(&h, RDL_REASON_method);
	hand(&h, "NON DELETE 11:rd 11:@", id.text);
	commit(&h, NOW);
	assert_int_equal(code_of(&h), CODE(2, 2));
	hand(&h, "NON DELETE 11:rd 11:@", id.text);
	commit(&h, NOW);
	expect_refused(&h, RDL_REASON_location);
}

/* What an Update names is replaced, the rest kept (U-1 to U-3, U-7). */
static void test_update_keeps_the_rest(void **state)
{
	static const struct {
		const char *update;
		uint32_t lifetime_s;
		const char *binding, *parameters, *objects;
	} rows[] = {
		{ "CON POST 11:rd 11:@", 60, "UT", "\7sms=+49", "1/0 3/0" },
		{ "CON POST 11:rd 11:@ 15:lt=90", 90, "UT", "\7sms=+49", "1/0 3/0" },
		{ "CON POST 11:rd 11:@ 15:b=S", 90, "S", "\7sms=+49", "1/0 3/0" },
		{ "CON POST 11:rd 11:@ 15:sms=5", 90, "S", "\5sms=5", "1/0 3/0" },
		{ "CON POST 11:rd 11:@ | </1/0>,</5/6>;x", 90, "S", "\5sms=5", "1/0 5/6" },
		{ "CON POST 11:rd 11:@ 15:lt=30 15:b=U 15:sms=6 | </3/0>", 30, "U", "\5sms=6",
			"3/0" },
		{ "CON POST 11:rd 11:@", 30, "U", "\5sms=6", "3/0" },
	};
	struct id id = register_at(
		"CON POST 11:rd 15:ep=node 15:lwm2m=1.1 15:lt=60 15:b=UT 15:Q 15:sms=+49" OBJECTS,
		NOW);
	uint64_t now = NOW;

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		char binding[RDL_BINDING_TEXT];

		now += 10000;
		assert_int_equal(request_at(rows[i].update, &id, now), CODE(2, 4));
		struct rdl_registration r = describe(&id, now);
		assert_int_equal(r.lifetime_s, rows[i].lifetime_s);
		assert_int_equal(r.deadline_ms, now + 1000 * rows[i].lifetime_s);
		assert_int_equal(r.registered_ms, NOW);
		assert_int_equal(r.updated_ms, now);
		rdl_binding_text(r.binding, binding);
		assert_string_equal(binding, rows[i].binding);
		assert_true(rdl_span_equal(r.parameters, span_of(rows[i].parameters)));
		expect_objects(&id, now, rows[i].objects);
		assert_true(r.queue);
		assert_int_equal(r.minor, 1);
	}
	assert_int_equal(counter(RDL_STAT_updated), RDL_ARRAY_LEN(rows));
	assert_int_equal(counter(RDL_STAT_registered), 1);
}

/*
 * Queue mode is on while the binding that is held has a Q, or the parameter was given since the
 * Register: a new binding takes back its own, only a Register the parameter's.
 */
static void test_queue(void **state)
{
	static const struct {
		const char *request;
		bool parameter, mode;
	} rows[] = {
		{ "CON POST 11:rd 11:@", false, false },
		{ "CON POST 11:rd 11:@ 15:b=UQ", false, true },
		{ "CON POST 11:rd 11:@", false, true },
		{ "CON POST 11:rd 11:@ 15:b=US", false, false },
		{ "CON POST 11:rd 11:@ 15:b=SQ", false, true },
		{ "CON POST 11:rd 11:@ 15:Q", true, true },
		{ "CON POST 11:rd 11:@ 15:b=U", true, true },
		{ "CON POST 11:rd 11:@ 15:lt=60", true, true },
	};
	struct id id = register_at("CON POST 11:rd 15:ep=node 15:lwm2m=1.1" OBJECTS, NOW);
	struct rdl_registration r;

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		assert_int_equal(request_at(rows[i].request, &id, NOW + i), CODE(2, 4));
		r = describe(&id, NOW + i);
		assert_int_equal(r.queue, rows[i].parameter);
		assert_int_equal(rdl_registration_queues(&r), rows[i].mode);
	}
	id = register_at("CON POST 11:rd 15:ep=node 15:lwm2m=1.1 15:lt=61" OBJECTS, NOW + 100);
	r = describe(&id, NOW + 100);
	assert_false(rdl_registration_queues(&r));
	id = register_at("CON POST 11:rd 15:ep=node 15:lwm2m=1.1 15:b=UQS" OBJECTS, NOW + 200);
	r = describe(&id, NOW + 200);
	assert_true(rdl_registration_queues(&r));
	/* Refused, and nothing changed: of a registration of 1.0, which knows the letter only. */
	id = register_at("CON POST 11:rd 15:ep=old" OBJECTS, NOW + 300);
	assert_int_equal(request_at("CON POST 11:rd 11:@ 15:Q", &id, NOW + 300), CODE(4, 0));
	r = describe(&id, NOW + 300);
	assert_false(rdl_registration_queues(&r));
}

/* From elsewhere: later traffic goes there (U-11); a refused Update moves nothing. */
static void test_update_moves_the_peer(void **state)
{
	static struct handed h;
	struct id id = register_at("CON POST 11:rd 15:ep=node" OBJECTS, NOW);
	struct rdl_peer elsewhere = { .address = { 0x20, 1, [15] = 9 }, .port = 7 };
	struct rdl_registration r;

	hand(&h, "CON POST 11:rd 11:@ 15:lt=x", id.text);
	h.request.peer = elsewhere;
	commit(&h, NOW);
	r = describe(&id, NOW);
	assert_int_equal(r.peer.port, 40000);
	hand(&h, "CON POST 11:rd 11:@", id.text);
	h.request.peer = elsewhere;
	commit(&h, NOW);
	assert_int_equal(code_of(&h), CODE(2, 4));
	r = describe(&id, NOW);
	assert_memory_equal(&r.peer, &elsewhere, sizeof(elsewhere));
}

/* An alternate path stays when an Update's list does not name it (U-10), and may be named again. */
static void test_alternate_path(void **state)
{
	static const struct {
		const char *update;
		unsigned code;
		const char *objects;
	} rows[] = {
		{ "CON POST 11:rd 11:@", CODE(2, 4), "1/0 3/0 | ct 110 | root lwm2m" },
		{ "CON POST 11:rd 11:@ | </lwm2m/1/0>,</lwm2m/5/1>", CODE(2, 4),
			"1/0 5/1 | root lwm2m" },
		{ "CON POST 11:rd 11:@ | </1/0>,</lwm2m/6/0>", CODE(2, 4), "6/0 | root lwm2m" },
		{ "CON POST 11:rd 11:@ | </lwm2m/1/0>,<", CODE(4, 0), "6/0 | root lwm2m" },
		{ "CON POST 11:rd 11:@ | </new>;rt=oma.lwm2m;ct=112,</new/7/0>", CODE(2, 4),
			"7/0 | ct 112 | root new" },
		{ "CON POST 11:rd 11:@ | </new/8/0>,</lwm2m/1/0>", CODE(2, 4), "8/0 | root new" },
		{ "CON POST 11:rd 11:@ | </>;rt=oma.lwm2m,</9/0>", CODE(2, 4), "9/0" },
		{ "CON POST 11:rd 11:@ | </10/0>", CODE(2, 4), "10/0" },
	};
	struct id id = register_at("CON POST 11:rd 15:ep=node" ROOTED, NOW);

	assert_true(describe(&id, NOW).location.rooted);
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		assert_int_equal(request_at(rows[i].update, &id, NOW), rows[i].code);
		expect_objects(&id, NOW, rows[i].objects);
	}
	assert_int_equal(counter(RDL_STAT_ignored_foreign), 2);
	assert_int_equal(counter(RDL_STAT_refused_link_syntax), 1);
}

/* The shard reads the payload by the same policy: filters, limits, the octet at fault. */
static void test_alternate_path_policy(void **state)
{
	static struct handed h;
	struct rdl_policy_config config = gateway_policy();
	struct id id = register_at("CON POST 11:rd 15:ep=node" ROOTED, NOW);

	hand(&h, "CON POST 11:rd 11:@ 15:lt=5 | </lwm2m/0/0>,</lwm2m/5/0>,</x>", id.text);
	commit(&h, NOW);
	assert_int_equal(code_of(&h), CODE(2, 4));
	expect_objects(&id, NOW, "5/0 | root lwm2m");
	assert_int_equal(describe(&id, NOW).lifetime_s, 5);
	assert_int_equal(counter(RDL_STAT_ignored_security), 1);
	assert_int_equal(counter(RDL_STAT_ignored_foreign), 1);

	hand(&h, "CON POST 11:rd 11:@ 15:lt=7 | </lwm2m/5/0>,x", id.text);
	commit(&h, NOW);
	expect_refused(&h, RDL_REASON_link_syntax);
	assert_int_equal(h.request.detail.number, 13);
	assert_int_equal(describe(&id, NOW).lifetime_s, 5);

	rdl_policy_destroy(policy);
	config.max_links = 2;
	config.security_object_refuse = true;
	policy = rdl_policy_create(&config);
	hand(&h, "CON POST 11:rd 11:@ | </lwm2m/1>,</lwm2m/2>,</lwm2m/3>", id.text);
	commit(&h, NOW);
	expect_refused(&h, RDL_REASON_links_too_many);
	hand(&h, "CON POST 11:rd 11:@ | </lwm2m/0/0>", id.text);
	commit(&h, NOW);
	expect_refused(&h, RDL_REASON_security_object);
	expect_objects(&id, NOW, "5/0 | root lwm2m");
}

/*
 * An Update that repeats who it is from, where it may,
 * must be right, to the last octet and the exact version.
 */
static void test_identity(void **state)
{
	static const char *const names[] = { "ep", "lwm2m" };
	static const char name[] = "a-name-that-does-not-go-into-a-record";
	static const struct {
		const char *request;
		enum rdl_reason reason;
		const char *blamed;
	} rows[] = {
		{ "CON POST 11:rd 11:@ 15:lwm2m=1.3", RDL_REASON_NONE, "" },
		{ "CON POST 11:rd 11:@ 15:ep=a-name-that-does-not-go-into-a-record 15:lt=7",
			RDL_REASON_NONE, "" },
		{ "CON POST 11:rd 11:@ 15:lwm2m=1.2", RDL_REASON_update_mismatch, "lwm2m" },
		{ "CON POST 11:rd 11:@ 15:lwm2m=1.4 15:lt=5", RDL_REASON_update_mismatch, "lwm2m" },
		{ "CON POST 11:rd 11:@ 15:ep=a-name-that-does-not-go-into-a-recorD 15:lt=5",
			RDL_REASON_update_mismatch, "ep" },
		{ "CON POST 11:rd 11:@ 15:ep=x 15:lwm2m=1.2 15:lt=5 | </5>",
			RDL_REASON_update_mismatch, "ep" },
		{ "CON POST 11:rd 11:@ 15:ep= 15:lt=5", RDL_REASON_update_mismatch, "ep" },
		{ "CON POST 11:rd 11:@ 15:ep=x 15:lt=", RDL_REASON_lifetime_syntax, NULL },
	};
	static struct handed h;
	struct rdl_policy_config config = gateway_policy();

	rdl_policy_destroy(policy);
	config.version.minor = 7;
	config.extra = names;
	config.extra_count = RDL_ARRAY_LEN(names);
	policy = rdl_policy_create(&config);
	struct id id = register_at(
		"CON POST 11:rd 15:ep=a-name-that-does-not-go-into-a-record 15:lwm2m=1.3" OBJECTS,
		NOW);
	struct id rooted = register_at("CON POST 11:rd 15:ep=node 15:lwm2m=1.3" ROOTED, NOW);
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		hand(&h, rows[i].request, id.text);
		commit(&h, NOW);
		if (rows[i].reason == RDL_REASON_NONE) {
			assert_int_equal(code_of(&h), CODE(2, 4));
			continue;
		}
		expect_refused(&h, rows[i].reason);
		if (rows[i].blamed != NULL)
			assert_true(rdl_span_equal(h.request.payload, span_of(rows[i].blamed)));
	}
	assert_int_equal(describe(&id, NOW).lifetime_s, 7);
	expect_objects(&id, NOW, "1/0 3/0");
	assert_int_equal(describe(&id, NOW).endpoint.len, sizeof(name) - 1);
	assert_int_equal(request_at("CON POST 11:rd 11:@ 15:ep=node | </lwm2m/5>", &rooted, NOW),
		CODE(2, 4));
	assert_int_equal(
		request_at("CON POST 11:rd 11:@ 15:ep=nod | </lwm2m/6>", &rooted, NOW), CODE(4, 0));
	expect_objects(&rooted, NOW, "5 | root lwm2m");
	/* Dead is dead, whoever asks. */
	assert_int_equal(request_at("CON DELETE 11:rd 11:@", &id, NOW), CODE(2, 2));
	assert_int_equal(request_at("CON POST 11:rd 11:@ 15:ep=x", &id, NOW), CODE(4, 4));
}

/*
 * Updates whose lists only the shard can read, as fast as they come: it reads a bounded number of
 * octets a second, the rest is shed. All others are answered, those that name their root among
 * them.
 */
static void test_unread_flood(void **state)
{
	static struct handed flood[RDL_REGISTRY_BURST], other;
	struct rdl_request *requests[RDL_REGISTRY_BURST];
	char text[1400], *at = text;
	struct id id = register_at("CON POST 11:rd 15:ep=node" ROOTED, NOW);
	struct id plain = register_at("CON POST 11:rd 15:ep=other" OBJECTS, NOW);
	unsigned answered = 0, octets = 0;

	at += sprintf(at, "CON POST 11:rd 11:@ | </lwm2m/1/0>");
	for (unsigned i = 0; i < 80; i++)
		at += sprintf(at, ",</lwm2m/3/%u>", i);
	for (uint64_t now = NOW; now < NOW + 1000; now++) {
		for (unsigned i = 0; i < RDL_REGISTRY_BURST; i++) {
			hand(&flood[i], text, id.text);
			requests[i] = &flood[i].request;
		}
		rdl_shard_burst(&shard, policy, requests, RDL_REGISTRY_BURST, 0, now);
		for (unsigned i = 0; i < RDL_REGISTRY_BURST; i++)
			if (code_of(&flood[i]) == CODE(2, 4)) {
				answered++;
				octets += (unsigned)(at - strchr(text, '<'));
			}
		assert_int_equal(
			request_at("CON POST 11:rd 11:@ | </5/0>", &plain, now), CODE(2, 4));
		hand(&other, "CON POST 11:rd 11:@ 15:lt=60 | </lwm2m>;rt=oma.lwm2m,</lwm2m/1/0>",
			id.text);
		commit(&other, now);
		assert_int_equal(code_of(&other), CODE(2, 4));
	}
	assert_in_range(octets, 1000 * 2048, 1000 * 2048 + 16 * 2048 + 2000);
	assert_int_equal(counter(RDL_STAT_drop_unread_list), 1000 * RDL_REGISTRY_BURST - answered);
	/* What has come to nothing is taken when it comes again. */
	assert_int_equal(
		request_at("CON POST 11:rd 11:@ | </lwm2m/7/0>", &id, NOW + 1100), CODE(2, 4));
	expect_objects(&id, NOW + 1100, "7/0 | root lwm2m");
}

/* An Update is judged by the version that was registered. */
static void test_registered_version(void **state)
{
	struct id old = register_at("CON POST 11:rd 15:ep=old" OBJECTS, NOW);
	struct id new = register_at("CON POST 11:rd 15:ep=new 15:lwm2m=1.1" OBJECTS, NOW);

	assert_int_equal(request_at("CON POST 11:rd 11:@ 15:b=UT", &old, NOW), CODE(4, 0));
	assert_int_equal(request_at("CON POST 11:rd 11:@ 15:b=UT", &new, NOW), CODE(2, 4));
	/* OSCORE is kept out of the list from 1.1 on. */
	assert_int_equal(request_at("CON POST 11:rd 11:@ | </21/0>", &old, NOW), CODE(2, 4));
	assert_int_equal(request_at("CON POST 11:rd 11:@ | </21/0>", &new, NOW), CODE(2, 4));
	expect_objects(&old, NOW, "21/0");
	expect_objects(&new, NOW, "");
	old = register_at("CON POST 11:rd 15:ep=old" ROOTED, NOW);
	new = register_at("CON POST 11:rd 15:ep=new 15:lwm2m=1.1" ROOTED, NOW);
	assert_int_equal(request_at("CON POST 11:rd 11:@ | </lwm2m/21/0>", &old, NOW), CODE(2, 4));
	assert_int_equal(request_at("CON POST 11:rd 11:@ | </lwm2m/21/0>", &new, NOW), CODE(2, 4));
	expect_objects(&old, NOW, "21/0 | root lwm2m");
	expect_objects(&new, NOW, "root lwm2m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHARD_TEST(test_life),
		SHARD_TEST(test_non),
		SHARD_TEST(test_update_keeps_the_rest),
		SHARD_TEST(test_queue),
		SHARD_TEST(test_update_moves_the_peer),
		SHARD_TEST(test_alternate_path),
		SHARD_TEST(test_alternate_path_policy),
		SHARD_TEST(test_identity),
		SHARD_TEST(test_unread_flood),
		SHARD_TEST(test_registered_version),
	};

	return RUN_SHARD_TESTS(tests);
}
