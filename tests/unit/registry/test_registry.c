/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#define NOW 5000 /* make_config()'s epoch */

static struct rdl_registry *registry;
static struct rdl_object_list *objects, *rooted;

static int setup(void **state)
{
	struct rdl_registry_config config = make_config(1000);

	registry = rdl_registry_create(&config);
	objects = make_list(3, 4, "");
	rooted = make_list(3, 4, "lwm2m");
	return registry == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	rdl_registry_destroy(registry);
	free(objects);
	free(rooted);
	return 0;
}

static struct rdl_registry_counts counts(void)
{
	struct rdl_registry_counts counts;

	rdl_registry_counts(registry, &counts);
	return counts;
}

static struct rdl_registration describe(rdl_handle handle)
{
	struct rdl_registration registration;

	rdl_registry_describe(registry, handle, &registration);
	return registration;
}

static rdl_handle find_name(struct rdl_span name, uint64_t now_ms)
{
	return rdl_registry_find_endpoint(registry, digest_of(name), name, now_ms);
}

static struct rdl_span text_parameters(struct rdl_request *request, const char *blob)
{
	request->gives |= RDL_GIVES_PARAMETERS;
	request->parameters.data = (const uint8_t *)blob;
	request->parameters.len = strlen(blob);
	return span_of(blob);
}

static void assert_span(struct rdl_span got, struct rdl_span want)
{
	assert_int_equal(got.len, want.len);
	assert_true(rdl_span_equal(got, want));
}

static void test_describe(void **state)
{
	struct rdl_request request = make_register(span_of("node"), 300, rooted);
	struct rdl_location location;

	request.binding = 0x21;
	request.gives |= RDL_GIVES_QUEUE;
	request.minor = 2;
	request.identity = 77;
	request.local = (struct rdl_local){ .port = 3, .address = 2, .vlan = 100, .stacked = 1 };
	text_parameters(&request, "\x05sms=1\x03z=9");
	assert_int_equal(rdl_registry_register(registry, &request, RDL_HANDLE_UNKNOWN, NOW + 2500,
				 &location, changed()),
		RDL_REGISTRY_CREATED);
	assert_int_equal(location.version_class, 2);
	assert_true(location.rooted);
	assert_int_equal(location.generation, 1);
	assert_int_equal(rdl_location_partition(&location), rdl_endpoint_partition(request.digest));

	rdl_handle handle = rdl_registry_find(registry, &location, NOW + 2500);
	assert_int_equal(handle, location.handle);
	struct rdl_registration r = describe(handle);
	assert_location(r.location, location);
	assert_span(r.endpoint, rdl_request_endpoint(&request));
	assert_memory_equal(&r.peer, &request.peer, sizeof(r.peer));
	assert_int_equal(r.identity, 77);
	assert_memory_equal(&r.local, &request.local, sizeof(r.local));
	assert_int_equal(r.minor, 2);
	assert_true(r.queue);
	assert_int_equal(r.binding, 0x21);
	assert_int_equal(r.lifetime_s, 300);
	assert_int_equal(r.registered_ms, NOW + 2000);
	assert_int_equal(r.updated_ms, NOW + 2000);
	assert_int_equal(r.deadline_ms, NOW + 303000);
	assert_memory_equal(r.objects, rooted, rooted->len);
	assert_span(r.parameters, span_of("\x05sms=1\x03z=9"));
	assert_int_equal(counts().registrations, 1);
	assert_int_equal(counts().object_lists, 1);
	assert_true(counts().store_octets > rooted->len);
	assert_true(counts().store_octets_max >= 24 * 1000 + (4 << 20));
}

/*
 * the old location is dead, the slot stays, the new one has all of the new request and nothing
 * of the old.
 */
static void test_replace(void **state)
{
	struct rdl_request request = make_register(span_of("node"), 300, rooted);
	struct rdl_location first, second;

	request.gives |= RDL_GIVES_QUEUE;
	text_parameters(&request, "\x05sms=1");
	rdl_registry_register(registry, &request, RDL_HANDLE_UNKNOWN, NOW, &first, changed());
	request = make_register(span_of("node"), 100, objects);
	assert_int_equal(rdl_registry_register(registry, &request, RDL_HANDLE_UNKNOWN, NOW + 1000,
				 &second, changed()),
		RDL_REGISTRY_REPLACED);
	assert_int_equal(second.handle, first.handle);
	assert_int_equal(second.generation, first.generation + 1);
	assert_int_equal(rdl_registry_find(registry, &first, NOW + 1000), RDL_HANDLE_NONE);
	struct rdl_registration r = describe(rdl_registry_find(registry, &second, NOW + 1000));
	assert_false(r.queue);
	assert_false(r.location.rooted);
	assert_int_equal(r.parameters.len, 0);
	assert_int_equal(r.objects->root_len, 0);
	assert_int_equal(r.lifetime_s, 100);
	assert_int_equal(r.registered_ms, NOW + 1000);
	assert_int_equal(counts().registrations, 1);
	assert_int_equal(counts().object_lists, 1);
	/* the first one's time takes nothing; the second one's, earlier, does. */
	assert_int_equal(expire(registry, NOW + 100999, 100), 0);
	assert_int_equal(expire(registry, NOW + 101000, 100), 1);
	assert_int_equal(counts().registrations, 0);
	assert_int_equal(counts().object_lists, 0);
	assert_int_equal(counts().store_octets, 0);
	assert_int_equal(expire(registry, NOW + 400000, 100), 0);
}

/* never early, at most a second late, dead before it is reclaimed. */
static void test_lifetime(void **state)
{
	static const struct {
		uint32_t lifetime_s, grace_s;
		uint64_t after_ms, seconds;
	} rows[] = {
		{ 1, 0, 0, 1 }, { 1, 0, 1, 2 }, { 1, 0, 999, 2 }, { 60, 5, 0, 65 },
		{ 86400, 0, 123456, 86524 }, { 0x7fffffff, 86400, 0, UINT64_C(0x7fffffff) + 86400 },
		{ 0x7fffffff, 86400, 60UL * 365 * 86400 * 1000,
			UINT64_C(0x7fffffff) + 86400 + 60UL * 365 * 86400 },
		{ UINT32_MAX, UINT32_MAX, 1500, UINT32_MAX }, /* as long as there is */
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct rdl_registry_config config = make_config(10);
		struct rdl_request request =
			make_register(span_of("a"), rows[i].lifetime_s, objects);
		uint64_t end = NOW + rows[i].seconds * 1000;
		struct rdl_location l;

		config.expiry_grace_s = rows[i].grace_s;
		struct rdl_registry *r = rdl_registry_create(&config);
		assert_non_null(r);
		rdl_registry_register(
			r, &request, RDL_HANDLE_UNKNOWN, NOW + rows[i].after_ms, &l, changed());
		assert_int_not_equal(rdl_registry_find(r, &l, end - 1), RDL_HANDLE_NONE);
		assert_int_equal(expire(r, end - 1, 100), 0);
		assert_int_equal(rdl_registry_find(r, &l, end), RDL_HANDLE_NONE);
		assert_int_equal(rdl_registry_find_endpoint(
					 r, request.digest, rdl_request_endpoint(&request), end),
			RDL_HANDLE_NONE);
		assert_int_equal(expire(r, end, 100), 1);
		assert_int_equal(expire(r, end, 100), 0);
		rdl_registry_destroy(r);
	}
}

/*
 * An endpoint that comes back before its dead registration is reclaimed: that ends, can still be
 * told, and the Register is performed when it is asked for again.
 */
static void test_register_after_end(void **state)
{
	struct rdl_request request = make_register(span_of("node"), 10, objects);
	struct rdl_location first, second = { 0 };

	rdl_registry_register(registry, &request, RDL_HANDLE_UNKNOWN, NOW, &first, changed());
	assert_int_equal(rdl_registry_register(registry, &request, RDL_HANDLE_UNKNOWN, NOW + 10000,
				 &second, changed()),
		RDL_REGISTRY_EXPIRED);
	assert_int_equal(changed()->kind, RDL_CHANGE_EXPIRED);
	assert_int_equal(changed()->handle, first.handle);
	assert_true(rdl_span_equal(describe(first.handle).endpoint, span_of("node")));
	assert_int_equal(counts().registrations, 0);
	assert_int_equal(second.generation, 0);
	assert_int_equal(rdl_registry_register(registry, &request, RDL_HANDLE_UNKNOWN, NOW + 10000,
				 &second, changed()),
		RDL_REGISTRY_CREATED);
	assert_int_equal(changed()->kind, RDL_CHANGE_REGISTERED);
	assert_int_not_equal(second.generation, first.generation);
	assert_int_equal(counts().registrations, 1);
	assert_int_equal(expire(registry, NOW + 19999, 100), 0);
	assert_int_equal(rdl_registry_find(registry, &second, NOW + 19999), second.handle);
	assert_int_equal(expire(registry, NOW + 20000, 100), 1);
}

static void test_expire_budget(void **state)
{
	struct rdl_location location;
	unsigned total = 0;
	char name[16];

	for (unsigned i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		struct rdl_request request = make_register(span_of(name), 5 + i / 100, objects);
		rdl_registry_register(
			registry, &request, RDL_HANDLE_UNKNOWN, NOW, &location, changed());
	}
	assert_int_equal(expire(registry, NOW + 100000, 0), 0);
	for (unsigned n = 1; total < 500; n = n % 70 + 1) {
		unsigned expired = expire(registry, NOW + 100000, n);

		assert_in_range(expired, 1, n);
		total += expired;
		assert_int_equal(counts().registrations, 500 - total);
	}
	assert_int_equal(expire(registry, NOW + 100000, 10), 0);
	assert_int_equal(counts().store_octets, 0);
}

static void test_update_rows(void **state)
{
	struct rdl_request request = make_register(span_of("node"), 300, objects);
	struct rdl_location location;

	request.identity = 77;
	request.gives |= RDL_GIVES_QUEUE;
	rdl_registry_register(registry, &request, RDL_HANDLE_UNKNOWN, NOW, &location, changed());
	/* U-1, U-3, U-11: nothing given; the rest of the request must not matter. */
	struct rdl_request update = { .lifetime_s = 7, .binding = 7, .minor = 7 };
	update.peer.port = 99;
	update.identity = 77;
	update.local = (struct rdl_local){ .udp_port = 3, .service = 1 };
	assert_true(
		rdl_registry_update(registry, location.handle, &update, NOW + 299999, changed()));
	struct rdl_registration r = describe(location.handle);
	assert_location(r.location, location);
	assert_int_equal(r.lifetime_s, 300);
	assert_int_equal(r.binding, 1);
	assert_int_equal(r.minor, 1);
	assert_true(r.queue);
	assert_memory_equal(r.objects, objects, objects->len);
	assert_int_equal(r.peer.port, 99);
	assert_int_equal(r.identity, 77);
	assert_memory_equal(&r.local, &update.local, sizeof(r.local));
	assert_int_equal(r.registered_ms, NOW);
	assert_int_equal(r.updated_ms, NOW + 299000);
	assert_int_equal(r.deadline_ms, NOW + 600000);
	/* Looked at where the first deadline was, and kept. */
	assert_int_equal(expire(registry, NOW + 599999, 100), 0);
	assert_int_equal(rdl_registry_find(registry, &location, NOW + 599999), location.handle);

	/* U-2: each alone */
	update.gives = RDL_GIVES_LIFETIME;
	assert_true(
		rdl_registry_update(registry, location.handle, &update, NOW + 599999, changed()));
	r = describe(location.handle);
	assert_int_equal(r.lifetime_s, 7);
	assert_int_equal(r.binding, 1);
	assert_int_equal(r.deadline_ms, NOW + 607000);
	update.gives = RDL_GIVES_BINDING;
	update.lifetime_s = 9;
	assert_true(
		rdl_registry_update(registry, location.handle, &update, NOW + 600000, changed()));
	r = describe(location.handle);
	assert_int_equal(r.lifetime_s, 7);
	assert_int_equal(r.binding, 7);
	update.gives = RDL_GIVES_OBJECTS;
	update.list.objects = rooted;
	assert_true(
		rdl_registry_update(registry, location.handle, &update, NOW + 600000, changed()));
	r = describe(location.handle);
	assert_memory_equal(r.objects, rooted, rooted->len);
	assert_false(r.location.rooted); /* the location's word is the Register's */
	assert_int_equal(counts().object_lists, 1);
	/* the same list again */
	assert_true(
		rdl_registry_update(registry, location.handle, &update, NOW + 600000, changed()));
	assert_memory_equal(describe(location.handle).objects, rooted, rooted->len);
	assert_int_equal(expire(registry, NOW + 607000, 100), 1);
	assert_int_equal(counts().store_octets, 0);
}

/* A shorter lifetime counts from the Update on, whatever bucket it waited in. */
static void test_update_shortens(void **state)
{
	struct rdl_request request = make_register(span_of("node"), 1000000, objects);
	struct rdl_request update = { .gives = RDL_GIVES_LIFETIME, .lifetime_s = 3 };
	struct rdl_location location;

	rdl_registry_register(registry, &request, RDL_HANDLE_UNKNOWN, NOW, &location, changed());
	assert_true(rdl_registry_update(registry, location.handle, &update, NOW + 1000, changed()));
	assert_int_equal(expire(registry, NOW + 3999, 100), 0);
	assert_int_equal(expire(registry, NOW + 4000, 100), 1);
}

static void test_parameters(void **state)
{
	static const struct {
		const char *before, *given, *after;
	} rows[] = {
		{ "", "\x05sms=1", "\x05sms=1" },
		{ "\x05sms=1", "\x06sms=22", "\x06sms=22" },
		{ "\x05sms=1\x03"
		  "a=1",
			"\x06sms=22",
			"\x03"
			"a=1\x06sms=22" },
		{ "\x05sms=1\x03"
		  "a=1\x01"
		  "b",
			"\x03"
			"b=2\x03"
			"c=3",
			"\x05sms=1\x03"
			"a=1\x03"
			"b=2\x03"
			"c=3" },
		{ "\x04smsx\x06smsx=1\x03sms", "\x05sms=2", "\x04smsx\x06smsx=1\x05sms=2" },
		{ "\x05sms=1", "", "\x05sms=1" },
		{ "", "", "" },
	};
	static const char long_name[] = "a-name-that-is-longer-than-a-record-holds";

	for (unsigned i = 0; i < 2 * RDL_ARRAY_LEN(rows); i++) {
		struct rdl_span name = span_of(i % 2 == 0 ? "short" : long_name);
		struct rdl_request request = make_register(name, 300, objects);
		struct rdl_request update = { 0 };
		struct rdl_location location;

		text_parameters(&request, rows[i / 2].before);
		text_parameters(&update, rows[i / 2].given);
		rdl_registry_register(
			registry, &request, RDL_HANDLE_UNKNOWN, NOW, &location, changed());
		assert_true(
			rdl_registry_update(registry, location.handle, &update, NOW, changed()));
		struct rdl_registration r = describe(location.handle);
		assert_span(r.parameters, span_of(rows[i / 2].after));
		assert_span(r.endpoint, name);
		assert_int_equal(find_name(name, NOW), location.handle);
		/* without parameters: they stay */
		update.gives = 0;
		assert_true(
			rdl_registry_update(registry, location.handle, &update, NOW, changed()));
		assert_span(describe(location.handle).parameters, span_of(rows[i / 2].after));
		deregister(registry, location.handle, NOW);
		expire(registry, NOW, 10); /* the tombstone keeps the name */
		assert_int_equal(counts().store_octets, 0);
	}
}

static void test_parameters_bound(void **state)
{
	static uint8_t blob[RDL_REGISTRY_PARAMETERS_MAX + 2];
	struct rdl_request request = make_register(span_of("node"), 300, objects);
	struct rdl_request update = { .gives = RDL_GIVES_PARAMETERS };
	struct rdl_location location;

	for (unsigned i = 0; i < RDL_ARRAY_LEN(blob); i += 2) { /* one-letter keys */
		blob[i] = 1;
		blob[i + 1] = (uint8_t)('a' + i / 2 % 20);
	}
	request.parameters.data = blob;
	request.parameters.len = sizeof(blob);
	assert_int_equal(rdl_registry_register(
				 registry, &request, RDL_HANDLE_UNKNOWN, NOW, &location, changed()),
		RDL_REGISTRY_STORE_FULL);
	assert_int_equal(counts().store_octets, 0);
	request.parameters.len = RDL_REGISTRY_PARAMETERS_MAX;
	assert_int_equal(rdl_registry_register(
				 registry, &request, RDL_HANDLE_UNKNOWN, NOW, &location, changed()),
		RDL_REGISTRY_CREATED);
	update.parameters.data = (const uint8_t *)"\x01z";
	update.parameters.len = 2;
	struct rdl_registration before = describe(location.handle);
	assert_false(
		rdl_registry_update(registry, location.handle, &update, NOW + 5000, changed()));
	struct rdl_registration after = describe(location.handle);
	assert_location(after.location, before.location);
	assert_true(after.deadline_ms == before.deadline_ms);
	assert_true(after.updated_ms == before.updated_ms);
	assert_span(after.parameters, before.parameters);
	update.parameters.data = (const uint8_t *)"\x01"
						  "a";
	assert_true(rdl_registry_update(registry, location.handle, &update, NOW + 5000, changed()));
	assert_in_range(
		describe(location.handle).parameters.len, 3, RDL_REGISTRY_PARAMETERS_MAX - 2);
}

static void test_names(void **state)
{
	static const size_t lens[] = { 1, 23, 24, 25, 26, 251, 252 };
	uint8_t text[RDL_ENDPOINT_MAX];

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < RDL_ARRAY_LEN(lens); i++) {
		/* The next name differs in its last octet only. */
		for (uint8_t last = 'a'; last <= 'b'; last++) {
			uint8_t *copy = guard_copy(text, lens[i]);
			copy[lens[i] - 1] = last;
			struct rdl_span name = { copy, lens[i] };
			struct rdl_request request = make_register(name, 300, objects);
			struct rdl_location location;

			assert_int_equal(find_name(name, NOW), RDL_HANDLE_NONE);
			assert_int_equal(rdl_registry_register(registry, &request,
						 RDL_HANDLE_UNKNOWN, NOW, &location, changed()),
				RDL_REGISTRY_CREATED);
			assert_int_equal(find_name(name, NOW), location.handle);
			assert_span(describe(location.handle).endpoint, name);
			assert_int_equal(rdl_registry_register(registry, &request,
						 RDL_HANDLE_UNKNOWN, NOW, &location, changed()),
				RDL_REGISTRY_REPLACED);
			assert_span(describe(location.handle).endpoint, name);
			guard_free(copy, lens[i]);
		}
	}
	assert_int_equal(counts().registrations, 2 * RDL_ARRAY_LEN(lens));
}

/* A location is checked in every part, and need not name anything that we have. */
static void test_find(void **state)
{
	struct rdl_request request = make_register(span_of("node"), 300, objects);
	struct rdl_location l, other;

	rdl_registry_register(registry, &request, RDL_HANDLE_UNKNOWN, NOW, &l, changed());
	assert_int_equal(rdl_registry_find(registry, &l, NOW), l.handle);
	const struct rdl_location wrong[] = {
		{ l.handle, l.version_class, l.rooted, l.generation + 1 },
		{ l.handle, l.version_class, l.rooted, l.generation - 1 },
		{ l.handle, l.version_class, l.rooted, l.generation + (1u << 29) },
		{ l.handle, l.version_class ^ 1, l.rooted, l.generation },
		{ l.handle, l.version_class ^ 2, l.rooted, l.generation },
		{ l.handle, l.version_class, !l.rooted, l.generation },
		{ l.handle + 1, l.version_class, l.rooted, l.generation },
		{ l.handle + 1, l.version_class, l.rooted, 0 },
		{ l.handle | 0xffffff, l.version_class, l.rooted, l.generation },
		{ RDL_HANDLE_NONE, l.version_class, l.rooted, l.generation },
	};
	for (size_t i = 0; i < RDL_ARRAY_LEN(wrong); i++) {
		assert_int_equal(rdl_registry_find(registry, &wrong[i], NOW), RDL_HANDLE_NONE);
	}
	/* X-2, and the slot's next user has another generation */
	deregister(registry, l.handle, NOW);
	assert_int_equal(rdl_registry_find(registry, &l, NOW), RDL_HANDLE_NONE);
	assert_int_equal(find_name(rdl_request_endpoint(&request), NOW), RDL_HANDLE_NONE);
	assert_int_equal(counts().registrations, 0);
	assert_int_equal(counts().store_octets, 0);
	assert_int_equal(rdl_registry_register(
				 registry, &request, RDL_HANDLE_UNKNOWN, NOW, &other, changed()),
		RDL_REGISTRY_CREATED);
	assert_int_equal(other.handle, l.handle);
	assert_int_equal(other.generation, l.generation + 1);
	assert_int_equal(rdl_registry_find(registry, &l, NOW), RDL_HANDLE_NONE);
}

static void test_next(void **state)
{
	struct rdl_location location;
	uint64_t cursor = 0;
	unsigned seen = 0, pauses = 0;
	char name[16];

	assert_int_equal(rdl_registry_next(registry, &cursor, NOW, &(unsigned){ UINT32_MAX }),
		RDL_HANDLE_NONE);
	assert_true(cursor == UINT64_MAX);
	assert_int_equal(rdl_registry_next(registry, &cursor, NOW, &(unsigned){ UINT32_MAX }),
		RDL_HANDLE_NONE);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		struct rdl_request request =
			make_register(span_of(name), i < 100 ? 10 : 1000, objects);
		rdl_registry_register(
			registry, &request, RDL_HANDLE_UNKNOWN, NOW, &location, changed());
	}
	rdl_handle last = 0;
	for (cursor = 0; cursor != UINT64_MAX;) {
		rdl_handle handle =
			rdl_registry_next(registry, &cursor, NOW + 10000, &(unsigned){ 50 });

		if (handle == RDL_HANDLE_NONE) {
			pauses++;
			continue;
		}
		assert_true(seen == 0 || handle > last);
		last = handle;
		assert_int_equal(describe(handle).lifetime_s, 1000);
		seen++;
	}
	assert_int_equal(seen, 200); /* the dead ones are passed over */
	assert_true(pauses > 10);
	cursor = 0;
	assert_int_equal(
		rdl_registry_next(registry, &cursor, NOW, &(unsigned){ 0 }), RDL_HANDLE_NONE);
	assert_true(cursor != UINT64_MAX);
}

/*
 * Wherever in their seconds the two clocks are:
 * the wall's second in which it happened, no other.
 */
static void test_wall(void **state)
{
	const uint64_t walls[] = { 0, 1, 499, 500, 999, 1700000000123, 1700000000877 };
	struct rdl_request request = make_register(span_of("node"), 300, objects);
	uint64_t now = NOW, random = 1;
	struct rdl_location location;

	for (unsigned i = 0; i < 20000; i++) {
		uint64_t wall_ms = walls[i / 10 % RDL_ARRAY_LEN(walls)], registered;

		rdl_registry_set_wall(registry, wall_ms);
		now += i % 3 == 0 ? 1000 - now % 1000 : test_random(&random) % 1500;
		registered = now;
		rdl_registry_register(
			registry, &request, RDL_HANDLE_UNKNOWN, now, &location, changed());
		struct rdl_registration r = describe(location.handle);
		assert_int_equal(r.registered_ms, (now + wall_ms) / 1000 * 1000);
		assert_int_equal(r.updated_ms, r.registered_ms);
		assert_in_range(r.deadline_ms, now + wall_ms + 300000, now + wall_ms + 300999);
		now += test_random(&random) % 3000;
		const struct rdl_request update = { .gives = 0 };
		assert_true(
			rdl_registry_update(registry, location.handle, &update, now, changed()));
		r = describe(location.handle);
		assert_int_equal(r.registered_ms, (registered + wall_ms) / 1000 * 1000);
		assert_int_equal(r.updated_ms, (now + wall_ms) / 1000 * 1000);
		assert_int_equal(rdl_registry_wall(registry, now), now + wall_ms);
		/* The clock was set: what lies before may be shown as a second off, no more. */
		rdl_registry_set_wall(registry, wall_ms + 5000 + i % 1000);
		r = describe(location.handle);
		assert_in_range(r.registered_ms, registered + wall_ms + 5000 + i % 1000 - 1999,
			registered + wall_ms + 5000 + i % 1000 + 1000);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_describe),
		TEST(test_replace),
		TEST(test_lifetime),
		TEST(test_register_after_end),
		TEST(test_expire_budget),
		TEST(test_update_rows),
		TEST(test_update_shortens),
		TEST(test_parameters),
		TEST(test_parameters_bound),
		TEST(test_names),
		TEST(test_find),
		TEST(test_next),
		TEST(test_wall),
	};

	return RUN_EAL_TESTS(tests);
}
