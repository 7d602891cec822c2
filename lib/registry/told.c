/* SPDX-License-Identifier: BSD-3-Clause */
#include "told.h"

#include <stdlib.h>

#include "entry_read.h"

struct named {
	uint32_t number; /* 0: none */
	struct rdl_object_list *list;
};

struct rdl_told {
	size_t octets, octets_max; /* of lists, and of their table */
	size_t *octets_left; /* of all who share it */
	uint32_t expiry_grace_s;
	/* The registry's seconds began at that millisecond of the run. */
	bool has_epoch;
	uint64_t epoch_ms;
	uint32_t kept_until; /* as in the wheel */
	/* Lists by their numbers, in a table no more than half full. */
	struct named *lists;
	uint32_t room, count;
	uint64_t copy[RDL_STORE_BLOCK_MAX / sizeof(uint64_t)];
};

size_t rdl_told_memory(void)
{
	return sizeof(struct rdl_told);
}

struct rdl_told *rdl_told_create(size_t octets_max, size_t *octets_left, uint32_t expiry_grace_s)
{
	struct rdl_told *told = calloc(1, sizeof(*told));

	if (told == NULL)
		return NULL;
	told->octets_max = octets_max;
	told->octets_left = octets_left;
	told->expiry_grace_s = expiry_grace_s;
	return told;
}

/* ---- lists ---- */

/* False: there are not so many. */
static bool take_octets(struct rdl_told *told, size_t octets)
{
	if (octets > told->octets_max - told->octets || octets > *told->octets_left)
		return false;
	told->octets += octets;
	*told->octets_left -= octets;
	return true;
}

static void give_octets(struct rdl_told *told, size_t octets)
{
	told->octets -= octets;
	*told->octets_left += octets;
}

static void forget_lists(struct rdl_told *told)
{
	for (uint32_t i = 0; told->count > 0 && i < told->room; i++) {
		struct named *named = &told->lists[i];

		if (named->number == 0)
			continue;
		if (named->list != NULL)
			give_octets(told, named->list->len);
		free(named->list);
		*named = (struct named){ 0, NULL };
		told->count--;
	}
}

void rdl_told_destroy(struct rdl_told *told)
{
	if (told == NULL)
		return;
	forget_lists(told);
	give_octets(told, told->octets); /* the table's */
	free(told->lists);
	free(told);
}

/* Where a number is, or would be. */
static struct named *place_of(const struct rdl_told *told, uint32_t number)
{
	uint32_t hash = number * UINT32_C(2654435769);
	uint32_t at = (uint32_t)((uint64_t)hash * told->room >> 32);

	while (told->lists[at].number != 0 && told->lists[at].number != number)
		at = (at + 1) & (told->room - 1);
	return &told->lists[at];
}

/* Room for one more. */
static bool grow(struct rdl_told *told)
{
	struct rdl_told larger = { .room = told->room == 0 ? 64 : 2 * told->room };

	if (told->count < told->room / 2)
		return true;
	if (!take_octets(told, larger.room * sizeof(*larger.lists)))
		return false;
	larger.lists = calloc(larger.room, sizeof(*larger.lists));
	if (larger.lists == NULL) {
		give_octets(told, larger.room * sizeof(*larger.lists));
		return false;
	}
	for (uint32_t i = 0; i < told->room; i++)
		if (told->lists[i].number != 0)
			*place_of(&larger, told->lists[i].number) = told->lists[i];
	give_octets(told, told->room * sizeof(*told->lists));
	free(told->lists);
	told->lists = larger.lists;
	told->room = larger.room;
	return true;
}

/* The list that comes with a registration gets its number; without room, nobody has that. */
static void keep(struct rdl_told *told, uint32_t number)
{
	const struct rdl_object_list *list = (const struct rdl_object_list *)told->copy;
	struct named *place = told->room > 0 ? place_of(told, number) : NULL;

	if (place == NULL || place->number == 0) {
		if (!grow(told))
			return;
		place = place_of(told, number);
	}
	if (place->list != NULL) {
		give_octets(told, place->list->len);
		free(place->list);
		place->list = NULL;
	}
	told->count += place->number != number;
	place->number = number;
	if (!take_octets(told, list->len))
		return;
	place->list = malloc(list->len);
	if (place->list != NULL)
		memcpy(place->list, list, list->len);
	else
		give_octets(told, list->len);
}

static const struct rdl_object_list *find(const struct rdl_told *told, uint32_t number)
{
	return told->room > 0 ? place_of(told, number)->list : NULL;
}

/* False: it brings one that none can be. */
static bool learn(struct rdl_told *told, const struct rdl_entry_registration *entry)
{
	if ((entry->head.flags & RDL_ENTRY_LIST) == 0)
		return true;
	if (!rdl_entry_copy_list(entry->objects, told->copy))
		return false;
	keep(told, entry->list);
	return true;
}

/* ---- facts ---- */

static struct rdl_registration registration_of(
	const struct rdl_entry_registration *entry, const struct rdl_object_list *objects)
{
	return (struct rdl_registration){
		.location = { .handle = entry->head.handle,
			.version_class = rdl_version_class(entry->minor),
			.rooted = (entry->head.flags & RDL_ENTRY_ROOTED) != 0,
			.generation = entry->head.generation },
		.endpoint = entry->name,
		.peer = entry->peer,
		.local = entry->local,
		.minor = entry->minor,
		.queue = (entry->head.flags & RDL_ENTRY_QUEUE) != 0,
		.binding = entry->binding,
		.lifetime_s = entry->lifetime_s,
		.objects = objects,
		.parameters = entry->parameters,
	};
}

static enum rdl_told_kind tell_event(
	struct rdl_told *told, struct rdl_span octets, unsigned wanted, struct rdl_told_fact *fact)
{
	struct rdl_entry_event event;

	if (!rdl_entry_read_event(octets, &event) || !learn(told, &event.registration))
		return RDL_TOLD_BAD;
	if ((wanted & RDL_TOLD_CHANGES) == 0)
		return RDL_TOLD_NOTHING;
	const struct rdl_object_list *objects = find(told, event.registration.list);
	if (objects == NULL)
		return RDL_TOLD_UNKNOWN;
	fact->change = event.kind;
	fact->members = event.members;
	fact->time_ms = event.time_ms;
	fact->registration = registration_of(&event.registration, objects);
	fact->registration.deadline_ms = event.deadline_ms;
	fact->registration.registered_ms = (uint64_t)event.registered * 1000;
	fact->registration.updated_ms = (uint64_t)event.updated * 1000;
	fact->identity = event.registration.identity;
	fact->old_location = event.old_location;
	fact->old_peer = event.old_peer;
	return RDL_TOLD_CHANGE;
}

/* By the wall's clock, whole seconds, of one of the registry's. */
static uint64_t second_ms(uint64_t epoch_ms, uint32_t second)
{
	return (epoch_ms / 1000 + (uint64_t)(int64_t)(int32_t)second) * 1000;
}

static enum rdl_told_kind tell_row(struct rdl_told *told, struct rdl_span octets, uint64_t run_ms,
	uint64_t wall_ms, unsigned wanted, struct rdl_told_fact *fact)
{
	struct rdl_entry_registration entry;

	if (!rdl_entry_read_registration(octets, &entry) || !learn(told, &entry))
		return RDL_TOLD_BAD;
	if ((wanted & RDL_TOLD_ROWS) == 0)
		return RDL_TOLD_NOTHING;
	const struct rdl_object_list *objects = find(told, entry.list);
	if (objects == NULL || !told->has_epoch)
		return RDL_TOLD_UNKNOWN;
	uint64_t epoch_ms = wall_ms - run_ms + told->epoch_ms;
	uint32_t registered =
			 entry.registered + ((entry.head.flags & RDL_ENTRY_REGISTERED_NEXT) != 0),
		 updated = entry.deadline - entry.lifetime_s - told->expiry_grace_s -
			   ((entry.head.flags & RDL_ENTRY_UPDATED_PREVIOUS) != 0);
	fact->time_ms = wall_ms;
	fact->registration = registration_of(&entry, objects);
	uint32_t end =
		entry.kept && entry.deadline < told->kept_until ? told->kept_until : entry.deadline;
	fact->registration.deadline_ms = epoch_ms + (uint64_t)end * 1000;
	fact->registration.registered_ms = second_ms(epoch_ms, registered);
	fact->registration.updated_ms = second_ms(epoch_ms, updated);
	fact->identity = entry.identity;
	return RDL_TOLD_ROW;
}

/* All lists are told anew. */
static enum rdl_told_kind begin_sweep(struct rdl_told *told, struct rdl_span octets)
{
	struct rdl_entry_sweep sweep;

	if (!rdl_entry_read_sweep(octets, &sweep) || sweep.format > RDL_ENTRY_FORMAT)
		return RDL_TOLD_BAD;
	forget_lists(told);
	told->has_epoch = true;
	told->epoch_ms = sweep.epoch_ms;
	told->kept_until = sweep.kept_until;
	return RDL_TOLD_NOTHING;
}

enum rdl_told_kind rdl_told_read(struct rdl_told *told, struct rdl_span entry, uint64_t run_ms,
	uint64_t wall_ms, unsigned wanted, struct rdl_told_fact *fact)
{
	enum rdl_entry_kind kind = entry.len > 0 ? (enum rdl_entry_kind)entry.data[0] : 0;

	*fact = (struct rdl_told_fact){ .kind = RDL_TOLD_NOTHING };
	if (kind == RDL_ENTRY_SWEEP_BEGIN)
		fact->kind = begin_sweep(told, entry);
	else if (kind == RDL_ENTRY_EVENT)
		fact->kind = tell_event(told, entry, wanted, fact);
	else if (kind == RDL_ENTRY_REGISTRATION)
		fact->kind = tell_row(told, entry, run_ms, wall_ms, wanted, fact);
	return fact->kind;
}
