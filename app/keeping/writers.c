/* SPDX-License-Identifier: BSD-3-Clause */
/* Threads that write: one a shard, and one that makes and removes files. */
#include "keeping_internal.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "clock.h"
#include "log.h"

#define US 1000l
/* Of a writer that finds nothing: at once after there was something, and when it is idle. */
#define PAUSE_NS (50 * US)
#define PAUSE_IDLE_NS (1000 * US)
#define TEND_NS (50 * 1000 * US)
/* At the end, for a segment that is being made, or for room. */
#define FINISH_MS 2000

static void nap(long ns)
{
	struct timespec pause = { .tv_nsec = ns };

	nanosleep(&pause, NULL);
}

bool keeping_finish(const struct writer *writer)
{
	struct rdl_journal *journal = writer->journal;
	uint64_t end_ms = rdl_clock_ms() + FINISH_MS;
	struct rdl_journal_state state;

	for (;;) {
		struct rdl_journal_stamp now = keeping_now();

		if (rdl_journal_finish(journal, writer->shard, &now))
			return true;
		rdl_journal_state(journal, writer->shard, &state);
		if (state.health == RDL_JOURNAL_FAILED || now.run_ms >= end_ms)
			return false;
		nap(TEND_NS);
	}
}

static void *write_log(void *self)
{
	struct writer *writer = self;
	struct rdl_journal *journal = writer->journal;
	long pause_ns = PAUSE_NS;

	while (!rdl_thread_is_stopping(&writer->thread)) {
		struct rdl_journal_stamp now = keeping_now();

		switch (rdl_journal_step(journal, writer->shard, &now)) {
		case RDL_JOURNAL_WROTE:
			pause_ns = PAUSE_NS;
			continue;
		case RDL_JOURNAL_IDLE:
		case RDL_JOURNAL_WAITS:
			break;
		case RDL_JOURNAL_ENDED:
			return NULL;
		}
		nap(pause_ns);
		if (pause_ns < PAUSE_IDLE_NS)
			pause_ns += pause_ns / 16;
	}
	writer->finished = keeping_finish(writer);
	return NULL;
}

static void *tend(void *self)
{
	struct keeping *keeping = self;

	while (!rdl_thread_is_stopping(&keeping->tender)) {
		rdl_journal_tend(keeping->journal);
		if (keeping->sessions != NULL)
			rdl_journal_tend(keeping->sessions->journal);
		nap(TEND_NS);
	}
	return NULL;
}

uint64_t keeping_memory(const struct rdl_conf *conf)
{
	if (conf->state.directory.path == NULL)
		return 0;
	return sizeof(struct keeping) + rdl_journal_memory(conf->shards, RDL_JOURNAL_GROUP_MAX) +
	       keeping_sessions_memory(conf);
}

uint64_t keeping_ring_octets(const struct rdl_conf *conf)
{
	uint64_t octets = RDL_JOURNAL_RING_MIN;

	if (conf->state.directory.path == NULL)
		return 0;
	while (octets < (uint64_t)conf->state.ring_kb * 1024)
		octets *= 2;
	return octets;
}

int keeping_begin(struct keeping *keeping, struct rdl_journal_ring *const rings[])
{
	static const enum rdl_journal_durability durabilities[] = {
		[RDL_CONF_COMMIT] = RDL_JOURNAL_COMMIT,
		[RDL_CONF_WINDOW] = RDL_JOURNAL_WINDOW,
		[RDL_CONF_NO_DURABILITY] = RDL_JOURNAL_UNSYNCED,
	};
	char problem[RDL_JOURNAL_PROBLEM_MAX];

	if (keeping == NULL)
		return 0;
	const struct rdl_conf *conf = keeping->conf;
	struct rdl_journal_config config = { .durability = durabilities[conf->state.durability],
		.window_ms = conf->state.window_ms,
		.shards = conf->shards,
		.rings = rings,
		.keep = (uint64_t)conf->state.keep_mb << 20,
		.segment_len = RDL_JOURNAL_SEGMENT_LEN,
		.group_len = RDL_JOURNAL_GROUP_MAX };
	memcpy(config.boot_id, keeping->boot_id, sizeof(config.boot_id));
	if (getrandom(config.run_id, sizeof(config.run_id), 0) != sizeof(config.run_id)) {
		rdl_log_error("start", "no random octets: %s", strerror(errno));
		return -1;
	}
	/*
	 * Positions go on from those before; in an empty directory, or one that is put back from a
	 * backup, what was given since is below the microseconds of now, as long as there were
	 * fewer than a million a second.
	 */
	if (keeping_no_events(conf) == NULL)
		config.origin = keeping_now().wall_ms * 1000;
	keeping->journal = rdl_journal_begin(keeping->logs, &config, problem);
	if (keeping->journal == NULL) {
		rdl_log_error("start", "%s", problem);
		return -1;
	}
	return keeping_sessions_begin(keeping);
}

int keeping_write(struct rdl_journal *journal, struct writer writers[], unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct writer *writer = &writers[i];

		*writer = (struct writer){ .journal = journal, .shard = i };
		if (rdl_thread_start(&writer->thread, "journal", write_log, writer) != 0)
			return -1;
	}
	return 0;
}

int keeping_start(struct keeping *keeping)
{
	if (keeping == NULL)
		return 0;
	if (keeping_write(keeping->journal, keeping->writers, keeping->conf->shards) != 0 ||
		(keeping->sessions != NULL &&
			keeping_write(keeping->sessions->journal, keeping->sessions->writers,
				keeping->conf->dtls.handshakes) != 0))
		return -1;
	return rdl_thread_start(&keeping->tender, "journal-files", tend, keeping);
}

static void ask_writers(struct writer writers[], unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		rdl_thread_ask(&writers[i].thread);
}

static void stop_writers(struct writer writers[], unsigned count, const char *whose)
{
	for (unsigned i = 0; i < count; i++) {
		struct writer *writer = &writers[i];
		bool ran = writer->thread.running;

		rdl_thread_stop(&writer->thread);
		if (ran && !writer->finished)
			rdl_log_error("stop",
				"the log is not whole: with durability commit no answer told of "
				"what is missing %s=%u",
				whose, i);
	}
}

void keeping_stop(struct keeping *keeping)
{
	if (keeping == NULL)
		return;
	unsigned shards = keeping->conf->shards, handshakers = keeping->conf->dtls.handshakes;
	/* All at once: each may take its time. */
	ask_writers(keeping->writers, shards);
	if (keeping->sessions != NULL)
		ask_writers(keeping->sessions->writers, handshakers);
	stop_writers(keeping->writers, shards, "shard");
	if (keeping->sessions != NULL)
		stop_writers(keeping->sessions->writers, handshakers, "handshaker");
	keeping_look(keeping);
	/* Up to here a writer may have needed a segment. */
	rdl_thread_stop(&keeping->tender);
}
