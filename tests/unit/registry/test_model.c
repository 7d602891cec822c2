/* SPDX-License-Identifier: BSD-3-Clause */
/* Random requests against a plain array that knows what must be so. */
#include "fixture.h"

#define ENDPOINTS 300
#define LISTS 40
#define OPERATIONS 300000

struct entry {
	uint8_t name[RDL_ENDPOINT_MAX];
	struct rdl_span endpoint;
	struct rdl_endpoint_digest digest;
	bool registered; /* perhaps dead, not yet noticed */
	uint64_t deadline_ms;
	uint32_t lifetime_s;
	unsigned list;
	char sms; /* '\0': none */
	char extra;
	uint16_t port;
	struct rdl_location location, old; /* old.generation 0: none */
};

static struct entry entries[ENDPOINTS];
static struct rdl_object_list *lists[LISTS];
static struct rdl_registry *registry;
static uint64_t seed = 20240607, now_ms = 5000;
static uint64_t ended, reported;

static struct {
	struct rdl_location *all;
	size_t count;
} given;

static uint64_t dice(uint64_t sides)
{
	return test_random(&seed) % sides;
}

static bool alive(const struct entry *e)
{
	return e->registered && now_ms < e->deadline_ms;
}

static size_t parameters_of(const struct entry *e, uint8_t blob[12])
{
	size_t len = 0;

	if (e->extra != '\0') {
		memcpy(blob + len, "\x03x=", 3);
		blob[len + 3] = (uint8_t)e->extra;
		len += 4;
	}
	if (e->sms != '\0') {
		memcpy(blob + len, "\x05sms=", 5);
		blob[len + 5] = (uint8_t)e->sms;
		len += 6;
	}
	return len;
}

static void check(const struct entry *e)
{
	rdl_handle handle = rdl_registry_find_endpoint(registry, e->digest, e->endpoint, now_ms);
	struct rdl_registration r;
	uint8_t blob[12];

	if (e->old.generation != 0)
		assert_int_equal(rdl_registry_find(registry, &e->old, now_ms), RDL_HANDLE_NONE);
	if (!alive(e)) {
		assert_int_equal(handle, RDL_HANDLE_NONE);
		if (e->registered)
			assert_int_equal(
				rdl_registry_find(registry, &e->location, now_ms), RDL_HANDLE_NONE);
		return;
	}
	assert_int_equal(handle, e->location.handle);
	assert_int_equal(rdl_registry_find(registry, &e->location, now_ms), handle);
	rdl_registry_describe(registry, handle, &r);
	assert_location(r.location, e->location);
	assert_true(rdl_span_equal(r.endpoint, e->endpoint));
	assert_int_equal(r.peer.port, e->port);
	assert_int_equal(r.lifetime_s, e->lifetime_s);
	assert_true(r.deadline_ms == e->deadline_ms);
	assert_int_equal(r.objects->len, lists[e->list]->len);
	assert_memory_equal(r.objects, lists[e->list], r.objects->len);
	assert_int_equal(r.parameters.len, parameters_of(e, blob));
	if (r.parameters.len > 0)
		assert_memory_equal(r.parameters.data, blob, r.parameters.len);
}

static void check_all(void)
{
	uint64_t cursor = 0, live = 0, listed = 0, registered = 0;
	bool used[LISTS] = { false };
	struct rdl_registry_counts counts;

	for (unsigned i = 0; i < ENDPOINTS; i++) {
		check(&entries[i]);
		live += alive(&entries[i]);
		registered += entries[i].registered;
		if (entries[i].registered)
			used[entries[i].list] = true;
	}
	while (rdl_registry_next(registry, &cursor, now_ms, &(unsigned){ UINT32_MAX }) !=
		RDL_HANDLE_NONE)
		listed++;
	assert_int_equal(listed, live);
	rdl_registry_counts(registry, &counts);
	/* The array drops the dead at once, the registry when it gets there: it may hold more. */
	assert_in_range(counts.registrations, live, registered);
	uint64_t different = 0;
	for (unsigned i = 0; i < LISTS; i++)
		different += used[i];
	assert_true(counts.object_lists <= different);
	assert_tallied(registry, now_ms);
}

static uint32_t random_lifetime(void)
{
	return dice(100) == 0 ? 0x7fffffff : (uint32_t)(1 + dice(UINT64_C(1) << dice(20)));
}

/* U, UQ, US: in the order in which they are counted. */
static rdl_binding random_binding(void)
{
	static const rdl_binding bindings[] = { 0x1, 0x21, 0x31 };

	return bindings[dice(RDL_ARRAY_LEN(bindings))];
}

static void restart(struct entry *e)
{
	e->deadline_ms = 5000 + ((now_ms - 5000 + 999) / 1000 + e->lifetime_s) * 1000;
	e->port = (uint16_t)dice(65536);
}

static void do_register(struct entry *e)
{
	enum rdl_registry_result want = alive(e) ? RDL_REGISTRY_REPLACED : RDL_REGISTRY_CREATED;
	enum rdl_registry_result got;
	uint8_t blob[12];

	ended += e->registered && !alive(e);
	if (e->registered)
		e->old = e->location;
	e->lifetime_s = random_lifetime();
	e->list = (unsigned)dice(LISTS);
	e->sms = dice(4) == 0 ? (char)('0' + dice(10)) : '\0';
	e->extra = dice(4) == 0 ? (char)('0' + dice(10)) : '\0';
	restart(e);
	struct rdl_request request = make_register(e->endpoint, e->lifetime_s, lists[e->list]);
	request.peer.port = e->port;
	request.minor = (uint8_t)dice(3);
	request.binding = random_binding();
	request.parameters.data = blob;
	request.parameters.len = parameters_of(e, blob);
	do {
		got = rdl_registry_register(
			registry, &request, RDL_HANDLE_UNKNOWN, now_ms, &e->location, changed());
		reported += got == RDL_REGISTRY_EXPIRED;
	} while (got == RDL_REGISTRY_EXPIRED);
	assert_int_equal(got, want);
	e->registered = true;
	assert_int_equal(e->location.rooted, lists[e->list]->root_len > 0);
	given.all[given.count++] = e->location;
}

static void do_update(struct entry *e)
{
	struct rdl_request update = { .operation = RDL_OPERATION_UPDATE };
	uint8_t blob[6] = "\x05sms=";

	if (!alive(e))
		return;
	if (dice(4) == 0) {
		update.gives |= RDL_GIVES_LIFETIME;
		e->lifetime_s = update.lifetime_s = random_lifetime();
	}
	if (dice(4) == 0) {
		update.gives |= RDL_GIVES_OBJECTS;
		e->list = (unsigned)dice(LISTS);
		update.list.objects = lists[e->list];
	}
	if (dice(8) == 0) {
		update.gives |= RDL_GIVES_PARAMETERS;
		e->sms = (char)('0' + dice(10));
		blob[5] = (uint8_t)e->sms;
		update.parameters.data = blob;
		update.parameters.len = sizeof(blob);
	}
	if (dice(8) == 0) {
		update.gives |= RDL_GIVES_BINDING;
		update.binding = random_binding();
	}
	restart(e);
	update.peer.port = e->port;
	assert_true(rdl_registry_update(registry, e->location.handle, &update, now_ms, changed()));
}

static void do_deregister(struct entry *e)
{
	if (!alive(e))
		return;
	deregister(registry, e->location.handle, now_ms);
	e->old = e->location;
	e->registered = false;
}

static void do_expire(void)
{
	unsigned budget = (unsigned)dice(100);

	reported += expire(registry, now_ms, budget);
}

static void pass_time(void)
{
	uint64_t step = dice(1000);

	now_ms += step < 900 ? dice(1500) : step < 998 ? dice(60000) : dice(5 * 86400000);
}

static int by_location(const void *a, const void *b)
{
	const struct rdl_location *l = a, *m = b;

	if (l->handle != m->handle)
		return l->handle < m->handle ? -1 : 1;
	return (l->generation > m->generation) - (l->generation < m->generation);
}

static void prepare(void)
{
	struct rdl_registry_config config = make_config(ENDPOINTS);

	registry = rdl_registry_create(&config);
	assert_non_null(registry);
	given.all = calloc(OPERATIONS, sizeof(*given.all));
	assert_non_null(given.all);
	for (unsigned i = 0; i < ENDPOINTS; i++) {
		struct entry *e = &entries[i];
		static const size_t lens[] = { 24, 25, 252 };

		e->endpoint = (struct rdl_span){ e->name, i < 200 ? 3 + i % 30 : lens[i % 3] };
		memset(e->name, 'x', sizeof(e->name));
		e->name[0] = (uint8_t)('a' + i % 20);
		e->name[e->endpoint.len - 1] = (uint8_t)('a' + i / 20);
		e->digest = digest_of(e->endpoint);
	}
	for (unsigned i = 0; i < LISTS; i++)
		lists[i] = make_list(
			(uint16_t)i, i == 0 ? 900 : (uint16_t)(i % 10), i % 4 == 0 ? "r" : "");
}

static void test_model(void **state)
{
	struct rdl_registry_counts counts;

	print_message("# seed %llu\n", (unsigned long long)seed);
	prepare();
	for (unsigned n = 0; n < OPERATIONS; n++) {
		struct entry *e = &entries[dice(ENDPOINTS)];
		uint64_t what = dice(100);

		if (what < 25)
			do_register(e);
		else if (what < 60)
			do_update(e);
		else if (what < 70)
			do_deregister(e);
		else if (what < 85)
			pass_time();
		else
			do_expire();
		check(e);
		if (n % 2000 == 0)
			check_all();
	}
	/* All that is left ends by time. */
	for (unsigned i = 0; i < ENDPOINTS; i++)
		ended += entries[i].registered;
	now_ms += UINT64_C(0x80000000) * 1000;
	reported += expire(registry, now_ms, UINT32_MAX);
	assert_true(ended > 1000);
	assert_true(reported == ended);
	rdl_registry_counts(registry, &counts);
	assert_int_equal(counts.registrations, 0);
	assert_int_equal(counts.object_lists, 0);
	assert_int_equal(counts.store_octets, 0);
	/* No location was ever given twice. */
	qsort(given.all, given.count, sizeof(*given.all), by_location);
	for (size_t i = 1; i < given.count; i++)
		assert_true(by_location(&given.all[i - 1], &given.all[i]) < 0);
	rdl_registry_destroy(registry);
	free(given.all);
	for (unsigned i = 0; i < LISTS; i++)
		free(lists[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_model) };

	return RUN_EAL_TESTS(tests);
}
