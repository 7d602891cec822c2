/* SPDX-License-Identifier: BSD-3-Clause */
#include "keeping_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

/* The file that the kernel names its life in, as a UUID: 32 digits and four dashes. */
static bool read_boot_id(uint8_t id[RDL_JOURNAL_ID_LEN])
{
	char text[64] = "";
	size_t got = 0;
	int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (file < 0)
		return false;
	ssize_t len = read(file, text, sizeof(text) - 1);
	close(file);
	for (const char *digit = text; len > 0 && got < RDL_JOURNAL_ID_LEN; digit += 2) {
		unsigned octet;

		digit += *digit == '-';
		if (sscanf(digit, "%2x", &octet) != 1)
			return false;
		id[got++] = (uint8_t)octet;
	}
	return got == RDL_JOURNAL_ID_LEN;
}

static uint64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct rdl_journal_stamp keeping_now(void)
{
	return (struct rdl_journal_stamp){ .run_ms = rdl_clock_ms(),
		.boot_ms = clock_ms(CLOCK_BOOTTIME),
		.wall_ms = clock_ms(CLOCK_REALTIME) };
}

uint64_t keeping_between_ms(const struct rdl_journal_stamp *then, const uint8_t then_boot[],
	const struct rdl_journal_stamp *moment, const uint8_t moment_boot[])
{
	bool same_boot = memcmp(then_boot, moment_boot, RDL_JOURNAL_ID_LEN) == 0;
	uint64_t from = same_boot ? then->boot_ms : then->wall_ms;
	uint64_t to = same_boot ? moment->boot_ms : moment->wall_ms;

	return to > from ? to - from : 0;
}

int keeping_open(const struct rdl_conf *conf, struct keeping **keeping)
{
	char problem[RDL_JOURNAL_PROBLEM_MAX];

	*keeping = NULL;
	if (conf->state.directory.path == NULL)
		return 0;
	struct keeping *new = calloc(1, sizeof(*new));
	if (new == NULL) {
		rdl_log_error("start", "no memory for what is kept");
		return -1;
	}
	new->conf = conf;
	new->logs = rdl_journal_logs_open(conf->state.directory.path, true, NULL, problem);
	if (new->logs == NULL) {
		rdl_log_error("start", "%s:%u: %s", conf->state.directory.where.file,
			conf->state.directory.where.line, problem);
		free(new);
		return -1;
	}
	/* Without one the wall's clock says how long it was away. */
	if (!read_boot_id(new->boot_id) &&
		getrandom(new->boot_id, sizeof(new->boot_id), 0) != sizeof(new->boot_id)) {
		rdl_log_error("start", "no random octets: %s", strerror(errno));
		keeping_close(new);
		return -1;
	}
	if (keeping_sessions_open(new) != 0) {
		keeping_close(new);
		return -1;
	}
	*keeping = new;
	return 0;
}

void keeping_close(struct keeping *keeping)
{
	if (keeping == NULL)
		return;
	keeping_sessions_close(keeping);
	rdl_journal_close(keeping->journal);
	rdl_journal_logs_close(keeping->logs);
	free(keeping);
}

int keeping_secrets(struct keeping *keeping, const struct secret secrets[], size_t count)
{
	char path[PATH_MAX];

	if (keeping == NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/secrets", keeping->conf->state.directory.path);
	switch (secrets_read(path, secrets, count)) {
	case SECRETS_READ:
		return 0;
	case SECRETS_WRONG:
		return -1;
	case SECRETS_ABSENT:
		break;
	}
	if (rdl_journal_logs_count(keeping->logs) > 0) {
		rdl_log_error("start",
			"%s: is missing, and without it the locations of the registrations beside "
			"it are lost: put it back, or begin with an empty directory",
			path);
		return -1;
	}
	return secrets_write(path, secrets, count);
}

const struct keeping_recovered *keeping_recovered(const struct keeping *keeping)
{
	return &keeping->recovered;
}

/* The worst of all logs'. */
static enum rdl_journal_health worst(const struct keeping *keeping)
{
	enum rdl_journal_health health = RDL_JOURNAL_WELL;
	struct rdl_journal_state state;

	for (unsigned s = 0; s < keeping->conf->shards; s++) {
		rdl_journal_state(keeping->journal, s, &state);
		if (state.health > health)
			health = state.health;
	}
	if (keeping->sessions == NULL)
		return health;
	for (unsigned i = 0; i < keeping->conf->dtls.handshakes; i++) {
		rdl_journal_state(keeping->sessions->journal, i, &state);
		if (state.health > health)
			health = state.health;
	}
	return health;
}

bool keeping_has_failed(const struct keeping *keeping)
{
	return keeping != NULL && worst(keeping) == RDL_JOURNAL_FAILED;
}

static void say(const struct keeping *keeping, const char *whose, unsigned index,
	const struct rdl_journal_state *state)
{
	const char *directory = keeping->conf->state.directory.path;

	switch (state->health) {
	case RDL_JOURNAL_WELL:
		rdl_log_info(
			"state", "the log goes on directory=%s %s=%u", directory, whose, index);
		break;
	case RDL_JOURNAL_NO_SPACE:
		rdl_log_warn("state",
			"no room for the log: what would change something is shed before long "
			"directory=%s %s=%u part=%s error=\"%s\"",
			directory, whose, index, state->what, strerror(state->error));
		break;
	case RDL_JOURNAL_FAILED:
		rdl_log_error("state",
			"the disk failed, nothing is acknowledged any more directory=%s %s=%u "
			"call=%s error=\"%s\"",
			directory, whose, index, state->what, strerror(state->error));
		break;
	}
}

static void look_at(const struct keeping *keeping, const struct rdl_journal *journal,
	struct writer writers[], unsigned count, const char *whose)
{
	struct rdl_journal_state state;

	for (unsigned i = 0; i < count; i++) {
		rdl_journal_state(journal, i, &state);
		if (state.health == writers[i].said)
			continue;
		writers[i].said = state.health;
		say(keeping, whose, i, &state);
	}
}

void keeping_look(struct keeping *keeping)
{
	if (keeping == NULL || keeping->journal == NULL)
		return;
	look_at(keeping, keeping->journal, keeping->writers, keeping->conf->shards, "shard");
	if (keeping->sessions != NULL && keeping->sessions->journal != NULL)
		look_at(keeping, keeping->sessions->journal, keeping->sessions->writers,
			keeping->conf->dtls.handshakes, "handshaker");
}

const char *keeping_health(const struct keeping *keeping)
{
	static const char *const words[] = { [RDL_JOURNAL_WELL] = "well",
		[RDL_JOURNAL_NO_SPACE] = "no space",
		[RDL_JOURNAL_FAILED] = "failed" };

	return words[worst(keeping)];
}

const char *keeping_no_events(const struct rdl_conf *conf)
{
	if (conf->state.directory.path == NULL)
		return "from: nothing is kept: the configuration has no state";
	if (conf->state.durability == RDL_CONF_NO_DURABILITY)
		return "from: nothing is kept for good: state.durability is none";
	if (conf->state.keep_mb == 0 || conf->events.socket.path == NULL)
		return "from: events are not kept: state.keep_mb is 0";
	return NULL;
}

const struct rdl_journal *keeping_journal(const struct keeping *keeping)
{
	return keeping != NULL ? keeping->journal : NULL;
}

const char *keeping_directory(const struct keeping *keeping)
{
	return keeping->conf->state.directory.path;
}

void keeping_figures(const struct keeping *keeping, struct keeping_figures *figures)
{
	const struct keeping_recovered *recovered = &keeping->recovered;

	*figures = (struct keeping_figures){ .restored = recovered->registrations,
		.restored_ended = recovered->ended_away,
		.restored_sessions = recovered->sessions,
		.restored_entries = recovered->entries,
		.restored_ms = recovered->ms };
	for (unsigned s = 0; s < keeping->conf->shards; s++) {
		struct rdl_journal_state state;

		rdl_journal_state(keeping->journal, s, &state);
		figures->entries += state.written;
		figures->confirmed += state.confirmed;
		figures->groups += state.groups;
		figures->octets += state.octets;
		figures->syncs += state.syncs;
		figures->segments += state.segments;
		figures->disk_octets += state.disk;
		if (state.older_runs > figures->runs_before)
			figures->runs_before = state.older_runs;
	}
	figures->kept_octets = rdl_journal_kept(keeping->journal);
	figures->lag = figures->entries - figures->confirmed;
}
