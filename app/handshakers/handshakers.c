/* SPDX-License-Identifier: BSD-3-Clause */
#include "handshakers.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "log.h"

/* UDP payload of an IPv6 packet of 1280 octets, which every network takes (RFC 8200 section 5). */
#define FLIGHT_OCTETS 1232

/* So long before its certificate expires the log says so, once a day. */
#define WARN_OF_EXPIRY_S (30 * 86400)
#define WARN_MS (86400 * 1000)
/* Between two looks at whether handshakers have begun. */
#define WAIT_NS 1000000

struct handshakers {
	unsigned count;
	bool trusts; /* clients' certificates, as of the start */
	/* When the first certificate of ours expires, by the wall's clock; 0: there is none. */
	uint64_t expires_s;
	uint64_t warned_ms; /* that it will be soon; the keeper's */
	struct rdl_speck cid;
	struct rdl_credentials *credentials;
	struct keeper keeper;
	struct rdl_thread thread; /* the keeper's; the main thread is its owner */
	struct handshaker *all;
	struct rdl_credentials_reader **readers; /* a handshaker's each */
	/* Where sessions outlive the process: a teller for each, and what was told, by workers. */
	struct teller *tellers;
	struct told *told[WORKERS_MAX];
	struct rdl_dtls *const *tables;
	unsigned workers;
	uint32_t idle_s;
};

static struct rdl_credentials *open_database(
	const struct rdl_conf *conf, char problem[RDL_CREDENTIALS_PROBLEM_MAX])
{
	return rdl_credentials_open(
		&(struct rdl_credentials_config){ .directory = conf->dtls.credentials.path,
			.key_file = conf->dtls.key_file.path },
		problem);
}

bool handshakers_can_read(const struct rdl_conf *conf, FILE *errors)
{
	const struct rdl_conf_where *where = &conf->dtls.credentials.where;
	char problem[RDL_CREDENTIALS_PROBLEM_MAX];

	if (conf->dtls.credentials.path == NULL)
		return true;
	struct rdl_credentials *credentials = open_database(conf, problem);
	if (credentials == NULL)
		fprintf(errors, "%s:%u: dtls.credentials: %s\n", where->file, where->line, problem);
	rdl_credentials_close(credentials);
	return credentials != NULL;
}

static void cannot_open(const struct rdl_conf *conf, const char *problem)
{
	const struct rdl_conf_where *where = &conf->dtls.credentials.where;

	rdl_log_error("start", "%s:%u: dtls.credentials: %s", where->file, where->line, problem);
}

static int open_credentials(struct handshakers *handshakers, const struct rdl_conf *conf)
{
	char problem[RDL_CREDENTIALS_PROBLEM_MAX];

	if (conf->dtls.credentials.path == NULL)
		return 0;
	handshakers->credentials = open_database(conf, problem);
	if (handshakers->credentials == NULL) {
		cannot_open(conf, problem);
		return -1;
	}
	rdl_credentials_reap(handshakers->credentials);
	return 0;
}

/* NULL: there is no database, or no reader of it, which is said in the log. */
static struct rdl_credentials_reader *reader_of(
	struct handshakers *handshakers, const struct rdl_conf *conf)
{
	if (handshakers->credentials == NULL)
		return NULL;
	struct rdl_credentials_reader *reader =
		rdl_credentials_reader_create(handshakers->credentials);
	if (reader == NULL)
		cannot_open(conf, "it has too many readers, or there is no memory for one");
	return reader;
}

static int open_keeper(struct handshakers *handshakers, const struct handshakers_config *config)
{
	struct keeper *keeper = &handshakers->keeper;

	keeper->credentials = handshakers->credentials;
	keeper->identities = config->identities;
	keeper->secured = config->secured;
	keeper->endpoint_key = config->endpoint_key;
	keeper->reader = reader_of(handshakers, config->conf);
	if (keeper->credentials != NULL && keeper->reader == NULL)
		return -1;
	return keeper_load(keeper);
}

static int open_one(
	struct handshakers *handshakers, const struct handshakers_config *config, unsigned index)
{
	const struct rdl_conf *conf = config->conf;
	struct handshaker *handshaker = &handshakers->all[index];
	struct rdl_credentials_reader *reader = reader_of(handshakers, conf);
	const struct rdl_handshakes_config engine = { .places = config->places,
		.timeout_ms = conf->dtls.handshake_timeout_s * 1000,
		.retransmit_ms = conf->dtls.retransmit_ms,
		.mtu = FLIGHT_OCTETS,
		.cid = conf->dtls.cid ? &handshakers->cid : NULL,
		.suites = conf->dtls.suites.items,
		.suite_count = conf->dtls.suites.count,
		.cbc_sessions = config->cbc_sessions,
		.ticket_s = conf->dtls.ticket_s,
		.ticket_key = config->ticket_key,
		.reader = reader,
		.identities = config->identities };

	handshakers->readers[index] = reader;
	if (handshakers->credentials != NULL && reader == NULL)
		return -1;
	handshaker->index = index;
	handshaker->worker_count = conf->workers;
	handshaker->ending = config->ending;
	handshaker->tables = config->tables;
	handshaker->paths = config->paths;
	handshaker->letters = config->letters + (size_t)index * POST_LETTERS;
	if (handshaker_init(handshaker, &engine, conf->workers * config->parcels) == 0)
		return 0;
	rdl_log_error("start", "no memory for %u handshakes", config->places);
	return -1;
}

struct handshakers *handshakers_open(const struct handshakers_config *config)
{
	const struct rdl_conf *conf = config->conf;
	struct handshakers *handshakers = calloc(1, sizeof(*handshakers));

	if (handshakers == NULL)
		return NULL;
	rdl_speck_expand(&handshakers->cid, &config->cid_key);
	handshakers->tables = config->tables;
	handshakers->workers = conf->workers;
	handshakers->idle_s = conf->dtls.session_idle_s;
	handshakers->all = calloc(conf->dtls.handshakes, sizeof(*handshakers->all));
	handshakers->readers = calloc(conf->dtls.handshakes, sizeof(*handshakers->readers));
	int ret = handshakers->all != NULL && handshakers->readers != NULL ? 0 : -1;
	if (ret != 0)
		rdl_log_error("start", "no memory for threads that make handshakes");
	if (ret == 0)
		ret = open_credentials(handshakers, conf);
	if (ret == 0)
		ret = open_keeper(handshakers, config);
	for (unsigned i = 0; ret == 0 && i < conf->dtls.handshakes; i++) {
		handshakers->count++;
		ret = open_one(handshakers, config, i);
	}
	if (ret != 0) {
		handshakers_close(handshakers);
		return NULL;
	}
	if (config->certificates != NULL) {
		handshakers->trusts = rdl_certificates_trust(config->certificates);
		handshakers_use(handshakers, config->certificates);
	}
	return handshakers;
}

uint64_t handshakers_certificate_s(const struct handshakers *handshakers)
{
	uint64_t expires_s = __atomic_load_n(&handshakers->expires_s, __ATOMIC_RELAXED);
	uint64_t now_s = (uint64_t)time(NULL);

	return expires_s > now_s ? expires_s - now_s : 0;
}

static void look_at_certificate(struct handshakers *handshakers, uint64_t now_ms)
{
	uint64_t left_s = handshakers_certificate_s(handshakers);

	if (__atomic_load_n(&handshakers->expires_s, __ATOMIC_RELAXED) == 0 ||
		left_s > WARN_OF_EXPIRY_S ||
		(handshakers->warned_ms != 0 && now_ms - handshakers->warned_ms < WARN_MS))
		return;
	handshakers->warned_ms = now_ms;
	rdl_log_warn("dtls", "%s certificate_expires_in=%llu",
		left_s > 0 ? "the certificate expires soon" : "the certificate has expired",
		(unsigned long long)left_s);
}

static void *keep(void *self)
{
	const struct timespec pause = { .tv_nsec = KEEPER_MS * 1000000L };
	struct handshakers *handshakers = self;

	while (!rdl_thread_is_stopping(&handshakers->thread)) {
		keeper_look(&handshakers->keeper, rdl_clock_ms());
		look_at_certificate(handshakers, rdl_clock_ms());
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static bool make_told(struct handshakers *handshakers)
{
	handshakers->tellers = calloc(handshakers->count, sizeof(*handshakers->tellers));
	for (unsigned w = 0; w < handshakers->workers; w++) {
		handshakers->told[w] = calloc(rdl_dtls_kept_slots_max(handshakers->tables[w]),
			sizeof(*handshakers->told[w]));
		if (handshakers->told[w] == NULL)
			return false;
	}
	return handshakers->tellers != NULL;
}

int handshakers_keep(struct handshakers *handshakers, const struct handshakers_kept *kept)
{
	struct teller_config config = { .handshakers = handshakers->count,
		.workers = handshakers->workers,
		.tables = handshakers->tables,
		.told = handshakers->told,
		.identities = handshakers->keeper.identities,
		.generation = kept->generation,
		.idle_s = handshakers->idle_s,
		.sweep_ms = kept->sweep_ms };

	if (!make_told(handshakers)) {
		rdl_log_error("start", "no memory for sessions that are kept");
		return -1;
	}
	for (unsigned i = 0; i < handshakers->count; i++) {
		config.index = i;
		config.ring = kept->rings[i];
		config.sealer = kept->sealers[i];
		teller_init(&handshakers->tellers[i], &config);
		handshakers->all[i].teller = &handshakers->tellers[i];
	}
	return 0;
}

int handshakers_wait(const struct handshakers *handshakers, bool (*ends)(void))
{
	const struct timespec pause = { .tv_nsec = WAIT_NS };

	for (unsigned i = 0; handshakers != NULL && i < handshakers->count; i++) {
		const uint32_t *begun = &handshakers->all[i].begun;

		while (__atomic_load_n(begun, __ATOMIC_ACQUIRE) == 0 && !ends())
			nanosleep(&pause, NULL);
		if (__atomic_load_n(begun, __ATOMIC_ACQUIRE) != 1) {
			if (!ends())
				rdl_log_error("start", "sessions cannot be kept");
			return -1;
		}
	}
	return 0;
}

uint32_t handshakers_intern(struct handshakers *handshakers, const struct rdl_identity *identity)
{
	const struct rdl_credentials_identity known = {
		identity->mode == RDL_IDENTITY_RPK ? RDL_CREDENTIALS_RPK : RDL_CREDENTIALS_PSK,
		identity->octets
	};
	struct rdl_credential credential;
	uint32_t number = 0;

	/* In no database; whose it is no authority says any more where none is trusted. */
	if (identity->mode == RDL_IDENTITY_X509)
		return handshakers->trusts ? rdl_identities_intern(handshakers->keeper.identities,
						     identity, (struct rdl_span){ NULL, 0 })
					   : 0;
	if (handshakers->keeper.reader == NULL ||
		rdl_credentials_look_up(handshakers->keeper.reader, known, &credential) !=
			RDL_CREDENTIALS_OK)
		return 0;
	number = rdl_identities_intern(handshakers->keeper.identities, identity,
		(struct rdl_span){ credential.names, credential.names_len });
	rdl_credentials_wipe(&credential);
	return number;
}

int handshakers_start(struct handshakers *handshakers)
{
	if (handshakers == NULL)
		return 0;
	for (unsigned i = 0; i < handshakers->count; i++)
		if (handshaker_start(&handshakers->all[i]) != 0)
			return -1;
	return rdl_thread_start(&handshakers->thread, "keeper", keep, handshakers);
}

void handshakers_stop(struct handshakers *handshakers)
{
	if (handshakers == NULL)
		return;
	rdl_thread_stop(&handshakers->thread);
	for (unsigned i = 0; i < handshakers->count; i++)
		handshaker_stop(&handshakers->all[i]);
}

void handshakers_close(struct handshakers *handshakers)
{
	if (handshakers == NULL)
		return;
	handshakers_stop(handshakers);
	for (unsigned i = 0; i < handshakers->count; i++) {
		handshaker_fini(&handshakers->all[i]);
		rdl_credentials_reader_destroy(handshakers->readers[i]);
	}
	rdl_credentials_reader_destroy(handshakers->keeper.reader);
	rdl_credentials_close(handshakers->credentials);
	for (unsigned w = 0; w < handshakers->workers; w++)
		free(handshakers->told[w]);
	free(handshakers->tellers);
	free(handshakers->all);
	free(handshakers->readers);
	explicit_bzero(&handshakers->cid, sizeof(handshakers->cid));
	free(handshakers);
}

struct rdl_channel *handshakers_channel(
	struct handshakers *handshakers, unsigned index, unsigned peer)
{
	return &handshakers->all[index].workers[peer];
}

void handshakers_use(struct handshakers *handshakers, struct rdl_certificates *certificates)
{
	/* A raw key lasts for ever. */
	__atomic_store_n(&handshakers->expires_s,
		certificates != NULL ? (uint64_t)rdl_certificates_expire(certificates) : 0,
		__ATOMIC_RELAXED);
	for (unsigned i = 0; i < handshakers->count; i++)
		handshaker_use(&handshakers->all[i],
			certificates != NULL ? rdl_certificates_hold(certificates) : NULL);
}

unsigned handshakers_count(const struct handshakers *handshakers)
{
	return handshakers->count;
}

const struct handshaker *handshakers_one(const struct handshakers *handshakers, unsigned index)
{
	return &handshakers->all[index];
}

const struct keeper_counts *handshakers_keeper(const struct handshakers *handshakers)
{
	return &handshakers->keeper.counts;
}

const struct rdl_secured *handshakers_secured(const struct handshakers *handshakers)
{
	return handshakers->keeper.secured;
}

struct rdl_credentials *handshakers_credentials(const struct handshakers *handshakers)
{
	return handshakers->credentials;
}

struct rdl_identities *handshakers_identities(const struct handshakers *handshakers)
{
	return handshakers->keeper.identities;
}
