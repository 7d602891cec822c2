/* SPDX-License-Identifier: BSD-3-Clause */
/* What readers take is no more than is said that they take. */
#include "fixture.h"

#include <malloc.h>
#include <time.h>

#include "reader.h"
#include "recall_internal.h"

static size_t taken(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static bool all_read(const struct recall *recall)
{
	for (unsigned i = 0; i < RECALL_READERS_MAX; i++)
		if (recall->readers[i] == NULL ||
			__atomic_load_n(&recall->readers[i]->filled, __ATOMIC_ACQUIRE) == 0)
			return false;
	return true;
}

/* As many as there may be, of a run of three logs. */
static void readers_of_three_logs(void **state)
{
	struct recall_config config = { .directory = folder };
	struct recall_wish wish = { .place_count = 1 };
	struct reader *readers[RECALL_READERS_MAX];
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct recall *recall;
	const char *wrong;
	bool busy;

	begin_run(1, 10);
	begin_run(3, 5);
	config.journal = journal;
	size_t before = taken();
	assert_int_equal(recall_open(&config, &recall), 0);
	const uint64_t most = recall_memory(recall);
	assert_int_equal(most, sizeof(*recall) + READING_LISTS_OCTETS +
				       RECALL_READERS_MAX * (uint64_t)reader_memory(3));
	/* There is no such position: a gap is told, and all that there is. */
	wish.places[0] = (struct recall_place){ 0, 1 };
	for (unsigned i = 0; i < RECALL_READERS_MAX; i++) {
		readers[i] = recall_begin(recall, &wish, &wrong, &busy);
		assert_non_null(readers[i]);
	}
	assert_null(recall_begin(recall, &wish, &wrong, &busy));
	assert_int_equal(recall_start(recall), 0);
	while (!all_read(recall))
		nanosleep(&pause, NULL);
	size_t now_taken = taken() - before;
	assert_true(now_taken <= most);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	/* All but lists, of which there are none. */
	assert_in_range(now_taken, (most - READING_LISTS_OCTETS) / 10 * 9, most);
#endif
	for (unsigned i = 0; i < RECALL_READERS_MAX; i++)
		recall_end(readers[i]);
	recall_stop(recall);
	recall_close(recall);
	assert_int_equal(recall_memory(NULL), 0);
}

/* What keeps nothing takes next to nothing. */
static void no_readers(void **state)
{
	const struct recall_config config = { .refusal = "from: nothing is kept" };
	struct recall *recall;

	assert_int_equal(recall_open(&config, &recall), 0);
	assert_int_equal(recall_memory(recall), sizeof(*recall));
	recall_close(recall);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(readers_of_three_logs, begin, end),
		cmocka_unit_test(no_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
