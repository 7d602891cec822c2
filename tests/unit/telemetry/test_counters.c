/* SPDX-License-Identifier: BSD-3-Clause */
/* What is counted, and by whom, over the telemetry socket. */
#include "fixture.h"

#include "heard.h"
#include "stream.h"

static void the_process(void **state)
{
	own_clock_pass(61999);
	in_use = 12;
	json_t *d = asked("/rdline/info");

	expect_text(d, "instance", "gw");
	expect_text(d, "boot", "0123");
	expect_number(d, "pid", getpid());
	expect_number(d, "uptime", 61);
	expect_number(d, "ports", PORTS);
	expect_number(d, "coap_port", 5683);
	expect_number(d, "dtls_port", 0);
	expect_number(d, "workers", WORKERS);
	expect_number(d, "shards", SHARDS);
	expect_number(d, "registrations_max", 1000);
	expect_number(d, "memory", 77);
	expect_number(d, "packets_in_use", 12);
	assert_true(json_integer_value(json_object_get(d, "tsc_hz")) > 1000000);
	assert_int_equal(json_object_size(asked("/rdline/dtls")), 0);
}

static void the_sum(void **state)
{
	struct rdl_object_list *list = gateway_list(1, 1);

	for (char name[] = "a"; name[0] <= 'e'; name[0]++)
		gateway_register(name, 60, list);
	free(list);
	gateway_cores_run();
	rdl_stats_add(&worker[0].pipeline.stats, RDL_STAT_rx_frames, 30);
	rdl_stats_add(&worker[1].pipeline.stats, RDL_STAT_rx_frames, 12);
	rdl_stats_add(&worker[1].pipeline.stats, RDL_STAT_drop_tx_full, UINT64_C(1) << 60);
	json_t *d = asked("/rdline/stats");
	expect_number(d, "rx_frames", 42);
	expect_number(d, "drop_tx_full", INT64_C(1) << 60);
	expect_number(d, "registered", 5);
	expect_number(d, "registrations", 5);
	expect_number(d, "ports", PORTS);
	expect_number(d, "links_up", PORTS);
	/* All that there is to count, and what ports have and have lost. */
	assert_int_equal(json_object_size(d), RDL_STAT_COUNT + 6);
}

static const struct rdl_channel_credit credit = { .limit = { [RDL_OPERATION_REGISTER] = 4 } };
static const struct rdl_channel_credit nothing;

/* Each worker with each shard. */
static void join_all(void *memory[WORKERS][SHARDS])
{
	for (unsigned w = 0; w < WORKERS; w++)
		for (unsigned s = 0; s < SHARDS; s++) {
			memory[w][s] = aligned_alloc(64, rdl_channel_memory(&credit, &nothing));
			assert_non_null(memory[w][s]);
			rdl_channel_join(&worker[w].shards[s], &credit,
				&gateway_owners.cores[s]->workers[w], &nothing, memory[w][s]);
		}
}

static void each_role(void **state)
{
	void *memory[WORKERS][SHARDS];
	struct rdl_request requests[2] = { { .operation = RDL_OPERATION_REGISTER } };
	void *sent[] = { &requests[0], &requests[1] };
	struct shard_core *core = gateway_owners.cores[1];

	join_all(memory);
	worker[1].load = (struct load){ .busy_cycles = 1, .idle_cycles = 2, .bursts = 3 };
	core->load = (struct load){ .busy_cycles = 4 };
	rdl_stats_add(&worker[1].pipeline.stats, RDL_STAT_tx_frames, 9);
	rdl_stats_add(&core->shard.stats, RDL_STAT_expired, 8);
	rdl_stats_set(&core->shard.stats, RDL_STAT_tombstones, 6);
	rdl_channel_send(&worker[1].shards[1], sent, 2);
	json_t *d = asked("/rdline/worker,1");
	expect_number(d, "busy_cycles", 1);
	expect_number(d, "idle_cycles", 2);
	expect_number(d, "bursts", 3);
	expect_number(d, "ring_depth", 0);
	expect_number(d, "tx_frames", 9);
	/* Of what there is, shards tell. */
	assert_null(json_object_get(d, "tombstones"));
	d = asked("/rdline/shard,1");
	expect_number(d, "busy_cycles", 4);
	expect_number(d, "ring_depth", 2);
	expect_number(d, "expired", 8);
	expect_number(d, "tombstones", 6);
	d = asked("/rdline/shard,0");
	expect_number(d, "ring_depth", 0);
	expect_number(d, "expired", 0);
	assert_int_equal(rdl_channel_take(&core->workers[1], sent, 2), 2);
	rdl_channel_give_back(&core->workers[1], sent, 2);
	expect_number(asked("/rdline/worker,1"), "ring_depth", 2);
	expect_number(asked("/rdline/worker,0"), "ring_depth", 0);
	for (unsigned w = 0; w < WORKERS; w++)
		for (unsigned s = 0; s < SHARDS; s++)
			free(memory[w][s]);
}

static void numbers(void **state)
{
	static const char *const none[] = { NULL, "", "2", "-1", "+1", " 1", "1 ", "x", "1x",
		"4294967296", "99999999999999999999" };
	static const char *const asks[] = { "/rdline/worker", "/rdline/worker,2",
		"/rdline/worker,-1", "/rdline/shard", "/rdline/shard,2", "/rdline/port",
		"/rdline/port,2", "/rdline/port,x" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(none); i++)
		assert_int_equal(tel_index(none[i], 2), -1);
	assert_int_equal(tel_index("0", 2), 0);
	assert_int_equal(tel_index("1", 2), 1);
	assert_int_equal(tel_index("001", 2), 1);
	assert_int_equal(tel_index("0", 0), -1);
	for (size_t i = 0; i < RDL_ARRAY_LEN(asks); i++)
		expect_json(asked(asks[i]), "{}");
}

/* As the main thread last saw them. */
static void ports(void **state)
{
	driver_says[1] = (struct rdl_pktio_health){
		.there = true, .rx_missed = 1, .rx_no_buffer = 2, .rx_errors = 3, .tx_errors = 4
	};
	driver_says[0].rx_missed = 10;
	expect_number(asked("/rdline/port,1"), "link", 1);
	listen_to();
	monitor_look(monitor);
	heard();
	expect_json(asked("/rdline/port,0"),
		"{\"device\":\"net_ring0\",\"there\":1,\"link\":1,\"nic_rx_missed\":10,"
		"\"nic_rx_no_buffer\":0,\"nic_rx_errors\":0,\"nic_tx_errors\":0,"
		"\"driver\":\"net_ring\",\"mac\":\"02:00:00:00:ab:01\",\"node\":-1,"
		"\"buffers_node\":0,\"mtu\":0,\"queues\":0,\"workers\":0,"
		"\"rss\":0,\"rx_ipv4_checksum\":0,\"rx_udp_checksum\":0,"
		"\"tx_ipv4_checksum\":0,\"tx_udp_checksum\":0}");
	json_t *d = asked("/rdline/port,1");
	expect_text(d, "device", "net_ring1,x=\"%C3%A9\"");
	expect_number(d, "there", 1);
	expect_number(d, "link", 0);
	expect_number(d, "nic_rx_missed", 1);
	expect_number(d, "nic_rx_no_buffer", 2);
	expect_number(d, "nic_rx_errors", 3);
	expect_number(d, "nic_tx_errors", 4);
	d = asked("/rdline/stats");
	expect_number(d, "links_up", 1);
	expect_number(d, "nic_rx_missed", 11);
	expect_number(d, "nic_rx_no_buffer", 2);
	expect_number(d, "nic_rx_errors", 3);
	expect_number(d, "nic_tx_errors", 4);
}

/* How they were set up. */
static void port_setups(void **state)
{
	static const char *const names[] = { "rss", "rx_ipv4_checksum", "rx_udp_checksum",
		"tx_ipv4_checksum", "tx_udp_checksum" };

	for (size_t set = 0; set < RDL_ARRAY_LEN(names); set++) {
		setups[1] = (struct rdl_pktio_setup){ .driver = "net_ixgbe",
			.node = 1,
			.buffers = 2,
			.queues = 4,
			.polled = 0xf0,
			.mtu = 9000,
			.rss = set == 0,
			.rx_ipv4_checksum = set == 1,
			.rx_udp_checksum = set == 2,
			.tx_ipv4_checksum = set == 3,
			.tx_udp_checksum = set == 4 };
		json_t *d = asked("/rdline/port,1");
		expect_text(d, "driver", "net_ixgbe");
		expect_number(d, "node", 1);
		expect_number(d, "buffers_node", 2);
		expect_number(d, "queues", 4);
		expect_number(d, "workers", 0xf0);
		expect_number(d, "mtu", 9000);
		for (size_t i = 0; i < RDL_ARRAY_LEN(names); i++)
			expect_number(d, names[i], i == set);
	}
}

static void sockets(void **state)
{
	struct rdl_lines server = { .counts = { 1, 2, 3, 4, 5 } };
	static struct feed feed;
	struct console *console;
	char path[64];

	expect_json(asked("/rdline/events"), "{}");
	expect_json(asked("/rdline/control"), "{}");
	feed.lines = &server;
	feed.counts = (struct feed_counts){ .subscribers = 1,
		.events = 2,
		.rows = 3,
		.lost_ring = 4,
		.lost_subscribers = 5,
		.walks = 6,
		.refused = 7,
		.suppressed = 8 };
	telemetry.feed = &feed;
	expect_json(asked("/rdline/events"),
		"{\"subscribers\":1,\"events\":2,\"rows\":3,\"walks\":6,\"refused\":7,"
		"\"refused_suppressed\":8,\"lost_ring\":4,\"lost_subscribers\":5,"
		"\"connections\":1,\"accepted\":2,\"turned_away\":3,\"errors\":4,\"let_go\":5}");
	snprintf(path, sizeof(path), "%s/control", folder);
	const struct rdl_conf with = { .control.path = path };
	assert_int_equal(console_open(&with, &console), 0);
	telemetry.console = console;
	expect_json(asked("/rdline/control"),
		"{\"connections\":0,\"accepted\":0,\"turned_away\":0,\"errors\":0,\"let_go\":0,"
		"\"captures\":0,\"captured\":0,\"capture_lost\":0}");
	console_close(console);
}

/* Of all shards, and of those who ask. */
static void requests(void **state)
{
	struct rdl_conf with = { .requests = { .clients = 1,
					 .buffer_kb = 64,
					 .outstanding = 10,
					 .observations = 10,
					 .per_endpoint = 2,
					 .max_payload = 1024 } };
	struct callers *callers;
	char path[64];

	expect_json(asked("/rdline/requests"), "{}");
	snprintf(path, sizeof(path), "%s/requests", folder);
	with.requests.socket.path = path;
	assert_int_equal(callers_open(&with, &callers), 0);
	telemetry.watched.callers = callers;
	for (unsigned s = 0; s < SHARDS; s++) {
		struct rdl_orders_counts *counts = &gateway_owners.cores[s]->dialogues.counts;

		counts->taken = 10 + s;
		counts->over[RDL_ORDER_timeout] = 5;
		counts->over[RDL_ORDER_sent] = 99;
		counts->asleep = 2;
	}
	json_t *d = asked("/rdline/requests");
	expect_number(d, "taken", 10 * SHARDS + SHARDS * (SHARDS - 1) / 2);
	expect_number(d, "over_timeout", 5 * SHARDS);
	expect_number(d, "over_refused", 0);
	assert_null(json_object_get(d, "over_sent"));
	expect_number(d, "asleep", 2 * SHARDS);
	expect_number(d, "connections", 0);
	expect_number(d, "callers_outstanding", 0);
	callers_close(callers);
	telemetry.watched.callers = NULL;
}

static void the_policy(void **state)
{
	struct rdl_policy_config config = gateway_policy();
	json_t *d = asked("/rdline/policy");

	expect_text(d, "version", "1.1");
	expect_number(d, "lifetime_max", INT32_MAX);
	expect_text(d, "mandatory_objects", "refuse");
	expect_text(d, "security_object", "strip");
	expect_number(d, "deny_patterns", 1);
	expect_text(d, "unknown_code", "4.00");
	expect_number(d, "admission_registers_per_s", 0);
	/* One that takes its place is shown at once. */
	config.version.minor = 2;
	config.mandatory_objects_refuse = false;
	config.security_object_refuse = config.unknown_forbidden = true;
	config.max_links = 5;
	const struct rdl_admission_limits limits = {
		.registers_per_s = 7, .per_prefix = 3, .shards = SHARDS
	};
	struct rdl_rules *next = rdl_rules_create(&config, &limits, RDL_LOG_INFO);
	assert_non_null(next);
	rdl_rulebook_change(&gateway_rulebook, next);
	d = asked("/rdline/policy");
	expect_text(d, "version", "1.2");
	expect_text(d, "mandatory_objects", "accept");
	expect_text(d, "security_object", "refuse");
	expect_text(d, "unknown_code", "4.03");
	expect_number(d, "max_links", 5);
	expect_number(d, "admission_registers_per_s", 7);
	expect_number(d, "admission_per_prefix", 3);
	expect_number(asked("/rdline/info"), "rules", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TELEMETRY_TEST(the_process),
		TELEMETRY_TEST(the_sum),
		TELEMETRY_TEST(each_role),
		TELEMETRY_TEST(numbers),
		TELEMETRY_TEST(ports),
		TELEMETRY_TEST(port_setups),
		TELEMETRY_TEST(sockets),
		TELEMETRY_TEST(requests),
		TELEMETRY_TEST(the_policy),
	};

	return RUN_TELEMETRY_TESTS(tests);
}
