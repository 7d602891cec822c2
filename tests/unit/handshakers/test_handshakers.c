/* SPDX-License-Identifier: BSD-3-Clause */
/* The threads as the main thread has them, from a configuration. */
#include "database.h"

#include <sys/wait.h>

#include <gnutls/x509.h>

#include "handshakers.h"
#include "heard.h"
#include "sessions.h"

#define HANDSHAKERS 2
#define PARCELS 8
#define DAY_S 86400
#define KEY RDL_SPAN("0123456789abcdef")
#define NO_NAMES ((struct rdl_span){ (const uint8_t *)"", 0 })

struct start {
	struct database database;
	struct rdl_conf conf;
	struct ending ending;
	void *identities_memory, *secured_memory, *letters;
	struct handshakers_config config;
	struct rdl_channel workers[HANDSHAKERS]; /* the worker's ends */
	void *ring_memory[HANDSHAKERS];
};

static void *zeroed(size_t len)
{
	void *memory = aligned_alloc(RDL_CACHE_LINE, (len + 63) / 64 * 64);

	assert_non_null(memory);
	return memset(memory, 0, (len + 63) / 64 * 64);
}

static void close_database(struct start *start)
{
	rdl_credentials_reader_destroy(start->database.reader);
	rdl_credentials_close(start->database.credentials);
	start->database.reader = NULL;
	start->database.credentials = NULL;
}

/* Two threads; a database with the PSK of a device, which nobody has open. */
static struct start *start_begin(void)
{
	const struct rdl_identities_config identities = { .identities = 64, .octets = 64 };
	struct start *start = calloc(1, sizeof(*start));

	assert_non_null(start);
	database_begin(&start->database, NULL);
	database_put(&start->database, (struct rdl_credentials_identity){ 0, RDL_SPAN("device") },
		KEY, NO_NAMES);
	close_database(start);
	start->conf.workers = 1;
	start->conf.dtls.port = 5684;
	start->conf.dtls.handshakes = HANDSHAKERS;
	start->conf.dtls.handshake_timeout_s = 60;
	start->conf.dtls.retransmit_ms = 1000;
	start->conf.dtls.cid = true;
	start->conf.dtls.credentials.path = start->database.directory;
	start->conf.dtls.credentials.where.file = "rdline.conf";
	start->conf.dtls.credentials.where.line = 7;
	start->identities_memory = zeroed(rdl_identities_memory(&identities));
	start->secured_memory = zeroed(rdl_secured_memory(5));
	start->letters = calloc(HANDSHAKERS * POST_LETTERS, sizeof(struct rdl_dtls_letter));
	assert_non_null(start->letters);
	start->config = (struct handshakers_config){ .conf = &start->conf,
		.parcels = PARCELS,
		.places = 16,
		.ending = &start->ending,
		.identities = rdl_identities_init(&identities, start->identities_memory),
		.secured = rdl_secured_init(5, start->secured_memory),
		.letters = start->letters };
	return start;
}

static void start_end(struct start *start)
{
	database_end(&start->database);
	free(start->identities_memory);
	free(start->secured_memory);
	free(start->letters);
	for (unsigned i = 0; i < HANDSHAKERS; i++)
		free(start->ring_memory[i]);
	free(start);
}

static struct handshakers *open_well(struct start *start)
{
	listen_to();
	struct handshakers *handshakers = handshakers_open(&start->config);
	const char *said = heard();

	if (handshakers == NULL)
		fail_msg("%s", said);
	return handshakers;
}

/* The same, whose channels are joined. */
static struct handshakers *open_joined(struct start *start)
{
	const struct rdl_channel_credit letters = handshaker_credit();
	const struct rdl_channel_credit parcels = { { [RDL_PARCEL_BEGIN] = PARCELS } };
	struct handshakers *handshakers = open_well(start);

	for (unsigned i = 0; i < HANDSHAKERS; i++) {
		free(start->ring_memory[i]);
		start->ring_memory[i] = zeroed(rdl_channel_memory(&letters, &parcels));
		rdl_channel_join(handshakers_channel(handshakers, i, 0), &letters,
			&start->workers[i], &parcels, start->ring_memory[i]);
	}
	return handshakers;
}

/* What is logged when it cannot. */
static const char *open_in_vain(struct start *start)
{
	listen_to();
	struct handshakers *handshakers = handshakers_open(&start->config);
	const char *said = heard();

	assert_null(handshakers);
	return said;
}

static bool can_read(struct start *start, char said[1024])
{
	FILE *errors = fmemopen(said, 1024, "w");

	assert_non_null(errors);
	memset(said, 0, 1024);
	bool can = handshakers_can_read(&start->conf, errors);
	fclose(errors);
	return can;
}

/* ---- what can go wrong at the start ---- */

static void test_no_database(void **state)
{
	struct start *start = start_begin();
	char said[1024];

	start->conf.dtls.credentials.path = "/nowhere/credentials";
	assert_non_null(strstr(
		open_in_vain(start), "rdline.conf:7: dtls.credentials: /nowhere/credentials"));
	assert_false(can_read(start, said));
	assert_non_null(strstr(said, "rdline.conf:7: dtls.credentials: /nowhere/credentials"));
	start_end(start);
}

static void test_can_read(void **state)
{
	struct start *start = start_begin();
	char said[1024];

	assert_true(can_read(start, said));
	assert_string_equal(said, "");
	/* It has closed it again. */
	handshakers_close(open_well(start));
	/* Certificates only. */
	start->conf.dtls.credentials.path = NULL;
	assert_true(can_read(start, said));
	start_end(start);
}

static void test_key_file(void **state)
{
	struct start *start = start_begin();

	start->conf.dtls.key_file.path = "/nowhere/key";
	assert_non_null(strstr(open_in_vain(start), "/nowhere/key"));
	start_end(start);
}

static void test_too_many_names(void **state)
{
	struct start *start = start_begin();

	database_reopen(&start->database, true);
	for (unsigned i = 0; i < 50; i++) {
		char name[8];

		snprintf(name, sizeof(name), "%u", i);
		database_put(&start->database, psk(span_of(name)), KEY, NO_NAMES);
	}
	close_database(start);
	assert_non_null(strstr(open_in_vain(start), "more endpoints than there is room for"));
	start_end(start);
}

static void test_unknown_suite(void **state)
{
	const char *suite = "TLS_NULL_WITH_NULL_NULL";
	struct start *start = start_begin();

	start->conf.dtls.suites.items = &suite;
	start->conf.dtls.suites.count = 1;
	assert_non_null(strstr(open_in_vain(start), "handshakes"));
	start_end(start);
}

/* ---- threads ---- */

/* Ours, by their names. */
static unsigned threads(void)
{
	FILE *f = popen("cat /proc/$PPID/task/*/comm | grep -cxE 'handshakes|keeper'", "r");
	unsigned n = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &n), 1);
	pclose(f);
	return n;
}

static void test_threads_end(void **state)
{
	struct start *start = start_begin();
	struct handshakers *handshakers = open_joined(start);

	assert_int_equal(threads(), 0);
	assert_int_equal(handshakers_start(handshakers), 0);
	assert_int_equal(threads(), HANDSHAKERS + 1);
	handshakers_stop(handshakers);
	assert_int_equal(threads(), 0);
	handshakers_stop(handshakers);
	handshakers_close(handshakers);
	/* And without being asked for. */
	handshakers = open_joined(start);
	assert_int_equal(handshakers_start(handshakers), 0);
	handshakers_close(handshakers);
	assert_int_equal(threads(), 0);
	handshakers_stop(NULL);
	handshakers_close(NULL);
	assert_int_equal(handshakers_start(NULL), 0);
	start_end(start);
}

/* True once it is so, within a minute. */
static bool comes_to(const uint64_t *counter, uint64_t value)
{
	for (unsigned i = 0; i < 60000; i++) {
		if (__atomic_load_n(counter, __ATOMIC_RELAXED) == value)
			return true;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	return false;
}

/* Of another process, which begins before there are threads, and does it when it is told to. */
static pid_t remove_later(struct start *start, int *tell)
{
	int pipes[2];
	char octet;

	assert_int_equal(pipe(pipes), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(pipes[1]);
		if (read(pipes[0], &octet, 1) != 1)
			_exit(1);
		database_reopen(&start->database, true);
		bool gone = database_remove(&start->database, psk(RDL_SPAN("device"))) ==
			    RDL_CREDENTIALS_OK;
		close_database(start);
		_exit(!gone);
	}
	close(pipes[0]);
	*tell = pipes[1];
	return child;
}

static void test_keeper_follows(void **state)
{
	struct start *start = start_begin();
	const struct rdl_identity device = { RDL_IDENTITY_PSK, RDL_SPAN("device") };
	int tell, status;
	pid_t child = remove_later(start, &tell);
	struct handshakers *handshakers = open_joined(start);

	assert_int_equal(handshakers_keeper(handshakers)->credentials, 1);
	assert_int_equal(rdl_secured_count(handshakers_secured(handshakers)), 1);
	assert_ptr_equal(handshakers_identities(handshakers), start->config.identities);
	uint32_t number = rdl_identities_intern(start->config.identities, &device, NO_NAMES);
	uint8_t incarnation = rdl_identities_incarnation(start->config.identities, number);
	assert_int_equal(handshakers_start(handshakers), 0);
	assert_int_equal(write(tell, "", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(tell);
	assert_true(comes_to(&handshakers_keeper(handshakers)->removed, 1));
	handshakers_stop(handshakers);
	assert_int_not_equal(
		rdl_identities_incarnation(start->config.identities, number), incarnation);
	assert_int_equal(rdl_secured_count(handshakers_secured(handshakers)), 0);
	handshakers_close(handshakers);
	start_end(start);
}

/* What a worker sends to either comes back from it. */
static void test_parcels(void **state)
{
	static uint8_t garbage[32] = { 22 };
	struct start *start = start_begin();
	struct handshakers *handshakers = open_joined(start);

	assert_int_equal(handshakers_count(handshakers), HANDSHAKERS);
	assert_int_equal(handshakers_start(handshakers), 0);
	for (unsigned i = 0; i < HANDSHAKERS; i++) {
		struct rdl_dtls_parcel parcel = { .kind = RDL_PARCEL_BEGIN,
			.data = garbage,
			.len = sizeof(garbage),
			.session = UINT64_C(1) << 32 | i };
		void *message = &parcel;

		rdl_channel_send(&start->workers[i], &message, 1);
		const struct rdl_handshake_counts *counts =
			rdl_handshakes_counts(handshakers_one(handshakers, i)->engine);
		assert_true(comes_to(&counts->failed[RDL_HANDSHAKE_protocol], 1));
		while (rdl_channel_waiting(&start->workers[i]) < 2)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		void *batch[2];
		assert_int_equal(rdl_channel_take(&start->workers[i], batch, 2), 2);
		const struct rdl_dtls_letter *letter = batch[0];
		assert_int_equal(letter->kind, RDL_LETTER_ENDED);
		assert_true(letter->session == parcel.session);
		/* Of its own share. */
		const struct rdl_dtls_letter *all = start->letters;
		assert_in_range(letter - all, i * POST_LETTERS, (i + 1) * POST_LETTERS - 1);
		assert_ptr_equal(batch[1], &parcel);
	}
	handshakers_close(handshakers);
	start_end(start);
}

/* ---- certificates ---- */

/* One that signs itself, good until then. */
static struct rdl_certificates *make_certificate(struct start *start, time_t expires)
{
	char path[128], problem[RDL_CERTIFICATES_PROBLEM_MAX];
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
	gnutls_datum_t pem[2];

	gnutls_x509_privkey_init(&key);
	gnutls_x509_crt_init(&certificate);
	gnutls_x509_privkey_generate(
		key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_set_version(certificate, 3);
	gnutls_x509_crt_set_serial(certificate, "\1", 1);
	gnutls_x509_crt_set_activation_time(certificate, time(NULL) - DAY_S);
	gnutls_x509_crt_set_expiration_time(certificate, expires);
	gnutls_x509_crt_set_dn_by_oid(
		certificate, GNUTLS_OID_X520_COMMON_NAME, 0, "gateway", strlen("gateway"));
	gnutls_x509_crt_set_key(certificate, key);
	gnutls_x509_crt_set_ca_status(certificate, 1);
	assert_int_equal(
		gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0), 0);
	gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &pem[0]);
	gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem[1]);
	snprintf(path, sizeof(path), "%s/all.pem", start->database.directory);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(fwrite(pem[i].data, 1, pem[i].size, f), pem[i].size);
		gnutls_free(pem[i].data);
	}
	fclose(f);
	gnutls_x509_crt_deinit(certificate);
	gnutls_x509_privkey_deinit(key);
	struct rdl_certificates *loaded = rdl_certificates_load(
		&(struct rdl_certificates_config){ .certificate = path, .key = path, .ca = path },
		time(NULL), problem);
	if (loaded == NULL)
		fail_msg("%s", problem);
	return loaded;
}

/* What the keeper says in its first looks. */
static const char *first_words(struct handshakers *handshakers)
{
	listen_to();
	assert_int_equal(handshakers_start(handshakers), 0);
	nanosleep(&(struct timespec){ .tv_nsec = 3 * KEEPER_MS * 1000000L }, NULL);
	handshakers_stop(handshakers);
	return heard();
}

static void test_certificate_expires(void **state)
{
	struct start *start = start_begin();
	struct rdl_certificates *soon = make_certificate(start, time(NULL) + 29 * DAY_S);
	struct rdl_certificates *later = make_certificate(start, time(NULL) + 31 * DAY_S);

	start->config.certificates = soon;
	struct handshakers *handshakers = open_joined(start);
	assert_in_range(handshakers_certificate_s(handshakers), 29 * DAY_S - 60, 29 * DAY_S);
	const char *said = first_words(handshakers);
	assert_non_null(strstr(said, "the certificate expires soon certificate_expires_in="));
	/* And that once. */
	assert_int_equal(lines_in(said), 1);
	handshakers_close(handshakers);

	/* There may be nothing but certificates. */
	start->conf.dtls.credentials.path = NULL;
	start->config.secured = NULL;
	handshakers = open_joined(start);
	handshakers_use(handshakers, later);
	assert_in_range(handshakers_certificate_s(handshakers), 31 * DAY_S - 60, 31 * DAY_S);
	assert_string_equal(first_words(handshakers), "");
	handshakers_use(handshakers, NULL);
	assert_int_equal(handshakers_certificate_s(handshakers), 0);
	handshakers_close(handshakers);

	start->config.certificates = NULL;
	handshakers = open_joined(start);
	assert_int_equal(handshakers_certificate_s(handshakers), 0);
	assert_string_equal(first_words(handshakers), "");
	handshakers_close(handshakers);
	/* They stayed the test's. */
	rdl_certificates_release(soon);
	rdl_certificates_release(later);
	start_end(start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_database),
		cmocka_unit_test(test_can_read),
		cmocka_unit_test(test_key_file),
		cmocka_unit_test(test_too_many_names),
		cmocka_unit_test(test_unknown_suite),
		cmocka_unit_test(test_threads_end),
		cmocka_unit_test(test_keeper_follows),
		cmocka_unit_test(test_parcels),
		cmocka_unit_test(test_certificate_expires),
	};

	return RUN_TESTS(tests);
}
