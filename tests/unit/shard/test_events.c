/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a shard tells: each change once, with the registration as it then is;
 * and walks, whose rule is put to the test.
 */
#include "fixture.h"

static struct rdl_events events;
static uint64_t ring[RDL_EVENTS_RING_MIN / 8];

static int setup_events(void **state)
{
	setup(state);
	rdl_events_init(&events, ring, sizeof(ring));
	rdl_events_allow_rows(&events, UINT64_MAX);
	shard.events = &events;
	rdl_events_listen(&events);
	return 0;
}

/* What is told next, "" when nothing is: "kind seq name lifetime port changed". */
static const char *told(uint64_t now_ms)
{
	static char text[512];
	struct rdl_event event;

	rdl_events_give_back(&events);
	rdl_shard_publish(&shard, now_ms);
	if (!rdl_events_read(&events, &event))
		return "";
	const struct rdl_registration *r = &event.registration;
	assert_int_equal(event.time_ms, now_ms);
	assert_int_equal(event.lost, 0);
	snprintf(text, sizeof(text), "%s %llu %.*s %u %u %02x", rdl_event_kind_text(event.kind),
		(unsigned long long)event.seq, (int)r->endpoint.len, (const char *)r->endpoint.data,
		r->lifetime_s, r->peer.port, event.changed);
	return text;
}

#define CHANGED(what) (1u << RDL_MEMBER_##what)

static void test_each_operation(void **state)
{
	uint64_t now = EPOCH;
	char want[64];

	struct id id = register_at("CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, now);
	assert_string_equal(told(now), "registered 1 a 60 40000 00");
	assert_string_equal(told(now), "");
	now += 1000;
	request_at("CON POST 11:rd 11:@", &id, now);
	assert_string_equal(told(now), "updated 2 a 60 40000 00");
	request_at("CON POST 11:rd 11:@ 15:lt=30 15:sms=1", &id, now);
	snprintf(want, sizeof(want), "updated 3 a 30 40000 %02x", CHANGED(lifetime) | CHANGED(sms));
	assert_string_equal(told(now), want);
	request_at("CON POST 11:rd 11:@ | </1/0>,</3/0>", &id, now);
	assert_string_equal(told(now), "updated 4 a 30 40000 00");
	request_at("CON POST 11:rd 11:@ | </1/0>,</3/0>,</5/0>", &id, now);
	snprintf(want, sizeof(want), "updated 5 a 30 40000 %02x", CHANGED(objects));
	assert_string_equal(told(now), want);
	struct id second = register_at("CON POST 11:rd 15:ep=a 15:lt=90" OBJECTS, now);
	assert_string_equal(told(now), "replaced 6 a 90 40000 00");
	request_at("CON DELETE 11:rd 11:@", &second, now);
	assert_string_equal(told(now), "de-registered 7 a 90 40000 00");
	assert_string_equal(told(now), "");
}

/* Where it was: the location that is dead now, and the address. Times are the wall's. */
static void test_old_and_times(void **state)
{
	static struct handed h;
	uint64_t wall_ms = 1700000000300, now = EPOCH + 900;
	struct rdl_event event;

	rdl_registry_set_wall(shard.registry, wall_ms);
	struct id first = register_at("CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, now);
	rdl_shard_publish(&shard, now);
	assert_true(rdl_events_read(&events, &event));
	assert_int_equal(event.kind, RDL_EVENT_registered);
	now += 350;
	hand(&h, "CON POST 11:rd 11:@", first.text);
	h.request.peer.port = 50000;
	commit(&h, now);
	rdl_shard_publish(&shard, now);
	assert_true(rdl_events_read(&events, &event));
	assert_int_equal(event.changed, CHANGED(address));
	assert_int_equal(event.old.peer.port, 40000);
	assert_int_equal(event.registration.peer.port, 50000);
	assert_int_equal(event.time_ms, now + wall_ms);
	assert_int_equal(event.registration.registered_ms, (EPOCH + 900 + wall_ms) / 1000 * 1000);
	assert_int_equal(event.registration.updated_ms, (now + wall_ms) / 1000 * 1000);
	hand(&h, "CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, "");
	h.request.peer.port = 60000;
	commit(&h, now);
	struct id second = expect_created(&h), old;
	rdl_shard_publish(&shard, now);
	assert_true(rdl_events_read(&events, &event));
	assert_int_equal(event.kind, RDL_EVENT_replaced);
	old = (struct id){ "" };
	rdl_location_encode(&location_key, &event.old.location, (uint8_t *)old.text);
	assert_string_equal(old.text, first.text);
	assert_string_not_equal(old.text, second.text);
	assert_int_equal(event.old.peer.port, 50000);
	assert_int_equal(event.registration.peer.port, 60000);
}

/* Refusals, dead locations and copies change nothing. */
static void test_nothing_told(void **state)
{
	static struct handed h;
	struct id id = register_at("CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, EPOCH);

	told(EPOCH);
	assert_int_equal(request_at("CON POST 11:rd 11:@ 15:lt=x", &id, EPOCH), CODE(4, 0));
	assert_int_equal(request_at("CON GET 11:rd 11:@", &id, EPOCH), CODE(4, 5));
	hand(&h, "CON DELETE 11:rd 11:@", id.text);
	commit(&h, EPOCH);
	assert_string_equal(told(EPOCH), "de-registered 2 a 60 40000 00");
	assert_int_equal(request_at("CON POST 11:rd 11:@", &id, EPOCH), CODE(4, 4));
	assert_string_equal(told(EPOCH), "");
	rdl_events_ignore(&events);
	register_at("CON POST 11:rd 15:ep=b 15:lt=60" OBJECTS, EPOCH);
	assert_string_equal(told(EPOCH), "");
}

static void test_expired(void **state)
{
	uint64_t end = EPOCH + 61000;

	register_at("CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, EPOCH);
	register_at("CON POST 11:rd 15:ep=b 15:lt=60" OBJECTS, EPOCH);
	told(EPOCH);
	told(EPOCH);
	/* Found dead by a Register before it was reclaimed. */
	register_at("CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, end);
	assert_string_equal(told(end), "expired 2 a 60 40000 00");
	assert_string_equal(told(end), "registered 3 a 60 40000 00");
	assert_string_equal(told(end), "");
	while (registrations() > 1)
		rdl_shard_expire(&shard, end);
	assert_string_equal(told(end), "expired 2 b 60 40000 00");
	assert_string_equal(told(end), "");
}

/*
 * Its location is dead at once, and the endpoint may come again,
 * be it with the very octets of before.
 */
static void test_removed(void **state)
{
	static struct handed h, copy;
	struct id id;

	hand(&h, "CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, "");
	hand(&copy, "CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, "");
	h.request.exchange = copy.request.exchange = 99;
	commit(&h, EPOCH);
	id = expect_created(&h);
	told(EPOCH);
	rdl_shard_remove(&shard, find(&id, EPOCH), EPOCH);
	assert_string_equal(told(EPOCH), "removed 2 a 60 40000 00");
	assert_int_equal(counter(RDL_STAT_removed), 1);
	assert_int_equal(registrations(), 0);
	assert_int_equal(find(&id, EPOCH), RDL_HANDLE_NONE);
	assert_int_equal(request_at("CON POST 11:rd 11:@", &id, EPOCH), CODE(4, 4));
	commit(&copy, EPOCH);
	struct id again = expect_created(&copy);
	assert_string_not_equal(again.text, id.text);
	assert_string_equal(told(EPOCH), "registered 3 a 60 40000 00");
}

/* A copy is told where no retransmission comes any more, or where it made the lifetime longer. */
static void test_copies(void **state)
{
	static struct handed h;
	struct id id;
	char want[64];

	hand(&h, "CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, "");
	h.request.exchange = 98;
	commit(&h, EPOCH);
	id = expect_created(&h);
	told(EPOCH);
	for (uint64_t ms = EPOCH; ms <= EPOCH + 92000; ms += 23000) {
		hand(&h, "CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, "");
		h.request.exchange = 98;
		commit(&h, ms);
		assert_string_equal(expect_created(&h).text, id.text);
		snprintf(want, sizeof(want), "updated %u a 60 40000 00",
			(unsigned)((ms - EPOCH) / 23000));
		assert_string_equal(told(ms), ms > EPOCH + 45000 ? want : "");
	}
	assert_int_equal(counter(RDL_STAT_replayed), 2);
	assert_int_equal(counter(RDL_STAT_updated), 3);
	request_at("CON POST 11:rd 11:@ 15:lt=20", &id, EPOCH + 92000);
	told(EPOCH + 92000);
	hand(&h, "CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, "");
	h.request.exchange = 98;
	commit(&h, EPOCH + 93000);
	snprintf(want, sizeof(want), "updated 6 a 60 40000 %02x", CHANGED(lifetime));
	assert_string_equal(told(EPOCH + 93000), want);
	assert_string_equal(told(EPOCH + 93000), "");
}

/* ---- walks ---- */

#define NAMES 400

/* What a consumer makes of the stream. */
static struct mirror {
	bool live;
	uint32_t lifetime_s;
	uint64_t generation;
} mirror[NAMES];
static enum { WAITING, WALKING, FOLLOWING } phase;
static uint64_t walks, rows, skipped;

/* Of "n" and a number. */
static struct mirror *mirror_of(const struct rdl_registration *r)
{
	uint64_t n;

	assert_true(rdl_decimal(
		(struct rdl_span){ r->endpoint.data + 1, r->endpoint.len - 1 }, NAMES, &n));
	return &mirror[n];
}

static void put(const struct rdl_registration *r)
{
	*mirror_of(r) = (struct mirror){ true, r->lifetime_s, r->location.generation };
}

static void consume(const struct rdl_event *event)
{
	const struct rdl_registration *r = &event->registration;
	struct mirror *m = NULL;

	assert_int_equal(event->lost, 0);
	if (event->kind == RDL_EVENT_walk_begin) {
		memset(mirror, 0, sizeof(mirror));
		phase = WALKING;
		return;
	}
	if (event->kind == RDL_EVENT_walk_end) {
		walks++;
		phase = FOLLOWING;
		return;
	}
	if (phase == WAITING)
		return;
	if (event->unreached) {
		assert_int_equal(phase, WALKING);
		skipped++;
		return;
	}
	m = mirror_of(r);
	switch (event->kind) {
	case RDL_EVENT_row:
		rows++;
		assert_int_equal(phase, WALKING);
		assert_false(m->live);
		put(r);
		break;
	case RDL_EVENT_registered:
		assert_false(m->live);
		put(r);
		break;
	case RDL_EVENT_updated:
		assert_true(m->live && m->generation == r->location.generation);
		put(r);
		break;
	case RDL_EVENT_replaced:
		assert_true(m->live && m->generation != r->location.generation);
		put(r);
		break;
	case RDL_EVENT_expired:
		/* One that a walk found dead, and that was reclaimed after, was never told. */
		m->live = false;
		break;
	case RDL_EVENT_deregistered:
	case RDL_EVENT_removed:
		assert_true(m->live);
		m->live = false;
		break;
	case RDL_EVENT_walk_begin:
	case RDL_EVENT_walk_end:
		break;
	}
}

static void consume_all(void)
{
	struct rdl_event event;

	while (rdl_events_read(&events, &event))
		consume(&event);
	rdl_events_give_back(&events);
}

static void expect_mirrored(uint64_t now_ms)
{
	uint64_t cursor = 0;
	unsigned budget = UINT32_MAX, live = 0, mirrored = 0;

	for (;;) {
		struct rdl_registration r;
		rdl_handle handle = rdl_registry_next(shard.registry, &cursor, now_ms, &budget);

		if (handle == RDL_HANDLE_NONE)
			break;
		rdl_registry_describe(shard.registry, handle, &r);
		const struct mirror *m = mirror_of(&r);
		assert_true(m->live);
		assert_int_equal(m->lifetime_s, r.lifetime_s);
		assert_int_equal(m->generation, r.location.generation);
		live++;
	}
	for (unsigned i = 0; i < NAMES; i++)
		mirrored += mirror[i].live;
	assert_int_equal(mirrored, live);
}

static void random_operation(uint64_t *random, struct id ids[NAMES], uint64_t now_ms)
{
	unsigned n = (unsigned)(test_random(random) % NAMES),
		 what = (unsigned)test_random(random) % 8;
	rdl_handle handle = ids[n].text[0] != '\0' ? find(&ids[n], now_ms) : RDL_HANDLE_NONE;
	char text[120];

	if (handle == RDL_HANDLE_NONE || what == 0) {
		snprintf(text, sizeof(text), "CON POST 11:rd 15:ep=n%u 15:lt=%u" OBJECTS, n,
			2 + (unsigned)test_random(random) % 100);
		ids[n] = register_at(text, now_ms);
	} else if (what < 5) {
		snprintf(text, sizeof(text), "CON POST 11:rd 11:@ 15:lt=%u",
			2 + (unsigned)test_random(random) % 100);
		assert_int_equal(request_at(text, &ids[n], now_ms), CODE(2, 4));
	} else if (what < 7) {
		assert_int_equal(request_at("CON DELETE 11:rd 11:@", &ids[n], now_ms), CODE(2, 2));
	} else {
		rdl_shard_remove(&shard, handle, now_ms);
	}
}

/*
 * Anything happens while walks go on, in steps that are as small as the reader's leave:
 * the mirror is what there is.
 */
static void test_walks(void **state)
{
	static struct id ids[NAMES];
	uint64_t random = 66, now = EPOCH, asked = 0;

	memset(ids, 0, sizeof(ids));
	for (unsigned i = 0; i < 60000; i++) {
		random_operation(&random, ids, now);
		now += test_random(&random) % 20;
		if (test_random(&random) % 4 == 0)
			rdl_shard_expire(&shard, now);
		if (phase == FOLLOWING && test_random(&random) % 300 == 0)
			phase = WAITING;
		if (phase == WAITING && asked == walks)
			rdl_events_ask_walk(&events, ++asked);
		if (test_random(&random) % 3 == 0)
			rdl_events_allow_rows(
				&events, events.rows_written + test_random(&random) % 2000);
		rdl_shard_publish(&shard, now);
		if (test_random(&random) % 3 == 0)
			consume_all();
		if (phase == FOLLOWING && test_random(&random) % 10 == 0) {
			/* A slice that finds nothing may have looked at others. */
			for (unsigned idle = 0; idle < 20;)
				idle = rdl_shard_expire(&shard, now) ? 0 : idle + 1;
			rdl_shard_publish(&shard, now);
			consume_all();
			if (phase == FOLLOWING)
				expect_mirrored(now);
		}
	}
	print_message("# %u walks, %u rows, %u changes ahead of them\n", (unsigned)walks,
		(unsigned)rows, (unsigned)skipped);
	assert_true(walks > 50 && rows > 5000 && skipped > 1000);
}

/* One that nobody waits for any more ends without a trace, and the next one is whole. */
static void test_walk_given_up(void **state)
{
	struct rdl_event event;
	char text[64];

	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "CON POST 11:rd 15:ep=n%u" OBJECTS, i);
		register_at(text, EPOCH);
	}
	rdl_events_ask_walk(&events, 1);
	rdl_shard_publish(&shard, EPOCH);
	rdl_shard_publish(&shard, EPOCH);
	assert_true(shard.walk.under_way);
	rdl_events_ignore(&events);
	rdl_shard_publish(&shard, EPOCH);
	assert_false(shard.walk.under_way);
	rdl_events_listen(&events);
	assert_false(rdl_shard_publish(&shard, EPOCH));
	rdl_events_ask_walk(&events, 2);
	while (rdl_shard_publish(&shard, EPOCH))
		;
	rdl_shard_publish(&shard, EPOCH);
	assert_true(rdl_events_read(&events, &event));
	assert_int_equal(event.kind, RDL_EVENT_walk_begin);
	assert_int_equal(event.seq, 2);
	for (unsigned i = 0; i < 100; i++) {
		assert_true(rdl_events_read(&events, &event));
		assert_int_equal(event.kind, RDL_EVENT_row);
	}
	assert_true(rdl_events_read(&events, &event));
	assert_int_equal(event.kind, RDL_EVENT_walk_end);
	assert_false(rdl_events_read(&events, &event));
}

#define EVENTS_TEST(test) cmocka_unit_test_setup_teardown(test, setup_events, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EVENTS_TEST(test_each_operation),
		EVENTS_TEST(test_old_and_times),
		EVENTS_TEST(test_nothing_told),
		EVENTS_TEST(test_expired),
		EVENTS_TEST(test_removed),
		EVENTS_TEST(test_copies),
		EVENTS_TEST(test_walks),
		EVENTS_TEST(test_walk_given_up),
	};
	return RUN_SHARD_TESTS(tests);
}
