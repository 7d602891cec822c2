/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DTLS sessions: what handshakers logged of them becomes sessions again, and this run's logs begin.
 * Logs that anybody may have written to, or cut, are no ground to go on with keys on: then all
 * sessions are forgotten, and devices make new handshakes.
 */
#include "keeping_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

/* A fresh key for each run; sessions are fewer than registrations. */
#define SEGMENT_LEN (16 * 1024 * 1024)
/* From here on generations begin anew, without any of those that were. */
#define GENERATION_MAX (UINT32_MAX / 2)

static bool are_kept(const struct rdl_conf *conf)
{
	return conf->dtls.port != 0 && conf->state.sessions &&
	       conf->state.durability != RDL_CONF_NO_DURABILITY;
}

bool keeping_has_sessions(const struct keeping *keeping)
{
	return keeping != NULL && keeping->sessions != NULL;
}

bool keeping_can_read(const struct rdl_conf *conf, FILE *errors)
{
	const struct rdl_conf_where *where = &conf->state.key_file.where;
	uint8_t key[RDL_SEALED_KEY_LEN];

	if (conf->state.directory.path == NULL || !are_kept(conf) ||
		conf->state.key_file.path == NULL)
		return true;
	bool good = secrets_key(conf->state.key_file.path, false, key) == 0;
	explicit_bzero(key, sizeof(key));
	if (!good)
		fprintf(errors, "%s:%u: state.key_file cannot be used\n", where->file, where->line);
	return good;
}

/* One is made where there is nothing that another has sealed. */
static int read_key(const struct rdl_conf *conf, struct sessions *sessions)
{
	bool fresh = rdl_journal_logs_count(sessions->logs) == 0;
	char path[PATH_MAX];

	if (conf->state.key_file.path != NULL) {
		if (secrets_key(conf->state.key_file.path, false, sessions->key) == 0)
			return 0;
		rdl_log_error("start", "%s:%u: state.key_file cannot be used",
			conf->state.key_file.where.file, conf->state.key_file.where.line);
		return -1;
	}
	snprintf(path, sizeof(path), "%s/key", conf->state.directory.path);
	if (fresh || access(path, F_OK) == 0)
		return secrets_key(path, fresh, sessions->key);
	rdl_log_error("start",
		"%s: is missing, and without it no DTLS session comes back: put it back, or give "
		"them up by `rdline-state --forget-sessions`",
		path);
	return -1;
}

int keeping_sessions_open(struct keeping *keeping)
{
	const struct rdl_conf *conf = keeping->conf;
	char path[PATH_MAX], problem[RDL_JOURNAL_PROBLEM_MAX];

	if (!are_kept(conf))
		return 0;
	keeping->sessions = calloc(1, sizeof(*keeping->sessions));
	if (keeping->sessions == NULL) {
		rdl_log_error("start", "no memory for sessions that are kept");
		return -1;
	}
	pthread_mutex_init(&keeping->sessions->lock, NULL);
	snprintf(path, sizeof(path), "%s/sessions", conf->state.directory.path);
	keeping->sessions->logs = rdl_journal_logs_open(path, true, NULL, problem);
	if (keeping->sessions->logs != NULL)
		return read_key(conf, keeping->sessions);
	rdl_log_error("start", "%s:%u: %s", conf->state.directory.where.file,
		conf->state.directory.where.line, problem);
	return -1;
}

void keeping_sessions_close(struct keeping *keeping)
{
	struct sessions *sessions = keeping->sessions;

	if (sessions == NULL)
		return;
	rdl_journal_close(sessions->journal);
	rdl_journal_logs_close(sessions->logs);
	for (unsigned i = 0; i < RDL_CONF_HANDSHAKES_MAX; i++) {
		rdl_sealer_destroy(sessions->sealers[i]);
		if (sessions->rings[i] != NULL)
			free(sessions->rings[i]->octets);
		free(sessions->rings[i]);
	}
	pthread_mutex_destroy(&sessions->lock);
	explicit_bzero(sessions->key, sizeof(sessions->key));
	free(sessions);
}

void keeping_restore_to(struct keeping *keeping, const struct keeping_tables *tables)
{
	keeping->sessions->tables = *tables;
}

/* ---- reading ---- */

static struct rdl_dtls *table_of(const struct keeping *keeping, uint64_t session)
{
	return keeping->sessions->tables.of[rdl_dtls_partition(session) % keeping->conf->workers];
}

static void forget(struct keeping *keeping, const char *why)
{
	if (keeping->sessions->forgotten == NULL)
		rdl_log_warn("start", "no DTLS session comes back: %s directory=%s/sessions", why,
			keeping->conf->state.directory.path);
	keeping->sessions->forgotten = why;
}

/* By our clock, of what had so many seconds left when the entry was written. */
static uint32_t deadline_of(const struct keeping *keeping, const struct rdl_journal_log *log,
	const struct rdl_journal_entry *entry, uint32_t left_s)
{
	const struct sessions *sessions = keeping->sessions;
	uint64_t away_s =
		keeping_between_ms(entry->stamp, log->boot_id, &sessions->now, keeping->boot_id) /
		1000;

	if (left_s == UINT32_MAX)
		return UINT32_MAX;
	uint64_t deadline_s = left_s > away_s ? sessions->now_s + left_s - away_s : sessions->now_s;
	return deadline_s < UINT32_MAX ? (uint32_t)deadline_s : UINT32_MAX;
}

static void restore(struct keeping *keeping, struct rdl_sealed *sealed)
{
	struct keeping_tables *tables = &keeping->sessions->tables;
	struct rdl_dtls *table = table_of(keeping, sealed->kept.name);
	struct rdl_dtls_keys *keys = &sealed->kept.keys;
	const struct rdl_identity identity = { keys->mode,
		{ sealed->identity, sealed->identity_len } };

	if (rdl_dtls_lives(table, sealed->kept.name)) {
		rdl_dtls_restore_course(table, sealed->kept.name, &sealed->kept.course);
		return;
	}
	keys->identity = tables->intern(tables->context, &identity);
	if (keys->identity == 0) {
		keeping->sessions->unknown = true;
		return;
	}
	keys->incarnation = rdl_identities_incarnation(tables->identities, keys->identity);
	if (!rdl_dtls_restore(table, &sealed->kept))
		rdl_identities_release(tables->identities, keys->identity);
}

static void note_generation(struct sessions *sessions, uint32_t generation)
{
	if (generation > sessions->generation)
		sessions->generation = generation;
}

static bool apply(struct keeping *keeping, const struct rdl_journal_log *log,
	const struct rdl_journal_entry *entry, struct rdl_sealed *sealed)
{
	struct rdl_dtls_kept *kept = &sealed->kept;

	note_generation(keeping->sessions, (uint32_t)(kept->name >> 32));
	kept->course.deadline_s = deadline_of(keeping, log, entry, sealed->left_s);
	switch (sealed->kind) {
	case RDL_SEALED_SESSION:
		restore(keeping, sealed);
		break;
	case RDL_SEALED_COURSE:
		rdl_dtls_restore_course(table_of(keeping, kept->name), kept->name, &kept->course);
		break;
	case RDL_SEALED_GONE:
		rdl_dtls_restore_gone(table_of(keeping, kept->name), kept->name);
		break;
	case RDL_SEALED_BEGIN:
		note_generation(keeping->sessions, sealed->generation);
		if (sealed->format > RDL_SEALED_FORMAT) {
			rdl_log_error("start",
				"%s/sessions: entries are of format %u, which a newer version has "
				"written: this one knows up to %u",
				keeping->conf->state.directory.path, sealed->format,
				RDL_SEALED_FORMAT);
			return false;
		}
		break;
	case RDL_SEALED_END:
	case RDL_SEALED_KINDS:
		break;
	}
	return true;
}

/* Each is read to its end, whether it is of use or not: the next run begins there. */
static bool read_log(struct keeping *keeping, size_t index, bool (*ends)(void))
{
	struct sessions *sessions = keeping->sessions;
	const struct rdl_journal_log *log = rdl_journal_logs_get(sessions->logs, index);
	struct rdl_journal_reader *reader = rdl_journal_reader_create(sessions->logs, index);
	struct rdl_sealer *sealer = rdl_sealer_create(sessions->key, log->run_id, log->shard);
	enum rdl_journal_result result = RDL_JOURNAL_END;
	struct rdl_journal_entry entry;
	struct rdl_sealed sealed;
	bool good = reader != NULL && sealer != NULL;

	if (!good)
		rdl_log_error("start", "no memory to read the state");
	while (good && (result = rdl_journal_read(reader, &entry)) == RDL_JOURNAL_OK) {
		good = !ends();
		if (sessions->forgotten != NULL || !good)
			continue;
		if (rdl_unseal(sealer, entry.position, entry.octets, &sealed))
			good = apply(keeping, log, &entry, &sealed);
		else
			forget(keeping, "the key does not open what was kept");
	}
	if (good && result == RDL_JOURNAL_DAMAGED)
		rdl_log_error("start",
			"%s; or give up all sessions by `rdline-state --forget-sessions`: devices "
			"make new handshakes",
			rdl_journal_reader_problem(reader));
	explicit_bzero(&sealed, sizeof(sealed));
	rdl_journal_reader_destroy(reader);
	rdl_sealer_destroy(sealer);
	return good && result == RDL_JOURNAL_END;
}

static bool is_cut(const struct rdl_journal_logs *logs)
{
	for (size_t i = 0; i < rdl_journal_logs_count(logs); i++)
		if (rdl_journal_logs_get(logs, i)->cut)
			return true;
	return false;
}

bool keeping_sessions_read(struct keeping *keeping, bool (*ends)(void))
{
	struct sessions *sessions = keeping->sessions;

	if (sessions == NULL)
		return true;
	sessions->now = keeping_now();
	sessions->now_s = (uint32_t)(rdl_clock_ms() / 1000);
	if (is_cut(sessions->logs) || is_cut(keeping->logs))
		forget(keeping, "a log was cut");
	for (size_t i = 0; i < rdl_journal_logs_count(sessions->logs); i++)
		if (!read_log(keeping, i, ends))
			return false;
	return true;
}

void keeping_sessions_follow(struct sessions *sessions, const struct keeping *keeping,
	const struct rdl_journal_log *log, const struct rdl_journal_entry *entry,
	const struct rdl_entry_session *session)
{
	uint32_t idle_s = keeping->conf->dtls.session_idle_s;
	const struct rdl_dtls_course course = { .read_sequence = session->read_sequence,
		.registered = session->seconds > 0,
		.deadline_s = deadline_of(
			keeping, log, entry, session->seconds > 0 ? session->seconds : idle_s) };

	pthread_mutex_lock(&sessions->lock);
	sessions->named |= session->seconds > 0;
	/* Also of one that is forgotten: a later one of that name would be taken for it. */
	note_generation(sessions, (uint32_t)(session->session >> 32));
	rdl_dtls_restore_course(table_of(keeping, session->session), session->session, &course);
	pthread_mutex_unlock(&sessions->lock);
}

static void empty(struct rdl_dtls *table)
{
	struct rdl_dtls_course course;

	for (uint32_t slot = 0; slot < rdl_dtls_kept_slots_max(table); slot++) {
		uint32_t handle = rdl_dtls_kept_handle(table, slot);

		rdl_dtls_restore_gone(table, rdl_dtls_glance(table, handle, &course));
	}
}

void keeping_sessions_end(struct keeping *keeping)
{
	struct sessions *sessions = keeping->sessions;

	if (sessions == NULL)
		return;
	/* Their folder may have been removed, which is a way to be rid of them. */
	if (sessions->named && rdl_journal_logs_count(sessions->logs) == 0)
		forget(keeping, "those that registrations live by are not there");
	if (sessions->generation >= GENERATION_MAX) {
		forget(keeping, "the numbers of sessions are used up");
		sessions->generation = 0;
	}
	for (unsigned w = 0; w < keeping->conf->workers; w++) {
		if (sessions->forgotten != NULL)
			empty(sessions->tables.of[w]);
		keeping->recovered.sessions += rdl_dtls_restore_end(sessions->tables.of[w],
			sessions->generation + 1, (uint32_t)(rdl_clock_ms() / 1000));
	}
	if (sessions->unknown)
		rdl_log_info("start", "DTLS sessions whose credentials are gone do not come back");
}

void keeping_sessions_serve(struct keeping *keeping, uint64_t now_ms)
{
	for (unsigned w = 0; keeping->sessions != NULL && w < keeping->conf->workers; w++)
		rdl_dtls_restore_serve(keeping->sessions->tables.of[w],
			keeping->conf->state.restart_grace_s, (uint32_t)(now_ms / 1000 + 1));
}

/* ---- this run's logs ---- */

uint64_t keeping_sessions_memory(const struct rdl_conf *conf)
{
	if (!are_kept(conf))
		return 0;
	return sizeof(struct sessions) +
	       rdl_journal_memory(conf->dtls.handshakes, RDL_JOURNAL_GROUP_MAX) +
	       conf->dtls.handshakes *
		       (sizeof(struct rdl_journal_ring) + (uint64_t)RDL_JOURNAL_RING_MIN);
}

static bool make_ring(struct sessions *sessions, unsigned index)
{
	void *octets = calloc(1, RDL_JOURNAL_RING_MIN);
	struct rdl_journal_ring *ring = NULL;

	/* Its lines are of one thread each. */
	if (octets != NULL)
		ring = aligned_alloc(RDL_CACHE_LINE, sizeof(*ring));
	if (ring == NULL) {
		free(octets);
		return false;
	}
	rdl_journal_ring_init(ring, octets, RDL_JOURNAL_RING_MIN);
	sessions->rings[index] = ring;
	return true;
}

int keeping_sessions_begin(struct keeping *keeping)
{
	struct sessions *sessions = keeping->sessions;
	unsigned count = keeping->conf->dtls.handshakes;
	struct rdl_journal_config config = { .durability = RDL_JOURNAL_COMMIT,
		.shards = count,
		.segment_len = SEGMENT_LEN,
		.group_len = RDL_JOURNAL_GROUP_MAX };
	char problem[RDL_JOURNAL_PROBLEM_MAX];

	if (sessions == NULL)
		return 0;
	memcpy(config.boot_id, keeping->boot_id, sizeof(config.boot_id));
	if (getrandom(config.run_id, sizeof(config.run_id), 0) != sizeof(config.run_id)) {
		rdl_log_error("start", "no random octets: %s", strerror(errno));
		return -1;
	}
	for (unsigned i = 0; i < count; i++) {
		sessions->sealers[i] = rdl_sealer_create(sessions->key, config.run_id, i);
		if (sessions->sealers[i] == NULL || !make_ring(sessions, i)) {
			rdl_log_error("start", "no memory for sessions that are kept");
			return -1;
		}
	}
	config.rings = sessions->rings;
	sessions->journal = rdl_journal_begin(sessions->logs, &config, problem);
	if (sessions->journal == NULL)
		rdl_log_error("start", "%s", problem);
	return sessions->journal != NULL ? 0 : -1;
}

struct rdl_journal_ring *const *keeping_session_rings(const struct keeping *keeping)
{
	return keeping->sessions->rings;
}

struct rdl_sealer *const *keeping_session_sealers(const struct keeping *keeping)
{
	return keeping->sessions->sealers;
}

uint32_t keeping_session_generation(const struct keeping *keeping)
{
	return keeping->sessions->generation + 1;
}
