/* SPDX-License-Identifier: BSD-3-Clause */
#include "dialogues.h"

#include <assert.h>

/* Beside those that an order needs: of endpoints whose Message IDs must be remembered a while. */
#define SPARE 1024

uint32_t rdl_dialogues_for(const struct rdl_orders_config *config)
{
	return config->orders + config->observations + SPARE;
}

static uint32_t buckets_for(uint32_t count)
{
	return (uint32_t)rdl_power_of_two(2 * (uint64_t)count);
}

void rdl_dialogues_lay(struct rdl_dialogues *dialogues, uint32_t count, void *memory, size_t *end)
{
	uint8_t *base = memory;
	uint32_t buckets = buckets_for(count);
	size_t all = rdl_lay(end, count * sizeof(*dialogues->all));
	size_t turns = rdl_lay(end, (RDL_TURNS + (size_t)count) * sizeof(*dialogues->turns));
	size_t by_handle = rdl_lay(end, buckets * sizeof(*dialogues->by_handle));
	size_t by_awaited = rdl_lay(end, buckets * sizeof(*dialogues->by_awaited));
	size_t some = rdl_lay(end, (size_t)buckets / 64 * sizeof(*dialogues->some));

	if (base == NULL)
		return;
	dialogues->count = count;
	dialogues->all = (struct rdl_dialogue *)(void *)(base + all);
	dialogues->turns = (struct rdl_list_links *)(void *)(base + turns);
	dialogues->by_handle = (uint32_t *)(void *)(base + by_handle);
	dialogues->by_awaited = (uint32_t *)(void *)(base + by_awaited);
	dialogues->some = (uint64_t *)(void *)(base + some);
}

void rdl_dialogues_init(struct rdl_dialogues *dialogues)
{
	uint32_t buckets = buckets_for(dialogues->count);

	dialogues->shift = 32 - (unsigned)__builtin_ctz(buckets);
	memset(dialogues->by_handle, 0xff, buckets * sizeof(*dialogues->by_handle));
	memset(dialogues->by_awaited, 0xff, buckets * sizeof(*dialogues->by_awaited));
	for (uint32_t i = 0; i < RDL_TURNS + dialogues->count; i++)
		rdl_list_init(dialogues->turns, i);
	for (uint32_t i = 0; i < dialogues->count; i++)
		rdl_dialogues_set_turn(dialogues, &dialogues->all[i], RDL_TURN_FREE);
}

struct rdl_dialogue *rdl_dialogues_find(const struct rdl_dialogues *dialogues, rdl_handle handle)
{
	uint32_t bucket = rdl_dialogues_bucket(dialogues, handle);

	if (!rdl_dialogues_has(dialogues, bucket))
		return NULL;
	for (uint32_t i = dialogues->by_handle[bucket]; i != RDL_DIALOGUE_NONE;
		i = dialogues->all[i].next_of_handle)
		if (dialogues->all[i].handle == handle)
			return &dialogues->all[i];
	return NULL;
}

static void chain(struct rdl_dialogues *dialogues, struct rdl_dialogue *dialogue)
{
	uint32_t bucket = rdl_dialogues_bucket(dialogues, dialogue->handle);

	dialogue->next_of_handle = dialogues->by_handle[bucket];
	dialogues->by_handle[bucket] = rdl_dialogue_index(dialogues, dialogue);
	dialogues->some[bucket / 64] |= UINT64_C(1) << bucket % 64;
}

static void unchain(struct rdl_dialogues *dialogues, struct rdl_dialogue *dialogue)
{
	uint32_t bucket = rdl_dialogues_bucket(dialogues, dialogue->handle);
	uint32_t index = rdl_dialogue_index(dialogues, dialogue);
	uint32_t *at = &dialogues->by_handle[bucket];

	while (*at != index)
		at = &dialogues->all[*at].next_of_handle;
	*at = dialogue->next_of_handle;
	if (dialogues->by_handle[bucket] == RDL_DIALOGUE_NONE)
		dialogues->some[bucket / 64] &= ~(UINT64_C(1) << bucket % 64);
}

struct rdl_dialogue *rdl_dialogues_add(
	struct rdl_dialogues *dialogues, rdl_handle handle, uint64_t id)
{
	struct rdl_dialogue *dialogue = rdl_dialogues_first(dialogues, RDL_TURN_FREE);

	if (dialogue == NULL) {
		dialogue = rdl_dialogues_first(dialogues, RDL_TURN_IDLE);
		if (dialogue == NULL || dialogue->next_id > id)
			return NULL;
		unchain(dialogues, dialogue);
	}
	rdl_dialogues_set_turn(dialogues, dialogue, RDL_TURN_NONE);
	*dialogue = (struct rdl_dialogue){ .handle = handle, .expires_ms = UINT64_MAX };
	memset(dialogue->recent, 0xff, sizeof(dialogue->recent));
	chain(dialogues, dialogue);
	return dialogue;
}

void rdl_dialogues_move(
	struct rdl_dialogues *dialogues, struct rdl_dialogue *dialogue, rdl_handle handle)
{
	unchain(dialogues, dialogue);
	dialogue->handle = handle;
	chain(dialogues, dialogue);
}

void rdl_dialogues_remove(struct rdl_dialogues *dialogues, struct rdl_dialogue *dialogue)
{
	assert(dialogue->exchange.awaited == 0);
	unchain(dialogues, dialogue);
	rdl_dialogues_set_turn(dialogues, dialogue, RDL_TURN_FREE);
}

static uint32_t *awaited_bucket(const struct rdl_dialogues *dialogues, uint64_t awaited)
{
	return &dialogues->by_awaited[(uint32_t)awaited >> dialogues->shift];
}

struct rdl_dialogue *rdl_dialogues_awaiting(const struct rdl_dialogues *dialogues, uint64_t awaited)
{
	for (uint32_t i = *awaited_bucket(dialogues, awaited); i != RDL_DIALOGUE_NONE;
		i = dialogues->all[i].next_of_awaited)
		if (dialogues->all[i].exchange.awaited == awaited)
			return &dialogues->all[i];
	return NULL;
}

void rdl_dialogues_await(
	struct rdl_dialogues *dialogues, struct rdl_dialogue *dialogue, uint64_t awaited)
{
	uint32_t *bucket = awaited_bucket(dialogues, awaited);

	dialogue->exchange.awaited = awaited;
	dialogue->next_of_awaited = *bucket;
	*bucket = rdl_dialogue_index(dialogues, dialogue);
}

void rdl_dialogues_await_nothing(struct rdl_dialogues *dialogues, struct rdl_dialogue *dialogue)
{
	uint32_t index = rdl_dialogue_index(dialogues, dialogue);
	uint32_t *at = awaited_bucket(dialogues, dialogue->exchange.awaited);

	while (*at != index)
		at = &dialogues->all[*at].next_of_awaited;
	*at = dialogue->next_of_awaited;
	dialogue->exchange.awaited = 0;
}

void rdl_dialogues_set_turn(
	struct rdl_dialogues *dialogues, struct rdl_dialogue *dialogue, enum rdl_turn turn)
{
	uint32_t link = RDL_TURNS + rdl_dialogue_index(dialogues, dialogue);

	dialogue->turn = (uint8_t)turn;
	rdl_list_remove(dialogues->turns, link);
	/* RDL_TURN_NONE has no list. */
	if (turn == RDL_TURN_NONE)
		rdl_list_init(dialogues->turns, link);
	else
		rdl_list_append(dialogues->turns, turn, link);
}

struct rdl_dialogue *rdl_dialogues_first(const struct rdl_dialogues *dialogues, enum rdl_turn turn)
{
	uint32_t link = rdl_list_first(dialogues->turns, turn);

	return link == turn ? NULL : &dialogues->all[link - RDL_TURNS];
}
