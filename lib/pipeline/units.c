/* SPDX-License-Identifier: BSD-3-Clause */
#include "units.h"

#include <assert.h>

uint32_t rdl_unit_take(struct rdl_transfers *transfers)
{
	uint32_t place = transfers->free;

	assert(transfers->unused > 0);
	transfers->unused--;
	if (place == NONE)
		return transfers->fresh++;
	transfers->free = rdl_unit_at(transfers, place)->next;
	return place;
}

void rdl_unit_free(struct rdl_transfers *transfers, uint32_t place)
{
	rdl_unit_at(transfers, place)->next = transfers->free;
	transfers->free = place;
	transfers->unused++;
}

/* A run of a body's octets that lie together. */
struct piece {
	uint8_t *data;
	size_t len;
	uint32_t next; /* the unit that the body goes on in */
};

static struct piece first_piece(struct rdl_transfer *t)
{
	return (struct piece){ t->data, RDL_TRANSFER_FIRST, t->next };
}

static struct piece piece_after(const struct rdl_transfers *transfers, const struct piece *piece)
{
	struct rdl_unit *unit = rdl_unit_at(transfers, piece->next);

	return (struct piece){ unit->data, RDL_TRANSFER_NEXT, unit->next };
}

/* Where the octets behind the last one go. */
static struct piece last_piece(const struct rdl_transfers *transfers, struct rdl_transfer *t)
{
	bool is_first = t->last == rdl_transfer_place(transfers, t);
	struct piece piece = is_first ? first_piece(t)
				      : piece_after(transfers, &(struct piece){ .next = t->last });
	size_t before = is_first ? 0
				 : RDL_TRANSFER_FIRST +
					   (size_t)(rdl_units_of(t->len) - 2) * RDL_TRANSFER_NEXT;

	piece.data += t->len - before;
	piece.len -= t->len - before;
	return piece;
}

static uint32_t add_unit(struct rdl_transfers *transfers, struct rdl_transfer *t)
{
	uint32_t place = rdl_unit_take(transfers);

	rdl_unit_at(transfers, place)->next = NONE;
	if (t->last == rdl_transfer_place(transfers, t))
		t->next = place;
	else
		rdl_unit_at(transfers, t->last)->next = place;
	t->last = place;
	rdl_holders_give(&transfers->holders, t->holder, 1);
	return place;
}

void rdl_transfer_write(
	struct rdl_transfers *transfers, struct rdl_transfer *transfer, struct rdl_span octets)
{
	uint32_t len = transfer->len + (uint32_t)octets.len;
	struct piece piece = last_piece(transfers, transfer);

	while (octets.len > 0) {
		size_t n = octets.len < piece.len ? octets.len : piece.len;

		memcpy(piece.data, octets.data, n);
		octets = (struct rdl_span){ octets.data + n, octets.len - n };
		if (octets.len == 0)
			break;
		piece.next = add_unit(transfers, transfer);
		piece = piece_after(transfers, &piece);
	}
	transfer->len = len;
}

void rdl_transfer_shrink(struct rdl_transfers *transfers, struct rdl_transfer *transfer)
{
	uint32_t rest = rdl_units_of(transfer->len) - 1;

	for (uint32_t place = transfer->next, next; place != NONE; place = next) {
		next = rdl_unit_at(transfers, place)->next;
		rdl_unit_free(transfers, place);
	}
	if (rest > 0)
		rdl_holders_take(&transfers->holders, transfer->holder, rest);
	transfer->next = NONE;
	transfer->last = rdl_transfer_place(transfers, transfer);
	transfer->len = 0;
}

bool rdl_transfers_holds(const struct rdl_transfers *transfers, const struct rdl_transfer *transfer,
	uint64_t offset, struct rdl_span octets)
{
	struct piece piece = first_piece((struct rdl_transfer *)(uintptr_t)transfer);

	if (offset + octets.len > transfer->len)
		return false;
	while (octets.len > 0) {
		if (offset >= piece.len) {
			offset -= piece.len;
		} else {
			size_t n = piece.len - (size_t)offset;

			n = octets.len < n ? octets.len : n;
			if (memcmp(piece.data + offset, octets.data, n) != 0)
				return false;
			octets = (struct rdl_span){ octets.data + n, octets.len - n };
			offset = 0;
		}
		if (octets.len > 0)
			piece = piece_after(transfers, &piece);
	}
	return true;
}

void rdl_transfers_copy(
	const struct rdl_transfers *transfers, const struct rdl_transfer *transfer, uint8_t *to)
{
	struct piece piece = first_piece((struct rdl_transfer *)(uintptr_t)transfer);

	for (size_t left = transfer->len; left > 0;) {
		size_t n = left < piece.len ? left : piece.len;

		memcpy(to, piece.data, n);
		to += n;
		left -= n;
		if (left > 0)
			piece = piece_after(transfers, &piece);
	}
}
