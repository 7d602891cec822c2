/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions told to a log: before they are used, how far they are, and all of them in sweeps. */
#include "office.h"

#include <unistd.h>

#include "clock.h"
#include "dtls.h"
#include "records.h"

static const uint8_t key[RDL_SEALED_KEY_LEN] = { 1 }, run[RDL_SEALED_RUN_LEN] = { 2 };

#define SWEEP_MS 2000

struct desk {
	struct office *office;
	struct rdl_dtls *tables[WORKERS];
	struct told *told[WORKERS];
	struct rdl_journal_ring *ring;
	struct rdl_sealer *sealer, *opener;
	uint64_t read, position; /* of the ring */
	struct teller teller;
	struct rdl_sealed last;
};

static void release(void *context, uint32_t identity)
{
	rdl_identities_release(context, identity);
}

static void *cleared(size_t len)
{
	void *memory = aligned_alloc(RDL_CACHE_LINE, (len + 63) / 64 * 64);

	assert_non_null(memory);
	return memset(memory, 0, (len + 63) / 64 * 64);
}

static void make_table(struct desk *desk, unsigned worker)
{
	const struct rdl_dtls_config config = { .worker = worker,
		.workers = WORKERS,
		.handshakers = 1,
		.sessions = 32,
		.handshakes = 8,
		.parcels = 8,
		.handshake_s = 60,
		.idle_s = 300,
		.kept = true,
		.release = release,
		.context = desk->office->identities };

	desk->tables[worker] = rdl_dtls_init(&config, cleared(rdl_dtls_memory(&config)));
	assert_non_null(desk->tables[worker]);
	desk->told[worker] =
		calloc(rdl_dtls_kept_slots_max(desk->tables[worker]), sizeof(struct told));
	assert_non_null(desk->told[worker]);
}

static int begin(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	assert_non_null(desk);
	desk->office = office_begin(1232);
	for (unsigned w = 0; w < WORKERS; w++)
		make_table(desk, w);
	desk->ring = cleared(sizeof(*desk->ring));
	rdl_journal_ring_init(desk->ring, cleared(RDL_JOURNAL_RING_MIN), RDL_JOURNAL_RING_MIN);
	desk->sealer = rdl_sealer_create(key, run, 0);
	desk->opener = rdl_sealer_create(key, run, 0);
	const struct teller_config config = { .handshakers = 1,
		.workers = WORKERS,
		.tables = desk->tables,
		.told = desk->told,
		.identities = desk->office->identities,
		.ring = desk->ring,
		.sealer = desk->sealer,
		.generation = 1,
		.idle_s = 300,
		.sweep_ms = SWEEP_MS };
	teller_init(&desk->teller, &config);
	*state = desk;
	return 0;
}

static int end(void **state)
{
	struct desk *desk = *state;

	office_end(desk->office);
	for (unsigned w = 0; w < WORKERS; w++) {
		free(desk->tables[w]);
		free(desk->told[w]);
	}
	rdl_sealer_destroy(desk->sealer);
	rdl_sealer_destroy(desk->opener);
	free(desk->ring->octets);
	free(desk->ring);
	free(desk);
	return 0;
}

/* The next entry of the log; 0: there is none. */
static enum rdl_sealed_kind take(struct desk *desk)
{
	uint64_t head = __atomic_load_n(&desk->ring->head, __ATOMIC_ACQUIRE);
	uint32_t word;

	if (desk->read == head)
		return 0;
	const uint8_t *at = desk->ring->octets + desk->read;
	memcpy(&word, at, sizeof(word));
	uint32_t len = word & RDL_JOURNAL_LEN_MASK;
	assert_true(rdl_unseal(desk->opener, ++desk->position,
		(struct rdl_span){ at + RDL_JOURNAL_ENTRY_HEAD, len }, &desk->last));
	assert_int_equal(word >> RDL_JOURNAL_MARK_SHIFT,
		desk->last.kind == RDL_SEALED_BEGIN ? RDL_JOURNAL_SWEEP_BEGINS
		: desk->last.kind == RDL_SEALED_END ? RDL_JOURNAL_SWEEP_ENDS
						    : RDL_JOURNAL_PLAIN);
	desk->read += RDL_JOURNAL_ENTRY_HEAD + len;
	return desk->last.kind;
}

static void confirm(struct desk *desk)
{
	__atomic_store_n(&desk->ring->confirmed, desk->ring->position, __ATOMIC_RELEASE);
}

/* ---- before its worker has it ---- */

static const uint8_t application[] = { 23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 4, 9, 9, 9, 9 };

static void shake_all(struct office *office)
{
	office_client(office, SESSION(1));
	office_shake(office);
	while (office->client.out.count > 0)
		office_deliver(office, RDL_PARCEL_MORE);
	office_step(office);
}

static void test_confirmed_first(void **state)
{
	struct desk *desk = *state;
	struct office *office = desk->office;

	office->handshaker.teller = &desk->teller;
	shake_all(office);
	const char *came = office_came(office, 0);
	assert_null(strstr(came, "established"));
	assert_null(strstr(came, "send"));
	/* What comes meanwhile waits, too. */
	(void)office_send(office, 0, RDL_PARCEL_MORE, SESSION(1),
		(struct rdl_span){ application, sizeof(application) });
	office_step(office);
	assert_string_equal(office_came(office, 0), "");
	assert_int_equal(take(desk), RDL_SEALED_SESSION);
	assert_int_equal(desk->last.kept.name, SESSION(1));
	assert_int_equal(desk->last.left_s, 300);
	assert_int_equal(desk->last.identity_len, 6);
	assert_memory_equal(desk->last.identity, "device", 6);
	/* Others are not held up by it. */
	(void)office_send(office, 0, RDL_PARCEL_BEGIN, SESSION(2),
		(struct rdl_span){ application, sizeof(application) });
	office_step(office);
	assert_non_null(strstr(office_came(office, 0), "ended2 "));
	confirm(desk);
	office_step(office);
	assert_string_equal(office_came(office, 0), "established1 again1 send1 ");
	assert_memory_equal(office->keys.write_key, desk->last.kept.keys.write_key,
		sizeof(office->keys.write_key));
	assert_memory_equal(office->keys.read_key, desk->last.kept.keys.read_key,
		sizeof(office->keys.read_key));
	assert_true(desk->last.kept.keys.read_sequence == office->keys.read_sequence);
	assert_int_equal(client_step(&office->client), 0);
}

/* The disk stands still: no handshake goes on, and none is lost. */
static void test_no_room(void **state)
{
	struct desk *desk = *state;
	struct office *office = desk->office;

	office->handshaker.teller = &desk->teller;
	while (teller_has_room(&desk->teller)) {
		(void)rdl_journal_reserve(desk->ring, RDL_SEALED_MAX);
		rdl_journal_commit(desk->ring, RDL_SEALED_MAX, RDL_JOURNAL_PLAIN);
	}
	office_client(office, SESSION(1));
	client_step(&office->client);
	office_deliver(office, RDL_PARCEL_BEGIN);
	office_step(office);
	assert_string_equal(office_came(office, 0), "");
	__atomic_store_n(&desk->ring->tail, desk->ring->written, __ATOMIC_RELEASE);
	office_step(office);
	assert_string_equal(office_came(office, 0), "send1 back1 ");
}

/* ---- how far they are ---- */

static uint64_t open_one(struct desk *desk, unsigned worker, uint8_t host)
{
	const struct rdl_identity identity = { RDL_IDENTITY_PSK, RDL_SPAN("device") };
	struct rdl_datagram datagram = { .peer = { .port = host } };
	struct rdl_dtls_keys keys = { .mode = RDL_IDENTITY_PSK,
		.peer_cid_len = RDL_DTLS_NO_CID,
		.read_sequence = 1,
		.write_sequence = 1 };
	uint64_t session, evicted;

	memset(keys.read_key, host, sizeof(keys.read_key));
	assert_int_equal(rdl_dtls_begin(desk->tables[worker], &datagram, 1,
				 (uint32_t)(rdl_clock_ms() / 1000), &session, &evicted),
		RDL_DTLS_BEGUN);
	keys.identity = rdl_identities_intern(
		desk->office->identities, &identity, (struct rdl_span){ NULL, 0 });
	uint64_t position = teller_established(&desk->teller, session, &keys);
	assert_true(position > 0 && position == desk->ring->position);
	assert_true(rdl_dtls_establish(
		desk->tables[worker], session, &keys, (uint32_t)(rdl_clock_ms() / 1000)));
	return session;
}

/* All that is due within a second. */
static void go_on(struct desk *desk, uint64_t *now)
{
	for (unsigned i = 0; i < 20; i++)
		teller_go_on(&desk->teller, *now += 50);
}

static void test_courses(void **state)
{
	struct desk *desk = *state;
	uint64_t now = rdl_clock_ms();
	uint64_t one = open_one(desk, 0, 1), other = open_one(desk, 1, 2);

	desk->teller.began_ms = now;
	desk->teller.config.sweep_ms = 1000000;
	go_on(desk, &now);
	assert_int_equal(take(desk), RDL_SEALED_SESSION);
	assert_int_equal(take(desk), RDL_SEALED_SESSION);
	/* Since they were told they have deadlines. */
	while (take(desk) != 0)
		;
	go_on(desk, &now);
	assert_int_equal(take(desk), 0);
	rdl_dtls_find(desk->tables[1], other)->read_sequence = 77;
	rdl_dtls_keep(desk->tables[1], other, 1000, (uint32_t)(rdl_clock_ms() / 1000));
	go_on(desk, &now);
	assert_int_equal(take(desk), RDL_SEALED_COURSE);
	assert_true(desk->last.kept.name == other);
	assert_int_equal(desk->last.kept.course.read_sequence, 77);
	assert_true(desk->last.kept.course.registered);
	assert_in_range(desk->last.left_s, 999, 1001);
	assert_int_equal(take(desk), 0);
	rdl_dtls_end(desk->tables[0], one);
	go_on(desk, &now);
	assert_int_equal(take(desk), RDL_SEALED_GONE);
	assert_true(desk->last.kept.name == one);
	go_on(desk, &now);
	assert_int_equal(take(desk), 0);
	/* At the end all that has changed, at once. */
	rdl_dtls_find(desk->tables[1], other)->read_sequence = 78;
	teller_end(&desk->teller);
	assert_int_equal(take(desk), RDL_SEALED_COURSE);
	assert_int_equal(take(desk), 0);
}

static bool confirms(void *context)
{
	struct desk *desk = context;

	confirm(desk);
	return false;
}

static bool ends_at_once(void *context)
{
	(void)context;
	return true;
}

static void test_sweeps(void **state)
{
	struct desk *desk = *state;
	uint64_t now = rdl_clock_ms(), sessions[3];

	for (unsigned i = 0; i < 3; i++)
		sessions[i] = open_one(desk, i % 2, (uint8_t)(i + 1));
	assert_true(teller_begin(&desk->teller, confirms, desk));
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(take(desk), RDL_SEALED_SESSION);
	assert_int_equal(take(desk), RDL_SEALED_BEGIN);
	assert_int_equal(desk->last.generation, 1);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(take(desk), RDL_SEALED_SESSION);
	assert_int_equal(take(desk), RDL_SEALED_END);
	assert_int_equal(take(desk), 0);
	/* The next one, when there is news; in time. */
	for (unsigned i = 0; i < 4; i++)
		go_on(desk, &now);
	while (take(desk) != 0)
		;
	rdl_dtls_end(desk->tables[1], sessions[1]);
	unsigned told = 0, ends = 0;
	for (unsigned i = 0; i < 5; i++) {
		go_on(desk, &now);
		for (enum rdl_sealed_kind kind; (kind = take(desk)) != 0;) {
			told += kind == RDL_SEALED_SESSION;
			ends += kind == RDL_SEALED_END;
		}
	}
	assert_int_equal(ends, 1);
	assert_int_equal(told, 2);
}

static void test_begin_ends(void **state)
{
	struct desk *desk = *state;

	assert_false(teller_begin(&desk->teller, ends_at_once, desk));
	__atomic_store_n(&desk->ring->failed, 1, __ATOMIC_RELAXED);
	assert_false(teller_begin(&desk->teller, confirms, desk));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_confirmed_first),
		TEST(test_no_room),
		TEST(test_courses),
		TEST(test_sweeps),
		TEST(test_begin_ends),
	};

	rdl_clock_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
