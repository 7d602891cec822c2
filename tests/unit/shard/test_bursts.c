/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bursts: requests are committed one after the other, in their order;
 * what finds no room is shed in silence.
 */
#include "fixture.h"

#define NOW (EPOCH + 10000)

static struct handed burst[RDL_REGISTRY_BURST];

static void commit_burst(unsigned count, uint64_t now_ms)
{
	struct rdl_request *requests[RDL_REGISTRY_BURST] = { NULL };

	for (unsigned i = 0; i < count; i++)
		requests[i] = &burst[i].request;
	assert_int_equal(rdl_shard_burst(&shard, policy, requests, count, 0, now_ms), count);
}

static void hand_node(struct handed *h, const char *begin, unsigned node, const char *end)
{
	char text[200];

	snprintf(text, sizeof(text), "%s 15:ep=node-%u%s", begin, node, end);
	hand(h, text, "");
}

static void test_nothing(void **state)
{
	commit_burst(0, NOW);
	for (unsigned s = 0; s < RDL_STAT_COUNT; s++)
		assert_int_equal(counter((enum rdl_stat)s), 0);
}

static void test_full_burst(void **state)
{
	struct id ids[RDL_REGISTRY_BURST];

	for (unsigned i = 0; i < RDL_REGISTRY_BURST; i++)
		hand_node(&burst[i], i % 3 ? "CON POST 11:rd" : "NON POST 11:rd", i, OBJECTS);
	commit_burst(RDL_REGISTRY_BURST, NOW);
	for (unsigned i = 0; i < RDL_REGISTRY_BURST; i++)
		ids[i] = expect_created(&burst[i]);
	assert_int_equal(counter(RDL_STAT_registered), RDL_REGISTRY_BURST);
	assert_int_equal(registrations(), RDL_REGISTRY_BURST);
	for (unsigned i = 0; i < RDL_REGISTRY_BURST; i++) {
		char name[20];

		snprintf(name, sizeof(name), "node-%u", i);
		assert_true(rdl_span_equal(describe(&ids[i], NOW).endpoint, span_of(name)));
		hand(&burst[i], i % 2 ? "CON POST 11:rd 11:@ 15:lt=7" : "CON DELETE 11:rd 11:@",
			ids[i].text);
	}
	commit_burst(RDL_REGISTRY_BURST, NOW);
	for (unsigned i = 0; i < RDL_REGISTRY_BURST; i++)
		assert_int_equal(code_of(&burst[i]), i % 2 ? CODE(2, 4) : CODE(2, 2));
	assert_int_equal(registrations(), RDL_REGISTRY_BURST / 2);
}

/* The later of two Registers of one endpoint wins; both are answered. */
static void test_twice(void **state)
{
	hand(&burst[0], "CON POST 11:rd 15:ep=node 15:lt=60" OBJECTS, "");
	hand_node(&burst[1], "CON POST 11:rd", 1, OBJECTS);
	hand(&burst[2], "CON POST 11:rd 15:ep=node 15:lt=90" OBJECTS, "");
	commit_burst(3, NOW);
	struct id first = expect_created(&burst[0]);
	struct id second = expect_created(&burst[2]);
	assert_string_not_equal(first.text, second.text);
	assert_int_equal(find(&first, NOW), RDL_HANDLE_NONE);
	assert_int_equal(describe(&second, NOW).lifetime_s, 90);
	assert_int_equal(counter(RDL_STAT_registered), 2);
	assert_int_equal(counter(RDL_STAT_replaced), 1);
	assert_int_equal(registrations(), 2);
}

/*
 * Requests to the location of an endpoint that
 * registers anew in the same burst, before and after.
 */
static void test_order(void **state)
{
	struct id old = register_at("CON POST 11:rd 15:ep=node 15:lt=60" OBJECTS, NOW);

	hand(&burst[0], "CON POST 11:rd 11:@ 15:lt=70", old.text);
	hand(&burst[1], "CON POST 11:rd 15:ep=node 15:lt=80" OBJECTS, "");
	hand(&burst[2], "CON POST 11:rd 11:@ 15:lt=90", old.text);
	hand(&burst[3], "CON DELETE 11:rd 11:@", old.text);
	hand(&burst[4], "CON PUT 11:rd 11:@", old.text);
	commit_burst(5, NOW);
	assert_int_equal(code_of(&burst[0]), CODE(2, 4));
	struct id new = expect_created(&burst[1]);
	for (unsigned i = 2; i < 5; i++)
		expect_refused(&burst[i], RDL_REASON_location);
	assert_int_equal(describe(&new, NOW).lifetime_s, 80);

	hand(&burst[0], "CON POST 11:rd 11:@ 15:lt=70", new.text);
	hand(&burst[1], "CON DELETE 11:rd 11:@", new.text);
	hand(&burst[2], "CON POST 11:rd 11:@ 15:lt=90", new.text);
	hand(&burst[3], "CON POST 11:rd 15:ep=node 15:lt=100" OBJECTS, "");
	commit_burst(4, NOW);
	assert_int_equal(code_of(&burst[0]), CODE(2, 4));
	assert_int_equal(code_of(&burst[1]), CODE(2, 2));
	expect_refused(&burst[2], RDL_REASON_location);
	new = expect_created(&burst[3]);
	assert_int_equal(describe(&new, NOW).lifetime_s, 100);
	assert_int_equal(counter(RDL_STAT_registered), 2);
	assert_int_equal(counter(RDL_STAT_replaced), 1);
}

/* Several payloads that the shard reads itself, in one burst: each its own. */
static void test_rooted_payloads(void **state)
{
	struct id ids[8];

	for (unsigned i = 0; i < RDL_ARRAY_LEN(ids); i++) {
		hand_node(&burst[0], "CON POST 11:rd", i, ROOTED);
		commit(&burst[0], NOW);
		ids[i] = expect_created(&burst[0]);
	}
	for (unsigned i = 0; i < RDL_ARRAY_LEN(ids); i++) {
		char text[80];

		snprintf(text, sizeof(text), "CON POST 11:rd 11:@ | </lwm2m/%u/0>%s", 100 + i,
			i % 4 == 3 ? ",<" : "");
		hand(&burst[i], text, ids[i].text);
	}
	commit_burst(RDL_ARRAY_LEN(ids), NOW);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(ids); i++) {
		char want[40];

		snprintf(want, sizeof(want), "%u/0 | root lwm2m", 100 + i);
		if (i % 4 == 3) {
			assert_int_equal(code_of(&burst[i]), CODE(4, 0));
			strcpy(want, "1/0 3/0 | ct 110 | root lwm2m");
		}
		expect_objects(&ids[i], NOW, want);
	}
}

static void restart(uint64_t registrations_max)
{
	struct rdl_policy_config config = gateway_policy();

	teardown(NULL);
	start(registrations_max, &config);
}

/* No room: silence, a counter, and those that live go on. */
static void test_registry_full(void **state)
{
	struct id ids[4];

	restart(4);
	for (unsigned i = 0; i < 6; i++)
		hand_node(&burst[i], "CON POST 11:rd", i, OBJECTS);
	commit_burst(6, NOW);
	for (unsigned i = 0; i < 4; i++)
		ids[i] = expect_created(&burst[i]);
	for (unsigned i = 4; i < 6; i++)
		assert_int_equal(code_of(&burst[i]), 0);
	assert_int_equal(counter(RDL_STAT_drop_registry_full), 2);
	assert_int_equal(counter(RDL_STAT_registered), 4);
	assert_int_equal(registrations(), 4);

	/* Those that have a place keep it, Register anew included. */
	hand_node(&burst[0], "CON POST 11:rd", 0, OBJECTS);
	hand(&burst[1], "CON POST 11:rd 11:@ 15:lt=7", ids[1].text);
	hand(&burst[2], "CON DELETE 11:rd 11:@", ids[2].text);
	hand_node(&burst[3], "CON POST 11:rd", 9, OBJECTS);
	hand_node(&burst[4], "CON POST 11:rd", 10, OBJECTS);
	commit_burst(5, NOW);
	expect_created(&burst[0]);
	assert_int_equal(code_of(&burst[1]), CODE(2, 4));
	assert_int_equal(code_of(&burst[2]), CODE(2, 2));
	expect_created(&burst[3]);
	assert_int_equal(code_of(&burst[4]), 0);
	assert_int_equal(counter(RDL_STAT_drop_registry_full), 3);
	assert_int_equal(counter(RDL_STAT_replaced), 1);
	assert_int_equal(registrations(), 4);
}

/* More octets of parameters than are ever kept for one: shed, whole, as if memory were short. */
static void test_store_full(void **state)
{
	static struct portrait before, after;
	static uint8_t parameters[RDL_REGISTRY_PARAMETERS_MAX + 256];
	struct id id = register_at("CON POST 11:rd 15:ep=node 15:lt=60" OBJECTS, NOW);

	for (size_t i = 0; i < sizeof(parameters); i += 256)
		parameters[i] = 255;
	paint(&before, &id, NOW);
	hand(&burst[0], "CON POST 11:rd 11:@ 15:lt=7 15:b=S 15:sms=5 | </5>", id.text);
	hand(&burst[1], "CON POST 11:rd 15:ep=node 15:lt=7 15:sms=5" OBJECTS, "");
	hand(&burst[2], "CON POST 11:rd 15:ep=other 15:sms=5" OBJECTS, "");
	for (unsigned i = 0; i < 3; i++) {
		burst[i].request.parameters.data = parameters;
		burst[i].request.parameters.len = sizeof(parameters);
	}
	commit_burst(3, NOW + 5000);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(code_of(&burst[i]), 0);
	assert_int_equal(counter(RDL_STAT_drop_store_full), 3);
	assert_int_equal(counter(RDL_STAT_drop_registry_full), 0);
	assert_int_equal(counter(RDL_STAT_updated), 0);
	assert_int_equal(counter(RDL_STAT_replaced), 0);
	paint(&after, &id, NOW);
	assert_string_equal(after.text, before.text);
	assert_int_equal(registrations(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHARD_TEST(test_nothing),
		SHARD_TEST(test_full_burst),
		SHARD_TEST(test_twice),
		SHARD_TEST(test_order),
		SHARD_TEST(test_rooted_payloads),
		SHARD_TEST(test_registry_full),
		SHARD_TEST(test_store_full),
	};

	return RUN_SHARD_TESTS(tests);
}
