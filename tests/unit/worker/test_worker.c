/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker between a port that is two rings, and a shard that is the test. */
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "eal.h"
#include "frame.h"
#include "gateway_worker.h"
#include "message.h"
#include "worker.h"

#define ROOM RDL_PACKET_ROOM(RDL_PKTIO_FRAME_MAX)
#define SLOTS 64
/* Of which Registers may have five. */
#define REQUESTS 7

static const struct rdl_channel_credit nothing;
static struct rte_ring *in, *out;
static struct rte_mempool *outside;
static struct rdl_pktio *pktio;
static struct rdl_rulebook rulebook;
static struct worker worker;
static struct rdl_channel shard; /* the other end */
static struct ending ending;
static void *channel_memory, *fragments_memory, *neighbours_memory;

/* Rules of all that most tests go by, but that `denied` names are barred. */
static void bar(const char *denied)
{
	const struct rdl_admission_limits limits = { .shards = 1 };
	struct rdl_policy_config config = gateway_policy();

	config.deny = &denied;
	rdl_rulebook_change(&rulebook, rdl_rules_create(&config, &limits, RDL_LOG_INFO));
}

static int start(void **state)
{
	char why[128];
	unsigned bad;

	if (eal_start(state) != 0)
		return -1;
	in = rte_ring_create("in", 64, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	out = rte_ring_create("out", 16, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	outside = rte_pktmbuf_pool_create(
		"outside", 255, 0, sizeof(struct rdl_packet), 4700, SOCKET_ID_ANY);
	if (in == NULL || out == NULL || outside == NULL ||
		rte_eth_from_rings("test", &in, 1, &out, 1, 0) < 0)
		return -1;
	const struct rdl_pktio_config ports = {
		.port_count = 1,
		.devices = { "net_ring_test" },
		.queues = 1,
		.in_flight = 64,
		.private_len = sizeof(struct rdl_packet),
		.room = ROOM,
		.nodes = { SOCKET_ID_ANY, SOCKET_ID_ANY },
	};
	pktio = rdl_pktio_open(&ports, why, sizeof(why), &bad);
	return pktio != NULL ? 0 : -1;
}

static int stop(void **state)
{
	rdl_pktio_close(pktio);
	return eal_stop(state);
}

static int begin(void **state)
{
	const struct rdl_channel_credit credit = worker_credit(REQUESTS);
	const struct rdl_pipeline_config config = gateway_worker(SLOTS);

	memset(&worker, 0, sizeof(worker));
	ending = (struct ending){ 0, 1 };
	worker.port_count = worker.shard_count = 1;
	worker.pktio = pktio;
	worker.rulebook = &rulebook;
	rdl_rulebook_init(&rulebook);
	rdl_rulebook_add_reader(&rulebook, &worker.rules_seen);
	bar("denied-*");
	worker.ending = &ending;
	gateway_worker_start(&worker.pipeline, &config);
	fragments_memory = aligned_alloc(64, rdl_fragments_memory(4));
	channel_memory = aligned_alloc(64, rdl_channel_memory(&credit, &nothing));
	memset(fragments_memory, 0, rdl_fragments_memory(4));
	worker.fragments = rdl_fragments_init(fragments_memory, 4, &gateway_list_key);
	neighbours_memory = aligned_alloc(64, rdl_neighbours_memory(8));
	memset(neighbours_memory, 0, rdl_neighbours_memory(8));
	worker.neighbours = rdl_neighbours_init(
		neighbours_memory, 8, worker.pipeline.config.interfaces, 0, &gateway_list_key);
	rdl_channel_join(&worker.shards[0], &credit, &shard, &nothing, channel_memory);
	return 0;
}

/* Every buffer is where it was. */
static int end(void **state)
{
	assert_int_equal(rdl_pktio_in_use(pktio), 0);
	assert_int_equal(rte_mempool_in_use_count(outside), 0);
	gateway_worker_stop(&worker.pipeline);
	rdl_rulebook_close(&rulebook);
	free(neighbours_memory);
	free(fragments_memory);
	free(channel_memory);
	return 0;
}

static uint64_t stat_of(enum rdl_stat stat)
{
	return rdl_stats_get(&worker.pipeline.stats, stat);
}

static void arrive(const void *octets, size_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(outside);

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), octets, len);
	assert_int_equal(rte_ring_enqueue(in, m), 0);
}

static void arrive_message(const struct message *m)
{
	struct frame_spec spec = { .from = "198.51.100.7",
		.to = "192.0.2.1",
		.payload = m->octets,
		.payload_len = m->len };
	struct test_frame f = frame_build(&spec);

	arrive(f.data, f.len);
}

static void arrive_register(const char *queries)
{
	static const char list[] = "</1/0>,</3/0>";
	struct message m;

	message_post(&m, "rd", 40, queries, list, sizeof(list) - 1);
	arrive_message(&m);
}

/* To a location that may live. */
static void arrive_update(void)
{
	const struct rdl_location location = { .handle = 5, .version_class = 1, .generation = 3 };
	const struct rdl_speck key = gateway_location_key();
	char path[3 + RDL_LOCATION_LEN + 1] = "rd/";
	struct message m;

	rdl_location_encode(&key, &location, (uint8_t *)path + 3);
	message_post(&m, path, -1, "", NULL, 0);
	arrive_message(&m);
}

/* The CoAP code of the frame that was sent, 0: none. */
static unsigned sent_code(void)
{
	struct rte_mbuf *m = NULL;

	if (rte_ring_dequeue(out, (void **)&m) != 0)
		return 0;
	unsigned code = *rte_pktmbuf_mtod_offset(m, uint8_t *, 14 + 20 + 8 + 1);
	rte_pktmbuf_free(m);
	return code;
}

/* What the shard has been handed, answered. */
static unsigned answer_all(uint8_t code)
{
	void *batch[64];
	unsigned n = rdl_channel_take(&shard, batch, 64);

	for (unsigned i = 0; i < n; i++)
		((struct rdl_request *)batch[i])->code = code;
	rdl_channel_give_back(&shard, batch, n);
	return n;
}

static void test_refuses_alone(void **state)
{
	assert_false(worker_step(&worker));
	arrive_register("lwm2m=1.1&lt=60");
	assert_true(worker_step(&worker));
	assert_int_equal(sent_code(), RDL_COAP_BAD_REQUEST);
	assert_int_equal(rdl_channel_waiting(&shard), 0);
	assert_false(worker_step(&worker));
}

static void test_there_and_back(void **state)
{
	arrive_register("lwm2m=1.1 ep=a lt=60");
	arrive_update();
	assert_true(worker_step(&worker));
	assert_int_equal(sent_code(), 0);
	assert_int_equal(worker.shards[0].under_way, 2);
	/* As long as the shard likes. */
	assert_false(worker_step(&worker));
	assert_int_equal(answer_all(RDL_COAP_CHANGED), 2);
	assert_true(worker_step(&worker));
	assert_int_equal(sent_code(), RDL_COAP_CHANGED);
	assert_int_equal(sent_code(), RDL_COAP_CHANGED);
	assert_int_equal(worker.shards[0].under_way, 0);
}

/* A shard that sheds says nothing, and neither does the worker. */
static void test_shed_by_the_shard(void **state)
{
	arrive_update();
	worker_step(&worker);
	assert_int_equal(answer_all(0), 1);
	assert_true(worker_step(&worker));
	assert_int_equal(sent_code(), 0);
}

static void test_credit(void **state)
{
	char queries[] = "lwm2m=1.1 ep=a lt=60";

	for (unsigned i = 0; i < 7; i++) {
		queries[13] = (char)('a' + i);
		arrive_register(queries);
	}
	worker_step(&worker);
	assert_int_equal(rdl_channel_waiting(&shard), 5);
	assert_int_equal(stat_of(RDL_STAT_drop_shed_register), 2);
	/* What is closed to them is open to those that live. */
	for (unsigned i = 0; i < 4; i++)
		arrive_update();
	worker_step(&worker);
	assert_int_equal(rdl_channel_waiting(&shard), 7);
	assert_int_equal(stat_of(RDL_STAT_drop_shed_update), 2);
	assert_int_equal(answer_all(RDL_COAP_CHANGED), 7);
	worker_step(&worker);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(sent_code(), RDL_COAP_CHANGED);
	arrive_register("lwm2m=1.1 ep=z lt=60");
	worker_step(&worker);
	assert_int_equal(answer_all(RDL_COAP_CHANGED), 1);
	worker_step(&worker);
	assert_int_equal(sent_code(), RDL_COAP_CHANGED);
}

/* The port takes 15. */
static void test_full_port(void **state)
{
	for (unsigned i = 0; i < 20; i++)
		arrive_register("lwm2m=1.1 lt=60");
	worker_step(&worker);
	assert_int_equal(stat_of(RDL_STAT_drop_tx_full), 5);
	for (unsigned i = 0; i < 15; i++)
		assert_int_equal(sent_code(), RDL_COAP_BAD_REQUEST);
	assert_int_equal(sent_code(), 0);
}

static uint64_t timed(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i <= RDL_LATENCY_BOUNDS; i++)
		sum += worker.probe.latency.count[i];
	assert_null(worker.probe.frame);
	return sum;
}

/* One of a burst at a time, from when it comes until its reply leaves; what has none is none. */
static void test_replies_are_timed(void **state)
{
	static const struct timespec pause = { .tv_nsec = 3000000 };

	arrive_update();
	arrive_update();
	worker_step(&worker);
	assert_non_null(worker.probe.frame);
	nanosleep(&pause, NULL);
	/* Nobody else is followed meanwhile. */
	worker.probe.next = 0;
	arrive_register("lwm2m=1.1 lt=60");
	worker_step(&worker);
	assert_int_equal(sent_code(), RDL_COAP_BAD_REQUEST);
	answer_all(RDL_COAP_CHANGED);
	worker_step(&worker);
	assert_int_equal(sent_code() + sent_code(), 2 * RDL_COAP_CHANGED);
	assert_int_equal(timed(), 1);
	assert_in_range(worker.probe.latency.sum_ns, 3000000, 2000000000);
	/* Answered at once. */
	worker.probe.next = 0;
	arrive_register("lwm2m=1.1 lt=60");
	worker_step(&worker);
	assert_int_equal(sent_code(), RDL_COAP_BAD_REQUEST);
	assert_int_equal(timed(), 2);
	/* Not before its time. */
	worker.probe.next = 1;
	arrive_register("lwm2m=1.1 lt=60");
	worker_step(&worker);
	assert_int_equal(sent_code(), RDL_COAP_BAD_REQUEST);
	assert_int_equal(timed(), 2);
	/* Shed by the shard, and here. */
	worker.probe.next = 0;
	arrive_update();
	worker_step(&worker);
	answer_all(0);
	worker_step(&worker);
	assert_int_equal(timed(), 2);
	for (unsigned i = 0; i < 8; i++)
		arrive_update();
	worker.probe.next = 0;
	worker.probe.turn = 7;
	worker_step(&worker);
	assert_int_equal(stat_of(RDL_STAT_drop_shed_update), 1);
	assert_int_equal(timed(), 2);
	answer_all(0);
	worker_step(&worker);
}

/* What lives is served on, and nothing new comes in; copies of a Register are new ones, too. */
static void test_drain(void **state)
{
	ending.stage = ENDING_DRAINS;
	arrive_register("lwm2m=1.1 ep=a lt=60");
	arrive_update();
	worker_step(&worker);
	assert_int_equal(rdl_channel_waiting(&shard), 1);
	assert_int_equal(stat_of(RDL_STAT_drop_shed_register), 1);
	assert_int_equal(answer_all(RDL_COAP_CHANGED), 1);
	worker_step(&worker);
	assert_int_equal(sent_code(), RDL_COAP_CHANGED);
	assert_int_equal(ending.left, 1);
	/* Refusals are no registrations. */
	arrive_register("lwm2m=1.1 lt=60");
	worker_step(&worker);
	assert_int_equal(sent_code(), RDL_COAP_BAD_REQUEST);
	ending.stage = ENDING_ASKED;
	worker_step(&worker);
	assert_int_equal(ending.left, 0);
}

/* Ends when what is under way has come back, once, and takes in nothing meanwhile. */
static void test_end(void **state)
{
	struct rte_mbuf *m = NULL;

	arrive_update();
	worker_step(&worker);
	ending.stage = ENDING_ASKED;
	arrive_update();
	assert_false(worker_step(&worker));
	assert_int_equal(ending.left, 1);
	assert_int_equal(answer_all(RDL_COAP_CHANGED), 1);
	assert_true(worker_step(&worker));
	assert_int_equal(ending.left, 0);
	assert_int_equal(sent_code(), RDL_COAP_CHANGED);
	assert_false(worker_step(&worker));
	assert_int_equal(ending.left, 0);
	assert_int_equal(rte_ring_dequeue(in, (void **)&m), 0);
	rte_pktmbuf_free(m);
}

/* `len` octets of what an IPv4 packet carries, from `offset` on, as a fragment of its own. */
static void arrive_piece(const struct test_frame *whole, size_t offset, size_t len, bool more)
{
	struct test_frame part = *whole;
	uint8_t *ip = part.data + whole->l3;

	memmove(part.data + whole->l4, whole->data + whole->l4 + offset, len);
	part.len = whole->l4 + len;
	ip[2] = 0;
	ip[3] = (uint8_t)(20 + len);
	ip[6] = more ? 0x20 : 0;
	ip[7] = (uint8_t)(offset / 8);
	memset(ip + 10, 0, 2);
	uint16_t sum = (uint16_t)~frame_sum(ip, 20, 0);
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	arrive(part.data, part.len);
}

/* Two fragments, the second of which comes a round later, are the request that they were. */
static void test_fragments(void **state)
{
	static const char list[] = "</1/0>,</3/0>,</3303/0>,</3303/1>,</3303/2>";
	struct message m;

	message_post(&m, "rd", 40, "lwm2m=1.1 ep=a lt=60", list, sizeof(list) - 1);
	struct frame_spec spec = {
		.from = "198.51.100.7", .to = "192.0.2.1", .payload = m.octets, .payload_len = m.len
	};
	struct test_frame whole = frame_build(&spec);

	arrive_piece(&whole, 0, 32, true);
	worker_step(&worker);
	assert_int_equal(rdl_channel_waiting(&shard), 0);
	arrive_piece(&whole, 32, whole.end - whole.l4 - 32, false);
	worker_step(&worker);
	assert_int_equal(stat_of(RDL_STAT_reassembled), 1);
	assert_int_equal(answer_all(0), 1);
	worker_step(&worker);
}

/* ---- rules that change ---- */

#define BURST 5
#define BURSTS 2000

static int over;

/* The main thread's part, as fast as it can: everybody is barred, and nobody. */
static void *change_rules(void *unused)
{
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		bar("*");
		rdl_rulebook_reclaim(&rulebook);
		bar("none");
		rdl_rulebook_reclaim(&rulebook);
	}
	return unused;
}

/*
 * A burst is judged by one set of rules: all of it is refused, or all of it goes on. The number of
 * the rules that it went by says which.
 */
static void test_one_verdict(void **state)
{
	pthread_t thread;
	unsigned of_each[2] = { 0, 0 };

	over = 0;
	assert_int_equal(pthread_create(&thread, NULL, change_rules, NULL), 0);
	for (unsigned i = 0; i < BURSTS || of_each[0] == 0 || of_each[1] == 0; i++) {
		unsigned refused = 0;

		for (unsigned k = 0; k < BURST; k++)
			arrive_register("lwm2m=1.1 ep=a lt=60");
		worker_step(&worker);
		while (sent_code() == RDL_COAP_FORBIDDEN)
			refused++;
		assert_int_equal(refused + rdl_channel_waiting(&shard), BURST);
		/* begin()'s are the first; the thread's begin with those that bar everybody. */
		assert_int_equal(refused, worker.rules_seen % 2 == 0 ? BURST : 0);
		of_each[refused == 0]++;
		answer_all(0);
		worker_step(&worker);
		if (i % 8 == 0)
			sched_yield();
	}
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refuses_alone),
		TEST(test_there_and_back),
		TEST(test_shed_by_the_shard),
		TEST(test_credit),
		TEST(test_full_port),
		TEST(test_replies_are_timed),
		TEST(test_drain),
		TEST(test_end),
		TEST(test_fragments),
		TEST(test_one_verdict),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
