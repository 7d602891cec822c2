/* SPDX-License-Identifier: BSD-3-Clause */
/* How a run ends: in time, or with a disk that failed. */
#include "support.h"

#include "keeping_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "writer.h"

#define ENTRY_LEN (150u * 1024)

static char directory[sizeof("/tmp/rdline-test-keeping-XXXXXX")];
static struct rdl_conf conf;
static struct keeping *keeping;
static struct rdl_journal_ring ring;
static void *octets;

static int begin(void **state)
{
	struct rdl_journal_ring *const rings[] = { &ring };

	(void)state;
	rdl_clock_start();
	strcpy(directory, "/tmp/rdline-test-keeping-XXXXXX");
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

static int fail_to_sync(void *context, int file)
{
	(void)context;
	(void)file;
	return -EIO;
}

/* What the log is told, in a file of the directory. */
static void look(char *said, size_t room)
{
	char path[100];
	int before = dup(STDERR_FILENO);

	snprintf(path, sizeof(path), "%s/said", directory);
	int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(before >= 0 && file >= 0);
	dup2(file, STDERR_FILENO);
	keeping_look(keeping);
	dup2(before, STDERR_FILENO);
	ssize_t len = pread(file, said, room - 1, 0);
	assert_true(len >= 0);
	said[len] = '\0';
	close(file);
	close(before);
}

/* Once, and where and why. */
static void what_failed_is_said(void **state)
{
	struct rdl_journal_disk failing = rdl_journal_disk;
	struct rdl_journal_stamp now = keeping_now();
	char said[1000];

	(void)state;
	look(said, sizeof(said));
	assert_string_equal(said, "");
	failing.sync = fail_to_sync;
	keeping->journal->disk = &failing;
	assert_non_null(rdl_journal_reserve(&ring, ENTRY_LEN));
	rdl_journal_commit(&ring, ENTRY_LEN, RDL_JOURNAL_PLAIN);
	rdl_journal_publish(&ring);
	assert_int_equal(rdl_journal_step(keeping->journal, 0, &now), RDL_JOURNAL_WROTE);
	now.run_ms += 1000;
	assert_int_equal(rdl_journal_step(keeping->journal, 0, &now), RDL_JOURNAL_ENDED);
	keeping->journal->disk = &rdl_journal_disk;
	assert_true(keeping_has_failed(keeping));
	look(said, sizeof(said));
	assert_non_null(strstr(said, directory));
	assert_non_null(strstr(said, "call=fdatasync error=\"Input/output error\""));
	look(said, sizeof(said));
	assert_string_equal(said, "");
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
	/* Beside those of sessions, where they are kept: for each thread a ring, too. */
	uint64_t without = keeping_memory(&other);
	other.dtls.port = 5684;
	other.dtls.handshakes = 2;
	assert_int_equal(keeping_memory(&other), without);
	other.state.sessions = true;
	assert_in_range(keeping_memory(&other) - without,
		3 * RDL_JOURNAL_GROUP_MAX + 2 * RDL_JOURNAL_RING_MIN,
		6 * RDL_JOURNAL_GROUP_MAX + 3 * RDL_JOURNAL_RING_MIN);
	other.state.durability = RDL_CONF_NO_DURABILITY;
	assert_int_equal(keeping_memory(&other), without);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(waits_for_a_segment, begin, end),
		cmocka_unit_test_setup_teardown(what_failed_is_said, begin, end),
		cmocka_unit_test(memory_is_told),
	};

	return RUN_TESTS(tests);
}
