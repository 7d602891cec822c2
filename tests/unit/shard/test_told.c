/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is told from the log is what was told as it happened, to the letter; also what nobody asked
 * for, that a registration has expired; and a restart makes of such a log what it makes of others.
 */
#include "kept.h"

#include "state.h"
#include "told.h"

#define WALL UINT64_C(1700000000300)

static struct rdl_events events;
static uint64_t ring[RDL_EVENTS_RING_MIN / 8];
static struct rdl_told *told;
static struct rdl_event_facts facts = { .major = 1 };
static uint64_t read_entries; /* of the log */
#define LISTS_MAX ((size_t)1 << 20)
static size_t lists_left;
static const struct rdl_sweeps_config sweeps = { 60000, 1000, UINT64_C(1) << 40 };

static int setup_told(void **state)
{
	keep(1000, &sweeps);
	rdl_shard_log_events(&shard);
	rdl_registry_set_wall(shard.registry, WALL);
	rdl_events_init(&events, ring, sizeof(ring));
	shard.events = &events;
	rdl_events_listen(&events);
	facts.location_key = location_key;
	lists_left = LISTS_MAX;
	told = rdl_told_create(LISTS_MAX, &lists_left, gateway_registry(1000).expiry_grace_s);
	assert_non_null(told);
	read_entries = 0;
	return 0;
}

static int teardown_told(void **state)
{
	rdl_told_destroy(told);
	assert_int_equal(lists_left, LISTS_MAX);
	fake_disk_stop(&disk);
	return teardown(state);
}

static const char *text_of(struct rdl_event *event, char *text)
{
	struct rdl_cursor out = rdl_cursor(text, RDL_EVENT_TEXT_MAX - 1);

	/* They differ in that by intent. */
	event->seq = 0;
	event->position = 77;
	rdl_event_text(&out, event, &facts);
	assert_false(out.failed);
	*out.pos = '\0';
	return text;
}

/* The next change, or row, that the log tells of; "" when there is none. */
static const char *next_logged(enum rdl_told_kind want, uint64_t now_ms)
{
	static char text[RDL_EVENT_TEXT_MAX];
	struct rdl_told_fact fact;

	catch_up(now_ms);
	while (read_entries < disk.count) {
		const struct fake_disk_entry *entry = &disk.log[read_entries++];
		enum rdl_told_kind kind =
			rdl_told_read(told, (struct rdl_span){ entry->octets, entry->len }, now_ms,
				now_ms + WALL, RDL_TOLD_CHANGES | RDL_TOLD_ROWS, &fact);

		assert_int_not_equal(kind, RDL_TOLD_BAD);
		assert_int_not_equal(kind, RDL_TOLD_UNKNOWN);
		if (kind != want)
			continue;
		struct rdl_event event = { .kind = RDL_EVENT_row,
			.time_ms = fact.time_ms,
			.registration = fact.registration,
			.identity = &fact.identity };
		if (kind == RDL_TOLD_CHANGE) {
			event.kind = rdl_event_kind_of(fact.change);
			event.changed = fact.members;
			event.old.location = fact.old_location;
			event.old.peer = fact.old_peer;
		}
		return text_of(&event, text);
	}
	return "";
}

static const char *next_live(uint64_t now_ms)
{
	static char text[RDL_EVENT_TEXT_MAX];
	struct rdl_event event;

	catch_up(now_ms);
	rdl_events_give_back(&events);
	while (rdl_events_read(&events, &event))
		if (event.kind <= RDL_EVENT_row)
			return text_of(&event, text);
	return "";
}

/* Returns how many were told, the same both ways. */
static unsigned expect_same(uint64_t now_ms)
{
	unsigned n = 0;

	for (;; n++) {
		const char *live = next_live(now_ms);

		assert_string_equal(next_logged(RDL_TOLD_CHANGE, now_ms), live);
		if (live[0] == '\0')
			return n;
	}
}

static void test_each_operation(void **state)
{
	static struct handed h;
	uint64_t now = EPOCH;

	struct id id = register_at("CON POST 11:rd 15:ep=a 15:lt=60" ROOTED, now);
	assert_int_equal(expect_same(now), 1);
	now += 1350;
	request_at("CON POST 11:rd 11:@", &id, now);
	request_at("CON POST 11:rd 11:@ 15:lt=30 15:sms=1", &id, now);
	request_at("CON POST 11:rd 11:@ 15:b=UQ", &id, now);
	assert_int_equal(expect_same(now), 3);
	now += 2750;
	hand(&h, "CON POST 11:rd 11:@", id.text);
	h.request.peer.port = 50000;
	commit(&h, now);
	assert_int_equal(expect_same(now), 1);
	hand(&h, "CON POST 11:rd 15:ep=a 15:lt=90 15:sms=7" OBJECTS, "");
	h.request.peer = (struct rdl_peer){ .address = { 0x20, 1, 0xd, 0xb8 }, .port = 1 };
	commit(&h, now);
	id = expect_created(&h);
	assert_int_equal(expect_same(now), 1);
	hand(&h, "CON POST 11:rd 15:ep=a 15:lt=90" OBJECTS ",</77/0>", "");
	commit(&h, now);
	id = expect_created(&h);
	assert_int_equal(expect_same(now), 1);
	now += 1000;
	request_at("CON DELETE 11:rd 11:@", &id, now);
	assert_int_equal(expect_same(now), 1);
	/* Removed, and a long name. */
	id = register_at(
		"CON POST 11:rd 15:ep=a-name-that-is-longer-than-a-record-holds" OBJECTS, now);
	assert_true(rdl_shard_remove(&shard, find(&id, now), now));
	assert_int_equal(expect_same(now), 2);
}

/* What is no news is logged as it always was, and not told. */
static void test_copies(void **state)
{
	static struct handed h;
	const char *text = "CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS;

	hand(&h, text, "");
	h.request.exchange = 7;
	commit(&h, EPOCH);
	assert_int_equal(expect_same(EPOCH), 1);
	uint64_t before = disk.count;
	hand(&h, text, "");
	h.request.exchange = 7;
	commit(&h, EPOCH + 5000);
	assert_int_equal(expect_same(EPOCH + 5000), 0);
	assert_true(disk.count > before);
	/* Later than any retransmission: in the place of an Update. */
	hand(&h, text, "");
	h.request.exchange = 7;
	commit(&h, EPOCH + 55000);
	assert_int_equal(expect_same(EPOCH + 55000), 1);
}

/* Reclaimed in time, or found dead by a Register. */
static void test_expired(void **state)
{
	uint64_t end = EPOCH + 62000;

	register_at("CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, EPOCH);
	register_at("CON POST 11:rd 15:ep=b 15:lt=60" OBJECTS, EPOCH);
	assert_int_equal(expect_same(EPOCH), 2);
	register_at("CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, end);
	assert_int_equal(expect_same(end), 2);
	while (registrations() > 1)
		rdl_shard_expire(&shard, end);
	assert_int_equal(expect_same(end), 1);
}

/* What the ring has no room for waits, and is told all the same. */
static void test_expired_in_a_full_ring(void **state)
{
	uint64_t end = EPOCH + 62000;
	char text[80];
	unsigned seen = 0;

	for (unsigned i = 0; i < 500; i++) {
		snprintf(text, sizeof(text), "CON POST 11:rd 15:ep=n%u 15:lt=60" OBJECTS, i);
		register_at(text, EPOCH);
		catch_up(EPOCH);
	}
	struct id id = register_at("CON POST 11:rd 15:ep=last 15:lt=600" OBJECTS, EPOCH);
	while (request_at("CON POST 11:rd 11:@", &id, EPOCH) == CODE(2, 4))
		;
	for (unsigned idle = 0; idle < 1000; idle++)
		rdl_shard_expire(&shard, end);
	assert_int_equal(registrations(), 501);
	for (unsigned idle = 0; idle < 1000; idle++) {
		rdl_shard_expire(&shard, end);
		catch_up(end);
	}
	assert_int_equal(registrations(), 1);
	for (const char *line; (line = next_logged(RDL_TOLD_CHANGE, end))[0] != '\0';)
		seen += strstr(line, "\"expired\"") != NULL;
	assert_int_equal(seen, 500);
}

/* The sweep's registrations are told as a walk tells them. */
static void test_rows(void **state)
{
	uint64_t now = EPOCH + 1250;
	static char want[RDL_EVENT_TEXT_MAX], text[RDL_EVENT_TEXT_MAX];
	struct rdl_event row = { .kind = RDL_EVENT_row };

	struct id id = register_at("CON POST 11:rd 15:ep=a 15:lt=600 15:sms=1" ROOTED, now);
	while (next_logged(RDL_TOLD_CHANGE, now)[0] != '\0')
		;
	now += 70000;
	request_at("CON POST 11:rd 11:@", &id, now - 20000);
	for (unsigned i = 0; i < 10000 && strlen(next_logged(RDL_TOLD_ROW, now)) == 0; i++)
		now += 20;
	row.registration = describe(&id, now);
	row.time_ms = now + WALL;
	strcpy(want, text_of(&row, text));
	read_entries = 0;
	/* The last one that was told is of the last sweep. */
	const char *line, *last = "";
	while ((line = next_logged(RDL_TOLD_ROW, now))[0] != '\0')
		last = strcpy(text, line);
	assert_string_equal(last, want);
}

/* Of one that came back, and was given more time: it began when it began. */
static void test_rows_kept(void **state)
{
	static char want[RDL_EVENT_TEXT_MAX], text[RDL_EVENT_TEXT_MAX];
	uint64_t now = EPOCH + 1250;
	struct rdl_event row = { .kind = RDL_EVENT_row };
	struct rdl_registry *registry = shard.registry;
	const char *line = "";

	struct id id = register_at("CON POST 11:rd 15:ep=a 15:lt=600" OBJECTS, now);
	/* The first sweep does not know of that, the second one tells it. */
	while (strlen(next_logged(RDL_TOLD_ROW, now)) == 0)
		now += 20;
	struct rdl_record *record =
		rdl_slab_at(&registry->slab, describe(&id, now).location.handle);
	record->kept = true;
	registry->wheel.kept_until = record->deadline + 120;
	while (strlen(line = next_logged(RDL_TOLD_ROW, now)) == 0 && now < EPOCH + 300000)
		now += 20;
	row.registration = describe(&id, now);
	row.time_ms = now + WALL;
	strcpy(want, text_of(&row, text));
	assert_string_equal(line, want);
	assert_int_equal(row.registration.updated_ms / 1000, (EPOCH + 1250 + WALL) / 1000);
	assert_int_equal(
		row.registration.deadline_ms, (EPOCH + 1250 + 999) / 1000 * 1000 + 720000 + WALL);
}

/* A list that was told before what is read of the log is not known. */
static void test_unknown_list(void **state)
{
	struct rdl_told_fact fact;
	struct id id = register_at("CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, EPOCH);

	request_at("CON POST 11:rd 11:@ 15:lt=70", &id, EPOCH);
	catch_up(EPOCH);
	const struct fake_disk_entry *entry = &disk.log[disk.count - 1];
	struct rdl_span octets = { entry->octets, entry->len };
	assert_int_equal(
		rdl_told_read(told, octets, 0, 0, RDL_TOLD_CHANGES, &fact), RDL_TOLD_UNKNOWN);
	assert_int_equal(rdl_told_read(told, octets, 0, 0, RDL_TOLD_ROWS, &fact), RDL_TOLD_NOTHING);
}

/* What another reads of the log so far: the last fact. */
static enum rdl_told_kind read_by(struct rdl_told *other)
{
	struct rdl_told_fact fact = { .kind = RDL_TOLD_NOTHING };

	for (uint64_t i = 0; i < disk.count; i++) {
		const struct rdl_span octets = { disk.log[i].octets, disk.log[i].len };

		rdl_told_read(other, octets, 0, 0, RDL_TOLD_CHANGES, &fact);
	}
	return fact.kind;
}

/* Of its own, or of what all share, which is given back. */
static void test_no_room_for_lists(void **state)
{
	struct id id = register_at("CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, EPOCH);

	request_at("CON POST 11:rd 11:@ 15:lt=70", &id, EPOCH);
	catch_up(EPOCH);
	for (size_t room = 0; room <= 4096; room += 8) {
		size_t left = LISTS_MAX, shared = room;
		struct rdl_told *small = rdl_told_create(room, &left, 0);
		struct rdl_told *late = rdl_told_create(LISTS_MAX, &shared, 0);

		assert_true(small != NULL && late != NULL);
		enum rdl_told_kind kind = read_by(small);
		/* The table has no octets, or the list has none behind it. */
		assert_int_equal(kind, room < 4096 / 2 ? kind : RDL_TOLD_CHANGE);
		assert_int_equal(room < 1024 ? kind : RDL_TOLD_UNKNOWN, RDL_TOLD_UNKNOWN);
		assert_int_equal(read_by(late), kind);
		assert_true(left >= LISTS_MAX - room && shared <= room);
		rdl_told_destroy(small);
		rdl_told_destroy(late);
		assert_int_equal(left, LISTS_MAX);
		assert_int_equal(shared, room);
	}
}

/* No cut of an entry is anything but bad. */
static void test_cut(void **state)
{
	struct rdl_told_fact fact;
	struct id id = register_at("CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, EPOCH);

	request_at("CON DELETE 11:rd 11:@", &id, EPOCH);
	catch_up(EPOCH);
	for (uint64_t i = disk.count - 2; i < disk.count; i++) {
		const struct fake_disk_entry *entry = &disk.log[i];

		for (size_t len = 1; len < entry->len; len++) {
			uint8_t *octets = malloc(len);

			assert_non_null(octets);
			memcpy(octets, entry->octets, len);
			enum rdl_told_kind kind = rdl_told_read(told,
				(struct rdl_span){ octets, len }, 0, 0, RDL_TOLD_CHANGES, &fact);
			free(octets);
			assert_int_equal(kind, RDL_TOLD_BAD);
		}
	}
}

/* Who is gone by the log does not come back, and who is there does. */
static void test_restart(void **state)
{
	uint64_t end = EPOCH + 62000;

	register_at("CON POST 11:rd 15:ep=gone 15:lt=60" OBJECTS, EPOCH);
	struct id left = register_at("CON POST 11:rd 15:ep=left 15:lt=600" OBJECTS, EPOCH);
	struct id stays = register_at("CON POST 11:rd 15:ep=stays 15:lt=600" ROOTED, EPOCH);
	request_at("CON DELETE 11:rd 11:@", &left, EPOCH + 10);
	request_at("CON POST 11:rd 11:@ 15:lt=700", &stays, EPOCH + 20);
	while (registrations() > 1)
		rdl_shard_expire(&shard, end);
	catch_up(end);
	struct rdl_registry_config config = gateway_registry(1000);
	config.now_ms = end;
	struct rdl_registry *again = rdl_registry_create(&config);
	assert_non_null(again);
	struct rdl_recovery *recovery = rdl_recovery_create(&again, 1);
	assert_non_null(recovery);
	fake_disk_recover(&disk, disk.count, recovery, end);
	fake_disk_recovered(recovery, end);
	struct rdl_recovery_counts counts;
	rdl_recovery_counts(recovery, &counts);
	assert_int_equal(counts.registrations, 1);
	assert_int_equal(counts.ended_away, 0);
	struct rdl_location location;
	assert_true(rdl_location_decode(&location_key, span_of(stays.text), &location));
	rdl_handle handle = rdl_registry_find(again, &location, end);
	assert_int_not_equal(handle, RDL_HANDLE_NONE);
	assert_int_equal(rdl_registry_kept_s(again, handle, end),
		rdl_registry_kept_s(shard.registry, handle, end));
	rdl_recovery_destroy(recovery);
	rdl_registry_destroy(again);
}

#define TEST_TOLD(test) cmocka_unit_test_setup_teardown(test, setup_told, teardown_told)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_TOLD(test_each_operation),
		TEST_TOLD(test_copies),
		TEST_TOLD(test_expired),
		TEST_TOLD(test_expired_in_a_full_ring),
		TEST_TOLD(test_rows),
		TEST_TOLD(test_rows_kept),
		TEST_TOLD(test_unknown_list),
		TEST_TOLD(test_no_room_for_lists),
		TEST_TOLD(test_cut),
		TEST_TOLD(test_restart),
	};

	return RUN_SHARD_TESTS(tests);
}
