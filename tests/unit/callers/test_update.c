/* SPDX-License-Identifier: BSD-3-Clause */
/* Registration Update Triggers: of one endpoint, and of a fleet over a time. */
#include "fixture.h"

#include <pthread.h>
#include <sched.h>

#define PER_PAGE 100

/* ---- who is registered: so many of each shard, "dev-S-N" and, each tenth, "odd-S-N" ---- */

static unsigned registered; /* of each shard */
static bool over; /* relaxed */

static void answer(unsigned shard)
{
	struct question *question = &cores[shard]->question;
	uint64_t at = question->cursor;

	if (!rdl_mailbox_begin(&question->mailbox))
		return;
	question->page_len = 0;
	for (unsigned n = 0; n < PER_PAGE && at < registered; n++, at++) {
		uint8_t *to = question->page + question->page_len;
		int len = snprintf((char *)to + 1, 32, "%s-%u-%u", at % 10 == 0 ? "odd" : "dev",
			shard, (unsigned)at);

		to[0] = (uint8_t)len;
		question->page_len += 1 + (uint32_t)len;
	}
	question->cursor = at < registered ? at : UINT64_MAX;
	rdl_mailbox_end(&question->mailbox);
}

static void *answers(void *unused)
{
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		for (unsigned s = 0; s < SHARDS; s++)
			if (rdl_mailbox_pending(&cores[s]->question.mailbox))
				answer(s);
		sched_yield();
	}
	return NULL;
}

static pthread_t owner;

static int begin_with_owners(void **state)
{
	registered = 0;
	over = false;
	return begin(state) != 0 ? -1 : pthread_create(&owner, NULL, answers, NULL);
}

static int end_with_owners(void **state)
{
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	pthread_join(owner, NULL);
	return end(state);
}

static void register_fleet(unsigned count)
{
	registered = count;
	for (unsigned s = 0; s < SHARDS; s++)
		rdl_stats_set(&cores[s]->shard.stats, RDL_STAT_registrations, count);
}

/* ---- one endpoint ---- */

static int update_of(const char *endpoint)
{
	return callers_update(callers, &(struct callers_wish){ .name = span_of(endpoint) });
}

static struct callers_progress look(int number)
{
	struct callers_progress progress;

	works();
	callers_update_look(callers, number, &progress);
	return progress;
}

static void one(void **state)
{
	assert_int_equal(works(), -1);
	int number = update_of("urn:dev:1");
	assert_true(number >= 0);
	struct callers_progress progress = look(number);
	assert_false(progress.over);
	struct rdl_order *order = given();
	assert_non_null(order);
	assert_true(order->trigger);
	assert_int_equal(order->method, RDL_COAP_POST);
	assert_int_equal(order->endpoint_len, 9);
	assert_memory_equal(order->endpoint, "urn:dev:1", 9);
	assert_int_equal(order->path.len + order->payload.len + order->id_len, 0);
	assert_int_equal(order->expires_ms, 0);
	reports_state(order, RDL_ORDER_sent);
	assert_int_equal(look(number).state, RDL_ORDER_sent);
	order->code = RDL_COAP_CODE(2, 4);
	gives_back(order, RDL_ORDER_answered, RDL_ORDER_REASON_none);
	progress = look(number);
	progress = look(number);
	assert_true(progress.over);
	assert_int_equal(progress.state, RDL_ORDER_answered);
	assert_int_equal(progress.code, RDL_COAP_CODE(2, 4));
	assert_int_equal(progress.updated, 1);
	assert_int_equal(progress.failed, 0);
	callers_update_end(callers, number);
	assert_int_equal(works(), -1);
	assert_int_equal(callers_counts(callers)->updates, 1);
	assert_int_equal(callers_counts(callers)->outstanding, 0);
}

/* It goes on waiting when nobody asks after it any more. */
static void one_that_sleeps(void **state)
{
	int number = update_of("dev");

	look(number);
	struct rdl_order *order = given();
	reports_of(order,
		&(struct rdl_report){
			.state = RDL_ORDER_queued, .reason = RDL_ORDER_REASON_asleep },
		"");
	look(number);
	struct callers_progress progress = look(number);
	assert_false(progress.over);
	assert_int_equal(progress.state, RDL_ORDER_queued);
	assert_int_equal(progress.reason, RDL_ORDER_REASON_asleep);
	assert_int_equal(progress.asleep, 1);
	callers_update_end(callers, number);
	works();
	assert_int_equal(callers_counts(callers)->outstanding, 1);
	/* Its number is somebody else's now. */
	assert_int_equal(update_of("other"), number);
	look(number);
	gives_back(order, RDL_ORDER_gone, RDL_ORDER_REASON_ended);
	progress = look(number);
	assert_int_equal(progress.asleep, 0);
	assert_int_equal(progress.failed, 0);
	assert_int_equal(progress.given, 1);
	callers_update_end(callers, number);
}

static void one_that_fails(void **state)
{
	int number = update_of("dev");

	look(number);
	gives_back(given(), RDL_ORDER_refused, RDL_ORDER_REASON_unknown);
	look(number);
	struct callers_progress progress = look(number);
	assert_true(progress.over);
	assert_int_equal(progress.state, RDL_ORDER_refused);
	assert_int_equal(progress.reason, RDL_ORDER_REASON_unknown);
	assert_int_equal(progress.failed, 1);
	callers_update_end(callers, number);
}

static void no_more_than_so_many(void **state)
{
	int numbers[CALLERS_UPDATES];

	for (unsigned i = 0; i < CALLERS_UPDATES; i++) {
		numbers[i] = update_of("dev");
		assert_true(numbers[i] >= 0);
	}
	assert_int_equal(update_of("dev"), -1);
	/* One that was taken back before its first round. */
	callers_update_end(callers, numbers[3]);
	works();
	assert_int_equal(update_of("dev"), numbers[3]);
}

/* ---- a fleet ---- */

static int fleet_of(const char *prefix, uint32_t over_s)
{
	return callers_update(callers,
		&(struct callers_wish){ .fleet = true, .name = span_of(prefix), .over_s = over_s });
}

/* How many triggers are new; each is answered. */
static unsigned answer_all(void)
{
	struct rdl_order *order;
	unsigned count = 0;

	while ((order = given()) != NULL) {
		assert_true(order->trigger);
		order->code = RDL_COAP_CODE(2, 4);
		gives_back(order, RDL_ORDER_answered, RDL_ORDER_REASON_none);
		count++;
	}
	return count;
}

static void all_over_a_time(void **state)
{
	unsigned before = 0, count = 0;

	register_fleet(5000);
	int number = fleet_of("", 100);
	for (unsigned s = 0; s < 100; s++) {
		for (unsigned i = 0; i < 50; i++) {
			assert_in_range(works(), 2, 20);
			answer_all();
			own_clock_pass(20);
		}
		struct callers_progress progress = look(number);
		/* A hundredth of 10,000 each second. */
		assert_in_range(progress.given - before, 99, 101);
		before = (unsigned)progress.given;
	}
	own_clock_pass(1000);
	look(number);
	count = answer_all();
	look(number);
	struct callers_progress progress = look(number);
	assert_true(progress.over);
	assert_int_equal(progress.registrations, 10000);
	assert_int_equal(progress.seen, 10000);
	assert_int_equal(progress.given, 10000);
	assert_int_equal(progress.updated, 10000);
	assert_true(count <= 101);
	callers_update_end(callers, number);
}

/* Who is not meant is passed by, in the same time. */
static void some(void **state)
{
	register_fleet(1000);
	int number = fleet_of("odd-1-", 10);
	uint64_t half = 0;

	for (unsigned i = 0; i < 550; i++) {
		own_clock_pass(20);
		half = i == 250 ? look(number).seen : half;
		works();
		answer_all();
	}
	struct callers_progress progress = look(number);
	assert_true(progress.over);
	assert_in_range(half, 980, 1020);
	assert_int_equal(progress.given, 100);
	assert_int_equal(progress.updated, 100);
	callers_update_end(callers, number);
}

/* Pages of names that nobody wants hold up this thread for moments only. */
static void a_few_pages_each_round(void **state)
{
	register_fleet(5000);
	int number = fleet_of("none", 0);

	assert_in_range(look(number).seen, 1, 9 * PER_PAGE);
	assert_in_range(look(number).seen, PER_PAGE, 18 * PER_PAGE);
	while (!look(number).over)
		;
	assert_int_equal(look(number).seen, 10000);
	callers_update_end(callers, number);
}

/* At once: no more than there is room for, and each of them once. */
static void as_fast_as_can_be(void **state)
{
	unsigned rounds = 0, first = 0;

	register_fleet(2000);
	int number = fleet_of("dev", 0);
	for (; !look(number).over && rounds < 1000; rounds++) {
		if (rounds == 30)
			first = (unsigned)callers_counts(callers)->outstanding;
		if (rounds > 30)
			answer_all();
	}
	/* Of 2000: 250 are the updates', 1000 for whoever comes first. */
	assert_int_equal(first, 1250);
	struct callers_progress progress = look(number);
	assert_true(progress.over);
	assert_int_equal(progress.given, 3600);
	assert_int_equal(progress.updated, 3600);
	callers_update_end(callers, number);
}

/* What sleeps has as long as the whole takes, and is counted. */
static void sleepers(void **state)
{
	register_fleet(1);
	int number = fleet_of("", 100);
	struct rdl_order *orders[2];

	own_clock_pass(100000);
	look(number);
	for (unsigned i = 0; i < 2; i++) {
		orders[i] = given();
		while (orders[i] == NULL) {
			own_clock_pass(100000);
			works();
			orders[i] = given();
		}
	}
	assert_in_range(orders[0]->expires_ms, 1, 193000);
	reports_of(orders[0],
		&(struct rdl_report){
			.state = RDL_ORDER_queued, .reason = RDL_ORDER_REASON_asleep },
		"");
	/* Once more: it had been awake meanwhile. */
	reports_of(orders[0],
		&(struct rdl_report){
			.state = RDL_ORDER_queued, .reason = RDL_ORDER_REASON_asleep },
		"");
	gives_back(orders[1], RDL_ORDER_timeout, RDL_ORDER_REASON_none);
	look(number);
	struct callers_progress progress = look(number);
	assert_false(progress.over);
	assert_int_equal(progress.asleep, 1);
	assert_int_equal(progress.failed, 1);
	/* It wakes up, and is asked. */
	reports_state(orders[0], RDL_ORDER_sent);
	look(number);
	assert_int_equal(look(number).asleep, 0);
	orders[0]->code = RDL_COAP_CODE(2, 4);
	gives_back(orders[0], RDL_ORDER_answered, RDL_ORDER_REASON_none);
	look(number);
	progress = look(number);
	assert_true(progress.over);
	assert_int_equal(progress.updated, 1);
	callers_update_end(callers, number);
}

static void sleeps(struct rdl_order *order)
{
	gives_back(order, RDL_ORDER_refused, RDL_ORDER_REASON_asleep);
}

/* Its time does not begin anew; and one that sleeps until that is over has not failed. */
static void one_that_never_wakes(void **state)
{
	struct rdl_order *order;

	register_fleet(1);
	int number = fleet_of("odd-0", 100);
	look(number);
	while ((order = given()) == NULL)
		works();
	assert_int_equal(order->expires_ms, 193000);
	own_clock_pass(150000);
	sleeps(order);
	look(number);
	assert_ptr_equal(given(), order);
	assert_false(order->awake_only);
	assert_int_equal(order->expires_ms, 43000);
	reports_of(order,
		&(struct rdl_report){
			.state = RDL_ORDER_queued, .reason = RDL_ORDER_REASON_asleep },
		"");
	own_clock_pass(43000);
	look(number);
	assert_false(look(number).over);
	gives_back(order, RDL_ORDER_timeout, RDL_ORDER_REASON_asleep);
	look(number);
	struct callers_progress progress = look(number);
	assert_true(progress.over);
	assert_int_equal(progress.asleep, 1);
	assert_int_equal(progress.failed, 0);
	callers_update_end(callers, number);
}

static bool is_of(const struct rdl_order *order, const char *prefix)
{
	return memcmp(order->endpoint, prefix, strlen(prefix)) == 0;
}

static struct rdl_order *waiting[300];
static unsigned waits, awake, passed_by;

/* Many rounds of a fleet of which the tenth that is odd is awake, and answers. */
static void go_through(int number)
{
	waits = awake = passed_by = 0;
	for (unsigned rounds = 0; rounds < 300; rounds++) {
		struct rdl_order *order;

		look(number);
		while ((order = given()) != NULL) {
			if (is_of(order, "odd")) {
				order->code = RDL_COAP_CODE(2, 4);
				gives_back(order, RDL_ORDER_answered, RDL_ORDER_REASON_none);
				awake++;
			} else if (order->awake_only) {
				sleeps(order);
				passed_by++;
			} else {
				assert_true(waits < 300);
				reports_of(order,
					&(struct rdl_report){ .state = RDL_ORDER_queued,
						.reason = RDL_ORDER_REASON_asleep },
					"");
				waiting[waits++] = order;
				/* There are not as many reports at a time. */
				works();
			}
		}
	}
}

/* Half of what updates are sure of waits for those that sleep; nobody awake waits for it. */
static void many_sleepers(void **state)
{
	register_fleet(2000);
	int number = fleet_of("", 0);
	go_through(number);
	/* Those that are awake were all asked; a client has room; the end comes when it should. */
	assert_int_equal(awake, 400);
	assert_int_equal(waits, 125);
	assert_int_equal(passed_by, 3600);
	struct callers_progress progress = look(number);
	assert_false(progress.over);
	assert_int_equal(progress.seen, 4000);
	assert_int_equal(progress.given, 4000);
	assert_int_equal(progress.updated, 400);
	assert_int_equal(progress.asleep, 3600);
	assert_int_equal(progress.failed, 0);
	assert_int_equal(callers_counts(callers)->outstanding, 125);
	for (unsigned i = 0; i < 125; i++) {
		waiting[i]->code = RDL_COAP_CODE(2, 4);
		gives_back(waiting[i], RDL_ORDER_answered, RDL_ORDER_REASON_none);
	}
	for (unsigned rounds = 0; rounds < 10; rounds++)
		progress = look(number);
	assert_true(progress.over);
	assert_int_equal(progress.updated, 525);
	assert_int_equal(progress.asleep, 3475);
	callers_update_end(callers, number);
	/* There is room for others to wait; of whom nobody asks after any more none does. */
	number = fleet_of("dev-0-11", 0);
	look(number);
	struct rdl_order *order = given();
	assert_true(order->awake_only);
	sleeps(order);
	look(number);
	while ((waiting[0] = given())->awake_only)
		;
	assert_ptr_equal(waiting[0], order);
	assert_int_equal(callers->sleepers, 1);
	gives_back(order, RDL_ORDER_gone, RDL_ORDER_REASON_ended);
	look(number);
	assert_int_equal(callers->sleepers, 0);
	callers_update_end(callers, number);
}

/* However many clients may share with updates, and whatever one of them has under way. */
static void sleepers_beside_a_client(void **state)
{
	close_callers();
	conf.requests.clients = 7;
	open_callers();
	struct rdl_lines_client *client = connected(BUFFER);
	while (*told(client) == '\0') {
		says(client, request("1", "GET", "/3", ""));
		(void)!given();
	}
	/* Of 2000: 125 are sure to each, and 1000 for whoever comes first. */
	assert_int_equal(callers_counts(callers)->outstanding, 1125);
	register_fleet(1000);
	int number = fleet_of("", 0);
	go_through(number);
	assert_int_equal(awake, 200);
	assert_int_equal(waits, 62);
	struct callers_progress progress = look(number);
	assert_int_equal(progress.seen, 2000);
	assert_int_equal(progress.updated, 200);
	assert_int_equal(progress.asleep, 1800);
	callers_update_end(callers, number);
}

/* Nobody asks after it any more: it ends where it is. */
static void a_fleet_that_is_let_go(void **state)
{
	register_fleet(1000);
	int number = fleet_of("", 100);

	look(number);
	own_clock_pass(1000);
	look(number);
	unsigned count = answer_all();
	callers_update_end(callers, number);
	own_clock_pass(50000);
	works();
	assert_int_equal(answer_all(), 0);
	assert_true(count > 0);
	works();
	assert_int_equal(works(), -1);
}

#define OWNERS_TEST(test) cmocka_unit_test_setup_teardown(test, begin_with_owners, end_with_owners)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALLERS_TEST(one),
		CALLERS_TEST(one_that_sleeps),
		CALLERS_TEST(one_that_fails),
		CALLERS_TEST(no_more_than_so_many),
		OWNERS_TEST(all_over_a_time),
		OWNERS_TEST(some),
		OWNERS_TEST(as_fast_as_can_be),
		OWNERS_TEST(a_few_pages_each_round),
		OWNERS_TEST(sleepers),
		OWNERS_TEST(one_that_never_wakes),
		OWNERS_TEST(many_sleepers),
		OWNERS_TEST(sleepers_beside_a_client),
		OWNERS_TEST(a_fleet_that_is_let_go),
	};

	return RUN_TESTS(tests);
}
