/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch.h"

bool rdl_gate_pass(struct rdl_gate *gate, uint64_t now_ms, uint32_t lines, uint32_t each_ms,
	uint64_t *swallowed)
{
	if (now_ms >= gate->until_ms) {
		gate->until_ms = now_ms + each_ms;
		gate->said = 0;
	}
	if (gate->said >= lines) {
		gate->swallowed++;
		return false;
	}
	gate->said++;
	*swallowed = gate->swallowed;
	gate->swallowed = 0;
	return true;
}

uint64_t rdl_gate_rest(struct rdl_gate *gate, uint64_t now_ms)
{
	uint64_t rest = now_ms >= gate->until_ms ? gate->swallowed : 0;

	gate->swallowed -= rest;
	return rest;
}

/* used / room >= percent / 100, of any numbers. */
static bool is_at(uint64_t used, uint64_t room, unsigned percent)
{
	uint64_t line = room / 100 * percent + (room % 100 * percent + 99) / 100;

	return used >= line;
}

enum rdl_fill rdl_fill_next(enum rdl_fill was, uint64_t used, uint64_t room)
{
	if (room == 0)
		return RDL_FILL_ROOM;
	if (is_at(used, room, 100) || (was == RDL_FILL_FULL && is_at(used, room, 95)))
		return RDL_FILL_FULL;
	if (is_at(used, room, 90) || (was != RDL_FILL_ROOM && is_at(used, room, 80)))
		return RDL_FILL_NEARLY;
	return RDL_FILL_ROOM;
}

enum rdl_stall_news rdl_stall_look(
	struct rdl_stall *stall, uint64_t age_ms, uint64_t limit_ms, uint64_t *worst_ms)
{
	*worst_ms = stall->worst_ms;
	if (age_ms <= limit_ms || age_ms < stall->worst_ms) {
		bool stood = stall->worst_ms > 0;

		*stall = (struct rdl_stall){ 0 };
		return stood ? RDL_STALL_GOES_ON : RDL_STALL_NOTHING;
	}
	stall->worst_ms = *worst_ms = age_ms;
	if (age_ms < stall->next_ms)
		return RDL_STALL_NOTHING;
	stall->next_ms = 2 * age_ms;
	return RDL_STALL_STANDS;
}

bool rdl_is_journal(const char *journal_stream, uint64_t device, uint64_t inode)
{
	uint64_t numbers[2];

	if (journal_stream == NULL)
		return false;
	const char *colon = strchr(journal_stream, ':');
	if (colon == NULL)
		return false;
	struct rdl_span parts[2] = {
		{ (const uint8_t *)journal_stream, (size_t)(colon - journal_stream) },
		{ (const uint8_t *)colon + 1, strlen(colon + 1) },
	};
	return rdl_decimal(parts[0], UINT64_MAX, &numbers[0]) && numbers[0] == device &&
	       rdl_decimal(parts[1], UINT64_MAX, &numbers[1]) && numbers[1] == inode;
}
