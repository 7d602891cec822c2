/* SPDX-License-Identifier: BSD-3-Clause */
/* Paths that routers have called narrow, and frames that are to go by them. */
#include "support.h"

#include <stdlib.h>

#include "frame.h"
#include "paths.h"

#define NOW 5000000
#define PLACES 64

static const uint8_t here[16] = { [10] = 0xff, 0xff, 203, 0, 113, 7 };
static const uint8_t there[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 };
static struct rdl_paths *paths;

static int begin(void **state)
{
	static const struct rdl_key key = { 3, 4 };
	void *memory = aligned_alloc(RDL_CACHE_LINE, rdl_paths_memory(PLACES));

	assert_non_null(memory);
	paths = rdl_paths_init(memset(memory, 0, rdl_paths_memory(PLACES)), PLACES, &key);
	return 0;
}

static int end(void **state)
{
	free(paths);
	return 0;
}

static void learned_and_forgotten(void **state)
{
	assert_int_equal(rdl_paths_mtu(paths, here, NOW), UINT16_MAX);
	rdl_paths_learn(paths, here, 576, NOW);
	assert_int_equal(rdl_paths_mtu(paths, here, NOW), 576);
	assert_int_equal(rdl_paths_mtu(paths, there, NOW), UINT16_MAX);
	/* By a worker whose clock is behind. */
	assert_int_equal(rdl_paths_mtu(paths, here, NOW - 1500), 576);
	assert_int_equal(rdl_paths_mtu(paths, here, NOW + RDL_PATHS_MS - 1), 576);
	assert_int_equal(rdl_paths_mtu(paths, here, NOW + RDL_PATHS_MS), UINT16_MAX);
}

/* It grows by being forgotten alone, and what makes it narrower is believed at once. */
static void narrower(void **state)
{
	rdl_paths_learn(paths, here, 1000, NOW);
	rdl_paths_learn(paths, here, 1400, NOW + 1000);
	assert_int_equal(rdl_paths_mtu(paths, here, NOW + 1000), 1000);
	rdl_paths_learn(paths, here, 500, NOW + 2000);
	assert_int_equal(rdl_paths_mtu(paths, here, NOW + 2000), 500);
	rdl_paths_learn(paths, here, 1400, NOW + 2000 + RDL_PATHS_MS);
	assert_int_equal(rdl_paths_mtu(paths, here, NOW + 2000 + RDL_PATHS_MS), 1400);
}

/* However many there are, the newest are known, and those of none are not. */
static void bounded(void **state)
{
	uint8_t address[16];
	unsigned known = 0;

	memcpy(address, there, 16);
	for (unsigned i = 0; i < 10000; i++) {
		rdl_put_be32(address + 8, i);
		rdl_paths_learn(paths, address, (uint16_t)(1280 + i % 200), NOW + i * 10);
		assert_int_equal(rdl_paths_mtu(paths, address, NOW + i * 10), 1280 + i % 200);
	}
	for (unsigned i = 0; i < 10000; i++) {
		rdl_put_be32(address + 8, i);
		uint16_t mtu = rdl_paths_mtu(paths, address, NOW + 100000);
		assert_true(mtu == UINT16_MAX || mtu == 1280 + i % 200);
		known += mtu != UINT16_MAX;
	}
	assert_int_equal(known, PLACES);
}

static struct test_frame frame_of(const char *from, const char *to, size_t len)
{
	static const uint8_t octets[1500];
	const struct frame_spec spec = {
		.tags = "8100 0064", .from = from, .to = to, .payload = octets, .payload_len = len
	};

	return frame_build(&spec);
}

static struct rdl_frame view(struct test_frame *f)
{
	return (struct rdl_frame){ .data = f->data,
		.len = (uint16_t)f->len,
		.room = FRAME_MAX,
		.l2_len = (uint8_t)f->l3,
		.l3_len = (uint8_t)(f->l4 - f->l3) };
}

/* A longer one may be fragmented, under a number of its own; nothing else of it changes. */
static void ipv4(void **state)
{
	uint16_t numbers[2] = { 0, 0 };

	rdl_paths_learn(paths, here, 576, NOW);
	for (size_t len = 500; len < 700; len++) {
		struct test_frame f = frame_of("192.0.2.1", "203.0.113.7", len), want = f;
		struct rdl_frame frame = view(&f);

		assert_true(rdl_paths_fit(paths, &frame, NOW));
		if (len > 576 - 28) {
			assert_int_equal(rdl_get_be16(f.data + f.l3 + 6), 0);
			numbers[0] = numbers[1];
			numbers[1] = rdl_get_be16(f.data + f.l3 + 4);
			assert_int_not_equal(numbers[0], numbers[1]);
			rdl_put_be16(want.data + want.l3 + 4, numbers[1]);
			rdl_put_be16(want.data + want.l3 + 6, 0);
			frame_fix(&want);
		}
		assert_memory_equal(f.data, want.data, want.len);
		assert_int_equal(frame.len, want.len);
	}
	/* The port's to sum up. */
	struct test_frame f = frame_of("192.0.2.1", "203.0.113.7", 1000);
	struct rdl_frame frame = view(&f);
	frame.flags = RDL_FRAME_TX_CHECKSUMS | RDL_FRAME_TX_OFFLOAD_IPV4;
	rdl_put_be16(f.data + f.l3 + 10, 0);
	assert_true(rdl_paths_fit(paths, &frame, NOW));
	assert_int_equal(rdl_get_be16(f.data + f.l3 + 6), 0);
	assert_int_equal(rdl_get_be16(f.data + f.l3 + 10), 0);
	/* To another, from there. */
	f = frame_of("203.0.113.7", "203.0.113.8", 1000);
	frame = view(&f);
	assert_true(rdl_paths_fit(paths, &frame, NOW));
	assert_int_equal(rdl_get_be16(f.data + f.l3 + 6), 0x4000);
}

static void ipv6(void **state)
{
	rdl_paths_learn(paths, there, 1280, NOW);
	for (size_t len = 1200; len < 1300; len++) {
		struct test_frame f = frame_of("2001:db8::1", "2001:db8::7", len), want = f;
		struct rdl_frame frame = view(&f);

		assert_int_equal(rdl_paths_fit(paths, &frame, NOW), len <= 1280 - 48);
		assert_memory_equal(f.data, want.data, want.len);
	}
}

#define PATHS_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PATHS_TEST(learned_and_forgotten),
		PATHS_TEST(narrower),
		PATHS_TEST(bounded),
		PATHS_TEST(ipv4),
		PATHS_TEST(ipv6),
	};
	return RUN_TESTS(tests);
}
