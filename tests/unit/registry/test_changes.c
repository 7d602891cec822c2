/* SPDX-License-Identifier: BSD-3-Clause */
/* What calls say that they have changed, and how long what has ended can be described. */
#include "fixture.h"

#define NOW 7000
#define EXCHANGE_LIFETIME 247
#define BIT(name) (1u << RDL_MEMBER_##name)

static struct rdl_registry *registry;
static struct rdl_object_list *one, *same, *other;

static int start(void **state)
{
	struct rdl_registry_config config = make_config(200);

	config.exchange_lifetime_s = EXCHANGE_LIFETIME;
	registry = rdl_registry_create(&config);
	assert_non_null(registry);
	one = make_list(3, 2, "");
	same = make_list(3, 2, "");
	other = make_list(3, 3, "");
	return 0;
}

static int stop(void **state)
{
	rdl_registry_destroy(registry);
	free(one);
	free(same);
	free(other);
	return 0;
}

static struct rdl_location add(const char *name, uint64_t exchange, uint16_t port, uint64_t now_ms)
{
	struct rdl_request request = make_register(span_of(name), 60, one);
	struct rdl_location location;

	request.exchange = exchange;
	request.peer.port = port;
	rdl_registry_register(registry, &request, RDL_HANDLE_UNKNOWN, now_ms, &location, changed());
	return location;
}

static void expect(enum rdl_change_kind kind, struct rdl_location location)
{
	assert_int_equal(changed()->kind, kind);
	assert_int_equal(changed()->handle, location.handle);
}

static void expect_name(rdl_handle handle, const char *name)
{
	struct rdl_registration registration;

	rdl_registry_describe(registry, handle, &registration);
	assert_true(rdl_span_equal(registration.endpoint, span_of(name)));
	assert_int_equal(registration.lifetime_s, 60);
	assert_memory_equal(registration.objects, one, one->len);
}

static struct rdl_registry_counts counts(void)
{
	struct rdl_registry_counts counts;

	rdl_registry_counts(registry, &counts);
	return counts;
}

static void test_kinds(void **state)
{
	struct rdl_location first = add("a", 1, 10, NOW), second;
	struct rdl_request update = { .operation = RDL_OPERATION_UPDATE, .exchange = 3 };

	expect(RDL_CHANGE_REGISTERED, first);
	second = add("a", 2, 20, NOW);
	expect(RDL_CHANGE_REPLACED, second);
	assert_location(changed()->old_location, first);
	assert_int_equal(changed()->old_peer.port, 10);
	update.peer.port = 30;
	assert_true(rdl_registry_update(registry, second.handle, &update, NOW, changed()));
	expect(RDL_CHANGE_UPDATED, second);
	assert_int_equal(changed()->old_peer.port, 20);
	deregister(registry, second.handle, NOW);
	expect(RDL_CHANGE_DEREGISTERED, second);
	first = add("b", 4, 10, NOW);
	rdl_registry_remove(registry, first.handle, NOW, changed());
	expect(RDL_CHANGE_REMOVED, first);
}

/* What changes nothing says so, whatever the last call changed. */
static void test_none(void **state)
{
	struct rdl_location location = add("a", 1, 10, NOW);
	struct rdl_request update = {
		.operation = RDL_OPERATION_UPDATE, .exchange = 2, .location = location
	};
	struct rdl_object_list *huge = make_list(3, UINT16_MAX, "");
	struct rdl_request request = make_register(span_of("b"), 60, huge);

	assert_int_equal(perform_copy(registry, &update, NOW), RDL_REGISTRY_NO_COPY);
	assert_int_equal(changed()->kind, RDL_CHANGE_NONE);
	changed()->kind = RDL_CHANGE_UPDATED;
	update.gives = RDL_GIVES_OBJECTS;
	update.list.objects = huge;
	assert_false(rdl_registry_update(registry, location.handle, &update, NOW, changed()));
	assert_int_equal(changed()->kind, RDL_CHANGE_NONE);
	changed()->kind = RDL_CHANGE_UPDATED;
	assert_int_equal(rdl_registry_register(
				 registry, &request, RDL_HANDLE_UNKNOWN, NOW, &location, changed()),
		RDL_REGISTRY_STORE_FULL);
	assert_int_equal(changed()->kind, RDL_CHANGE_NONE);
	free(huge);
}

/* Copies renew a registration that lives; of one that was de-registered they change nothing. */
static void test_renewed(void **state)
{
	struct rdl_location location = add("a", 1, 10, NOW);
	struct rdl_request update = { .operation = RDL_OPERATION_UPDATE,
		.exchange = 2,
		.gives = RDL_GIVES_LIFETIME,
		.lifetime_s = 60,
		.location = location };

	add("a", 1, 10, NOW + 1000);
	expect(RDL_CHANGE_RENEWED, location);
	assert_true(changed()->retransmission);
	assert_int_equal(changed()->members, 0);
	add("a", 1, 10, NOW + 46000);
	expect(RDL_CHANGE_RENEWED, location);
	assert_false(changed()->retransmission);
	rdl_registry_update(registry, location.handle, &update, NOW + 46000, changed());
	update.lifetime_s = 99;
	assert_int_equal(perform_copy(registry, &update, NOW + 47000), RDL_REGISTRY_LENGTHENED);
	expect(RDL_CHANGE_RENEWED, location);
	assert_true(changed()->retransmission);
	assert_int_equal(changed()->members, BIT(lifetime));
	deregister(registry, location.handle, NOW + 48000);
	assert_int_equal(perform_copy(registry, &update, NOW + 48000), RDL_REGISTRY_REPLAYED);
	assert_int_equal(changed()->kind, RDL_CHANGE_NONE);
	assert_location(add("a", 1, 10, NOW + 48000), location);
	assert_int_equal(changed()->kind, RDL_CHANGE_NONE);
}

/* ---- what an Update changes ---- */

static unsigned update(rdl_handle handle, struct rdl_request *request)
{
	request->operation = RDL_OPERATION_UPDATE;
	assert_true(rdl_registry_update(registry, handle, request, NOW, changed()));
	return changed()->members;
}

static void test_members(void **state)
{
	struct rdl_location l = add("a", 1, 10, NOW);
	struct rdl_request request = { .peer = make_register(span_of("a"), 0, one).peer };

	request.peer.port = 11;
	assert_int_equal(update(l.handle, &request), BIT(address));
	/* Not given; given as it is; given anew. */
	request.lifetime_s = 1;
	request.binding = 0x23;
	request.list.objects = other;
	assert_int_equal(update(l.handle, &request), 0);
	request.gives = RDL_GIVES_LIFETIME | RDL_GIVES_BINDING | RDL_GIVES_OBJECTS;
	request.lifetime_s = 60;
	request.binding = 1;
	request.list.objects = same;
	assert_int_equal(update(l.handle, &request), 0);
	request.lifetime_s = 61;
	request.binding = 3;
	request.list.objects = other;
	assert_int_equal(update(l.handle, &request), BIT(lifetime) | BIT(binding) | BIT(objects));
	/* Queue mode goes on by the parameter, on and off by the binding. */
	request.gives = RDL_GIVES_BINDING;
	request.binding = 0x21;
	assert_int_equal(update(l.handle, &request), BIT(binding) | BIT(queue));
	request.binding = 0x23;
	assert_int_equal(update(l.handle, &request), BIT(binding));
	request.binding = 1;
	assert_int_equal(update(l.handle, &request), BIT(binding) | BIT(queue));
	request.gives = RDL_GIVES_QUEUE;
	assert_int_equal(update(l.handle, &request), BIT(queue));
	assert_int_equal(update(l.handle, &request), 0);
	request.gives = RDL_GIVES_BINDING;
	request.binding = 0x21;
	assert_int_equal(update(l.handle, &request), BIT(binding));
}

static void test_parameters(void **state)
{
	static const struct {
		const char *before, *given;
		unsigned members;
	} cases[] = {
		{ "\5sms=1", "\5sms=1", 0 },
		{ "\5sms=1", "\5sms=2", BIT(sms) },
		{ "", "\5sms=2", BIT(sms) },
		{ "\3x=1\5sms=1", "\5sms=1\3x=1", 0 },
		{ "\3x=1\5sms=1", "\5sms=1\3x=2", BIT(parameters) },
		{ "\1x", "\2x=", BIT(parameters) },
		{ "\6sms2=1", "\6sms2=2", BIT(parameters) },
		{ "", "\5sms=2\1x", BIT(sms) | BIT(parameters) },
	};
	char name[16];

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		snprintf(name, sizeof(name), "n%zu", i);
		struct rdl_request request = make_register(span_of(name), 60, one);
		struct rdl_location location;

		request.parameters.data = (const uint8_t *)cases[i].before;
		request.parameters.len = strlen(cases[i].before);
		rdl_registry_register(
			registry, &request, RDL_HANDLE_UNKNOWN, NOW, &location, changed());
		request.parameters.data = (const uint8_t *)cases[i].given;
		request.parameters.len = strlen(cases[i].given);
		request.gives = 0;
		assert_int_equal(update(location.handle, &request), 0);
		request.gives = RDL_GIVES_PARAMETERS;
		assert_int_equal(update(location.handle, &request), cases[i].members);
	}
}

/* A list written over the registration's own, for want of room, is another one. */
static void test_written_over(void **state)
{
	struct rdl_object_list *fat = make_list(3, 16000, ""), *last = make_list(4, 15999, "");
	struct rdl_request request;
	struct rdl_location location;
	unsigned filled = 0;
	char name[16];

	/* Each has a list of its own, until what is kept for Updates is full, too. */
	do {
		snprintf(name, sizeof(name), "n%u", filled);
		location = add(name, 1000 + filled, 10, NOW);
		((rdl_object_link *)(fat + 1))[0] = filled++;
		request = (struct rdl_request){ .operation = RDL_OPERATION_UPDATE,
			.gives = RDL_GIVES_OBJECTS,
			.list.objects = fat };
	} while (rdl_registry_update(registry, location.handle, &request, NOW, changed()));
	assert_in_range(filled, 10, 150);
	snprintf(name, sizeof(name), "n%u", filled - 2);
	location.handle =
		rdl_registry_find_endpoint(registry, digest_of(span_of(name)), span_of(name), NOW);
	request.list.objects = last;
	assert_true(rdl_registry_update(registry, location.handle, &request, NOW, changed()));
	assert_int_equal(changed()->members & BIT(objects), BIT(objects));
	free(fat);
	free(last);
}

/* ---- what has ended ---- */

/* It is dead at once, and said and counted to be; what is kept of it goes with the next call. */
static void test_ended(void **state)
{
	struct rdl_location location = add("a-name-of-which-a-part-is-elsewhere", 1, 10, NOW);
	static const struct rdl_request request = { .operation = RDL_OPERATION_DEREGISTER,
		.exchange = 2 };
	unsigned budget = UINT32_MAX;
	uint64_t cursor = 0;

	rdl_registry_deregister(registry, location.handle, &request, NOW, changed());
	assert_int_equal(rdl_registry_find(registry, &location, NOW), RDL_HANDLE_NONE);
	assert_int_equal(rdl_registry_next(registry, &cursor, NOW, &budget), RDL_HANDLE_NONE);
	assert_int_equal(counts().registrations, 0);
	expect_name(location.handle, "a-name-of-which-a-part-is-elsewhere");
	assert_int_equal(counts().object_lists, 1);
	rdl_registry_forget_ended(registry);
	assert_int_equal(counts().object_lists, 0);
	assert_int_equal(counts().tombstones, 1);
	rdl_registry_forget_ended(registry);
	assert_int_equal(counts().tombstones, 1);
	add("b", 3, 10, NOW);
	assert_int_equal(counts().registrations, 1);
}

/* The endpoint may come again, and anything else may be asked, before that was said. */
static void test_at_once_again(void **state)
{
	static const struct rdl_request leave = { .operation = RDL_OPERATION_DEREGISTER,
		.exchange = 2 };
	struct rdl_location first = add("a", 1, 10, NOW), second;
	struct rdl_request copy = leave;

	rdl_registry_deregister(registry, first.handle, &leave, NOW, changed());
	copy.location = first;
	assert_int_equal(perform_copy(registry, &copy, NOW), RDL_REGISTRY_REPLAYED);
	second = add("a", 3, 10, NOW);
	expect(RDL_CHANGE_REGISTERED, second);
	assert_int_equal(second.handle, first.handle);
	assert_int_equal(second.generation, first.generation + 1);
	rdl_registry_remove(registry, second.handle, NOW, changed());
	first = add("a", 4, 10, NOW);
	expect(RDL_CHANGE_REGISTERED, first);
	assert_int_equal(counts().registrations, 1);
	assert_int_equal(counts().object_lists, 1);
}

static void leave(rdl_handle handle, uint64_t exchange, uint64_t now_ms)
{
	struct rdl_request request = { .operation = RDL_OPERATION_DEREGISTER,
		.exchange = exchange };

	rdl_registry_deregister(registry, handle, &request, now_ms, changed());
}

/* However many end before anybody says that they are told: none is lost, each at its own time. */
static void test_many_ended(void **state)
{
	struct rdl_location locations[150];
	char name[16];

	for (unsigned i = 0; i < RDL_ARRAY_LEN(locations); i++) {
		snprintf(name, sizeof(name), "n%u", i);
		locations[i] = add(name, 1 + i, 10, NOW);
	}
	for (unsigned i = 0; i < RDL_ARRAY_LEN(locations); i++)
		leave(locations[i].handle, 1000 + i, i < 100 ? NOW : NOW + 1000);
	expect_name(locations[149].handle, "n149");
	assert_int_equal(counts().registrations, 0);
	rdl_registry_forget_ended(registry);
	assert_int_equal(counts().tombstones, 150);
	assert_int_equal(counts().object_lists, 0);
	assert_int_equal(expire(registry, NOW + EXCHANGE_LIFETIME * 1000, 1000), 0);
	assert_int_equal(counts().tombstones, 50);
	assert_int_equal(expire(registry, NOW + 1000 + EXCHANGE_LIFETIME * 1000, 1000), 0);
	assert_int_equal(counts().tombstones, 0);
}

/* What has ended is in nobody's way: an Update finds its memory, a Register its place. */
static void test_room_of_the_ended(void **state)
{
	struct rdl_object_list *fat = make_list(3, 16000, "");
	struct rdl_request request = {
		.operation = RDL_OPERATION_UPDATE, .gives = RDL_GIVES_OBJECTS, .list.objects = fat
	};
	struct rdl_location location, first = { 0 }, last;
	unsigned filled = 0, held;
	char name[16];

	do {
		snprintf(name, sizeof(name), "n%u", filled);
		location = add(name, 1000 + filled, 10, NOW);
		first = filled == 0 ? location : first;
		((rdl_object_link *)(fat + 1))[0] = filled++;
	} while (rdl_registry_update(registry, location.handle, &request, NOW, changed()));
	last = location;
	leave(first.handle, 1, NOW);
	assert_true(rdl_registry_update(registry, last.handle, &request, NOW, changed()));
	for (held = filled - 1; held < 200; held++) {
		snprintf(name, sizeof(name), "m%u", held);
		location = add(name, 1000 + filled + held, 10, NOW);
	}
	add("late", 3, 10, NOW);
	assert_int_equal(changed()->kind, RDL_CHANGE_NONE);
	leave(location.handle, 2, NOW);
	add("late", 3, 10, NOW);
	assert_int_equal(changed()->kind, RDL_CHANGE_REGISTERED);
	assert_int_equal(counts().registrations, 200);
	free(fat);
}

/* The same endpoint's dead registration, told before the new one. */
static void test_found_dead(void **state)
{
	struct rdl_location first = add("a", 1, 10, NOW), second;

	add("b", 2, 10, NOW);
	add("a", 3, 10, NOW + 60000);
	expect(RDL_CHANGE_EXPIRED, first);
	expect_name(first.handle, "a");
	second = add("a", 3, 10, NOW + 60000);
	expect(RDL_CHANGE_REGISTERED, second);
	assert_true(second.handle != first.handle || second.generation != first.generation);
	assert_int_equal(counts().registrations, 2);
	/* Counted as ended no more. */
	assert_int_equal(expire(registry, NOW + 60000, 1000), 1);
}

/* As many as a burst can be told side by side, each once. */
static void test_expired_in_bulk(void **state)
{
	struct rdl_change changes[RDL_REGISTRY_BURST];
	bool seen[150] = { false };
	unsigned all = 0, n;
	char name[16];

	for (unsigned i = 0; i < RDL_ARRAY_LEN(seen); i++) {
		snprintf(name, sizeof(name), "n%u", i);
		add(name, 1 + i, 10, NOW);
	}
	while ((n = rdl_registry_expire(registry, NOW + 61000, 1000, changes)) > 0) {
		for (unsigned i = 0; i < n; i++) {
			struct rdl_registration r;

			rdl_registry_describe(registry, changes[i].handle, &r);
			assert_memory_equal(r.objects, one, one->len);
			unsigned number =
				(unsigned)strtoul((const char *)r.endpoint.data + 1, NULL, 10);
			assert_false(seen[number]);
			seen[number] = true;
		}
		all += n;
		assert_int_equal(counts().registrations, RDL_ARRAY_LEN(seen) - all);
	}
	assert_int_equal(all, RDL_ARRAY_LEN(seen));
	assert_int_equal(counts().object_lists, 0);
	assert_int_equal(counts().tombstones, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(test_kinds),
		TEST(test_none),
		TEST(test_renewed),
		TEST(test_members),
		TEST(test_parameters),
		TEST(test_written_over),
		TEST(test_ended),
		TEST(test_at_once_again),
		TEST(test_many_ended),
		TEST(test_room_of_the_ended),
		TEST(test_found_dead),
		TEST(test_expired_in_bulk),
	};

	return RUN_EAL_TESTS(tests);
}
