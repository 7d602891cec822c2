/* SPDX-License-Identifier: BSD-3-Clause */
/* The ring of events: what goes in comes out, whole and in order, or is counted as lost. */
#include "fixture.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#define RING RDL_EVENTS_RING_MIN
#define ROUNDS 20000

static struct rdl_events events;
static uint8_t *octets;

static int setup(void **state)
{
	octets = guard_alloc(RING);
	rdl_events_init(&events, octets, RING);
	rdl_events_listen(&events);
	return 0;
}

static int teardown(void **state)
{
	guard_free(octets, RING);
	return 0;
}

static void test_nobody_listens(void **state)
{
	rdl_events_ignore(&events);
	assert_false(rdl_events_wanted(&events));
	rdl_events_listen(&events);
	assert_true(rdl_events_wanted(&events));
}

/* Seen only when published; room comes back only when released. */
static void test_one(void **state)
{
	struct made *made = make(6, 3, 10);
	struct rdl_event want = event_of(RDL_EVENT_updated, made), got;

	assert_false(rdl_events_read(&events, &got));
	assert_true(rdl_events_write(&events, &want));
	assert_false(rdl_events_read(&events, &got));
	rdl_events_publish(&events);
	assert_true(rdl_events_read(&events, &got));
	expect_same(&got, &want);
	assert_int_equal(got.seq, 1);
	assert_int_equal(got.lost, 0);
	assert_false(rdl_events_read(&events, &got));
	free(made);
}

/* Of its partition; a row tells the last one, and takes none. */
static void test_seq(void **state)
{
	struct made *a = make(1, 0, 2), *b = make(2, 255, 2);
	static const struct {
		bool is_b;
		enum rdl_event_kind kind;
		uint64_t seq;
	} steps[] = {
		{ false, RDL_EVENT_row, 0 },
		{ false, RDL_EVENT_registered, 1 },
		{ true, RDL_EVENT_registered, 1 },
		{ true, RDL_EVENT_replaced, 2 },
		{ true, RDL_EVENT_row, 2 },
		{ true, RDL_EVENT_expired, 3 },
		{ false, RDL_EVENT_removed, 2 },
		{ false, RDL_EVENT_row, 2 },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(steps); i++) {
		struct rdl_event want = event_of(steps[i].kind, steps[i].is_b ? b : a), got;

		assert_true(rdl_events_write(&events, &want));
		rdl_events_publish(&events);
		assert_true(rdl_events_read(&events, &got));
		expect_same(&got, &want);
		assert_int_equal(got.seq, steps[i].seq);
	}
	free(a);
	free(b);
}

/* The ends of a walk have a number and no registration. */
static void test_walk_ends(void **state)
{
	struct rdl_event want = { .kind = RDL_EVENT_walk_begin, .seq = 77, .time_ms = 5 }, got;

	assert_true(rdl_events_write(&events, &want));
	rdl_events_publish(&events);
	assert_true(rdl_events_read(&events, &got));
	assert_int_equal(got.kind, RDL_EVENT_walk_begin);
	assert_int_equal(got.seq, 77);
	assert_null(got.registration.objects);
	assert_int_equal(got.registration.endpoint.len, 0);
}

/* The longest records there are, in a ring that is as small as can be, from every offset. */
static void test_longest(void **state)
{
	struct made *small = make(1, 0, 1), *large = make(3, 0, 35000);
	struct rdl_event one = event_of(RDL_EVENT_updated, small);
	struct rdl_event want = event_of(RDL_EVENT_updated, large), got;

	assert_in_range(rdl_event_octets(&want), RDL_EVENT_MAX / 8 * 7, RDL_EVENT_MAX);
	for (unsigned i = 0; i < 3000; i++) {
		assert_true(rdl_events_write(&events, &want));
		assert_true(rdl_events_write(&events, &one));
		rdl_events_publish(&events);
		assert_true(rdl_events_read(&events, &got));
		expect_same(&got, &want);
		assert_true(rdl_events_read(&events, &got));
		expect_same(&got, &one);
		rdl_events_give_back(&events);
	}
	free(small);
	free(large);
}

/* Writes until nothing fits, and `more` besides; returns how many went in. */
static uint64_t overfill(const struct rdl_event *event, uint64_t more)
{
	uint64_t count = 0;

	while (rdl_events_write(&events, event))
		count++;
	while (--more > 0)
		assert_false(rdl_events_write(&events, event));
	rdl_events_publish(&events);
	return count;
}

static void read_all(uint64_t count, uint64_t *seq)
{
	struct rdl_event got;

	while (count-- > 0) {
		assert_true(rdl_events_read(&events, &got));
		assert_int_equal(got.seq, ++*seq);
		assert_int_equal(got.lost, 0);
	}
	assert_false(rdl_events_read(&events, &got));
}

/*
 * Full: lost, and the next that is written says how many;
 * or the empty ring does. The seq of the lost is used up.
 */
static void test_full(void **state)
{
	struct made *made = make(30, 9, 100);
	struct rdl_event want = event_of(RDL_EVENT_updated, made), got;
	uint64_t seq = 0;

	for (unsigned round = 0; round < 20; round++) {
		uint64_t count = overfill(&want, 3);

		assert_in_range(count, RING / 900, RING / 500);
		read_all(count, &seq);
		/* Read, but not given back. */
		assert_false(rdl_events_write(&events, &want));
		rdl_events_give_back(&events);
		assert_true(rdl_events_write(&events, &want));
		rdl_events_publish(&events);
		assert_true(rdl_events_read(&events, &got));
		assert_int_equal(got.lost, 4);
		seq += 5;
		assert_int_equal(got.seq, seq);
		assert_int_equal(rdl_events_untold(&events), 0);
		rdl_events_give_back(&events);

		count = overfill(&want, 2);
		read_all(count, &seq);
		rdl_events_give_back(&events);
		assert_int_equal(rdl_events_untold(&events), 2);
		assert_int_equal(rdl_events_untold(&events), 0);
		seq += 2;
		assert_true(rdl_events_write(&events, &want));
		rdl_events_publish(&events);
		read_all(1, &seq);
		rdl_events_give_back(&events);
	}
	free(made);
}

/* Rows wait for leave, and for half of the ring. */
static void test_rows(void **state)
{
	struct made *made = make(1, 0, 50);
	struct rdl_event row = event_of(RDL_EVENT_row, made), got;
	uint64_t size = rdl_event_octets(&row), rows = 0;

	assert_false(rdl_events_row_fits(&events));
	rdl_events_allow_rows(&events, 3 * size - 1);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(rdl_events_row_fits(&events));
		assert_true(rdl_events_write(&events, &row));
	}
	assert_false(rdl_events_row_fits(&events));
	rdl_events_allow_rows(&events, UINT64_MAX);
	while (rdl_events_row_fits(&events)) {
		assert_true(rdl_events_write(&events, &row));
		rows++;
	}
	assert_in_range((rows + 3) * size, RING / 2 - size, RING / 2 + size);
	rdl_events_publish(&events);
	while (rdl_events_read(&events, &got))
		;
	assert_false(rdl_events_row_fits(&events));
	rdl_events_give_back(&events);
	assert_true(rdl_events_row_fits(&events));
	assert_int_equal(rdl_events_untold(&events), 0);
	free(made);
}

/* What was written before nobody listened is not for who listens next. */
static void test_listen_again(void **state)
{
	struct made *made = make(1, 0, 50);
	struct rdl_event want = event_of(RDL_EVENT_registered, made), got;

	while (rdl_events_write(&events, &want))
		;
	rdl_events_publish(&events);
	rdl_events_ignore(&events);
	rdl_events_listen(&events);
	assert_false(rdl_events_read(&events, &got));
	assert_int_equal(rdl_events_untold(&events), 0);
	assert_true(rdl_events_write(&events, &want));
	rdl_events_publish(&events);
	assert_true(rdl_events_read(&events, &got));
	expect_same(&got, &want);
	assert_int_equal(got.lost, 0);
	free(made);
}

/* ---- two threads ---- */

static struct made *sizes[64];

static void *write_all(void *unused)
{
	struct rdl_event event;
	unsigned lost = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		event = event_of(RDL_EVENT_updated, sizes[i * 7 % 64]);
		event.time_ms = i;
		/* The reader's turn, where there are not CPUs enough for both. */
		if (!rdl_events_write(&events, &event) && ++lost % 8 == 0)
			usleep(20);
		if (i % 5 == 0)
			rdl_events_publish(&events);
	}
	rdl_events_publish(&events);
	return NULL;
}

/* Each event is read as it was written, or counted. */
static void test_threads(void **state)
{
	struct rdl_event got, want;
	uint64_t next = 0, lost = 0, read = 0;
	pthread_t writer;

	for (unsigned i = 0; i < 64; i++)
		sizes[i] = make(i, 0, (uint16_t)(i * i * 4));
	assert_int_equal(pthread_create(&writer, NULL, write_all, NULL), 0);
	while (next < ROUNDS) {
		if (!rdl_events_read(&events, &got)) {
			uint64_t more = rdl_events_untold(&events);

			lost += more;
			next = read + lost;
			continue;
		}
		/*
		 * In order;
		 * between two of them as many are missing as were told, by now or before.
		 */
		assert_true(got.time_ms >= read);
		lost += got.lost;
		assert_true(got.time_ms + 1 <= read + 1 + lost);
		assert_int_equal(got.seq, got.time_ms + 1);
		want = event_of(RDL_EVENT_updated, sizes[got.time_ms * 7 % 64]);
		want.time_ms = got.time_ms;
		expect_same(&got, &want);
		read++;
		next = read + lost;
		if (read % 3 == 0)
			rdl_events_give_back(&events);
		else if (read % 100 == 0)
			sched_yield();
	}
	pthread_join(writer, NULL);
	assert_int_equal(read + lost, ROUNDS);
	assert_true(read > 20); /* that many fit before any is read */
	for (unsigned i = 0; i < 64; i++)
		free(sizes[i]);
}

/* ---- what it costs ---- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Printed, not judged: an event of a usual device, as the shard pays for it. */
static void test_cost(void **state)
{
	enum { TIMES = 1000000 };
	struct made *made = make(20000, 0, 12);
	struct rdl_event event = event_of(RDL_EVENT_updated, made), got;
	uint64_t begin = now_ns(), reading = 0, wanted = 0;

	rdl_events_ignore(&events);
	for (unsigned i = 0; i < TIMES; i++)
		wanted += rdl_events_wanted(&events);
	uint64_t off = now_ns() - begin;
	assert_int_equal(wanted, 0);
	rdl_events_listen(&events);
	begin = now_ns();
	for (unsigned i = 0; i < TIMES; i++) {
		if (rdl_events_wanted(&events))
			assert_true(rdl_events_write(&events, &event));
		if (i % 32 == 0)
			rdl_events_publish(&events);
		if (i % 1024 == 0) {
			uint64_t then = now_ns();

			rdl_events_publish(&events);
			while (rdl_events_read(&events, &got))
				;
			rdl_events_give_back(&events);
			reading += now_ns() - then;
		}
	}
	uint64_t on = now_ns() - begin - reading;
	print_message("# %zu octets an event: %.1f ns to write one, %.2f ns when nobody listens\n",
		(size_t)rdl_event_octets(&event), (double)on / TIMES, (double)off / TIMES);
	free(made);
}

#define RING_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RING_TEST(test_nobody_listens),
		RING_TEST(test_one),
		RING_TEST(test_seq),
		RING_TEST(test_walk_ends),
		RING_TEST(test_longest),
		RING_TEST(test_full),
		RING_TEST(test_rows),
		RING_TEST(test_listen_again),
		RING_TEST(test_threads),
		RING_TEST(test_cost),
	};
	return RUN_TESTS(tests);
}
