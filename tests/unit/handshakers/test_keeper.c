/* SPDX-License-Identifier: BSD-3-Clause */
/* A keeper, and what changes under its eyes. */
#include "house.h"

/* ---- what is there at the start ---- */

static void test_load(void **state)
{
	struct house *house = house_begin(10);

	put(house, RDL_SPAN("a"), NO_NAMES);
	put(house, RDL_SPAN("b"), RDL_SPAN("\1x\3y-*\1?"));
	database_put(&house->database, rpk(DIGEST), NO_NAMES, RDL_SPAN("\1z"));
	assert_non_null(strstr(load(house, 0), "credentials=3 secured_endpoints=3"));
	/* A pattern is no name, and names are in place of the identity. */
	assert_string_equal(secured(house), "axz");
	assert_false(is_secured(house, RDL_SPAN("y-*")));
	assert_false(is_secured(house, RDL_SPAN("?")));
	assert_int_equal(house->keeper.counts.credentials, 3);
	/* Nothing is told twice. */
	assert_string_equal(look(house, KEEPER_MS), "");
	assert_int_equal(house->keeper.counts.added, 0);
	house_end(house);
}

static void test_no_database(void **state)
{
	struct house *house = house_begin(10);

	house->keeper.credentials = NULL;
	house->keeper.reader = NULL;
	assert_string_equal(load(house, 0), "");
	assert_string_equal(look(house, KEEPER_MS), "");
	house_end(house);
}

static void test_load_without_room(void **state)
{
	struct house *house = house_begin(5);

	put_many(house, 100, "");
	assert_non_null(strstr(load(house, -1), "more endpoints than there is room for"));
	house_end(house);
}

/* Who came back from before the start has the names of now, or is believed no more. */
static void test_came_back(void **state)
{
	struct house *house = house_begin(10);

	put(house, RDL_SPAN("a"), RDL_SPAN("\1x"));
	load(house, 0);
	uint32_t a = prove(house, psk_identity(RDL_SPAN("a")), NO_NAMES);
	uint32_t gone = prove(house, psk_identity(RDL_SPAN("gone")), NO_NAMES);
	unsigned before[] = { incarnation(house, a), incarnation(house, gone) };
	assert_string_equal(look(house, KEEPER_MS), "");
	assert_true(permits(house, a, RDL_SPAN("x")) && !permits(house, a, RDL_SPAN("a")));
	assert_int_equal(incarnation(house, a), before[0]);
	assert_int_not_equal(incarnation(house, gone), before[1]);
	before[1] = incarnation(house, gone);
	look(house, KEEPER_MS);
	assert_int_equal(incarnation(house, gone), before[1]);
	house_end(house);
}

/* ---- what changes ---- */

static void test_added_and_removed(void **state)
{
	struct house *house = house_begin(10);

	load(house, 0);
	put(house, RDL_SPAN("a"), NO_NAMES);
	assert_string_equal(secured(house), "");
	assert_string_equal(look(house, KEEPER_MS), "");
	assert_string_equal(secured(house), "a");
	uint32_t a = prove(house, psk_identity(RDL_SPAN("a")), NO_NAMES);
	unsigned before = incarnation(house, a);
	/* Of another mode, the same octets are somebody else. */
	uint32_t other = prove(house, rpk_identity(RDL_SPAN("a")), NO_NAMES);
	unsigned other_before = incarnation(house, other);
	look(house, KEEPER_MS);
	assert_int_equal(incarnation(house, a), before);
	assert_int_equal(house->keeper.counts.credentials, 1);
	assert_int_equal(house->keeper.counts.seen, 1);

	database_remove(&house->database, psk(RDL_SPAN("a")));
	look(house, KEEPER_MS);
	assert_int_equal(house->keeper.counts.seen, 2);
	assert_int_not_equal(incarnation(house, a), before);
	assert_int_equal(incarnation(house, other), other_before);
	assert_string_equal(secured(house), "");
	assert_int_equal(house->keeper.counts.added, 1);
	assert_int_equal(house->keeper.counts.removed, 1);
	assert_int_equal(house->keeper.counts.changed, 0);
	assert_int_equal(house->keeper.counts.credentials, 0);
	house_end(house);
}

static void test_raw_key_removed(void **state)
{
	struct house *house = house_begin(10);

	database_put(&house->database, rpk(DIGEST), NO_NAMES, RDL_SPAN("\1z"));
	load(house, 0);
	uint32_t number = prove(house, rpk_identity(DIGEST), RDL_SPAN("\1z"));
	unsigned before = incarnation(house, number);
	database_remove(&house->database, rpk(DIGEST));
	look(house, KEEPER_MS);
	assert_int_not_equal(incarnation(house, number), before);
	assert_string_equal(secured(house), "");
	house_end(house);
}

static void test_changed(void **state)
{
	struct house *house = house_begin(10);

	put(house, RDL_SPAN("a"), RDL_SPAN("\1x"));
	load(house, 0);
	uint32_t a = prove(house, psk_identity(RDL_SPAN("a")), RDL_SPAN("\1x"));
	unsigned before = incarnation(house, a);
	put(house, RDL_SPAN("a"), RDL_SPAN("\1x\1y"));
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "xy");
	assert_true(permits(house, a, RDL_SPAN("x")) && permits(house, a, RDL_SPAN("y")));
	put(house, RDL_SPAN("a"), NO_NAMES);
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "a");
	assert_true(permits(house, a, RDL_SPAN("a")) && !permits(house, a, RDL_SPAN("x")));
	/* It is the same one all the time, also with another key. */
	database_put(&house->database, psk(RDL_SPAN("a")), RDL_SPAN("another"), NO_NAMES);
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "a");
	assert_int_equal(incarnation(house, a), before);
	assert_int_equal(house->keeper.counts.changed, 3);
	assert_int_equal(house->keeper.counts.credentials, 1);
	house_end(house);
}

/* An endpoint stays secured until the last credential that names it has gone. */
static void test_shared_name(void **state)
{
	struct house *house = house_begin(10);

	put(house, RDL_SPAN("a"), RDL_SPAN("\1x"));
	load(house, 0);
	put(house, RDL_SPAN("b"), RDL_SPAN("\1x\1y"));
	look(house, KEEPER_MS);
	database_remove(&house->database, psk(RDL_SPAN("a")));
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "xy");
	put(house, RDL_SPAN("b"), RDL_SPAN("\1y"));
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "y");
	house_end(house);
}

/* More names than there is room for, while it runs: it says so, once a minute at most. */
static void test_room_runs_out(void **state)
{
	struct house *house = house_begin(5);

	load(house, 0);
	put_many(house, 50, "");
	assert_non_null(strstr(look(house, KEEPER_MS), "more endpoints than there is room for"));
	uint64_t unsecured = house->keeper.counts.unsecured;
	assert_in_range(unsecured, 50 - 16, 50 - 5);
	assert_string_equal(look(house, KEEPER_MS), "");
	put(house, RDL_SPAN("one"), RDL_SPAN("\1x\1y\1z\1u\1v\1w\1s\1t"));
	assert_string_equal(look(house, KEEPER_MS), "");
	assert_true(house->keeper.counts.unsecured > unsecured);
	/* What it could not say then, it says when it may. */
	assert_non_null(strstr(look(house, 60000), "more endpoints than there is room for"));
	assert_string_equal(look(house, 60000), "");
	house_end(house);
}

/* ---- more than the database remembers ---- */

static void test_gap(void **state)
{
	struct house *house = house_begin(20);

	put(house, RDL_SPAN("a"), RDL_SPAN("\1x"));
	put(house, RDL_SPAN("b"), RDL_SPAN("\1x\1y"));
	put(house, RDL_SPAN("gone"), RDL_SPAN("\1y"));
	database_put(&house->database, rpk(OTHER_DIGEST), NO_NAMES, RDL_SPAN("\1*"));
	load(house, 0);
	uint32_t a = prove(house, psk_identity(RDL_SPAN("a")), RDL_SPAN("\1x"));
	uint32_t b = prove(house, psk_identity(RDL_SPAN("b")), RDL_SPAN("\1x\1y"));
	uint32_t gone = prove(house, psk_identity(RDL_SPAN("gone")), RDL_SPAN("\1y"));
	uint32_t raw_gone = prove(house, rpk_identity(DIGEST), RDL_SPAN("\1y"));
	uint32_t raw = prove(house, rpk_identity(OTHER_DIGEST), RDL_SPAN("\1*"));
	uint32_t cn =
		prove(house, (struct rdl_identity){ RDL_IDENTITY_X509, RDL_SPAN("cn") }, NO_NAMES);
	unsigned before[] = { incarnation(house, a), incarnation(house, b),
		incarnation(house, gone), incarnation(house, raw_gone), incarnation(house, cn),
		incarnation(house, raw) };

	put(house, RDL_SPAN("b"), RDL_SPAN("\1x\1z"));
	database_remove(&house->database, psk(RDL_SPAN("gone")));
	put_many(house, RDL_CREDENTIALS_CHANGES + 1, "\1*");
	assert_string_equal(look(house, KEEPER_MS), "");
	assert_int_equal(house->keeper.counts.walks, 1);
	assert_int_equal(house->keeper.counts.seen, 6 + RDL_CREDENTIALS_CHANGES + 1);
	assert_string_equal(secured(house), "xz");
	assert_int_equal(house->keeper.counts.credentials, RDL_CREDENTIALS_CHANGES + 4);
	assert_int_equal(incarnation(house, a), before[0]);
	assert_int_equal(incarnation(house, b), before[1]);
	assert_int_not_equal(incarnation(house, gone), before[2]);
	assert_int_not_equal(incarnation(house, raw_gone), before[3]);
	assert_int_equal(incarnation(house, cn), before[4]);
	assert_int_equal(incarnation(house, raw), before[5]);
	assert_true(permits(house, b, RDL_SPAN("z")) && !permits(house, b, RDL_SPAN("y")));
	assert_true(permits(house, a, RDL_SPAN("x")));

	/* From there on it follows, name by name. */
	look(house, KEEPER_MS);
	database_remove(&house->database, psk(RDL_SPAN("a")));
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "xz");
	database_remove(&house->database, psk(RDL_SPAN("b")));
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "");
	assert_int_equal(house->keeper.counts.walks, 1);
	assert_int_equal(house->keeper.counts.removed, 2);
	house_end(house);
}

/* ---- what nobody holds ---- */

static void test_reclaim(void **state)
{
	struct rdl_identities_counts counts;
	struct house *house = house_begin(10);

	load(house, 0);
	look(house, KEEPER_MS);
	uint32_t held = prove(house, psk_identity(RDL_SPAN("a")), NO_NAMES);
	rdl_identities_release(
		house->keeper.identities, prove(house, psk_identity(RDL_SPAN("b")), NO_NAMES));
	for (unsigned s = 0; s < RDL_IDENTITIES_LINGER_S - 1; s++)
		look(house, 1000);
	rdl_identities_counts(house->keeper.identities, &counts);
	assert_int_equal(counts.identities, 2);
	for (unsigned s = 0; s < 4; s++)
		look(house, 1000);
	rdl_identities_counts(house->keeper.identities, &counts);
	assert_int_equal(counts.identities, 1);
	assert_int_equal(rdl_identities_next(house->keeper.identities, 0), held);
	house_end(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_no_database),
		cmocka_unit_test(test_came_back),
		cmocka_unit_test(test_load_without_room),
		cmocka_unit_test(test_added_and_removed),
		cmocka_unit_test(test_raw_key_removed),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_shared_name),
		cmocka_unit_test(test_room_runs_out),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_reclaim),
	};

	return RUN_TESTS(tests);
}
