/* SPDX-License-Identifier: BSD-3-Clause */
/* Alerts that nothing has authenticated: a client's last word, or anybody's. */
#include "fixture.h"

#define KEY "0123456789abcdef"
#define CCM_8 PSK_SUITES("AES-128-CCM-8")
/* Four times as long as the first retransmission takes. */
#define DOUBT_MS 4000

enum { WARNING = 1, FATAL = 2 };

static void give_alert(struct world *world, uint8_t level, uint8_t description)
{
	const uint8_t alert[] = { RDL_CONTENT_ALERT, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2,
		level, description };

	assert_int_equal(world_give(world, alert, sizeof(alert)), RDL_HANDSHAKE_TAKEN);
}

static struct world *begin(void)
{
	struct world *world = world_begin();

	client_begin(&world->client, "device", KEY, CCM_8, -1);
	(void)client_step(&world->client);
	world_deliver_all(world);
	return world;
}

/* At each point of a handshake somebody says that the client gives up, which it does not. */
static void test_goes_on(void **state)
{
	struct world *world = begin();

	give_alert(world, FATAL, GNUTLS_A_HANDSHAKE_FAILURE);
	world_pass(world, 500);
	(void)client_step(&world->client);
	while (world->client.out.count > 0) {
		give_alert(world, FATAL, GNUTLS_A_INTERNAL_ERROR);
		give_alert(world, WARNING, GNUTLS_A_CLOSE_NOTIFY);
		assert_int_equal(world_deliver(world), RDL_HANDSHAKE_TAKEN);
	}
	assert_int_equal(world->established, 1);
	assert_int_equal(world_run(world), 0);
	world_check_keys(world);
	assert_int_equal(world->ended, 0);
	world_end(world);
}

static void ends_after(
	uint8_t level, uint8_t description, uint64_t ms, enum rdl_handshake_failure failure)
{
	struct world *world = begin();

	give_alert(world, level, description);
	world_pass(world, ms / 2);
	/* To say it again delays nothing. */
	give_alert(world, level, description);
	world_pass(world, ms - ms / 2 - 100);
	assert_int_equal(world->ended, 0);
	world_pass(world, 200);
	assert_int_equal(world->ended, 1);
	assert_int_equal(world_failed(world, failure), 1);
	assert_int_equal(rdl_handshakes_under_way(world->handshakes), 0);
	world_end(world);
}

static void test_gives_up(void **state)
{
	ends_after(FATAL, GNUTLS_A_HANDSHAKE_FAILURE, DOUBT_MS, RDL_HANDSHAKE_alert);
	ends_after(WARNING, GNUTLS_A_CLOSE_NOTIFY, DOUBT_MS, RDL_HANDSHAKE_alert);
	ends_after(WARNING, GNUTLS_A_NO_RENEGOTIATION, 60000, RDL_HANDSHAKE_timeout);
}

/* It never makes a handshake last longer. */
static void test_late(void **state)
{
	struct world *world = begin();

	world_pass(world, 59000);
	give_alert(world, FATAL, GNUTLS_A_HANDSHAKE_FAILURE);
	world_pass(world, 1100);
	assert_int_equal(world->ended, 1);
	world_end(world);
}

/* A client that repeats itself has not given up. */
static void test_repeats(void **state)
{
	struct world *world = begin();

	give_alert(world, FATAL, GNUTLS_A_HANDSHAKE_FAILURE);
	world->client.in.count = 0;
	now_ms += 2000;
	(void)client_step(&world->client);
	assert_int_equal(world->client.out.count, 1);
	world_deliver_all(world);
	world_pass(world, 2 * DOUBT_MS);
	assert_int_equal(world->ended, 0);
	(void)client_step(&world->client);
	world_deliver_all(world);
	assert_int_equal(world->established, 1);
	world_end(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes_on),
		cmocka_unit_test(test_gives_up),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_repeats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
