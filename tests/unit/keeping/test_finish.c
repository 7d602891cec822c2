/* SPDX-License-Identifier: BSD-3-Clause */
/* What a ring holds at the end waits for the segment that it needs, and no longer than it may. */
#include "support.h"

#include "keeping_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define ENTRY_LEN (150u * 1024)

static char directory[] = "/tmp/rdline-test-keeping-XXXXXX";
static struct rdl_conf conf;
static struct keeping *keeping;
static struct rdl_journal_ring ring;
static void *octets;

static int begin(void **state)
{
	struct rdl_journal_ring *const rings[] = { &ring };

	(void)state;
	rdl_clock_start();
	assert_non_null(mkdtemp(directory));
	conf.state.directory.path = directory;
	conf.state.durability = RDL_CONF_WINDOW;
	conf.state.window_ms = 50;
	conf.shards = 1;
	octets = calloc(1, RDL_JOURNAL_RING_MIN);
	rdl_journal_ring_init(&ring, octets, RDL_JOURNAL_RING_MIN);
	assert_int_equal(keeping_open(&conf, &keeping), 0);
	return keeping_begin(keeping, rings);
}

static int end(void **state)
{
	char command[100];

	(void)state;
	keeping_close(keeping);
	free(octets);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

/* Until the first segment is full, and there is no other. */
static void fill_segment(void)
{
	enum rdl_journal_step step = RDL_JOURNAL_IDLE;

	while (step != RDL_JOURNAL_WAITS) {
		struct rdl_journal_stamp now = keeping_now();

		assert_non_null(rdl_journal_reserve(&ring, ENTRY_LEN));
		rdl_journal_commit(&ring, ENTRY_LEN, RDL_JOURNAL_PLAIN);
		rdl_journal_publish(&ring);
		step = rdl_journal_step(keeping->journal, 0, &now);
	}
}

static void *tend_late(void *journal)
{
	const struct timespec late = { .tv_nsec = 200 * 1000 * 1000 };

	nanosleep(&late, NULL);
	rdl_journal_tend(journal);
	return NULL;
}

static void waits_for_a_segment(void **state)
{
	const struct writer writer = { .journal = keeping->journal };
	pthread_t tender;

	(void)state;
	fill_segment();
	assert_false(keeping_finish(&writer));
	assert_true(rdl_journal_confirmed(&ring) < ring.position);
	assert_int_equal(pthread_create(&tender, NULL, tend_late, keeping->journal), 0);
	assert_true(keeping_finish(&writer));
	assert_int_equal(rdl_journal_confirmed(&ring), ring.position);
	pthread_join(tender, NULL);
}

/* A group's octets for each shard, and of zeros. */
static void memory_is_told(void **state)
{
	struct rdl_conf other = { .shards = 3 };

	(void)state;
	assert_int_equal(keeping_memory(&other), 0);
	other.state.directory.path = directory;
	assert_in_range(
		keeping_memory(&other), 4 * RDL_JOURNAL_GROUP_MAX, 8 * RDL_JOURNAL_GROUP_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(waits_for_a_segment, begin, end),
		cmocka_unit_test(memory_is_told),
	};

	return RUN_TESTS(tests);
}
