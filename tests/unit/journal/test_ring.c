/* SPDX-License-Identifier: BSD-3-Clause */
/* From a shard to its writer: in order, whole, wherever the ring ends. */
#include "fixture.h"

#define LEN RDL_JOURNAL_RING_MIN

static void a_full_ring_says_so(void **state)
{
	static struct rdl_journal_ring ring;
	uint8_t *octets = malloc(LEN);
	unsigned count = 0;

	rdl_journal_ring_init(&ring, octets, LEN);
	while (rdl_journal_reserve(&ring, 100) != NULL) {
		rdl_journal_commit(&ring, 60, RDL_JOURNAL_PLAIN);
		count++;
		assert_int_equal(rdl_journal_room(&ring), LEN - count * 64);
	}
	/* 104 octets are asked for, 64 taken. */
	assert_int_equal(count, (LEN - 104) / 64 + 1);
	assert_int_equal(ring.position, count);
	/* The writer is done with some. */
	__atomic_store_n(&ring.tail, 128, __ATOMIC_RELEASE);
	uint8_t *at = rdl_journal_reserve(&ring, 60);
	assert_ptr_equal(at, octets + count * 64 + 4);
	free(octets);
}

static void what_does_not_fit_at_the_end_begins_anew(void **state)
{
	static struct rdl_journal_ring ring;
	uint8_t *octets = malloc(LEN);

	for (unsigned left = 0; left < 32; left++) {
		rdl_journal_ring_init(&ring, octets, LEN);
		ring.written = ring.tail_seen = ring.tail = LEN - left;
		uint8_t *at = rdl_journal_reserve(&ring, 16);
		bool fits = left >= 20;

		if (left == 0)
			assert_ptr_equal(at, octets + 4);
		else
			assert_ptr_equal(at, fits ? octets + LEN - left + 4 : octets + 4);
		rdl_journal_commit(&ring, 16, RDL_JOURNAL_PLAIN);
		assert_int_equal(ring.written, fits ? LEN - left + 20 : LEN + 20);
	}
	free(octets);
}

/* All that is put comes, in order, many times round, with the longest among them. */
static void what_is_put_is_written(void **state)
{
	struct fixture fixture;
	unsigned refused = 0;

	fixture_begin(&fixture, 1);
	fixture_start(&fixture);
	for (unsigned round = 0; round < 4000; round++) {
		bool sweeps = round % 10 == 0;

		for (unsigned i = 0; i < 1 + round % 200; i++) {
			if (fixture_put(&fixture, 0,
				    i > 0 || !sweeps  ? RDL_JOURNAL_PLAIN
				    : round % 20 == 0 ? RDL_JOURNAL_SWEEP_BEGINS
						      : RDL_JOURNAL_SWEEP_ENDS))
				continue;
			refused++;
		}
		rdl_journal_publish(&fixture.rings[0]);
		for (unsigned i = 0; i < round % 4; i++) {
			fixture_step(&fixture, 0);
			rdl_journal_tend(fixture.journal);
		}
	}
	assert_true(refused > 0);
	rdl_journal_tend(fixture.journal);
	while (!rdl_journal_finish(fixture.journal, 0, &fixture.now))
		rdl_journal_tend(fixture.journal);
	uint64_t last = fixture.rings[0].position;
	assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), last);
	assert_int_equal(rdl_journal_room(&fixture.rings[0]), LEN);
	fixture_stop(&fixture);
	assert_true(fixture_open(&fixture));
	assert_int_equal(rdl_journal_logs_count(fixture.logs), 1);
	struct seen seen = fixture_read(&fixture, 0, false);
	assert_int_equal(seen.result, RDL_JOURNAL_END);
	assert_int_equal(seen.last, last);
	fixture_end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_ring_says_so),
		cmocka_unit_test(what_does_not_fit_at_the_end_begins_anew),
		cmocka_unit_test(what_is_put_is_written),
	};

	return RUN_TESTS(tests);
}
