/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What runs before this one logged becomes registrations again. A log is read once: by a thread for
 * each shard where these are as many as they were, else by one for all.
 */
#include "keeping_internal.h"

#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "log.h"
#include "notify.h"
#include "recovery.h"

/* Between two looks at whether threads have ended, and two lines in the log. */
#define LOOK_MS 20
#define SAY_MS 2000

struct part {
	const struct keeping *keeping;
	bool alone; /* it reads all logs */
	unsigned shard; /* unless alone: whose log it reads */
	struct rdl_recovery *recovery;
	struct rdl_thread thread;
	uint64_t entries; /* read so far (relaxed) */
	int ended; /* by the thread (release) */
	bool good;
	/* The last moment that is known of the run that is being read, or of the one before. */
	bool has_last;
	struct rdl_journal_stamp last;
	const struct rdl_journal_log *last_log;
	char problem[RDL_JOURNAL_PROBLEM_MAX];
};

static bool is_its_own(const struct part *part, const struct rdl_journal_log *log)
{
	return part->alone || log->shard == part->shard;
}

/* The next run begins with this entry: as long after the one before as the clocks say. */
static void begin_run(
	struct part *part, const struct rdl_journal_log *log, const struct rdl_journal_stamp *first)
{
	if (part->has_last)
		rdl_recovery_end_run(part->recovery, part->last.run_ms,
			keeping_between_ms(
				&part->last, part->last_log->boot_id, first, log->boot_id),
			first->run_ms, log->run - part->last_log->run);
}

static bool apply(struct part *part, const struct rdl_journal_log *log,
	const struct rdl_journal_entry *entry, uint32_t *run)
{
	struct rdl_entry_session session;

	if (*run != log->run)
		begin_run(part, log, entry->stamp);
	*run = log->run;
	if (!part->has_last || part->last_log->run != log->run ||
		entry->stamp->run_ms > part->last.run_ms) {
		part->has_last = true;
		part->last = *entry->stamp;
		part->last_log = log;
	}
	rdl_recovery_set_time(part->recovery, entry->stamp->run_ms);
	if (part->keeping->sessions != NULL && rdl_entry_is_session(entry->octets, &session))
		keeping_sessions_follow(
			part->keeping->sessions, part->keeping, log, entry, &session);
	if (rdl_recovery_apply(part->recovery, entry->octets))
		return true;
	snprintf(part->problem, sizeof(part->problem), "%s: run %u, shard %u, position %llu: %s",
		keeping_directory(part->keeping), log->run, log->shard,
		(unsigned long long)entry->position, rdl_recovery_error(part->recovery));
	return false;
}

/* True: to its end. */
static bool read_log(struct part *part, size_t index, uint32_t *run)
{
	const struct rdl_journal_log *log = rdl_journal_logs_get(part->keeping->logs, index);
	struct rdl_journal_reader *reader = rdl_journal_reader_create(part->keeping->logs, index);
	enum rdl_journal_result result = RDL_JOURNAL_END;
	struct rdl_journal_entry entry;
	bool good = true;

	if (reader == NULL) {
		snprintf(part->problem, sizeof(part->problem), "no memory to read the state");
		return false;
	}
	rdl_recovery_begin_log(part->recovery);
	while (good && (result = rdl_journal_read(reader, &entry)) == RDL_JOURNAL_OK) {
		good = apply(part, log, &entry, run) && !rdl_thread_is_stopping(&part->thread);
		__atomic_store_n(&part->entries, part->entries + 1, __ATOMIC_RELAXED);
	}
	/* The last groups may say no more than how late it was. */
	if (result == RDL_JOURNAL_END && part->has_last && part->last_log->run == log->run &&
		log->last.run_ms > part->last.run_ms)
		part->last = log->last;
	if (good && result == RDL_JOURNAL_DAMAGED)
		snprintf(part->problem, sizeof(part->problem), "%s",
			rdl_journal_reader_problem(reader));
	rdl_journal_reader_destroy(reader);
	return good && result == RDL_JOURNAL_END;
}

static bool read_all(struct part *part)
{
	const struct rdl_journal_logs *logs = part->keeping->logs;
	uint32_t run = UINT32_MAX;

	for (size_t i = 0; i < rdl_journal_logs_count(logs); i++)
		if (is_its_own(part, rdl_journal_logs_get(logs, i)) && !read_log(part, i, &run))
			return false;
	struct rdl_journal_stamp now = keeping_now();
	if (part->has_last)
		rdl_recovery_end_run(part->recovery, part->last.run_ms,
			keeping_between_ms(
				&part->last, part->last_log->boot_id, &now, part->keeping->boot_id),
			now.run_ms, rdl_journal_logs_next_run(logs) - part->last_log->run);
	if (rdl_recovery_finish(
		    part->recovery, now.run_ms, part->keeping->conf->state.restart_grace_s))
		return true;
	snprintf(part->problem, sizeof(part->problem), "%s: %s", keeping_directory(part->keeping),
		rdl_recovery_error(part->recovery));
	return false;
}

static void *recover(void *self)
{
	struct part *part = self;

	part->good = read_all(part);
	__atomic_store_n(&part->ended, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* ---- all of them ---- */

static uint64_t entries_of(const struct part parts[], unsigned count)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += __atomic_load_n(&parts[i].entries, __ATOMIC_RELAXED);
	return sum;
}

static bool all_ended(const struct part parts[], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (__atomic_load_n(&parts[i].ended, __ATOMIC_ACQUIRE) == 0)
			return false;
	return true;
}

/* Until all have ended, or it is not wanted any more: false. */
static bool wait_for(const struct part parts[], unsigned count, bool (*ends)(void))
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000l };
	uint64_t say_ms = rdl_clock_ms() + SAY_MS;

	while (!all_ended(parts, count)) {
		if (ends())
			return false;
		if (rdl_clock_ms() >= say_ms) {
			unsigned long long entries = entries_of(parts, count);

			say_ms += SAY_MS;
			rdl_log_info("start", "reads the state entries=%llu", entries);
			rdl_notify_starting("reads the state, %llu entries so far", entries);
		}
		nanosleep(&pause, NULL);
	}
	return true;
}

/* How many read: one for each shard, or one for all. */
static unsigned count_parts(const struct keeping *keeping)
{
	for (size_t i = 0; i < rdl_journal_logs_count(keeping->logs); i++)
		if (rdl_journal_logs_get(keeping->logs, i)->shards != keeping->conf->shards)
			return 1;
	return keeping->conf->shards;
}

static bool start_parts(const struct keeping *keeping, struct part parts[], unsigned count,
	struct rdl_registry *const registries[])
{
	unsigned each = keeping->conf->shards / count;

	for (unsigned i = 0; i < count; i++) {
		parts[i] = (struct part){ .keeping = keeping,
			.alone = count == 1,
			.shard = i,
			.recovery = rdl_recovery_create(&registries[i], each) };
		if (parts[i].recovery == NULL) {
			rdl_log_error("start", "no memory to read the state");
			return false;
		}
	}
	for (unsigned i = 0; i < count; i++)
		if (rdl_thread_start(&parts[i].thread, "recovery", recover, &parts[i]) != 0)
			return false;
	return true;
}

/* Their results; false where one is none, which the log is told. */
static bool sum_up(struct keeping *keeping, const struct part parts[], unsigned count)
{
	struct keeping_recovered *recovered = &keeping->recovered;
	struct rdl_recovery_counts counts;
	bool good = true;

	for (unsigned i = 0; i < count; i++) {
		if (!parts[i].good && parts[i].problem[0] != '\0')
			rdl_log_error("start", "%s", parts[i].problem);
		good = good && parts[i].good;
		rdl_recovery_counts(parts[i].recovery, &counts);
		recovered->registrations += counts.registrations;
		recovered->tombstones += counts.tombstones;
		recovered->ended_away += counts.ended_away;
		recovered->unsecured += counts.unsecured;
		recovered->entries += parts[i].entries;
	}
	return good;
}

/* What was being written when a run ended was not acknowledged; but it may be the disk. */
static void say_ends(const struct rdl_journal_logs *logs)
{
	for (size_t i = 0; i < rdl_journal_logs_count(logs); i++) {
		const struct rdl_journal_log *log = rdl_journal_logs_get(logs, i);

		if (log->torn)
			rdl_log_warn("start",
				"a group was not whole, the state ends before it run=%u shard=%u "
				"segment=%u octet=%llu position=%llu",
				log->run, log->shard, log->torn_segment,
				(unsigned long long)log->torn_at, (unsigned long long)log->end + 1);
		if (log->cut)
			rdl_log_warn("start", "the state was cut run=%u shard=%u position=%llu",
				log->run, log->shard, (unsigned long long)log->end + 1);
	}
}

/* They would have to register anew, and did nothing wrong. */
static void say_unsecured(const struct keeping *keeping)
{
	if (keeping->recovered.unsecured > 0)
		rdl_log_warn("start",
			"without the group dtls, entries of registrations that came by it are of "
			"no use: they are gone for good when the first snapshot is whole "
			"directory=%s entries=%llu",
			keeping_directory(keeping),
			(unsigned long long)keeping->recovered.unsecured);
}

static int recover_registrations(
	struct keeping *keeping, struct rdl_registry *const registries[], bool (*ends)(void))
{
	if (rdl_journal_logs_count(keeping->logs) == 0)
		return 0;
	unsigned count = count_parts(keeping);
	struct part *parts = calloc(count, sizeof(*parts));
	if (parts == NULL) {
		rdl_log_error("start", "no memory to read the state");
		return -1;
	}
	bool good = start_parts(keeping, parts, count, registries) && wait_for(parts, count, ends);
	for (unsigned i = 0; i < count; i++)
		rdl_thread_stop(&parts[i].thread);
	good = good && sum_up(keeping, parts, count);
	if (good) {
		say_ends(keeping->logs);
		say_unsecured(keeping);
	}
	for (unsigned i = 0; i < count; i++)
		rdl_recovery_destroy(parts[i].recovery);
	free(parts);
	return good ? 0 : -1;
}

int keeping_recover(
	struct keeping *keeping, struct rdl_registry *const registries[], bool (*ends)(void))
{
	uint64_t began_ms = rdl_clock_ms();

	if (keeping == NULL)
		return 0;
	if (!keeping_sessions_read(keeping, ends) ||
		recover_registrations(keeping, registries, ends) != 0)
		return -1;
	keeping_sessions_end(keeping);
	keeping->recovered.ms = rdl_clock_ms() - began_ms;
	return 0;
}

void keeping_serve(struct keeping *keeping, struct rdl_registry *const registries[])
{
	uint64_t now_ms = rdl_clock_ms();

	if (keeping == NULL)
		return;
	for (unsigned s = 0; s < keeping->conf->shards; s++)
		rdl_recovery_serve(registries[s], now_ms, keeping->conf->state.restart_grace_s);
	keeping_sessions_serve(keeping, now_ms);
}
