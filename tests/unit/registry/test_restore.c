/* SPDX-License-Identifier: BSD-3-Clause */
/* A registry described, and put back into a fresh one: nothing that anybody can see is another. */
#include "fixture.h"

#include "restore.h"
#include "state.h"

#define ENDPOINTS 300
#define EXCHANGE_LIFETIME 247
#define WALL UINT64_C(1700000000300)
#define BEGAN 5000 /* the first one's clock at its creation */
#define NOW (BEGAN + 400000)
#define LATER 77000 /* the second one's, at the same time by the wall's */

static struct rdl_registry *old, *new;
static struct rdl_object_list *lists[8];
static struct rdl_location locations[ENDPOINTS];
static uint64_t seed;

static uint64_t dice(uint64_t sides)
{
	return test_random(&seed) % sides;
}

static struct rdl_span name_of(unsigned i)
{
	static char name[RDL_ENDPOINT_MAX + 1];
	static const unsigned lens[] = { 6, 24, 25, 100, RDL_ENDPOINT_MAX };
	unsigned len = lens[i % RDL_ARRAY_LEN(lens)];

	memset(name, 'x', sizeof(name));
	name[snprintf(name, sizeof(name), "e%04u", i)] = 'y';
	return (struct rdl_span){ (const uint8_t *)name, len };
}

/* A clock of its own, `ms` behind or ahead of what it is at NOW; the wall's is the same. */
static struct rdl_registry *create(uint64_t began_ms, uint64_t now_ms, uint64_t registrations)
{
	struct rdl_registry_config config = make_config(registrations);

	config.slots = rdl_registry_slots(ENDPOINTS * 4);
	config.exchange_lifetime_s = EXCHANGE_LIFETIME;
	config.expiry_grace_s = 3;
	config.now_ms = began_ms;
	config.wall_ms = WALL - now_ms;
	struct rdl_registry *registry = rdl_registry_create(&config);
	assert_non_null(registry);
	return registry;
}

static struct rdl_request some_register(unsigned i, uint64_t exchange)
{
	static const char *const parameters[] = { "", "\5sms=1", "\3x=1\6pid=77" };
	struct rdl_request request = make_register(
		name_of(i), 500 + (uint32_t)dice(5000), lists[dice(RDL_ARRAY_LEN(lists))]);
	const char *some = parameters[dice(RDL_ARRAY_LEN(parameters))];

	request.exchange = exchange;
	request.minor = (uint8_t)dice(4);
	request.peer.port = (uint16_t)dice(65536);
	request.peer.address[1] = (uint8_t)dice(5);
	request.local.udp_port = 1;
	request.identity = i % 9;
	request.parameters = (struct rdl_span){ (const uint8_t *)some, strlen(some) };
	if (dice(3) == 0)
		request.gives |= RDL_GIVES_QUEUE;
	return request;
}

/* Registered, replaced, updated and de-registered at random, in the seconds before NOW. */
static void live_on(void)
{
	uint64_t exchange = 1, now_ms = BEGAN;

	for (unsigned n = 0; n < 6 * ENDPOINTS; n++) {
		unsigned i = (unsigned)dice(ENDPOINTS);
		struct rdl_request request = some_register(i, exchange++);

		now_ms += dice(200);
		if (locations[i].generation == 0 || dice(3) == 0) {
			perform_register(old, &request, now_ms, &locations[i]);
			continue;
		}
		if (dice(4) == 0) {
			deregister(old, locations[i].handle, now_ms);
			locations[i].generation = 0;
			continue;
		}
		request.operation = RDL_OPERATION_UPDATE;
		request.gives = (uint8_t)(dice(2) == 0 ? RDL_GIVES_LIFETIME : RDL_GIVES_OBJECTS);
		assert_true(
			rdl_registry_update(old, locations[i].handle, &request, now_ms, changed()));
	}
	/* Of all that was de-registered nothing is left but generations. */
	assert_true(now_ms + EXCHANGE_LIFETIME * 1000 > NOW - 200000 && now_ms < NOW);
	for (unsigned i = 0; i < ENDPOINTS; i++)
		while (locations[i].generation != 0 &&
			rdl_registry_find(old, &locations[i], NOW) == RDL_HANDLE_NONE)
			locations[i].generation = 0;
}

static int begin(void **state)
{
	seed = 5;
	for (unsigned i = 0; i < RDL_ARRAY_LEN(lists); i++)
		lists[i] = make_list((uint16_t)(3 + i), (uint16_t)(1 + 5 * i), i % 2 ? "r" : "");
	memset(locations, 0, sizeof(locations));
	old = create(BEGAN, NOW, ENDPOINTS);
	live_on();
	expire(old, NOW, UINT32_MAX);
	return 0;
}

static int end(void **state)
{
	rdl_registry_destroy(old);
	rdl_registry_destroy(new);
	new = NULL;
	for (unsigned i = 0; i < RDL_ARRAY_LEN(lists); i++)
		free(lists[i]);
	return 0;
}

static void put_back_generations(void)
{
	for (unsigned partition = 0; partition < RDL_PARTITIONS; partition++)
		for (uint32_t slot = 0; slot < rdl_registry_slots(ENDPOINTS * 4); slot++) {
			rdl_handle handle = partition << 24 | slot;

			assert_true(rdl_registry_set_generation(
				new, handle, rdl_registry_generation(old, handle)));
		}
}

/* All that live. Returns how many they are. */
static unsigned put_back(void)
{
	struct rdl_remembered remembered[RDL_REMEMBERED];
	unsigned budget = UINT32_MAX, count = 0;
	struct rdl_registration r;
	uint64_t cursor = 0;
	rdl_handle handle;

	while ((handle = rdl_registry_next(old, &cursor, NOW, &budget)) != RDL_HANDLE_NONE) {
		rdl_registry_describe(old, handle, &r);
		rdl_registry_remembered(old, handle, remembered);
		assert_true(rdl_registry_restore(new, &r, remembered));
		assert_false(rdl_registry_restore(new, &r, remembered));
		/* Nor in another slot, while the endpoint is registered. */
		r.location.handle = (handle >> 24) << 24 | (new->slab.slots - 1);
		r.location.generation = RDL_GENERATION_MAX - 1;
		assert_false(rdl_registry_restore(new, &r, remembered));
		count++;
	}
	return count;
}

static void expect_same(rdl_handle handle, uint64_t late_ms)
{
	struct rdl_remembered before[RDL_REMEMBERED], after[RDL_REMEMBERED];
	struct rdl_registration a, b;

	rdl_registry_describe(old, handle, &a);
	rdl_registry_describe(new, handle, &b);
	assert_location(b.location, a.location);
	assert_true(rdl_span_equal(a.endpoint, b.endpoint));
	assert_memory_equal(&b.peer, &a.peer, sizeof(a.peer));
	assert_memory_equal(&b.local, &a.local, sizeof(a.local));
	assert_int_equal(b.identity, a.identity);
	assert_int_equal(b.minor, a.minor);
	assert_int_equal(b.queue, a.queue);
	assert_int_equal(b.binding, a.binding);
	assert_int_equal(b.lifetime_s, a.lifetime_s);
	assert_int_equal(b.deadline_ms, a.deadline_ms + late_ms);
	assert_int_equal(b.registered_ms, a.registered_ms);
	assert_in_range(b.updated_ms, a.updated_ms, a.updated_ms + (late_ms > 0 ? 1000 : 0));
	assert_memory_equal(b.objects, a.objects, a.objects->len);
	assert_true(rdl_span_equal(a.parameters, b.parameters));
	rdl_registry_remembered(old, handle, before);
	rdl_registry_remembered(new, handle, after);
	for (unsigned i = 0; i < RDL_REMEMBERED; i++) {
		assert_true(after[i].exchange == before[i].exchange);
		assert_int_equal(after[i].generation, before[i].generation);
		assert_int_equal(after[i].version_class, before[i].version_class);
		assert_int_equal(after[i].rooted, before[i].rooted);
		assert_true(before[i].exchange == 0 ||
			    after[i].performed_ms / 1000 == before[i].performed_ms / 1000);
	}
}

static void compare(uint64_t late_ms, uint64_t new_now_ms)
{
	struct rdl_registry_counts a, b;
	unsigned seen = 0;

	rdl_registry_counts(old, &a);
	rdl_registry_counts(new, &b);
	assert_int_equal(b.registrations, a.registrations);
	assert_int_equal(b.object_lists, a.object_lists);
	assert_int_equal(b.store_octets, a.store_octets);
	for (unsigned i = 0; i < ENDPOINTS; i++) {
		if (locations[i].generation == 0)
			continue;
		assert_int_equal(
			rdl_registry_find(new, &locations[i], new_now_ms), locations[i].handle);
		assert_int_equal(rdl_registry_find_endpoint(
					 new, digest_of(name_of(i)), name_of(i), new_now_ms),
			locations[i].handle);
		expect_same(locations[i].handle, late_ms);
		seen++;
	}
	assert_int_equal(seen, a.registrations);
	assert_in_range(seen, ENDPOINTS / 4, ENDPOINTS - 10);
}

/* Into a registry whose clock began at once; its seconds are those of the first. */
static void test_all(void **state)
{
	new = create(LATER, LATER, ENDPOINTS);
	put_back_generations();
	assert_in_range(put_back(), ENDPOINTS / 4, ENDPOINTS);
	compare(0, LATER);
	/* They end at the same times. */
	for (uint64_t ms = 0; ms < 6000 * 1000; ms += 1000 * (1 + dice(100)))
		assert_int_equal(
			expire(new, LATER + ms, UINT32_MAX), expire(old, NOW + ms, UINT32_MAX));
	struct rdl_registry_counts counts;
	rdl_registry_counts(new, &counts);
	assert_int_equal(counts.registrations, 0);
	assert_int_equal(counts.store_octets, 0);
}

/* Seconds that begin elsewhere: nothing ends early, or more than a second late. */
static void test_other_seconds(void **state)
{
	new = create(LATER - 300, LATER, ENDPOINTS);
	put_back();
	compare(700, LATER);
}

/* What was asked for before is known again, until the time that it would have been known. */
static void test_copies(void **state)
{
	struct rdl_request request = some_register(ENDPOINTS, 1 << 20), update = { 0 };
	struct rdl_location location, copy;
	struct rdl_remembered remembered[RDL_REMEMBERED];
	struct rdl_registration r;

	perform_register(old, &request, NOW - 100000, &location);
	request.exchange++;
	perform_register(old, &request, NOW - 90000, &location);
	update = (struct rdl_request){
		.operation = RDL_OPERATION_UPDATE,
		.exchange = 99,
		.location = location,
		.identity = request.identity,
	};
	assert_true(rdl_registry_update(old, location.handle, &update, NOW - 80000, changed()));
	rdl_registry_describe(old, location.handle, &r);
	rdl_registry_remembered(old, location.handle, remembered);
	new = create(LATER, LATER, ENDPOINTS);
	assert_true(rdl_registry_restore(new, &r, remembered));
	/* The Register, that of the registration before, the Update. */
	assert_int_equal(
		perform_register(new, &request, LATER + 1000, &copy), RDL_REGISTRY_RENEWED);
	assert_location(copy, location);
	request.exchange--;
	assert_int_equal(
		perform_register(new, &request, LATER + 1000, &copy), RDL_REGISTRY_REPLAYED);
	assert_int_equal(copy.generation, location.generation - 1);
	assert_int_equal(perform_copy(new, &update, LATER + 166000), RDL_REGISTRY_RENEWED);
	assert_int_equal(perform_copy(new, &update, LATER + 168000), RDL_REGISTRY_NO_COPY);
}

/* No location comes twice: slots go on where they were. */
static void test_generations(void **state)
{
	struct rdl_location location;
	uint32_t had;

	new = create(LATER, LATER, ENDPOINTS);
	put_back_generations();
	for (unsigned i = 0; i < ENDPOINTS; i++) {
		struct rdl_request request = some_register(ENDPOINTS + i, (1 << 20) + i);

		assert_int_equal(
			perform_register(new, &request, LATER, &location), RDL_REGISTRY_CREATED);
		had = rdl_registry_generation(old, location.handle);
		assert_int_equal(location.generation, had + 1);
	}
}

/* A slot that is used up is given to nobody. */
static void test_used_up(void **state)
{
	struct rdl_request request = some_register(ENDPOINTS, 1 << 20);
	unsigned partition = rdl_endpoint_partition(request.digest);
	struct rdl_location location;

	new = create(LATER, LATER, ENDPOINTS);
	for (uint32_t slot = 0; slot < 3; slot++)
		for (unsigned twice = 0; twice < 2; twice++)
			assert_true(rdl_registry_set_generation(
				new, partition << 24 | slot, RDL_GENERATION_MAX));
	assert_int_equal(perform_register(new, &request, LATER, &location), RDL_REGISTRY_CREATED);
	assert_int_equal(rdl_location_slot(&location), 3);
	for (uint32_t slot = 0; slot < new->slab.slots; slot++)
		rdl_registry_set_generation(new, partition << 24 | slot, RDL_GENERATION_MAX);
	rdl_registry_remove(new, location.handle, LATER, changed());
	rdl_registry_forget_ended(new);
	assert_true(rdl_registry_set_generation(new, location.handle, RDL_GENERATION_MAX));
	assert_int_equal(perform_register(new, &request, LATER, &location), RDL_REGISTRY_FULL);
}

/* What cannot be is refused, and nothing is changed. */
static void test_refused(void **state)
{
	static const struct rdl_remembered none[RDL_REMEMBERED];
	struct rdl_registration good, r, other;
	struct rdl_registry_counts counts;
	uint64_t cursor = 0;
	unsigned budget = UINT32_MAX;
	rdl_handle handle = rdl_registry_next(old, &cursor, NOW, &budget);

	rdl_registry_describe(old, handle, &good);
	struct rdl_registry_config config = make_config(1);
	config.slots = rdl_registry_slots(1);
	config.exchange_lifetime_s = 247;
	new = rdl_registry_create(&config);
	assert_non_null(new);
#define REFUSED(change)                                            \
	do {                                                       \
		r = good;                                          \
		change;                                            \
		assert_false(rdl_registry_restore(new, &r, none)); \
		rdl_registry_counts(new, &counts);                 \
		assert_int_equal(counts.registrations, 0);         \
		assert_int_equal(counts.store_octets, 0);          \
	} while (0)
	REFUSED(r.location.handle ^= 1 << 24); /* not the name's partition */
	REFUSED(r.location.handle |= 0xffff); /* beyond the row */
	REFUSED(r.location.generation = 0);
	REFUSED(r.location.generation = RDL_GENERATION_MAX + 1);
	REFUSED(r.location.version_class ^= 1);
	REFUSED(r.endpoint.len = 0);
	struct rdl_object_list *huge = make_list(3, UINT16_MAX, "");
	REFUSED(r.objects = huge);
	assert_true(rdl_registry_set_generation(new, handle, good.location.generation + 1));
	assert_false(rdl_registry_set_generation(new, handle, good.location.generation));
	assert_false(rdl_registry_set_generation(new, handle, RDL_GENERATION_MAX + 1));
	assert_false(rdl_registry_set_generation(new, handle | 0xffffff, 1));
	REFUSED((void)0);
	r.location.generation += 2;
	assert_true(rdl_registry_restore(new, &r, none));
	assert_false(rdl_registry_set_generation(new, handle, RDL_GENERATION_MAX));
	/* No room for another. */
	handle = rdl_registry_next(old, &cursor, NOW, &budget);
	rdl_registry_describe(old, handle, &other);
	assert_false(rdl_registry_restore(new, &other, none));
	rdl_registry_counts(new, &counts);
	assert_int_equal(counts.registrations, 1);
	/* What has ended is in nobody's way; a slot that is used up is. */
	handle = good.location.handle;
	rdl_registry_remove(new, handle, 5000, changed());
	good.location.generation += 3;
	assert_true(rdl_registry_restore(new, &good, none));
	/* A tombstone gives way, and only for what is put back. */
	deregister(new, handle, 5000);
	rdl_registry_forget_ended(new);
	r = other;
	r.objects = huge;
	assert_false(rdl_registry_restore(new, &r, none));
	free(huge);
	rdl_registry_counts(new, &counts);
	assert_int_equal(counts.tombstones, 1);
	assert_true(rdl_registry_restore(new, &other, none));
	rdl_registry_counts(new, &counts);
	assert_int_equal(counts.tombstones, 0);
	rdl_registry_remove(new, other.location.handle, 5000, changed());
	rdl_registry_forget_ended(new);
	assert_true(rdl_registry_set_generation(new, handle, RDL_GENERATION_MAX));
	REFUSED(r.location.generation = RDL_GENERATION_MAX);
}

/* One whose time is over by now, or was before the registry's, ends like any other. */
static void test_past_their_time(void **state)
{
	struct rdl_change changes[RDL_REGISTRY_BURST];
	unsigned put;

	new = create(LATER + 9000000, LATER, ENDPOINTS);
	put = put_back();
	for (unsigned i = 0; i < ENDPOINTS; i++)
		if (locations[i].generation != 0)
			assert_int_equal(rdl_registry_find(new, &locations[i], LATER + 9000000),
				RDL_HANDLE_NONE);
	assert_true(put > RDL_REGISTRY_BURST);
	assert_int_equal(
		rdl_registry_expire(new, LATER + 9000000, 1000, changes), RDL_REGISTRY_BURST);
	assert_int_equal(expire(new, LATER + 9000000, 100000), put - RDL_REGISTRY_BURST);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_all),
		TEST(test_other_seconds),
		TEST(test_copies),
		TEST(test_generations),
		TEST(test_used_up),
		TEST(test_refused),
		TEST(test_past_their_time),
	};

	return RUN_EAL_TESTS(tests);
}
