/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is shed unread when too much comes:
 * Registers, and nothing that a registered device sends.
 */
#include "fixture.h"

#include "captures.h"

static const struct {
	const char *message;
	bool shed;
} rows[] = {
	{ "CON POST 11:rd 15:ep=a" OBJECTS, true },
	{ "NON POST 11:rd 15:ep=a 15:lwm2m=9.9" OBJECTS, true },
	{ "CON POST 11:rd 12:#28 15:ep=a" OBJECTS, true },
	{ "CON POST 11:rd 12:#28 15:ep=a 27:#06" OBJECTS, true },
	{ capture_anjay_11_register, true },
	{ capture_leshan_queue_register, true },
	{ capture_wakaama_blocks_1, true },
	{ "CON POST 11:rd 11:@", false },
	{ "NON POST 11:rd 11:@ 15:lt=7 | </5/6>", false },
	{ "CON DELETE 11:rd 11:@", false },
	{ "CON POST 11:rd 11:", false },
	{ "CON DELETE 11:rd", false },
	{ "CON GET 11:.well-known 11:core", false },
	{ "CON POST 11:rx 15:ep=a", false },
	{ "CON POST 3:gw 11:rd 15:ep=a" OBJECTS, false }, /* not at a glance: read as ever */
	{ "CON POST 11:rd", false },
	{ "40001234", false },
	{ "4f021234", false },
};

static struct test_frame frame_of(size_t i, bool ipv6)
{
	struct row row = { rows[i].message, SILENCE, 0 };
	struct message m = row_message(&row);
	struct frame_spec spec = {
		.from = ipv6 ? PEER_IPV6 : PEER_IPV4,
		.to = ipv6 ? OUR_IPV6 : OUR_IPV4,
		.from_port = 1000,
		.payload = m.octets,
		.payload_len = m.len,
	};

	return frame_build(&spec);
}

static bool is_shed(const uint8_t *data, size_t len)
{
	struct rdl_packet packet = { .frame = { .data = (uint8_t *)(uintptr_t)data,
					     .len = (uint16_t)len,
					     .room = (uint16_t)len } };
	struct rdl_packet *packets[] = { &packet };

	return rdl_pipeline_triage(&pipeline, packets, 1) == 1;
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		for (unsigned family = 0; family < 2; family++) {
			struct test_frame f = frame_of(i, family == 1);

			if (is_shed(f.data, f.len) != rows[i].shed)
				fail_msg("row %zu: %s", i, rows[i].message);
		}
	}
}

/* Counted, so that no frame is lost without a name. */
static void test_burst(void **state)
{
	struct test_frame frames[RDL_BURST_MAX];
	struct rdl_packet packets[RDL_BURST_MAX] = { { .scratch = 0 } }, *burst[RDL_BURST_MAX];
	rdl_packet_set want = 0;

	for (unsigned i = 0; i < RDL_BURST_MAX; i++) {
		frames[i] = frame_of(i % RDL_ARRAY_LEN(rows), i % 2 == 1);
		if (rows[i % RDL_ARRAY_LEN(rows)].shed)
			want |= rdl_packet_bit(i);
		packets[i].frame.data = frames[i].data;
		packets[i].frame.len = (uint16_t)frames[i].len;
		burst[i] = &packets[i];
	}
	uint64_t before = counter(RDL_STAT_drop_shed_backlog),
		 frames_before = counter(RDL_STAT_rx_frames);
	assert_true(rdl_pipeline_triage(&pipeline, burst, RDL_BURST_MAX) == want);
	uint64_t shed = rdl_packet_count(want);
	assert_int_equal(counter(RDL_STAT_drop_shed_backlog) - before, shed);
	assert_int_equal(counter(RDL_STAT_rx_frames) - frames_before, shed);
}

/* Cut anywhere, and random: never an octet behind the frame's end. */
static void test_cut(void **state)
{
	uint64_t seed = 42;

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct test_frame f = frame_of(i, i % 2 == 1);

		for (size_t len = 1; len <= f.len; len++) {
			uint8_t *data = guard_alloc(len);

			memcpy(data, f.data, len);
			is_shed(data, len);
			for (size_t k = 12; k < len; k += 7)
				data[k] = (uint8_t)test_random(&seed);
			is_shed(data, len);
			guard_free(data, len);
		}
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_rows),
		TEST(test_burst),
		TEST(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
