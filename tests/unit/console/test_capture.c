/* SPDX-License-Identifier: BSD-3-Clause */
/* Captures over the control socket: this thread is the workers, and the client. */
#include "fixture.h"

#include <sys/socket.h>

#include "frame.h"

static struct rdl_capture captures[WORKERS];

static int begin_capture(void **state)
{
	memset(captures, 0, sizeof(captures));
	begin(state);
	close_console();
	for (unsigned w = 0; w < WORKERS; w++)
		sources.captures[w] = &captures[w];
	sources.port_count = 1;
	sources.ports[0] = "net_test0";
	open_console();
	gateway_cores_run();
	return 0;
}

#define CAPTURE_TEST(test) cmocka_unit_test_setup_teardown(test, begin_capture, end)

/* The octets that a line says come behind it; returns how many. */
static size_t hear_octets(uint8_t *octets, size_t room)
{
	const char *line = talk_hear(client);
	unsigned len;
	int end = 0;

	assert_non_null(line);
	assert_int_equal(sscanf(line, "{\"octets\":%u}%n", &len, &end), 1);
	assert_true(line[end] == '\0' && len <= room);
	for (size_t have = 0; have < len;) {
		ssize_t n = recv(client, octets + have, len - have, 0);

		assert_true(n > 0);
		have += (size_t)n;
	}
	return len;
}

/* Block by block; the kind of the first, and `text` is in it. */
static void hear_block(uint32_t kind, const char *text)
{
	static uint8_t octets[32768];
	size_t len = hear_octets(octets, sizeof(octets));
	uint32_t got;

	memcpy(&got, octets, sizeof(got));
	assert_int_equal(got, kind);
	assert_non_null(memmem(octets, len, text, strlen(text)));
}

#define SECTION 0x0a0d0d0a
#define PACKET 6
#define STATISTICS 5

static bool wanted(bool want)
{
	for (unsigned w = 0; w < WORKERS; w++)
		if (rdl_capture_is_wanted(&captures[w]) != want)
			return false;
	return true;
}

static void until_wanted(bool want)
{
	for (unsigned patience = 0; !wanted(want); patience++) {
		assert_true(patience < 20000);
		usleep(1000);
	}
}

static void ask(const char *members)
{
	char request[256];

	snprintf(request, sizeof(request), "{\"command\":\"capture\"%s}\n", members);
	talk_say(client, request);
	hear_block(SECTION, "net_test0");
	until_wanted(true);
}

static void drop_some(unsigned worker, unsigned count, uint64_t time_ns, const char *payload)
{
	const struct frame_spec spec = { .from = "192.0.2.77",
		.to = "192.0.2.1",
		.payload = payload,
		.payload_len = strlen(payload) };
	struct test_frame f = frame_build(&spec);
	const struct rdl_frame frame = { .data = f.data, .len = (uint16_t)f.len };

	assert_true(rdl_capture_begin(&captures[worker], time_ns));
	for (unsigned i = 0; i < count; i++)
		rdl_capture_frame(&captures[worker], &frame,
			(struct rdl_capture_end){ RDL_FATE_DROPPED, 0, RDL_STAT_drop_udp_port });
}

static void drop(unsigned worker, uint64_t time_ns, const char *payload)
{
	drop_some(worker, 1, time_ns, payload);
}

static void expect_end(const char *end)
{
	hear_block(STATISTICS, "");
	assert_string_equal(talk_hear(client), end);
	until_wanted(false);
}

static void test_count(void **state)
{
	char said[128];

	listen_to();
	ask(",\"count\":2,\"address\":\"192.0.2.0/24\"");
	drop(0, 1, "first");
	hear_block(PACKET, "first");
	drop_some(4, 100, 2, "second");
	hear_block(PACKET, "dropped: drop_udp_port");
	expect_end("{\"captured\":{\"packets\":2,\"lost\":0,\"ended\":\"count\"}}");
	snprintf(said, sizeof(said),
		"info control: captures uid=%ld pid=%ld endpoint= address=192.0.2.0/24\n",
		(long)geteuid(), (long)getpid());
	assert_string_equal(heard(), said);
	/* A client like any other. */
	expect_reply("{\"command\":\"list\"}", "{\"endpoints\":[],\"next\":null}");
	own_clock_pass(59000);
	expect_reply("{\"command\":\"list\"}", "{\"endpoints\":[],\"next\":null}");
}

/* Time stands still meanwhile, and a silent client is let be. */
static void test_seconds(void **state)
{
	ask(",\"seconds\":100");
	own_clock_pass(99999);
	drop(0, 1, "late");
	hear_block(PACKET, "late");
	own_clock_pass(1);
	expect_end("{\"captured\":{\"packets\":1,\"lost\":0,\"ended\":\"seconds\"}}");
	/* It has been silent for longer than others may, and is not let go of for that. */
	usleep(20000);
	expect_reply("{\"command\":\"list\"}", "{\"endpoints\":[],\"next\":null}");
}

static void test_client_ends(void **state)
{
	ask("");
	drop(0, 1, "one");
	hear_block(PACKET, "one");
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	expect_end("{\"captured\":{\"packets\":1,\"lost\":0,\"ended\":\"client\"}}");
	assert_null(talk_hear(client));
}

static void test_client_gone(void **state)
{
	ask("");
	close(client);
	until_wanted(false);
	client = talk_to(path);
	ask(",\"count\":1");
	drop(0, 1, "next");
	hear_block(PACKET, "next");
	expect_end("{\"captured\":{\"packets\":1,\"lost\":0,\"ended\":\"count\"}}");
}

static uint64_t let_go(void)
{
	return __atomic_load_n(&console_lines_counts(console)->let_go, __ATOMIC_RELAXED);
}

/* Of more than its buffers take it reads nothing: it is let go of after ten seconds. */
static void test_client_stalled(void **state)
{
	static char payload[1400];
	uint64_t lost = 0;

	memset(payload, 'x', sizeof(payload) - 1);
	ask(",\"count\":1000000");
	while (lost == 0) {
		drop(0, 1, payload);
		lost = rdl_capture_lost(&captures[0]);
	}
	own_clock_pass(9999);
	usleep(20000);
	assert_int_equal(let_go(), 0);
	while (let_go() == 0) {
		own_clock_pass(1000);
		usleep(1000);
	}
	until_wanted(false);
	/* Nobody reads what it was sent. */
	close(client);
	client = talk_to(path);
	expect_reply("{\"command\":\"list\"}", "{\"endpoints\":[],\"next\":null}");
}

static void test_lost(void **state)
{
	static char payload[1400];
	char said[128];

	memset(payload, 'x', sizeof(payload) - 1);
	ask(",\"seconds\":1,\"count\":1000000");
	/* The console looks between two of these, or does not. */
	for (unsigned i = 0; i < 5000; i++)
		drop(0, 1, payload);
	uint64_t lost = rdl_capture_lost(&captures[0]);
	for (unsigned i = 0; i < 5000 - lost; i++)
		hear_block(PACKET, payload);
	own_clock_pass(1000);
	snprintf(said, sizeof(said),
		"{\"captured\":{\"packets\":%u,\"lost\":%u,\"ended\":\"seconds\"}}",
		(unsigned)(5000 - lost), (unsigned)lost);
	expect_end(said);
	const struct console_captures *counts = console_captures(console);
	assert_int_equal(__atomic_load_n(&counts->begun, __ATOMIC_RELAXED), 1);
	assert_int_equal(__atomic_load_n(&counts->packets, __ATOMIC_RELAXED), 5000 - lost);
	while (__atomic_load_n(&counts->lost, __ATOMIC_RELAXED) != lost)
		usleep(100);
}

/* By endpoint: where it is, is asked once a second. */
static void test_followed(void **state)
{
	struct rdl_object_list *list = gateway_list(1, 1);
	const struct rdl_capture_wish *wish = &captures[0].wish;
	struct rdl_location location;

	gateway_cores_pause();
	location = gateway_register("a", 60, list);
	gateway_cores_run();
	ask(",\"endpoint\":\"a\"");
	assert_true(rdl_capture_begin(&captures[0], 1));
	assert_true(wish->by_endpoint && wish->located && wish->by_address);
	assert_int_equal(wish->location.handle, location.handle);
	assert_int_equal(wish->bits, 128);
	assert_int_equal(wish->endpoint_len, 1);
	talk_say(client, "{\"command\":\"capture\"}\n");
	assert_string_equal(talk_hear(client), "{\"error\":\"a capture is under way\"}");
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	expect_end("{\"captured\":{\"packets\":0,\"lost\":0,\"ended\":\"client\"}}");
	close(client);
	client = talk_to(path);
	ask(",\"endpoint\":\"b\"");
	assert_true(rdl_capture_begin(&captures[0], 1));
	assert_false(wish->located || wish->by_address);
	gateway_cores_pause();
	location = gateway_register("b", 60, list);
	gateway_cores_run();
	own_clock_pass(1000);
	for (unsigned patience = 0; !wish->located; patience++) {
		assert_true(patience < 20000);
		usleep(1000);
		assert_true(rdl_capture_begin(&captures[0], 1));
	}
	assert_int_equal(wish->location.handle, location.handle);
	free(list);
}

static void test_bad_requests(void **state)
{
	static const struct {
		const char *members, *error;
	} rows[] = {
		{ "\"every\":0", "every: not a whole number of 1 to 1000000000" },
		{ "\"count\":0", "count: not a whole number of 1 to 1000000000" },
		{ "\"count\":1000000001", "count: not a whole number of 1 to 1000000000" },
		{ "\"count\":1.5", "count: not a whole number of 1 to 1000000000" },
		{ "\"count\":\"5\"", "count: not a whole number of 1 to 1000000000" },
		{ "\"seconds\":-1", "seconds: not a whole number of 1 to 1000000000" },
		{ "\"seconds\":0", "seconds: not a whole number of 1 to 1000000000" },
		{ "\"seconds\":null", "seconds: not a whole number of 1 to 1000000000" },
		{ "\"address\":\"192.0.2\"", "address: not an address, or ADDRESS/BITS" },
		{ "\"address\":\"192.0.2.1/33\"", "address: not an address, or ADDRESS/BITS" },
		{ "\"address\":\"192.0.2.1/-1\"", "address: not an address, or ADDRESS/BITS" },
		{ "\"address\":\"::/129\"", "address: not an address, or ADDRESS/BITS" },
		{ "\"address\":\"/8\"", "address: not an address, or ADDRESS/BITS" },
		{ "\"address\":\"::1\",\"endpoint\":\"a\"", "endpoint and address: one of them" },
	};
	char request[256];

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		snprintf(request, sizeof(request), "{\"command\":\"capture\",%s}", rows[i].members);
		expect_error(request, rows[i].error);
	}
	assert_true(wanted(false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURE_TEST(test_count),
		CAPTURE_TEST(test_seconds),
		CAPTURE_TEST(test_client_ends),
		CAPTURE_TEST(test_client_gone),
		CAPTURE_TEST(test_client_stalled),
		CAPTURE_TEST(test_lost),
		CAPTURE_TEST(test_followed),
		CAPTURE_TEST(test_bad_requests),
	};

	return RUN_CONSOLE_TESTS(tests);
}
