/* SPDX-License-Identifier: BSD-3-Clause */
/* Registrations that somebody made who has proved who they are. */
#include <stdlib.h>

#include "fixture.h"
#include "identities.h"

#define NOW (EPOCH + 10000)
#define REGISTER "CON POST 11:rd 15:ep=node 15:lwm2m=1.1 15:lt=60" OBJECTS
#define UPDATE "CON POST 11:rd 11:@"
#define DEREGISTER "CON DELETE 11:rd 11:@"
#define CLEAR 0

static struct rdl_identities *identities;
static uint32_t alice, bob;

static uint32_t intern(const char *text)
{
	const struct rdl_identity identity = { RDL_IDENTITY_PSK, span_of(text) };

	return rdl_identities_intern(identities, &identity, (struct rdl_span){ NULL, 0 });
}

static int begin(void **state)
{
	const struct rdl_identities_config config = { .identities = 64, .octets = 24 };
	struct rdl_registry_config registry = gateway_registry(10);
	struct rdl_policy_config accepts = gateway_policy();
	size_t len = rdl_identities_memory(&config);
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	memset(memory, 0, len);
	identities = rdl_identities_init(&config, memory);
	alice = intern("alice");
	bob = intern("bob");
	registry.now_ms = EPOCH;
	registry.identities = identities;
	registry.sessions = true;
	location_key = gateway_location_key();
	policy = rdl_policy_create(&accepts);
	gateway_shard_start(&shard, &registry, NULL);
	return 0;
}

/* Nothing is held but what sessions hold, when all registrations have ended. */
static int end(void **state)
{
	struct rdl_identities_counts counts;

	for (uint64_t now_ms = NOW + 100000000; registrations() > 0; now_ms += 1000)
		rdl_shard_expire(&shard, now_ms);
	rdl_identities_release(identities, alice);
	rdl_identities_release(identities, bob);
	rdl_identities_reclaim(identities, 0, 1000);
	rdl_identities_reclaim(identities, 31000, 1000);
	rdl_identities_counts(identities, &counts);
	free(identities);
	teardown(state);
	return counts.identities == 0 ? 0 : -1;
}

/* The answer to a request in a session of that identity, or in clear text. */
static const struct handed *ask(
	const char *text, const struct id *id, uint32_t identity, uint64_t now_ms)
{
	static struct handed h;

	hand(&h, text, id != NULL ? id->text : "");
	h.request.identity = identity;
	commit(&h, now_ms);
	return &h;
}

static struct id register_as(uint32_t identity, uint64_t now_ms)
{
	return expect_created(ask(REGISTER, NULL, identity, now_ms));
}

static bool is_held(uint32_t number)
{
	struct rdl_identities_counts before, after;

	/* Let go of once more than it is held by sessions, it is on the list of those to go. */
	rdl_identities_reclaim(identities, 0, 1000);
	rdl_identities_counts(identities, &before);
	rdl_identities_release(identities, number);
	rdl_identities_reclaim(identities, 0, 1000);
	rdl_identities_counts(identities, &after);
	rdl_identities_hold(identities, number);
	/* Off the list again. */
	rdl_identities_reclaim(identities, 31000, 1000);
	return after.lingering == before.lingering;
}

/* Whoever else asks is refused, and the registration is as it was. */
static void expect_left_to(uint32_t owner, const struct id *id)
{
	static const char *const asked[] = { UPDATE, UPDATE " 15:lt=99", DEREGISTER,
		UPDATE " 15:b=U | </1/0>,</3/0>,</5>",
		"CON POST 11:rd 11:@ 27:e | </1/0>,</3/0>," };
	const uint32_t others[] = { CLEAR, alice, bob };
	static struct portrait before, after;

	paint(&before, id, NOW);
	for (size_t who = 0; who < RDL_ARRAY_LEN(others); who++) {
		for (size_t i = 0; others[who] != owner && i < RDL_ARRAY_LEN(asked); i++) {
			const struct handed *h = ask(asked[i], id, others[who], NOW);

			expect_refused(h, RDL_REASON_other_identity);
			assert_int_equal(code_of(h), CODE(4, 0));
			paint(&after, id, NOW);
			assert_string_equal(after.text, before.text);
		}
	}
	assert_int_equal(describe(id, NOW).identity, owner);
}

static void test_owner(void **state)
{
	struct id id = register_as(alice, NOW);

	expect_left_to(alice, &id);
	assert_true(is_held(alice));
	assert_int_equal(code_of(ask(UPDATE, &id, alice, NOW)), CODE(2, 4));
	expect_left_to(alice, &id);
	assert_int_equal(code_of(ask(DEREGISTER, &id, alice, NOW)), CODE(2, 2));
	assert_false(is_held(alice));
	/* What is dead is nobody's. */
	expect_refused(ask(UPDATE, &id, bob, NOW), RDL_REASON_location);
	expect_refused(ask(DEREGISTER, &id, CLEAR, NOW), RDL_REASON_location);
}

static void test_made_in_clear_text(void **state)
{
	struct id id = register_as(CLEAR, NOW);

	expect_left_to(CLEAR, &id);
	assert_int_equal(code_of(ask(UPDATE, &id, CLEAR, NOW)), CODE(2, 4));
	assert_int_equal(code_of(ask(DEREGISTER, &id, CLEAR, NOW)), CODE(2, 2));
}

/* Wrong methods are nobody's business more than another's. */
static void test_method(void **state)
{
	struct id id = register_as(alice, NOW);

	expect_refused(ask("CON GET 11:rd 11:@", &id, bob, NOW), RDL_REASON_method);
	expect_refused(ask("CON PUT 11:rd 11:@", &id, CLEAR, NOW), RDL_REASON_method);
	expect_refused(ask(UPDATE " 15:x=1", &id, bob, NOW), RDL_REASON_other_identity);
}

/* Nobody takes a device over who goes in clear text; it may itself come up. */
static void test_replaced(void **state)
{
	struct id clear = register_as(CLEAR, NOW), id = register_as(alice, NOW + 1);
	static struct portrait before, after;

	assert_int_equal(find(&clear, NOW + 1), RDL_HANDLE_NONE);
	assert_true(is_held(alice));
	paint(&before, &id, NOW);
	expect_refused(ask(REGISTER, NULL, CLEAR, NOW + 2), RDL_REASON_endpoint_secured);
	assert_int_equal(code_of(ask(REGISTER, NULL, CLEAR, NOW + 2)), CODE(4, 3));
	paint(&after, &id, NOW);
	assert_string_equal(after.text, before.text);
	assert_int_equal(counter(RDL_STAT_refused_endpoint_secured), 2);
	/* By another one that may register it. */
	id = register_as(bob, NOW + 3);
	assert_false(is_held(alice));
	assert_true(is_held(bob));
	id = register_as(bob, NOW + 4);
	expect_left_to(bob, &id);
	assert_int_equal(code_of(ask(DEREGISTER, &id, bob, NOW + 5)), CODE(2, 2));
	/* What has ended is in nobody's way. */
	assert_false(is_held(bob));
	id = register_as(CLEAR, NOW + 6);
	assert_int_equal(describe(&id, NOW + 6).identity, CLEAR);
}

static void test_expired(void **state)
{
	register_as(alice, NOW);
	struct id id = register_as(CLEAR, NOW + 2000000);
	assert_int_equal(describe(&id, NOW + 2000000).identity, CLEAR);
	assert_false(is_held(alice));
	register_as(alice, NOW + 2000000);
	id = register_as(alice, NOW + 4000000);
	rdl_shard_remove(&shard, find(&id, NOW + 4000000), NOW + 4000000);
	assert_false(is_held(alice));
}

/* Copies first: what they repeat was allowed. */
static void test_copies(void **state)
{
	static struct handed h;
	struct id id = register_as(alice, NOW);
	unsigned exchange;

	hand(&h, UPDATE, id.text);
	h.request.identity = alice;
	commit(&h, NOW);
	exchange = (unsigned)h.request.exchange;
	assert_int_equal(code_of(ask(DEREGISTER, &id, alice, NOW)), CODE(2, 2));
	hand(&h, UPDATE, id.text);
	h.request.identity = alice;
	h.request.exchange = UINT64_C(1) << 32 | exchange;
	commit(&h, NOW);
	assert_int_equal(code_of(&h), CODE(2, 4));
	assert_int_equal(h.request.lifetime_s, 0);
}

/* How long a session is to last is left where its worker finds it. */
static void test_kept(void **state)
{
	const struct handed *h = ask(REGISTER, NULL, alice, NOW);
	struct id id = expect_created(h);

	assert_int_equal(h->request.lifetime_s, 60);
	assert_int_equal(ask(UPDATE, &id, alice, NOW + 1000)->request.lifetime_s, 60);
	assert_int_equal(ask(UPDATE " 15:lt=300", &id, alice, NOW)->request.lifetime_s, 300);
	assert_int_equal(ask(UPDATE " 15:b=U", &id, alice, NOW + 5000)->request.lifetime_s, 300);
}

/* The session that the registration lived by before a request in this one. */
static uint64_t former(
	const char *text, const struct id *id, uint32_t identity, uint64_t session, uint64_t now_ms)
{
	static struct handed h;

	hand(&h, text, id != NULL ? id->text : "");
	h.request.identity = identity;
	h.request.session = session;
	commit(&h, now_ms);
	return h.request.session;
}

static void test_sessions(void **state)
{
	const struct handed *h;
	struct id id;

	h = ask(REGISTER, NULL, alice, NOW); /* in session 0: none */
	id = expect_created(h);
	assert_int_equal(former(UPDATE, &id, alice, 7, NOW + 1), 0);
	assert_int_equal(former(UPDATE " 15:lt=61", &id, alice, 7, NOW + 2), 7);
	assert_int_equal(former(UPDATE " 15:lt=62", &id, alice, 8, NOW + 3), 7);
	assert_int_equal(former(REGISTER, NULL, alice, 9, NOW + 4), 8);
	/* Nobody else's request changes what it lives by. */
	former(REGISTER, NULL, CLEAR, 5, NOW + 5);
	assert_int_equal(former(REGISTER, NULL, bob, 10, NOW + 6), 9);
	id = expect_created(ask(REGISTER, NULL, bob, NOW + 7));
	assert_int_equal(former(UPDATE, &id, bob, 11, NOW + 8), 0);
	assert_int_equal(former(DEREGISTER, &id, bob, 12, NOW + 9), 11);
	/* What has ended has none: not for whoever comes to its slot. */
	assert_int_equal(former(REGISTER, NULL, alice, 13, NOW + 10), 0);
	assert_int_equal(former(REGISTER, NULL, alice, 14, NOW + 100000000), 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_owner),
		TEST(test_made_in_clear_text),
		TEST(test_method),
		TEST(test_replaced),
		TEST(test_expired),
		TEST(test_copies),
		TEST(test_kept),
		TEST(test_sessions),
	};

	return RUN_SHARD_TESTS(tests);
}
