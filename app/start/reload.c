/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration's file, read at the start and again while the gateway runs. What may change is
 * put in force whole, or not at all; what was read last stays in force whatever is wrong.
 */
#include "daemon.h"

#include <stdlib.h>

#include "clock.h"
#include "log.h"

struct rdl_conf *daemon_load(const char *path, const struct rdl_conf *running, FILE *errors,
	struct rdl_certificates **certificates)
{
	struct rdl_conf *conf = running == NULL ? rdl_conf_load(path, errors)
						: rdl_conf_load_again(path, running, errors);

	*certificates = NULL;
	if (conf == NULL || conf->dtls.port == 0)
		return conf;
	/* Whoever runs has it open, and does not open another one. */
	bool good = running != NULL || handshakers_can_read(conf, errors);
	good &= running != NULL || keeping_can_read(conf, errors);
	if (conf->dtls.key.path != NULL) {
		*certificates = daemon_certificates(conf, errors);
		good &= *certificates != NULL;
	}
	if (good)
		return conf;
	rdl_certificates_release(*certificates);
	*certificates = NULL;
	rdl_conf_free(conf);
	return NULL;
}

struct rdl_conf *daemon_read(
	const char *path, const struct rdl_conf *running, struct rdl_certificates **certificates)
{
	char *text = NULL, *rest = NULL;
	size_t len;
	FILE *errors = open_memstream(&text, &len);
	struct rdl_conf *conf =
		daemon_load(path, running, errors != NULL ? errors : stderr, certificates);

	if (errors == NULL)
		return conf;
	fclose(errors);
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest))
		rdl_log_line(RDL_LOG_ERROR, "", line);
	free(text);
	return conf;
}

static void log_change(
	enum rdl_log_level level, const char *what, const struct rdl_conf_change *change)
{
	if (change->was[0] == '\0')
		rdl_log(level, "reload", "%s key=%s", what, change->key);
	else
		rdl_log(level, "reload", "%s key=%s was=%s now=%s", what, change->key, change->was,
			change->now);
}

/* Says each key that takes effect on this occasion and differs; returns how many. */
static unsigned log_changes(
	enum rdl_conf_when when, const struct rdl_conf *was, const struct rdl_conf *now)
{
	struct rdl_conf_change changes[RDL_CONF_CHANGES_MAX];
	unsigned count = rdl_conf_changes(was, now, changes), said = 0;

	for (unsigned i = 0; i < count; i++) {
		if (changes[i].when != when)
			continue;
		said++;
		if (when == RDL_CONF_AT_RELOAD)
			log_change(RDL_LOG_INFO, "changed", &changes[i]);
		else
			log_change(RDL_LOG_WARN, "waits for a restart", &changes[i]);
	}
	return said;
}

/* What the log shows of a reload is what it shows before or after it, whichever is more. */
static void log_outcome(struct daemon *daemon, const struct rdl_conf *conf, uint64_t began_ms)
{
	const struct rdl_rules *rules = daemon->rulebook.current;
	enum rdl_log_level was = (enum rdl_log_level)daemon->in_force->log_level;

	rdl_log_show(was > rules->log_level ? was : rules->log_level);
	unsigned changed = log_changes(RDL_CONF_AT_RELOAD, daemon->in_force, conf);
	unsigned waiting = log_changes(RDL_CONF_AT_START, daemon->conf, conf);
	rdl_log_info("reload", "done rules=%llu changed=%u waiting=%u ms=%llu",
		(unsigned long long)rules->number, changed, waiting,
		(unsigned long long)(rdl_clock_ms() - began_ms));
	rdl_log_show(rules->log_level);
}

/* False without memory: nothing is changed then. */
static bool put_in_force(struct daemon *daemon, const struct rdl_conf *conf)
{
	struct rdl_conf_change changes[RDL_CONF_CHANGES_MAX];
	unsigned count = rdl_conf_changes(daemon->in_force, conf, changes), i = 0;

	while (i < count && changes[i].when != RDL_CONF_AT_RELOAD)
		i++;
	if (i == count)
		return true; /* the rules say the same: what workers know by them stays */
	struct rdl_rules *rules = daemon_rules(daemon, conf);
	if (rules == NULL)
		return false;
	rdl_rulebook_change(&daemon->rulebook, rules);
	return true;
}

/* Files may have changed though no key has. */
static void use_certificates(struct daemon *daemon, struct rdl_certificates *certificates)
{
	if (daemon->handshakers != NULL)
		handshakers_use(daemon->handshakers, certificates);
	rdl_certificates_release(daemon->dtls.certificates);
	daemon->dtls.certificates = certificates;
}

/* NULL: there is nothing that they are for, or *good is false. */
static struct allows *read_allows(
	const struct daemon *daemon, const struct rdl_conf *conf, bool *good)
{
	/* The group goes, or stays away, until a restart. */
	if (daemon->callers == NULL || conf->requests.socket.path == NULL)
		return NULL;
	struct allows *allows = callers_read_allows(conf);
	*good = allows != NULL;
	return allows;
}

bool daemon_reload(struct daemon *daemon)
{
	uint64_t began_ms = rdl_clock_ms();
	struct rdl_certificates *certificates = NULL;
	struct rdl_conf *conf = daemon_read(daemon->path, daemon->conf, &certificates);
	bool good = conf != NULL;
	struct allows *allows = good ? read_allows(daemon, conf, &good) : NULL;

	if (!good || !put_in_force(daemon, conf)) {
		rdl_log_error("reload", "nothing is changed: %s",
			good ? "no memory for the rules" : "the file cannot be used");
		rdl_certificates_release(certificates);
		free(allows);
		rdl_conf_free(conf);
		return false;
	}
	/* Without the group, DTLS goes on with what it has until a restart. */
	if (conf->dtls.port != 0)
		use_certificates(daemon, certificates);
	if (allows != NULL)
		callers_allow(daemon->callers, allows);
	log_outcome(daemon, conf, began_ms);
	if (daemon->in_force != daemon->conf)
		rdl_conf_free(daemon->in_force);
	daemon->in_force = conf;
	return true;
}
