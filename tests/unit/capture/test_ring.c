/* SPDX-License-Identifier: BSD-3-Clause */
/* From the worker to the reader: in order, whole, or lost and counted. */
#include "fixture.h"

#include <pthread.h>
#include <sched.h>

/* Of so many octets, which say its number. */
static void put(uint32_t number, size_t len)
{
	static uint8_t octets[20000];
	const struct rdl_frame frame = { .data = octets, .len = (uint16_t)len };

	memset(octets, (int)(number % 251), len);
	memcpy(octets, &number, 4);
	rdl_capture_frame(capture, &frame, dropped);
}

/* Its number; the octets are looked at. */
static bool get(uint32_t *number)
{
	struct rdl_captured *captured = rdl_capture_read(capture);
	bool whole = true;

	if (captured == NULL)
		return false;
	const uint8_t *octets = rdl_captured_octets(captured);
	memcpy(number, octets, 4);
	for (size_t i = 4; i < captured->len; i++)
		whole &= octets[i] == *number % 251;
	assert_true(whole);
	rdl_capture_done(capture, captured);
	return true;
}

/* Of all lengths, many times round. */
static void test_in_order(void **state)
{
	uint64_t random = 1;
	uint32_t written = 0, read = 0, number;

	start(&all);
	while (written < 20000) {
		for (uint64_t n = test_random(&random) % 40; n > 0; n--)
			put(written++, 4 + test_random(&random) % 9000);
		while (get(&number))
			assert_int_equal(number, read++);
		assert_int_equal(read, written);
	}
	assert_int_equal(rdl_capture_lost(capture), 0);
}

/* Nobody reads: the first ones stay, the others are counted; with room, it goes on. */
static void test_full(void **state)
{
	uint32_t number, kept = 0;

	start(&all);
	for (uint32_t i = 0; i < 1000; i++)
		put(i, 1000);
	assert_in_range(rdl_capture_lost(capture), 1000 - RDL_CAPTURE_RING / 1000, 999);
	for (; get(&number); kept++)
		assert_int_equal(number, kept);
	assert_int_equal(kept + rdl_capture_lost(capture), 1000);
	put(1001, 1000);
	assert_true(get(&number));
	assert_int_equal(number, 1001);
	/* The next capture has lost nothing yet. */
	rdl_capture_stop(capture);
	rdl_capture_want(capture, &all);
	assert_int_equal(rdl_capture_lost(capture), 0);
}

static void test_cut(void **state)
{
	start(&all);
	put(1, 20000);
	struct rdl_captured *captured = rdl_capture_read(capture);
	assert_int_equal(captured->len, RDL_CAPTURE_SNAP);
	assert_int_equal(captured->whole_len, 20000);
}

/* More than can be kept aside in a burst: those are lost, the burst's others are not. */
static void test_aside_full(void **state)
{
	static uint8_t octets[9000];
	const struct rdl_frame frame = { .data = octets, .len = sizeof(octets) };
	struct rdl_captured *captured;
	unsigned kept = 0;

	start(&all);
	for (unsigned again = 0; again < 2; again++) {
		rdl_capture_clear(capture);
		for (unsigned i = 0; i < RDL_CAPTURE_BURST; i++)
			rdl_capture_keep(capture, i, &frame);
		for (unsigned i = 0; i < RDL_CAPTURE_BURST; i++)
			rdl_capture_end(capture, i, &dropped, NULL);
		for (; (captured = rdl_capture_read(capture)) != NULL; kept++)
			rdl_capture_done(capture, captured);
	}
	assert_int_equal(kept, 2 * (RDL_CAPTURE_ASIDE / sizeof(octets)));
	assert_int_equal(rdl_capture_lost(capture), 2 * RDL_CAPTURE_BURST - kept);
}

/* ---- two threads ---- */

#define PACKETS 100000

static bool over;

static bool is_whole(const struct rdl_capture_wish *wish)
{
	for (size_t i = 0; i < sizeof(wish->endpoint); i++)
		if (wish->endpoint[i] != wish->endpoint_len)
			return false;
	return true;
}

#define LOOKS 5000000

static void *look_all(void *all_whole)
{
	for (uint32_t n = 0; n < LOOKS; n++)
		if (rdl_capture_begin(capture, n))
			*(bool *)all_whole &= is_whole(&capture->wish);
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	return NULL;
}

/* A reader that changes its mind without end. */
static void test_wishes(void **state)
{
	struct rdl_capture_wish wish = { .every = 1 };
	bool all_whole = true;
	pthread_t writer;

	over = false;
	rdl_capture_want(capture, &wish);
	assert_int_equal(pthread_create(&writer, NULL, look_all, &all_whole), 0);
	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		wish.endpoint_len++;
		memset(wish.endpoint, wish.endpoint_len, sizeof(wish.endpoint));
		rdl_capture_want(capture, &wish);
	}
	assert_int_equal(pthread_join(writer, NULL), 0);
	assert_true(all_whole);
}

static void *write_all(void *all_whole)
{
	uint64_t random = 2;

	for (uint32_t number = 0; number < PACKETS; number++) {
		while (!rdl_capture_begin(capture, number))
			sched_yield();
		*(bool *)all_whole &= is_whole(&capture->wish);
		put(number, 4 + test_random(&random) % 300);
	}
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	return NULL;
}

/* And a reader that changes its mind all the time: each wish is seen whole or not at all. */
static void test_threads(void **state)
{
	struct rdl_capture_wish wish = { .every = 1 };
	uint32_t number, last = 0, read = 0;
	pthread_t writer;
	bool ended, all_whole = true;

	over = false;
	rdl_capture_want(capture, &wish);
	assert_int_equal(pthread_create(&writer, NULL, write_all, &all_whole), 0);
	do {
		ended = __atomic_load_n(&over, __ATOMIC_ACQUIRE);
		for (unsigned n = 0; n < 100 && get(&number); n++, read++) {
			assert_true(read == 0 || number > last);
			last = number;
		}
		for (unsigned n = 0; n < 10; n++) {
			wish.endpoint_len++;
			memset(wish.endpoint, wish.endpoint_len, sizeof(wish.endpoint));
			rdl_capture_want(capture, &wish);
		}
	} while (!ended);
	assert_int_equal(pthread_join(writer, NULL), 0);
	while (get(&number))
		read++;
	assert_int_equal(read + rdl_capture_lost(capture), PACKETS);
	assert_true(all_whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURE_TEST(test_in_order),
		CAPTURE_TEST(test_full),
		CAPTURE_TEST(test_cut),
		CAPTURE_TEST(test_aside_full),
		CAPTURE_TEST(test_wishes),
		CAPTURE_TEST(test_threads),
	};

	return RUN_TESTS(tests);
}
