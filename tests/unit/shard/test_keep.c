/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes that a journal keeps: each has its entry before anything says so, what there is no room
 * for is shed before it is made, and what changes nothing goes on.
 */
#include "kept.h"

#define UNDER_WAY 64
#define WORKERS 2
#define REGISTRATIONS 30000

static const struct rdl_sweeps_config sweeps = { 60000, 60000, UINT64_C(1) << 40 };
static void *memory;

/* Answers leave at once. */
static int setup_window(void **state)
{
	keep(REGISTRATIONS, &sweeps);
	return 0;
}

static int setup_commit(void **state)
{
	setup_window(state);
	memory = calloc(1, rdl_shard_waiting_memory(WORKERS, UNDER_WAY));
	assert_non_null(memory);
	rdl_shard_wait(&shard, memory, WORKERS, UNDER_WAY);
	return 0;
}

static int teardown_all(void **state)
{
	fake_disk_stop(&disk);
	free(memory);
	memory = NULL;
	return teardown(state);
}

#define WINDOW_TEST(test) cmocka_unit_test_setup_teardown(test, setup_window, teardown_all)
#define COMMIT_TEST(test) cmocka_unit_test_setup_teardown(test, setup_commit, teardown_all)

/* True when it is answered at once, or shed. */
static bool ask_of(struct handed *h, unsigned worker, const char *text, const char *id)
{
	struct rdl_request *requests[] = { &h->request };

	hand(h, text, id);
	return rdl_shard_burst(&shard, policy, requests, 1, worker, EPOCH) == 1;
}

static bool ask(struct handed *h, const char *text, const char *id)
{
	return ask_of(h, 0, text, id);
}

/* The very octets of another, again. */
static bool ask_again(struct handed *h, const struct handed *first, const char *text,
	const char *id, uint64_t now_ms)
{
	struct rdl_request *requests[] = { &h->request };

	hand(h, text, id);
	h->request.exchange = first->request.exchange;
	return rdl_shard_burst(&shard, policy, requests, 1, 0, now_ms) == 1;
}

static struct handed *next(void)
{
	struct rdl_request *request = NULL;
	unsigned worker;

	rdl_shard_take_answers(&shard, &worker, &request, 1);
	return (struct handed *)request; /* its first member */
}

/* Entries that the ring has got since. */
static uint64_t entries(void)
{
	rdl_shard_publish(&shard, EPOCH);
	return fake_disk_take(&disk, UINT64_MAX);
}

/* ---- what is put ---- */

static void test_each_change(void **state)
{
	static struct handed h, again;
	struct id id;

	assert_int_equal(entries(), 1);
	assert_int_equal(disk.log[0].mark, RDL_JOURNAL_SWEEP_BEGINS);
	id = register_at("CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, EPOCH);
	assert_int_equal(shard.position, 2);
	assert_int_equal(entries(), 1);
	assert_true(ask(&h, "CON POST 11:rd 11:@ 15:lt=70", id.text));
	assert_int_equal(shard.position, 3);
	assert_true(fake_disk_take(&disk, 1) == 0);
	assert_int_equal(entries(), 1);
	/* A copy begins the lifetime anew, and says nothing new to those who listen. */
	assert_true(ask_again(&again, &h, "CON POST 11:rd 11:@ 15:lt=70", id.text, EPOCH));
	assert_int_equal(code_of(&again), CODE(2, 4));
	assert_int_equal(entries(), 1);
	/* What changes nothing. */
	assert_int_equal(request_at("CON GET 11:rd 11:@", &id, EPOCH), CODE(4, 5));
	assert_int_equal(request_at("CON POST 11:rd 11:@ 15:ep=x", &id, EPOCH), CODE(4, 0));
	assert_int_equal(entries(), 0);
	assert_int_equal(request_at("CON DELETE 11:rd 11:@", &id, EPOCH), CODE(2, 2));
	assert_int_equal(entries(), 1);
	assert_int_equal(request_at("CON POST 11:rd 11:@", &id, EPOCH), CODE(4, 4));
	assert_int_equal(entries(), 0);
	assert_int_equal(shard.position, 5);
	/* Its end was known when it began: whoever comes first sees to it. */
	register_at("CON POST 11:rd 15:ep=b 15:lt=60" OBJECTS, EPOCH);
	register_at("CON POST 11:rd 15:ep=c 15:lt=60" OBJECTS, EPOCH);
	assert_int_equal(entries(), 2);
	register_at("CON POST 11:rd 15:ep=c 15:lt=60" OBJECTS, EPOCH + 61000);
	while (rdl_shard_expire(&shard, EPOCH + 61000))
		;
	assert_int_equal(counter(RDL_STAT_expired), 2);
	assert_int_equal(entries(), 1);
	assert_int_equal(shard.position, 8);
}

/* Every change that was answered is there when the ring is read up to what was confirmed. */
static void test_positions(void **state)
{
	static struct handed h, other;
	struct id id;

	catch_up(EPOCH);
	assert_false(ask(&h, "CON POST 11:rd 15:ep=a" OBJECTS, ""));
	assert_false(ask_of(&other, 1, "CON POST 11:rd 15:ep=b" OBJECTS, ""));
	rdl_shard_confirm(&shard);
	assert_null(next());
	rdl_shard_publish(&shard, EPOCH);
	assert_int_equal(fake_disk_take(&disk, UINT64_MAX), 2);
	rdl_shard_confirm(&shard);
	assert_null(next());
	fake_disk_confirm(&disk, 2);
	rdl_shard_confirm(&shard);
	assert_ptr_equal(next(), &h);
	assert_null(next());
	id = expect_created(&h);
	fake_disk_confirm(&disk, 3);
	rdl_shard_confirm(&shard);
	assert_ptr_equal(next(), &other);
	assert_false(ask(&h, "CON POST 11:rd 11:@", id.text));
	catch_up(EPOCH);
	assert_ptr_equal(next(), &h);
	assert_int_equal(code_of(&h), CODE(2, 4));
}

/* ---- what is shed ---- */

static uint64_t room(void)
{
	return RING_LEN - (disk.ring.written - disk.ring.tail);
}

static void register_until_shed(void)
{
	static struct handed h;
	uint64_t registered = counter(RDL_STAT_registered);
	char text[300];
	unsigned n = 0;

	do {
		snprintf(text, sizeof(text), "CON POST 11:rd 15:ep=%0200u 15:lt=60" OBJECTS, n++);
		assert_true(ask(&h, text, ""));
	} while (h.request.code != 0);
	assert_int_equal(counter(RDL_STAT_drop_journal_register), 1);
	assert_int_equal(counter(RDL_STAT_registered), registered + n - 1);
}

static void update_until_shed(const struct id *id, const char *text)
{
	static struct handed h;

	do {
		assert_true(ask(&h, text, id->text));
		assert_true(h.request.code == 0 || code_of(&h) == CODE(2, 4));
	} while (h.request.code != 0);
}

/* What goes on whatever the ring has room for. */
static void expect_reads(const struct id *id, const struct handed *first, const struct id *dead)
{
	static struct handed h;

	assert_int_equal(request_at("CON POST 11:rd 11:@", dead, EPOCH), CODE(4, 4));
	assert_int_equal(request_at("CON DELETE 11:rd 11:@", dead, EPOCH), CODE(4, 4));
	assert_int_equal(request_at("CON GET 11:rd 11:@", id, EPOCH), CODE(4, 5));
	hand(&h, "CON POST 11:rd 11:@", id->text);
	h.request.gives = RDL_GIVES_BLOCK;
	commit(&h, EPOCH);
	assert_int_equal(code_of(&h), CODE(2, 31));
	assert_true(ask_again(&h, first, "CON POST 11:rd 15:ep=a 15:lt=600" OBJECTS, "", EPOCH));
	assert_int_equal(code_of(&h), CODE(2, 1));
	assert_string_equal(expect_created(&h).text, id->text);
}

/* Registers first, then what may be long, then the rest; and all of it again when there is room. */
static void test_shedding(void **state)
{
	static struct handed first, update, brief, h;
	struct id id, dead, other;
	uint64_t position;

	assert_true(ask(&first, "CON POST 11:rd 15:ep=a 15:lt=600" OBJECTS, ""));
	id = expect_created(&first);
	assert_true(ask(&brief, "CON POST 11:rd 15:ep=b 15:lt=20" OBJECTS, ""));
	dead = register_at("CON POST 11:rd 15:ep=d 15:lt=600" OBJECTS, EPOCH);
	other = register_at("CON POST 11:rd 15:ep=o 15:lt=600" OBJECTS, EPOCH);
	assert_int_equal(request_at("CON DELETE 11:rd 11:@", &dead, EPOCH), CODE(2, 2));
	assert_true(ask(&update, "CON POST 11:rd 11:@ 15:lt=601", other.text));
	register_until_shed();
	assert_in_range(room(), RING_LEN / 2 - 600, RING_LEN / 2);
	expect_reads(&id, &first, &dead);
	update_until_shed(&id, "CON POST 11:rd 11:@ 15:b=U");
	assert_in_range(room(), RDL_ENTRY_MAX, RDL_ENTRY_MAX * 2 + 200);
	assert_int_equal(counter(RDL_STAT_drop_journal_update), 1);
	expect_reads(&id, &first, &dead);
	assert_true(ask(&h, "CON POST 11:rd 11:@ | </1/0>,</3/0>,</5/0>", id.text));
	assert_int_equal(h.request.code, 0);
	update_until_shed(&id, "CON POST 11:rd 11:@ 15:lt=600");
	assert_in_range(room(), 0, 2 * RDL_ENTRY_SHORT_MAX + 100);
	/* Nothing more. */
	position = shard.position;
	assert_int_equal(counter(RDL_STAT_drop_journal_update), 3);
	assert_true(ask(&h, "CON DELETE 11:rd 11:@", id.text));
	assert_int_equal(h.request.code, 0);
	assert_int_equal(counter(RDL_STAT_drop_journal_deregister), 1);
	expect_reads(&id, &first, &dead);
	assert_true(ask_again(&h, &update, "CON POST 11:rd 11:@ 15:lt=601", other.text, EPOCH));
	assert_int_equal(code_of(&h), CODE(2, 4));
	/* It would begin a lifetime, which nobody would know of after a restart. */
	assert_true(
		ask_again(&h, &update, "CON POST 11:rd 11:@ 15:lt=601", other.text, EPOCH + 46000));
	assert_int_equal(h.request.code, 0);
	/* What is over has no copies any more. */
	assert_true(ask_again(
		&h, &brief, "CON POST 11:rd 15:ep=b 15:lt=20" OBJECTS, "", EPOCH + 21000));
	assert_int_equal(h.request.code, 0);
	assert_false(rdl_shard_remove(&shard, find(&other, EPOCH), EPOCH));
	assert_int_not_equal(find(&other, EPOCH), RDL_HANDLE_NONE);
	assert_int_equal(shard.position, position);
	catch_up(EPOCH);
	assert_true(rdl_shard_remove(&shard, find(&other, EPOCH), EPOCH));
	register_at("CON POST 11:rd 15:ep=new" OBJECTS, EPOCH);
	assert_int_equal(request_at("CON DELETE 11:rd 11:@", &id, EPOCH), CODE(2, 2));
	catch_up(EPOCH);
	assert_int_equal(disk.count, position + 3);
}

/* ---- what waits ---- */

/* When the disk says nothing for long, there are bounds to what waits, and reads go on. */
static void test_stall(void **state)
{
	static struct handed h[4 * UNDER_WAY], read;
	unsigned n = 0, waits[3] = { 0 };
	struct id id, dead;
	char text[100];

	assert_false(ask(&h[0], "CON POST 11:rd 15:ep=d" OBJECTS, ""));
	dead = expect_created(&h[0]);
	assert_false(ask(&h[0], "CON POST 11:rd 15:ep=a" OBJECTS, ""));
	id = expect_created(&h[0]);
	assert_false(ask(&h[1], "CON DELETE 11:rd 11:@", dead.text));
	catch_up(EPOCH);
	while (next() != NULL)
		;
	for (;; waits[0]++) {
		snprintf(text, sizeof(text), "CON POST 11:rd 15:ep=n%u" OBJECTS, n);
		if (ask(&h[n++], text, ""))
			break;
	}
	assert_int_equal(waits[0], UNDER_WAY / 2);
	assert_int_equal(counter(RDL_STAT_drop_journal_register), 1);
	for (; !ask(&h[n++], "CON POST 11:rd 11:@", id.text); waits[1]++)
		;
	assert_int_equal(waits[1], UNDER_WAY / 8);
	assert_int_equal(counter(RDL_STAT_drop_journal_update), 1);
	/* Copies of what is not safe, which tell of it. */
	const struct handed *original = &h[n - 2];
	for (; !ask_again(&h[n++], original, "CON POST 11:rd 11:@", id.text, EPOCH); waits[2]++)
		assert_int_equal(code_of(&h[n - 1]), CODE(2, 4));
	assert_int_equal(waits[2], UNDER_WAY / 16);
	assert_int_equal(h[n - 1].request.code, 0);
	assert_int_equal(counter(RDL_STAT_drop_journal_update), 2);
	assert_true(ask(&read, "CON POST 11:rd 11:@", dead.text));
	assert_int_equal(code_of(&read), CODE(4, 4));
	assert_true(ask(&read, "CON GET 11:rd 11:@", id.text));
	assert_int_equal(code_of(&read), CODE(4, 5));
	/* Another worker has a share of its own. */
	assert_false(ask_of(&read, 1, "CON POST 11:rd 15:ep=other" OBJECTS, ""));
	assert_null(next());
	catch_up(EPOCH);
	for (unsigned i = 0; i < UNDER_WAY / 2 + UNDER_WAY / 8 + UNDER_WAY / 16 + 1; i++)
		assert_non_null(next());
	assert_null(next());
	assert_false(ask(&read, "CON POST 11:rd 15:ep=late" OBJECTS, ""));
}

/* For good: what waited says nothing, what is not safe is not told, and the rest goes on. */
static void test_failure(void **state)
{
	static struct handed first, h, waiting, read;
	struct id safe, unsafe;

	assert_false(ask(&first, "CON POST 11:rd 15:ep=a 15:lt=600" OBJECTS, ""));
	safe = expect_created(&first);
	assert_false(ask(&h, "CON POST 11:rd 15:ep=b 15:lt=600" OBJECTS, ""));
	unsafe = expect_created(&h);
	catch_up(EPOCH);
	assert_non_null(next());
	assert_non_null(next());
	assert_false(ask(&waiting, "CON DELETE 11:rd 11:@", unsafe.text));
	disk.ring.failed = 1;
	rdl_shard_confirm(&shard);
	assert_ptr_equal(next(), &waiting);
	assert_int_equal(waiting.request.code, 0);
	assert_null(next());
	assert_true(ask(&h, "CON POST 11:rd 15:ep=c" OBJECTS, ""));
	assert_int_equal(h.request.code, 0);
	assert_true(ask(&h, "CON POST 11:rd 11:@", safe.text));
	assert_int_equal(h.request.code, 0);
	/* Its end may be undone by a restart. */
	assert_true(ask(&read, "CON POST 11:rd 11:@", unsafe.text));
	assert_int_equal(read.request.code, 0);
	assert_true(ask_again(&h, &first, "CON POST 11:rd 15:ep=a 15:lt=600" OBJECTS, "", EPOCH));
	assert_int_equal(code_of(&h), CODE(2, 1));
	assert_true(ask(&read, "CON GET 11:rd 11:@", safe.text));
	assert_int_equal(code_of(&read), CODE(4, 5));
	assert_false(rdl_shard_remove(&shard, find(&safe, EPOCH), EPOCH));
	assert_int_equal(disk.ring.position, shard.position);
}

static void test_failure_in_window(void **state)
{
	struct id id = register_at("CON POST 11:rd 15:ep=a" OBJECTS, EPOCH);
	static struct handed h;

	disk.ring.failed = 1;
	rdl_shard_confirm(&shard);
	assert_true(ask(&h, "CON POST 11:rd 11:@", id.text));
	assert_int_equal(h.request.code, 0);
	assert_true(ask(&h, "CON POST 11:rd 15:ep=b" OBJECTS, ""));
	assert_int_equal(h.request.code, 0);
	assert_int_equal(shard.position, 2);
}

/* ---- events ---- */

static struct rdl_events events;
static uint64_t events_ring[RDL_EVENTS_RING_MIN / 8];

static unsigned events_read(void)
{
	struct rdl_event event;
	unsigned n = 0;

	rdl_shard_publish(&shard, EPOCH);
	while (rdl_events_read(&events, &event))
		n++;
	rdl_events_give_back(&events);
	return n;
}

/* They are told of what is safe, and no later. */
static void test_events(void **state)
{
	static struct handed h[200];
	char text[100];

	rdl_events_init(&events, events_ring, sizeof(events_ring));
	shard.events = &events;
	rdl_events_listen(&events);
	catch_up(EPOCH);
	for (unsigned i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), "CON POST 11:rd 15:ep=e%u" OBJECTS, i);
		assert_false(ask_of(&h[i], 0, text, ""));
		assert_int_equal(events_read(), 0);
	}
	fake_disk_take(&disk, UINT64_MAX);
	fake_disk_confirm(&disk, 3);
	rdl_shard_confirm(&shard);
	assert_int_equal(events_read(), 2);
	catch_up(EPOCH);
	assert_int_equal(events_read(), 3);
	/* More rounds than are told apart. */
	while (next() != NULL)
		;
	for (unsigned i = 0; i < 2 * RDL_HELD_MAX; i++) {
		struct id id = { "" };

		rdl_location_encode(&location_key, &h[0].request.location, (uint8_t *)id.text);
		assert_false(ask_of(&h[5], 1, "CON POST 11:rd 11:@", id.text));
		assert_int_equal(events_read(), 0);
		if (i % 15 != 14)
			continue;
		fake_disk_take(&disk, UINT64_MAX);
		fake_disk_confirm(&disk, disk.count - 10);
		rdl_shard_confirm(&shard);
		events_read();
		while (next() != NULL)
			;
	}
	catch_up(EPOCH);
	events_read();
	assert_int_equal(events.read, events.written);
	assert_int_equal(events.lost, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WINDOW_TEST(test_each_change),
		COMMIT_TEST(test_positions),
		WINDOW_TEST(test_shedding),
		COMMIT_TEST(test_stall),
		COMMIT_TEST(test_failure),
		WINDOW_TEST(test_failure_in_window),
		COMMIT_TEST(test_events),
	};

	return RUN_SHARD_TESTS(tests);
}
