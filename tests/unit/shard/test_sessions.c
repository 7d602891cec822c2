/* SPDX-License-Identifier: BSD-3-Clause */
/* How far sessions are, beside the changes that they ask for, and what a restart makes of it. */
#include "kept.h"

#include <stdlib.h>

#include "identities.h"
#include "recovery.h"
#include "restore.h"
#include "sessions.h"

#define REGISTER "CON POST 11:rd 15:ep=node 15:lwm2m=1.1 15:lt=60" OBJECTS
#define UPDATE "CON POST 11:rd 11:@"
#define DEREGISTER "CON DELETE 11:rd 11:@"

static const struct rdl_sweeps_config sweeps = {
	.first_ms = 60000, .every_ms = 60000, .log_max = UINT64_C(1) << 40
};
static struct rdl_identities *identities;
static const struct rdl_dtls *tables[1];
static struct rdl_dtls *table;
static struct rdl_registry_config registry_config;
static uint32_t alice;
static uint64_t session;

static void release(void *context, uint32_t identity)
{
	(void)context;
	rdl_identities_release(identities, identity);
}

static void *cleared(size_t len)
{
	void *memory = aligned_alloc(RDL_CACHE_LINE, (len + 63) / 64 * 64);

	assert_non_null(memory);
	return memset(memory, 0, (len + 63) / 64 * 64);
}

static void open_session(void)
{
	const struct rdl_dtls_config config = { .workers = 1,
		.handshakers = 1,
		.sessions = 8,
		.handshakes = 8,
		.parcels = 8,
		.handshake_s = 60,
		.idle_s = 300,
		.release = release };
	struct rdl_dtls_keys keys = { .mode = 1, .identity = alice, .read_sequence = 1 };
	struct rdl_datagram datagram = { .peer = { .port = 1 } };
	uint64_t evicted;

	table = rdl_dtls_init(&config, cleared(rdl_dtls_memory(&config)));
	assert_non_null(table);
	tables[0] = table;
	assert_int_equal(
		rdl_dtls_begin(table, &datagram, 1, 10, &session, &evicted), RDL_DTLS_BEGUN);
	assert_true(rdl_dtls_establish(table, session, &keys, 10));
}

static int begin(void **state)
{
	const struct rdl_identities_config config = { .identities = 64, .octets = 24 };
	const struct rdl_identity identity = { RDL_IDENTITY_PSK, RDL_SPAN("alice") };
	struct rdl_policy_config accepts = gateway_policy();

	(void)state;
	identities = rdl_identities_init(&config, cleared(rdl_identities_memory(&config)));
	alice = rdl_identities_intern(identities, &identity, (struct rdl_span){ NULL, 0 });
	registry_config = gateway_registry(10);
	registry_config.now_ms = EPOCH;
	registry_config.identities = identities;
	registry_config.sessions = true;
	location_key = gateway_location_key();
	policy = rdl_policy_create(&accepts);
	gateway_shard_start(&shard, &registry_config, NULL);
	open_session();
	fake_disk_start(&disk, RING_LEN);
	rdl_shard_keep(&shard, &disk.ring, &sweeps, EPOCH);
	rdl_shard_keep_sessions(&shard, tables, 1);
	return 0;
}

static int end(void **state)
{
	fake_disk_stop(&disk);
	teardown(state);
	free(table);
	free(identities);
	return 0;
}

/* A request in the session, whose records have come as far as that. */
static struct handed *ask(const char *text, const struct id *id, uint64_t read_sequence)
{
	static struct handed h;

	rdl_dtls_find(table, session)->read_sequence = read_sequence & 0xffffffffffff;
	hand(&h, text, id != NULL ? id->text : "");
	h.request.identity = alice;
	h.request.session = session;
	commit(&h, EPOCH);
	return &h;
}

/* What the last entry of the log tells. */
static struct rdl_entry_session last_entry(void)
{
	struct rdl_entry_session told;

	catch_up(EPOCH);
	const struct fake_disk_entry *last = &disk.log[disk.count - 1];
	assert_true(rdl_entry_is_session((struct rdl_span){ last->octets, last->len }, &told));
	assert_true(told.session == session);
	return told;
}

static void recover(struct rdl_registry **into)
{
	*into = rdl_registry_create(&registry_config);
	assert_non_null(*into);
	struct rdl_recovery *recovery = rdl_recovery_create(into, 1);
	assert_non_null(recovery);
	fake_disk_recover(&disk, disk.count, recovery, EPOCH);
	fake_disk_recovered(recovery, EPOCH);
	rdl_recovery_destroy(recovery);
}

static void test_beside_changes(void **state)
{
	struct id id = expect_created(ask(REGISTER, NULL, 5));

	assert_int_equal(last_entry().read_sequence, 5);
	assert_int_equal(last_entry().seconds, 60);
	(void)ask(UPDATE " 15:lt=600", &id, 9);
	assert_int_equal(last_entry().read_sequence, 9);
	assert_int_equal(last_entry().seconds, 600);
	(void)ask(UPDATE, &id, 12);
	assert_int_equal(last_entry().read_sequence, 12);
	(void)ask(DEREGISTER, &id, 14);
	assert_int_equal(last_entry().read_sequence, 14);
	assert_int_equal(last_entry().seconds, 0);
}

/* Nothing of those that are over by then, nor where sessions are not kept. */
static void test_none(void **state)
{
	struct id id = expect_created(ask(REGISTER, NULL, 5));
	uint64_t gone = session;
	static struct handed h;

	catch_up(EPOCH);
	uint64_t before = disk.count;
	rdl_dtls_end(table, session);
	hand(&h, UPDATE, id.text);
	h.request.identity = alice;
	h.request.session = gone;
	commit(&h, EPOCH);
	catch_up(EPOCH);
	assert_int_equal(disk.count, before + 1);
}

/* A registration knows its session again, from its change's entries and from a sweep's. */
static void test_restart(void **state)
{
	struct rdl_registry *other;
	uint32_t seconds;
	struct id id = expect_created(ask(REGISTER, NULL, 5));
	rdl_handle handle = find(&id, EPOCH);

	catch_up(EPOCH);
	recover(&other);
	assert_true(rdl_registry_session(other, handle, EPOCH, &seconds) == session);
	assert_int_equal(seconds, 60);
	rdl_registry_destroy(other);
	/* The next sweep tells it anew: what came before is not read then. */
	(void)ask(UPDATE " 15:lt=86400", &id, 8);
	uint64_t changes = disk.count;
	for (unsigned i = 0; counter(RDL_STAT_sweeps) == 0; i++)
		catch_up(EPOCH + 100 * i);
	unsigned told = 0;
	for (uint64_t i = changes; i < disk.count; i++) {
		struct rdl_entry_session entry;

		told += rdl_entry_is_session(
			(struct rdl_span){ disk.log[i].octets, disk.log[i].len }, &entry);
	}
	assert_int_equal(told, 2);
	/* What has ended has none. */
	(void)ask(DEREGISTER, &id, 9);
	catch_up(EPOCH);
	recover(&other);
	assert_true(rdl_registry_session(other, handle, EPOCH, &seconds) == 0);
	rdl_registry_destroy(other);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_beside_changes),
		TEST(test_none),
		TEST(test_restart),
	};

	return RUN_SHARD_TESTS(tests);
}
