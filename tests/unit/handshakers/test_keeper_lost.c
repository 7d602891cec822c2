/* SPDX-License-Identifier: BSD-3-Clause */
/* A keeper whose database does not answer, or changes while all of it is read. */
#include "house.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <lmdb.h>

/* ---- a database that does not answer ---- */

struct record {
	size_t len;
	uint8_t octets[256];
};

static int swap(
	const char *directory, const char *table, struct rdl_span key, struct record *record)
{
	MDB_val k = { key.len, (void *)(uintptr_t)key.data }, old;
	struct record now = *record;
	MDB_val data = { now.len, now.octets };
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	if (mdb_env_create(&env) != 0 || mdb_env_set_maxdbs(env, 4) != 0 ||
		mdb_env_open(env, directory, MDB_NOTLS, 0600) != 0 ||
		mdb_txn_begin(env, NULL, 0, &txn) != 0 || mdb_dbi_open(txn, table, 0, &dbi) != 0 ||
		mdb_get(txn, dbi, &k, &old) != 0 || old.mv_size > sizeof(record->octets))
		return 1;
	record->len = old.mv_size;
	memcpy(record->octets, old.mv_data, old.mv_size);
	return mdb_put(txn, dbi, &k, &data, 0) != 0 || mdb_txn_commit(txn) != 0;
}

static void wait_for(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* In a process of its own, since none may open a database twice. */
static void swap_record(
	const struct house *house, const char *table, struct rdl_span key, struct record *shared)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(swap(house->database.directory, table, key, shared));
	wait_for(child);
}

/* Puts what is no record in place of one, which is returned; swapped once more, it is mended. */
static struct record *spoil(const struct house *house, const char *table, struct rdl_span key)
{
	struct record *shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(shared != MAP_FAILED);
	shared->len = 1;
	shared->octets[0] = 0xff;
	swap_record(house, table, key, shared);
	return shared;
}

static void mend(
	const struct house *house, const char *table, struct rdl_span key, struct record *shared)
{
	swap_record(house, table, key, shared);
	munmap(shared, sizeof(*shared));
}

static void test_load_without_answer(void **state)
{
	struct house *house = house_begin(10);

	put(house, RDL_SPAN("a"), NO_NAMES);
	struct record *record = spoil(house, "psk", RDL_SPAN("a"));
	assert_non_null(strstr(load(house, -1), "does not answer"));
	mend(house, "psk", RDL_SPAN("a"), record);
	load(house, 0);
	house_end(house);
}

static void test_no_answer(void **state)
{
	struct house *house = house_begin(10);

	put(house, RDL_SPAN("a"), RDL_SPAN("\1x"));
	load(house, 0);
	uint32_t a = prove(house, psk_identity(RDL_SPAN("a")), RDL_SPAN("\1x"));
	unsigned before = incarnation(house, a);
	look(house, KEEPER_MS);
	put(house, RDL_SPAN("b"), RDL_SPAN("\1y"));
	database_remove(&house->database, psk(RDL_SPAN("a")));
	struct record *record = spoil(house, "state", RDL_SPAN("state"));

	assert_non_null(strstr(look(house, KEEPER_MS), "does not answer"));
	for (unsigned i = 2; i <= 60000 / KEEPER_MS; i++)
		assert_string_equal(look(house, KEEPER_MS), "");
	assert_int_equal(house->keeper.counts.failed, 60000 / KEEPER_MS);
	assert_non_null(strstr(look(house, KEEPER_MS), "does not answer"));
	assert_string_equal(secured(house), "x");
	assert_int_equal(incarnation(house, a), before);
	assert_int_equal(house->keeper.counts.seen, 1);

	mend(house, "state", RDL_SPAN("state"), record);
	assert_string_equal(look(house, KEEPER_MS), "");
	assert_string_equal(secured(house), "y");
	assert_int_equal(house->keeper.counts.seen, 3);
	assert_int_not_equal(incarnation(house, a), before);
	assert_int_equal(house->keeper.counts.credentials, 1);
	house_end(house);
}

/* What was walked through in vain is not counted when it is walked through again. */
static void walk_in_vain(unsigned times)
{
	struct house *house = house_begin(20);

	put(house, RDL_SPAN("a"), RDL_SPAN("\1x"));
	put(house, RDL_SPAN("b"), RDL_SPAN("\1y"));
	put(house, RDL_SPAN("c"), RDL_SPAN("\1z"));
	load(house, 0);
	database_remove(&house->database, psk(RDL_SPAN("c")));
	put_many(house, RDL_CREDENTIALS_CHANGES + 1, "\1*");
	/* Of "a", "b" and the many, which are before both. */
	struct record *record = spoil(house, "psk", RDL_SPAN("b"));
	for (unsigned i = 0; i < times; i++)
		look(house, KEEPER_MS);
	assert_int_equal(house->keeper.counts.failed, times);
	assert_string_equal(secured(house), "xyz");
	mend(house, "psk", RDL_SPAN("b"), record);
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "xy");
	database_remove(&house->database, psk(RDL_SPAN("a")));
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "y");
	database_remove(&house->database, psk(RDL_SPAN("b")));
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "");
	house_end(house);
}

static void test_walk_in_vain(void **state)
{
	walk_in_vain(1);
	walk_in_vain(2);
	walk_in_vain(3);
}

/* A credential that cannot be read when all are looked up: until it can, there is a gap. */
static void test_settle_in_vain(void **state)
{
	struct house *house = house_begin(20);

	put(house, RDL_SPAN("a"), RDL_SPAN("\1x"));
	load(house, 0);
	uint32_t a = prove(house, psk_identity(RDL_SPAN("a")), RDL_SPAN("\1x"));
	put(house, RDL_SPAN("a"), RDL_SPAN("\1y"));
	put_many(house, RDL_CREDENTIALS_CHANGES + 1, "\1*");
	/* A walk does not look at its mode. */
	struct record *record = spoil(house, "psk", RDL_SPAN("a"));
	record->octets[0] = RDL_CREDENTIALS_RPK;
	swap_record(house, "psk", RDL_SPAN("a"), record);
	look(house, KEEPER_MS);
	look(house, KEEPER_MS);
	assert_int_equal(house->keeper.counts.failed, 2);
	database_remove(&house->database, psk(RDL_SPAN("a")));
	put(house, RDL_SPAN("a"), RDL_SPAN("\1y"));
	look(house, KEEPER_MS);
	munmap(record, sizeof(*record));
	assert_true(permits(house, a, RDL_SPAN("y")) && !permits(house, a, RDL_SPAN("x")));
	assert_string_equal(secured(house), "y");
	house_end(house);
}

/* A change that cannot be read: what was told before it counts once. */
static void test_change_spoilt(void **state)
{
	struct house *house = house_begin(20);

	load(house, 0);
	put(house, RDL_SPAN("a"), RDL_SPAN("\1x"));
	put(house, RDL_SPAN("b"), RDL_SPAN("\1y"));
	uint64_t second = house->keeper.position + 2;
	spoil(house, "changes", (struct rdl_span){ (const uint8_t *)&second, sizeof(second) });
	look(house, KEEPER_MS);
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "xy");
	database_remove(&house->database, psk(RDL_SPAN("a")));
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "y");
	assert_int_equal(house->keeper.counts.failed, 0);
	assert_int_equal(house->keeper.counts.walks, 1);
	house_end(house);
}

/* ---- changes while it walks ---- */

/* A raw key that comes and goes, by another process; its name is another one's, too. */
static int change_until_asked(const struct house *house, const int *enough)
{
	struct database database = { .config = house->database.config };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	database_reopen(&database, true);
	while (__atomic_load_n(enough, __ATOMIC_RELAXED) == 0) {
		database_put(&database, rpk(DIGEST), NO_NAMES, RDL_SPAN("\1x"));
		database_remove(&database, rpk(DIGEST));
	}
	rdl_credentials_reader_destroy(database.reader);
	rdl_credentials_close(database.credentials);
	return 0;
}

static void test_changes_while_it_walks(void **state)
{
	struct house *house = house_begin(20);
	int *enough = mmap(
		NULL, sizeof(*enough), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(enough != MAP_FAILED);
	/* So many that the raw key changes while pre-shared keys are walked through. */
	put_many(house, RDL_CREDENTIALS_CHANGES, "\1*");
	put(house, RDL_SPAN("a"), RDL_SPAN("\1x"));
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(change_until_asked(house, enough));
	for (unsigned i = 0; i < 40; i++) {
		load(house, 0);
		look(house, KEEPER_MS);
		assert_string_equal(secured(house), "x");
	}
	__atomic_store_n(enough, 1, __ATOMIC_RELAXED);
	wait_for(child);
	munmap(enough, sizeof(*enough));
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "x");
	assert_int_equal(house->keeper.counts.credentials, RDL_CREDENTIALS_CHANGES + 1);
	database_remove(&house->database, psk(RDL_SPAN("a")));
	look(house, KEEPER_MS);
	assert_string_equal(secured(house), "");
	house_end(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load_without_answer),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_walk_in_vain),
		cmocka_unit_test(test_settle_in_vain),
		cmocka_unit_test(test_change_spoilt),
		cmocka_unit_test(test_changes_while_it_walks),
	};

	return RUN_TESTS(tests);
}
