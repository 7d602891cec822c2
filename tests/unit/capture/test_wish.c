/* SPDX-License-Identifier: BSD-3-Clause */
/* Which packets are wanted. */
#include "fixture.h"

#include <arpa/inet.h>

static struct rdl_capture_wish by_address(const char *text, unsigned bits)
{
	struct rdl_capture_wish wish = { .every = 1, .by_address = true };

	if (inet_pton(AF_INET6, text, wish.address) == 1) {
		wish.bits = (uint8_t)bits;
	} else {
		wish.address[10] = wish.address[11] = 0xff;
		assert_int_equal(inet_pton(AF_INET, text, wish.address + 12), 1);
		wish.bits = (uint8_t)(96 + bits);
	}
	return wish;
}

static void test_nobody(void **state)
{
	assert_false(rdl_capture_is_wanted(capture));
	rdl_capture_want(capture, &all);
	assert_true(rdl_capture_is_wanted(capture));
	assert_true(rdl_capture_begin(capture, 1));
	rdl_capture_stop(capture);
	assert_false(rdl_capture_is_wanted(capture));
	assert_false(rdl_capture_begin(capture, 2));
}

static void test_addresses(void **state)
{
	static const struct {
		const char *address;
		unsigned bits;
		const char *from;
		bool wanted;
	} rows[] = {
		{ "192.0.2.77", 32, "192.0.2.77", true },
		{ "192.0.2.77", 32, "192.0.2.76", false },
		{ "192.0.2.76", 31, "192.0.2.77", true },
		{ "192.0.2.78", 31, "192.0.2.77", false },
		{ "192.0.2.127", 25, "192.0.2.0", true },
		{ "192.0.2.128", 25, "192.0.2.0", false },
		{ "0.0.0.0", 0, "192.0.2.77", true },
		{ "0.0.0.0", 0, "2001:db8::4", false },
		{ "::", 0, "192.0.2.77", true },
		{ "::", 0, "2001:db8::4", true },
		{ "2001:db8::4", 128, "2001:db8::4", true },
		{ "2001:db8::4", 128, "2001:db8::5", false },
		{ "2001:db8::5", 127, "2001:db8::4", true },
		{ "2001:db8::", 32, "2001:db8:ffff::4", true },
		{ "2001:db8::", 32, "2001:db9::4", false },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		const struct rdl_capture_wish wish = by_address(rows[i].address, rows[i].bits);

		start(&wish);
		drop(rows[i].from, "x");
		assert_string_equal(next(), rows[i].wanted ? "x" : "");
	}
}

/* Cut at every length: an address, or none, and nothing behind the end. */
static void test_short_frames(void **state)
{
	static const char *const tags[] = { NULL, "8100 0001", "88a8 0001 8100 0002" };
	static const struct {
		const char *from, *to;
		size_t address; /* where it ends, from the packet's beginning on */
	} rows[] = { { "192.0.2.77", "192.0.2.1", 16 }, { "2001:db8::4", "2001:db8::1", 24 } };
	const struct rdl_capture_wish wish = by_address("::", 0);

	start(&wish);
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows) * RDL_ARRAY_LEN(tags); i++) {
		const struct frame_spec spec = {
			.from = rows[i % 2].from, .to = rows[i % 2].to, .tags = tags[i / 2]
		};
		struct test_frame f = frame_build(&spec);

		for (size_t len = 0; len <= f.len; len++) {
			uint8_t *octets = guard_copy(f.data, len);
			const struct rdl_frame frame = { .data = octets, .len = (uint16_t)len };

			rdl_capture_frame(capture, &frame, dropped);
			struct rdl_captured *captured = rdl_capture_read(capture);
			assert_int_equal(captured != NULL, len >= f.l3 + rows[i % 2].address);
			if (captured != NULL)
				rdl_capture_done(capture, captured);
			guard_free(octets, len);
		}
	}
}

/* Where a flight of ours goes is its other end. */
static void test_outbound(void **state)
{
	const struct rdl_capture_wish wish = by_address("192.0.2.77", 32);
	struct test_frame f = datagram("192.0.2.1", "192.0.2.77", "flight");
	struct rdl_frame frame = frame_of(&f);

	start(&wish);
	rdl_capture_frame(capture, &frame, (struct rdl_capture_end){ RDL_FATE_FLIGHT, 0, 0 });
	struct rdl_captured *captured = rdl_capture_read(capture);
	assert_non_null(captured);
	assert_true(captured->outbound);
	assert_string_equal(next(), "flight");
	rdl_capture_frame(capture, &frame, dropped);
	assert_string_equal(next(), "");
}

static void keep(unsigned i, const char *payload)
{
	struct test_frame f = datagram("192.0.2.77", "192.0.2.1", payload);
	const struct rdl_frame frame = frame_of(&f);

	rdl_capture_keep(capture, i, &frame);
}

/* By name, by location, by address: each alone is enough. */
static void test_endpoint(void **state)
{
	struct rdl_capture_wish wish = by_address("192.0.2.1", 32);
	const struct rdl_location location = { .handle = 7, .generation = 3 },
				  other = { .handle = 8, .generation = 3 },
				  later = { .handle = 7, .generation = 4 };

	wish.by_endpoint = true;
	wish.location = location;
	wish.endpoint_len = 3;
	memcpy(wish.endpoint, "dev", 3);
	for (unsigned located = 0; located < 2; located++) {
		wish.located = located == 1;
		start(&wish);
		rdl_capture_clear(capture);
		for (unsigned i = 0; i < 7; i++)
			keep(i, (const char[]){ (char)('0' + i), '\0' });
		rdl_capture_by_endpoint(capture, 0, RDL_SPAN("dev"));
		rdl_capture_by_endpoint(capture, 1, RDL_SPAN("de"));
		rdl_capture_by_endpoint(capture, 2, RDL_SPAN("dev2"));
		rdl_capture_by_location(capture, 3, &location);
		rdl_capture_by_location(capture, 4, &other);
		rdl_capture_by_location(capture, 5, &later);
		for (unsigned i = 0; i < 7; i++)
			rdl_capture_end(capture, i, &dropped, NULL);
		drop("192.0.2.1", "address");
		assert_string_equal(next(), "0");
		if (located == 1)
			assert_string_equal(next(), "3");
		assert_string_equal(next(), "address");
		assert_string_equal(next(), "");
	}
}

static void test_every(void **state)
{
	const struct rdl_capture_wish wish = { .every = 3 };

	for (unsigned again = 0; again < 2; again++) {
		start(&wish);
		for (char text[] = "0"; text[0] < '8'; text[0]++)
			drop("192.0.2.77", text);
		assert_string_equal(next(), "0");
		assert_string_equal(next(), "3");
		assert_string_equal(next(), "6");
		assert_string_equal(next(), "");
		rdl_capture_stop(capture);
	}
}

/* A wish that changes on the way: nothing of before is forgotten, and counting goes on. */
static void test_changed(void **state)
{
	const struct rdl_capture_wish before = { .every = 2 };
	struct rdl_capture_wish behind = by_address("2001:db8::4", 128);

	behind.every = 2;
	start(&before);
	drop("192.0.2.77", "a");
	start(&behind);
	drop("192.0.2.77", "b");
	drop("2001:db8::4", "c");
	drop("2001:db8::4", "d");
	assert_string_equal(next(), "a");
	assert_string_equal(next(), "d");
	assert_string_equal(next(), "");
}

/* What one capture has left in the ring, or still writes, is not the next one's. */
static void test_next_capture(void **state)
{
	start(&all);
	drop("192.0.2.77", "a");
	rdl_capture_stop(capture);
	rdl_capture_want(capture, &all);
	drop("192.0.2.77", "b");
	assert_true(rdl_capture_begin(capture, 1));
	drop("192.0.2.77", "c");
	assert_string_equal(next(), "c");
	assert_string_equal(next(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURE_TEST(test_nobody),
		CAPTURE_TEST(test_addresses),
		CAPTURE_TEST(test_short_frames),
		CAPTURE_TEST(test_outbound),
		CAPTURE_TEST(test_endpoint),
		CAPTURE_TEST(test_every),
		CAPTURE_TEST(test_changed),
		CAPTURE_TEST(test_next_capture),
	};

	return RUN_TESTS(tests);
}
