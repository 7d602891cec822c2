/* SPDX-License-Identifier: BSD-3-Clause */
/* Retransmissions: answered as their originals were, performed once (RFC 7252 section 4.5). */
#include "fixture.h"

#define NOW (EPOCH + 10000)

/*
 * A request as a worker hands it over that has never seen it:
 * its digest tells that it is the same.
 */
static unsigned send_at(
	struct handed *h, const char *text, const char *id, uint64_t exchange, uint64_t now_ms)
{
	hand(h, text, id);
	h->request.exchange = exchange;
	commit(h, now_ms);
	return code_of(h);
}

static unsigned send(struct handed *h, const char *text, const char *id, uint64_t exchange)
{
	return send_at(h, text, id, exchange, NOW);
}

#define REGISTER "CON POST 11:rd 15:ep=node" OBJECTS
#define BRIEF(seconds) "CON POST 11:rd 15:ep=node 15:lt=" seconds OBJECTS
#define UPDATE "CON POST 11:rd 11:@"

static void test_register(void **state)
{
	static struct handed first, copy;

	send(&first, REGISTER, "", 1);
	struct id id = expect_created(&first);
	send(&copy, REGISTER, "", 1);
	assert_string_equal(expect_created(&copy).text, id.text);
	assert_int_equal(counter(RDL_STAT_registered), 1);
	assert_int_equal(counter(RDL_STAT_replaced), 0);
	assert_int_equal(counter(RDL_STAT_replayed), 1);
}

static void test_update_and_deregister(void **state)
{
	static struct handed h;

	send(&h, REGISTER, "", 1);
	struct id id = expect_created(&h);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(send(&h, "CON POST 11:rd 11:@ 15:lt=20", id.text, 2), CODE(2, 4));
		assert_int_equal(code_of(&h), CODE(2, 4));
	}
	assert_int_equal(counter(RDL_STAT_updated), 1);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(send(&h, "CON DELETE 11:rd 11:@", id.text, 3), CODE(2, 2));
		assert_int_equal(code_of(&h), CODE(2, 2));
	}
	assert_int_equal(counter(RDL_STAT_deregistered), 1);
	/* Late copies of all that was, in any order: no ghost. */
	assert_int_equal(send(&h, "CON POST 11:rd 11:@ 15:lt=20", id.text, 2), CODE(2, 4));
	send(&h, REGISTER, "", 1);
	assert_string_equal(expect_created(&h).text, id.text);
	assert_int_equal(registrations(), 0);
	assert_int_equal(counter(RDL_STAT_replayed), 4);
	/* Another request to the dead location is none of them. */
	assert_int_equal(send(&h, "CON POST 11:rd 11:@", id.text, 9), CODE(4, 4));
}

/*
 * A device that restarts each minute, its Message IDs and its port from the same start each time,
 * whose Updates are octet for octet those of before: it lives as long as it is answered.
 */
static void test_restarting_device(void **state)
{
	static struct handed h;
	struct id id, next;
	uint64_t now = NOW;

	send_at(&h, BRIEF("70"), "", 1, now);
	id = expect_created(&h);
	for (; now <= NOW + 247000; now += 60000) {
		send_at(&h, BRIEF("70"), "", 1, now);
		assert_string_equal(expect_created(&h).text, id.text);
		assert_int_equal(send_at(&h, UPDATE, id.text, 2, now + 1000), CODE(2, 4));
		assert_int_not_equal(find(&id, now + 70000), RDL_HANDLE_NONE);
	}
	/* Then the Register is an exchange of its own, and a new life. */
	send_at(&h, BRIEF("70"), "", 1, now);
	next = expect_created(&h);
	assert_string_not_equal(next.text, id.text);
	assert_int_equal(send_at(&h, UPDATE, next.text, 3, now + 1000), CODE(2, 4));
	assert_int_equal(counter(RDL_STAT_registered), 1);
	assert_int_equal(counter(RDL_STAT_replaced), 1);
	assert_int_equal(counter(RDL_STAT_expired), 0);
}

/* One that restarts after its registration expired: no acknowledged request leaves it out. */
static void test_restarted_after_expiry(void **state)
{
	static struct handed h;

	for (unsigned reclaimed = 0; reclaimed < 2; reclaimed++) {
		uint64_t now = NOW + reclaimed * UINT64_C(1000000);

		send_at(&h, BRIEF("5"), "", 1, now);
		struct id id = expect_created(&h);
		assert_int_equal(send_at(&h, UPDATE, id.text, 2, now), CODE(2, 4));
		while (reclaimed && rdl_shard_expire(&shard, now + 6000))
			;
		assert_int_equal(send_at(&h, UPDATE, id.text, 2, now + 6000), CODE(4, 4));
		send_at(&h, BRIEF("5"), "", 1, now + 7000);
		struct id next = expect_created(&h);
		assert_string_not_equal(next.text, id.text);
		assert_int_equal(send_at(&h, UPDATE, next.text, 3, now + 8000), CODE(2, 4));
		while (rdl_shard_expire(&shard, now + 20000))
			;
		assert_int_equal(registrations(), 0);
	}
}

/*
 * The copy comes before the verdict:
 * what a worker refuses was refused the first time, too, and is not remembered.
 */
static void test_refused(void **state)
{
	static struct handed h;

	send(&h, REGISTER, "", 1);
	struct id id = expect_created(&h);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(send(&h, "CON POST 11:rd 11:@ 15:lt=x", id.text, 5), CODE(4, 0));
	assert_int_equal(counter(RDL_STAT_replayed), 0);
	assert_int_equal(counter(RDL_STAT_updated), 0);
}

/*
 * A block that is not the last changes nothing;
 * whether the location lives is for the shard to say.
 */
static void test_block(void **state)
{
	static struct handed h;

	send(&h, REGISTER, "", 1);
	struct id id = expect_created(&h);
	for (unsigned alive = 2; alive-- > 0;) {
		hand(&h, "CON POST 11:rd 11:@", id.text);
		h.request.exchange = 7;
		h.request.gives = RDL_GIVES_BLOCK;
		commit(&h, NOW);
		assert_int_equal(code_of(&h), alive ? CODE(2, 31) : CODE(4, 4));
		if (alive)
			assert_int_equal(send(&h, "CON DELETE 11:rd 11:@", id.text, 8), CODE(2, 2));
	}
	assert_int_equal(counter(RDL_STAT_updated), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHARD_TEST(test_register),
		SHARD_TEST(test_update_and_deregister),
		SHARD_TEST(test_restarting_device),
		SHARD_TEST(test_restarted_after_expiry),
		SHARD_TEST(test_refused),
		SHARD_TEST(test_block),
	};

	return RUN_SHARD_TESTS(tests);
}
