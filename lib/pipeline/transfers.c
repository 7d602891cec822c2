/* SPDX-License-Identifier: BSD-3-Clause */
#include "transfers.h"

#include "units.h"

#include <assert.h>

size_t rdl_transfers_memory(uint32_t count, uint32_t max_len)
{
	uint32_t units = count * rdl_units_of(max_len);

	return rdl_whole_lines((size_t)units * RDL_UNIT_LEN) +
	       rdl_whole_lines(rdl_bucket_count(units) * sizeof(uint32_t)) +
	       rdl_holders_memory(units) + rdl_evicted_memory(rdl_bucket_count(units));
}

void rdl_transfers_init(struct rdl_transfers *transfers, uint32_t count, uint32_t max_len,
	uint64_t lifetime_ms, void *memory)
{
	uint32_t units = count * rdl_units_of(max_len), buckets = rdl_bucket_count(units);
	uint8_t *p = memory;

	*transfers = (struct rdl_transfers){ .unit_count = units,
		.bucket_mask = buckets - 1,
		.unused = units,
		.free = NONE,
		.lifetime_ms = lifetime_ms };
	memset(transfers->lists, 0xff, sizeof(transfers->lists));
	transfers->units = p;
	p += rdl_whole_lines((size_t)units * RDL_UNIT_LEN);
	transfers->buckets = (uint32_t *)(void *)p;
	memset(transfers->buckets, 0xff, buckets * sizeof(uint32_t));
	p += rdl_whole_lines(buckets * sizeof(uint32_t));
	rdl_holders_init(&transfers->holders, units, p);
	p += rdl_holders_memory(units);
	rdl_evicted_init(&transfers->evicted, buckets, p);
}

/* ---- lists ---- */

static struct rdl_transfer_list *list_of(
	struct rdl_transfers *transfers, const struct rdl_transfer *t)
{
	return &transfers->lists[t->kind][t->rank];
}

static void unlist(struct rdl_transfers *transfers, struct rdl_transfer *t)
{
	struct rdl_transfer_list *list = list_of(transfers, t);

	if (!t->listed)
		return;
	*(t->newer == NONE ? &list->newest : &rdl_transfer_at(transfers, t->newer)->older) =
		t->older;
	*(t->older == NONE ? &list->oldest : &rdl_transfer_at(transfers, t->older)->newer) =
		t->newer;
	transfers->of_kind[t->kind] -= rdl_units_of(t->len);
	t->listed = false;
}

/* How far beyond its share its holder is, now that it has this one, too. */
static uint8_t rank_of(const struct rdl_transfers *transfers, const struct rdl_transfer *t)
{
	uint32_t held = rdl_holders_units(&transfers->holders, t->holder);
	uint32_t share = transfers->unit_count / RDL_TRANSFER_SHARES + 1;
	uint8_t rank = 0;

	while (held > share << rank)
		rank++;
	return rank;
}
_Static_assert(RDL_TRANSFER_SHARES >> (RDL_TRANSFER_RANKS - 1) == 1, "a rank for all of it");

static void enlist(struct rdl_transfers *transfers, struct rdl_transfer *t)
{
	uint32_t place = rdl_transfer_place(transfers, t);
	struct rdl_transfer_list *list;

	t->rank = rank_of(transfers, t);
	list = list_of(transfers, t);
	t->newer = NONE;
	t->older = list->newest;
	*(t->older == NONE ? &list->oldest : &rdl_transfer_at(transfers, t->older)->newer) = place;
	list->newest = place;
	transfers->of_kind[t->kind] += rdl_units_of(t->len);
	t->listed = true;
}

/* ---- giving way ---- */

/*
 * The units that a kind may have before it is asked first;
 * those that give way to all others may have all.
 */
static uint32_t most_of(const struct rdl_transfers *transfers, unsigned kind)
{
	static const uint8_t quarters[RDL_TRANSFER_KINDS] = {
		[RDL_TRANSFER_ONE_BLOCK] = 4, [RDL_TRANSFER_GROWN] = 2, [RDL_TRANSFER_UPDATE] = 1
	};

	return (uint32_t)((uint64_t)transfers->unit_count * quarters[kind] / 4);
}

static unsigned kind_to_ask(const struct rdl_transfers *transfers)
{
	unsigned kind = RDL_TRANSFER_KINDS - 1;

	for (; kind > 0; kind--)
		if (transfers->of_kind[kind] > most_of(transfers, kind))
			return kind;
	while (kind < RDL_TRANSFER_KINDS - 1 && transfers->of_kind[kind] == 0)
		kind++;
	return kind;
}

static struct rdl_transfer *oldest_of(
	const struct rdl_transfers *transfers, unsigned kind, unsigned rank)
{
	uint32_t oldest = transfers->lists[kind][rank].oldest;

	return oldest != NONE ? rdl_transfer_at(transfers, oldest) : NULL;
}

static bool is_over(
	const struct rdl_transfers *transfers, const struct rdl_transfer *t, uint64_t now_ms)
{
	return now_ms - t->touched_ms > transfers->lifetime_ms;
}

/*
 * A transfer's rank says how much its holder had when it was touched last: the highest are the
 * latest half of whoever has most. The oldest of them goes, so that a newcomer among many of one
 * holder lives as long as it can.
 */
static struct rdl_transfer *who_gives_way(const struct rdl_transfers *transfers, uint64_t now_ms)
{
	unsigned ask = kind_to_ask(transfers);
	struct rdl_transfer *last = NULL;

	for (unsigned kind = 0; kind < RDL_TRANSFER_KINDS; kind++)
		for (unsigned rank = 0; rank < RDL_TRANSFER_RANKS; rank++) {
			struct rdl_transfer *t = oldest_of(transfers, kind, rank);

			if (t == NULL)
				continue;
			if (is_over(transfers, t, now_ms))
				return t;
			if (kind == ask)
				last = t;
		}
	assert(last != NULL);
	return last;
}

static void make_room(struct rdl_transfers *transfers, uint32_t units, uint64_t now_ms)
{
	while (transfers->unused < units) {
		struct rdl_transfer *t = who_gives_way(transfers, now_ms);

		if (!is_over(transfers, t, now_ms)) {
			rdl_evicted_add(&transfers->evicted, t->request[0], now_ms);
			transfers->gave_way++;
		}
		rdl_transfers_drop(transfers, t);
	}
}

/* ---- transfers ---- */

static uint32_t *bucket_of(struct rdl_transfers *transfers, const uint64_t request[2])
{
	return &transfers->buckets[request[1] & transfers->bucket_mask];
}

struct rdl_transfer *rdl_transfers_find(
	struct rdl_transfers *transfers, const struct rdl_block_key *key, uint64_t now_ms)
{
	for (uint32_t i = *bucket_of(transfers, key->request); i != NONE;) {
		struct rdl_transfer *t = rdl_transfer_at(transfers, i);

		i = t->bucket_next;
		if (memcmp(t->request, key->request, sizeof(t->request)) != 0)
			continue;
		if (!is_over(transfers, t, now_ms))
			return t;
		rdl_transfers_drop(transfers, t);
		return NULL;
	}
	return NULL;
}

bool rdl_transfers_evicted(
	const struct rdl_transfers *transfers, const struct rdl_block_key *key, uint64_t now_ms)
{
	return rdl_evicted_has(&transfers->evicted, key->request[0], now_ms);
}

struct rdl_transfer *rdl_transfers_begin(
	struct rdl_transfers *transfers, const struct rdl_block_key *key, uint64_t now_ms)
{
	make_room(transfers, 1, now_ms);
	uint32_t place = rdl_unit_take(transfers), *bucket = bucket_of(transfers, key->request);
	struct rdl_transfer *t = rdl_transfer_at(transfers, place);

	*t = (struct rdl_transfer){ .request = { key->request[0], key->request[1] },
		.touched_ms = now_ms,
		.next = NONE,
		.last = place,
		.bucket_next = *bucket,
		.holder = rdl_holders_place(&transfers->holders, key->holder),
		.kind = key->is_update ? RDL_TRANSFER_UPDATE : RDL_TRANSFER_ONE_BLOCK };
	*bucket = place;
	rdl_holders_give(&transfers->holders, t->holder, 1);
	return t;
}

void rdl_transfers_restart(struct rdl_transfers *transfers, struct rdl_transfer *transfer)
{
	unlist(transfers, transfer);
	rdl_transfer_shrink(transfers, transfer);
	if (transfer->kind == RDL_TRANSFER_GROWN)
		transfer->kind = RDL_TRANSFER_ONE_BLOCK;
}

void rdl_transfers_drop(struct rdl_transfers *transfers, struct rdl_transfer *transfer)
{
	uint32_t *link = bucket_of(transfers, transfer->request);
	uint32_t place = rdl_transfer_place(transfers, transfer);

	unlist(transfers, transfer);
	rdl_transfer_shrink(transfers, transfer);
	while (*link != place)
		link = &rdl_transfer_at(transfers, *link)->bucket_next;
	*link = transfer->bucket_next;
	rdl_holders_take(&transfers->holders, transfer->holder, 1);
	rdl_unit_free(transfers, place);
}

void rdl_transfers_append(struct rdl_transfers *transfers, struct rdl_transfer *transfer,
	struct rdl_span octets, uint64_t now_ms)
{
	uint32_t len = transfer->len + (uint32_t)octets.len;

	/* Out of the lists, it is not asked to give way to itself. */
	unlist(transfers, transfer);
	make_room(transfers, rdl_units_of(len) - rdl_units_of(transfer->len), now_ms);
	if (transfer->kind == RDL_TRANSFER_ONE_BLOCK && transfer->len > 0)
		transfer->kind = RDL_TRANSFER_GROWN;
	rdl_transfer_write(transfers, transfer, octets);
	transfer->touched_ms = now_ms;
	enlist(transfers, transfer);
}
