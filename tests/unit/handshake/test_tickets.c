/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions that clients with certificates or raw keys resume by tickets, and those that may not. */
#include <sys/syscall.h>

#include "fleet.h"

#define HOUR 3600
#define WEEK (7 * DAY)

/* Beside the clock of handshakes: for certificates and tickets. */
static time_t later;

time_t time(time_t *at)
{
	struct timespec now;

	syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
	if (at != NULL)
		*at = now.tv_sec + later;
	return now.tv_sec + later;
}

struct device {
	struct fleet fleet;
	struct world *world;
	struct person person;
	uint8_t ticket_key[RDL_HANDSHAKE_TICKET_KEY_LEN];
	bool raw;
	int cid_len;
	gnutls_datum_t session;
};

/* The engine of another thread, or after a new start: nothing is left but the key. */
static void restart(struct device *device)
{
	struct world *world = device->world;
	struct rdl_certificates *certificates =
		rdl_certificates_hold(world->handshakes->certificates);

	client_end(&world->client);
	rdl_handshakes_destroy(world->handshakes);
	world->handshakes = rdl_handshakes_create(&world->config);
	rdl_handshakes_set_certificates(world->handshakes, certificates);
	world->begun = false;
	world->established = world->ended = 0;
}

static struct device device_begin(bool raw, int cid_len, struct wish wish)
{
	struct device device = { .fleet = fleet_begin(), .raw = raw, .cid_len = cid_len };

	later = 0;
	wish.cn = "meter";
	wish.serial = 2;
	device.world = device.fleet.world;
	device.person = make(&device.fleet.ca, wish);
	if (raw)
		add_raw(device.world, &device.person, "meter");
	return device;
}

/* Where it lies, which is where the engine looks for it. */
static void set_key(struct device *device)
{
	memset(device->ticket_key, 7, sizeof(device->ticket_key));
	device->world->config.ticket_key = device->ticket_key;
	device->world->config.ticket_s = WEEK;
}

static void device_end(struct device *device)
{
	later = 0;
	gnutls_free(device->session.data);
	forget(&device->person);
	fleet_end(&device->fleet);
}

/* Asks for what it has; what the client says last. */
static int come(struct device *device, const char *more)
{
	char suites[256];
	struct client *client = &device->world->client;
	gnutls_certificate_credentials_t credentials = device->fleet.client;

	restart(device);
	snprintf(suites, sizeof(suites), "%s%s", device->raw ? RAW : CCM_8, more);
	client_begin_empty(client, suites, device->cid_len);
	if (credentials == NULL && device->raw) {
		device->fleet.client = raw_credentials(&device->person);
	} else if (credentials == NULL) {
		gnutls_certificate_allocate_credentials(&device->fleet.client);
		gnutls_certificate_set_x509_key(
			device->fleet.client, &device->person.certificate, 1, device->person.key);
	}
	gnutls_credentials_set(client->tls, GNUTLS_CRD_CERTIFICATE, device->fleet.client);
	if (device->session.data != NULL)
		assert_int_equal(gnutls_session_set_data(
					 client->tls, device->session.data, device->session.size),
			0);
	return world_run(device->world);
}

static bool has_ticket(struct device *device)
{
	return (gnutls_session_get_flags(device->world->client.tls) &
		       GNUTLS_SFLAGS_SESSION_TICKET) != 0;
}

static void keep_session(struct device *device)
{
	gnutls_free(device->session.data);
	assert_int_equal(gnutls_session_get_data2(device->world->client.tls, &device->session), 0);
}

static uint64_t resumed(const struct device *device)
{
	return rdl_handshakes_counts(device->world->handshakes)->resumed;
}

/* Of devices with a certificate the second has one, as it is known then what chains are like. */
static void get_ticket(struct device *device)
{
	set_key(device);
	assert_int_equal(come(device, ""), 0);
	assert_int_equal(has_ticket(device), device->raw);
	if (!device->raw)
		assert_int_equal(come(device, ""), 0);
	assert_true(has_ticket(device));
	assert_int_equal(resumed(device), 0);
	keep_session(device);
}

static void test_resumed(void **state)
{
	for (int raw = 0; raw < 2; raw++) {
		for (int cid_len = -1; cid_len < 5; cid_len += 2) {
			struct device device = device_begin(raw, cid_len, (struct wish){ 0 });
			struct world *world = device.world;

			get_ticket(&device);
			assert_int_equal(come(&device, ""), 0);
			assert_int_equal(world->established, 1);
			assert_int_equal(resumed(&device), 1);
			assert_int_equal(
				world->keys.mode, raw ? RDL_IDENTITY_RPK : RDL_IDENTITY_X509);
			assert_true(rdl_identities_permit(
				world->identities, world->keys.identity, RDL_SPAN("meter")));
			assert_false(rdl_identities_permit(
				world->identities, world->keys.identity, RDL_SPAN("other")));
			assert_int_equal(
				world->keys.peer_cid_len, cid_len < 0 ? RDL_DTLS_NO_CID : cid_len);
			assert_int_equal(world->client.server_cid_len, cid_len < 0 ? 0 : 8);
			world_check_keys(world);
			device_end(&device);
		}
	}
}

/* It is told so, in the clear, and may come without its ticket. */
static void refused(struct device *device, const char *more, enum rdl_handshake_failure failure)
{
	assert_int_equal(come(device, more), GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(device->world->established, 0);
	assert_int_equal(device->world->ended, 1);
	assert_int_equal(world_failed(device->world, failure), 1);
	assert_int_equal(resumed(device), 0);
}

static void test_revoked(void **state)
{
	struct device device = device_begin(false, 1, (struct wish){ 0 });
	char problem[RDL_CERTIFICATES_PROBLEM_MAX];

	get_ticket(&device);
	write_crl(device.world, &device.fleet.ca, &device.person, "crl.pem");
	struct rdl_certificates *certificates = load(&device.fleet, "crl.pem", problem);
	assert_non_null(certificates);
	certificates->chains = RDL_CHAINS_SHORT;
	rdl_handshakes_set_certificates(device.world->handshakes, certificates);
	refused(&device, "", RDL_HANDSHAKE_certificate);
	device_end(&device);
}

static void test_certificate_expired(void **state)
{
	struct device device = device_begin(false, -1, (struct wish){ .to = time(NULL) + DAY });

	get_ticket(&device);
	later = DAY + HOUR;
	refused(&device, "", RDL_HANDSHAKE_certificate);
	device_end(&device);
}

static void test_key_removed(void **state)
{
	struct device device = device_begin(true, 1, (struct wish){ 0 });
	uint8_t digest[RDL_CREDENTIALS_DIGEST_LEN];
	struct rdl_credentials_identity identity = { RDL_CREDENTIALS_RPK,
		{ digest, sizeof(digest) } };
	char problem[RDL_CREDENTIALS_PROBLEM_MAX];

	get_ticket(&device);
	digest_of(&device.person, digest);
	assert_int_equal(rdl_credentials_remove(device.world->credentials, identity, NULL, problem),
		RDL_CREDENTIALS_OK);
	refused(&device, "", RDL_HANDSHAKE_identity);
	device_end(&device);
}

/* It is gone between the server's flight and the client's. */
static void test_key_removed_meanwhile(void **state)
{
	struct device device = device_begin(true, -1, (struct wish){ 0 });
	struct world *world = device.world;
	uint8_t digest[RDL_CREDENTIALS_DIGEST_LEN];
	struct rdl_credentials_identity identity = { RDL_CREDENTIALS_RPK,
		{ digest, sizeof(digest) } };
	char problem[RDL_CREDENTIALS_PROBLEM_MAX];

	get_ticket(&device);
	digest_of(&device.person, digest);
	restart(&device);
	client_begin_empty(&world->client, RAW, -1);
	gnutls_credentials_set(world->client.tls, GNUTLS_CRD_CERTIFICATE, device.fleet.client);
	gnutls_session_set_data(world->client.tls, device.session.data, device.session.size);
	(void)client_step(&world->client);
	world_deliver_all(world);
	assert_int_equal(rdl_credentials_remove(world->credentials, identity, NULL, problem),
		RDL_CREDENTIALS_OK);
	(void)world_run(world);
	assert_int_equal(world->established, 0);
	assert_int_equal(world_failed(world, RDL_HANDSHAKE_removed), 1);
	device_end(&device);
}

/* What is of no use is passed over, and another ticket given. */
static void anew(struct device *device, const char *more)
{
	assert_int_equal(come(device, more), 0);
	assert_int_equal(device->world->established, 1);
	assert_int_equal(resumed(device), 0);
	assert_true(has_ticket(device));
	world_check_keys(device->world);
}

static void test_too_old(void **state)
{
	struct device device = device_begin(false, -1, (struct wish){ 0 });

	get_ticket(&device);
	/* GnuTLS's own lifetime is six hours. */
	later = WEEK - HOUR;
	assert_int_equal(come(&device, ""), 0);
	assert_int_equal(resumed(&device), 1);
	later = WEEK + HOUR;
	anew(&device, "");
	device_end(&device);
}

static void test_other_key(void **state)
{
	struct device device = device_begin(true, -1, (struct wish){ 0 });

	get_ticket(&device);
	device.ticket_key[3] ^= 1;
	anew(&device, "");
	device_end(&device);
}

/* Its chain was verified under other CAs. */
static void test_other_ca(void **state)
{
	struct device device = device_begin(false, -1, (struct wish){ 0 });
	char problem[RDL_CERTIFICATES_PROBLEM_MAX];
	FILE *ca;

	get_ticket(&device);
	ca = fopen(path(device.world, "ca.pem"), "a");
	assert_non_null(ca);
	fputs("Another line.\n", ca);
	fclose(ca);
	struct rdl_certificates *certificates = load(&device.fleet, NULL, problem);
	assert_non_null(certificates);
	certificates->chains = RDL_CHAINS_SHORT;
	rdl_handshakes_set_certificates(device.world->handshakes, certificates);
	anew(&device, "");
	device_end(&device);
}

/* The suite of its session is served no more. */
static void test_other_suite(void **state)
{
	static const char *const names[] = { "TLS_ECDHE_ECDSA_WITH_AES_128_CCM" };
	struct device device = device_begin(true, -1, (struct wish){ 0 });

	get_ticket(&device);
	device.world->config.suites = names;
	device.world->config.suite_count = 1;
	refused(&device, ":+AES-128-CCM", RDL_HANDSHAKE_suite);
	gnutls_free(device.session.data);
	device.session.data = NULL;
	anew(&device, ":+AES-128-CCM");
	assert_int_equal(device.world->keys.suite, RDL_DTLS_AES_128_CCM);
	device_end(&device);
}

static void test_none(void **state)
{
	struct device device = device_begin(true, -1, (struct wish){ 0 });

	set_key(&device);
	/* Without an extended master secret, where there are none, and for a pre-shared key. */
	assert_int_equal(come(&device, ":%NO_SESSION_HASH"), 0);
	assert_false(has_ticket(&device));
	device.world->config.ticket_s = 0;
	assert_int_equal(come(&device, ""), 0);
	assert_false(has_ticket(&device));
	device.world->config.ticket_s = WEEK;
	restart(&device);
	device.world->handshakes->certificates->chains = RDL_CHAINS_SHORT;
	client_begin(&device.world->client, "device", "0123456789abcdef",
		PSK_SUITES("AES-128-CCM-8"), -1);
	assert_int_equal(world_run(device.world), 0);
	assert_false(has_ticket(&device));
	device_end(&device);
}

static void test_session_without_extended_master_secret(void **state)
{
	struct device device = device_begin(true, -1, (struct wish){ 0 });

	get_ticket(&device);
	(void)come(&device, ":%NO_SESSION_HASH");
	assert_int_equal(resumed(&device), 0);
	device_end(&device);
}

/* Where one chain is long, none is promised, until certificates are loaded anew. */
static void test_long_chain(void **state)
{
	char name[1000];

	memset(name, 'o', sizeof(name));
	struct device device = device_begin(
		false, -1, (struct wish){ .organization = name, .organization_len = sizeof(name) });
	struct person brief = make(&device.fleet.ca, (struct wish){ .cn = "meter", .serial = 3 });

	set_key(&device);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(come(&device, ""), 0);
		assert_false(has_ticket(&device));
	}
	gnutls_certificate_free_credentials(device.fleet.client);
	gnutls_certificate_allocate_credentials(&device.fleet.client);
	gnutls_certificate_set_x509_key(device.fleet.client, &brief.certificate, 1, brief.key);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(come(&device, ""), 0);
		assert_false(has_ticket(&device));
	}
	forget(&brief);
	device_end(&device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resumed),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_certificate_expired),
		cmocka_unit_test(test_key_removed),
		cmocka_unit_test(test_key_removed_meanwhile),
		cmocka_unit_test(test_too_old),
		cmocka_unit_test(test_other_key),
		cmocka_unit_test(test_other_ca),
		cmocka_unit_test(test_other_suite),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_session_without_extended_master_secret),
		cmocka_unit_test(test_long_chain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
