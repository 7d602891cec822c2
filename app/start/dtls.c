/* SPDX-License-Identifier: BSD-3-Clause */
/* DTLS as the configuration wants it: what all share of it, tables of workers, the handshakers. */
#include "daemon.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include <rte_malloc.h>

#include "log.h"

/* Of all sessions, and no fewer: handshakes that may be under way, unless it is said. */
#define HANDSHAKES_PART 100
#define HANDSHAKES_MIN 10000
/* Names in credentials that no device may ever use: so many more than registrations. */
#define SECURED_MORE 65536
/* Of a session in its log, as is expected; as often as it may be there; of a log at least. */
#define KEPT_OCTETS 192
#define KEPT_TIMES 4
#define KEPT_OCTETS_LEAST (48u << 20)

static uint64_t sessions_of(const struct rdl_conf *conf)
{
	return conf->dtls.sessions != 0 ? conf->dtls.sessions : conf->memory.registrations;
}

static uint32_t handshakes_of(const struct rdl_conf *conf)
{
	uint64_t derived = sessions_of(conf) / HANDSHAKES_PART;

	if (conf->dtls.handshakes_max != 0)
		return conf->dtls.handshakes_max;
	return derived < HANDSHAKES_MIN ? HANDSHAKES_MIN : (uint32_t)derived;
}

static uint32_t cbc_sessions_of(const struct rdl_conf *conf)
{
	return conf->dtls.cbc ? conf->dtls.cbc_sessions : 0;
}

static uint32_t share_of(uint32_t all, unsigned among)
{
	return (all + among - 1) / among;
}

/*
 * Each session and each registration holds one, and a device's two are the same; so does each
 * refusal that is kept. One is as long as an endpoint's name, since most often it is that.
 */
static struct rdl_identities_config identities_of(const struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;
	uint64_t sessions = sessions_of(conf), registrations = conf->memory.registrations;
	uint64_t most = sessions > registrations ? sessions : registrations;
	uint32_t refusals = daemon_notes_refusals(daemon) ? conf->workers * RDL_REFUSALS : 0;

	return (struct rdl_identities_config){ .identities = (uint32_t)most + handshakes_of(conf) +
							     refusals,
		.octets = conf->memory.name_octets,
		.key = daemon->keys.identities };
}

static uint64_t secured_of(const struct rdl_conf *conf)
{
	return conf->dtls.credentials.path != NULL ? conf->memory.registrations + SECURED_MORE : 0;
}

static void release(void *identities, uint32_t identity)
{
	rdl_identities_release(identities, identity);
}

static void table_config(
	const struct daemon *daemon, unsigned worker, struct rdl_dtls_config *config)
{
	const struct rdl_conf *conf = daemon->conf;

	*config = (struct rdl_dtls_config){
		.worker = worker,
		.workers = conf->workers,
		.handshakers = conf->dtls.handshakes,
		.sessions = sessions_of(conf),
		.handshakes = share_of(handshakes_of(conf), conf->workers),
		.parcels = PARCELS,
		.handshake_s = conf->dtls.handshake_timeout_s,
		.idle_s = conf->dtls.session_idle_s,
		.kept = keeping_has_sessions(daemon->keeping),
		.address_key = daemon->keys.dtls_address,
		.cid_key = daemon->keys.dtls_cid,
		.cookie_key = daemon->keys.dtls_cookie,
		.owners = daemon->dtls.owners,
		.release = release,
		.context = daemon->dtls.identities,
	};
	if (daemon->dtls.identities != NULL)
		config->incarnations = rdl_identities_incarnations(daemon->dtls.identities);
}

uint64_t daemon_dtls_memory(const struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;
	const struct rdl_identities_config identities = identities_of(daemon);
	uint64_t octets;

	if (conf->dtls.port == 0)
		return 0;
	octets = rdl_identities_memory(&identities) + rdl_owners_memory(sessions_of(conf)) +
		 conf->dtls.handshakes * POST_LETTERS * sizeof(struct rdl_dtls_letter);
	if (secured_of(conf) > 0)
		octets += rdl_secured_memory(secured_of(conf));
	return octets;
}

uint64_t daemon_dtls_table_memory(const struct daemon *daemon, unsigned worker)
{
	struct rdl_dtls_config table;

	if (daemon->conf->dtls.port == 0)
		return 0;
	table_config(daemon, worker, &table);
	return rdl_dtls_memory(&table);
}

uint64_t daemon_handshakes_memory(const struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;

	if (conf->dtls.port == 0)
		return 0;
	uint64_t kept = keeping_has_sessions(daemon->keeping) ? sessions_of(conf) * TOLD_OCTETS : 0;
	return (uint64_t)handshakes_of(conf) * HANDSHAKE_OCTETS +
	       (uint64_t)cbc_sessions_of(conf) * CBC_SESSION_OCTETS + kept;
}

unsigned daemon_dtls_udp_port(const struct rdl_conf *conf)
{
	return conf->coap.port != 0 ? 1 : 0;
}

/* NULL after saying so. */
static void *allocate_on(int node, const char *what, size_t octets)
{
	void *memory = rte_zmalloc_socket(what, octets, RTE_CACHE_LINE_SIZE, node);

	if (memory == NULL)
		rdl_log_error("start", "no memory for %s: %zu MB needed", what, (octets >> 20) + 1);
	return memory;
}

static void *allocate(const struct daemon *daemon, const char *what, size_t octets)
{
	return allocate_on(daemon_home_node(daemon), what, octets);
}

static int setup_table(struct daemon *daemon, unsigned worker)
{
	struct rdl_dtls_config config;

	table_config(daemon, worker, &config);
	if (rdl_dtls_memory(&config) == 0) {
		rdl_log_error("start", "%s:%u: dtls: %u workers are too few for %llu sessions",
			daemon->conf->dtls.where.file, daemon->conf->dtls.where.line,
			config.workers, (unsigned long long)config.sessions);
		return -1;
	}
	daemon->dtls.memory[worker] = allocate_on(
		daemon_worker_node(daemon, worker), "DTLS sessions", rdl_dtls_memory(&config));
	if (daemon->dtls.memory[worker] == NULL)
		return -1;
	daemon->dtls.tables[worker] = rdl_dtls_init(&config, daemon->dtls.memory[worker]);
	if (daemon->dtls.tables[worker] == NULL) {
		rdl_log_error("start", "%s:%u: dtls: this CPU lacks AES instructions",
			daemon->conf->dtls.where.file, daemon->conf->dtls.where.line);
		return -1;
	}
	return 0;
}

/*
 * Keys are in sessions and letters, in what GnuTLS has of the heap and of stacks, and in vector
 * registers, which the shortest core dump has: so there is none. A limit of one octet is what the
 * kernel takes for that also where it gives dumps to a program; 0 is not.
 */
static void dump_no_core(void)
{
	const struct rlimit none = { 1, 1 };

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		rdl_log_warn("dtls", "keys cannot be kept out of core dumps: %s", strerror(errno));
}

int daemon_setup_dtls(struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;
	const struct rdl_identities_config config = identities_of(daemon);
	struct dtls_parts *parts = &daemon->dtls;

	if (conf->dtls.port == 0)
		return 0;
	dump_no_core();
	parts->identities_memory = allocate(daemon, "identities", rdl_identities_memory(&config));
	parts->owners_memory =
		allocate(daemon, "owners of sessions", rdl_owners_memory(sessions_of(conf)));
	parts->letters = allocate(daemon, "letters",
		conf->dtls.handshakes * POST_LETTERS * sizeof(struct rdl_dtls_letter));
	if (secured_of(conf) > 0)
		parts->secured_memory =
			allocate(daemon, "secured endpoints", rdl_secured_memory(secured_of(conf)));
	if (parts->identities_memory == NULL || parts->owners_memory == NULL ||
		parts->letters == NULL || (secured_of(conf) > 0 && parts->secured_memory == NULL))
		return -1;
	parts->identities = rdl_identities_init(&config, parts->identities_memory);
	parts->owners = rdl_owners_init(parts->owners_memory, sessions_of(conf));
	if (secured_of(conf) > 0)
		parts->secured = rdl_secured_init(secured_of(conf), parts->secured_memory);
	for (unsigned w = 0; w < conf->workers; w++)
		if (setup_table(daemon, w) != 0)
			return -1;
	return 0;
}

int daemon_setup_handshakers(struct daemon *daemon)
{
	const struct rdl_conf *conf = daemon->conf;
	const struct handshakers_config config = { .conf = conf,
		.parcels = PARCELS,
		.places = share_of(handshakes_of(conf), conf->dtls.handshakes),
		.cbc_sessions = share_of(cbc_sessions_of(conf), conf->dtls.handshakes),
		.tables = daemon->dtls.tables,
		.ending = &daemon->lcores.ending,
		.paths = daemon->paths,
		.identities = daemon->dtls.identities,
		.secured = daemon->dtls.secured,
		.endpoint_key = daemon->keys.endpoint,
		.cid_key = daemon->keys.dtls_cid,
		.ticket_key = daemon->keys.dtls_ticket,
		.letters = daemon->dtls.letters,
		.certificates = daemon->dtls.certificates };

	if (conf->dtls.port == 0)
		return 0;
	daemon->handshakers = handshakers_open(&config);
	return daemon->handshakers != NULL ? 0 : -1;
}

static uint32_t intern(void *handshakers, const struct rdl_identity *identity)
{
	return handshakers_intern(handshakers, identity);
}

void daemon_restore_sessions(struct daemon *daemon)
{
	if (keeping_has_sessions(daemon->keeping))
		keeping_restore_to(
			daemon->keeping, &(struct keeping_tables){ .of = daemon->dtls.tables,
						 .intern = intern,
						 .context = daemon->handshakers,
						 .identities = daemon->dtls.identities });
}

int daemon_keep_sessions(struct daemon *daemon)
{
	if (!keeping_has_sessions(daemon->keeping))
		return 0;
	const struct handshakers_kept kept = {
		.rings = keeping_session_rings(daemon->keeping),
		.sealers = keeping_session_sealers(daemon->keeping),
		.generation = keeping_session_generation(daemon->keeping),
		.sweep_ms = daemon->conf->state.snapshot_s * 1000,
	};
	for (unsigned s = 0; s < daemon->conf->shards; s++)
		rdl_shard_keep_sessions(&daemon->owners.cores[s]->shard,
			(const struct rdl_dtls *const *)daemon->dtls.tables, daemon->conf->workers);
	return handshakers_keep(daemon->handshakers, &kept);
}

uint64_t daemon_sessions_log(const struct daemon *daemon)
{
	if (!keeping_has_sessions(daemon->keeping))
		return 0;
	return KEPT_TIMES * sessions_of(daemon->conf) * KEPT_OCTETS +
	       (uint64_t)daemon->conf->dtls.handshakes * KEPT_OCTETS_LEAST;
}

void daemon_teardown_dtls(struct daemon *daemon)
{
	struct dtls_parts *parts = &daemon->dtls;

	handshakers_close(daemon->handshakers);
	for (unsigned w = 0; w < daemon->conf->workers; w++)
		rte_free(parts->memory[w]);
	rte_free(parts->secured_memory);
	rte_free(parts->letters);
	rte_free(parts->owners_memory);
	rte_free(parts->identities_memory);
}

struct rdl_certificates *daemon_certificates(const struct rdl_conf *conf, FILE *errors)
{
	const struct rdl_certificates_config config = { .certificate = conf->dtls.certificate.path,
		.key = conf->dtls.key.path,
		.ca = conf->dtls.ca.path,
		.crl = conf->dtls.crl.path };
	const struct rdl_conf_where *where =
		config.certificate != NULL ? &conf->dtls.certificate.where : &conf->dtls.key.where;
	char problem[RDL_CERTIFICATES_PROBLEM_MAX];
	struct rdl_certificates *certificates = rdl_certificates_load(&config, time(NULL), problem);

	if (certificates == NULL)
		fprintf(errors, "%s:%u: dtls: %s\n", where->file, where->line, problem);
	return certificates;
}
