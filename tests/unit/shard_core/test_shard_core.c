/* SPDX-License-Identifier: BSD-3-Clause */
/* Two shard cores between a worker that is the test, and threads that ask. */
#include "support.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "clock.h"
#include "eal.h"
#include "gateway_shard.h"
#include "shard_core.h"

#define SHARDS 2
#define REQUESTS 40
#define UNDER_WAY (2 * REQUESTS) /* as far as the shard knows: nothing is shed */

static const struct rdl_channel_credit nothing;
static const struct rdl_channel_credit credit = {
	.limit = { [RDL_OPERATION_REGISTER] = REQUESTS, [RDL_OPERATION_UPDATE] = REQUESTS }
};
static struct rdl_rulebook rulebook;
static struct shard_core *cores; /* SHARDS of them: too large for a stack */
static struct rdl_channel worker[SHARDS]; /* the other ends */
static void *channel_memory[SHARDS];
static struct owners owners;
static struct rdl_request requests[REQUESTS];

/* Rules of all that most tests go by, but for a limit of new Registers. */
static void limit_to(uint32_t registers_per_s)
{
	const struct rdl_policy_config config = gateway_policy();
	const struct rdl_admission_limits limits = { registers_per_s, .shards = SHARDS };

	rdl_rulebook_change(&rulebook, rdl_rules_create(&config, &limits, RDL_LOG_INFO));
}

static int begin(void **state)
{
	rdl_rulebook_init(&rulebook);
	limit_to(0);
	cores = calloc(SHARDS, sizeof(*cores));
	assert_non_null(cores);
	owners = (struct owners){ .count = SHARDS, .endpoint_key = gateway_endpoint_key };
	for (unsigned s = 0; s < SHARDS; s++) {
		struct rdl_registry_config registry = gateway_registry(1000);

		registry.shard = s;
		registry.shards = SHARDS;
		cores[s].index = s;
		cores[s].worker_count = 1;
		cores[s].rulebook = &rulebook;
		rdl_rulebook_add_reader(&rulebook, &cores[s].rules_seen);
		rdl_mailbox_init(&cores[s].question.mailbox);
		gateway_shard_start(&cores[s].shard, &registry, NULL);
		cores[s].registry = cores[s].shard.registry;
		channel_memory[s] = aligned_alloc(64, rdl_channel_memory(&credit, &nothing));
		rdl_channel_join(
			&worker[s], &credit, &cores[s].workers[0], &nothing, channel_memory[s]);
		owners.cores[s] = &cores[s];
	}
	return 0;
}

static int end(void **state)
{
	for (unsigned s = 0; s < SHARDS; s++) {
		gateway_shard_stop(&cores[s].shard);
		free(channel_memory[s]);
	}
	free(cores);
	rdl_rulebook_close(&rulebook);
	return 0;
}

static struct rdl_span name_of(unsigned n, char text[16])
{
	return (struct rdl_span){ (const uint8_t *)text, (size_t)snprintf(text, 16, "dev-%u", n) };
}

/* Hands `count` devices' Registers to their owners; returns how many went to the first. */
static unsigned send_registers(unsigned count)
{
	static const struct {
		struct rdl_object_list head;
		rdl_object_link links[2];
	} list = { { .len = sizeof(list), .link_count = 2 }, { 1 << 16, 3 << 16 } };
	unsigned first = 0;

	for (unsigned n = 0; n < count; n++) {
		struct rdl_request *request = &requests[n];
		void *message = request;
		char text[16];

		*request = (struct rdl_request){ .operation = RDL_OPERATION_REGISTER,
			.gives = RDL_GIVES_OBJECTS,
			.lifetime_s = 60,
			.minor = 1,
			.exchange = n + 1,
			.list.objects = &list.head };
		struct rdl_span name = name_of(n, text);
		rdl_request_set_endpoint(request, name);
		rdl_siphash128(&gateway_endpoint_key, name.data, name.len, request->digest.word);
		unsigned owner = rdl_endpoint_partition(request->digest) % SHARDS;
		rdl_channel_send(&worker[owner], &message, 1);
		first += owner == 0;
	}
	return first;
}

static void step_all(void)
{
	for (unsigned s = 0; s < SHARDS; s++)
		shard_core_step(&cores[s]);
}

static uint64_t gauge(unsigned s, enum rdl_stat stat)
{
	return rdl_stats_get(&cores[s].shard.stats, stat);
}

/* Of all owners. */
static uint64_t registrations(void)
{
	struct rdl_stats sum = { { 0 } };

	owners_stats(&owners, &sum);
	assert_int_equal(rdl_stats_get(&sum, RDL_STAT_registrations),
		gauge(0, RDL_STAT_registrations) + gauge(1, RDL_STAT_registrations));
	return rdl_stats_get(&sum, RDL_STAT_registrations);
}

/* Other limits are in force in the next round, also where nothing came in between. */
static void test_other_rules(void **state)
{
	void *batch[REQUESTS];

	step_all();
	assert_int_equal(cores[0].rules_seen, 1);
	limit_to(1); /* a share of one each */
	send_registers(REQUESTS);
	step_all();
	assert_int_equal(registrations(), SHARDS);
	assert_int_equal(
		gauge(0, RDL_STAT_drop_admission_rate) + gauge(1, RDL_STAT_drop_admission_rate),
		REQUESTS - SHARDS);
	limit_to(0);
	assert_int_equal(rdl_rulebook_reclaim(&rulebook), 1);
	step_all();
	for (unsigned s = 0; s < SHARDS; s++) {
		assert_int_equal(cores[s].rules_seen, 3);
		rdl_channel_came_back(&worker[s], rdl_channel_take(&worker[s], batch, REQUESTS));
	}
	assert_int_equal(rdl_rulebook_reclaim(&rulebook), 0);
	send_registers(REQUESTS);
	step_all();
	assert_int_equal(registrations(), REQUESTS);
}

static void test_answers(void **state)
{
	void *batch[REQUESTS];
	unsigned first = send_registers(REQUESTS);

	assert_true(first > 0 && first < REQUESTS);
	assert_true(shard_core_step(&cores[0]));
	assert_int_equal(rdl_channel_waiting(&worker[0]), first);
	assert_int_equal(rdl_channel_waiting(&worker[1]), 0);
	/* What others may read says so at once. */
	assert_int_equal(gauge(0, RDL_STAT_registrations), first);
	assert_int_equal(gauge(0, RDL_STAT_object_lists), 1);
	assert_int_equal(rdl_stats_get(&cores[0].shard.stats, RDL_STAT_registered), first);
	assert_int_equal(rdl_channel_take(&worker[0], batch, REQUESTS), first);
	for (unsigned i = 0; i < first; i++)
		assert_int_equal(((struct rdl_request *)batch[i])->code, RDL_COAP_CREATED);
	assert_false(shard_core_step(&cores[0]));
	assert_true(shard_core_step(&cores[1]));
	assert_int_equal(rdl_channel_waiting(&worker[1]), REQUESTS - first);
}

/* Answers that wait go to their worker when their changes are released, and not before. */
static void test_waiting(void **state)
{
	struct rdl_shard *shard = &cores[0].shard;
	void *batch[REQUESTS], *memory = calloc(1, rdl_shard_waiting_memory(1, UNDER_WAY));
	unsigned first;

	assert_non_null(memory);
	rdl_shard_wait(shard, memory, 1, UNDER_WAY);
	first = send_registers(REQUESTS);
	assert_true(shard_core_step(&cores[0]));
	assert_false(shard_core_step(&cores[0]));
	assert_int_equal(rdl_channel_waiting(&worker[0]), 0);
	rdl_shard_release(shard, 1);
	assert_true(shard_core_step(&cores[0]));
	assert_int_equal(rdl_channel_waiting(&worker[0]), 1);
	rdl_shard_release(shard, shard->position);
	assert_true(shard_core_step(&cores[0]));
	assert_int_equal(rdl_channel_take(&worker[0], batch, REQUESTS), first);
	for (unsigned i = 0; i < first; i++) {
		assert_int_equal(((struct rdl_request *)batch[i])->code, RDL_COAP_CREATED);
		assert_true(i == 0 || batch[i] > batch[i - 1]);
	}
	free(memory);
}

/* A disk that says nothing holds up the end for a second, and no longer. */
static void test_end(void **state)
{
	struct rdl_shard *shard = &cores[0].shard;
	void *batch[REQUESTS], *memory = calloc(1, rdl_shard_waiting_memory(1, UNDER_WAY));
	struct ending ending = { 0 };
	unsigned rounds = 0;

	assert_non_null(memory);
	rdl_shard_wait(shard, memory, 1, UNDER_WAY);
	cores[0].ending = &ending;
	unsigned first = send_registers(REQUESTS);
	assert_true(shard_core_step(&cores[0]));
	for (; rounds < 1000; rounds++)
		shard_core_step(&cores[0]);
	ending.stage = ENDING_ASKED;
	uint64_t begin_ms = rdl_clock_ms();
	while (rdl_channel_waiting(&worker[0]) < first) {
		shard_core_step(&cores[0]);
		assert_true(rdl_clock_ms() - begin_ms < 10000);
	}
	assert_true(rdl_clock_ms() - begin_ms >= 900);
	assert_int_equal(rdl_channel_take(&worker[0], batch, REQUESTS), first);
	for (unsigned i = 0; i < first; i++)
		assert_int_equal(((struct rdl_request *)batch[i])->code, 0);
	free(memory);
}

/* ---- questions ---- */

static bool polling;
static bool writing; /* the journals' disk is well */

/* As their writers do. */
static void write_journals(void)
{
	for (unsigned s = 0; s < SHARDS; s++) {
		struct rdl_journal_ring *ring = &cores[s].journal;

		ring->tail = ring->head;
		ring->confirmed = ring->position;
	}
}

static void *poll_on(void *arg)
{
	while (__atomic_load_n(&polling, __ATOMIC_RELAXED)) {
		step_all();
		if (__atomic_load_n(&writing, __ATOMIC_RELAXED))
			write_journals();
		sched_yield();
	}
	return arg;
}

static pthread_t start_polling(void)
{
	pthread_t thread;

	polling = true;
	assert_int_equal(pthread_create(&thread, NULL, poll_on, NULL), 0);
	return thread;
}

static void stop_polling(pthread_t thread)
{
	__atomic_store_n(&polling, false, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
}

static bool is_registered(unsigned n, enum question_kind kind)
{
	char text[16];
	struct rdl_span name = name_of(n, text);
	struct question *answer = ask_endpoint(&owners, kind, name);
	bool found = false;

	assert_non_null(answer);
	found = answer->found;
	if (found) {
		assert_true(rdl_span_equal(answer->registration.endpoint, name));
		assert_int_equal(answer->registration.lifetime_s, 60);
		assert_int_equal(answer->registration.objects->link_count, 2);
	}
	ask_done(answer);
	return found;
}

/* Each endpoint is found with whoever owns it, and is gone when it was removed. */
static void test_endpoints(void **state)
{
	send_registers(REQUESTS);
	step_all();
	pthread_t thread = start_polling();
	for (unsigned n = 0; n < REQUESTS; n++)
		assert_true(is_registered(n, QUESTION_REGISTRATION));
	assert_false(is_registered(REQUESTS, QUESTION_REGISTRATION));
	assert_true(is_registered(7, QUESTION_REMOVE));
	assert_false(is_registered(7, QUESTION_REGISTRATION));
	assert_false(is_registered(7, QUESTION_REMOVE));
	stop_polling(thread);
	assert_int_equal(registrations(), REQUESTS - 1);
}

/* Pages go through all owners, and name every endpoint once. */
static void test_pages(void **state)
{
	unsigned seen[REQUESTS] = { 0 }, pages = 0;
	uint64_t cursor = 0;

	send_registers(REQUESTS);
	step_all();
	pthread_t thread = start_polling();
	do {
		struct question *page = ask_page(&owners, QUESTION_PAGE, &cursor);

		assert_non_null(page);
		for (uint32_t i = 0; i < page->page_len; i += 1u + page->page[i]) {
			char text[16] = { 0 };

			memcpy(text, page->page + i + 1, page->page[i]);
			seen[atoi(text + 4)]++;
		}
		ask_done(page);
		pages++;
	} while (cursor != 0 && pages < 100000);
	for (unsigned n = 0; n < REQUESTS; n++)
		assert_int_equal(seen[n], 1);
	/* A cursor that nobody was given comes to the end, too. */
	cursor = UINT64_MAX;
	struct question *page = ask_page(&owners, QUESTION_ROWS, &cursor);
	assert_non_null(page);
	assert_int_equal(page->page_len, 0);
	assert_int_equal(cursor, 0);
	ask_done(page);
	stop_polling(thread);
}

/* An owner that does not answer in time is not asked any more: nothing is done later. */
static void test_no_answer(void **state)
{
	char text[16];

	send_registers(1);
	step_all();
	assert_null(ask_endpoint(&owners, QUESTION_REMOVE, name_of(0, text)));
	step_all();
	assert_int_equal(registrations(), 1);
	pthread_t thread = start_polling();
	assert_true(is_registered(0, QUESTION_REGISTRATION));
	stop_polling(thread);
}

static bool is_removed(unsigned n, bool *refused, bool *safe)
{
	char text[16];
	struct question *answer = ask_endpoint(&owners, QUESTION_REMOVE, name_of(n, text));

	assert_non_null(answer);
	bool found = answer->found;
	*refused = answer->refused;
	*safe = answer->safe;
	ask_done(answer);
	return found;
}

/* Where changes are kept, a removal is told when it is safe, or that it is not in time. */
static void test_removals(void **state)
{
	void *octets[SHARDS], *memory[SHARDS];
	bool refused, safe;

	for (unsigned s = 0; s < SHARDS; s++) {
		octets[s] = calloc(1, RDL_JOURNAL_RING_MIN);
		memory[s] = calloc(1, rdl_shard_waiting_memory(1, UNDER_WAY));
		assert_true(octets[s] != NULL && memory[s] != NULL);
		rdl_journal_ring_init(&cores[s].journal, octets[s], RDL_JOURNAL_RING_MIN);
		rdl_shard_keep(&cores[s].shard, &cores[s].journal,
			&(struct rdl_sweeps_config){ 60000, 60000, UINT64_MAX }, 0);
		rdl_shard_wait(&cores[s].shard, memory[s], 1, UNDER_WAY);
	}
	send_registers(3);
	writing = true;
	pthread_t thread = start_polling();
	assert_true(is_removed(0, &refused, &safe));
	assert_true(safe && !refused);
	__atomic_store_n(&writing, false, __ATOMIC_RELAXED);
	assert_true(is_removed(1, &refused, &safe));
	assert_true(!safe && !refused);
	assert_false(is_registered(1, QUESTION_REGISTRATION));
	/* That it is gone is no safer than before. */
	assert_false(is_removed(1, &refused, &safe));
	assert_true(!safe && !refused);
	for (unsigned s = 0; s < SHARDS; s++)
		__atomic_store_n(&cores[s].journal.failed, 1, __ATOMIC_RELAXED);
	/* A round later at the latest. */
	assert_true(is_registered(2, QUESTION_REGISTRATION));
	assert_true(is_removed(2, &refused, &safe));
	assert_true(refused && !safe);
	assert_true(is_registered(2, QUESTION_REGISTRATION));
	stop_polling(thread);
	assert_int_equal(registrations(), 1);
	for (unsigned s = 0; s < SHARDS; s++) {
		free(octets[s]);
		free(memory[s]);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answers),
		TEST(test_other_rules),
		TEST(test_waiting),
		TEST(test_end),
		TEST(test_endpoints),
		TEST(test_pages),
		TEST(test_no_answer),
		TEST(test_removals),
	};

	return RUN_EAL_TESTS(tests);
}
