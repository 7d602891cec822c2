/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A registry whose store is as full as it gets, with blocks of all sizes that come and go, comes
 * back whole, whenever it is that it ends: whatever a healthy one held, one like it holds.
 */
#include "logged.h"

#define ENDPOINTS 1500
#define LIVES 40
/* Fewer than would like to have one. */
#define IDENTITIES 100
#define EXCHANGE_LIFETIME 60

static struct rdl_registry *registry;
static struct rdl_identities *identities;
static struct logged the_log;
static struct rdl_location locations[ENDPOINTS];
static uint64_t seed = 1, now_ms, exchanges, refused, grown;

static uint64_t dice(uint64_t sides)
{
	return test_random(&seed) % sides;
}

static struct rdl_span name_of(unsigned i)
{
	static char name[64];
	int len = snprintf(name, sizeof(name), i % 3 == 0 ? "urn:uuid:%036u" : "e%u", i);

	return (struct rdl_span){ (const uint8_t *)name, (size_t)len };
}

/* The memory of fresh ones, which is to be freed. */
static void *begin_identities(uint32_t count)
{
	const struct rdl_identities_config some = { count, 24, { 5, 6 } };
	size_t len = (rdl_identities_memory(&some) + RDL_CACHE_LINE - 1) / RDL_CACHE_LINE;
	void *memory = aligned_alloc(RDL_CACHE_LINE, len * RDL_CACHE_LINE);

	assert_non_null(memory);
	memset(memory, 0, rdl_identities_memory(&some));
	identities = rdl_identities_init(&some, memory);
	return memory;
}

static struct rdl_registry *create(void)
{
	struct rdl_registry_config config = make_config(ENDPOINTS);

	config.now_ms = now_ms;
	config.exchange_lifetime_s = EXCHANGE_LIFETIME;
	config.identities = identities;
	struct rdl_registry *created = rdl_registry_create(&config);
	assert_non_null(created);
	return created;
}

/* Nobody else's, of any size: a few octets, or a quarter of what a block can be. */
static struct rdl_object_list *some_list(void)
{
	static uint16_t last;

	return make_list(++last, (uint16_t)(1 + dice(UINT64_C(16) << dice(10))), "");
}

static uint32_t some_identity(unsigned i)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "key %u", (unsigned)dice(4) * ENDPOINTS + i);
	const struct rdl_identity identity = { RDL_IDENTITY_PSK,
		{ (const uint8_t *)text, (size_t)len } };

	return i % 5 == 0 ? rdl_identities_recall(identities, &identity) : 0;
}

static void do_something(unsigned i)
{
	struct rdl_object_list *list = some_list();
	struct rdl_request request = make_register(name_of(i), 1 + (uint32_t)dice(90), list);
	enum rdl_registry_result result = RDL_REGISTRY_NO_COPY;
	struct rdl_registration there;

	request.exchange = ++exchanges;
	rdl_handle handle = rdl_registry_find(registry, &locations[i], now_ms);
	if (handle == RDL_HANDLE_NONE || dice(4) == 0) {
		request.identity = some_identity(i);
		result = perform_register(registry, &request, now_ms, &locations[i]);
		if (request.identity != 0)
			rdl_identities_release(identities, request.identity);
	} else if (dice(8) == 0) {
		request.operation = RDL_OPERATION_DEREGISTER;
		rdl_registry_deregister(registry, handle, &request, now_ms, changed());
	} else {
		rdl_registry_describe(registry, handle, &there);
		request.identity = there.identity;
		request.operation = RDL_OPERATION_UPDATE;
		request.gives = dice(2) == 0 ? RDL_GIVES_OBJECTS : RDL_GIVES_LIFETIME;
		if (!rdl_registry_update(registry, handle, &request, now_ms, changed()))
			result = RDL_REGISTRY_STORE_FULL;
	}
	refused += result == RDL_REGISTRY_STORE_FULL;
	if (result != RDL_REGISTRY_STORE_FULL)
		log_change(&the_log, registry, changed(), now_ms);
	rdl_registry_forget_ended(registry);
	free(list);
}

static void live_on(unsigned operations)
{
	for (unsigned n = 0; n < operations; n++) {
		do_something((unsigned)dice(ENDPOINTS));
		if (dice(6) == 0)
			now_ms += dice(100);
		/* Ends by time are not logged. */
		expire(registry, now_ms, UINT32_MAX);
		rdl_identities_reclaim(identities, now_ms, UINT32_MAX);
		if (dice(20) == 0 && log_sweep(&the_log, registry, (unsigned)dice(200), now_ms))
			log_begin_sweep(&the_log, registry, now_ms);
	}
}

static void expect_same(struct rdl_registry *other)
{
	struct rdl_registration was, is;
	unsigned budget = UINT32_MAX;
	uint64_t cursor = 0, count = 0;
	rdl_handle handle;

	while ((handle = rdl_registry_next(registry, &cursor, now_ms, &budget)) !=
		RDL_HANDLE_NONE) {
		rdl_registry_describe(registry, handle, &was);
		assert_int_equal(rdl_registry_find(other, &was.location, now_ms), handle);
		rdl_registry_describe(other, handle, &is);
		assert_int_equal(is.endpoint.len, was.endpoint.len);
		assert_memory_equal(is.endpoint.data, was.endpoint.data, was.endpoint.len);
		assert_int_equal(is.identity, was.identity);
		assert_int_equal(is.objects->len, was.objects->len);
		assert_memory_equal(is.objects, was.objects, was.objects->len);
		count++;
	}
	assert_true(count > 50);
	assert_tallied(other, now_ms);
}

/* When all has ended, its store is as one that never had anything. */
static void expect_all_given_back(void)
{
	struct rdl_registry *fresh = create();
	const struct rdl_store *store = &registry->store, *empty = &fresh->store;

	expire(registry, now_ms + 1000000, UINT32_MAX);
	assert_int_equal(store->octets, 0);
	assert_int_equal(store->page_count, empty->page_count);
	assert_memory_equal(store->left, empty->left, sizeof(store->left));
	assert_int_equal(store->long_left, empty->long_left);
	for (unsigned account = 0; account < 1u << 16; account++)
		assert_int_equal(store->accounts.units[account], 0);
	assert_false(rdl_store_has_grown(store));
	rdl_registry_destroy(fresh);
}

/* What there is of it on a disk is what lies behind the last sweep that ended. */
static struct rdl_registry *come_back(void)
{
	struct rdl_registry *fresh = create();
	struct rdl_recovery *recovery = rdl_recovery_create(&fresh, 1);

	assert_non_null(recovery);
	log_replay(&the_log, the_log.ended_at, recovery);
	grown += rdl_store_has_grown(&fresh->store);
	rdl_recovery_end_run(recovery, now_ms, 0, now_ms, 1);
	if (!rdl_recovery_finish(recovery, now_ms, 0))
		fail_msg("%s", rdl_recovery_error(recovery));
	rdl_recovery_destroy(recovery);
	return fresh;
}

/* What came back is told at once, so that older logs are not needed. */
static void begin_log(void)
{
	free(the_log.octets);
	the_log = (struct logged){ .octets = NULL };
	log_begin_sweep(&the_log, registry, now_ms);
	assert_true(log_sweep(&the_log, registry, UINT32_MAX, now_ms));
	log_begin_sweep(&the_log, registry, now_ms);
}

static void what_was_held_comes_back(void **state)
{
	void *memory = begin_identities(IDENTITIES);

	now_ms = 5000;
	registry = create();
	begin_log();
	for (unsigned life = 0; life < LIVES; life++) {
		live_on((unsigned)dice(3000));
		struct rdl_registry *next = come_back();

		expect_same(next);
		/* So that it lets go of its identities. */
		expire(registry, now_ms + 1000000, UINT32_MAX);
		rdl_registry_destroy(registry);
		registry = next;
		begin_log();
	}
	assert_true(refused > 1000 && grown > LIVES / 4);
	expect_all_given_back();
	rdl_registry_destroy(registry);
	free(the_log.octets);
	the_log.octets = NULL;
	free(memory);
}

static struct rdl_identity key_of(unsigned i)
{
	static char text[16];
	int len = snprintf(text, sizeof(text), "key %u", i);

	return (struct rdl_identity){ RDL_IDENTITY_PSK, { (const uint8_t *)text, (size_t)len } };
}

/* Without a key, or with it: a Register, or an Update that gives another list. */
static void do_with(unsigned i, bool has_key, bool updates, uint32_t lifetime_s)
{
	struct rdl_object_list *list = make_list((uint16_t)(3 + updates), 1, "");
	struct rdl_request request = make_register(name_of(i), lifetime_s, list);
	const struct rdl_identity identity = key_of(i);

	request.exchange = ++exchanges;
	request.identity = has_key ? rdl_identities_recall(identities, &identity) : 0;
	assert_true((request.identity != 0) == has_key);
	if (updates) {
		request.operation = RDL_OPERATION_UPDATE;
		request.gives = RDL_GIVES_OBJECTS;
		assert_true(rdl_registry_update(registry,
			rdl_registry_find(registry, &locations[i], now_ms), &request, now_ms,
			changed()));
	} else {
		assert_true(perform_register(registry, &request, now_ms, &locations[i]) <=
			    RDL_REGISTRY_REPLACED);
	}
	log_change(&the_log, registry, changed(), now_ms);
	if (has_key)
		rdl_identities_release(identities, request.identity);
	free(list);
}

static void expect_holder(unsigned i, bool has_key)
{
	uint8_t octets[RDL_IDENTITY_MAX];
	const struct rdl_identity wanted = key_of(i);
	struct rdl_registration is;
	rdl_handle handle = rdl_registry_find(registry, &locations[i], now_ms);

	assert_true(handle != RDL_HANDLE_NONE);
	rdl_registry_describe(registry, handle, &is);
	assert_int_equal(is.identity != 0, has_key);
	assert_int_equal(rdl_identities_octets(identities, is.identity, octets),
		has_key ? wanted.octets.len : 0);
	if (has_key)
		assert_memory_equal(octets, wanted.octets.data, wanted.octets.len);
}

static uint32_t identities_left(void)
{
	struct rdl_identities_counts counts;

	rdl_identities_reclaim(identities, 0, UINT32_MAX);
	rdl_identities_reclaim(identities, 40000, UINT32_MAX);
	rdl_identities_counts(identities, &counts);
	return counts.identities;
}

/*
 * There are as many identities as may be held, and others were before: those are still held when
 * entries say who came after them. 0 stays, 1 comes back without a key, 2 stays and changes.
 */
static void as_many_identities_as_there_are(void **state)
{
	void *memory = begin_identities(20), *fresh_memory;

	now_ms = 5000;
	registry = create();
	begin_log();
	for (unsigned i = 0; i < 20; i++)
		do_with(i, true, false, i == 0 || i == 2 ? 1000 : 10);
	now_ms += 20000;
	expire(registry, now_ms, UINT32_MAX);
	for (unsigned i = 0; i < 2; i++, now_ms += 32000)
		rdl_identities_reclaim(identities, now_ms, UINT32_MAX);
	for (unsigned i = 20; i < 38; i++)
		do_with(i, true, false, 1000);
	do_with(1, false, false, 1000);
	do_with(2, true, true, 0);
	/* The next process. */
	struct rdl_registry *before = registry;
	fresh_memory = begin_identities(20);
	registry = come_back();
	for (unsigned i = 20; i < 38; i++)
		expect_holder(i, true);
	for (unsigned i = 0; i < 3; i++)
		expect_holder(i, i != 1);
	assert_int_equal(identities_left(), 20);
	expire(registry, now_ms + 2000000, UINT32_MAX);
	assert_int_equal(identities_left(), 0);
	rdl_registry_destroy(registry);
	rdl_registry_destroy(before);
	free(the_log.octets);
	the_log.octets = NULL;
	free(fresh_memory);
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_held_comes_back),
		cmocka_unit_test(as_many_identities_as_there_are),
	};

	return RUN_EAL_TESTS(tests);
}
