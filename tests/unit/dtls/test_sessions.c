/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions begin, open, are kept and end; whoever holds a name that is over finds nothing. */
#include "fixture.h"

static bool is_wiped(const struct rdl_dtls_session *slot)
{
	struct rdl_dtls_session empty = { .generation = slot->generation, .next = slot->next };

	return memcmp(slot, &empty, sizeof(empty)) == 0;
}

static void test_life(void **state)
{
	struct table *t = table_new(NULL);
	struct rdl_datagram datagram = from(1, 2);
	uint64_t address = rdl_dtls_address(t->dtls, &datagram), session = begin(t, 1, 2);
	struct rdl_dtls_keys keys = keys_of(9, RDL_DTLS_NO_CID);
	struct rdl_dtls_session *slot = rdl_dtls_find(t->dtls, session);

	assert_non_null(slot);
	assert_ptr_equal(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_HANDSHAKE), slot);
	assert_null(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_OPEN));
	assert_int_equal(rdl_dtls_name(t->dtls, slot), session);
	assert_true(rdl_dtls_establish(t->dtls, session, &keys, t->now_s));
	assert_ptr_equal(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_OPEN), slot);
	assert_null(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_HANDSHAKE));
	assert_int_equal(slot->read_sequence, 1);
	assert_true(slot->window == RDL_DTLS_WINDOW_FULL);
	assert_int_equal(slot->read_key[31], 0xa5);
	assert_int_equal(rdl_dtls_counts(t->dtls)->open[RDL_DTLS_AES_128_CCM_8][1], 1);
	assert_int_equal(rdl_dtls_counts(t->dtls)->handshakes, 0);

	rdl_dtls_end(t->dtls, session);
	assert_null(rdl_dtls_find(t->dtls, session));
	assert_null(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_OPEN));
	assert_true(is_wiped(slot));
	assert_int_equal(t->released[9], 1);
	assert_int_equal(rdl_dtls_counts(t->dtls)->open[RDL_DTLS_AES_128_CCM_8][1], 0);
	/* The slot again, under another name. */
	assert_true(begin(t, 1, 2) != session);
	assert_null(rdl_dtls_find(t->dtls, session));
	rdl_dtls_end(t->dtls, session);
	assert_int_equal(rdl_dtls_counts(t->dtls)->handshakes, 1);
	table_end(t);
}

static void test_establish_once(void **state)
{
	struct table *t = table_new(NULL);
	struct rdl_dtls_keys keys = keys_of(9, RDL_DTLS_NO_CID);
	uint64_t session = begin(t, 1, 2);

	assert_true(rdl_dtls_establish(t->dtls, session, &keys, t->now_s));
	/* What comes twice does not end it, and holds nothing. */
	assert_false(rdl_dtls_establish(t->dtls, session, &keys, t->now_s));
	assert_non_null(rdl_dtls_find(t->dtls, session));
	table_end(t);
}

/* A device that has rebooted: what it had lives until it has proved itself again. */
static void test_rebooted(void **state)
{
	struct table *t = table_new(NULL);
	struct rdl_datagram datagram = from(1, 2);
	struct rdl_dtls_keys keys = keys_of(2, RDL_DTLS_NO_CID);
	uint64_t before = establish(t, 1, 2), now, again, evicted;

	now = begin(t, 1, 2);
	assert_non_null(rdl_dtls_find(t->dtls, before));
	assert_int_equal(rdl_dtls_begin(t->dtls, &datagram, t->hello, t->now_s, &again, &evicted),
		RDL_DTLS_GOES_ON);
	assert_int_equal(again, now);
	/* Another Hello: it has rebooted once more. */
	assert_int_equal(
		rdl_dtls_begin(t->dtls, &datagram, t->hello + 1, t->now_s, &again, &evicted),
		RDL_DTLS_BEGUN);
	assert_int_equal(evicted, now);
	assert_null(rdl_dtls_find(t->dtls, now));
	assert_true(rdl_dtls_establish(t->dtls, again, &keys, t->now_s));
	assert_null(rdl_dtls_find(t->dtls, before));
	assert_int_equal(t->released[2], 1);
	assert_int_equal(rdl_dtls_counts(t->dtls)->replaced, 1);
	table_end(t);
}

/* A copy of a Hello that comes when its handshake has been finished begins none. */
static void test_late_hello(void **state)
{
	for (unsigned host = 0; host < 2; host++) {
		struct table *t = table_new(NULL);
		struct rdl_datagram datagram = from(1, host);
		struct rdl_dtls_keys keys = keys_of(2, host == 0 ? RDL_DTLS_NO_CID : 23);
		uint64_t session = begin(t, 1, host), again, evicted;

		memset(keys.peer_cid, 0xff, sizeof(keys.peer_cid));
		assert_true(rdl_dtls_establish(t->dtls, session, &keys, t->now_s));
		t->now_s += RDL_DTLS_YOUNG_S - 1;
		assert_int_equal(
			rdl_dtls_begin(t->dtls, &datagram, t->hello, t->now_s, &again, &evicted),
			RDL_DTLS_GOES_ON);
		assert_int_equal(again, session);
		assert_int_equal(rdl_dtls_counts(t->dtls)->handshakes, 0);
		/* Nobody asks for that one any more. */
		t->now_s += 1;
		assert_int_equal(
			rdl_dtls_begin(t->dtls, &datagram, t->hello, t->now_s, &again, &evicted),
			RDL_DTLS_BEGUN);
		assert_int_equal(rdl_dtls_counts(t->dtls)->begun, 2);
		table_end(t);
	}
}

/* Nor does it end another one, of a device that has rebooted meanwhile. */
static void test_late_hello_of_before(void **state)
{
	struct table *t = table_new(NULL);
	struct rdl_datagram datagram = from(1, 2);
	uint64_t open = establish(t, 1, 2), first = t->hello, now = begin(t, 1, 2), again, evicted;

	assert_int_equal(rdl_dtls_begin(t->dtls, &datagram, first, t->now_s, &again, &evicted),
		RDL_DTLS_GOES_ON);
	assert_int_equal(again, open);
	assert_non_null(rdl_dtls_find(t->dtls, now));
	table_end(t);
}

/*
 * Another Hello of the same client's, which has followed a HelloVerifyRequest since: what it waits
 * for now has another number. A copy of the one before is late.
 */
static void test_hello_numbers(void **state)
{
	static const struct {
		uint64_t sequence;
		enum rdl_dtls_begin begin;
	} hellos[] = {
		{ 2, RDL_DTLS_BEGUN },
		{ 1, RDL_DTLS_GOES_ON },
		{ 2, RDL_DTLS_GOES_ON },
		{ UINT16_MAX, RDL_DTLS_BEGUN },
	};
	struct table *t = table_new(NULL);
	struct rdl_datagram datagram = from(1, 2);
	struct rdl_dtls_keys keys = keys_of(2, RDL_DTLS_NO_CID);
	uint64_t now = begin(t, 1, 2), again, evicted;

	for (unsigned i = 0; i < sizeof(hellos) / sizeof(hellos[0]); i++) {
		uint64_t hello = hellos[i].sequence << 48 | t->hello;
		bool begun = hellos[i].begin == RDL_DTLS_BEGUN;

		assert_int_equal(
			rdl_dtls_begin(t->dtls, &datagram, hello, t->now_s, &again, &evicted),
			hellos[i].begin);
		assert_int_equal(evicted, begun ? now : 0);
		assert_int_equal(again == now, !begun);
		now = again;
	}
	assert_true(rdl_dtls_establish(t->dtls, now, &keys, t->now_s));
	assert_int_equal(rdl_dtls_begin(t->dtls, &datagram, t->hello, t->now_s, &again, &evicted),
		RDL_DTLS_GOES_ON);
	assert_int_equal(again, now);
	table_end(t);
}

/* With a Connection ID it may have moved: somebody else at its address does not end it. */
static void test_address_of_another(void **state)
{
	struct table *t = table_new(NULL);
	struct rdl_datagram here = from(1, 2), there = from(3, 4);
	uint64_t address = rdl_dtls_address(t->dtls, &here);
	struct rdl_dtls_keys keys = keys_of(5, 0);
	uint64_t before = begin(t, 1, 2), now;
	struct rdl_dtls_session *slot = rdl_dtls_find(t->dtls, before);

	assert_true(rdl_dtls_establish(t->dtls, before, &keys, t->now_s));
	now = establish(t, 1, 2);
	assert_ptr_equal(rdl_dtls_find(t->dtls, before), slot);
	assert_ptr_equal(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_OPEN),
		rdl_dtls_find(t->dtls, now));
	rdl_dtls_move(t->dtls, slot, rdl_dtls_address(t->dtls, &there));
	assert_ptr_equal(rdl_dtls_find_address(t->dtls, slot->address, RDL_DTLS_OPEN), slot);
	/* Nor does it hide that one when it moves there. */
	rdl_dtls_move(t->dtls, slot, address);
	assert_ptr_equal(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_OPEN),
		rdl_dtls_find(t->dtls, now));
	rdl_dtls_end(t->dtls, now);
	assert_null(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_OPEN));
	assert_ptr_equal(rdl_dtls_find(t->dtls, before), slot);
	table_end(t);
}

/* Whoever has many sessions cannot make a long way of one address. */
static void test_many_move_to_one(void **state)
{
	struct table *t = table_new(NULL);
	struct rdl_datagram there = from(9, 9);
	uint64_t address = rdl_dtls_address(t->dtls, &there), names[4];
	struct rdl_dtls_keys keys = keys_of(5, 0);

	for (unsigned i = 0; i < 4; i++) {
		names[i] = begin(t, 1, (uint16_t)(2 + i));
		assert_true(rdl_dtls_establish(t->dtls, names[i], &keys, t->now_s));
	}
	for (unsigned i = 0; i < 4; i++) {
		struct rdl_dtls_session *session = rdl_dtls_find(t->dtls, names[i]);

		rdl_dtls_move(t->dtls, session, address);
		assert_ptr_equal(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_OPEN), session);
	}
	rdl_dtls_end(t->dtls, names[3]);
	assert_null(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_OPEN));
	for (unsigned i = 0; i < 3; i++)
		assert_non_null(rdl_dtls_find(t->dtls, names[i]));
	table_end(t);
}

static void test_failed(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t open = establish(t, 1, 2), under_way = begin(t, 1, 3);

	rdl_dtls_fail(t->dtls, open);
	rdl_dtls_fail(t->dtls, under_way);
	rdl_dtls_fail(t->dtls, under_way);
	assert_non_null(rdl_dtls_find(t->dtls, open));
	assert_null(rdl_dtls_find(t->dtls, under_way));
	assert_int_equal(rdl_dtls_counts(t->dtls)->handshakes, 0);
	table_end(t);
}

static void test_revoked(void **state)
{
	struct table *t = table_new(NULL);
	struct rdl_dtls_keys keys = keys_of(9, RDL_DTLS_NO_CID);
	uint64_t open = establish(t, 1, 2), under_way = begin(t, 1, 3);
	struct rdl_dtls_session *slot = rdl_dtls_find(t->dtls, open);

	assert_false(rdl_dtls_is_over(t->dtls, slot, t->now_s));
	t->incarnations[2]++;
	assert_true(rdl_dtls_is_over(t->dtls, slot, t->now_s));
	rdl_dtls_sweep(t->dtls, t->now_s, 10);
	assert_null(rdl_dtls_find(t->dtls, open));
	assert_int_equal(t->released[2], 1);
	assert_int_equal(rdl_dtls_counts(t->dtls)->revoked, 1);
	t->incarnations[9]++;
	assert_false(rdl_dtls_establish(t->dtls, under_way, &keys, t->now_s));
	assert_null(rdl_dtls_find(t->dtls, under_way));
	assert_int_equal(t->released[9], 1);
	table_end(t);
}

static void test_deadlines(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t idle = establish(t, 1, 1), kept = establish(t, 1, 2), left = establish(t, 1, 3);
	uint64_t touched = establish(t, 1, 4), ever = establish(t, 1, 5), under_way;
	uint64_t long_kept = establish(t, 1, 7);

	rdl_dtls_keep(t->dtls, kept, 1000, t->now_s);
	rdl_dtls_keep(t->dtls, ever, UINT32_MAX, t->now_s);
	rdl_dtls_keep(t->dtls, long_kept, 3000000000, t->now_s);
	rdl_dtls_keep(t->dtls, left, 1000, t->now_s);
	rdl_dtls_keep(t->dtls, left, 0, t->now_s);
	assert_int_equal(rdl_dtls_counts(t->dtls)->registered, 3);
	under_way = begin(t, 1, 6);
	/* The second that had begun is not counted. */
	rdl_dtls_sweep(t->dtls, t->now_s + 60, 10);
	assert_non_null(rdl_dtls_find(t->dtls, under_way));
	rdl_dtls_sweep(t->dtls, t->now_s + 61, 10);
	assert_null(rdl_dtls_find(t->dtls, under_way));
	t->now_s += 300;
	rdl_dtls_touch(t->dtls, rdl_dtls_find(t->dtls, touched), t->now_s);
	rdl_dtls_touch(t->dtls, rdl_dtls_find(t->dtls, kept), t->now_s);
	rdl_dtls_sweep(t->dtls, t->now_s, 10);
	assert_non_null(rdl_dtls_find(t->dtls, idle));
	rdl_dtls_sweep(t->dtls, ++t->now_s, 10);
	assert_null(rdl_dtls_find(t->dtls, idle));
	assert_null(rdl_dtls_find(t->dtls, left));
	assert_non_null(rdl_dtls_find(t->dtls, touched));
	rdl_dtls_sweep(t->dtls, t->now_s + 700, 10);
	assert_null(rdl_dtls_find(t->dtls, kept));
	assert_non_null(rdl_dtls_find(t->dtls, long_kept));
	rdl_dtls_sweep(t->dtls, UINT32_MAX - 1, 10);
	assert_null(rdl_dtls_find(t->dtls, long_kept));
	assert_non_null(rdl_dtls_find(t->dtls, ever));
	assert_int_equal(rdl_dtls_counts(t->dtls)->registered, 1);
	table_end(t);
}

/* Which registration it has is known as long as it has it, and costs the others no place. */
static void test_registration(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t kept = establish(t, 1, 1), idle = establish(t, 1, 2), late = establish(t, 1, 3);

	rdl_dtls_set_registration(t->dtls, idle, 7);
	assert_int_equal(rdl_dtls_registration(t->dtls, idle), RDL_DTLS_NONE);
	rdl_dtls_keep(t->dtls, kept, 1000, t->now_s);
	assert_int_equal(rdl_dtls_registration(t->dtls, kept), RDL_DTLS_NONE);
	rdl_dtls_set_registration(t->dtls, kept, 0x01000002);
	rdl_dtls_keep(t->dtls, kept, 2000, t->now_s);
	assert_int_equal(rdl_dtls_registration(t->dtls, kept), 0x01000002);
	rdl_dtls_touch(t->dtls, rdl_dtls_find(t->dtls, idle), t->now_s);
	rdl_dtls_touch(t->dtls, rdl_dtls_find(t->dtls, late), t->now_s);
	assert_int_equal(rdl_dtls_registration(t->dtls, kept), 0x01000002);
	rdl_dtls_keep(t->dtls, kept, 0, t->now_s);
	assert_int_equal(rdl_dtls_registration(t->dtls, kept), RDL_DTLS_NONE);
	rdl_dtls_end(t->dtls, kept);
	assert_int_equal(rdl_dtls_registration(t->dtls, kept), RDL_DTLS_NONE);
	rdl_dtls_end(t->dtls, idle);
	rdl_dtls_end(t->dtls, late);
	table_end(t);
}

/* A few at a time, and all of them in the end. */
static void test_budget(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t sessions[12];
	unsigned rounds = 0, left = 12;

	for (unsigned i = 0; i < 12; i++)
		sessions[i] = establish(t, 1, i);
	for (; left > 0 && rounds < 20; rounds++) {
		rdl_dtls_sweep(t->dtls, t->now_s + 301, 3);
		left = 0;
		for (unsigned i = 0; i < 12; i++)
			left += rdl_dtls_find(t->dtls, sessions[i]) != NULL;
		assert_true(left >= 12 - 3 * (rounds + 1));
	}
	assert_int_equal(rounds, 4);
	table_end(t);
}

/* The table is full: who has no registration and was not heard of for longest ends. */
static void test_full(void **state)
{
	struct table *t = table_new(NULL);
	unsigned room = t->dtls->open_max;
	struct rdl_dtls_keys keys = keys_of(200, RDL_DTLS_NO_CID);
	uint64_t sessions[64], one;

	assert_in_range(room, 3, 63);
	for (unsigned i = 0; i < room; i++)
		sessions[i] = establish(t, 1, i);
	rdl_dtls_keep(t->dtls, sessions[0], 1000, t->now_s);
	rdl_dtls_touch(t->dtls, rdl_dtls_find(t->dtls, sessions[1]), t->now_s);
	sessions[room] = establish(t, 1, room);
	assert_non_null(rdl_dtls_find(t->dtls, sessions[0]));
	assert_non_null(rdl_dtls_find(t->dtls, sessions[1]));
	assert_null(rdl_dtls_find(t->dtls, sessions[2]));
	assert_int_equal(t->released[2], 1);
	for (unsigned i = 1; i <= room; i++)
		rdl_dtls_keep(t->dtls, sessions[i], 1000, t->now_s);
	assert_int_equal(rdl_dtls_counts(t->dtls)->registered, room);
	one = begin(t, 1, 100);
	assert_false(rdl_dtls_establish(t->dtls, one, &keys, t->now_s));
	assert_null(rdl_dtls_find(t->dtls, one));
	assert_int_equal(t->released[200], 1);
	/* The same device again is no more than there were. */
	one = begin(t, 1, 1);
	assert_true(rdl_dtls_establish(t->dtls, one, &keys, t->now_s));
	assert_int_equal(rdl_dtls_counts(t->dtls)->full, 2);
	table_end(t);
}

/* Names say whose they are, and no worker finds another's. */
static void test_workers(void **state)
{
	enum { WORKERS = 3 };
	struct table *tables[WORKERS];

	for (unsigned w = 0; w < WORKERS; w++)
		tables[w] = table_new(&(struct rdl_dtls_config){
			.worker = w, .workers = WORKERS, .handshakers = 2, .sessions = 3000 });
	for (unsigned w = 0; w < WORKERS; w++) {
		unsigned seen[2] = { 0 };

		for (unsigned i = 0; i < 900; i++) {
			uint64_t session = establish(tables[w], i / 200, i % 200);
			const struct rdl_dtls_session *slot =
				rdl_dtls_find(tables[w]->dtls, session);

			assert_int_equal(rdl_dtls_name(tables[w]->dtls, slot), session);
			assert_int_equal(rdl_dtls_worker(tables[0]->dtls, session), w);
			assert_null(rdl_dtls_find(tables[(w + 1) % WORKERS]->dtls, session));
			seen[rdl_dtls_handshaker(tables[w]->dtls, session)]++;
		}
		assert_in_range(seen[0], 300, 600);
	}
	assert_null(rdl_dtls_find(tables[0]->dtls, UINT64_MAX));
	assert_null(rdl_dtls_find(tables[0]->dtls, 0));
	for (unsigned w = 0; w < WORKERS; w++)
		table_end(tables[w]);
}

/* A slot that has had all of its names is never given again. */
static void test_used_up(void **state)
{
	struct table *t = table_new(NULL);
	uint64_t session = begin(t, 1, 1);
	struct rdl_dtls_session *slot = rdl_dtls_find(t->dtls, session);

	rdl_dtls_end(t->dtls, session);
	slot->generation = UINT32_MAX;
	session = begin(t, 1, 1);
	assert_ptr_equal(rdl_dtls_find(t->dtls, session), slot);
	rdl_dtls_end(t->dtls, session);
	session = begin(t, 1, 1);
	assert_ptr_not_equal(rdl_dtls_find(t->dtls, session), slot);
	table_end(t);
}

static void test_young(void **state)
{
	struct table *t = table_new(NULL);

	t->now_s = 65530;
	const struct rdl_dtls_session *slot = rdl_dtls_find(t->dtls, establish(t, 1, 1));
	assert_true(rdl_dtls_is_young(slot, t->now_s + RDL_DTLS_YOUNG_S - 1));
	assert_false(rdl_dtls_is_young(slot, t->now_s + RDL_DTLS_YOUNG_S));
	table_end(t);
}

static void test_memory(void **state)
{
	struct rdl_dtls_config config = {
		.workers = 4,
		.sessions = 1000000,
		.handshakes = 2500,
	};
	size_t all = 0;

	for (config.worker = 0; config.worker < config.workers; config.worker++)
		all += rdl_dtls_memory(&config);
	print_message("%.1f octets a session of a million, at four workers\n",
		(double)all / (double)config.sessions);
	assert_in_range(all / config.sessions, 164, 176);
	config.worker = 0;
	config.sessions = UINT64_C(1) << 40;
	assert_int_equal(rdl_dtls_memory(&config), 0);
}

static unsigned due(struct table *t, uint64_t now_ms, unsigned most, bool behind)
{
	bool is_behind = !behind;
	unsigned slots = rdl_dtls_sweep_due(t->dtls, now_ms, most, &is_behind);

	assert_int_equal(is_behind, behind);
	return slots;
}

/* All slots that were ever used, in the time that a round has, however often it is asked. */
static void test_due(void **state)
{
	/* Of 256 partitions 85 are worker 1's, and each has a few slots. */
	const struct rdl_dtls_config config = {
		.worker = 1, .workers = 3, .handshakes = 100, .sessions = 300
	};
	struct table *t = table_new(&config);
	uint64_t now_ms = 5000000;
	unsigned sum = 0;

	assert_int_equal(due(t, now_ms, 100, false), 0);
	for (unsigned i = 0; i < 80; i++)
		establish(t, i, i);
	assert_int_equal(due(t, now_ms += RDL_DTLS_SWEEP_MS / 2, 100, false), 40);
	for (unsigned i = 0; i < RDL_DTLS_SWEEP_MS; i++)
		sum += due(t, ++now_ms, 100, false);
	assert_int_equal(sum, 80);
	/* What is not done now is done next. */
	now_ms += RDL_DTLS_SWEEP_MS;
	assert_int_equal(due(t, now_ms, 30, true), 30);
	assert_int_equal(due(t, now_ms, 30, true), 30);
	assert_int_equal(due(t, now_ms, 30, false), 20);
	assert_int_equal(due(t, now_ms, 30, false), 0);
	/* After a long pause no more than all, and what was due before is among them. */
	assert_int_equal(due(t, now_ms += 1000 * RDL_DTLS_SWEEP_MS, 30, true), 30);
	assert_int_equal(due(t, now_ms += RDL_DTLS_SWEEP_MS, 100, false), 80);
	table_end(t);
}

/* When the last slot has been used. */
static void test_due_full(void **state)
{
	const struct rdl_dtls_config config = { .worker = 2, .workers = 255, .handshakes = 4 };
	struct table *t = table_new(&config);

	for (unsigned i = 0; i < 20; i++)
		if (i < 16)
			establish(t, i, i);
		else
			begin(t, i, i);
	assert_int_equal(t->dtls->fresh, RDL_DTLS_NONE);
	assert_int_equal(due(t, 5000000, 100, false), 20);
	table_end(t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_establish_once),
		cmocka_unit_test(test_rebooted),
		cmocka_unit_test(test_late_hello),
		cmocka_unit_test(test_late_hello_of_before),
		cmocka_unit_test(test_hello_numbers),
		cmocka_unit_test(test_address_of_another),
		cmocka_unit_test(test_many_move_to_one),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_registration),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_due_full),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_workers),
		cmocka_unit_test(test_used_up),
		cmocka_unit_test(test_young),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
