/* SPDX-License-Identifier: BSD-3-Clause */
/* Cursors: whose they are, when a snapshot counts, and that they are there after a restart. */
#include "fixture.h"

#include <unistd.h>

#include "cursors.h"

static struct cursors cursors;
static const int one, other;
static const char *wrong;
static bool busy;

static void open_them(void)
{
	char problem[RDL_JOURNAL_PROBLEM_MAX] = "";

	memset(&cursors, 0, sizeof(cursors));
	if (!cursors_open(&cursors, folder, history, problem))
		fail_msg("%s", problem);
}

static int begin_cursors(void **state)
{
	if (begin(state) != 0)
		return -1;
	begin_run(2, 10);
	open_them();
	return 0;
}

static int end_cursors(void **state)
{
	cursors_close(&cursors);
	return end(state);
}

static uint64_t at(uint64_t position)
{
	return rdl_journal_history_run(history, rdl_journal_history_runs(history) - 1)->origin +
	       position;
}

static struct cursor *follow(const char *name, const void *owner)
{
	return cursors_follow(&cursors, span_of(name), owner, &wrong, &busy);
}

static bool wants_snapshot(const struct cursor *cursor)
{
	uint64_t places[RDL_PARTITIONS];

	return cursors_places(&cursors, cursor, places);
}

static void one_at_a_time(void **state)
{
	struct cursor *cursor = follow("a", &one);

	assert_non_null(cursor);
	assert_true(wants_snapshot(cursor));
	assert_null(follow("a", &other));
	assert_true(busy);
	/* Somebody else cannot leave it. */
	cursors_leave(&cursors, cursor, &other);
	assert_null(follow("a", &other));
	cursors_leave(&cursors, cursor, &one);
	assert_ptr_equal(follow("a", &other), cursor);
	/* Nor has who left it a say any more. */
	uint64_t ends[RDL_PARTITIONS] = { 0 };
	cursors_snapshot_told(&cursors, cursor, &one, ends);
	assert_true(cursors_ack(&cursors, cursor, 0, at(1)));
	assert_true(wants_snapshot(cursor));
	assert_null(follow("", &one));
	assert_false(busy);
}

/* No sooner than all of it is acknowledged. */
static void snapshot_counts_whole(void **state)
{
	struct cursor *cursor = follow("a", &one);
	uint64_t ends[RDL_PARTITIONS];

	assert_non_null(cursor);
	for (unsigned p = 0; p < RDL_PARTITIONS; p++)
		ends[p] = at(p % 2 == 0 ? 4 : 6);
	cursors_snapshot_begins(&cursors, cursor, &one);
	assert_true(cursors_ack(&cursors, cursor, 0, at(3)));
	assert_true(cursors_ack(&cursors, cursor, 1, at(7)));
	assert_true(wants_snapshot(cursor));
	cursors_snapshot_told(&cursors, cursor, &one, ends);
	assert_true(cursors_ack(&cursors, cursor, 1, at(8)));
	assert_true(wants_snapshot(cursor));
	assert_true(cursors_ack(&cursors, cursor, 2, at(4)));
	assert_false(wants_snapshot(cursor));
	cursors_snapshot_begins(&cursors, cursor, &one);
	assert_true(wants_snapshot(cursor));
	assert_true(cursors_ack(&cursors, cursor, 2, at(9)));
	assert_true(wants_snapshot(cursor));
	assert_false(cursors_ack(&cursors, cursor, 2, at(11)));
}

static void kept(void **state)
{
	uint64_t places[RDL_PARTITIONS], ends[RDL_PARTITIONS] = { 0 };
	struct cursor *cursor = follow("a", &one);

	assert_non_null(cursor);
	cursors_snapshot_told(&cursors, cursor, &one, ends);
	assert_true(cursors_ack(&cursors, cursor, 3, at(5)));
	uint64_t position = at(5);
	assert_true(cursors_write(&cursors));
	cursors_close(&cursors);
	begin_run(3, 4);
	open_them();
	cursor = follow("a", &one);
	assert_non_null(cursor);
	assert_false(cursors_places(&cursors, cursor, places));
	assert_int_equal(places[255], position);
	assert_int_equal(places[254], 0);
}

static void removed(void **state)
{
	struct cursor *cursor = follow("a", &one);
	uint64_t places[RDL_PARTITIONS];
	char path[64];

	assert_true(cursors_ack(&cursors, cursor, 3, at(5)));
	assert_true(cursors_write(&cursors));
	snprintf(path, sizeof(path), "%s/cursors/a", folder);
	assert_int_equal(access(path, F_OK), 0);
	assert_string_equal(cursors_remove(&cursors, RDL_SPAN("a")), "a subscriber follows it");
	cursors_leave(&cursors, cursor, &one);
	assert_null(cursors_remove(&cursors, RDL_SPAN("a")));
	assert_string_equal(cursors_remove(&cursors, RDL_SPAN("a")), "no such cursor");
	/* One that comes back meanwhile begins anew, and is kept. */
	cursor = follow("a", &one);
	assert_non_null(cursor);
	assert_true(cursors_places(&cursors, cursor, places));
	assert_int_equal(places[3], 0);
	assert_true(cursors_write(&cursors));
	assert_int_equal(access(path, F_OK), 0);
	cursors_leave(&cursors, cursor, &one);
	assert_null(cursors_remove(&cursors, RDL_SPAN("a")));
	assert_true(cursors_write(&cursors));
	assert_int_not_equal(access(path, F_OK), 0);
}

static void no_more_than_there_may_be(void **state)
{
	char name[16];

	for (unsigned i = 0; i < RECALL_CURSORS_MAX; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		assert_non_null(follow(name, &one));
	}
	assert_null(follow("more", &one));
	assert_non_null(strstr(wrong, "64 cursors"));
	cursors_leave(&cursors, &cursors.all[7], &one);
	assert_null(cursors_remove(&cursors, RDL_SPAN("c7")));
	/* Its file has to go first. */
	assert_null(follow("more", &one));
	assert_true(cursors_write(&cursors));
	assert_non_null(follow("more", &one));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin_cursors, end_cursors)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_at_a_time),
		TEST(snapshot_counts_whole),
		TEST(kept),
		TEST(removed),
		TEST(no_more_than_there_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
