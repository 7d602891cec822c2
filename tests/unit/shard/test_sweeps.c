/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sweeps: when they begin, how fast they are, what they leave to changes; and that a restart finds
 * in the log what there was at whatever position it ends.
 */
#include "kept.h"

#define REGISTRATIONS 3000
#define SWEEP_MS 20000
#define NO_BOUND (UINT64_C(1) << 40)
#define WORKERS 2
#define UNDER_WAY 200

static void *memory;

static void keep_with(uint32_t first_ms, uint64_t log_max)
{
	keep(REGISTRATIONS, &(struct rdl_sweeps_config){ SWEEP_MS, first_ms, log_max });
}

static void keep_up_to(uint64_t log_max)
{
	keep_with(SWEEP_MS, log_max);
}

static int setup_sweeps(void **state)
{
	keep_up_to(NO_BOUND);
	return 0;
}

static int teardown_sweeps(void **state)
{
	fake_disk_stop(&disk);
	free(memory);
	memory = NULL;
	return teardown(state);
}

#define SWEEP_TEST(test) cmocka_unit_test_setup_teardown(test, setup_sweeps, teardown_sweeps)

static struct id register_some(unsigned count, uint64_t now_ms)
{
	struct id id = { "" };
	char text[100];

	for (unsigned i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "CON POST 11:rd 15:ep=n%u 15:lt=100000" OBJECTS, i);
		id = register_at(text, now_ms);
		catch_up(now_ms);
	}
	return id;
}

static uint64_t marks(enum rdl_journal_mark mark)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < disk.count; i++)
		n += disk.log[i].mark == mark;
	return n;
}

/* ---- pace ---- */

/* So many rounds a millisecond. */
static void pass(uint64_t *now_ms, uint64_t ms, unsigned rounds)
{
	for (uint64_t end = *now_ms + ms; *now_ms < end; ++*now_ms)
		for (unsigned r = 0; r < rounds; r++)
			catch_up(*now_ms);
}

/* One in the time that is set, evenly; the next when that is over, and only when there is news. */
static void test_pace(void **state)
{
	uint64_t now = EPOCH, before;
	struct id id = register_some(1000, now);

	before = disk.count;
	for (unsigned i = 1; i <= 10; i++) {
		pass(&now, SWEEP_MS / 10, 3);
		assert_int_equal(marks(RDL_JOURNAL_SWEEP_ENDS), 0);
		/* Registrations lie evenly in the partitions, which come one after the other. */
		assert_in_range(disk.count - before, 100 * i - 30, 100 * i + 30);
	}
	pass(&now, 30, 3);
	/* Its end, and the next one's beginning. */
	assert_in_range(disk.count - before, 1000 + 1, 1000 + 5);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_ENDS), 1);
	assert_int_equal(counter(RDL_STAT_sweeps), 1);
	/* What was registered while it was under way is news. */
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_BEGINS), 2);
	pass(&now, SWEEP_MS, 3);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_ENDS), 2);
	pass(&now, 3 * SWEEP_MS, 1);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_BEGINS), 2);
	assert_int_equal(request_at("CON POST 11:rd 11:@", &id, now), CODE(2, 4));
	pass(&now, 1, 1);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_BEGINS), 3);
	before = disk.count;
	pass(&now, SWEEP_MS / 2, 1);
	assert_in_range(disk.count - before, 470, 530);
}

/* The first may be faster, whatever the log has; the next is no sooner than it is due. */
static void test_first(void **state)
{
	uint64_t now = EPOCH;

	teardown_sweeps(state);
	keep_with(SWEEP_MS / 20, NO_BOUND);
	register_some(1000, now);
	pass(&now, SWEEP_MS / 20 - 100, 3);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_ENDS), 0);
	pass(&now, 130, 3);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_ENDS), 1);
	pass(&now, SWEEP_MS - SWEEP_MS / 20 - 100, 1);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_BEGINS), 1);
	pass(&now, SWEEP_MS / 2, 1);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_BEGINS), 2);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_ENDS), 1);
}

/* Also where nothing was asked for since a registration has expired. */
static void test_expired(void **state)
{
	uint64_t now = EPOCH;

	register_some(10, now);
	register_at("CON POST 11:rd 15:ep=short 15:lt=60" OBJECTS, now);
	pass(&now, 3 * SWEEP_MS, 1);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_BEGINS), 2);
	uint64_t position = shard.position;
	assert_true(rdl_shard_expire(&shard, now));
	assert_int_equal(shard.position, position);
	pass(&now, 1, 1);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_BEGINS), 3);
	pass(&now, 3 * SWEEP_MS, 1);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_BEGINS), 3);
}

/* Rounds are few and far between: each goes on for some microseconds, however late it is. */
static void test_steps(void **state)
{
	uint64_t now = EPOCH, slots = rdl_sweep_slots(shard.registry), seen = 0;
	unsigned rounds = 0;

	register_some(500, now);
	for (now += 2 * SWEEP_MS; counter(RDL_STAT_sweeps) == 0; rounds++) {
		catch_up(now);
		assert_in_range(shard.sweeps.slots_seen, seen, seen + 64);
		seen = shard.sweeps.slots_seen;
	}
	assert_int_equal(seen, slots);
	assert_in_range(rounds, slots / 64, slots / 16);
}

/* A log that is too long hurries; the clock stands still. */
static void test_hurry(void **state)
{
	unsigned rounds = 0;

	teardown_sweeps(state);
	keep_up_to(200000);
	register_some(1000, EPOCH);
	assert_int_equal(counter(RDL_STAT_sweeps), 0);
	struct id id = register_at("CON POST 11:rd 15:ep=a" OBJECTS, EPOCH);
	while (disk.ring.written - shard.sweeps.base <= 200000) {
		assert_int_equal(request_at("CON POST 11:rd 11:@", &id, EPOCH), CODE(2, 4));
		catch_up(EPOCH);
	}
	for (; counter(RDL_STAT_sweeps) == 0; rounds++)
		catch_up(EPOCH);
	assert_true(rounds <= rdl_sweep_slots(shard.registry) / 100 + 1);
	/* What it told is over the bound by itself: another one only for news. */
	uint64_t position = shard.position;
	for (rounds = 0; rounds < 1000; rounds++)
		catch_up(EPOCH);
	while (!rdl_sweep_has_ended(&shard.sweeps.sweep))
		catch_up(EPOCH);
	uint64_t begun = marks(RDL_JOURNAL_SWEEP_BEGINS);
	position = shard.position;
	for (rounds = 0; rounds < 1000; rounds++)
		catch_up(EPOCH);
	assert_int_equal(shard.position, position);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_BEGINS), begun);
}

/* It ends with the sweep that was in a hurry, where that left the log short enough. */
static void test_hurry_ends(void **state)
{
	teardown_sweeps(state);
	keep_up_to(400000);
	struct id id = register_some(1000, EPOCH);
	while (counter(RDL_STAT_sweeps) == 0) {
		assert_int_equal(request_at("CON POST 11:rd 11:@", &id, EPOCH), CODE(2, 4));
		catch_up(EPOCH);
	}
	/* The first sweep began before all; the second tells what there is, and no more. */
	while (counter(RDL_STAT_sweeps) == 1)
		catch_up(EPOCH);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(request_at("CON POST 11:rd 11:@", &id, EPOCH), CODE(2, 4));
		catch_up(EPOCH);
	}
	assert_int_equal(counter(RDL_STAT_sweeps), 2);
	assert_int_equal(marks(RDL_JOURNAL_SWEEP_BEGINS), 2);
}

/* One that is longer than most. */
static void test_long_entry(void **state)
{
	char text[5000];
	size_t n = (size_t)snprintf(
		text, sizeof(text), "CON POST 11:rd 15:ep=%0250u | </1/0>,</3/0>", 1);

	for (unsigned i = 10; i < 460; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ",</9/%u>", i);
	register_at(text, EPOCH);
	/* The first sweep finds the list told; the second does not. */
	for (unsigned i = 0; counter(RDL_STAT_sweeps) < 2; i++) {
		assert_true(i < rdl_sweep_slots(shard.registry));
		catch_up(EPOCH + i * UINT64_C(40));
	}
	assert_int_equal(disk.count, 7);
	assert_true(disk.log[1].len > 2048 && disk.log[2].len < 500);
	assert_int_equal(disk.log[5].len, disk.log[1].len);
}

/* Where nothing is taken, a sweep stops before changes are any worse off. */
static void test_leaves_half(void **state)
{
	uint64_t now = EPOCH;
	struct id id = register_some(2500, now);

	now += SWEEP_MS;
	for (unsigned i = 0; i < 5000; i++)
		rdl_shard_publish(&shard, now);
	uint64_t left = RING_LEN - (disk.ring.written - disk.ring.tail);
	assert_true(left >= RING_LEN / 2 + RDL_ENTRY_MAX);
	assert_true(left < RING_LEN / 2 + 2 * RDL_ENTRY_MAX + 4096);
	assert_int_equal(counter(RDL_STAT_sweeps), 0);
	register_at("CON POST 11:rd 15:ep=a" OBJECTS, now);
	assert_int_equal(request_at("CON DELETE 11:rd 11:@", &id, now), CODE(2, 2));
	while (counter(RDL_STAT_sweeps) == 0)
		catch_up(now);
}

/* Time that it could not use is made up for when there is room again. */
static void test_makes_up(void **state)
{
	uint64_t now = EPOCH, slots = rdl_sweep_slots(shard.registry);

	register_some(2500, now);
	for (uint64_t end = now + SWEEP_MS / 10 * 8; now < end; now += 5)
		rdl_shard_publish(&shard, now);
	assert_true(shard.sweeps.slots_seen < slots / 10 * 7);
	for (unsigned i = 0; i < slots / 16; i++)
		catch_up(now);
	assert_in_range(shard.sweeps.slots_seen, slots / 10 * 8 - 10, slots / 10 * 8 + 10);
	assert_int_equal(counter(RDL_STAT_sweeps), 0);
	assert_true(disk.count > 2500 + 1900);
}

/* ---- what a restart finds ---- */

#define NAMES 150
#define STEPS 30000

/* What an endpoint had become when its shard was at a position. */
struct moment {
	uint64_t position, deadline_ms;
	char *text; /* NULL: it was not registered */
};

struct device {
	struct id id;
	struct moment *moments;
	unsigned count, room;
};

static struct device devices[NAMES];
static uint64_t random_state;

static unsigned dice(unsigned sides)
{
	return (unsigned)(test_random(&random_state) % sides);
}

static struct rdl_span name_of(unsigned i, char name[RDL_ENDPOINT_MAX + 1])
{
	static const int lens[] = { 5, 24, 25, 120 };

	snprintf(name, RDL_ENDPOINT_MAX + 1, "%0*u", lens[i % RDL_ARRAY_LEN(lens)], i);
	return span_of(name);
}

/* As a registry has it now. */
static struct moment look(struct rdl_registry *registry, unsigned i, uint64_t now_ms)
{
	struct rdl_endpoint_digest digest;
	static struct portrait portrait;
	struct rdl_registration r;
	struct moment moment = { 0 };
	char name[RDL_ENDPOINT_MAX + 1], location[RDL_LOCATION_LEN + 1] = "";

	struct rdl_span span = name_of(i, name);
	rdl_siphash128(&gateway_endpoint_key, span.data, span.len, digest.word);
	rdl_handle handle = rdl_registry_find_endpoint(registry, digest, span, now_ms);
	if (handle == RDL_HANDLE_NONE)
		return moment;
	rdl_registry_describe(registry, handle, &r);
	paint_it(&portrait, &r);
	rdl_location_encode(&location_key, &r.location, (uint8_t *)location);
	moment.deadline_ms = r.deadline_ms;
	moment.text = malloc(strlen(portrait.text) + sizeof(location) + 1);
	assert_non_null(moment.text);
	sprintf(moment.text, "%s %s", location, portrait.text);
	return moment;
}

static void note(unsigned i, uint64_t now_ms)
{
	struct device *device = &devices[i];

	if (device->count == device->room) {
		device->room = 2 * device->room + 8;
		device->moments =
			realloc(device->moments, device->room * sizeof(device->moments[0]));
		assert_non_null(device->moments);
	}
	struct moment moment = look(shard.registry, i, now_ms);
	moment.position = shard.position;
	device->moments[device->count++] = moment;
}

static void forget_moments(void)
{
	for (unsigned i = 0; i < NAMES; i++) {
		for (unsigned m = 0; m < devices[i].count; m++)
			free(devices[i].moments[m].text);
		free(devices[i].moments);
	}
	memset(devices, 0, sizeof(devices));
}

/* The log ends at a position: that is what a restart finds. Into so many shards. */
static void restart_at(uint64_t position, unsigned shards, uint64_t now_ms)
{
	struct rdl_registry *registries[4];

	for (unsigned s = 0; s < shards; s++) {
		struct rdl_registry_config config = gateway_registry(REGISTRATIONS);

		config.now_ms = EPOCH;
		config.shard = s;
		config.shards = shards;
		registries[s] = rdl_registry_create(&config);
		assert_non_null(registries[s]);
	}
	struct rdl_recovery *recovery = rdl_recovery_create(registries, shards);
	assert_non_null(recovery);
	fake_disk_recover(&disk, position, recovery, now_ms);
	fake_disk_recovered(recovery, now_ms);
	rdl_recovery_destroy(recovery);
	for (unsigned i = 0; i < NAMES; i++) {
		const struct moment *then = NULL;
		struct rdl_endpoint_digest digest;
		char name[RDL_ENDPOINT_MAX + 1];

		struct rdl_span span = name_of(i, name);
		rdl_siphash128(&gateway_endpoint_key, span.data, span.len, digest.word);
		for (unsigned m = 0; m < devices[i].count; m++)
			if (devices[i].moments[m].position <= position)
				then = &devices[i].moments[m];
		unsigned owner = rdl_endpoint_partition(digest) % shards;
		struct moment found = look(registries[owner], i, now_ms);
		bool lives = then != NULL && then->text != NULL && then->deadline_ms > now_ms;
		if (lives && found.text == NULL)
			fail_msg("%u is lost: %s", i, then->text);
		if (found.text != NULL)
			assert_string_equal(found.text, lives ? then->text : "");
		free(found.text);
	}
	for (unsigned s = 0; s < shards; s++)
		rdl_registry_destroy(registries[s]);
}

static void some_request(struct handed *h, unsigned i, uint64_t now_ms)
{
	static const char *const updates[] = { "", " 15:b=U", " 15:sms=123", " 15:lt=77",
		" | </1/0>,</3/0>,</5/0>",
		" | </lwm2m>;rt=\"oma.lwm2m\",</lwm2m/1/0>,</lwm2m/3/0>" };
	const char *id = devices[i].id.text;
	char name[RDL_ENDPOINT_MAX + 1], text[400];

	name_of(i, name);
	if (id[0] == '\0' || dice(4) == 0) {
		snprintf(text, sizeof(text), "CON POST 11:rd 15:ep=%s 15:lt=%u%s%s", name,
			1 + dice(1u << dice(12)), dice(4) == 0 ? " 15:sms=1" : "",
			dice(3) == 0   ? ROOTED
			: dice(2) == 0 ? " | </1/0>,</3/0>,</3303/0>"
				       : OBJECTS);
		hand(h, text, "");
		return;
	}
	if (dice(6) == 0)
		snprintf(text, sizeof(text), "CON DELETE 11:rd 11:@");
	else
		snprintf(text, sizeof(text), "CON POST 11:rd 11:@%s",
			updates[dice(RDL_ARRAY_LEN(updates))]);
	hand(h, text, id);
	h->request.peer.port = (uint16_t)(40000 + dice(3));
}

/* Requests that are under way, and the position that must be safe before each is answered. */
static struct {
	struct handed h;
	uint64_t position;
	bool is_free;
} under_way[UNDER_WAY];

static void answered(struct handed *h)
{
	unsigned k = (unsigned)((char *)h - (char *)under_way) / sizeof(under_way[0]);

	assert_false(under_way[k].is_free);
	under_way[k].is_free = true;
	if (code_of(h) == CODE(2, 1) || code_of(h) == CODE(2, 2) || code_of(h) == CODE(2, 4) ||
		code_of(h) == CODE(4, 4))
		assert_true(under_way[k].position <= disk.ring.confirmed);
}

static void some_commit(uint64_t now_ms)
{
	unsigned i = dice(NAMES), k = dice(UNDER_WAY);
	uint64_t before = shard.position;

	if (!under_way[k].is_free)
		return;
	struct handed *h = &under_way[k].h;
	struct rdl_request *requests[] = { &h->request };
	under_way[k].is_free = false;
	some_request(h, i, now_ms);
	unsigned at_once = rdl_shard_burst(&shard, policy, requests, 1, dice(WORKERS), now_ms);
	if (shard.position != before)
		note(i, now_ms);
	/* Whatever it says of the endpoint was so at its last change. */
	under_way[k].position =
		devices[i].count > 0 ? devices[i].moments[devices[i].count - 1].position : 0;
	if (code_of(h) == CODE(2, 1))
		devices[i].id = expect_created(h);
	if (at_once == 1)
		answered(h);
}

static void some_writing(uint64_t now_ms)
{
	struct rdl_request *request;
	unsigned worker;

	rdl_shard_publish(&shard, now_ms);
	if (dice(3) == 0)
		fake_disk_take(&disk, dice(40));
	if (dice(3) == 0)
		fake_disk_confirm(
			&disk, disk.ring.confirmed +
				       dice((unsigned)(disk.count - disk.ring.confirmed) + 1));
	rdl_shard_confirm(&shard);
	while (rdl_shard_take_answers(&shard, &worker, &request, 1) == 1)
		answered((struct handed *)request);
}

/*
 * Anything happens, the disk is slow, and every now and then the power fails: of what it has not
 * confirmed, any part from its beginning on is there.
 */
static void test_crashes(void **state)
{
	uint64_t now = EPOCH, swept;
	unsigned crashes = 0;

	random_state = 15;
	memory = calloc(1, rdl_shard_waiting_memory(WORKERS, UNDER_WAY));
	assert_non_null(memory);
	rdl_shard_wait(&shard, memory, WORKERS, UNDER_WAY);
	for (unsigned k = 0; k < UNDER_WAY; k++)
		under_way[k].is_free = true;
	for (unsigned n = 0; n < STEPS; n++) {
		some_commit(now);
		if (dice(4) == 0)
			rdl_shard_expire(&shard, now);
		some_writing(now);
		now += dice(30);
		if (dice(60) != 0)
			continue;
		restart_at(disk.ring.confirmed +
				   dice((unsigned)(disk.count - disk.ring.confirmed) + 1),
			1 + dice(4), now);
		crashes++;
	}
	swept = counter(RDL_STAT_sweeps);
	print_message("# %u crashes, %llu sweeps, %llu entries, %.1f times round the ring\n",
		crashes, (unsigned long long)swept, (unsigned long long)disk.count,
		(double)disk.ring.written / RING_LEN);
	assert_true(swept >= 5 && disk.ring.written > 2 * RING_LEN);
	assert_true(counter(RDL_STAT_expired) > 500);
	forget_moments();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SWEEP_TEST(test_pace),
		SWEEP_TEST(test_first),
		SWEEP_TEST(test_expired),
		SWEEP_TEST(test_steps),
		SWEEP_TEST(test_hurry),
		SWEEP_TEST(test_hurry_ends),
		SWEEP_TEST(test_long_entry),
		SWEEP_TEST(test_leaves_half),
		SWEEP_TEST(test_makes_up),
		SWEEP_TEST(test_crashes),
	};

	return RUN_SHARD_TESTS(tests);
}
