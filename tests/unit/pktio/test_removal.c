/* SPDX-License-Identifier: BSD-3-Clause */
/* A device that is taken out: no queue touches its port, which is closed; the other goes on. */
#define ALLOW_EXPERIMENTAL_API
#include "born.h"

#include <rte_dev.h>
#include <rte_ethdev.h>

static bool is_there(unsigned port)
{
	struct rdl_pktio_health health;

	rdl_pktio_health(pktio, port, &health);
	return health.there;
}

static bool is_open(unsigned port)
{
	uint16_t id;

	return rte_eth_dev_get_port_by_name(port == FAR ? "net_ring_far" : "net_ring_near", &id) ==
	       0;
}

/* One frame, from the near port to the far one. True when it was received there by queue 0. */
static bool passes(void)
{
	struct rdl_way way = way_to(false, (struct rdl_local){ 0 });
	struct rdl_frame *frame;
	unsigned segmented = 0;

	send_one(&way, false, "x");
	if (rdl_pktio_rx(pktio, FAR, 0, &frame, 1, &segmented) == 0)
		return false;
	rdl_pktio_free(pktio, 0, &frame, 1);
	return true;
}

static void test_removal(void **state)
{
	struct rdl_frame *frame;
	void *m = NULL;

	/* Another device's, or none at all. */
	rte_dev_event_callback_process("0000:01:00.0", RTE_DEV_EVENT_REMOVE);
	rte_dev_event_callback_process("net_ring_far", RTE_DEV_EVENT_ADD);
	for (unsigned i = 0; i < 2; i++) {
		rdl_pktio_let_go(pktio);
		rdl_pktio_round(pktio, 0);
		rdl_pktio_round(pktio, 1);
	}
	assert_true(is_there(FAR));
	assert_true(passes());

	rte_dev_event_callback_process("net_ring_far", RTE_DEV_EVENT_REMOVE);
	assert_false(is_there(FAR));
	rdl_pktio_round(pktio, 0);
	assert_true(passes());
	rdl_pktio_let_go(pktio);
	/* Whoever is in a round may touch it until that is over. */
	assert_true(passes());
	assert_false(rdl_pktio_is_gone(pktio, FAR, 0));
	rdl_pktio_round(pktio, 0);
	assert_true(rdl_pktio_is_gone(pktio, FAR, 0));
	assert_false(rdl_pktio_is_gone(pktio, FAR, 1) || rdl_pktio_is_gone(pktio, NEAR, 0));
	assert_false(passes());
	assert_int_equal(rte_ring_dequeue(there[0], &m), 0);
	rte_pktmbuf_free(m);
	assert_int_equal(rdl_pktio_make(pktio, FAR, 0, &frame, 1), 1);
	assert_int_equal(rdl_pktio_tx(pktio, FAR, 0, &frame, 1), 0);
	rdl_pktio_free(pktio, 0, &frame, 1);
	rdl_pktio_let_go(pktio);
	assert_true(is_open(FAR));
	rdl_pktio_round(pktio, 1);
	rdl_pktio_let_go(pktio);
	assert_false(is_open(FAR));
	rdl_pktio_let_go(pktio);

	/* Nothing comes by it, and nothing goes: that is freed. */
	assert_int_equal(rdl_pktio_make(pktio, FAR, 0, &frame, 1), 1);
	assert_int_equal(rdl_pktio_tx(pktio, FAR, 0, &frame, 1), 0);
	rdl_pktio_free(pktio, 0, &frame, 1);
	assert_int_equal(rdl_pktio_backlog(pktio, FAR, 0), -1);
	/* The device itself is free, too. */
	assert_true(rte_eth_from_rings("far", there, 2, back, 2, 0) >= 0);

	/* The other one is as it was. */
	assert_true(is_there(NEAR) && is_open(NEAR));
	assert_false(passes());
	assert_int_equal(rte_ring_dequeue(there[0], &m), 0);
	rte_pktmbuf_free(m);
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_removal),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
