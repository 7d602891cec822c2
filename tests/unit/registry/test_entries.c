/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries that cannot be, and registries that cannot hold what comes back. */
#include "logged.h"

#include "entry.h"

#define NOW 5000
#define SMS "\5sms=1"

static struct rdl_registry *registry;
static struct rdl_object_list *list;
static struct rdl_identities *identities;
static struct rdl_sweep sweep;
static uint8_t begin_octets[RDL_ENTRY_SHORT_MAX];
static size_t begin_len;
static rdl_handle found; /* where the last verdict has `device` */

static struct rdl_registry_config config_of(uint64_t registrations)
{
	struct rdl_registry_config config = make_config(registrations);

	config.slots = rdl_registry_slots(1000);
	config.exchange_lifetime_s = 247;
	config.identities = identities;
	return config;
}

static struct rdl_registry *create(const struct rdl_registry_config *config)
{
	struct rdl_registry *created = rdl_registry_create(config);

	assert_non_null(created);
	return created;
}

static int begin(void **state)
{
	static const struct rdl_identities_config some = { 20, 24, { 5, 6 } };
	static uint64_t memory[16384] __attribute__((aligned(RDL_CACHE_LINE)));

	assert_true(rdl_identities_memory(&some) <= sizeof(memory));
	memset(memory, 0, sizeof(memory));
	identities = rdl_identities_init(&some, memory);
	list = make_list(3, 5, "r");
	struct rdl_registry_config config = config_of(1000);
	registry = create(&config);
	begin_len = rdl_sweep_begin(&sweep, registry, begin_octets);
	return 0;
}

static int end(void **state)
{
	rdl_registry_destroy(registry);
	free(list);
	return 0;
}

static struct rdl_request some_register(const char *name)
{
	struct rdl_request request =
		make_register((struct rdl_span){ (const uint8_t *)name, strlen(name) }, 300, list);

	request.exchange = 77;
	request.parameters = RDL_SPAN(SMS);
	return request;
}

/* The entry of the last change. */
static size_t entry_of(uint8_t *octets)
{
	size_t room = rdl_entry_room(registry, changed());
	size_t len = rdl_entry_of_change(registry, changed(), octets);

	assert_in_range(len, 1, room);
	assert_in_range(room, 1, RDL_ENTRY_MAX);
	return len;
}

static struct rdl_location put(const struct rdl_request *request)
{
	struct rdl_location location;

	assert_int_equal(perform_register(registry, request, NOW, &location), RDL_REGISTRY_CREATED);
	return location;
}

/* ---- octets ---- */

/* What is wrong with these entries, or "": nothing. They are the only ones behind a sweep's. */
static const char *verdict_of(
	const struct rdl_registry_config *config, const struct rdl_span entries[], unsigned count)
{
	static char text[256];
	struct rdl_registry *fresh = create(config);
	struct rdl_recovery *recovery = rdl_recovery_create(&fresh, 1);
	bool good;

	assert_non_null(recovery);
	rdl_recovery_begin_log(recovery);
	rdl_recovery_set_time(recovery, NOW);
	good = rdl_recovery_apply(recovery, (struct rdl_span){ begin_octets, begin_len });
	for (unsigned i = 0; good && i < count; i++) {
		uint8_t *octets = malloc(entries[i].len + 1) /* so that there is one for none */;

		assert_non_null(octets);
		memcpy(octets + 1, entries[i].data, entries[i].len);
		good = rdl_recovery_apply(
			recovery, (struct rdl_span){ octets + 1, entries[i].len });
		free(octets);
	}
	rdl_recovery_end_run(recovery, NOW, 0, NOW, 1);
	good = rdl_recovery_finish(recovery, NOW, 0);
	found = !good ? RDL_HANDLE_NONE
		      : rdl_registry_find_endpoint(
				fresh, digest_of(RDL_SPAN("device")), RDL_SPAN("device"), NOW);
	snprintf(text, sizeof(text), "%s", good ? "" : rdl_recovery_error(recovery));
	assert_true(good || text[0] != '\0');
	rdl_recovery_destroy(recovery);
	rdl_registry_destroy(fresh);
	return text;
}

static const char *verdict(const void *octets, size_t len)
{
	const struct rdl_registry_config config = config_of(1000);
	const struct rdl_span entry = { octets, len };

	return verdict_of(&config, &entry, 1);
}

static void expect(const char *got, const char *part)
{
	if (strstr(got, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", got, part);
}

/* Cut at every octet, and with one more; of a run of free slots, whole ones are as good. */
static void expect_whole(const uint8_t *octets, size_t len)
{
	uint8_t longer[1024];

	assert_true(len < sizeof(longer));
	assert_string_equal(verdict(octets, len), "");
	for (size_t cut = 0; cut < len; cut++)
		if (octets[0] != RDL_ENTRY_GENERATIONS || cut < RDL_ENTRY_HEAD ||
			(cut - RDL_ENTRY_HEAD) % 4 != 0)
			assert_string_not_equal(verdict(octets, cut), "");
	memcpy(longer, octets, len);
	longer[len] = 0;
	assert_string_not_equal(verdict(longer, len + 1), "");
}

static void test_cut(void **state)
{
	static uint8_t octets[RDL_ENTRY_MAX];
	struct rdl_request request = some_register("device");
	struct rdl_location location = put(&request);
	struct rdl_identity somebody = { RDL_IDENTITY_PSK, RDL_SPAN("somebody") };
	unsigned budget = UINT32_MAX;
	size_t len;

	expect_whole(octets, entry_of(octets));
	request.operation = RDL_OPERATION_UPDATE;
	request.gives = RDL_GIVES_LIFETIME;
	request.lifetime_s = 301;
	request.peer.port = 1;
	assert_true(rdl_registry_update(registry, location.handle, &request, NOW, changed()));
	len = entry_of(octets);
	assert_in_range(len, 1, RDL_ENTRY_SHORT_MAX);
	expect_whole(octets, len);
	deregister(registry, location.handle, NOW);
	/* A tombstone; a long name's; a registration under an identity; then free slots. */
	request = some_register("somebody with a name that is longer than a record holds");
	deregister(registry, put(&request).handle, NOW);
	request = some_register("somebody");
	request.peer = (struct rdl_peer){ { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 }, 5683 };
	request.identity =
		rdl_identities_intern(identities, &somebody, (struct rdl_span){ NULL, 0 });
	put(&request);
	request = some_register("short");
	rdl_registry_remove(registry, put(&request).handle, NOW, changed());
	for (unsigned seen = 0; !rdl_sweep_has_ended(&sweep);) {
		len = rdl_sweep_next(&sweep, registry, &budget, RDL_ENTRY_MAX, octets);
		if (octets[0] != RDL_ENTRY_SWEEP_END)
			expect_whole(octets, len);
		seen |= 1u << octets[0];
		if (rdl_sweep_has_ended(&sweep))
			assert_int_equal(seen,
				1u << RDL_ENTRY_REGISTRATION | 1u << RDL_ENTRY_TOMBSTONE |
					1u << RDL_ENTRY_GENERATIONS | 1u << RDL_ENTRY_SWEEP_END);
	}
}

static void test_ended(void **state)
{
	uint8_t octets[RDL_ENTRY_SHORT_MAX];
	struct rdl_request request = some_register("device");
	struct rdl_location location = put(&request);

	request.operation = RDL_OPERATION_DEREGISTER;
	rdl_registry_deregister(registry, location.handle, &request, NOW, changed());
	expect_whole(octets, entry_of(octets));
}

/* A registration's entry with an octet that is another. */
static const char *verdict_with(size_t at, uint8_t octet)
{
	static uint8_t octets[RDL_ENTRY_MAX];
	struct rdl_location location;
	struct rdl_request request = some_register("device");

	if (perform_register(registry, &request, NOW, &location) == RDL_REGISTRY_CREATED)
		assert_in_range(rdl_entry_of_change(registry, changed(), octets), 1, 300);
	uint8_t copy[300];
	size_t len = RDL_ENTRY_HEAD + 28 + 18 + 8 + 6 + strlen(SMS) + list->len;
	memcpy(copy, octets, len);
	copy[at] = octet;
	return verdict(copy, len);
}

static void test_registration(void **state)
{
	const size_t name = RDL_ENTRY_HEAD + 28 + 18 + 8, sms = name + 6, objects = sms + 6;

	assert_string_equal(verdict_with(0, RDL_ENTRY_REGISTRATION), "");
	expect(verdict_with(0, 0), "of kind 0");
	expect(verdict_with(0, RDL_ENTRY_KINDS), "of kind 10");
	/* Slots and generations that there cannot be. */
	expect(verdict_with(4, 0x10), "so few registrations");
	expect(verdict_with(9, 0x20), "has generation");
	expect(verdict_with(6, 0), "has generation 0");
	/* The partition is another than the name's. */
	expect(verdict_with(5, 0xee), "the key of their digests");
	expect(verdict_with(11, 0), "cannot be read");
	expect(verdict_with(11, 255), "cannot be read");
	expect(verdict_with(sms, 6), "cannot be read");
	expect(verdict_with(sms, 4), "cannot be read");
	expect(verdict_with(objects, 1), "object list cannot be read");
	expect(verdict_with(objects + 4, 200), "object list cannot be read");
	expect(verdict_with(objects + 10, 65), "object list cannot be read");
	expect(verdict_with(objects + 12, 1), "object list cannot be read");
	/* Flags of what does not follow. */
	expect(verdict_with(1, RDL_ENTRY_LIST | RDL_ENTRY_IDENTITY), "cannot be read");
	expect(verdict_with(1, RDL_ENTRY_LIST | RDL_ENTRY_MOVED), "cannot be read");
	expect(verdict_with(1, 0), "cannot be read");
}

/* A list that was not told; told in another telling. */
static void test_lists(void **state)
{
	static uint8_t octets[2][RDL_ENTRY_MAX];
	const struct rdl_registry_config config = config_of(1000);
	struct rdl_request request = some_register("one");
	struct rdl_span entries[3];

	put(&request);
	entries[0] = (struct rdl_span){ octets[0], entry_of(octets[0]) };
	request = some_register("other");
	put(&request);
	entries[1] = (struct rdl_span){ octets[1], entry_of(octets[1]) };
	assert_true(entries[1].len + list->len == entries[0].len + 2);
	assert_string_equal(verdict_of(&config, entries, 2), "");
	expect(verdict_of(&config, &entries[1], 1), "was not in the log");
	entries[2] = entries[1];
	entries[1] = (struct rdl_span){ begin_octets, begin_len };
	expect(verdict_of(&config, entries, 3), "was not in the log");
}

static void test_sweeps(void **state)
{
	uint8_t octets[RDL_ENTRY_SHORT_MAX];

	expect_whole(begin_octets, begin_len);
	memcpy(octets, begin_octets, begin_len);
	octets[1] = RDL_ENTRY_FORMAT + 1;
	expect(verdict(octets, begin_len), "a newer version");
	expect(verdict(octets, 2), "a newer version");
	octets[1] = 0;
	expect(verdict(octets, begin_len), "cannot be read");
	octets[1] = RDL_ENTRY_FORMAT;
	octets[2] = 1;
	expect(verdict(octets, begin_len), "cannot be read");
}

/* A name that falls into the partition of another. */
static void find_neighbour(struct rdl_request *request, struct rdl_endpoint_digest of)
{
	static char name[16];

	for (unsigned i = 0; request->digest.word[0] == of.word[0] ||
			     rdl_endpoint_partition(request->digest) != rdl_endpoint_partition(of);
		i++) {
		snprintf(name, sizeof(name), "other %u", i);
		*request = some_register(name);
	}
}

/* Out of a slot that is used up into one before it, within a second: it is nowhere else. */
static void test_moved(void **state)
{
	static uint8_t octets[2][RDL_ENTRY_MAX];
	struct rdl_request request = some_register("device"), other = request;
	struct rdl_registry_config config = config_of(1000);
	struct rdl_location location;
	struct rdl_span entries[2];

	find_neighbour(&other, request.digest);
	rdl_handle below = put(&other).handle;
	rdl_slab_at(&registry->slab, below + 1)->generation = RDL_GENERATION_MAX - 1;
	assert_int_equal(put(&request).handle, below + 1);
	entries[0] = (struct rdl_span){ octets[0], entry_of(octets[0]) };
	rdl_registry_remove(registry, below, NOW, changed());
	rdl_registry_forget_ended(registry);
	request.exchange++;
	assert_int_equal(
		perform_register(registry, &request, NOW, &location), RDL_REGISTRY_REPLACED);
	assert_int_equal(location.handle, below);
	entries[1] = (struct rdl_span){ octets[1], entry_of(octets[1]) };
	assert_string_equal(verdict_of(&config, entries, 2), "");
	assert_int_equal(found, below);
}

/* Before a log's first sweep, nothing counts. */
static void test_before(void **state)
{
	static uint8_t octets[RDL_ENTRY_MAX];
	const struct rdl_registry_config config = config_of(1000);
	struct rdl_registry *fresh = create(&config);
	struct rdl_recovery *recovery = rdl_recovery_create(&fresh, 1);
	struct rdl_request request = some_register("device");
	struct rdl_recovery_counts counts;

	assert_non_null(recovery);
	put(&request);
	rdl_recovery_begin_log(recovery);
	assert_true(rdl_recovery_apply(recovery, (struct rdl_span){ octets, entry_of(octets) }));
	assert_true(rdl_recovery_finish(recovery, NOW, 0));
	rdl_recovery_counts(recovery, &counts);
	assert_int_equal(counts.registrations, 0);
	assert_int_equal(counts.skipped, 1);
	rdl_recovery_destroy(recovery);
	rdl_registry_destroy(fresh);
}

/* ---- room ---- */

/* Told by a registry, in the same second: that has slots for so many. */
static struct rdl_registry *retell(struct rdl_registry *teller, uint64_t registrations)
{
	static uint8_t octets[RDL_ENTRY_MAX];
	struct rdl_registry_config config = config_of(registrations);
	struct rdl_sweep told;

	config.slots = rdl_registry_slots(registrations);
	struct rdl_registry *fresh = create(&config);
	struct rdl_recovery *recovery = rdl_recovery_create(&fresh, 1);
	assert_non_null(recovery);
	rdl_recovery_begin_log(recovery);
	rdl_recovery_set_time(recovery, NOW);
	size_t len = rdl_sweep_begin(&told, teller, octets);
	assert_true(rdl_recovery_apply(recovery, (struct rdl_span){ octets, len }));
	while (!rdl_sweep_has_ended(&told)) {
		len = rdl_sweep_next(
			&told, teller, &(unsigned){ UINT32_MAX }, sizeof(octets), octets);
		assert_true(rdl_recovery_apply(recovery, (struct rdl_span){ octets, len }));
	}
	rdl_recovery_end_run(recovery, NOW, 0, NOW, 1);
	if (!rdl_recovery_finish(recovery, NOW, 0))
		fail_msg("%s", rdl_recovery_error(recovery));
	rdl_recovery_destroy(recovery);
	rdl_registry_destroy(teller);
	return fresh;
}

/* Slots that go and come again go on where they were; what was in one as a tombstone is gone. */
static void test_fewer_slots(void **state)
{
	struct rdl_registry_config config = config_of(30000);
	struct rdl_request request = some_register("device");
	uint32_t last = rdl_registry_slots(30000) - 1;

	assert_true(rdl_registry_slots(10) < last);
	config.slots = last + 1;
	struct rdl_registry *teller = create(&config);
	/* The only one that is free in its row, and used before. */
	unsigned partition = rdl_endpoint_partition(request.digest);
	for (uint32_t slot = 0; slot < last; slot++)
		assert_true(rdl_slab_take(&teller->slab, partition << 24 | slot));
	rdl_slab_at(&teller->slab, partition << 24 | last)->generation = 50000;
	struct rdl_location location;
	for (unsigned i = 0; i < 7; i++) {
		request.exchange++;
		(void)perform_register(teller, &request, NOW, &location);
	}
	assert_int_equal(location.handle & 0xffffff, last);
	assert_int_equal(location.generation, 50007);
	deregister(teller, location.handle, NOW);
	for (uint32_t slot = 0; slot < last; slot++)
		rdl_slab_free(&teller->slab, partition << 24 | slot);
	teller = retell(teller, 10);
	teller = retell(teller, 10);
	teller = retell(teller, 30000);
	assert_true(rdl_slab_at(&teller->slab, location.handle)->generation > 50007);
	assert_int_equal(rdl_slab_at(&teller->slab, location.handle)->state, RDL_RECORD_FREE);
	rdl_registry_destroy(teller);
}

/* The longest of all has the room that is said. */
static void test_longest(void **state)
{
	static uint8_t octets[RDL_ENTRY_MAX], parameters[RDL_REGISTRY_PARAMETERS_MAX];
	const struct rdl_registry_config config = config_of(1000);
	struct rdl_object_list *longest = make_list(3, 16000, "");
	char name[RDL_ENDPOINT_MAX + 1] = "";

	memset(name, 'x', RDL_ENDPOINT_MAX);
	for (size_t i = 0; i < sizeof(parameters); i += 256)
		parameters[i] = 255;
	struct rdl_request request = some_register(name);
	request.list.objects = longest;
	request.parameters = (struct rdl_span){ parameters, sizeof(parameters) };
	put(&request);
	const struct rdl_span entry = { octets, entry_of(octets) };
	assert_in_range(entry.len, 64000, RDL_ENTRY_MAX);
	assert_string_equal(verdict_of(&config, &entry, 1), "");
	free(longest);
}

/* So many registrations, with a list of `links` each, are put into a registry as it is said. */
static const char *fill(const struct rdl_registry_config *config, unsigned count, uint16_t links)
{
	static struct rdl_span entries[1000];
	static const char *said;

	for (unsigned i = 0; i < count; i++) {
		struct rdl_object_list *own = make_list((uint16_t)i, links, "");
		uint8_t *octets = malloc(RDL_ENTRY_MAX);
		char name[16];

		assert_non_null(octets);
		snprintf(name, sizeof(name), "device %u", i);
		struct rdl_request request = some_register(name);
		request.list.objects = own;
		put(&request);
		entries[i] = (struct rdl_span){ octets, entry_of(octets) };
		free(own);
	}
	said = verdict_of(config, entries, count);
	for (unsigned i = 0; i < count; i++)
		free((void *)(uintptr_t)entries[i].data);
	return said;
}

static void test_too_many(void **state)
{
	const struct rdl_registry_config config = config_of(99);

	expect(fill(&config, 100, 3),
		"100 registrations are to come back, and there is room for 99");
}

/* One of a hundred had ended when the last came; by the first log's seconds it had not, quite. */
static void test_full(void **state)
{
	struct rdl_registry_config config = config_of(1000);
	uint8_t octets[RDL_ENTRY_MAX];
	struct rdl_sweep told;
	char name[16];

	config.now_ms = NOW - 1;
	struct rdl_registry *first = create(&config);
	config.registrations = 99;
	struct rdl_registry *fresh = create(&config);
	struct rdl_recovery *recovery = rdl_recovery_create(&fresh, 1);
	assert_non_null(recovery);
	rdl_recovery_begin_log(recovery);
	rdl_recovery_set_time(recovery, NOW);
	size_t len = rdl_sweep_begin(&told, first, octets);
	assert_true(rdl_recovery_apply(recovery, (struct rdl_span){ octets, len }));
	rdl_recovery_begin_log(recovery);
	rdl_recovery_set_time(recovery, NOW);
	assert_true(rdl_recovery_apply(recovery, (struct rdl_span){ begin_octets, begin_len }));
	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "device %u", i);
		struct rdl_request request = some_register(name);
		request.lifetime_s = i == 0 ? 60 : 300;
		put(&request);
		assert_true(rdl_recovery_apply(
			recovery, (struct rdl_span){ octets, entry_of(octets) }));
	}
	rdl_recovery_end_run(recovery, NOW + 60000, 0, NOW, 1);
	if (!rdl_recovery_finish(recovery, NOW, 100))
		fail_msg("%s", rdl_recovery_error(recovery));
	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "device %u", i);
		struct rdl_span endpoint = { (const uint8_t *)name, strlen(name) };

		found = rdl_registry_find_endpoint(fresh, digest_of(endpoint), endpoint, NOW);
		assert_true((found == RDL_HANDLE_NONE) == (i == 0));
	}
	rdl_recovery_destroy(recovery);
	rdl_registry_destroy(fresh);
	rdl_registry_destroy(first);
}

/* What one network may have now, is asked of none that comes back. */
static void test_policy(void **state)
{
	struct rdl_registry_config config = config_of(1000);

	config.prefix_percent = 1;
	assert_string_equal(fill(&config, 400, 100), "");
}

static void test_store_full(void **state)
{
	const struct rdl_registry_config config = config_of(1000);

	/* One that holds them all. */
	struct rdl_registry_config large = config_of(400000);
	rdl_registry_destroy(registry);
	registry = create(&large);
	begin_len = rdl_sweep_begin(&sweep, registry, begin_octets);
	expect(fill(&config, 150, 6000), "no room");
}

/* Where nobody can prove anything any more, what was proved is gone. */
static void test_unsecured(void **state)
{
	static uint8_t octets[RDL_ENTRY_MAX];
	struct rdl_identity somebody = { RDL_IDENTITY_PSK, RDL_SPAN("somebody") };
	struct rdl_registry_config config = config_of(1000);
	struct rdl_request request = some_register("somebody");
	struct rdl_recovery_counts counts;

	request.identity =
		rdl_identities_intern(identities, &somebody, (struct rdl_span){ NULL, 0 });
	put(&request);
	config.identities = NULL;
	struct rdl_registry *fresh = create(&config);
	struct rdl_recovery *recovery = rdl_recovery_create(&fresh, 1);
	assert_non_null(recovery);
	rdl_recovery_begin_log(recovery);
	assert_true(rdl_recovery_apply(recovery, (struct rdl_span){ begin_octets, begin_len }));
	assert_true(rdl_recovery_apply(recovery, (struct rdl_span){ octets, entry_of(octets) }));
	assert_true(rdl_recovery_finish(recovery, NOW, 0));
	rdl_recovery_counts(recovery, &counts);
	assert_int_equal(counts.registrations, 0);
	assert_int_equal(counts.unsecured, 1);
	rdl_recovery_destroy(recovery);
	rdl_registry_destroy(fresh);
}

static bool ends_by(struct rdl_registry *fresh, uint64_t now_ms)
{
	struct rdl_change changes[RDL_REGISTRY_BURST];

	return rdl_registry_expire(fresh, now_ms, 1000000, changes) > 0;
}

/*
 * The grace is over so many seconds after requests are answered, however long that took to begin.
 */
static void test_grace(void **state)
{
	static uint8_t octets[RDL_ENTRY_MAX];
	const uint64_t later = NOW + 9900;
	const struct rdl_registry_config config = config_of(1000);
	struct rdl_request request = some_register("name");

	request.lifetime_s = 1;
	put(&request);
	const rdl_handle handle = changed()->handle;
	struct rdl_registration before, registration;
	rdl_registry_describe(registry, handle, &before);
	size_t len = entry_of(octets);
	for (unsigned late = 0; late < 2; late++) {
		struct rdl_registry *fresh = create(&config);
		struct rdl_recovery *recovery = rdl_recovery_create(&fresh, 1);

		assert_non_null(recovery);
		rdl_recovery_begin_log(recovery);
		assert_true(
			rdl_recovery_apply(recovery, (struct rdl_span){ begin_octets, begin_len }));
		assert_true(rdl_recovery_apply(recovery, (struct rdl_span){ octets, len }));
		rdl_recovery_end_run(recovery, NOW, 0, NOW, 1);
		assert_true(rdl_recovery_finish(recovery, NOW, 20));
		rdl_recovery_destroy(recovery);
		rdl_recovery_serve(fresh, late ? later : NOW, 20);
		rdl_registry_describe(fresh, handle, &registration);
		/* Not when the lifetime that it has been given would have begun. */
		assert_int_equal(registration.updated_ms, before.updated_ms);
		assert_in_range(registration.deadline_ms,
			rdl_registry_wall(fresh, (late ? later : NOW) + 20000),
			rdl_registry_wall(fresh, (late ? later : NOW) + 21000));
		assert_tallied(fresh, NOW);
		assert_false(ends_by(fresh, (late ? later : NOW) + 20000));
		assert_true(ends_by(fresh, (late ? later : NOW) + 21100));
		rdl_registry_destroy(fresh);
	}
	/* Where nothing came back, nothing is given more time. */
	rdl_recovery_serve(registry, NOW, 20);
	assert_true(ends_by(registry, NOW + 3000));
}

/* A registry into which that one came back, with a grace of 20 seconds. */
static struct rdl_registry *came_back(const uint8_t *octets, size_t len)
{
	const struct rdl_registry_config config = config_of(1000);
	struct rdl_registry *fresh = create(&config);
	struct rdl_recovery *recovery = rdl_recovery_create(&fresh, 1);

	assert_non_null(recovery);
	rdl_recovery_begin_log(recovery);
	assert_true(rdl_recovery_apply(recovery, (struct rdl_span){ begin_octets, begin_len }));
	assert_true(rdl_recovery_apply(recovery, (struct rdl_span){ octets, len }));
	rdl_recovery_end_run(recovery, NOW, 0, NOW, 1);
	assert_true(rdl_recovery_finish(recovery, NOW, 20));
	rdl_recovery_destroy(recovery);
	return fresh;
}

/* What begins anew has no more time than it asks for, whatever was in its slot. */
static void test_grace_is_not_inherited(void **state)
{
	static uint8_t octets[RDL_ENTRY_MAX];
	struct rdl_request request = some_register("name");
	struct rdl_location location;

	put(&request);
	const rdl_handle handle = changed()->handle;
	size_t len = entry_of(octets);
	request.lifetime_s = 1;
	for (unsigned way = 0; way < 4; way++) {
		struct rdl_registry *fresh = came_back(octets, len);

		request.exchange = 100;
		request.operation = RDL_OPERATION_REGISTER;
		if (way == 1) {
			struct rdl_request leave = { .operation = RDL_OPERATION_DEREGISTER,
				.exchange = 101 };

			rdl_registry_deregister(fresh, handle, &leave, NOW, changed());
		} else if (way == 2) {
			rdl_registry_remove(fresh, handle, NOW, changed());
		} else if (way == 3) {
			request.operation = RDL_OPERATION_UPDATE;
			request.gives = RDL_GIVES_LIFETIME;
			assert_true(rdl_registry_update(fresh, handle, &request, NOW, changed()));
		}
		rdl_registry_forget_ended(fresh);
		if (way < 3)
			assert_int_equal(perform_register(fresh, &request, NOW, &location),
				way == 0 ? RDL_REGISTRY_REPLACED : RDL_REGISTRY_CREATED);
		assert_false(ends_by(fresh, NOW + 900));
		assert_true(ends_by(fresh, NOW + 2100));
		rdl_registry_destroy(fresh);
	}
}

/* What whoever came back may register as is known from its session, or when it proves itself. */
static void test_identity(void **state)
{
	static uint8_t octets[RDL_ENTRY_MAX];
	struct rdl_identity somebody = { RDL_IDENTITY_PSK, RDL_SPAN("somebody") };
	const struct rdl_registry_config config = config_of(1000);
	struct rdl_request request = some_register("name");
	uint8_t names[] = "\4name";

	request.identity = rdl_identities_intern(
		identities, &somebody, (struct rdl_span){ names, sizeof(names) - 1 });
	put(&request);
	const struct rdl_span entry = { octets, entry_of(octets) };
	assert_string_equal(verdict_of(&config, &entry, 1), "");
	assert_true(rdl_identities_permit(identities, request.identity, RDL_SPAN("name")));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cut),
		TEST(test_ended),
		TEST(test_registration),
		TEST(test_lists),
		TEST(test_sweeps),
		TEST(test_before),
		TEST(test_moved),
		TEST(test_fewer_slots),
		TEST(test_longest),
		TEST(test_too_many),
		TEST(test_full),
		TEST(test_policy),
		TEST(test_store_full),
		TEST(test_unsecured),
		TEST(test_identity),
		TEST(test_grace),
		TEST(test_grace_is_not_inherited),
	};

	return RUN_EAL_TESTS(tests);
}
