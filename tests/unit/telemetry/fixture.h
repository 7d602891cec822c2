/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's telemetry socket in a folder of its own, and behind our commands a gateway whose workers,
 * ports and counters are as the test sets them, and whose shards are stepped by a thread.
 */
#ifndef RDL_TEST_TELEMETRY_FIXTURE_H
#define RDL_TEST_TELEMETRY_FIXTURE_H

#include "support.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include <rte_eal.h>
#include <rte_log.h>

#include "eal.h"
#include "gateway_cores.h"
#include "identities_made.h"
#include "telemetry_internal.h"
#include "own_clock.h"

#define SHARDS 2
#define WORKERS 2
#define PORTS 2
#define PATIENCE_MS 20000

static char folder[] = "/tmp/rdl-telemetry-XXXXXX";
static struct sockaddr_un address = { .sun_family = AF_UNIX };

/* ---- what is shown ---- */

static struct rdl_conf conf;
static struct worker worker[WORKERS];
static struct monitor *monitor;
static struct rdl_interface interfaces[PORTS];
static struct rdl_neighbours *neighbours;
static struct telemetry telemetry;

/* In place of pktio's: what it knows of ports and buffers. */
static struct rdl_pktio_health driver_says[PORTS_MAX];
static struct rdl_pktio_setup setups[PORTS_MAX];
static unsigned in_use;

void rdl_pktio_health(const struct rdl_pktio *pktio, unsigned port, struct rdl_pktio_health *health)
{
	assert_null(pktio);
	*health = driver_says[port];
}

const struct rdl_pktio_setup *rdl_pktio_setup(const struct rdl_pktio *pktio, unsigned port)
{
	assert_null(pktio);
	return &setups[port];
}

const uint8_t *rdl_pktio_mac(const struct rdl_pktio *pktio, unsigned port)
{
	static const uint8_t mac[] = { 2, 0, 0, 0, 0xab, 1 };

	assert_null(pktio);
	return mac;
}

bool rdl_pktio_has_link(const struct rdl_pktio *pktio, unsigned port)
{
	assert_null(pktio);
	return driver_says[port].link;
}

unsigned rdl_pktio_in_use(const struct rdl_pktio *pktio)
{
	assert_null(pktio);
	return in_use;
}

/* ---- a client of the socket ---- */

static int socket_fd = -1;

static inline int connected(void)
{
	char hello[1024];
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_true(recv(fd, hello, sizeof(hello), 0) > 0);
	return fd;
}

/* {"<command>":...}, whole; "" when the other side has hung up. */
static inline const char *heard_from(int fd)
{
	static char reply[65536];
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
	ssize_t n = recv(fd, reply, sizeof(reply) - 1, 0);
	assert_true(n >= 0);
	reply[n] = '\0';
	return reply;
}

static inline void say(int fd, const char *command)
{
	assert_int_equal(send(fd, command, strlen(command), 0), strlen(command));
}

/* What is behind the command's name; valid until the next. */
static inline json_t *asked(const char *command)
{
	static json_t *whole;
	char name[64];

	say(socket_fd, command);
	json_decref(whole);
	whole = json_loads(heard_from(socket_fd), 0, NULL);
	assert_non_null(whole);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(command, ","), command);
	json_t *value = json_object_get(whole, name);
	assert_non_null(value);
	return value;
}

static inline void expect_number(json_t *d, const char *name, json_int_t want)
{
	json_t *value = json_object_get(d, name);

	if (!json_is_integer(value) || json_integer_value(value) != want)
		fail_msg("%s: %lld", name, (long long)json_integer_value(value));
}

static inline void expect_text(json_t *d, const char *name, const char *want)
{
	const char *value = json_string_value(json_object_get(d, name));

	if (value == NULL || strcmp(value, want) != 0)
		fail_msg("%s: %s", name, value != NULL ? value : "none");
}

static inline void expect_json(json_t *value, const char *want)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	assert_string_equal(text, want);
	free(text);
}

/* ---- begin and end ---- */

/* Of port 1, whose network has a router. */
static inline struct rdl_neighbours *begin_neighbours(void)
{
	static const struct rdl_key key = { 1, 2 };
	size_t len = (rdl_neighbours_memory(256) + RDL_CACHE_LINE - 1) / RDL_CACHE_LINE;
	void *memory = aligned_alloc(RDL_CACHE_LINE, len * RDL_CACHE_LINE);

	assert_non_null(memory);
	memset(interfaces, 0, sizeof(interfaces));
	rdl_net_add_ipv4(&interfaces[1], 0xc0000201, 24);
	rdl_net_add_ipv4_router(&interfaces[1], 0xc00002fe);
	return rdl_neighbours_init(
		memset(memory, 0, len * RDL_CACHE_LINE), 256, interfaces, PORTS, &key);
}

static inline int begin(void **state)
{
	static const struct worker *workers[WORKERS] = { &worker[0], &worker[1] };

	memset(worker, 0, sizeof(worker));
	conf = (struct rdl_conf){ .instance = "gw",
		.workers = WORKERS,
		.shards = SHARDS,
		.memory.registrations = 1000,
		.port_count = PORTS,
		.ports = { { .device = "net_ring0" }, { .device = "net_ring1,x=\"\xc3\xa9\"" } },
		.coap.port = 5683 };
	for (unsigned p = 0; p < PORTS; p++) {
		driver_says[p] = (struct rdl_pktio_health){ .there = true, .link = true };
		setups[p] = (struct rdl_pktio_setup){ .driver = "net_ring", .node = -1 };
	}
	neighbours = begin_neighbours();
	gateway_cores_start(SHARDS);
	telemetry = (struct telemetry){
		.watched = { .conf = &conf,
			.interfaces = interfaces,
			.neighbours = neighbours,
			.workers = workers,
			.owners = &gateway_owners },
		.rulebook = &gateway_rulebook,
		.facts = { gateway_location_key(), 1 },
		.boot = "0123",
		.started_ms = rdl_clock_ms(),
		.memory = 77,
	};
	monitor = monitor_open(&telemetry.watched);
	telemetry.monitor = monitor;
	return monitor == NULL ? -1 : 0;
}

static inline int end(void **state)
{
	gateway_cores_stop();
	monitor_close(monitor);
	free(neighbours);
	return 0;
}

#define TELEMETRY_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

static inline int start(void **state)
{
	if (mkdtemp(folder) == NULL || eal_start_telemetry(folder) != 0 ||
		telemetry_start(&telemetry) != 0)
		return -1;
	/* It has words of its own for the end of its listener. */
	rte_log_set_global_level(RTE_LOG_EMERG);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/dpdk_telemetry.v2",
		rte_eal_get_runtime_dir());
	socket_fd = connected();
	return 0;
}

/* Whoever is connected is cut off, be it in this process. */
static inline int stop(void **state)
{
	char path[128];

	close(socket_fd);
	telemetry_stop();
	snprintf(path, sizeof(path), "%s", rte_eal_get_runtime_dir());
	int ret = eal_stop(state);
	unlink(address.sun_path);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/dpdk", folder);
	rmdir(path);
	return rmdir(folder) == 0 ? ret : -1;
}

#define RUN_TELEMETRY_TESTS(tests) cmocka_run_group_tests((tests), start, stop)

#endif
