/* SPDX-License-Identifier: BSD-3-Clause */
/* Routers and others on the links, over the telemetry socket. */
#include "fixture.h"

/* All that is due is done with. */
static void run_errands(void)
{
	while (rdl_neighbours_due(neighbours, rdl_clock_ms()).kind != RDL_ERRAND_NONE)
		;
}

static json_t *only_one(json_t *page)
{
	void *iter = json_object_iter(page);

	assert_int_equal(json_object_size(page), 2);
	if (strcmp(json_object_iter_key(iter), "next") == 0)
		iter = json_object_iter_next(page, iter);
	return json_object_iter_value(iter);
}

static void a_router(void **state)
{
	struct rdl_news news = { .kind = RDL_NEWS_ANSWER,
		.local = { .port = 1 },
		.address = { [10] = 0xff, 0xff, 192, 0, 2, 254 },
		.mac = { 2, 0, 0, 0, 0xcd, 9 } };

	expect_json(asked("/rdline/neighbours"), "{\"next\":0}");
	for (unsigned n = 0; n < 8; n++)
		run_errands();
	json_t *router = only_one(asked("/rdline/neighbours"));
	expect_json(router, "{\"port\":1,\"address\":\"192.0.2.254\",\"state\":\"incomplete\","
			    "\"mac\":\"00:00:00:00:00:00\"}");
	assert_int_equal(rdl_neighbours_hear(neighbours, &news, rdl_clock_ms()), RDL_HEARD_LEARNED);
	own_clock_pass(1234);
	expect_json(only_one(asked("/rdline/neighbours,0")),
		"{\"port\":1,\"address\":\"192.0.2.254\",\"state\":\"reachable\","
		"\"mac\":\"02:00:00:00:cd:09\",\"answered_ms_ago\":1234}");
}

/* More than a page holds, in a VLAN, each once. */
static void pages(void **state)
{
	const struct rdl_local local = { .port = 1, .vlan = 7 };
	struct rdl_peer peer = { .address = { [10] = 0xff, 0xff, 192, 0, 2 } };
	struct rdl_way way;
	bool seen[256] = { false };
	unsigned pages = 0, shown = 0;
	char command[64] = "/rdline/neighbours";
	json_int_t next = 0;
	json_t *value;
	const char *key;

	for (unsigned i = 2; i < 112; i++) {
		peer.address[15] = (uint8_t)i;
		assert_int_equal(
			rdl_neighbours_way(neighbours, &local, &peer, rdl_clock_ms(), &way),
			RDL_REACH_ASKING);
	}
	do {
		json_t *page = asked(command);

		json_object_foreach(page, key, value)
		{
			unsigned last;

			if (strcmp(key, "next") == 0) {
				next = json_integer_value(value);
				continue;
			}
			expect_number(value, "vlan", 7);
			assert_int_equal(
				sscanf(json_string_value(json_object_get(value, "address")),
					"192.0.2.%u", &last),
				1);
			assert_false(seen[last]);
			seen[last] = true;
			shown++;
		}
		snprintf(command, sizeof(command), "/rdline/neighbours,%u", (unsigned)next);
		pages++;
	} while (next != 0);
	/* Some have had to give way to others of their bucket. */
	assert_in_range(shown, 90, 110);
	assert_int_equal(pages, 2);
	expect_json(asked("/rdline/neighbours,256"), "{\"next\":0}");
	expect_json(asked("/rdline/neighbours,x"), "{\"next\":0}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TELEMETRY_TEST(a_router),
		TELEMETRY_TEST(pages),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
