/* SPDX-License-Identifier: BSD-3-Clause */
/* The whole of it, on its thread, over its socket. */
#include "fixture.h"

#include "heard.h"
#include "talk.h"

static int start(void **state)
{
	int ret = begin(state);
	const struct feed_sources from = sources();

	return ret != 0 ? ret : feed_start(feed, &from);
}

static uint64_t of_the_feed(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static int subscriber(const char *request)
{
	int fd = talk_to(path);

	assert_true(fd >= 0);
	assert_non_null(strstr(talk_ask(fd, request), "\"subscribed\""));
	return fd;
}

static void expect(int fd, const char *event, const char *endpoint)
{
	char line[4096];

	snprintf(line, sizeof(line), "%s\n", talk_hear(fd));
	assert_string_equal(member(line, "event"), event);
	assert_string_equal(member(line, "endpoint"), endpoint);
}

static void over_the_socket(void **state)
{
	int now = subscriber("{\"from\":\"now\"}"), other = talk_to(path);

	assert_string_equal(talk_ask(other, "{\"from\":\"then\"}"),
		"{\"error\":\"from: neither now nor snapshot\"}");
	happens(0, RDL_EVENT_registered, "a");
	expect(now, "registered", "a");
	happens(1, RDL_EVENT_registered, "m");
	expect(now, "registered", "m");
	/* Shards answer what they are asked for. */
	assert_non_null(strstr(talk_ask(other, "{\"from\":\"snapshot\"}"), "\"subscribed\""));
	while (rdl_events_walk_asked(&events[1]) != 1)
		usleep(50);
	walk(0, RDL_EVENT_walk_begin, 1);
	happens(0, RDL_EVENT_row, "a");
	walk(0, RDL_EVENT_walk_end, 1);
	expect(other, "snapshot-begin", "");
	expect(other, "registration", "a");
	walk(1, RDL_EVENT_walk_begin, 1);
	happens(1, RDL_EVENT_row, "m");
	walk(1, RDL_EVENT_walk_end, 1);
	expect(other, "registration", "m");
	expect(other, "snapshot-end", "");
	assert_int_equal(of_the_feed(&feed_counts(feed)->subscribers), 2);
	/* Who hangs up is a subscriber no more; with the last, shards are silent. */
	close(other);
	close(now);
	while (rdl_events_wanted(&events[0]))
		usleep(50);
	assert_int_equal(of_the_feed(&feed_counts(feed)->subscribers), 0);
}

/* With the feed goes who is connected; its counts stay. */
static void the_end(void **state)
{
	int fd = subscriber("{\"from\":\"now\"}");

	happens(0, RDL_EVENT_registered, "a");
	expect(fd, "registered", "a");
	feed_stop(feed);
	assert_null(talk_hear(fd));
	close(fd);
	assert_int_equal(talk_to(path), -1);
	assert_false(rdl_events_wanted(&events[0]));
	assert_int_equal(feed_counts(feed)->events, 1);
	assert_int_equal(feed_counts(feed)->subscribers, 0);
	assert_int_equal(feed_lines_counts(feed)->accepted, 1);
}

static void no_more_than_so_many(void **state)
{
	int fds[CLIENTS_MAX];

	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		fds[i] = subscriber("{\"from\":\"now\"}");
	int more = talk_to(path);
	assert_string_equal(talk_hear(more), "{\"error\":\"too many connections\"}");
	close(more);
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		close(fds[i]);
}

static void without_a_socket(void **state)
{
	const struct rdl_conf none = { .events.socket.path = NULL };
	const struct rdl_conf taken = conf_of_feed();
	const struct feed_sources from = sources();
	struct feed *other = feed;

	assert_int_equal(feed_open(&none, &other), 0);
	assert_null(other);
	assert_int_equal(feed_start(NULL, &from), 0);
	feed_stop(NULL);
	feed_close(NULL);
	listen_to();
	other = feed;
	assert_int_equal(feed_open(&taken, &other), -1);
	assert_null(other);
	assert_int_equal(lines_in(heard()), 1);
}

static int stop(void **state)
{
	feed_stop(feed);
	return end(state);
}

#define SOCKET_TEST(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SOCKET_TEST(over_the_socket),
		SOCKET_TEST(the_end),
		SOCKET_TEST(no_more_than_so_many),
		SOCKET_TEST(without_a_socket),
	};

	return RUN_TESTS(tests);
}
