/* SPDX-License-Identifier: BSD-3-Clause */
#include "exchange.h"

static uint8_t facts_of(const struct rdl_record *record)
{
	return (uint8_t)(rdl_rules_of(record->minor) << 1 | record->rooted);
}

static void push(struct rdl_record *record, uint64_t exchange, uint32_t second)
{
	for (unsigned i = RDL_EXCHANGES - 1; i > 0; i--) {
		record->exchange[i] = record->exchange[i - 1];
		record->exchange_second[i] = record->exchange_second[i - 1];
		record->exchange_generation[i] = record->exchange_generation[i - 1];
		record->exchange_facts[i] = record->exchange_facts[i - 1];
	}
	record->exchange[0] = exchange;
	record->exchange_second[0] = second;
	record->exchange_generation[0] = (uint8_t)record->generation;
	record->exchange_facts[0] = facts_of(record);
}

void rdl_exchange_note(struct rdl_record *record, uint64_t exchange, uint32_t second)
{
	push(record, exchange, second);
}

void rdl_exchange_keep_register(struct rdl_record *record)
{
	push(record, record->register_exchange, record->registered);
}

void rdl_exchange_clear(struct rdl_record *record)
{
	record->register_exchange = 0;
	memset(record->exchange, 0, sizeof(record->exchange));
}

static int place_of(
	const struct rdl_record *record, uint64_t exchange, uint32_t second, uint32_t lifetime_s)
{
	for (int i = 0; i < RDL_EXCHANGES && exchange != 0; i++)
		if (record->exchange[i] == exchange &&
			second - record->exchange_second[i] <= lifetime_s)
			return i;
	return -1;
}

bool rdl_exchange_find_register(const struct rdl_record *record, uint64_t exchange, uint32_t second,
	uint32_t lifetime_s, uint32_t *generation, uint8_t *rules, bool *rooted)
{
	uint32_t now = record->generation;
	int i;

	if (exchange != 0 && record->register_exchange == exchange &&
		second - record->registered <= lifetime_s) {
		*generation = now;
		*rules = rdl_rules_of(record->minor);
		*rooted = record->rooted;
		return true;
	}
	i = place_of(record, exchange, second, lifetime_s);
	if (i < 0)
		return false;
	/* No more than 255 Registers lie between: the memory is much shorter. */
	*generation = now - (uint8_t)((uint8_t)now - record->exchange_generation[i]);
	*rules = record->exchange_facts[i] >> 1;
	*rooted = record->exchange_facts[i] & 1;
	return true;
}

bool rdl_exchange_find(
	const struct rdl_record *record, uint64_t exchange, uint32_t second, uint32_t lifetime_s)
{
	return place_of(record, exchange, second, lifetime_s) >= 0;
}

uint32_t rdl_exchange_last(const struct rdl_record *record)
{
	uint32_t last = record->registered;

	if (record->exchange[0] != 0 && record->exchange_second[0] > last)
		last = record->exchange_second[0];
	return last;
}
