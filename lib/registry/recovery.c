/* SPDX-License-Identifier: BSD-3-Clause */
#include "entry_read.h"
#include "recovery_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct rdl_recovery *rdl_recovery_create(struct rdl_registry *const registries[], unsigned count)
{
	struct rdl_recovery *recovery = calloc(1, sizeof(*recovery));

	if (recovery == NULL)
		return NULL;
	recovery->count = count;
	recovery->registries = calloc(count, sizeof(struct rdl_registry *));
	if (recovery->registries == NULL) {
		free(recovery);
		return NULL;
	}
	for (unsigned i = 0; i < count; i++) {
		recovery->registries[i] = registries[i];
		for (unsigned p = registries[i]->shard; p < RDL_PARTITIONS;
			p += registries[i]->shards)
			recovery->of_partition[p] = registries[i];
	}
	return recovery;
}

void rdl_recovery_destroy(struct rdl_recovery *recovery)
{
	if (recovery == NULL)
		return;
	rdl_recovery_forget_lists(recovery);
	rdl_recovery_forget_noted(recovery);
	free(recovery->log.lists);
	free(recovery->registries);
	free(recovery);
}

bool rdl_recovery_fail(struct rdl_recovery *recovery, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	recovery->failed = true;
	vsnprintf(recovery->error, sizeof(recovery->error), format, arguments);
	va_end(arguments);
	return false;
}

bool rdl_recovery_fail_room(struct rdl_recovery *recovery)
{
	return rdl_recovery_fail(recovery, "there is no room for the object lists, long names and "
					   "parameters of so many registrations");
}

const char *rdl_recovery_error(const struct rdl_recovery *recovery)
{
	return recovery->error;
}

void rdl_recovery_counts(const struct rdl_recovery *recovery, struct rdl_recovery_counts *counts)
{
	*counts = recovery->counts;
}

void rdl_recovery_begin_log(struct rdl_recovery *recovery)
{
	(void)rdl_recovery_drain(recovery); /* what fails, fails at the end */
	rdl_recovery_forget_lists(recovery);
	recovery->log.begun = false;
}

void rdl_recovery_set_time(struct rdl_recovery *recovery, uint64_t run_ms)
{
	uint64_t time_ms = run_ms + recovery->shift_ms;

	if (time_ms > recovery->last_ms)
		recovery->last_ms = time_ms;
}

/* Rounded down. */
static int64_t whole_seconds(int64_t ms)
{
	return ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
}

/* A sweep that begins says whose log it is, and tells all lists anew. */
static bool begin_sweep(struct rdl_recovery *recovery, struct rdl_span octets)
{
	struct rdl_recovery_log *log = &recovery->log;
	struct rdl_entry_sweep entry;

	if (!rdl_entry_read_sweep(octets, &entry))
		return rdl_recovery_fail(
			recovery, "an entry of a sweep's beginning cannot be read");
	if (entry.format > RDL_ENTRY_FORMAT)
		return rdl_recovery_fail(recovery,
			"entries are of format %u, which a newer version has written: this one "
			"knows up to %u",
			entry.format, RDL_ENTRY_FORMAT);
	if (!recovery->has_epoch)
		recovery->epoch_ms = entry.epoch_ms + recovery->shift_ms;
	recovery->has_epoch = true;
	int64_t behind_ms = (int64_t)(entry.epoch_ms + recovery->shift_ms - recovery->epoch_ms);
	rdl_recovery_forget_lists(recovery);
	log->shard = entry.shard;
	log->shards = entry.shards;
	log->begin_s = whole_seconds(behind_ms);
	log->end_s = whole_seconds(behind_ms + 999);
	if (!log->begun)
		rdl_recovery_keep_until(recovery, log->shard, log->shards,
			entry.kept_until > 0 ? (uint32_t)(entry.kept_until + log->end_s) : 0);
	rdl_recovery_raise_floor(recovery, entry.floor);
	log->begun = true;
	return true;
}

static bool apply(struct rdl_recovery *recovery, struct rdl_span entry)
{
	enum rdl_entry_kind kind = entry.len > 0 ? (enum rdl_entry_kind)entry.data[0] : 0;

	if (kind == 0 || kind >= RDL_ENTRY_EVENT)
		return rdl_recovery_fail(
			recovery, "an entry is of kind %u, and there is none", kind);
	recovery->counts.entries++;
	if (kind == RDL_ENTRY_SWEEP_BEGIN)
		return begin_sweep(recovery, entry);
	if (RDL_UNLIKELY(!recovery->log.begun)) {
		recovery->counts.skipped++;
		return true;
	}
	return rdl_recovery_apply_slot(recovery, kind, entry);
}

static bool apply_oldest(struct rdl_recovery *recovery)
{
	struct rdl_recovery_queued *queued = &recovery->queue[recovery->oldest];

	recovery->oldest = (recovery->oldest + 1) % RDL_RECOVERY_AHEAD;
	recovery->queued--;
	return apply(recovery, (struct rdl_span){ queued->octets, queued->len });
}

bool rdl_recovery_drain(struct rdl_recovery *recovery)
{
	while (!recovery->failed && recovery->queued > 0)
		if (!apply_oldest(recovery))
			return false;
	return !recovery->failed;
}

static void prefetch(const struct rdl_recovery *recovery, struct rdl_span entry)
{
	rdl_handle handle;

	if (entry.len < RDL_ENTRY_HEAD || entry.data[0] == RDL_ENTRY_SWEEP_BEGIN ||
		entry.data[0] == RDL_ENTRY_SWEEP_END)
		return;
	memcpy(&handle, entry.data + 2, sizeof(handle));
	const struct rdl_registry *registry = recovery->of_partition[handle >> 24];
	if (registry != NULL && rdl_slab_has(&registry->slab, handle))
		rdl_slab_prefetch(&registry->slab, handle);
}

bool rdl_recovery_apply(struct rdl_recovery *recovery, struct rdl_span entry)
{
	struct rdl_recovery_queued *queued;

	if (RDL_UNLIKELY(recovery->failed))
		return false;
	entry = rdl_entry_state(entry);
	if (RDL_UNLIKELY(entry.len > sizeof(queued->octets))) {
		if (!rdl_recovery_drain(recovery))
			return false;
		return apply(recovery, entry);
	}
	if (recovery->queued == RDL_RECOVERY_AHEAD && !apply_oldest(recovery))
		return false;
	queued = &recovery->queue[(recovery->oldest + recovery->queued) % RDL_RECOVERY_AHEAD];
	queued->len = (uint32_t)entry.len;
	if (entry.len > 0)
		memcpy(queued->octets, entry.data, entry.len);
	recovery->queued++;
	prefetch(recovery, entry);
	return true;
}

void rdl_recovery_end_run(struct rdl_recovery *recovery, uint64_t run_ms, uint64_t away_ms,
	uint64_t next_ms, uint32_t runs)
{
	rdl_recovery_begin_log(recovery);
	rdl_recovery_set_time(recovery, run_ms);
	if (recovery->has_epoch) {
		rdl_recovery_end_over(
			recovery, 0, 1, rdl_recovery_second(recovery, recovery->last_ms));
		rdl_recovery_skip_generations(recovery, runs);
	}
	recovery->shift_ms += run_ms + away_ms - next_ms;
}
