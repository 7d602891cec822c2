/* SPDX-License-Identifier: BSD-3-Clause */
/* No more frames that nobody asked for are held than may be, and no buffer is lost. */
#include "born.h"

/* Makes as many as may be, of a queue that has `held` already. */
static void expect_made(unsigned queue, struct rdl_frame *frames[], unsigned held)
{
	assert_int_equal(
		rdl_pktio_make(pktio, NEAR, queue, frames, RDL_PKTIO_BURST + 1), BORN - held);
	assert_int_equal(rdl_pktio_make(pktio, NEAR, queue, frames + BORN - held, 1), 0);
}

static void compose_all(struct rdl_frame *frames[], unsigned count)
{
	struct rdl_way way = way_to(false, (struct rdl_local){ 0 });

	for (unsigned i = 0; i < count; i++) {
		assert_false(rdl_net_compose(&near, &way, frames[i]).failed);
		rdl_net_reply(frames[i], 0);
	}
}

static void empty(struct rte_ring *ring)
{
	void *m;

	while (rte_ring_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
}

/* So many of each queue, until they are sent or freed. */
static void test_bound(void **state)
{
	struct rdl_frame *frames[BORN + 1], *others[BORN + 1];

	expect_made(0, frames, 0);
	expect_made(1, others, 0);
	assert_int_equal(rdl_pktio_in_use(pktio), 2 * BORN);
	rdl_pktio_free(pktio, 0, frames, 5);
	expect_made(0, frames, BORN - 5);
	rdl_pktio_free(pktio, 1, others, BORN);
	compose_all(frames + 5, BORN - 5);
	assert_int_equal(rdl_pktio_tx(pktio, NEAR, 0, frames + 5, BORN - 5), BORN - 5);
	/* Five are held still, made in the place of those that were freed. */
	expect_made(0, frames + 5, 5);
	rdl_pktio_free(pktio, 0, frames, BORN);
	expect_made(0, frames, 0);
	rdl_pktio_free(pktio, 0, frames, BORN);
	empty(there[0]);
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
}

/* What a full port does not take is held until it is freed; what came in is not counted. */
static void test_full_port(void **state)
{
	struct rdl_frame *frames[BORN + 1], *received[2];
	unsigned segmented = 0;

	for (unsigned i = 0; i < RING - BORN / 2; i++) {
		struct rdl_way way = way_to(false, (struct rdl_local){ 0 });

		send_one(&way, false, "x");
	}
	expect_made(0, frames, 0);
	compose_all(frames, BORN);
	assert_int_equal(rdl_pktio_tx(pktio, NEAR, 0, frames, BORN), BORN / 2);
	assert_int_equal(rdl_pktio_rx(pktio, FAR, 0, received, 2, &segmented), 2);
	rdl_pktio_free(pktio, 0, received, 2);
	struct rdl_frame *more[BORN];
	assert_int_equal(rdl_pktio_make(pktio, NEAR, 0, more, BORN), BORN / 2);
	rdl_pktio_free(pktio, 0, more, BORN / 2);
	rdl_pktio_free(pktio, 0, frames + BORN / 2, BORN / 2);
	expect_made(0, frames, 0);
	rdl_pktio_free(pktio, 0, frames, BORN);
	empty(there[0]);
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
}

/* Without a buffer left there is no frame, and none is counted. */
static void test_empty_pool(void **state)
{
	struct rdl_frame *frames[BORN + 1];

	expect_made(0, frames, 0);
	struct rte_mempool *pool = ((struct rte_mbuf *)(void *)frames[0] - 1)->pool;
	unsigned left = 0;
	void **taken = calloc(pool->size, sizeof(*taken));
	rdl_pktio_free(pktio, 0, frames, BORN);
	while (rte_mempool_get(pool, &taken[left]) == 0)
		left++;
	assert_int_equal(left, pool->size);
	assert_int_equal(rdl_pktio_make(pktio, NEAR, 0, frames, BORN), 0);
	while (left > 0)
		rte_mempool_put(pool, taken[--left]);
	free(taken);
	expect_made(0, frames, 0);
	rdl_pktio_free(pktio, 0, frames, BORN);
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_full_port),
		cmocka_unit_test(test_empty_pool),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
