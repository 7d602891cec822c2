/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers that wait for their changes to be released: in order, none lost, none twice; and those
 * that wait for the changes of others.
 */
#include "fixture.h"

#include <stdlib.h>

#include "state.h"

#define WORKERS 3
#define ANSWERS 128
/* Of each worker: none of them ever has so many that something is shed. */
#define UNDER_WAY (2 * ANSWERS + 2)

static void *memory;

static int setup_waiting(void **state)
{
	setup(state);
	memory = calloc(1, rdl_shard_waiting_memory(WORKERS, UNDER_WAY));
	assert_non_null(memory);
	rdl_shard_wait(&shard, memory, WORKERS, UNDER_WAY);
	return 0;
}

static int teardown_waiting(void **state)
{
	free(memory);
	return teardown(state);
}

#define WAITING_TEST(test) cmocka_unit_test_setup_teardown(test, setup_waiting, teardown_waiting)

/* True when it is answered at once. */
static bool commit_one(struct handed *h, unsigned worker, uint64_t now_ms)
{
	struct rdl_request *requests[] = { &h->request };

	return rdl_shard_burst(&shard, policy, requests, 1, worker, now_ms) == 1;
}

static bool ask(struct handed *h, const char *text, const char *id, uint64_t now_ms)
{
	hand(h, text, id);
	return commit_one(h, 0, now_ms);
}

/* The next answer that may leave, or NULL. */
static struct handed *next(void)
{
	struct rdl_request *request = NULL;
	unsigned worker;

	rdl_shard_take_answers(&shard, &worker, &request, 1);
	return (struct handed *)request; /* its first member */
}

static void release_all(void)
{
	rdl_shard_release(&shard, shard.position);
}

/* Where nothing waits, positions count all the same. */
static void test_at_once(void **state)
{
	struct id id = register_at("CON POST 11:rd 15:ep=a" OBJECTS, EPOCH);

	assert_int_equal(shard.position, 1);
	assert_int_equal(request_at("CON POST 11:rd 11:@", &id, EPOCH), CODE(2, 4));
	assert_int_equal(request_at("CON GET 11:rd 11:@", &id, EPOCH), CODE(4, 5));
	assert_int_equal(request_at("CON DELETE 11:rd 11:@", &id, EPOCH), CODE(2, 2));
	assert_int_equal(shard.position, 3);
	assert_null(next());
}

static void test_each_waits(void **state)
{
	static struct handed h, other;
	struct id id;

	assert_false(ask(&h, "CON POST 11:rd 15:ep=a" OBJECTS, "", EPOCH));
	assert_null(next());
	release_all();
	assert_ptr_equal(next(), &h);
	assert_null(next());
	id = expect_created(&h);
	assert_false(ask(&h, "CON POST 11:rd 11:@", id.text, EPOCH));
	assert_false(ask(&other, "CON DELETE 11:rd 11:@", id.text, EPOCH));
	assert_null(next());
	rdl_shard_release(&shard, 2);
	assert_ptr_equal(next(), &h);
	assert_null(next());
	release_all();
	assert_ptr_equal(next(), &other);
	assert_null(next());
	assert_int_equal(code_of(&h), CODE(2, 4));
	assert_int_equal(code_of(&other), CODE(2, 2));
}

/* As their originals: of a Register, of an Update, of a De-register; until those are released. */
static void test_copies_wait(void **state)
{
	static struct handed original, copy;
	static const char *const texts[] = { "CON POST 11:rd 15:ep=a" OBJECTS,
		"CON POST 11:rd 11:@ 15:lt=99", "CON DELETE 11:rd 11:@" };
	struct id id = { "" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(texts); i++) {
		hand(&original, texts[i], id.text);
		hand(&copy, texts[i], id.text);
		copy.request.exchange = original.request.exchange;
		assert_false(commit_one(&original, 0, EPOCH));
		assert_false(commit_one(&copy, 1, EPOCH));
		assert_null(next());
		release_all();
		assert_ptr_equal(next(), &original);
		assert_ptr_equal(next(), &copy);
		assert_int_equal(copy.request.code, original.request.code);
		if (i == 0)
			id = expect_created(&copy);
	}
	/* That of a De-register changes nothing: it waits for nothing any more. */
	hand(&copy, texts[2], id.text);
	copy.request.exchange = original.request.exchange;
	assert_true(commit_one(&copy, 0, EPOCH));
	assert_int_equal(code_of(&copy), CODE(2, 2));
}

/* 4.04 is true only when the end is safe; time is safe at once, and other refusals always are. */
static void test_refusals(void **state)
{
	static struct handed h, ended, dead;
	struct id id, old, other;

	ask(&h, "CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, "", EPOCH);
	old = expect_created(&h);
	ask(&h, "CON POST 11:rd 15:ep=b 15:lt=60" OBJECTS, "", EPOCH);
	other = expect_created(&h);
	release_all();
	while (next() != NULL)
		;
	ask(&ended, "CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, "", EPOCH);
	id = expect_created(&ended);
	assert_false(ask(&dead, "CON POST 11:rd 11:@", old.text, EPOCH));
	assert_int_equal(code_of(&dead), CODE(4, 4));
	assert_true(ask(&h, "CON GET 11:rd 11:@", id.text, EPOCH));
	assert_int_equal(code_of(&h), CODE(4, 5));
	assert_true(ask(&h, "CON POST 11:rd 11:@ 15:ep=x", other.text, EPOCH));
	assert_int_equal(code_of(&h), CODE(4, 0));
	release_all();
	assert_ptr_equal(next(), &ended);
	assert_ptr_equal(next(), &dead);
	assert_true(ask(&h, "CON POST 11:rd 11:@", old.text, EPOCH));
	assert_int_equal(code_of(&h), CODE(4, 4));
	/* Expiry is told, and numbered, and nobody waits for it. */
	while (rdl_shard_expire(&shard, EPOCH + 61000))
		;
	assert_true(shard.position > shard.waiting.released);
	assert_true(ask(&h, "CON POST 11:rd 11:@", other.text, EPOCH + 61000));
	assert_int_equal(code_of(&h), CODE(4, 4));
	/* What the server removed. */
	release_all();
	ask(&h, "CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, "", EPOCH + 61000);
	id = expect_created(&h);
	release_all();
	assert_ptr_equal(next(), &h);
	rdl_shard_remove(&shard, find(&id, EPOCH + 61000), EPOCH + 61000);
	assert_false(ask(&dead, "CON POST 11:rd 11:@", id.text, EPOCH + 61000));
	release_all();
	assert_ptr_equal(next(), &dead);
}

/* The location that is dead by a Register may be of another slot: its generations are used up. */
static void test_moved(void **state)
{
	static struct handed h, again, dead;
	struct rdl_location old;
	struct id id = { "" };

	ask(&h, "CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, "", EPOCH);
	release_all();
	assert_ptr_equal(next(), &h);
	old = h.request.location;
	old.generation = RDL_GENERATION_MAX;
	rdl_slab_at(&shard.registry->slab, old.handle)->generation = old.generation;
	rdl_location_encode(&location_key, &old, (uint8_t *)id.text);
	assert_false(ask(&again, "CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, "", EPOCH));
	assert_int_not_equal(again.request.location.handle, old.handle);
	assert_false(ask(&dead, "CON POST 11:rd 11:@", id.text, EPOCH));
	assert_int_equal(code_of(&dead), CODE(4, 4));
	release_all();
	assert_ptr_equal(next(), &again);
	assert_ptr_equal(next(), &dead);
}

/* What is shed is given back at once, whatever it has found. */
static void test_shed(void **state)
{
	static struct handed h[3];
	struct rdl_policy_config config = gateway_policy();

	teardown(state);
	start(1, &config);
	rdl_shard_wait(&shard, memory, WORKERS, UNDER_WAY);
	assert_false(ask(&h[0], "CON POST 11:rd 15:ep=a 15:lt=60" OBJECTS, "", EPOCH));
	assert_true(ask(&h[1], "CON POST 11:rd 15:ep=b 15:lt=60" OBJECTS, "", EPOCH));
	assert_int_equal(h[1].request.code, 0);
	release_all();
	assert_ptr_equal(next(), &h[0]);
	assert_null(next());
}

/* ---- many of several workers ---- */

static struct handed burst[ANSWERS];
static struct rdl_request *waited[ANSWERS];
static unsigned worker_of[ANSWERS];

/* Some that wait, of one worker, between some that do not. */
static unsigned commit_some(unsigned worker, unsigned *begun, unsigned kept, uint64_t *seed)
{
	struct rdl_request *requests[RDL_REGISTRY_BURST], *sent[RDL_REGISTRY_BURST];
	unsigned count = 1 + (unsigned)(test_random(seed) % 12), at_once = 0;
	char text[80];

	if (count > ANSWERS - kept)
		count = ANSWERS - kept;
	for (unsigned i = 0; i < count; i++) {
		struct handed *h = &burst[(*begun + i) % ANSWERS];

		snprintf(
			text, sizeof(text), "CON POST 11:rd 15:ep=n%u" OBJECTS, (*begun + i) % 200);
		hand(h, text, "");
		if (test_random(seed) % 3 == 0) {
			h->request.operation = RDL_OPERATION_UPDATE;
			h->request.location = (struct rdl_location){ .handle = 0xfffffffe };
		}
		requests[i] = sent[i] = &h->request;
	}
	unsigned n = rdl_shard_burst(&shard, policy, requests, count, worker, EPOCH);
	for (unsigned i = 0; i < count; i++) {
		if (at_once < n && requests[at_once] == sent[i]) {
			assert_int_equal(sent[i]->code, RDL_COAP_NOT_FOUND);
			at_once++;
			continue;
		}
		assert_int_equal(sent[i]->code, RDL_COAP_CREATED);
		waited[(kept + i - at_once) % ANSWERS] = sent[i];
		worker_of[(kept + i - at_once) % ANSWERS] = worker;
	}
	assert_int_equal(at_once, n);
	*begun += count;
	return count - n;
}

/* Takes runs out; they are the oldest of `kept`, in order. Returns how many. */
static unsigned take_some(unsigned kept, unsigned most)
{
	struct rdl_request *requests[RDL_REGISTRY_BURST];
	unsigned taken = 0, n, worker;

	while ((n = rdl_shard_take_answers(&shard, &worker, requests, most)) > 0) {
		assert_in_range(n, 1, most);
		for (unsigned i = 0; i < n; i++, taken++) {
			assert_true(taken < kept);
			assert_ptr_equal(requests[i], waited[taken]);
			assert_int_equal(worker, worker_of[taken]);
		}
	}
	memmove(waited, waited + taken, (kept - taken) * sizeof(waited[0]));
	memmove(worker_of, worker_of + taken, (kept - taken) * sizeof(worker_of[0]));
	return taken;
}

static void test_order(void **state)
{
	unsigned begun = 0, kept = 0, full = 0, all = 0;
	uint64_t seed = 7;

	for (unsigned round = 0; round < 3000; round++) {
		unsigned worker = (unsigned)(test_random(&seed) % WORKERS);

		if (kept < ANSWERS / 2)
			kept += commit_some(worker, &begun, kept, &seed);
		else
			full++;
		uint64_t left = shard.position - shard.waiting.released;
		if (left > 0 && test_random(&seed) % 6 == 0)
			rdl_shard_release(
				&shard, shard.waiting.released + test_random(&seed) % (left + 1));
		unsigned taken = take_some(kept, 1 + (unsigned)(test_random(&seed) % 20));
		kept -= taken;
		all += taken;
	}
	assert_true(full > 100 && all > 1000);
	release_all();
	assert_int_equal(take_some(kept, 64), kept);
	assert_null(next());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHARD_TEST(test_at_once),
		WAITING_TEST(test_each_waits),
		WAITING_TEST(test_copies_wait),
		WAITING_TEST(test_refusals),
		WAITING_TEST(test_moved),
		WAITING_TEST(test_shed),
		WAITING_TEST(test_order),
	};

	return RUN_SHARD_TESTS(tests);
}
