/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What entries of sessions say, whatever it is: what can be read is written again as it was, comes
 * through the seal, and not through a damaged one, and a table made of it is a table. The input is
 * steps: an octet of what is done beside, one for a place, and one of how many follow: a kind and
 * what is sealed.
 */
#include "fuzz.h"

#include "codec.h"
#include "window.h"

/* A table of none has room for what chance may add. */
#define OPEN_MAX 16
#define NOW_S 5000
#define GENERATION 9
/* The octets have no seal, and need none to be refused. */
#define RAW 0x01
/* Its name and address are some of few. */
#define MEND 0x02

static const uint8_t key[RDL_SEALED_KEY_LEN] = { 1 }, run[RDL_SEALED_RUN_LEN] = { 2 };
static const struct rdl_dtls_config config = {
	.workers = 1,
	.handshakers = 1,
	.handshakes = 2,
	.parcels = 64,
	.handshake_s = 60,
	.idle_s = 300,
	.kept = true,
};
static struct rdl_sealer *sealer;
static unsigned held; /* identities */
/* By slot: of the session that was last seen there. */
static struct {
	uint32_t generation;
	uint64_t read_sequence, write_sequence;
} seen[512];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	sealer = rdl_sealer_create(key, run, 0);
	CHECK(sealer != NULL);
	return 0;
}

static void release(void *context, uint32_t identity)
{
	CHECK(identity == 1 && held > 0);
	held--;
}

static struct rdl_dtls *make_table(void **memory)
{
	struct rdl_dtls_config own = config;
	size_t len = (rdl_dtls_memory(&config) + RDL_CACHE_LINE - 1) & ~(RDL_CACHE_LINE - 1ul);

	own.release = release;
	*memory = aligned_alloc(RDL_CACHE_LINE, len);
	CHECK(*memory != NULL);
	memset(*memory, 0, len);
	struct rdl_dtls *table = rdl_dtls_init(&own, *memory);
	CHECK(table != NULL && rdl_dtls_kept_slots_max(table) <= RDL_ARRAY_LEN(seen));
	return table;
}

/* ---- one entry ---- */

/* At that position, and nowhere else, as it was, and not with one bit changed. */
static void seal(const struct rdl_sealed *entry, uint8_t place)
{
	uint8_t octets[RDL_SEALED_MAX];
	size_t len = rdl_seal(sealer, place, entry, octets);
	struct rdl_sealed opened;

	CHECK(len > 0 && len <= sizeof(octets));
	CHECK(rdl_unseal(sealer, place, (struct rdl_span){ octets, len }, &opened));
	opened.format = entry->format;
	CHECK(memcmp(&opened, entry, sizeof(opened)) == 0);
	CHECK(!rdl_unseal(sealer, place + 1u, (struct rdl_span){ octets, len }, &opened));
	octets[place % len] ^= (uint8_t)(1 << place % 8);
	CHECK(!rdl_unseal(sealer, place, (struct rdl_span){ octets, len }, &opened));
}

/* False: they say nothing. */
static bool read_entry(struct rdl_span octets, struct rdl_sealed *entry)
{
	size_t len = octets.len - 1;
	uint8_t again[RDL_SEALED_BODY_MAX], *body = fuzz_alloc(len);

	if (len > 0)
		memcpy(body, octets.data + 1, len);
	bool good = rdl_sealed_decode(octets.data[0], body, len, entry);
	if (good && entry->format <= RDL_SEALED_FORMAT) {
		size_t skip = entry->kind == RDL_SEALED_BEGIN; /* which has our format now */

		CHECK(rdl_sealed_encode(entry, again) == len && len <= sizeof(again));
		CHECK(memcmp(body + skip, again + skip, len - skip) == 0);
	}
	if (good && entry->kind == RDL_SEALED_SESSION) {
		CHECK(entry->kept.keys.mode != RDL_IDENTITY_NONE && entry->identity_len > 0);
		CHECK(entry->kept.keys.mode < RDL_DTLS_MODES);
		CHECK(entry->kept.keys.suite < RDL_DTLS_AEADS);
	}
	free(body);
	return good;
}

static void mend(const struct rdl_dtls *table, struct rdl_sealed *entry)
{
	uint64_t generation = entry->kept.name >> 32 & 3;
	uint32_t slot = (uint32_t)entry->kept.name % (OPEN_MAX + 4);

	entry->kept.name = generation << 32 | rdl_dtls_kept_handle(table, slot);
	entry->kept.address &= 3;
}

/* ---- a table ---- */

static void restore(struct rdl_dtls *table, struct rdl_sealed *entry)
{
	uint32_t slot;

	if (rdl_dtls_lives(table, entry->kept.name)) {
		rdl_dtls_restore_course(table, entry->kept.name, &entry->kept.course);
		return;
	}
	entry->kept.keys.identity = 1;
	if (!rdl_dtls_restore(table, &entry->kept))
		return;
	held++;
	slot = rdl_dtls_kept_slot(table, (uint32_t)entry->kept.name);
	seen[slot].generation = (uint32_t)(entry->kept.name >> 32);
	seen[slot].read_sequence = 0;
	seen[slot].write_sequence = entry->kept.keys.write_sequence;
}

/* What has been read is never read again; what is gone keeps its place, so that it stays so. */
static void expect_ahead(const struct rdl_dtls *table, enum rdl_sealed_kind kind, uint64_t name)
{
	uint32_t slot = rdl_dtls_kept_slot(table, (uint32_t)name);
	struct rdl_dtls_course course;
	bool is_open = name != 0 && rdl_dtls_glance(table, (uint32_t)name, &course) == name;

	CHECK(!is_open || kind != RDL_SEALED_GONE);
	if (!is_open)
		return;
	CHECK(course.read_sequence >= seen[slot].read_sequence);
	seen[slot].read_sequence = course.read_sequence;
}

static void apply(struct rdl_dtls *table, struct rdl_sealed *entry)
{
	uint64_t name = entry->kept.name;

	entry->kept.course.deadline_s = entry->left_s;
	switch (entry->kind) {
	case RDL_SEALED_SESSION:
		restore(table, entry);
		break;
	case RDL_SEALED_COURSE:
		rdl_dtls_restore_course(table, name, &entry->kept.course);
		break;
	case RDL_SEALED_GONE:
		rdl_dtls_restore_gone(table, name);
		break;
	case RDL_SEALED_BEGIN:
	case RDL_SEALED_END:
	case RDL_SEALED_KINDS:
		break;
	}
	if (rdl_dtls_lives(table, name))
		expect_ahead(table, entry->kind, name);
}

static uint64_t count_open(const struct rdl_dtls *table)
{
	struct rdl_dtls_course course;
	uint64_t count = 0;

	for (uint32_t slot = 0; slot < rdl_dtls_kept_slots_max(table); slot++)
		count += rdl_dtls_glance(table, rdl_dtls_kept_handle(table, slot), &course) != 0;
	return count;
}

/* It goes on where it was or later, with numbers of records that were never used. */
static void expect_session(struct rdl_dtls *table, uint32_t slot)
{
	uint32_t handle = rdl_dtls_kept_handle(table, slot);
	struct rdl_dtls_kept kept;

	CHECK(rdl_dtls_look(table, handle, &kept));
	CHECK((uint32_t)kept.name == handle && rdl_dtls_lives(table, kept.name));
	CHECK((uint32_t)(kept.name >> 32) == seen[slot].generation);
	CHECK(kept.keys.write_sequence > seen[slot].write_sequence);
	CHECK(kept.keys.write_sequence % RDL_DTLS_BLOCK == 1);
	CHECK(kept.keys.write_sequence < RDL_DTLS_SEQUENCE_LAST);
	CHECK(kept.course.read_sequence >= seen[slot].read_sequence);
	const struct rdl_dtls_session *there =
		rdl_dtls_find_address(table, kept.address, RDL_DTLS_OPEN);
	CHECK(there != NULL);
	CHECK(kept.keys.peer_cid_len != RDL_DTLS_NO_CID ||
		rdl_dtls_name(table, there) == kept.name);
}

static void finish(struct rdl_dtls *table)
{
	struct rdl_dtls_course course;
	uint64_t open = rdl_dtls_restore_end(table, GENERATION, NOW_S);

	CHECK(open == count_open(table) && open == held && open <= OPEN_MAX);
	for (uint32_t slot = 0; slot < rdl_dtls_kept_slots_max(table); slot++)
		if (rdl_dtls_glance(table, rdl_dtls_kept_handle(table, slot), &course) != 0)
			expect_session(table, slot);
	/* Some end by time, the others are ended. */
	rdl_dtls_restore_serve(table, 120, NOW_S);
	rdl_dtls_sweep(table, UINT32_MAX - 1, rdl_dtls_kept_slots_max(table));
	CHECK(count_open(table) == held);
	for (uint32_t slot = 0; slot < rdl_dtls_kept_slots_max(table); slot++)
		rdl_dtls_end(
			table, rdl_dtls_glance(table, rdl_dtls_kept_handle(table, slot), &course));
	CHECK(count_open(table) == 0 && held == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rdl_span input = { data, size };
	struct rdl_sealed entry;
	void *memory;
	struct rdl_dtls *table = make_table(&memory);

	memset(seen, 0, sizeof(seen));
	while (input.len > 3) {
		uint8_t how = fuzz_octet(&input), place = fuzz_octet(&input);
		struct rdl_span octets = fuzz_take(&input, (size_t)fuzz_octet(&input) + 1);

		if ((how & RAW) != 0)
			CHECK(!rdl_unseal(sealer, place, octets, &entry));
		else if (octets.len > 0 && read_entry(octets, &entry)) {
			if ((how & MEND) != 0)
				mend(table, &entry);
			seal(&entry, place);
			apply(table, &entry);
		}
	}
	finish(table);
	free(memory);
	return 0;
}
