/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Entries of a log, whatever they are: a registry made of them, where one can be, is a registry: it
 * holds what it says, tells it to another one, which is the same, and lets go of all in the end.
 * The input is entries, each behind an octet of how it is mended, since few octets would be of a
 * slot that there is, and two octets of its length.
 */
#include "fuzz.h"

#include "eal.h"
#include "entry_read.h"
#include "recovery.h"
#include "told.h"

#define NOW 5000
/* Mended: its slot and generation are some of few, and its name is one of their partition. */
#define MEND 0x01
/* Some time has gone by before it. */
#define LATER 0x02
/* Another log begins, another run. */
#define LOG 0x04
#define RUN 0x08

static struct rdl_registry_config config = {
	.registrations = 6,
	.shards = RDL_PARTITIONS, /* of which this one has the first: it is soon looked through */
	.endpoint_key = { 1, 2 },
	.list_key = { 3, 4 },
	.exchange_lifetime_s = 247,
	.socket_id = -1,
	.now_ms = NOW,
};
static uint64_t now_ms;
static struct rdl_told *told;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	CHECK(eal_start(NULL) == 0);
	config.slots = rdl_registry_slots(config.registrations);
	return 0;
}

static struct rdl_span name_of(struct rdl_span entry)
{
	struct rdl_entry_registration registration;
	struct rdl_entry_tombstone tombstone;

	if (entry.data[0] == RDL_ENTRY_REGISTRATION &&
		rdl_entry_read_registration(entry, &registration))
		return registration.name;
	if (entry.data[0] == RDL_ENTRY_TOMBSTONE && rdl_entry_read_tombstone(entry, &tombstone))
		return tombstone.name;
	return (struct rdl_span){ NULL, 0 };
}

/* Its last octets are what puts it into the first partition. */
static void mend_name(uint8_t *name, size_t len)
{
	struct rdl_endpoint_digest digest = { { 0, UINT64_MAX } };

	for (unsigned n = 0; n < 65536 && rdl_endpoint_partition(digest) != 0; n++) {
		if (n > 0)
			rdl_put_be16(name + len - 2, (uint16_t)n);
		rdl_siphash128(&config.endpoint_key, name, len, digest.word);
	}
}

static void mend(uint8_t *octets, size_t len)
{
	if (len < RDL_ENTRY_HEAD)
		return;
	octets[0] = octets[0] % RDL_ENTRY_SWEEP_BEGIN;
	octets[1] &= (uint8_t)~RDL_ENTRY_MOVED;
	struct rdl_span name = name_of((struct rdl_span){ octets, len });
	if (name.len >= 2)
		mend_name(octets + (name.data - octets), name.len);
	octets[2] &= 3;
	octets[3] = octets[4] = 0;
	octets[5] = 0;
	octets[6] = octets[6] % 3 + 1;
	octets[7] = octets[8] = octets[9] = 0;
}

/* False: it could not be. */
static bool apply(struct rdl_recovery *recovery, struct rdl_span *input)
{
	uint8_t how = fuzz_octet(input);
	size_t len = (size_t)fuzz_octet(input) << 8 | fuzz_octet(input);
	struct rdl_span octets = fuzz_take(input, len);
	uint8_t *entry = fuzz_alloc(octets.len);

	if (octets.len > 0)
		memcpy(entry, octets.data, octets.len);
	if ((how & MEND) != 0)
		mend(entry, octets.len);
	if ((how & LATER) != 0)
		now_ms += UINT64_C(100) * how;
	if ((how & RUN) != 0)
		rdl_recovery_end_run(recovery, now_ms, how, NOW, 1);
	if ((how & RUN) != 0)
		now_ms = NOW;
	if ((how & LOG) != 0)
		rdl_recovery_begin_log(recovery);
	rdl_recovery_set_time(recovery, now_ms);
	octets.data = entry;
	bool good = rdl_recovery_apply(recovery, octets);
	struct rdl_told_fact fact;
	rdl_told_read(told, octets, now_ms, 2 * now_ms, how, &fact);
	if (fact.kind == RDL_TOLD_CHANGE || fact.kind == RDL_TOLD_ROW)
		CHECK(rdl_object_list_root(fact.registration.objects).len <= RDL_ROOT_MAX);
	free(entry);
	return good;
}

static void begin(struct rdl_recovery *recovery)
{
	uint8_t octets[RDL_ENTRY_SHORT_MAX], *at = octets;

	at = rdl_entry_u8(at, RDL_ENTRY_SWEEP_BEGIN);
	at = rdl_entry_u8(at, RDL_ENTRY_FORMAT);
	at = rdl_entry_u16(at, 0);
	at = rdl_entry_u16(at, 1);
	at = rdl_entry_u64(at, NOW);
	at = rdl_entry_u32(at, 0);
	at = rdl_entry_u32(at, 0);
	rdl_recovery_begin_log(recovery);
	rdl_recovery_set_time(recovery, now_ms);
	CHECK(rdl_recovery_apply(recovery, (struct rdl_span){ octets, (size_t)(at - octets) }));
}

static bool finish(struct rdl_recovery *recovery)
{
	rdl_recovery_end_run(recovery, now_ms, 0, now_ms, 1);
	bool good = rdl_recovery_finish(recovery, now_ms, 0);
	CHECK(good || rdl_recovery_error(recovery)[0] != '\0');
	rdl_recovery_destroy(recovery);
	return good;
}

/* Each is found by all that it is found by. */
static uint64_t walk(struct rdl_registry *registry)
{
	struct rdl_registration registration;
	struct rdl_endpoint_digest digest;
	unsigned budget = UINT32_MAX;
	uint64_t cursor = 0, count = 0;
	rdl_handle handle;

	while ((handle = rdl_registry_next(registry, &cursor, now_ms, &budget)) !=
		RDL_HANDLE_NONE) {
		rdl_registry_describe(registry, handle, &registration);
		rdl_siphash128(&config.endpoint_key, registration.endpoint.data,
			registration.endpoint.len, digest.word);
		CHECK(rdl_registry_find(registry, &registration.location, now_ms) == handle);
		CHECK(rdl_registry_find_endpoint(registry, digest, registration.endpoint, now_ms) ==
			handle);
		count++;
	}
	return count;
}

/* The other one is the same. */
static void tell(struct rdl_registry *registry, struct rdl_registry *other)
{
	struct rdl_recovery *recovery = rdl_recovery_create(&other, 1);
	uint8_t *octets = fuzz_alloc(RDL_ENTRY_MAX);
	unsigned budget = UINT32_MAX;
	struct rdl_registry_counts was, is;
	struct rdl_sweep sweep;
	size_t len = rdl_sweep_begin(&sweep, registry, octets);

	CHECK(recovery != NULL);
	rdl_recovery_begin_log(recovery);
	rdl_recovery_set_time(recovery, now_ms);
	CHECK(rdl_recovery_apply(recovery, (struct rdl_span){ octets, len }));
	while (!rdl_sweep_has_ended(&sweep)) {
		len = rdl_sweep_next(&sweep, registry, &budget, RDL_ENTRY_MAX, octets);
		CHECK(len > 0);
		CHECK(rdl_recovery_apply(recovery, (struct rdl_span){ octets, len }));
	}
	free(octets);
	CHECK(finish(recovery));
	CHECK(walk(other) == walk(registry));
	rdl_registry_counts(registry, &was);
	rdl_registry_counts(other, &is);
	CHECK(is.registrations == was.registrations && is.tombstones == was.tombstones);
	CHECK(is.object_lists == was.object_lists);
}

/* Some end by time, the others are removed. */
static void expect_end(struct rdl_registry *registry)
{
	struct rdl_change changes[RDL_REGISTRY_BURST];
	struct rdl_registry_counts counts;
	unsigned budget = UINT32_MAX;
	uint64_t cursor = 0;
	rdl_handle handle;

	now_ms += 1000000;
	while (rdl_registry_expire(registry, now_ms, UINT32_MAX, changes) > 0)
		;
	walk(registry);
	while ((handle = rdl_registry_next(registry, &cursor, now_ms, &budget)) != RDL_HANDLE_NONE)
		rdl_registry_remove(registry, handle, now_ms, changes);
	rdl_registry_forget_ended(registry);
	rdl_registry_counts(registry, &counts);
	CHECK(counts.registrations == 0 && counts.object_lists == 0 && counts.store_octets == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rdl_registry *registry = rdl_registry_create(&config);
	struct rdl_recovery *recovery = rdl_recovery_create(&registry, 1);
	struct rdl_span input = { data, size };
	size_t left = 4000;
	bool good = true;

	told = rdl_told_create(4096, &left, 3);
	CHECK(registry != NULL && recovery != NULL && told != NULL);
	now_ms = NOW;
	begin(recovery);
	while (good && input.len > 0)
		good = apply(recovery, &input);
	if (finish(recovery)) {
		struct rdl_registry *other = rdl_registry_create(&config);

		CHECK(other != NULL);
		walk(registry);
		tell(registry, other);
		expect_end(registry);
		expect_end(other);
		rdl_registry_destroy(other);
	}
	rdl_told_destroy(told);
	CHECK(left == 4000);
	rdl_registry_destroy(registry);
	return 0;
}
