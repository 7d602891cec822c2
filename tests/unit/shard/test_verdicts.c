/* SPDX-License-Identifier: BSD-3-Clause */
/* A dead location is 4.04, whatever is asked of it; a refusal on a live one leaves it as it was. */
#include "fixture.h"

#define NOW (EPOCH + 10000)

/* Requests that a worker cannot accept, and why; without a reason, those that it can. */
static const struct {
	const char *request;
	enum rdl_reason reason;
} asked[] = {
	{ "CON PUT 11:rd 11:@", RDL_REASON_method },
	{ "NON GET 11:rd 11:@", RDL_REASON_method },
	{ "CON 0.31 11:rd 11:@", RDL_REASON_method },
	{ "CON POST 5: 11:rd 11:@ 15:lt=5", RDL_REASON_bad_option },
	{ "CON DELETE 9:x 11:rd 11:@", RDL_REASON_bad_option },
	{ "CON DELETE 11:rd 11:@ 39:coap", RDL_REASON_proxy },
	{ "CON POST 11:rd 11:@ 15:ep=node", RDL_REASON_update_parameter },
	{ "CON POST 11:rd 11:@ 15:lwm2m=1.1", RDL_REASON_update_parameter },
	{ "CON POST 11:rd 11:@ 15:Q=1 15:lt=5", RDL_REASON_queue },
	{ "CON POST 11:rd 11:@ 15:lt=5 15:lt=5", RDL_REASON_repeated },
	{ "CON POST 11:rd 11:@ 15:lt=5 15:x=1", RDL_REASON_unknown_parameter },
	{ "CON POST 11:rd 11:@ 15:lt=", RDL_REASON_lifetime_syntax },
	{ "CON POST 11:rd 11:@ 15:lt=5 15:b=X", RDL_REASON_binding },
	{ "CON POST 11:rd 11:@ 15:lt=5 15:sms=", RDL_REASON_sms },
	{ "CON POST 11:rd 11:@ 12:#2a 15:lt=5 | </5>", RDL_REASON_content_format },
	{ "CON POST 11:rd 11:@ 15:lt=5 | <", RDL_REASON_link_syntax },
	{ "CON POST 11:rd 11:@", RDL_REASON_NONE },
	{ "CON POST 11:rd 11:@ 15:lt=5 15:b=S 15:sms=5 | </5>", RDL_REASON_NONE },
	{ "CON DELETE 11:rd 11:@", RDL_REASON_NONE },
};

static void expect_dead(const struct id *id, uint64_t now_ms)
{
	static struct handed h;
	uint64_t before = counter(RDL_STAT_refused_location);

	for (size_t i = 0; i < RDL_ARRAY_LEN(asked); i++) {
		hand(&h, asked[i].request, id->text);
		/*
		 * A rooted location's payload is not read by the worker,
		 * nor by a shard that finds it dead.
		 */
		if (!h.request.location.rooted)
			assert_int_equal(h.request.reason, asked[i].reason);
		commit(&h, now_ms);
		expect_refused(&h, RDL_REASON_location);
	}
	assert_int_equal(counter(RDL_STAT_refused_location), before + RDL_ARRAY_LEN(asked));
}

/* All refusals, on a live one: the verdict, and not a trace. */
static void expect_untouched(const struct id *id, uint64_t now_ms)
{
	static struct handed h;
	static struct portrait before, after;

	paint(&before, id, now_ms);
	for (size_t i = 0; asked[i].reason != RDL_REASON_NONE; i++) {
		uint64_t refused = counter(rdl_stat_of_reason(asked[i].reason));

		hand(&h, asked[i].request, id->text);
		h.request.peer.port = 1;
		commit(&h, now_ms + 100 * i);
		expect_refused(&h, asked[i].reason);
		assert_int_equal(counter(rdl_stat_of_reason(asked[i].reason)), refused + 1);
		paint(&after, id, now_ms);
		assert_string_equal(after.text, before.text);
	}
	assert_int_equal(counter(RDL_STAT_updated), 0);
	assert_int_equal(counter(RDL_STAT_deregistered), 0);
}

static void test_live(void **state)
{
	struct id id = register_at(
		"CON POST 11:rd 15:ep=node 15:lwm2m=1.1 15:lt=60 15:b=UT 15:Q 15:sms=+49" OBJECTS,
		NOW);

	expect_untouched(&id, NOW + 500);
	/* Its time is what it was, too. */
	assert_int_not_equal(find(&id, NOW + 59999), RDL_HANDLE_NONE);
	assert_int_equal(find(&id, NOW + 60000), RDL_HANDLE_NONE);
}

static void test_live_rooted(void **state)
{
	struct id id = register_at("CON POST 11:rd 15:ep=node 15:lt=60" ROOTED, NOW);

	expect_untouched(&id, NOW + 500);
	assert_int_equal(find(&id, NOW + 60000), RDL_HANDLE_NONE);
}

/* Once refused, a payload is not read: the verdict stays, the list too. */
static void test_refused_payload(void **state)
{
	static struct handed h;
	struct id id = register_at("CON POST 11:rd 15:ep=node" ROOTED, NOW);

	hand(&h, "CON POST 11:rd 11:@ | </lwm2m/5/0>", id.text);
	h.request.reason = RDL_REASON_binding;
	commit(&h, NOW);
	expect_refused(&h, RDL_REASON_binding);
	expect_objects(&id, NOW, "1/0 3/0 | ct 110 | root lwm2m");
}

static void test_removed(void **state)
{
	struct id id = register_at("CON POST 11:rd 15:ep=node" OBJECTS, NOW);

	assert_int_equal(request_at("CON DELETE 11:rd 11:@", &id, NOW), CODE(2, 2));
	expect_dead(&id, NOW);
	assert_int_equal(registrations(), 0);
}

static void test_expired(void **state)
{
	struct id id = register_at("CON POST 11:rd 15:ep=node 15:lt=60" OBJECTS, NOW);

	/* Dead by the clock, reclaimed or not. */
	expect_dead(&id, NOW + 60000);
	assert_int_equal(registrations(), 1);
	rdl_shard_expire(&shard, NOW + 60000);
	expect_dead(&id, NOW + 60000);
	assert_int_equal(registrations(), 0);
}

static void test_replaced(void **state)
{
	static struct portrait before, after;
	struct id old = register_at("CON POST 11:rd 15:ep=node 15:lt=60" OBJECTS, NOW);
	struct id new = register_at("CON POST 11:rd 15:ep=node 15:lt=90 15:sms=1 | </1>,</3>", NOW);

	assert_string_not_equal(old.text, new.text);
	assert_int_equal(counter(RDL_STAT_registered), 1);
	assert_int_equal(counter(RDL_STAT_replaced), 1);
	assert_int_equal(registrations(), 1);
	paint(&before, &new, NOW);
	expect_dead(&old, NOW);
	paint(&after, &new, NOW);
	assert_string_equal(after.text, before.text);
}

static void test_replaced_rooted(void **state)
{
	struct id old = register_at("CON POST 11:rd 15:ep=node" ROOTED, NOW);
	struct id new = register_at("CON POST 11:rd 15:ep=node" OBJECTS, NOW);

	expect_dead(&old, NOW);
	expect_objects(&new, NOW, "1/0 3/0");
	assert_int_equal(request_at("CON POST 11:rd 11:@ | </9/0>", &new, NOW), CODE(2, 4));
	expect_objects(&new, NOW, "9/0");
}

/* What is left of an endpoint's former life does not come back with another's. */
static void test_reused_slot(void **state)
{
	struct id ids[50];

	for (unsigned i = 0; i < RDL_ARRAY_LEN(ids); i++) {
		ids[i] = register_at("CON POST 11:rd 15:ep=node" OBJECTS, NOW);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(ids[k].text, ids[i].text);
		if (i % 2 == 0)
			assert_int_equal(
				request_at("CON DELETE 11:rd 11:@", &ids[i], NOW), CODE(2, 2));
	}
	for (unsigned i = 0; i + 1 < RDL_ARRAY_LEN(ids); i++)
		assert_int_equal(request_at("CON POST 11:rd 11:@", &ids[i], NOW), CODE(4, 4));
	assert_int_equal(request_at("CON POST 11:rd 11:@", &ids[49], NOW), CODE(2, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHARD_TEST(test_live),
		SHARD_TEST(test_live_rooted),
		SHARD_TEST(test_refused_payload),
		SHARD_TEST(test_removed),
		SHARD_TEST(test_expired),
		SHARD_TEST(test_replaced),
		SHARD_TEST(test_replaced_rooted),
		SHARD_TEST(test_reused_slot),
	};

	return RUN_SHARD_TESTS(tests);
}
