/* SPDX-License-Identifier: BSD-3-Clause */
#include "identities_internal.h"

#include <assert.h>

#define HEAD 2

static uint32_t cell_take(struct rdl_identities *identities)
{
	uint32_t number = identities->cells_free;

	if (number != 0)
		identities->cells_free = identities->cells[number].next;
	else
		number = ++identities->cells_begun;
	identities->cells[number].next = 0;
	return number;
}

static bool has_room(const struct rdl_identities *identities, size_t len)
{
	return (len + RDL_CELL_OCTETS - 1) / RDL_CELL_OCTETS <=
	       identities->cell_room - identities->cell_count;
}

/* Writes octets behind those of a chain that ends at *reader, which has room for them. */
static void chain_write(struct rdl_identities *identities, struct rdl_chain_reader *end,
	const uint8_t *octets, size_t len)
{
	while (len > 0) {
		if (end->at == RDL_CELL_OCTETS) {
			uint32_t next = cell_take(identities);

			identities->cells[end->cell].next = next;
			identities->cell_count++;
			*end = (struct rdl_chain_reader){ identities, next, 0 };
		}
		size_t part = RDL_CELL_OCTETS - end->at;
		if (part > len)
			part = len;
		memcpy(identities->cells[end->cell].octets + end->at, octets, part);
		end->at += (uint32_t)part;
		octets += part;
		len -= part;
	}
}

uint32_t rdl_chain_make(
	struct rdl_identities *identities, struct rdl_span rest, struct rdl_span names)
{
	uint8_t head[HEAD];

	assert(names.len <= RDL_IDENTITY_NAMES_MAX);
	if (!has_room(identities, HEAD + rest.len + names.len))
		return 0;
	uint32_t chain = cell_take(identities);
	struct rdl_chain_reader end = { identities, chain, 0 };
	identities->cell_count++;
	rdl_put_be16(head, (uint16_t)names.len);
	chain_write(identities, &end, head, HEAD);
	chain_write(identities, &end, rest.data, rest.len);
	chain_write(identities, &end, names.data, names.len);
	return chain;
}

void rdl_chain_free(struct rdl_identities *identities, uint32_t chain)
{
	while (chain != 0) {
		struct rdl_cell *cell = &identities->cells[chain];
		uint32_t next = cell->next;

		cell->next = identities->cells_free;
		identities->cells_free = chain;
		identities->cell_count--;
		chain = next;
	}
}

void rdl_chain_retire(struct rdl_identities *identities, uint32_t chain)
{
	if (chain == 0)
		return;
	identities->cells[chain].next_old = identities->replaced;
	identities->replaced = chain;
}

static void grow_old(struct rdl_identities *identities, uint32_t chain, uint32_t now_s)
{
	struct rdl_queue *queue = &identities->old_chains;

	identities->cells[chain].next_old = 0;
	identities->cells[chain].since_s = now_s;
	if (queue->first == 0)
		queue->first = chain;
	else
		identities->cells[queue->last].next_old = chain;
	queue->last = chain;
}

bool rdl_chain_reclaim(struct rdl_identities *identities, uint32_t now_s, unsigned budget)
{
	struct rdl_queue *queue = &identities->old_chains;

	for (; budget > 0; budget--) {
		uint32_t chain = identities->replaced;

		if (chain != 0) {
			identities->replaced = identities->cells[chain].next_old;
			grow_old(identities, chain, now_s);
			continue;
		}
		chain = queue->first;
		if (chain == 0 ||
			now_s - identities->cells[chain].since_s <= RDL_IDENTITIES_LINGER_S)
			return false;
		queue->first = identities->cells[chain].next_old;
		rdl_chain_free(identities, chain);
	}
	return true;
}

void rdl_chain_read(struct rdl_chain_reader *reader, uint8_t *to, size_t len)
{
	while (len > 0) {
		const struct rdl_cell *cell = &reader->identities->cells[reader->cell];

		if (reader->at == RDL_CELL_OCTETS) {
			reader->cell = cell->next;
			reader->at = 0;
			continue;
		}
		size_t part = RDL_CELL_OCTETS - reader->at;
		if (part > len)
			part = len;
		memcpy(to, cell->octets + reader->at, part);
		reader->at += (uint32_t)part;
		to += part;
		len -= part;
	}
}

struct rdl_identity_view rdl_identity_view(const struct rdl_identities *identities, uint32_t number)
{
	const struct rdl_identity_record *record = &identities->records[number];
	struct rdl_identity_view view = { .record = record };
	uint8_t head[HEAD];

	assert(number > 0 && number <= identities->room);
	view.reader = (struct rdl_chain_reader){ identities,
		__atomic_load_n(&record->chain, __ATOMIC_ACQUIRE), 0 };
	if (view.reader.cell == 0)
		return view;
	rdl_chain_read(&view.reader, head, HEAD);
	view.names_len = rdl_get_be16(head);
	return view;
}

size_t rdl_identity_view_octets(struct rdl_identity_view *view, uint8_t octets[RDL_IDENTITY_MAX])
{
	const struct rdl_identity_record *record = view->record;
	size_t here = record->len < RDL_IDENTITY_INLINE ? record->len : RDL_IDENTITY_INLINE;

	memcpy(octets, record->octets, here);
	rdl_chain_read(&view->reader, octets + here, record->len - here);
	return record->len;
}
