/* SPDX-License-Identifier: BSD-3-Clause */
#include "tombstones.h"

void rdl_tombstones_init(struct rdl_tombstones *tombstones, const struct rdl_slab *slab)
{
	memset(tombstones, 0, sizeof(*tombstones));
	memset(tombstones->first, 0xff, sizeof(tombstones->first)); /* RDL_HANDLE_NONE */
	memset(tombstones->last, 0xff, sizeof(tombstones->last));
	tombstones->slab = slab;
}

void rdl_tombstones_add(struct rdl_tombstones *tombstones, rdl_handle handle)
{
	unsigned chain = tombstones->next % RDL_TOMBSTONE_CHAINS;
	struct rdl_record *record = rdl_slab_at(tombstones->slab, handle);

	record->burial = tombstones->next++;
	record->next = RDL_HANDLE_NONE;
	record->prev = tombstones->last[chain];
	if (record->prev == RDL_HANDLE_NONE)
		tombstones->first[chain] = handle;
	else
		rdl_slab_at(tombstones->slab, record->prev)->next = handle;
	tombstones->last[chain] = handle;
	tombstones->count++;
}

void rdl_tombstones_remove(struct rdl_tombstones *tombstones, rdl_handle handle)
{
	const struct rdl_record *record = rdl_slab_at(tombstones->slab, handle);
	unsigned chain = record->burial % RDL_TOMBSTONE_CHAINS;
	bool is_first = tombstones->first[chain] == handle;
	bool is_last = tombstones->last[chain] == handle;

	/* The one behind may keep a stale `prev`: nobody reads that of a chain's first. */
	if (is_first)
		tombstones->first[chain] = record->next;
	else
		rdl_slab_at(tombstones->slab, record->prev)->next = record->next;
	if (is_last)
		tombstones->last[chain] = is_first ? RDL_HANDLE_NONE : record->prev;
	else if (!is_first)
		rdl_slab_at(tombstones->slab, record->next)->prev = record->prev;
	tombstones->count--;
}

static struct rdl_record *at(const struct rdl_tombstones *tombstones, rdl_handle handle)
{
	return rdl_slab_at(tombstones->slab, handle);
}

/*
 * The oldest of the chains' heads, of which none is older than `number`. Mostly one has this very
 * number, in the chain where it belongs, and no other record is looked at.
 */
static rdl_handle oldest_of(const struct rdl_tombstones *tombstones,
	const rdl_handle heads[RDL_TOMBSTONE_CHAINS], uint32_t number)
{
	rdl_handle oldest = heads[number % RDL_TOMBSTONE_CHAINS];
	uint32_t least = UINT32_MAX;

	if (oldest != RDL_HANDLE_NONE && at(tombstones, oldest)->burial == number)
		return oldest;
	oldest = RDL_HANDLE_NONE;
	for (unsigned c = 0; c < RDL_TOMBSTONE_CHAINS; c++) {
		if (heads[c] == RDL_HANDLE_NONE)
			continue;
		/* Numbers come round, distances do not. */
		uint32_t distance = at(tombstones, heads[c])->burial - number;
		if (oldest == RDL_HANDLE_NONE || distance < least) {
			oldest = heads[c];
			least = distance;
		}
	}
	return oldest;
}

/* Lets a chain's head be the one behind it, and fetches that. */
static void advance(const struct rdl_tombstones *tombstones, rdl_handle *head)
{
	*head = at(tombstones, *head)->next;
	if (*head != RDL_HANDLE_NONE)
		rdl_slab_prefetch(tombstones->slab, *head);
}

unsigned rdl_tombstones_peek(
	const struct rdl_tombstones *tombstones, rdl_handle handles[], unsigned max)
{
	rdl_handle heads[RDL_TOMBSTONE_CHAINS];
	uint32_t number = tombstones->oldest;
	unsigned count = 0;

	memcpy(heads, tombstones->first, sizeof(heads));
	for (; count < max; count++) {
		rdl_handle oldest = oldest_of(tombstones, heads, number);

		if (oldest == RDL_HANDLE_NONE)
			break;
		handles[count] = oldest;
		number = at(tombstones, oldest)->burial;
		advance(tombstones, &heads[number % RDL_TOMBSTONE_CHAINS]);
		number++;
	}
	return count;
}

rdl_handle rdl_tombstones_pop_oldest(struct rdl_tombstones *tombstones, uint32_t second)
{
	rdl_handle oldest = oldest_of(tombstones, tombstones->first, tombstones->oldest);

	if (oldest == RDL_HANDLE_NONE || at(tombstones, oldest)->deadline > second)
		return RDL_HANDLE_NONE;
	uint32_t number = at(tombstones, oldest)->burial;
	rdl_tombstones_remove(tombstones, oldest);
	rdl_handle head = tombstones->first[number % RDL_TOMBSTONE_CHAINS];
	if (head != RDL_HANDLE_NONE)
		rdl_slab_prefetch(tombstones->slab, head);
	tombstones->oldest = number + 1;
	return oldest;
}
