/* SPDX-License-Identifier: BSD-3-Clause */
#include "exchange.h"

/* How many of the others belong to the registration as it is: they are the newest. */
static unsigned count_present(const struct rdl_record *record)
{
	unsigned n = 0;

	while (n < RDL_EXCHANGES && record->exchange[n] != 0 &&
		record->exchange_generation[n] == (uint8_t)record->generation)
		n++;
	return n;
}

static void copy_place(struct rdl_record *record, unsigned to, unsigned from)
{
	record->exchange[to] = record->exchange[from];
	record->exchange_second[to] = record->exchange_second[from];
	record->exchange_generation[to] = record->exchange_generation[from];
	record->exchange_facts[to] = record->exchange_facts[from];
}

/* Behind `place` newer ones; the oldest goes. */
static void insert(struct rdl_record *record, unsigned place, uint64_t exchange, uint32_t second)
{
	for (unsigned i = RDL_EXCHANGES - 1; i > place; i--)
		copy_place(record, i, i - 1);
	record->exchange[place] = exchange;
	record->exchange_second[place] = second;
	record->exchange_generation[place] = (uint8_t)record->generation;
	record->exchange_facts[place] =
		(uint8_t)(rdl_version_class(record->minor) << 1 | record->rooted);
}

void rdl_exchange_note(struct rdl_record *record, uint64_t exchange, uint32_t second)
{
	insert(record, 0, exchange, second);
}

void rdl_exchange_keep_register(struct rdl_record *record)
{
	unsigned place = count_present(record);

	if (record->register_exchange != 0 && place < RDL_EXCHANGES)
		insert(record, place, record->register_exchange, record->registered);
}

void rdl_exchange_forget(struct rdl_record *record)
{
	unsigned gone = count_present(record);

	record->register_exchange = 0;
	for (unsigned i = 0; i < RDL_EXCHANGES; i++) {
		if (i + gone < RDL_EXCHANGES)
			copy_place(record, i, i + gone);
		else
			record->exchange[i] = 0;
	}
}

void rdl_exchange_clear(struct rdl_record *record)
{
	record->register_exchange = 0;
	memset(record->exchange, 0, sizeof(record->exchange));
}

bool rdl_exchange_find(const struct rdl_record *record, uint64_t exchange, uint32_t second,
	struct rdl_exchange *found)
{
	uint32_t now = record->generation;
	unsigned i = 0;

	if (exchange == 0)
		return false;
	if (record->register_exchange == exchange) {
		*found = (struct rdl_exchange){ second - record->registered, now,
			rdl_version_class(record->minor), record->rooted };
		return true;
	}
	while (i < RDL_EXCHANGES && record->exchange[i] != exchange)
		i++;
	if (i == RDL_EXCHANGES)
		return false;
	/*
	 * Of a Register, which nobody asks for after 145 s, no more than 255 registrations lie
	 * between: what was replaced or de-registered would have pushed it out, what expired took a
	 * second at least.
	 */
	*found = (struct rdl_exchange){ second - record->exchange_second[i],
		now - (uint8_t)((uint8_t)now - record->exchange_generation[i]),
		record->exchange_facts[i] >> 1, record->exchange_facts[i] & 1 };
	return true;
}

bool rdl_exchange_remembers(const struct rdl_record *record, uint32_t second, uint32_t lifetime_s)
{
	return record->exchange[0] != 0 && second - record->exchange_second[0] < lifetime_s;
}
