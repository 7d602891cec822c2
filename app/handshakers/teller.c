/* SPDX-License-Identifier: BSD-3-Clause */
#include "teller.h"

#include <time.h>

#include "clock.h"

/* Slots looked at in one round. */
#define MOST 4096
/* Entries that the ring must have room for before a handshake goes on, which may end. */
#define ENTRIES_FREE 64
/* Between two looks at whether the first sweep is on the disk. */
#define PAUSE_NS 200000

/* ---- one entry ---- */

/* False: the ring is full, or it cannot be sealed. */
static bool put(struct teller *teller, const struct rdl_sealed *entry, enum rdl_journal_mark mark)
{
	struct rdl_journal_ring *ring = teller->config.ring;
	uint8_t *octets = rdl_journal_reserve(ring, RDL_SEALED_MAX);

	if (octets == NULL)
		return false;
	size_t len = rdl_seal(teller->config.sealer, ring->position + 1, entry, octets);
	if (len == 0)
		return false;
	rdl_journal_commit(ring, (uint32_t)len, mark);
	return true;
}

static uint32_t now_s(void)
{
	return (uint32_t)(rdl_clock_ms() / 1000);
}

static uint32_t left_of(const struct rdl_dtls_course *course)
{
	uint32_t now = now_s();

	if (course->deadline_s == UINT32_MAX)
		return UINT32_MAX;
	return course->deadline_s > now ? course->deadline_s - now : 0;
}

/* What is told again is told for nothing: so two that are alike need not be the same. */
static uint32_t print_of(const struct rdl_dtls_course *course)
{
	uint64_t mixed = course->read_sequence * 2 + course->registered;

	mixed = (mixed ^ (uint64_t)course->deadline_s << 32) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(mixed >> 32);
}

/* ---- sessions ---- */

static struct told *told_of(const struct teller *teller, uint64_t name)
{
	const struct teller_config *config = &teller->config;
	unsigned worker = rdl_dtls_partition(name) % config->workers;
	uint32_t slot = rdl_dtls_kept_slot(config->tables[worker], (uint32_t)name);

	return &config->told[worker][slot];
}

static bool put_session(struct teller *teller, struct rdl_sealed *entry)
{
	const struct rdl_identities *identities = teller->config.identities;
	uint32_t identity = entry->kept.keys.identity;

	entry->kind = RDL_SEALED_SESSION;
	entry->identity_len = (uint8_t)rdl_identities_octets(identities, identity, entry->identity);
	bool good = put(teller, entry, RDL_JOURNAL_PLAIN);
	if (good) {
		uint32_t generation = (uint32_t)(entry->kept.name >> 32);

		*told_of(teller, entry->kept.name) =
			(struct told){ generation, print_of(&entry->kept.course) };
		if (generation > teller->generation)
			teller->generation = generation;
	}
	explicit_bzero(entry, sizeof(*entry));
	return good;
}

uint64_t teller_established(
	struct teller *teller, uint64_t session, const struct rdl_dtls_keys *keys)
{
	const struct teller_config *config = &teller->config;
	const struct rdl_dtls *table =
		config->tables[rdl_dtls_partition(session) % config->workers];
	struct timespec wall;
	struct rdl_sealed entry = { .kept = { .name = session,
					    .address = rdl_dtls_peer(table, session),
					    .keys = *keys },
		.left_s = config->idle_s };

	clock_gettime(CLOCK_REALTIME, &wall);
	entry.kept.established_ms = (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000;
	entry.kept.course.read_sequence = keys->read_sequence;
	if (!put_session(teller, &entry))
		return 0;
	teller->plain++;
	return config->ring->position;
}

/* What has changed of the session in a slot, since it was told of. False: the ring is full. */
static bool look_at(struct teller *teller, const struct rdl_dtls *table, uint32_t handle)
{
	struct rdl_sealed entry = { .kind = RDL_SEALED_COURSE };
	struct told *told = told_of(teller, handle);

	entry.kept.name = rdl_dtls_glance(table, handle, &entry.kept.course);
	if (told->generation == 0)
		return true;
	uint64_t before = (uint64_t)told->generation << 32 | handle;
	if (entry.kept.name == before) {
		uint32_t print = print_of(&entry.kept.course);

		if (print == told->print)
			return true;
		entry.left_s = left_of(&entry.kept.course);
		if (!put(teller, &entry, RDL_JOURNAL_PLAIN))
			return false;
		told->print = print;
	} else if (!rdl_dtls_lives(table, before)) {
		entry.kind = RDL_SEALED_GONE;
		entry.kept.name = before;
		if (!put(teller, &entry, RDL_JOURNAL_PLAIN))
			return false;
		told->generation = 0;
	}
	teller->plain++;
	return true;
}

static bool sweep_one(struct teller *teller, const struct rdl_dtls *table, uint32_t handle)
{
	struct rdl_sealed entry = { 0 };

	if (!rdl_dtls_look(table, handle, &entry.kept))
		return true;
	entry.left_s = left_of(&entry.kept.course);
	return put_session(teller, &entry);
}

/* ---- ways over all slots ---- */

/* The next slot that is this teller's. False: it was the last, and the way begins anew. */
static bool next(const struct teller *teller, struct teller_way *way, uint32_t *handle)
{
	const struct teller_config *config = &teller->config;

	for (; way->worker < config->workers; way->worker++, way->slot = 0) {
		const struct rdl_dtls *table = config->tables[way->worker];

		for (; way->slot < rdl_dtls_kept_slots(table); way->slot++) {
			*handle = rdl_dtls_kept_handle(table, way->slot);
			if (rdl_dtls_handshaker(table, *handle) == config->index)
				return true;
		}
	}
	*way = (struct teller_way){ 0 };
	return false;
}

static const struct rdl_dtls *table_at(const struct teller *teller, const struct teller_way *way)
{
	return teller->config.tables[way->worker];
}

/* Slots that may be looked at now, so that all are once in `all_ms`. */
static uint64_t due_of(
	const struct teller *teller, uint64_t *due, uint64_t passed_ms, uint64_t all_ms)
{
	uint64_t slots = 1; /* and the way's end */

	for (unsigned w = 0; w < teller->config.workers; w++)
		slots += rdl_dtls_kept_slots(teller->config.tables[w]);
	*due += slots * (passed_ms < all_ms ? passed_ms : all_ms);
	if (*due > slots * all_ms)
		*due = slots * all_ms;
	uint64_t now = *due / all_ms / teller->config.handshakers + 1;
	if (*due < all_ms)
		return 0;
	*due = now > MOST ? *due - MOST * all_ms : *due % all_ms;
	return now > MOST ? MOST : now;
}

static void go_on_looking(struct teller *teller, uint64_t now_ms)
{
	uint64_t due =
		due_of(teller, &teller->look_due, now_ms - teller->looked_ms, TELLER_LOOK_MS);
	uint32_t handle;

	teller->looked_ms = now_ms;
	for (; due > 0 && teller_has_room(teller); due--) {
		if (!next(teller, &teller->look, &handle))
			return;
		if (!look_at(teller, table_at(teller, &teller->look), handle))
			return;
		teller->look.slot++;
	}
}

static bool begin_sweep(struct teller *teller, uint64_t now_ms)
{
	const struct rdl_sealed entry = { .kind = RDL_SEALED_BEGIN,
		.generation = teller->generation };

	if (!put(teller, &entry, RDL_JOURNAL_SWEEP_BEGINS))
		return false;
	teller->sweeping = true;
	teller->sweep = (struct teller_way){ 0 };
	teller->began_ms = teller->swept_ms = now_ms;
	teller->plain_swept = teller->plain;
	teller->sweep_due = 0;
	return true;
}

static bool end_sweep(struct teller *teller)
{
	const struct rdl_sealed entry = { .kind = RDL_SEALED_END };

	if (!put(teller, &entry, RDL_JOURNAL_SWEEP_ENDS))
		return false;
	teller->sweeping = false;
	return true;
}

/* So many slots at most; stops where the ring has no room. */
static void sweep(struct teller *teller, uint64_t slots)
{
	uint32_t handle;

	for (; slots > 0 && teller->sweeping && teller_has_room(teller); slots--) {
		struct teller_way before = teller->sweep;

		if (!next(teller, &teller->sweep, &handle)) {
			/* Its end is told next time, if not now. */
			if (!end_sweep(teller))
				teller->sweep = before;
			return;
		}
		if (!sweep_one(teller, table_at(teller, &teller->sweep), handle))
			return;
		teller->sweep.slot++;
	}
}

static void go_on_sweeping(struct teller *teller, uint64_t now_ms)
{
	const struct teller_config *config = &teller->config;

	if (!teller->sweeping) {
		if (teller->plain != teller->plain_swept &&
			now_ms - teller->began_ms >= config->sweep_ms && teller_has_room(teller))
			(void)begin_sweep(teller, now_ms);
		return;
	}
	uint64_t due =
		due_of(teller, &teller->sweep_due, now_ms - teller->swept_ms, config->sweep_ms / 2);
	teller->swept_ms = now_ms;
	sweep(teller, due);
}

/* ---- rounds ---- */

void teller_init(struct teller *teller, const struct teller_config *config)
{
	*teller = (struct teller){ .config = *config, .generation = config->generation };
}

bool teller_has_room(struct teller *teller)
{
	return rdl_journal_room(teller->config.ring) >=
	       ENTRIES_FREE * (RDL_SEALED_MAX + RDL_JOURNAL_ENTRY_HEAD);
}

void teller_go_on(struct teller *teller, uint64_t now_ms)
{
	go_on_looking(teller, now_ms);
	go_on_sweeping(teller, now_ms);
	rdl_journal_publish(teller->config.ring);
}

bool teller_begin(struct teller *teller, bool (*ends)(void *context), void *context)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct rdl_journal_ring *ring = teller->config.ring;

	if (!begin_sweep(teller, rdl_clock_ms()))
		return false;
	while (teller->sweeping || teller_confirmed(teller) < ring->position) {
		uint64_t before = ring->position;

		if (ends(context) || rdl_journal_has_failed(ring))
			return false;
		sweep(teller, MOST);
		rdl_journal_publish(ring);
		if (ring->position == before)
			nanosleep(&pause, NULL);
	}
	teller->looked_ms = rdl_clock_ms();
	return true;
}

void teller_end(struct teller *teller)
{
	uint32_t handle;

	teller->look = (struct teller_way){ 0 };
	while (next(teller, &teller->look, &handle) &&
		look_at(teller, table_at(teller, &teller->look), handle))
		teller->look.slot++;
	rdl_journal_publish(teller->config.ring);
}
