/* SPDX-License-Identifier: BSD-3-Clause */
/* Connection IDs: which are negotiated, and the Finished on both sides with them. */
#include "fixture.h"

#define KEY "0123456789abcdef"

static void finish_with(int cid_len, uint8_t negotiated)
{
	static const char *const suites[] = { PSK_SUITES("AES-128-CCM-8"),
		PSK_SUITES("AES-128-CCM"), PSK_SUITES("AES-128-GCM"), PSK_SUITES("AES-256-GCM") };

	for (unsigned i = 0; i < RDL_ARRAY_LEN(suites); i++) {
		struct world *world = world_begin();
		uint8_t ours[RDL_DTLS_CID_LEN];

		client_begin(&world->client, "device", KEY, suites[i], cid_len);
		assert_int_equal(world_run(world), 0);
		assert_int_equal(world->established, 1);
		assert_int_equal(world->keys.peer_cid_len, negotiated);
		if (negotiated != RDL_DTLS_NO_CID) {
			assert_memory_equal(world->keys.peer_cid, world->client.cid, negotiated);
			rdl_dtls_cid_write(&world->speck, SESSION, ours);
			assert_int_equal(world->client.server_cid_len, sizeof(ours));
			assert_memory_equal(world->client.server_cid, ours, sizeof(ours));
		} else {
			assert_int_equal(world->client.server_cid_len, 0);
		}
		world_check_keys(world);
		world_end(world);
	}
}

static void test_none(void **state)
{
	finish_with(-1, RDL_DTLS_NO_CID);
}

/* The usual device: ours toward us, plain records toward it. */
static void test_empty(void **state)
{
	finish_with(0, 0);
}

static void test_both(void **state)
{
	finish_with(1, 1);
	finish_with(8, 8);
	finish_with(RDL_DTLS_PEER_CID_MAX, RDL_DTLS_PEER_CID_MAX);
}

static void test_too_long(void **state)
{
	finish_with(RDL_DTLS_PEER_CID_MAX + 1, RDL_DTLS_NO_CID);
	finish_with(255, RDL_DTLS_NO_CID);
}

static void test_off(void **state)
{
	struct world *world = world_begin();

	world->handshakes->config.cid = NULL;
	client_begin(&world->client, "device", KEY, PSK_SUITES("AES-128-CCM-8"), 4);
	assert_int_equal(world_run(world), 0);
	assert_int_equal(world->keys.peer_cid_len, RDL_DTLS_NO_CID);
	assert_int_equal(world->client.server_cid_len, 0);
	world_end(world);
}

static void test_lost_last_flight(void **state)
{
	struct world *world = world_begin();

	client_begin(&world->client, "device", KEY, PSK_SUITES("AES-128-CCM-8"), 4);
	(void)client_step(&world->client);
	world_deliver_all(world);
	(void)client_step(&world->client);
	world_deliver_all(world);
	assert_int_equal(world->established, 1);
	world->client.in.count = 0;
	now_ms += 1500;
	(void)client_step(&world->client);
	world_deliver_all(world);
	assert_int_equal(client_step(&world->client), 0);
	world_end(world);
}

static void test_wrong_key(void **state)
{
	struct world *world = world_begin();

	client_begin(&world->client, "device", "0123456789abcdeX", PSK_SUITES("AES-128-CCM-8"), 4);
	(void)world_run(world);
	for (int finished = 1; finished < 3; finished++) {
		assert_int_equal(world->ended, 0);
		now_ms += 5000;
		(void)client_step(&world->client);
		world_deliver_all(world);
	}
	assert_int_equal(world->ended, 1);
	assert_int_equal(world_failed(world, RDL_HANDSHAKE_key), 1);
	world_end(world);
}

/* A plain Finished of a client that has negotiated one is none. */
static void test_plain_finished(void **state)
{
	struct world *world = world_begin();

	client_begin(&world->client, "device", KEY, PSK_SUITES("AES-128-CCM-8"), 4);
	(void)client_step(&world->client);
	world_deliver_all(world);
	while (world->client.server_cid_len == 0)
		(void)client_step(&world->client);
	world->client.out.count = 0;
	world->client.server_cid_len = 0;
	now_ms += 1500;
	(void)client_step(&world->client);
	world_deliver_all(world);
	assert_int_equal(world->established, 0);
	world_end(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_lost_last_flight),
		cmocka_unit_test(test_wrong_key),
		cmocka_unit_test(test_plain_finished),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
