/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rdline-handshakes: what handshakes take of a thread that makes them. The engine is in one process
 * with clients of GnuTLS's, some of which are under way side by side; what counts is CPU time
 * inside the engine. Every handshake is to be finished, with the keys that its client has.
 */
#include <getopt.h>
#include <sys/syscall.h>

#include "../../unit/handshake/fleet.h"

#define UNDER_WAY_MAX 1024
#define IDENTITIES 1000
#define KEY "0123456789abcdef"

struct kind {
	const char *name, *suites;
	bool certificate;
	bool resumed; /* by the ticket of a session before */
	uint64_t count; /* unless another one is wanted */
};

static const struct kind kinds[] = {
	{ "psk", PSK_SUITES("AES-128-CCM-8"), false, false, 50000 },
	{ "x509", CCM_8, true, false, 3000 },
	{ "resumed", CCM_8, true, true, 30000 },
};

struct bench {
	struct fleet fleet;
	struct person person; /* a client's */
	gnutls_psk_client_credentials_t psk[IDENTITIES];
	gnutls_datum_t ticket; /* with its session */
	uint8_t ticket_key[RDL_HANDSHAKE_TICKET_KEY_LEN];
	struct rdl_identities *identities;
	/* Those under way, and whether the engine knows of them. */
	struct client clients[UNDER_WAY_MAX];
	bool begun[UNDER_WAY_MAX];
	unsigned under_way;
	uint64_t session; /* the first one's */
	struct rdl_dtls_keys keys; /* of the last that was finished */
	double seconds;
	uint64_t made, octets_in, octets_out;
};

static double cpu_seconds(void)
{
	struct timespec now;

	/* The C library's function has been replaced. */
	syscall(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct client *client_of(struct bench *bench, uint64_t session)
{
	assert_true(session - bench->session < bench->under_way);
	return &bench->clients[session - bench->session];
}

static void take_flight(void *context, uint64_t session, const struct rdl_way *way,
	const uint8_t *octets, uint16_t len)
{
	struct bench *bench = context;

	queue_add(&client_of(bench, session)->in, octets, len);
	bench->octets_out += len;
}

static void take_keys(void *context, uint64_t session, const struct rdl_dtls_keys *keys)
{
	struct bench *bench = context;

	bench->keys = *keys;
	bench->made++;
	rdl_identities_release(bench->identities, keys->identity);
}

static void take_end(void *context, uint64_t session)
{
	fail_msg("handshake %llx came to nothing", (unsigned long long)session);
}

/* What one client has said. */
static void give(struct bench *bench, unsigned i)
{
	struct queue *out = &bench->clients[i].out;

	for (unsigned d = 0; d < out->count; d++) {
		struct rdl_dtls_parcel parcel = {
			.kind = bench->begun[i] ? RDL_PARCEL_MORE : RDL_PARCEL_BEGIN,
			.session = bench->session + i,
			.data = out->datagrams[d].octets,
			.len = out->datagrams[d].len,
			.way = { .peer = { .port = 5000 } },
		};

		bench->begun[i] = true;
		bench->octets_in += parcel.len;
		assert_int_equal(
			rdl_handshakes_input(bench->fleet.world->handshakes, &parcel, now_ms),
			RDL_HANDSHAKE_TAKEN);
	}
	out->count = 0;
}

static void begin_client(struct bench *bench, const struct kind *kind, unsigned i)
{
	struct client *client = &bench->clients[i];
	gnutls_credentials_type_t type =
		kind->certificate ? GNUTLS_CRD_CERTIFICATE : GNUTLS_CRD_PSK;
	void *credentials = kind->certificate ? (void *)bench->fleet.client
					      : (void *)bench->psk[i % IDENTITIES];

	client_begin_empty(client, kind->suites, -1);
	assert_int_equal(gnutls_credentials_set(client->tls, type, credentials), 0);
	if (kind->resumed && bench->ticket.size > 0)
		assert_int_equal(gnutls_session_set_data(
					 client->tls, bench->ticket.data, bench->ticket.size),
			0);
	bench->begun[i] = false;
}

/* The keys of the handshake that was finished last are its client's: it cannot be another's. */
static void check_last(struct bench *bench)
{
	struct world *world = bench->fleet.world;

	world->keys = bench->keys;
	world->client = bench->clients[bench->under_way - 1];
	world_check_keys(world);
	memset(&world->client, 0, sizeof(world->client));
}

/* As many as may be under way, side by side, from the first Hello to the last Finished. */
static void run_some(struct bench *bench, const struct kind *kind)
{
	uint64_t before = bench->made;
	unsigned waiting = bench->under_way;

	for (unsigned i = 0; i < bench->under_way; i++)
		begin_client(bench, kind, i);
	while (waiting > 0) {
		waiting = 0;
		for (unsigned i = 0; i < bench->under_way; i++)
			waiting += client_step(&bench->clients[i]) != 0;
		double begin = cpu_seconds();
		for (unsigned i = 0; i < bench->under_way; i++)
			give(bench, i);
		(void)rdl_handshakes_tick(bench->fleet.world->handshakes, now_ms, UINT_MAX);
		bench->seconds += cpu_seconds() - begin;
	}
	assert_int_equal(bench->made - before, bench->under_way);
	check_last(bench);
	/* None was promised before a chain was seen. */
	if ((gnutls_session_get_flags(bench->clients[0].tls) & GNUTLS_SFLAGS_SESSION_TICKET) != 0 &&
		bench->ticket.size == 0)
		assert_int_equal(
			gnutls_session_get_data2(bench->clients[0].tls, &bench->ticket), 0);
	for (unsigned i = 0; i < bench->under_way; i++)
		client_end(&bench->clients[i]);
	bench->session += bench->under_way;
}

static void run(struct bench *bench, const struct kind *kind, uint64_t count, bool json)
{
	struct rdl_handshakes *engine = bench->fleet.world->handshakes;

	engine->config.ticket_s = kind->resumed ? 7 * DAY : 0;
	/* Places are taken, GnuTLS has read all that it keeps, and there is a ticket. */
	run_some(bench, kind);
	run_some(bench, kind);
	uint64_t resumed = rdl_handshakes_counts(engine)->resumed;
	bench->seconds = 0;
	bench->made = bench->octets_in = bench->octets_out = 0;
	while (bench->made < count)
		run_some(bench, kind);
	assert_int_equal(
		rdl_handshakes_counts(engine)->resumed - resumed, kind->resumed ? bench->made : 0);
	double made = (double)bench->made;
	printf(json ? "{\"handshakes\": \"%s\", \"made\": %.0f, \"under_way\": %u, "
		      "\"us\": %.2f, \"per_s\": %.0f, \"octets_in\": %.0f, \"octets_out\": %.0f}\n"
		    : "%-8s %8.0f made, %u at a time: %8.2f us each, %8.0f a second and thread; "
		      "%.0f octets in, %.0f out\n",
		kind->name, made, bench->under_way, bench->seconds * 1e6 / made,
		made / bench->seconds, (double)bench->octets_in / made,
		(double)bench->octets_out / made);
	fflush(stdout);
}

static void make_credentials(struct bench *bench)
{
	static struct rdl_credentials_row rows[IDENTITIES];
	static char names[IDENTITIES][24];
	char problem[RDL_CREDENTIALS_PROBLEM_MAX];
	struct rdl_credentials_tally tally;
	gnutls_datum_t key = { (uint8_t *)(uintptr_t)KEY, sizeof(KEY) - 1 };

	for (unsigned i = 0; i < IDENTITIES; i++) {
		snprintf(names[i], sizeof(names[i]), "urn:dev:mac:0a1b%06u", i);
		gnutls_datum_t name = { (uint8_t *)names[i], (unsigned)strlen(names[i]) };

		rows[i].identity.octets = (struct rdl_span){ name.data, name.size };
		rows[i].key = (struct rdl_span){ key.data, key.size };
		assert_int_equal(gnutls_psk_allocate_client_credentials(&bench->psk[i]), 0);
		assert_int_equal(gnutls_psk_set_client_credentials2(
					 bench->psk[i], &name, &key, GNUTLS_PSK_KEY_RAW),
			0);
	}
	if (!rdl_credentials_put(
		    bench->fleet.world->credentials, rows, IDENTITIES, &tally, problem))
		fail_msg("%s", problem);
	bench->person = make(&bench->fleet.ca, (struct wish){ .cn = "meter", .serial = 2 });
	assert_int_equal(gnutls_certificate_allocate_credentials(&bench->fleet.client), 0);
	assert_int_equal(gnutls_certificate_set_x509_key(bench->fleet.client,
				 &bench->person.certificate, 1, bench->person.key),
		0);
}

/* In place of the one that tests have: of places, twice as many as are under way. */
static void make_engine(struct bench *bench)
{
	struct rdl_identities_config identities = {
		.identities = 2 * IDENTITIES, .octets = 24, .key = { 1, 2 }
	};
	size_t len = rdl_whole_lines(rdl_identities_memory(&identities));
	char problem[RDL_CERTIFICATES_PROBLEM_MAX];
	struct world *world = bench->fleet.world;
	struct rdl_certificates *certificates = load(&bench->fleet, NULL, problem);
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	assert_true(certificates != NULL && memory != NULL);
	memset(memory, 0, len);
	bench->identities = rdl_identities_init(&identities, memory);
	world->config.places = 2 * bench->under_way;
	world->config.identities = bench->identities;
	world->config.ticket_key = bench->ticket_key;
	world->config.calls = (struct rdl_handshake_calls){
		.send = take_flight, .established = take_keys, .ended = take_end, .context = bench
	};
	rdl_handshakes_destroy(world->handshakes);
	world->handshakes = rdl_handshakes_create(&world->config);
	assert_non_null(world->handshakes);
	rdl_handshakes_set_certificates(world->handshakes, certificates);
}

static int usage(void)
{
	fputs("usage: rdline-handshakes [options]\n"
	      "  --json         one JSON object a line\n"
	      "  --kind NAME    psk, x509 or resumed alone\n"
	      "  --count N      handshakes of each kind\n"
	      "  --under-way N  side by side (64)\n",
		stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option names[] = { { "json", 0, NULL, 'j' }, { "kind", 1, NULL, 'k' },
		{ "count", 1, NULL, 'c' }, { "under-way", 1, NULL, 'u' }, { NULL, 0, NULL, 0 } };
	/* Far too large for a stack. */
	static struct bench bench = { .under_way = 64, .session = SESSION };
	const char *only = NULL;
	uint64_t count = 0;
	bool json = false;
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == 'j')
			json = true;
		else if (option == 'k')
			only = optarg;
		else if (option == 'c')
			count = strtoull(optarg, NULL, 10);
		else if (option == 'u')
			bench.under_way = (unsigned)strtoul(optarg, NULL, 10);
		else
			return usage();
	}
	if (optind < argc || bench.under_way == 0 || bench.under_way > UNDER_WAY_MAX)
		return usage();
	bench.fleet = fleet_begin();
	make_credentials(&bench);
	make_engine(&bench);
	for (size_t k = 0; k < RDL_ARRAY_LEN(kinds); k++)
		if (only == NULL || strcmp(only, kinds[k].name) == 0)
			run(&bench, &kinds[k], count > 0 ? count : kinds[k].count, json);
	for (unsigned i = 0; i < IDENTITIES; i++)
		gnutls_psk_free_client_credentials(bench.psk[i]);
	gnutls_free(bench.ticket.data);
	forget(&bench.person);
	fleet_end(&bench.fleet);
	free(bench.identities);
	return 0;
}
