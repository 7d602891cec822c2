/* SPDX-License-Identifier: BSD-3-Clause */
/* What the start makes of a configuration: who runs where, who gets what, who is joined to whom. */
#include "support.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_malloc.h>

#include "daemon.h"
#include "eal.h"

#define PORT "ports = ( { device = \"net_tap0\"; addresses = [ \"192.0.2.1/24\" ]; } );\n"

static struct daemon *the_daemon;
static struct rdl_conf *conf;

/* A daemon of this configuration, nothing of it set up. */
static struct daemon *daemon_at(const char *ports, const char *text)
{
	int fd = memfd_create("conf", MFD_CLOEXEC);
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	char path[32];

	assert_true(fd >= 0 && daemon != NULL);
	assert_int_equal(dprintf(fd, "%s%s", ports, text), strlen(ports) + strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	conf = rdl_conf_load(path, stderr);
	assert_non_null(conf);
	daemon->conf = conf;
	close(fd);
	the_daemon = daemon;
	return daemon;
}

static int end(void **state)
{
	rdl_conf_free(conf);
	conf = NULL;
	free(the_daemon);
	the_daemon = NULL;
	return 0;
}

static struct daemon *daemon_of(const char *text)
{
	return daemon_at(PORT, text);
}

/* ---- lcores ---- */

static unsigned last_cpu(void)
{
	cpu_set_t set;
	unsigned last = 0;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			last = cpu;
	return last;
}

static void test_own_choice(void **state)
{
	struct daemon *daemon = daemon_of("workers = 1; shards = 1; idle_sleep_us = 50;\n");

	assert_int_equal(daemon_plan_lcores(daemon), 0);
	assert_true(daemon->lcores.count == 1 || daemon->lcores.count == 2);
	assert_int_equal(daemon->lcores.lcore[0].id, 1);
	assert_int_equal(daemon->lcores.lcore[0].cpu, last_cpu());
	assert_int_equal(daemon->lcores.lcore[0].idle_sleep_us, 50);
}

/* Three workers and two shards on one CPU: all have a turn on its lcore. */
static void test_shared_cpu(void **state)
{
	char text[80];
	static struct worker workers[3];
	struct shard_core *cores = calloc(2, sizeof(*cores));

	snprintf(text, sizeof(text), "workers = 3; shards = 2; cores = \"%u\";\n", last_cpu());
	struct daemon *daemon = daemon_of(text);
	for (unsigned w = 0; w < 3; w++)
		daemon->workers[w] = &workers[w];
	for (unsigned s = 0; s < 2; s++)
		daemon->owners.cores[s] = &cores[s];
	assert_int_equal(daemon_plan_lcores(daemon), 0);
	assert_int_equal(daemon->lcores.count, 1);
	daemon_assign(daemon);
	assert_int_equal(daemon->lcores.lcore[0].role_count, 5);
	assert_ptr_equal(daemon->lcores.lcore[0].roles[0].self, &workers[0]);
	assert_ptr_equal(daemon->lcores.lcore[0].roles[4].self, &cores[1]);
	free(cores);
}

static void test_no_such_cpu(void **state)
{
	struct daemon *daemon = daemon_of("cores = \"1023\";\n");

	assert_int_equal(daemon_plan_lcores(daemon), -1);
}

/* ---- sizes ---- */

static void test_shares(void **state)
{
	static const unsigned shards[] = { 1, 2, 3, 7, 64 };

	for (size_t i = 0; i < RDL_ARRAY_LEN(shards); i++) {
		struct rdl_registry_config config;
		uint64_t sum = 0;
		char text[80];

		snprintf(text, sizeof(text),
			"shards = %u; memory = { registrations = 1000000; };\n", shards[i]);
		struct daemon *daemon = daemon_of(text);
		for (unsigned s = 0; s < shards[i]; s++) {
			daemon_registry_config(daemon, s, &config);
			assert_int_equal(config.shard, s);
			assert_int_equal(config.slots, rdl_registry_slots(1000000));
			assert_true(config.registrations <= 1000000);
			sum += config.registrations;
		}
		/* All, and what names that fall unevenly want besides: no more than a tenth. */
		assert_true(sum >= 1000000 && sum <= 1100000);
		end(state);
	}
}

static uint64_t memory_of(const char *text)
{
	struct node_memory memory;
	uint64_t octets = daemon_dpdk_memory(daemon_of(text), &memory);

	end(NULL);
	return octets;
}

static void test_memory(void **state)
{
	uint64_t plain = memory_of("memory = { registrations = 100000; };\n");

	assert_true(memory_of("memory = { registrations = 200000; };\n") > plain + 10000000);
	assert_true(memory_of("memory = { registrations = 100000; }; workers = 2;\n") > plain);
	assert_true(memory_of("memory = { registrations = 100000; };\n"
			      "events = { socket = \"/tmp/x\"; ring_kb = 65536; };\n") >=
		    plain + (64u << 20));
	/* As many places for requests to devices, whoever has them. */
	uint64_t asks = memory_of("memory = { registrations = 100000; };\n"
				  "requests = { socket = \"/tmp/x\"; outstanding = 1000; };\n");
	assert_true(asks > plain);
	assert_true(memory_of("memory = { registrations = 100000; };\n"
			      "requests = { socket = \"/tmp/x\"; outstanding = 100000; };\n") >
		    asks + 99000 * 200);
}

/* ---- rules, keys ---- */

static void test_rules(void **state)
{
	struct daemon *daemon = daemon_of(
		"coap = { diagnostics = false; };\n"
		"lwm2m = { version = \"1.2\"; lifetime_min = 7; extra_parameters = [ \"x\" ];\n"
		"objects = ( { id = 5; versions = [ \"1.0\" ]; multiple = false; } ); };\n"
		"endpoints = { deny = [ \"a\", \"b\" ]; unknown_code = \"4.03\"; };\n"
		"shards = 3; log = { level = \"warn\"; };\n"
		"admission = { registers_per_s = 4; burst = 5; per_prefix = 6; updates = 7; };\n");
	struct rdl_rules *rules = daemon_rules(daemon, daemon->conf);

	assert_non_null(rules);
	const struct rdl_policy_config *config = rdl_policy_config(rules->policy);
	assert_int_equal(config->version.minor, 2);
	assert_int_equal(config->lifetime_min_s, 7);
	assert_false(config->diagnostics);
	assert_false(config->all_objects);
	assert_int_equal(config->object_count, 1);
	assert_int_equal(config->extra_count, 1);
	assert_int_equal(config->deny_count, 2);
	assert_true(config->unknown_forbidden);
	assert_int_equal(rules->log_level, RDL_LOG_WARN);
	const struct rdl_admission_limits limits = { 4, 5, 6, .shards = 3, .updates = 7 };
	assert_memory_equal(&rules->limits, &limits, sizeof(limits));
	rdl_rules_destroy(rules);
}

/* Drawn anew each time, and none of them left out. */
static void test_keys(void **state)
{
	struct daemon *daemon = daemon_of("");
	struct keys first;
	char boot[33];

	assert_int_equal(daemon_keys(daemon), 0);
	first = daemon->keys;
	memcpy(boot, daemon->boot, sizeof(boot));
	assert_int_equal(daemon_keys(daemon), 0);
#define DIFFERS(key) assert_memory_not_equal(&first.key, &daemon->keys.key, sizeof(first.key))
	DIFFERS(endpoint);
	DIFFERS(list);
	DIFFERS(admission);
	DIFFERS(fragments);
	DIFFERS(block);
	DIFFERS(location);
	DIFFERS(exchange_seed);
	DIFFERS(memo_seed);
	DIFFERS(token);
	DIFFERS(awaited);
	DIFFERS(orders);
	assert_int_equal(strlen(boot), 32);
	assert_string_not_equal(boot, daemon->boot);
}

/* ---- ports ---- */

static void test_interfaces(void **state)
{
	struct daemon *daemon = daemon_at(
		"ports = ( { device = \"net_tap0\"; addresses = [ \"192.0.2.1/24\" ]; },"
		"{ device = \"net_tap1\"; vlan = 12; mtu = 4000; addresses = [ \"198.51.100.7/24\","
		"\"2001:db8::7/64\", \"203.0.113.7/28\" ]; gateway = [ \"203.0.113.1\","
		"\"2001:db8::1\", \"198.51.100.1\" ]; } );\n",
		"coap = { port = 5685; };\n");
	struct rdl_interface one = { .mtu = 1 }, two = { .mtu = 2 };

	daemon_interface(daemon, 0, &one);
	daemon_interface(daemon, 1, &two);
	assert_int_equal(one.vlan, 0);
	assert_int_equal(one.ipv4_count, 1);
	assert_int_equal(one.ipv4[0], 0xc0000201);
	assert_int_equal(one.ipv6_count + one.ipv4_router_count + one.ipv6_router_count, 0);
	assert_int_equal(two.vlan, 12);
	assert_int_equal(two.udp_port_count, 1);
	assert_int_equal(two.udp_ports[0], 5685);
	assert_int_equal(two.ipv4_count, 2);
	assert_int_equal(two.ipv4[1], 0xcb007107);
	assert_int_equal(two.ipv4_prefix[1], 28);
	assert_int_equal(two.ipv6_count, 1);
	assert_int_equal(two.ipv6[0][15], 7);
	assert_int_equal(two.ipv6_prefix[0], 64);
	assert_int_equal(two.ipv4_router_count, 2);
	assert_int_equal(two.ipv4_routers[0], 0xcb007101);
	assert_int_equal(two.ipv4_routers[1], 0xc6336401);
	assert_int_equal(two.ipv6_router_count, 1);
	assert_int_equal(two.ipv6_routers[0][15], 1);
	assert_int_equal(two.mtu, 2);
	struct rdl_pktio_config ports;
	daemon_pktio_config(daemon, &ports);
	assert_int_equal(ports.mtus[0], 0);
	assert_int_equal(ports.mtus[1], 4000);
}

/* ---- channels ---- */

/* What a worker sends a shard comes to that one, as that worker's, and back. */
static void test_channels(void **state)
{
	static struct worker workers[3];
	struct shard_core *cores = calloc(2, sizeof(*cores));
	struct daemon *daemon = daemon_of("workers = 3; shards = 2;\n");
	struct rdl_request requests[3][2];
	void *message = NULL;

	for (unsigned w = 0; w < 3; w++)
		daemon->workers[w] = &workers[w];
	for (unsigned s = 0; s < 2; s++)
		daemon->owners.cores[s] = &cores[s];
	assert_int_equal(daemon_setup_channels(daemon), 0);
	for (unsigned w = 0; w < 3; w++) {
		for (unsigned s = 0; s < 2; s++) {
			assert_int_equal(
				rdl_channel_left(&workers[w].shards[s], RDL_OPERATION_UPDATE),
				REQUESTS);
			assert_int_equal(
				rdl_channel_left(&cores[s].workers[w], RDL_OPERATION_UPDATE), 0);
			message = &requests[w][s];
			rdl_channel_send(&workers[w].shards[s], &message, 1);
		}
	}
	for (unsigned w = 0; w < 3; w++) {
		for (unsigned s = 0; s < 2; s++) {
			assert_int_equal(rdl_channel_take(&cores[s].workers[w], &message, 1), 1);
			assert_ptr_equal(message, &requests[w][s]);
			rdl_channel_give_back(&cores[s].workers[w], &message, 1);
			assert_int_equal(rdl_channel_waiting(&workers[w].shards[s]), 1);
		}
	}
	for (unsigned w = 0; w < 3; w++)
		rte_free(daemon->channels[w]);
	free(cores);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_own_choice),
		TEST(test_shared_cpu),
		TEST(test_no_such_cpu),
		TEST(test_shares),
		TEST(test_memory),
		TEST(test_rules),
		TEST(test_keys),
		TEST(test_interfaces),
		TEST(test_channels),
	};

	return RUN_EAL_TESTS(tests);
}
