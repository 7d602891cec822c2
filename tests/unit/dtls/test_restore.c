/* SPDX-License-Identifier: BSD-3-Clause */
/* A table of a process that ended, made from what others saw of it: same names, no number twice. */
#include "fixture.h"

#include "restore.h"
#include "records.h"
#include "window.h"

#define SESSIONS 64

struct seen {
	unsigned count;
	struct rdl_dtls_kept kept[SESSIONS];
};

static struct rdl_dtls_config kept_config(unsigned worker, unsigned workers)
{
	return (struct rdl_dtls_config){
		.worker = worker, .workers = workers, .sessions = SESSIONS, .kept = true
	};
}

static struct table *kept_table(void)
{
	struct rdl_dtls_config config = kept_config(0, 1);

	return table_new(&config);
}

/* All that there is, as another thread sees it. */
static void look(const struct table *t, struct seen *seen)
{
	for (uint32_t slot = 0; slot < rdl_dtls_kept_slots(t->dtls); slot++) {
		uint32_t handle = rdl_dtls_kept_handle(t->dtls, slot);

		assert_int_equal(rdl_dtls_kept_slot(t->dtls, handle), slot);
		seen->count += rdl_dtls_look(t->dtls, handle, &seen->kept[seen->count]);
	}
}

static uint64_t restore_all(struct table *t, const struct seen *seen, uint32_t generation)
{
	for (unsigned i = 0; i < seen->count; i++)
		if (rdl_dtls_is_ours(t->dtls, seen->kept[i].name))
			assert_true(rdl_dtls_restore(t->dtls, &seen->kept[i]));
	return rdl_dtls_restore_end(t->dtls, generation, t->now_s);
}

static uint64_t address_from(const struct table *t, unsigned network, unsigned host)
{
	struct rdl_datagram datagram = from(network, host);

	return rdl_dtls_address(t->dtls, &datagram);
}

/* The number of the next record that is sealed. */
static uint64_t seal_one(struct table *t, uint64_t session, bool *sealed)
{
	uint8_t octets[256] = { 0 };
	struct rdl_dtls_seal seal = { .session = session, .text = octets + 64, .len = 10 };

	rdl_dtls_seal(t->dtls, &seal, 1);
	*sealed = seal.sealed;
	return rdl_get_be32(octets + 64 - 4) |
	       (uint64_t)rdl_get_be16(octets + 64 - RDL_DTLS_EXPLICIT_LEN + 2) << 32;
}

/* Three lives, each of which ends at any moment: whatever was seen of the one before. */
static void test_no_number_twice(void **state)
{
	struct table *t = kept_table();
	uint64_t session = establish(t, 1, 2), last = 0;
	struct seen seen = { 0 };
	bool sealed;

	look(t, &seen);
	for (unsigned life = 0; life < 4; life++) {
		for (unsigned n = 0; n < 1000; n++) {
			uint64_t number = seal_one(t, session, &sealed);

			assert_true(sealed);
			assert_true(number > last);
			last = number;
		}
		/* Of every second life nothing was seen but its beginning. */
		if (life % 2 == 1) {
			seen.count = 0;
			look(t, &seen);
		}
		table_end(t);
		t = kept_table();
		assert_int_equal(restore_all(t, &seen, 5), 1);
		seen.count = 0;
		look(t, &seen);
	}
	table_end(t);
}

static void test_used_up(void **state)
{
	struct table *t = kept_table();
	uint64_t session = establish(t, 1, 2);
	struct rdl_dtls_session *slot = rdl_dtls_find(t->dtls, session);
	bool sealed;

	slot->write_sequence = RDL_DTLS_BLOCK - 1;
	assert_int_equal(seal_one(t, session, &sealed), RDL_DTLS_BLOCK - 1);
	assert_true(sealed);
	(void)seal_one(t, session, &sealed);
	assert_false(sealed);
	assert_null(rdl_dtls_find(t->dtls, session));
	table_end(t);
	/* Nobody restores it: numbers go on. */
	t = table_new(NULL);
	session = establish(t, 1, 2);
	rdl_dtls_find(t->dtls, session)->write_sequence = RDL_DTLS_BLOCK;
	(void)seal_one(t, session, &sealed);
	assert_true(sealed);
	table_end(t);
}

static void test_as_it_was(void **state)
{
	struct table *t = kept_table();
	uint64_t plain = establish(t, 1, 2), with_cid = begin(t, 1, 3), kept = establish(t, 1, 4);
	struct rdl_dtls_keys keys = keys_of(3, 8);
	struct seen seen = { 0 };

	memset(keys.peer_cid, 0xc1, 8);
	assert_true(rdl_dtls_establish(t->dtls, with_cid, &keys, t->now_s));
	rdl_dtls_keep(t->dtls, kept, 500, t->now_s);
	rdl_dtls_set_registration(t->dtls, kept, 9);
	rdl_dtls_read(rdl_dtls_find(t->dtls, plain), 90);
	(void)begin(t, 1, 5);
	look(t, &seen);
	assert_int_equal(seen.count, 3);
	table_end(t);
	t = kept_table();
	assert_int_equal(restore_all(t, &seen, 9), 3);
	struct rdl_dtls_session *slot = rdl_dtls_find(t->dtls, with_cid);
	assert_non_null(slot);
	assert_int_equal(slot->peer_cid[7], 0xc1);
	assert_int_equal(slot->read_key[15], 0xa5);
	assert_int_equal(slot->write_key[15], 0x5a);
	assert_int_equal(rdl_dtls_registration(t->dtls, kept), RDL_DTLS_NONE);
	slot = rdl_dtls_find_address(t->dtls, address_from(t, 1, 2), RDL_DTLS_OPEN);
	assert_ptr_equal(slot, rdl_dtls_find(t->dtls, plain));
	assert_true(rdl_dtls_was_read(slot, 90));
	assert_true(rdl_dtls_was_read(slot, 50));
	assert_false(rdl_dtls_was_read(slot, 91));
	assert_false(rdl_dtls_is_young(slot, t->now_s));
	assert_int_equal(rdl_dtls_counts(t->dtls)->registered, 1);
	assert_int_equal(rdl_dtls_counts(t->dtls)->open[RDL_DTLS_AES_128_CCM_8][1], 3);
	/* New ones have other names than any before. */
	for (unsigned host = 10; host < 20; host++)
		assert_true(establish(t, 2, host) >> 32 >= 9);
	/* Those without a registration end in time, and give back what they held. */
	t->now_s += 301;
	rdl_dtls_sweep(t->dtls, t->now_s, 1000);
	assert_null(rdl_dtls_find(t->dtls, plain));
	assert_int_equal(t->released[2], 1);
	assert_non_null(rdl_dtls_find(t->dtls, kept));
	table_end(t);
}

/* Later entries: how far it was, that it ended; of another session in the slot, later or not. */
static void test_what_came_later(void **state)
{
	struct table *t = kept_table();
	struct rdl_dtls_course course = { .read_sequence = 1000, .deadline_s = 5000 };
	uint64_t session = establish(t, 1, 2), gone = establish(t, 1, 3);
	struct seen seen = { 0 };

	look(t, &seen);
	table_end(t);
	t = kept_table();
	assert_true(rdl_dtls_restore(t->dtls, &seen.kept[0]));
	assert_false(rdl_dtls_restore(t->dtls, &seen.kept[0]));
	assert_true(rdl_dtls_restore(t->dtls, &seen.kept[1]));
	rdl_dtls_restore_course(t->dtls, session, &course);
	course.read_sequence = 999;
	rdl_dtls_restore_course(t->dtls, session, &course);
	rdl_dtls_restore_gone(t->dtls, gone);
	assert_int_equal(t->released[3], 1);
	/* It does not come back, but another in its slot does. */
	assert_false(rdl_dtls_restore(t->dtls, &seen.kept[1]));
	seen.kept[1].name += UINT64_C(1) << 32;
	assert_true(rdl_dtls_restore(t->dtls, &seen.kept[1]));
	assert_int_equal(rdl_dtls_restore_end(t->dtls, 7, t->now_s), 2);
	assert_int_equal(rdl_dtls_find(t->dtls, session)->read_sequence, 1000);
	assert_null(rdl_dtls_find(t->dtls, gone));
	table_end(t);
}

static void test_time_is_over(void **state)
{
	struct table *t = kept_table();
	uint64_t idle = establish(t, 1, 2), kept = establish(t, 1, 3);
	struct seen seen = { 0 };

	rdl_dtls_keep(t->dtls, kept, 10, t->now_s);
	look(t, &seen);
	table_end(t);
	t = kept_table();
	t->now_s += 400;
	for (unsigned i = 0; i < 2; i++)
		assert_true(rdl_dtls_restore(t->dtls, &seen.kept[i]));
	assert_int_equal(rdl_dtls_restore_end(t->dtls, 7, t->now_s), 1);
	/* The worker begins a while later. */
	t->now_s += 30;
	rdl_dtls_restore_serve(t->dtls, 120, t->now_s);
	assert_null(rdl_dtls_find(t->dtls, idle));
	assert_int_equal(t->released[2], 1);
	/* It has as long as its registration. */
	assert_false(rdl_dtls_is_over(t->dtls, rdl_dtls_find(t->dtls, kept), t->now_s + 119));
	assert_true(rdl_dtls_is_over(t->dtls, rdl_dtls_find(t->dtls, kept), t->now_s + 122));
	table_end(t);
}

/* Of two that were never there at once, the later one. */
static void test_one_address(void **state)
{
	struct table *t = kept_table();
	uint64_t before = establish(t, 1, 2);
	struct seen seen = { 0 };

	look(t, &seen);
	uint64_t after = establish(t, 1, 2);
	look(t, &seen);
	assert_null(rdl_dtls_find(t->dtls, before));
	assert_int_equal(seen.count, 2);
	table_end(t);
	/* That the first one ended was not told any more. */
	for (unsigned order = 0; order < 2; order++) {
		t = kept_table();
		seen.kept[0].established_ms = 100;
		seen.kept[1].established_ms = 101;
		assert_true(rdl_dtls_restore(t->dtls, &seen.kept[order]));
		assert_true(rdl_dtls_restore(t->dtls, &seen.kept[1 - order]));
		assert_int_equal(rdl_dtls_restore_end(t->dtls, 7, t->now_s), 1);
		assert_null(rdl_dtls_find(t->dtls, before));
		assert_non_null(rdl_dtls_find(t->dtls, after));
		table_end(t);
	}
}

/* Partitions go to workers as ever. What another size has no slot for does not come back. */
static void test_other_workers(void **state)
{
	struct table *t = kept_table(), *workers[3];
	struct seen seen = { 0 };
	uint64_t restored = 0, fits = 0;

	for (unsigned host = 1; host <= 40; host++)
		(void)establish(t, host, host);
	look(t, &seen);
	assert_int_equal(seen.count, 40);
	table_end(t);
	for (unsigned w = 0; w < 3; w++) {
		struct rdl_dtls_config config = kept_config(w, 3);

		workers[w] = table_new(&config);
		for (unsigned i = 0; i < seen.count; i++)
			if (rdl_dtls_worker(workers[w]->dtls, seen.kept[i].name) == w)
				fits += rdl_dtls_restore(workers[w]->dtls, &seen.kept[i]);
		restored += rdl_dtls_restore_end(workers[w]->dtls, 7, 1000);
	}
	assert_int_equal(fits, 40);
	assert_int_equal(restored, 40);
	for (unsigned i = 0; i < seen.count; i++) {
		unsigned w = rdl_dtls_partition(seen.kept[i].name) % 3;
		uint64_t name = seen.kept[i].name;

		assert_int_equal(
			rdl_dtls_name(workers[w]->dtls, rdl_dtls_find(workers[w]->dtls, name)),
			name);
	}
	for (unsigned w = 0; w < 3; w++)
		table_end(workers[w]);
}

/* What others see of one that is under way, with CBC, or over. */
static void test_not_to_be_seen(void **state)
{
	struct table *t = kept_table();
	struct rdl_dtls_keys keys = keys_of(2, RDL_DTLS_NO_CID);
	uint64_t under_way = begin(t, 1, 1), cbc = begin(t, 1, 2), over = establish(t, 1, 3);
	struct rdl_dtls_course course;
	struct seen seen = { 0 };

	keys.suite = RDL_DTLS_AES_128_CBC;
	assert_true(rdl_dtls_establish(t->dtls, cbc, &keys, t->now_s));
	assert_true(rdl_dtls_follow(t->dtls, over, &course));
	assert_int_equal(course.read_sequence, 1);
	rdl_dtls_end(t->dtls, over);
	look(t, &seen);
	assert_int_equal(seen.count, 0);
	assert_false(rdl_dtls_follow(t->dtls, under_way, &course));
	assert_false(rdl_dtls_follow(t->dtls, cbc, &course));
	assert_false(rdl_dtls_follow(t->dtls, over, &course));
	assert_false(rdl_dtls_follow(t->dtls, UINT64_MAX, &course));
	table_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_number_twice),
		cmocka_unit_test(test_used_up),
		cmocka_unit_test(test_as_it_was),
		cmocka_unit_test(test_what_came_later),
		cmocka_unit_test(test_time_is_over),
		cmocka_unit_test(test_one_address),
		cmocka_unit_test(test_other_workers),
		cmocka_unit_test(test_not_to_be_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
