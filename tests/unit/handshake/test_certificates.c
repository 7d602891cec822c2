/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes with certificates, and what is wrong with files of them. */
#include "fleet.h"

/* A client that wishes so: whether it may register as `endpoint`. */
static bool may_register(struct wish wish, const char *endpoint)
{
	struct fleet fleet = fleet_begin();
	struct world *world = fleet.world;
	wish.serial = 2;
	struct person person = make(&fleet.ca, wish);
	struct rdl_span span = { (const uint8_t *)endpoint, strlen(endpoint) };

	assert_int_equal(shake(&fleet, &person, CCM_8, -1), 0);
	assert_int_equal(world->established, 1);
	assert_int_equal(world->keys.mode, RDL_IDENTITY_X509);
	bool may = rdl_identities_permit(world->identities, world->keys.identity, span);
	forget(&person);
	fleet_end(&fleet);
	return may;
}

static void test_each_suite(void **state)
{
	static const char *const suites[RDL_DTLS_AEADS] = { CCM_8, SUITES("AES-128-CCM", ""),
		SUITES("AES-128-GCM", ""), SUITES("AES-256-GCM", "") };

	for (unsigned i = 0; i < RDL_DTLS_AEADS; i++) {
		for (int cid_len = -1; cid_len < 2; cid_len++) {
			struct fleet fleet = fleet_begin();
			struct person person =
				make(&fleet.ca, (struct wish){ .cn = "meter", .serial = 2 });

			assert_int_equal(shake(&fleet, &person, suites[i], cid_len), 0);
			assert_int_equal(fleet.world->established, 1);
			assert_int_equal(fleet.world->keys.suite, i);
			world_check_keys(fleet.world);
			forget(&person);
			fleet_end(&fleet);
		}
	}
}

/* With CBC, after which the certificates that it was made with may be gone. */
static void test_cbc(void **state)
{
	struct fleet fleet = fleet_begin();
	struct world *world = fleet.world;
	struct person person = make(&fleet.ca, (struct wish){ .cn = "meter", .serial = 2 });
	char problem[RDL_CERTIFICATES_PROBLEM_MAX];
	static const char update[] = "update";
	uint8_t *record;

	rdl_handshakes_destroy(world->handshakes);
	world->config.cbc_sessions = 1;
	world->handshakes = rdl_handshakes_create(&world->config);
	assert_non_null(world->handshakes);
	struct rdl_certificates *certificates = load(&fleet, NULL, problem);
	rdl_handshakes_set_certificates(world->handshakes, rdl_certificates_hold(certificates));
	assert_int_equal(shake(&fleet, &person,
				 "NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+AES-128-CBC:+SHA256"
				 ":+SIGN-ALL:+GROUP-ALL:+CTYPE-X509",
				 -1),
		0);
	assert_int_equal(world->keys.suite, RDL_DTLS_AES_128_CBC);
	assert_int_equal(world->keys.mode, RDL_IDENTITY_X509);
	rdl_handshakes_set_certificates(world->handshakes, NULL);
	assert_int_equal(certificates->holders, 1);
	rdl_certificates_release(certificates);
	assert_int_equal(gnutls_record_send(world->client.tls, update, 6), 6);
	record = world->client.out.datagrams[0].octets;
	struct rdl_dtls_parcel parcel = { .kind = RDL_PARCEL_RECORD,
		.session = SESSION,
		.data = record,
		.len = world->client.out.datagrams[0].len };
	assert_int_equal(
		rdl_handshakes_input(world->handshakes, &parcel, now_ms), RDL_HANDSHAKE_TAKEN);
	assert_int_equal(parcel.text_len, 6);
	assert_memory_equal(record + RDL_DTLS_CBC_HEAD, update, 6);
	forget(&person);
	fleet_end(&fleet);
}

static void test_common_name(void **state)
{
	assert_true(may_register((struct wish){ .cn = "meter" }, "meter"));
	assert_false(may_register((struct wish){ .cn = "meter" }, "meterX"));
	assert_false(may_register((struct wish){ .cn = "meter" }, "Meter"));
	assert_true(may_register((struct wish){ .cn = "a,b+c" }, "a,b+c"));
	assert_true(may_register(
		(struct wish){ .cn = "meter", .purpose = GNUTLS_KP_TLS_WWW_CLIENT }, "meter"));
	/* Two of them, and one with a NUL: nobody may say which is meant. */
	assert_false(may_register((struct wish){ .cn = "meter", .second_cn = "other" }, "meter"));
	assert_false(may_register((struct wish){ .cn = "meter", .second_cn = "other" }, "other"));
	assert_false(may_register((struct wish){ .cn = "meter\0.evil", .cn_len = 11 }, "meter"));
}

static void refused(struct wish wish, bool of_other_ca, const char *crl)
{
	struct fleet fleet = fleet_begin();
	char problem[RDL_CERTIFICATES_PROBLEM_MAX];
	struct person other = make(NULL, (struct wish){ .cn = "ca" });

	wish.serial = 2;
	struct person person = make(of_other_ca ? &other : &fleet.ca, wish);
	if (crl != NULL) {
		write_crl(fleet.world, &fleet.ca, &person, crl);
		struct rdl_certificates *certificates = load(&fleet, crl, problem);
		if (certificates == NULL)
			fail_msg("%s", problem);
		rdl_handshakes_set_certificates(fleet.world->handshakes, certificates);
	}
	assert_int_equal(shake(&fleet, &person, CCM_8, -1), GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(fleet.world->established, 0);
	assert_int_equal(fleet.world->ended, 1);
	assert_int_equal(world_failed(fleet.world, RDL_HANDSHAKE_certificate), 1);
	forget(&person);
	forget(&other);
	fleet_end(&fleet);
}

static void test_refused(void **state)
{
	time_t now = time(NULL);

	refused((struct wish){ .cn = "meter" }, true, NULL);
	refused((struct wish){ .cn = "meter", .to = now - 1 }, false, NULL);
	refused((struct wish){ .cn = "meter", .from = now + DAY }, false, NULL);
	refused((struct wish){ .cn = "meter", .purpose = GNUTLS_KP_TLS_WWW_SERVER }, false, NULL);
	refused((struct wish){ .cn = "meter" }, false, "crl.pem");
}

/* A path that takes less than what we have to say in one piece. */
static void test_small_datagrams(void **state)
{
	struct fleet fleet = fleet_begin();
	struct person person = make(&fleet.ca, (struct wish){ .cn = "meter", .serial = 2 });

	fleet.world->handshakes->config.mtu = fleet.world->config.mtu = 256;
	assert_int_equal(shake(&fleet, &person, CCM_8, 4), 0);
	assert_true(fleet.world->sent > 3);
	world_check_keys(fleet.world);
	forget(&person);
	fleet_end(&fleet);
}

static uint16_t narrow;

static uint16_t narrow_path(void *context, const struct rdl_peer *peer)
{
	return narrow;
}

/* The same where a router has told. */
static void test_narrow_path(void **state)
{
	/* Of IP packets, IPv6's; and of ours without headers. */
	static const uint16_t paths[][2] = { { 256 + 48, 256 }, { 100, 200 }, { 1280, 1232 } };

	for (size_t i = 0; i < RDL_ARRAY_LEN(paths); i++) {
		struct fleet fleet = fleet_begin();
		struct person person = make(&fleet.ca, (struct wish){ .cn = "meter", .serial = 2 });

		narrow = paths[i][0];
		fleet.world->handshakes->config.calls.path = narrow_path;
		fleet.world->config.mtu = paths[i][1];
		assert_int_equal(shake(&fleet, &person, CCM_8, 4), 0);
		assert_int_equal(fleet.world->sent > 3, paths[i][0] < 1280);
		world_check_keys(fleet.world);
		forget(&person);
		fleet_end(&fleet);
	}
}

static void test_no_certificate(void **state)
{
	struct fleet fleet = fleet_begin();

	assert_true(shake(&fleet, NULL, CCM_8, -1) < 0);
	assert_int_equal(fleet.world->established, 0);
	assert_int_equal(world_failed(fleet.world, RDL_HANDSHAKE_certificate), 1);
	fleet_end(&fleet);
}

/* Pre-shared keys go on beside certificates. */
static void test_psk_beside(void **state)
{
	struct fleet fleet = fleet_begin();

	client_begin(&fleet.world->client, "device", "0123456789abcdef",
		PSK_SUITES("AES-128-CCM-8"), -1);
	assert_int_equal(world_run(fleet.world), 0);
	assert_int_equal(fleet.world->keys.mode, RDL_IDENTITY_PSK);
	fleet_end(&fleet);
}

/* A reload while one is under way: it goes on with what it began with. */
static void test_reload_meanwhile(void **state)
{
	struct fleet fleet = fleet_begin();
	struct person person = make(&fleet.ca, (struct wish){ .cn = "meter", .serial = 2 });
	char problem[RDL_CERTIFICATES_PROBLEM_MAX];

	client_begin_empty(&fleet.world->client, CCM_8, -1);
	gnutls_certificate_allocate_credentials(&fleet.client);
	gnutls_certificate_set_x509_key(fleet.client, &person.certificate, 1, person.key);
	gnutls_credentials_set(fleet.world->client.tls, GNUTLS_CRD_CERTIFICATE, fleet.client);
	(void)client_step(&fleet.world->client);
	world_deliver_all(fleet.world);
	rdl_handshakes_set_certificates(fleet.world->handshakes, load(&fleet, NULL, problem));
	assert_int_equal(world_run(fleet.world), 0);
	assert_int_equal(fleet.world->established, 1);
	forget(&person);
	fleet_end(&fleet);
}

static void wrong_file(struct fleet *fleet, const char *file, const char *what)
{
	char problem[RDL_CERTIFICATES_PROBLEM_MAX] = "";

	assert_null(load(fleet, NULL, problem));
	if (strstr(problem, file) == NULL || strstr(problem, what) == NULL)
		fail_msg("\"%s\" has no \"%s\" or no \"%s\"", problem, file, what);
}

static void test_files(void **state)
{
	uint8_t octets[] = "nothing";
	gnutls_datum_t nothing = { octets, 7 };
	struct fleet fleet = fleet_begin();
	struct world *world = fleet.world;
	time_t now = time(NULL);
	char problem[RDL_CERTIFICATES_PROBLEM_MAX];
	struct person late = make(&fleet.ca, (struct wish){ .cn = "gateway", .to = now - 1 });
	struct person early = make(&fleet.ca, (struct wish){ .cn = "gateway", .from = now + DAY });
	struct person rsa = make(&fleet.ca, (struct wish){ .cn = "g", .algorithm = GNUTLS_PK_RSA });

	struct rdl_certificates *certificates = load(&fleet, NULL, problem);
	assert_in_range(rdl_certificates_expire(certificates), now + 9 * DAY, now + 11 * DAY);
	rdl_certificates_release(certificates);
	write_person(world, &late, "server.pem", "server.key");
	wrong_file(&fleet, "server.pem", "has expired");
	write_person(world, &early, "server.pem", "server.key");
	wrong_file(&fleet, "server.pem", "not valid yet");
	write_person(world, &rsa, "server.pem", "server.key");
	wrong_file(&fleet, "server.pem", "not one of ECDSA");
	write_person(world, &fleet.server, "server.pem", "other.key");
	wrong_file(&fleet, "server.key", "not the key of the certificate");
	write_datum(path(world, "server.key"), &nothing);
	wrong_file(&fleet, "server.key", "");
	write_person(world, &fleet.server, "server.pem", "server.key");
	write_datum(path(world, "ca.pem"), &nothing);
	wrong_file(&fleet, "ca.pem", "no certificate");
	unlink(path(world, "server.pem"));
	wrong_file(&fleet, "server.pem", "No such file");
	forget(&late);
	forget(&early);
	forget(&rsa);
	fleet_end(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_suite),
		cmocka_unit_test(test_cbc),
		cmocka_unit_test(test_common_name),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_small_datagrams),
		cmocka_unit_test(test_narrow_path),
		cmocka_unit_test(test_no_certificate),
		cmocka_unit_test(test_psk_beside),
		cmocka_unit_test(test_reload_meanwhile),
		cmocka_unit_test(test_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
