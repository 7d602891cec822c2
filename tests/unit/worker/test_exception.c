/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that are not ours: a worker between its port, which is rings, and who has the kernel. */
#include "fixture.h"

#include "foreign.h"

#define CREDIT 40
#define PER_S 100 /* of which 32 may come at once */
#define AT_ONCE 32

static struct rdl_channel kernel; /* the other end */
static void *kernel_memory;

#define W (seats[0].worker)

static int share(void **state)
{
	const struct rdl_channel_credit frames = worker_foreign_credit(CREDIT);
	const struct rdl_channel_credit kernels = { { [RDL_KERNEL_FRAME] = 8 } };

	if (begin(state) != 0)
		return -1;
	interface.shared = true;
	kernel_memory = zeroed(rdl_channel_memory(&frames, &kernels));
	rdl_channel_join(&W.kernel, &frames, &kernel, &kernels, kernel_memory);
	W.shares = true;
	W.foreign[0].per_s = PER_S;
	return 0;
}

static int end_sharing(void **state)
{
	int ret = end(state);

	free(kernel_memory);
	return ret;
}

/* Datagrams for a port that is not ours. */
static void arrive_foreign(unsigned count)
{
	while (count-- > 0)
		arrive_at(0, 40000, 9999, (const uint8_t *)"foreign", 7);
}

static unsigned take(struct rdl_foreign_frame *frames[RDL_BURST_MAX])
{
	void *batch[RDL_BURST_MAX];
	unsigned n = rdl_channel_take(&kernel, batch, RDL_BURST_MAX);

	for (unsigned i = 0; i < n; i++)
		frames[i] = batch[i];
	return n;
}

static void give_frames_back(struct rdl_foreign_frame *frames[], unsigned count, bool taken)
{
	for (unsigned i = 0; i < count; i++) {
		void *message = frames[i];

		frames[i]->taken = taken;
		rdl_channel_give_back(&kernel, &message, 1);
	}
}

static void test_there_and_back(void **state)
{
	struct rdl_foreign_frame *frames[RDL_BURST_MAX];

	arrive_foreign(2);
	assert_true(step(0));
	assert_int_equal(take(frames), 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(frames[i]->kind, RDL_FOREIGN_FRAME);
		assert_int_equal(frames[i]->port, 0);
		assert_int_equal(frames[i]->len, UDP_PAYLOAD + 7);
		assert_memory_equal(frames[i]->data + UDP_PAYLOAD, "foreign", 7);
	}
	assert_int_equal(stat_of(0, RDL_STAT_exception_to_kernel), 0);
	give_frames_back(frames, 1, true);
	give_frames_back(frames + 1, 1, false);
	assert_true(step(0));
	assert_int_equal(stat_of(0, RDL_STAT_exception_to_kernel), 1);
	assert_int_equal(stat_of(0, RDL_STAT_drop_exception_down), 1);
	assert_int_equal(stat_of(0, RDL_STAT_drop_udp_port), 0);
	assert_false(step(0));
}

/*
 * Answers of neighbours to the kernel, which may have our address, too: it gets them, and they are
 * counted where they tell us something.
 */
static void test_neighbours(void **state)
{
	struct rdl_foreign_frame *frames[RDL_BURST_MAX];

	arrive_arp(0, frame_our_mac,
		"0001 0800 06 04 0002 020000000099 c000024d 020000000001 c0000201");
	arrive_arp(0, frame_broadcast_mac,
		"0001 0800 06 04 0001 020000000099 c0000201 000000000000 c0000201");
	step(0);
	assert_int_equal(take(frames), 2);
	assert_int_equal(frames[0]->len, 42);
	assert_int_equal(stat_of(0, RDL_STAT_drop_neighbour_unasked), 0);
	assert_int_equal(stat_of(0, RDL_STAT_drop_address_claimed), 1);
	give_frames_back(frames, 2, true);
	step(0);
}

/* One that was never on a wire, whose checksum is left to whoever lets it out. */
static void test_lacks_checksum(void **state)
{
	struct rdl_foreign_frame *frames[RDL_BURST_MAX];
	void *m = NULL;

	arrive_foreign(2);
	assert_int_equal(rte_ring_dequeue(in[0], &m), 0);
	((struct rte_mbuf *)m)->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_NONE;
	assert_int_equal(rte_ring_enqueue(in[0], m), 0);
	step(0);
	assert_int_equal(take(frames), 2);
	assert_int_equal(frames[0]->checksum_start, 0);
	assert_int_equal(frames[1]->checksum_start, UDP_PAYLOAD - 8);
	assert_int_equal(frames[1]->checksum_offset, 6);
	give_frames_back(frames, 2, true);
	step(0);
}

/* Of a port that is not shared they are nobody's, and who sent them is told. */
static void test_not_shared(void **state)
{
	struct rte_mbuf *m = NULL;

	interface.shared = false;
	arrive_foreign(1);
	step(0);
	assert_int_equal(rdl_channel_waiting(&kernel), 0);
	assert_int_equal(stat_of(0, RDL_STAT_net_unreachable), 1);
	assert_int_equal(rte_ring_dequeue(out[0], (void **)&m), 0);
	rte_pktmbuf_free(m);
}

static void test_rate(void **state)
{
	struct rdl_foreign_frame *frames[RDL_BURST_MAX];

	arrive_foreign(AT_ONCE + 3);
	step(0);
	assert_int_equal(stat_of(0, RDL_STAT_drop_exception_rate), 3);
	assert_int_equal(take(frames), AT_ONCE);
	give_frames_back(frames, AT_ONCE, true);
	/* One each hundredth of a second. */
	own_clock_pass(30);
	arrive_foreign(4);
	step(0);
	assert_int_equal(take(frames), 3);
	give_frames_back(frames, 3, true);
	/* No pause, however long, lets more pass at once. */
	own_clock_pass(9000000);
	arrive_foreign(AT_ONCE + 1);
	step(0);
	assert_int_equal(take(frames), AT_ONCE);
	give_frames_back(frames, AT_ONCE, true);
	step(0);
	step(0);
	assert_int_equal(stat_of(0, RDL_STAT_drop_exception_rate), 5);
	assert_int_equal(stat_of(0, RDL_STAT_drop_exception_full), 0);
}

/* While the port's queue runs over nobody has time for them. */
static void test_pressed(void **state)
{
	struct rdl_foreign_frame *frames[RDL_BURST_MAX];

	W.pressed[0] = true;
	arrive_foreign(AT_ONCE);
	step(0);
	assert_int_equal(stat_of(0, RDL_STAT_drop_exception_rate), AT_ONCE);
	arrive_foreign(1);
	step(0);
	assert_int_equal(take(frames), 1);
	give_frames_back(frames, 1, true);
	step(0);
}

static void test_credit_runs_out(void **state)
{
	struct rdl_foreign_frame *frames[RDL_BURST_MAX];

	W.foreign[0].per_s = 1000000;
	arrive_foreign(CREDIT + 2);
	step(0);
	assert_int_equal(stat_of(0, RDL_STAT_drop_exception_full), 2);
	assert_int_equal(take(frames), CREDIT);
	give_frames_back(frames, CREDIT, true);
	step(0);
	step(0);
	arrive_foreign(1);
	step(0);
	assert_int_equal(take(frames), 1);
	give_frames_back(frames, 1, true);
	step(0);
	assert_int_equal(stat_of(0, RDL_STAT_exception_to_kernel), CREDIT + 1);
}

/* A burst of both: what is ours goes its way. */
static void test_beside_ours(void **state)
{
	struct rdl_foreign_frame *frames[RDL_BURST_MAX];
	struct message m = make_update();

	arrive_foreign(1);
	arrive_at(0, 40000, 5683, m.octets, m.len);
	arrive_foreign(1);
	step(0);
	assert_int_equal(rdl_channel_waiting(&seats[0].shard), 1);
	assert_int_equal(take(frames), 2);
	give_frames_back(frames, 2, true);
	void *batch[1];
	assert_int_equal(rdl_channel_take(&seats[0].shard, batch, 1), 1);
	((struct rdl_request *)batch[0])->code = 0;
	rdl_channel_give_back(&seats[0].shard, batch, 1);
	step(0);
}

static struct rdl_kernel_frame of_kernel(uint16_t len)
{
	struct rdl_kernel_frame frame = { .kind = RDL_KERNEL_FRAME, .port = 0, .len = len };

	for (unsigned i = 0; i < len; i++)
		frame.octets[i] = (uint8_t)i;
	return frame;
}

/* Sent as it is, whatever it holds; and it comes back. More than there are buffers are not. */
static void test_from_the_kernel(void **state)
{
	struct rdl_kernel_frame frames[4] = { of_kernel(42), of_kernel(RDL_KERNEL_FRAME_MAX),
		of_kernel(50), of_kernel(0) };
	static const unsigned sent_of[] = { 0, 1 };
	void *message;

	for (unsigned i = 0; i < 4; i++) {
		message = &frames[i];
		rdl_channel_send(&kernel, &message, 1);
	}
	assert_true(step(0));
	for (unsigned i = 0; i < RDL_ARRAY_LEN(sent_of); i++) {
		struct rte_mbuf *m = NULL;
		const struct rdl_kernel_frame *frame = &frames[sent_of[i]];

		assert_int_equal(rte_ring_dequeue(out[0], (void **)&m), 0);
		assert_int_equal(rte_pktmbuf_pkt_len(m), frame->len);
		assert_memory_equal(
			rte_pktmbuf_mtod(m, const uint8_t *), frame->octets, frame->len);
		assert_int_equal(m->ol_flags, 0);
		rte_pktmbuf_free(m);
	}
	assert_int_equal(rte_ring_count(out[0]), 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(rdl_channel_take(&kernel, &message, 1), 1);
		assert_ptr_equal(message, &frames[i]);
	}
	rdl_channel_came_back(&kernel, 4);
	assert_int_equal(stat_of(0, RDL_STAT_exception_from_kernel), 2);
	assert_int_equal(stat_of(0, RDL_STAT_tx_frames), 2);
	/* The third found no buffer, the fourth was too long. */
	assert_int_equal(stat_of(0, RDL_STAT_drop_exception_buffer), 2);
}

/* A worker ends when the kernel's thread has given all back. */
static void test_end(void **state)
{
	struct rdl_foreign_frame *frames[RDL_BURST_MAX];

	arrive_foreign(1);
	step(0);
	ending.stage = ENDING_ASKED;
	step(0);
	assert_int_equal(ending.left, 1);
	assert_int_equal(take(frames), 1);
	give_frames_back(frames, 1, true);
	step(0);
	step(0);
	assert_int_equal(ending.left, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, share, end_sharing)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_there_and_back),
		TEST(test_neighbours),
		TEST(test_lacks_checksum),
		TEST(test_not_shared),
		TEST(test_rate),
		TEST(test_pressed),
		TEST(test_credit_runs_out),
		TEST(test_beside_ours),
		TEST(test_from_the_kernel),
		TEST(test_end),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
