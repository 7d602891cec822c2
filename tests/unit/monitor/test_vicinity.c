/* SPDX-License-Identifier: BSD-3-Clause */
/* What the log is told of routers, and of others who have our addresses. */
#include "fixture.h"

#define ROUTER                                           \
	{                                                \
		[10] = 0xff, [11] = 0xff, 192, 0, 2, 254 \
	}

static int begin(void **state)
{
	driver_says[0] = driver_says[1] = (struct rdl_pktio_health){ .there = true, .link = true };
	conf.ports[0].device = "0000:01:00.0";
	conf.ports[1].device = "net_tap0";
	memset(interfaces, 0, sizeof(interfaces));
	rdl_net_add_ipv4(&interfaces[1], 0xc0000201, 24);
	rdl_net_add_ipv6(&interfaces[1], (const uint8_t[16]){ 0xfe, 0x80, [15] = 1 }, 64);
	rdl_net_add_ipv4_router(&interfaces[1], 0xc00002fe);
	rdl_net_add_ipv6_router(&interfaces[1], (const uint8_t[16]){ 0xfe, 0x80, [15] = 2 });
	begin_with(2);
	return 0;
}

/* So many errands of a kind in so many seconds. */
static unsigned errands(enum rdl_errand_kind kind, unsigned s)
{
	unsigned n = 0;

	for (unsigned ms = 0; ms < s * 1000; ms += 100) {
		struct rdl_errand errand;

		while ((errand = rdl_neighbours_due(neighbours, rdl_clock_ms())).kind !=
			RDL_ERRAND_NONE)
			n += errand.kind == kind;
		own_clock_pass(100);
		all_go_on();
	}
	return n;
}

static void claims(void **state)
{
	struct rdl_news news = { .kind = RDL_NEWS_CLAIM,
		.local = { .port = 1 },
		.address = { [10] = 0xff, 0xff, 192, 0, 2, 1 },
		.mac = { 2, 0, 0, 0, 0xab, 9 } };

	assert_string_equal(look(), "");
	(void)rdl_neighbours_hear(neighbours, &news, 1);
	(void)rdl_neighbours_hear(neighbours, &news, 1);
	assert_string_equal(look(), "warn port: another host has an address of ours port=1 "
				    "address=192.0.2.1 mac=02:00:00:00:ab:09\n");
	assert_string_equal(look(), "");
	memcpy(news.address, interfaces[1].ipv6[0], 16);
	(void)rdl_neighbours_hear(neighbours, &news, 1);
	assert_string_equal(look(), "warn port: another host has an address of ours port=1 "
				    "address=fe80::1 mac=02:00:00:00:ab:09\n");
	/* A look each: ten lines in ten seconds. */
	unsigned lines = 0;
	for (unsigned n = 0; n < 30; n++) {
		(void)rdl_neighbours_hear(neighbours, &news, 1);
		lines += lines_in(look());
	}
	assert_int_equal(lines, 8);
	own_clock_pass(20000);
	all_go_on();
	assert_string_equal(
		look(), "warn port: another host has an address of ours swallowed=22\n");
}

static void routers(void **state)
{
	struct rdl_news news = { .kind = RDL_NEWS_ANSWER,
		.local = { .port = 1 },
		.address = ROUTER,
		.mac = { 2, 0, 0, 0, 0xab, 9 } };

	assert_int_equal(errands(RDL_ERRAND_ASK, 2), 4);
	assert_string_equal(look(), "");
	assert_int_equal(rdl_neighbours_hear(neighbours, &news, rdl_clock_ms()), RDL_HEARD_LEARNED);
	(void)errands(RDL_ERRAND_ASK, 3);
	assert_string_equal(look(), "warn port: gateway does not answer port=1 gateway=fe80::2\n");
	assert_string_equal(look(), "");
	/* The other one is asked again, and is not there. */
	(void)errands(RDL_ERRAND_ASK, 35);
	assert_string_equal(
		look(), "warn port: gateway does not answer port=1 gateway=192.0.2.254\n");
	/* It is there again, for whoever asks it: every five seconds. */
	while (rdl_neighbours_hear(neighbours, &news, rdl_clock_ms()) != RDL_HEARD_LEARNED)
		(void)errands(RDL_ERRAND_ASK, 1);
	assert_string_equal(
		look(), "warn port: gateway answers again port=1 gateway=192.0.2.254\n");
}

/* A link that comes up has the port's addresses announced, and nobody else's. */
static void links(void **state)
{
	assert_int_equal(errands(RDL_ERRAND_ANNOUNCE, 10), 3 * 2);
	assert_string_equal(look(),
		"warn port: gateway does not answer port=1 gateway=192.0.2.254\n"
		"warn port: gateway does not answer port=1 gateway=fe80::2\n");
	assert_int_equal(errands(RDL_ERRAND_ANNOUNCE, 10), 0);
	driver_says[1].link = false;
	(void)look();
	assert_int_equal(errands(RDL_ERRAND_ANNOUNCE, 10), 0);
	driver_says[1].link = true;
	(void)look();
	assert_int_equal(errands(RDL_ERRAND_ANNOUNCE, 10), 3 * 2);
	(void)look();
	assert_int_equal(errands(RDL_ERRAND_ANNOUNCE, 10), 0);
	/* Down and up between two looks at all: links are looked at in between. */
	driver_says[1].link = false;
	monitor_look_at_links(monitor);
	driver_says[1].link = true;
	monitor_look_at_links(monitor);
	assert_int_equal(errands(RDL_ERRAND_ANNOUNCE, 10), 3 * 2);
	(void)look();
	assert_int_equal(errands(RDL_ERRAND_ANNOUNCE, 10), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(claims, begin, end),
		cmocka_unit_test_setup_teardown(routers, begin, end),
		cmocka_unit_test_setup_teardown(links, begin, end),
	};
	return cmocka_run_group_tests(tests, eal_start, eal_stop);
}
