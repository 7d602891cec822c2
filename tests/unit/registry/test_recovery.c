/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs of random traffic, one after the other: each ends at a random moment, and the next one has
 * what the logs say, in as many shards as it likes. Slot by slot it is what the one before was.
 */
#include "logged.h"

#include "state.h"

#define ENDPOINTS 400
#define REGISTRATIONS 300
#define LISTS 12
#define SHARDS 3
#define RUNS 60
#define EXCHANGE_LIFETIME 247
#define WALL UINT64_C(1700000000000)
#define GRACE 30
/* What is past its time may lie there so long. */
#define LAG_MS 180000
/* Runs whose logs are kept. */
#define KEPT 5

/* One life of the daemon. */
struct run {
	unsigned shards;
	struct rdl_registry *registries[SHARDS];
	struct logged logs[SHARDS];
	uint64_t end_ms, away_ms, next_ms;
	unsigned lost; /* how many began after it, of which no log is left */
};

static struct run runs[KEPT];
static unsigned run_count;
static struct rdl_object_list *lists[LISTS];
static struct rdl_identities *identities;
static struct rdl_location locations[ENDPOINTS];
static struct rdl_request last_requests[ENDPOINTS];
static uint64_t seed, now_ms, exchanges;
/* All locations that were ever given. */
static struct {
	struct rdl_location *all;
	size_t count, room;
} given;
static bool losing; /* logs end before their runs do */
static bool even; /* all clocks of registries begin at whole seconds of each other */
static uint64_t moved, copies, dead, compared, tombstones_compared;

static uint64_t dice(uint64_t sides)
{
	return test_random(&seed) % sides;
}

static struct rdl_span name_of(unsigned i)
{
	static char names[ENDPOINTS][RDL_ENDPOINT_MAX + 1];
	static const unsigned lens[] = { 6, 24, 25, 7, 9, 100, RDL_ENDPOINT_MAX };
	unsigned len = lens[i % RDL_ARRAY_LEN(lens)];

	memset(names[i], 'x', sizeof(names[i]));
	names[i][snprintf(names[i], sizeof(names[i]), "e%04u", i)] = 'y';
	return (struct rdl_span){ (const uint8_t *)names[i], len };
}

static struct run *present(void)
{
	return &runs[run_count - 1];
}

static unsigned shard_of(const struct run *run, unsigned partition)
{
	return partition % run->shards;
}

static void create_registries(struct run *run)
{
	for (unsigned s = 0; s < run->shards; s++) {
		struct rdl_registry_config config = make_config(REGISTRATIONS);

		config.slots = rdl_registry_slots(REGISTRATIONS);
		config.shard = s;
		config.shards = run->shards;
		config.exchange_lifetime_s = EXCHANGE_LIFETIME;
		config.expiry_grace_s = 3;
		config.identities = identities;
		config.now_ms = even ? now_ms : now_ms - dice(5000);
		config.wall_ms = WALL - now_ms;
		config.list_key.k0 = dice(1000);
		run->registries[s] = rdl_registry_create(&config);
		assert_non_null(run->registries[s]);
		rdl_registry_limit_updates(run->registries[s], 5);
	}
}

static void begin_logs(struct run *run)
{
	for (unsigned s = 0; s < run->shards; s++)
		log_begin_sweep(&run->logs[s], run->registries[s], now_ms);
}

/* When all has ended, nothing is held any more. */
static void expect_empty(struct rdl_registry *registry)
{
	struct rdl_registry_counts counts;

	rdl_registry_forget_ended(registry);
	expire(registry, now_ms + UINT64_C(1000000000), UINT32_MAX);
	expire(registry, now_ms + UINT64_C(2000000000), UINT32_MAX);
	rdl_registry_counts(registry, &counts);
	assert_int_equal(counts.registrations, 0);
	assert_int_equal(counts.tombstones, 0);
	assert_int_equal(counts.object_lists, 0);
	assert_int_equal(counts.store_octets, 0);
}

static void end_run(struct run *run)
{
	for (unsigned s = 0; s < run->shards; s++) {
		expect_empty(run->registries[s]);
		rdl_registry_destroy(run->registries[s]);
		free(run->logs[s].octets);
	}
	memset(run, 0, sizeof(*run));
}

/* ---- traffic ---- */

static void told(unsigned shard, const struct rdl_change *change)
{
	struct run *run = present();

	moved += change->kind == RDL_CHANGE_REPLACED &&
		 change->old_location.handle != change->handle;
	log_change(&run->logs[shard], run->registries[shard], change, now_ms);
}

static struct rdl_request some_register(unsigned i)
{
	static const char *const parameters[] = { "", "\5sms=1", "\3x=1\6pid=77" };
	struct rdl_request request = make_register(
		name_of(i), 1 + (uint32_t)dice(UINT64_C(1) << dice(14)), lists[dice(LISTS)]);
	const char *some = parameters[dice(RDL_ARRAY_LEN(parameters))];

	request.exchange = ++exchanges;
	request.non = dice(5) == 0;
	request.minor = (uint8_t)dice(4);
	request.peer.port = (uint16_t)dice(65536);
	if (dice(2) == 0)
		request.peer = (struct rdl_peer){ { [10] = 0xff, [11] = 0xff, 192, 0, 2, 1 },
			(uint16_t)dice(65536) };
	request.local.udp_port = 1;
	request.local.vlan = dice(4096) & 0xfff;
	request.identity = i % 9 < 3 ? i % 9 + 1 : 0;
	request.parameters = (struct rdl_span){ (const uint8_t *)some, strlen(some) };
	if (dice(3) == 0)
		request.gives |= RDL_GIVES_QUEUE;
	return request;
}

static void do_register(unsigned i, const struct rdl_request *request)
{
	unsigned shard = shard_of(present(), rdl_endpoint_partition(request->digest));
	enum rdl_registry_result result;

	do {
		result = rdl_registry_register(present()->registries[shard], request,
			RDL_HANDLE_UNKNOWN, now_ms, &locations[i], changed());
		told(shard, changed());
	} while (result == RDL_REGISTRY_EXPIRED);
	copies += result == RDL_REGISTRY_REPLAYED || result == RDL_REGISTRY_RENEWED;
	if (result != RDL_REGISTRY_CREATED && result != RDL_REGISTRY_REPLACED)
		return;
	if (given.count == given.room) {
		given.room = given.room == 0 ? 1024 : 2 * given.room;
		given.all = realloc(given.all, given.room * sizeof(*given.all));
		assert_non_null(given.all);
	}
	given.all[given.count++] = locations[i];
}

static int by_location(const void *a, const void *b)
{
	const struct rdl_location *l = a, *m = b;

	if (l->handle != m->handle)
		return l->handle < m->handle ? -1 : 1;
	return (l->generation > m->generation) - (l->generation < m->generation);
}

/* None came twice. */
static void check_given(void)
{
	qsort(given.all, given.count, sizeof(*given.all), by_location);
	for (size_t i = 1; i < given.count; i++)
		assert_true(by_location(&given.all[i - 1], &given.all[i]) < 0);
	free(given.all);
	memset(&given, 0, sizeof(given));
}

/* To the location that is known last, which may be dead. */
static void do_request(unsigned i, const struct rdl_request *request)
{
	unsigned shard = shard_of(present(), rdl_endpoint_partition(digest_of(name_of(i))));
	struct rdl_registry *registry = present()->registries[shard];
	rdl_handle handle;

	enum rdl_registry_result result =
		rdl_registry_repeat(registry, request, now_ms, &handle, changed());
	told(shard, changed());
	copies += result == RDL_REGISTRY_REPLAYED || result == RDL_REGISTRY_RENEWED;
	if (result != RDL_REGISTRY_NO_COPY || handle == RDL_HANDLE_NONE)
		return;
	if (request->operation == RDL_OPERATION_DEREGISTER)
		rdl_registry_deregister(registry, handle, request, now_ms, changed());
	else if (!rdl_registry_update(registry, handle, request, now_ms, changed()))
		return;
	told(shard, changed());
}

static void do_something(unsigned i)
{
	struct rdl_request request = some_register(i);
	unsigned what = (unsigned)dice(100);

	if (what < 10 && last_requests[i].exchange != 0) {
		request = last_requests[i];
		if (request.operation == RDL_OPERATION_REGISTER)
			do_register(i, &request);
		else
			do_request(i, &request);
		return;
	}
	if (what < 40 || locations[i].generation == 0) {
		last_requests[i] = request;
		do_register(i, &request);
		return;
	}
	request.operation = what < 52 ? RDL_OPERATION_DEREGISTER : RDL_OPERATION_UPDATE;
	request.location = locations[i];
	static const uint8_t gives[] = { 0, 0, 0, RDL_GIVES_LIFETIME, RDL_GIVES_BINDING,
		RDL_GIVES_OBJECTS, RDL_GIVES_PARAMETERS, RDL_GIVES_QUEUE };
	request.gives = gives[dice(RDL_ARRAY_LEN(gives))];
	if (request.gives == RDL_GIVES_BINDING)
		request.binding = 1 + (unsigned)dice(3);
	last_requests[i] = request;
	do_request(i, &request);
}

static void do_remove(void)
{
	unsigned shard = (unsigned)dice(present()->shards);
	struct rdl_registry *registry = present()->registries[shard];
	uint64_t cursor = dice(RDL_PARTITIONS) << 24;
	unsigned budget = UINT32_MAX;
	rdl_handle handle = rdl_registry_next(registry, &cursor, now_ms, &budget);

	if (handle == RDL_HANDLE_NONE)
		return;
	rdl_registry_remove(registry, handle, now_ms, changed());
	told(shard, changed());
}

static void do_expire(void)
{
	struct rdl_change changes[RDL_REGISTRY_BURST];

	for (unsigned s = 0; s < present()->shards; s++) {
		unsigned n = rdl_registry_expire(present()->registries[s], now_ms, 1000, changes);

		dead += n;
		for (unsigned i = 0; i < n; i++)
			told(s, &changes[i]);
	}
}

static void do_sweep(void)
{
	struct run *run = present();

	for (unsigned s = 0; s < run->shards; s++)
		if (log_sweep(&run->logs[s], run->registries[s], (unsigned)dice(3000), now_ms))
			log_begin_sweep(&run->logs[s], run->registries[s], now_ms);
}

static bool has_swept(const struct run *run)
{
	for (unsigned s = 0; s < run->shards; s++)
		if (!run->logs[s].has_swept)
			return false;
	return true;
}

static void live_on(unsigned operations)
{
	for (unsigned n = 0; n < operations; n++) {
		unsigned what = (unsigned)dice(100);

		if (what < 85)
			do_something((unsigned)dice(ENDPOINTS));
		else if (what < 86)
			do_remove();
		else if (what < 90)
			do_expire();
		else if (what < 98)
			now_ms += dice(dice(20) == 0 ? 60000 : 900);
		else
			do_sweep();
	}
}

/* ---- the next run ---- */

/* Some of its registries, out of the logs there are. */
static void recover(const struct run *first, const struct run *last,
	struct rdl_registry *const registries[], unsigned count)
{
	struct rdl_recovery *recovery = rdl_recovery_create(registries, count);

	assert_non_null(recovery);
	for (const struct run *run = first; run <= last; run++) {
		for (unsigned s = 0; s < run->shards; s++)
			log_replay(&run->logs[s],
				run->logs[s].has_swept ? run->logs[s].ended_at : 0, recovery);
		rdl_recovery_end_run(
			recovery, run->end_ms, run->away_ms, run->next_ms, 1 + run->lost);
	}
	if (!rdl_recovery_finish(recovery, now_ms, GRACE))
		fail_msg("%s", rdl_recovery_error(recovery));
	rdl_recovery_destroy(recovery);
	for (unsigned r = 0; r < count; r++)
		assert_tallied(registries[r], now_ms);
}

/* Another run after `away_ms`, its clock at next_ms, out of the logs there are. */
static void restart(uint64_t away_ms, uint64_t next_ms)
{
	struct run *before = present();
	bool each = dice(2) == 0; /* a recovery for each shard, all of which read all */

	for (unsigned s = 0; s < before->shards; s++)
		assert_tallied(before->registries[s], now_ms);
	if (before->lost == 0)
		before->end_ms = now_ms;
	before->away_ms = away_ms;
	before->next_ms = next_ms;
	now_ms = next_ms;
	bool swept = has_swept(before);
	struct run next = { .shards = 1 + (unsigned)dice(SHARDS) };
	create_registries(&next);
	for (unsigned s = 0; s < next.shards; s += each ? 1 : next.shards)
		recover(swept ? before : runs, before, &next.registries[s], each ? 1 : next.shards);
	/* What came before one that has been swept is needed no more: that is kept to compare. */
	if (swept || run_count == KEPT) {
		assert_true(swept);
		struct run last = *before;
		for (struct run *run = runs; run < before; run++)
			end_run(run);
		runs[0] = last;
		run_count = 1;
	}
	runs[run_count++] = next;
	begin_logs(present());
}

/* One that is there for a while, and nothing is left of it. */
static void lose_run(void)
{
	restart(dice(5000), dice(100000000));
	live_on(1000);
	end_run(present());
	run_count--;
	present()->lost++;
}

static const struct rdl_record *record_of(const struct run *run, rdl_handle handle)
{
	return rdl_slab_at(&run->registries[shard_of(run, handle >> 24)]->slab, handle);
}

static const struct rdl_registry *registry_of(const struct run *run, rdl_handle handle)
{
	return run->registries[shard_of(run, handle >> 24)];
}

/* A second of a registry's, in milliseconds from the moment at which the next run began. */
static int64_t from_then(const struct run *run, rdl_handle handle, uint32_t second)
{
	const struct rdl_registry *registry = registry_of(run, handle);
	int64_t ms = (int64_t)(registry->epoch_ms) + (int64_t)(int32_t)second * 1000;

	return run == present() ? ms - (int64_t)now_ms : ms - (int64_t)(run->end_ms + run->away_ms);
}

static void expect_exchanges(const struct run *old, const struct run *new, rdl_handle handle)
{
	const struct rdl_record *a = record_of(old, handle), *b = record_of(new, handle);
	int64_t late_ms = even ? 0 : 1000;

	assert_true(a->register_exchange == b->register_exchange);
	for (unsigned i = 0; i < RDL_EXCHANGES; i++) {
		assert_true(a->exchange[i] == b->exchange[i]);
		if (a->exchange[i] == 0)
			continue;
		assert_int_equal(a->exchange_generation[i], b->exchange_generation[i]);
		assert_int_equal(a->exchange_facts[i], b->exchange_facts[i]);
		int64_t was = from_then(old, handle, a->exchange_second[i]);
		assert_in_range(was - from_then(new, handle, b->exchange_second[i]), 0, late_ms);
	}
}

/* In whatever order: an Update that brings what there is may change that. */
static bool same_parameters(struct rdl_span one, struct rdl_span other)
{
	if (one.len != other.len)
		return false;
	for (size_t at = 0; at < one.len; at += one.data[at] + 1u)
		if (memmem(other.data, other.len, one.data + at, one.data[at] + 1u) == NULL)
			return false;
	return true;
}

/* Of a live one. */
static uint32_t end_of(const struct run *run, rdl_handle handle)
{
	return rdl_wheel_end(&registry_of(run, handle)->wheel, record_of(run, handle));
}

static void expect_same(const struct run *old, const struct run *new, rdl_handle handle)
{
	const struct rdl_record *a = record_of(old, handle), *b = record_of(new, handle);
	int64_t late_ms = even ? 0 : 1000;
	struct rdl_registration one, other;

	rdl_registry_describe(registry_of(old, handle), handle, &one);
	rdl_registry_describe(registry_of(new, handle), handle, &other);
	assert_location(other.location, one.location);
	assert_true(rdl_span_equal(one.endpoint, other.endpoint));
	assert_memory_equal(&one.peer, &other.peer, sizeof(one.peer));
	assert_memory_equal(&one.local, &other.local, sizeof(one.local));
	assert_int_equal(one.identity, other.identity);
	assert_int_equal(one.minor, other.minor);
	assert_int_equal(one.queue, other.queue);
	assert_int_equal(one.binding, other.binding);
	assert_int_equal(one.lifetime_s, other.lifetime_s);
	assert_memory_equal(one.objects, other.objects, one.objects->len);
	assert_true(same_parameters(one.parameters, other.parameters));
	assert_int_equal(a->registered_next, b->registered_next);
	assert_int_equal(a->updated_previous, b->updated_previous);
	int64_t began = from_then(old, handle, a->registered);
	assert_in_range(began - from_then(new, handle, b->registered), 0, late_ms);
	/* Where its lifetime began is where it did, whatever became of its end. */
	int64_t over = from_then(old, handle, a->deadline);
	assert_in_range(from_then(new, handle, b->deadline) - over, 0, late_ms);
	int64_t ends = from_then(old, handle, end_of(old, handle));
	int64_t will_end = from_then(new, handle, end_of(new, handle));
	if (ends < GRACE * 1000)
		assert_in_range(will_end, GRACE * 1000, GRACE * 1000 + 1000);
	else
		assert_in_range(will_end - ends, 0, late_ms + (ends < GRACE * 1000 + 1000) * 1000);
	expect_exchanges(old, new, handle);
	assert_int_equal(rdl_registry_find_endpoint(new->registries[shard_of(new, handle >> 24)],
				 digest_of(one.endpoint), one.endpoint, now_ms),
		handle);
	assert_int_equal(
		rdl_registry_find(registry_of(new, handle), &one.location, now_ms), handle);
	compared++;
}

/* A tombstone that is not over is one again, where there is room for all of them. */
static void expect_tombstone(const struct run *old, const struct run *new, rdl_handle handle)
{
	const struct rdl_registry *registry = registry_of(new, handle);
	const struct rdl_record *a = record_of(old, handle), *b = record_of(new, handle);
	int64_t ends = from_then(old, handle, a->deadline);

	if (ends < LAG_MS ||
		registry->registrations + registry->tombstones.count == registry->registrations_max)
		return;
	assert_int_equal(b->state, RDL_RECORD_TOMBSTONE);
	assert_int_equal(a->name_len, b->name_len);
	assert_memory_equal(a->name, b->name,
		a->name_len > RDL_NAME_INLINE ? sizeof(a->digest) : sizeof(a->name));
	int64_t late_ms = even ? 0 : 1000;
	assert_in_range(from_then(new, handle, b->deadline) - ends + LAG_MS, 0, LAG_MS + late_ms);
	expect_exchanges(old, new, handle);
	tombstones_compared++;
}

/* What comes next in a slot is some later than what is known of it. */
static void expect_generation(const struct rdl_record *a, const struct rdl_record *b)
{
	uint32_t known = a->generation, next = b->generation + b->skips * RDL_GENERATION_SKIP;

	if (b->state != RDL_RECORD_FREE)
		assert_int_equal(b->generation, known);
	assert_true(b->generation >= known);
	if (known < RDL_GENERATION_MAX - (RDL_SKIPS_MAX + 9) * RDL_GENERATION_SKIP)
		assert_in_range(next, known + RDL_GENERATION_SKIP,
			known + (RDL_SKIPS_MAX + 1) * RDL_GENERATION_SKIP);
}

static void compare(const struct run *old, const struct run *new)
{
	uint64_t live = 0;

	for (unsigned partition = 0; partition < RDL_PARTITIONS; partition++) {
		for (uint32_t slot = 0; slot < rdl_registry_slots(REGISTRATIONS); slot++) {
			rdl_handle handle = partition << 24 | slot;
			const struct rdl_record *a = record_of(old, handle);
			const struct rdl_record *b = record_of(new, handle);
			uint32_t second =
				rdl_registry_second(registry_of(old, handle), old->end_ms);

			expect_generation(a, b);
			if (rdl_registry_alive(registry_of(old, handle), a, second)) {
				assert_int_equal(b->state, RDL_RECORD_LIVE);
				expect_same(old, new, handle);
				live++;
				continue;
			}
			if (!even && b->state == RDL_RECORD_LIVE) {
				/* Its end was in the last second, and is rounded up. */
				assert_in_range(from_then(new, handle, end_of(new, handle)),
					GRACE * 1000, GRACE * 1000 + 1000);
				live++;
				continue;
			}
			assert_int_not_equal(b->state, RDL_RECORD_LIVE);
			if (a->state == RDL_RECORD_TOMBSTONE)
				expect_tombstone(old, new, handle);
		}
	}
	for (unsigned s = 0; s < new->shards; s++)
		live -= new->registries[s]->registrations;
	assert_int_equal(live, 0);
}

/* Some slots are near the end of their generations. */
static void use_up(struct run *run)
{
	for (unsigned partition = 0; partition < RDL_PARTITIONS; partition++)
		rdl_slab_at(&run->registries[shard_of(run, partition)]->slab, partition << 24)
			->generation = RDL_GENERATION_MAX - 1 - (uint32_t)dice(6);
}

static void run_all(void)
{
	run_count = 1;
	now_ms = 5000;
	memset(locations, 0, sizeof(locations));
	memset(last_requests, 0, sizeof(last_requests));
	runs[0] = (struct run){ .shards = 2 };
	create_registries(&runs[0]);
	use_up(&runs[0]);
	begin_logs(&runs[0]);
	while (!has_swept(&runs[0]))
		do_sweep();
	for (unsigned n = 0; n < RUNS; n++) {
		live_on((unsigned)dice(dice(3) == 0 ? 300 : 6000));
		for (unsigned s = 0; s < present()->shards; s++)
			rdl_registry_forget_ended(present()->registries[s]);
		/* No more than so many runs in a row end before they have told all. */
		while (run_count == KEPT - 1 && !has_swept(present()))
			do_sweep();
		uint64_t away_ms = dice(3) == 0 ? dice(400000) : dice(5000);
		if (losing)
			for (unsigned s = 0; s < present()->shards; s++)
				log_lose(&present()->logs[s], (unsigned)dice(500));
		while (losing && dice(3) == 0)
			lose_run();
		restart(away_ms, even ? now_ms % 1000 + 1000 * dice(100000) : dice(100000000));
		if (!losing)
			compare(present() - 1, present());
	}
	check_given();
	while (run_count > 0) {
		end_run(present());
		run_count--;
	}
}

static int begin(void **state)
{
	static const struct rdl_identities_config config = { 100, 24, { 5, 6 } };
	char name[] = "identity 0";

	seed = 11;
	memset(runs, 0, sizeof(runs));
	given.count = 0;
	for (unsigned i = 0; i < LISTS; i++)
		lists[i] = make_list(
			(uint16_t)i, i == 0 ? 900 : (uint16_t)(i % 10), i % 4 == 0 ? "r" : "");
	size_t len = rdl_whole_lines(rdl_identities_memory(&config));
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);
	assert_non_null(memory);
	memset(memory, 0, len);
	identities = rdl_identities_init(&config, memory);
	for (unsigned i = 1; i <= 3; i++) {
		name[9] = (char)('0' + i);
		struct rdl_identity identity = { RDL_IDENTITY_PSK,
			{ (const uint8_t *)name, sizeof(name) - 1 } };

		assert_int_equal(
			rdl_identities_intern(identities, &identity, (struct rdl_span){ NULL, 0 }),
			i);
	}
	return 0;
}

static int end(void **state)
{
	for (unsigned i = 0; i < LISTS; i++)
		free(lists[i]);
	free(identities);
	return 0;
}

/* To the second, and slot by slot. */
static void test_even(void **state)
{
	even = true;
	run_all();
	print_message("# %llu compared, %llu tombstones, %llu moved, %llu copies, %llu expired\n",
		(unsigned long long)compared, (unsigned long long)tombstones_compared,
		(unsigned long long)moved, (unsigned long long)copies, (unsigned long long)dead);
	assert_true(compared > 1000 && tombstones_compared > 100 && moved > 20 && copies > 100 &&
		    dead > 500);
}

/* Where seconds begin elsewhere, nothing ends early, nor more than a second late. */
static void test_uneven(void **state)
{
	even = false;
	run_all();
}

/* Of what a log did not come to hold, no location comes again. */
static void test_losing(void **state)
{
	even = losing = true;
	run_all();
	losing = false;
}

/* Events are as good as what they stand for. */
static void test_events(void **state)
{
	even = log_events = true;
	run_all();
	log_events = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(test_even, begin, end),
		cmocka_unit_test_setup_teardown(test_uneven, begin, end),
		cmocka_unit_test_setup_teardown(test_losing, begin, end),
		cmocka_unit_test_setup_teardown(test_events, begin, end) };

	return RUN_EAL_TESTS(tests);
}
