/* SPDX-License-Identifier: BSD-3-Clause */
/* Gateways and tools on one database: maps that grow, and processes that die. */
#include "database.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define NAMES_LEN 200
#define READERS 3

/* A credential of a few hundred octets that says twice who it is, and in which round. */
struct told {
	char identity[16];
	uint8_t key[64], names[NAMES_LEN];
};

static struct rdl_credentials_row row_of(struct told *told, unsigned number, uint8_t round)
{
	snprintf(told->identity, sizeof(told->identity), "%08x", number);
	memset(told->key, round, sizeof(told->key));
	memset(told->names, 'a' + round % 26, sizeof(told->names));
	told->names[0] = NAMES_LEN - 1;
	return (struct rdl_credentials_row){ .identity = psk(span_of(told->identity)),
		.key = { told->key, sizeof(told->key) },
		.names = { told->names, sizeof(told->names) } };
}

static bool put_round(struct database *database, unsigned first, unsigned count, uint8_t round)
{
	struct told *told = calloc(count, sizeof(*told));
	struct rdl_credentials_row *rows = calloc(count, sizeof(*rows));
	struct rdl_credentials_tally tally;

	if (told == NULL || rows == NULL)
		return false;
	for (unsigned i = 0; i < count; i++)
		rows[i] = row_of(&told[i], first + i, round);
	bool good =
		rdl_credentials_put(database->credentials, rows, count, &tally, database->problem);
	free(rows);
	free(told);
	return good;
}

/* The round of a credential that is whole; -1: there is none; -2: something is wrong. */
static int round_of(struct rdl_credentials_reader *reader, unsigned number)
{
	struct rdl_credential found;
	struct told told;
	struct rdl_credentials_row row = row_of(&told, number, 0);
	enum rdl_credentials_result result = rdl_credentials_look_up(reader, row.identity, &found);

	if (result == RDL_CREDENTIALS_NONE)
		return -1;
	if (result != RDL_CREDENTIALS_OK || found.key_len != sizeof(told.key) ||
		found.names_len != NAMES_LEN)
		return -2;
	row = row_of(&told, number, found.key[0]);
	return memcmp(found.key, told.key, sizeof(told.key)) == 0 &&
			       memcmp(found.names, told.names, NAMES_LEN) == 0
		       ? found.key[0]
		       : -2;
}

/* Reads all the time until the last credential is there; NULL: all was well. */
static void *read_until_last(void *argument)
{
	struct rdl_credentials *credentials = argument;
	struct rdl_credentials_reader *reader = rdl_credentials_reader_create(credentials);
	int round = -1, last = -1;
	const char *wrong = reader == NULL ? "no reader" : NULL;

	for (unsigned i = 0; wrong == NULL && last == -1; i++) {
		int now = round_of(reader, i % 64);

		if (now == -2 || (i % 64 == 0 && now < round))
			wrong = "not what was written";
		if (i % 64 == 0)
			round = now;
		last = round_of(reader, 1u << 30);
		if (last == -2)
			wrong = "the last is not what was written";
	}
	rdl_credentials_reader_destroy(reader);
	return (void *)(uintptr_t)wrong;
}

/* A gateway of three threads. */
static int read_in_threads(const struct database *database)
{
	char problem[RDL_CREDENTIALS_PROBLEM_MAX];
	struct rdl_credentials_config config = database->config;
	pthread_t threads[READERS];
	int failed = 0;

	config.write = config.make = false;
	struct rdl_credentials *credentials = rdl_credentials_open(&config, problem);
	if (credentials == NULL) {
		fprintf(stderr, "%s\n", problem);
		return 1;
	}
	for (unsigned i = 0; i < READERS; i++)
		if (pthread_create(&threads[i], NULL, read_until_last, credentials) != 0)
			return 1;
	for (unsigned i = 0; i < READERS; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		if (wrong != NULL)
			fprintf(stderr, "reader: %s\n", (const char *)wrong);
		failed |= wrong != NULL;
	}
	rdl_credentials_close(credentials);
	return failed;
}

static void close_now(struct database *database)
{
	rdl_credentials_reader_destroy(database->reader);
	rdl_credentials_close(database->credentials);
	database->reader = NULL;
	database->credentials = NULL;
}

/* One that does not outlive a test that failed. */
static pid_t fork_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static int wait_for(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Two gateways read while the database grows sixtyfold. */
static void test_growth(void **state)
{
	struct database database;
	pid_t gateways[2];

	database_begin(&database, NULL);
	assert_true(put_round(&database, 0, 64, 0));
	close_now(&database);
	for (int i = 0; i < 2; i++) {
		gateways[i] = fork_child();
		assert_true(gateways[i] >= 0);
		if (gateways[i] == 0)
			_exit(read_in_threads(&database));
	}
	database_reopen(&database, true);
	for (uint8_t round = 1; round <= 40; round++) {
		assert_true(put_round(&database, 0, 64, round));
		assert_true(put_round(&database, 1000u * round, 200, round));
	}
	assert_true(put_round(&database, 1u << 30, 1, 1));
	for (int i = 0; i < 2; i++)
		assert_int_equal(wait_for(gateways[i]), 0);
	for (unsigned round = 1; round <= 40; round++)
		assert_int_equal(round_of(database.reader, 1000 * round + 199), (int)round);
	database_end(&database);
}

/* Where a walk stands still, and what then happens to its map. */
struct standstill {
	struct rdl_credentials *credentials;
	int grow, grown;
	pthread_t other;
	bool done;
};

static void *look_up_last(void *argument)
{
	struct rdl_credentials_reader *reader = rdl_credentials_reader_create(argument);
	int round = reader == NULL ? -2 : round_of(reader, 5999);

	rdl_credentials_reader_destroy(reader);
	return (void *)(intptr_t)round;
}

/* What a walk shows stays where it is, also while another thread must follow the map. */
static void stand_still(
	void *context, struct rdl_credentials_identity identity, struct rdl_span names)
{
	struct standstill *standstill = context;
	char octet;

	if (standstill->done)
		return;
	standstill->done = true;
	assert_int_equal(write(standstill->grow, "", 1), 1);
	assert_int_equal(read(standstill->grown, &octet, 1), 1);
	assert_int_equal(
		pthread_create(&standstill->other, NULL, look_up_last, standstill->credentials), 0);
	usleep(200000);
	assert_memory_equal(identity.octets.data, "00000000", 8);
}

static void test_map_stays(void **state)
{
	struct database database;
	int go[2], done[2];
	uint64_t position;
	char octet;
	void *round;

	database_begin(&database, NULL);
	assert_true(put_round(&database, 0, 10, 1));
	close_now(&database);
	assert_int_equal(pipe(go) | pipe(done), 0);
	pid_t tool = fork_child();
	assert_true(tool >= 0);
	if (tool == 0) {
		if (read(go[0], &octet, 1) != 1)
			_exit(1);
		database.config.write = true;
		database.credentials = rdl_credentials_open(&database.config, database.problem);
		_exit(database.credentials != NULL && put_round(&database, 1000, 5000, 3) &&
					write(done[1], "", 1) == 1
				? 0
				: 1);
	}
	database_reopen(&database, false);
	struct standstill standstill = { database.credentials, go[1], done[0], 0, false };
	assert_int_equal(rdl_credentials_walk(database.reader, psk(RDL_SPAN("")), stand_still,
				 &standstill, &position),
		RDL_CREDENTIALS_OK);
	assert_int_equal(pthread_join(standstill.other, &round), 0);
	assert_int_equal((intptr_t)round, 3);
	assert_int_equal(wait_for(tool), 0);
	for (int i = 0; i < 2; i++) {
		close(go[i]);
		close(done[i]);
	}
	database_end(&database);
}

/* A walk that stands still at its first credential, and counts. */
struct slow_walk {
	int ready, go;
	unsigned count;
};

static void walk_slowly(
	void *context, struct rdl_credentials_identity identity, struct rdl_span names)
{
	struct slow_walk *walk = context;
	char octet;

	if (walk->count++ == 0 &&
		(write(walk->ready, "", 1) != 1 || read(walk->go, &octet, 1) != 1))
		_exit(1);
}

/*
 * While a gateway reads, no page is used again: each change takes new ones, until the map is full.
 * The gateway sees all that there was when it began.
 */
static void test_removed_while_read(void **state)
{
	struct database database;
	int ready[2], go[2];
	uint64_t position;
	char octet;

	database_begin(&database, NULL);
	assert_true(put_round(&database, 0, 64, 1));
	close_now(&database);
	assert_int_equal(pipe(ready) | pipe(go), 0);
	pid_t gateway = fork_child();
	assert_true(gateway >= 0);
	if (gateway == 0) {
		struct slow_walk walk = { ready[1], go[0], 0 };

		database_reopen(&database, false);
		_exit(rdl_credentials_walk(database.reader, psk(RDL_SPAN("")), walk_slowly, &walk,
			      &position) == RDL_CREDENTIALS_OK &&
					walk.count == 64
				? 0
				: 1);
	}
	assert_int_equal(read(ready[0], &octet, 1), 1);
	database_reopen(&database, true);
	for (unsigned i = 0; i < 64; i++) {
		struct told told;

		assert_int_equal(database_remove(&database, row_of(&told, i, 1).identity),
			RDL_CREDENTIALS_OK);
	}
	assert_int_equal(write(go[1], "", 1), 1);
	assert_int_equal(wait_for(gateway), 0);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(round_of(database.reader, i), -1);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
	database_end(&database);
}

/* A tool whose map is behind, since another made the database grow. */
static void test_writer_follows(void **state)
{
	struct database database;
	int ready[2], go[2];
	char octet;

	database_begin(&database, NULL);
	close_now(&database);
	assert_int_equal(pipe(ready) | pipe(go), 0);
	pid_t other = fork_child();
	assert_true(other >= 0);
	if (other == 0) {
		database.config.write = true;
		database.credentials = rdl_credentials_open(&database.config, database.problem);
		if (database.credentials == NULL || write(ready[1], "", 1) != 1 ||
			read(go[0], &octet, 1) != 1)
			_exit(1);
		_exit(put_round(&database, 7, 1, 9) ? 0 : 1);
	}
	assert_int_equal(read(ready[0], &octet, 1), 1);
	database_reopen(&database, true);
	assert_true(put_round(&database, 1000, 5000, 3));
	assert_int_equal(write(go[1], "", 1), 1);
	assert_int_equal(wait_for(other), 0);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
	assert_int_equal(round_of(database.reader, 7), 9);
	assert_int_equal(round_of(database.reader, 5999), 3);
	database_end(&database);
}

/* The child: an import that may not write its file beyond `limit`. */
static int import_cut(struct database *database, size_t limit, bool killed)
{
	struct rlimit none = { 0, 0 }, file = { limit, limit };

	setrlimit(RLIMIT_CORE, &none);
	database->config.write = true;
	database->credentials = rdl_credentials_open(&database->config, database->problem);
	if (database->credentials == NULL)
		return 1;
	signal(SIGXFSZ, killed ? SIG_DFL : SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &file);
	return put_round(database, 0, 5000, 2) ? 2 : 0;
}

static void expect_first_round(struct database *database)
{
	for (unsigned n = 0; n < 200; n++)
		assert_int_equal(round_of(database->reader, n), n < 100 ? 1 : -1);
}

/*
 * An import dies in the middle of writing, or finds no room to, while a gateway reads: the gateway,
 * and whoever comes next, has what was there before, all of it.
 */
static void test_cut_import(void **state)
{
	struct database database;
	struct stat status;
	char path[128];

	database_begin(&database, NULL);
	assert_true(put_round(&database, 0, 100, 1));
	for (int i = 0; i < 10; i++) {
		bool killed = i % 2 == 0;

		database_reopen(&database, false);
		snprintf(path, sizeof(path), "%s/data.mdb", database.directory);
		assert_int_equal(stat(path, &status), 0);
		/* A write that is wholly beyond kills, one that is partly so fails. */
		size_t limit =
			killed ? (size_t)i * 8192 : (size_t)status.st_size + (size_t)i * 100000;
		pid_t importer = fork_child();
		assert_true(importer >= 0);
		if (importer == 0)
			_exit(import_cut(&database, limit, killed));
		int end = wait_for(importer);
		assert_true(end == (killed ? SIGXFSZ : 0) || (limit > 0 && end == 0));
		expect_first_round(&database);
		/* Its lock died with it. */
		database_reopen(&database, true);
		expect_first_round(&database);
		assert_true(put_round(&database, 100000, 1, (uint8_t)i));
		assert_int_equal(round_of(database.reader, 100000), i);
	}
	database_end(&database);
}

/* More gateways than LMDB has places die without a word, one after the other. */
static void test_dead_readers(void **state)
{
	struct database database;

	database_begin(&database, NULL);
	assert_true(put_round(&database, 0, 1, 1));
	for (int i = 0; i < 130; i++) {
		pid_t gateway = fork_child();

		assert_true(gateway >= 0);
		if (gateway == 0) {
			struct rdl_credentials_config config = database.config;

			config.write = config.make = false;
			struct rdl_credentials *credentials =
				rdl_credentials_open(&config, database.problem);
			if (credentials == NULL ||
				rdl_credentials_reader_create(credentials) == NULL)
				_exit(1);
			kill(getpid(), SIGKILL);
		}
		assert_int_equal(wait_for(gateway), SIGKILL);
	}
	database_end(&database);
}

/* Many tools at once: each change is there in the end. */
static void test_writers(void **state)
{
	struct database database;
	pid_t tools[8];

	database_begin(&database, NULL);
	close_now(&database);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(tools); i++) {
		tools[i] = fork_child();
		assert_true(tools[i] >= 0);
		if (tools[i] != 0)
			continue;
		for (unsigned n = 0; n < 5; n++) {
			database.config.write = true;
			database.credentials =
				rdl_credentials_open(&database.config, database.problem);
			if (database.credentials == NULL ||
				!put_round(&database, 100 * i + n, 1, (uint8_t)i)) {
				fprintf(stderr, "%s\n", database.problem);
				_exit(1);
			}
			rdl_credentials_close(database.credentials);
		}
		_exit(0);
	}
	for (unsigned i = 0; i < RDL_ARRAY_LEN(tools); i++)
		assert_int_equal(wait_for(tools[i]), 0);
	database_reopen(&database, false);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(tools); i++)
		for (unsigned n = 0; n < 5; n++)
			assert_int_equal(round_of(database.reader, 100 * i + n), (int)i);
	database_end(&database);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_map_stays),
		cmocka_unit_test(test_removed_while_read),
		cmocka_unit_test(test_writer_follows),
		cmocka_unit_test(test_cut_import),
		cmocka_unit_test(test_dead_readers),
		cmocka_unit_test(test_writers),
	};

	return RUN_TESTS(tests);
}
