/* SPDX-License-Identifier: BSD-3-Clause */
/* Raw public keys (RFC 7250): those of clients, and ours, beside a certificate or alone. */
#include "fleet.h"
static void test_raw_key(void **state)
{
	struct fleet fleet = fleet_begin();
	struct world *world = fleet.world;
	struct person person = make(&fleet.ca, (struct wish){ .cn = "any" });

	add_raw(world, &person, "meter");
	assert_int_equal(shake_raw(&fleet, &person, -1), 0);
	assert_int_equal(world->established, 1);
	assert_int_equal(world->keys.mode, RDL_IDENTITY_RPK);
	assert_true(
		rdl_identities_permit(world->identities, world->keys.identity, RDL_SPAN("meter")));
	assert_false(
		rdl_identities_permit(world->identities, world->keys.identity, RDL_SPAN("any")));
	world_check_keys(world);
	forget(&person);
	fleet_end(&fleet);
}

static void test_unknown_raw_key(void **state)
{
	struct fleet fleet = fleet_begin();
	struct person person = make(&fleet.ca, (struct wish){ .cn = "any" });

	assert_true(shake_raw(&fleet, &person, -1) < 0);
	assert_int_equal(fleet.world->established, 0);
	assert_int_equal(world_failed(fleet.world, RDL_HANDSHAKE_identity), 1);
	forget(&person);
	fleet_end(&fleet);
}

static void alone(struct fleet *fleet, bool ca)
{
	char problem[RDL_CERTIFICATES_PROBLEM_MAX];
	struct rdl_certificates *certificates = load_key_alone(fleet, ca, problem);

	if (certificates == NULL)
		fail_msg("%s", problem);
	assert_int_equal(rdl_certificates_expire(certificates), 0);
	rdl_handshakes_set_certificates(fleet->world->handshakes, certificates);
}

/* A key that no certificate speaks of: to clients that take one, and to no others. */
static void test_key_alone(void **state)
{
	for (int with_cid = 0; with_cid < 2; with_cid++) {
		struct fleet fleet = fleet_begin();
		struct world *world = fleet.world;
		struct person person = make(&fleet.ca, (struct wish){ .cn = "any" });

		alone(&fleet, false);
		add_raw(world, &person, "meter");
		assert_int_equal(shake_raw(&fleet, &person, with_cid ? 3 : -1), 0);
		assert_int_equal(world->keys.mode, RDL_IDENTITY_RPK);
		assert_true(rdl_identities_permit(
			world->identities, world->keys.identity, RDL_SPAN("meter")));
		assert_int_equal(
			gnutls_certificate_type_get2(world->client.tls, GNUTLS_CTYPE_PEERS),
			GNUTLS_CRT_RAWPK);
		world_check_keys(world);
		forget(&person);
		fleet_end(&fleet);
	}
}

static void test_key_alone_no_certificate(void **state)
{
	struct fleet fleet = fleet_begin();
	struct person person = make(&fleet.ca, (struct wish){ .cn = "meter", .serial = 2 });

	alone(&fleet, false);
	assert_int_equal(shake(&fleet, &person, CCM_8, -1), GNUTLS_E_FATAL_ALERT_RECEIVED);
	assert_int_equal(fleet.world->established, 0);
	assert_int_equal(world_failed(fleet.world, RDL_HANDSHAKE_suite), 1);
	forget(&person);
	fleet_end(&fleet);
}

/* The gateway's key is raw, and the client's is certified. */
static void test_key_alone_and_ca(void **state)
{
	for (int ca = 0; ca < 2; ca++) {
		struct fleet fleet = fleet_begin();
		struct person person = make(&fleet.ca, (struct wish){ .cn = "meter", .serial = 2 });

		alone(&fleet, ca);
		int error = shake(&fleet, &person, RAW_SERVER, -1);
		assert_int_equal(error == 0, ca);
		assert_int_equal(fleet.world->established, ca);
		if (ca)
			assert_int_equal(fleet.world->keys.mode, RDL_IDENTITY_X509);
		else
			assert_int_equal(world_failed(fleet.world, RDL_HANDSHAKE_certificate), 1);
		forget(&person);
		fleet_end(&fleet);
	}
}

static void wrong_key(struct fleet *fleet, const char *what)
{
	char problem[RDL_CERTIFICATES_PROBLEM_MAX] = "";

	assert_null(load_key_alone(fleet, false, problem));
	if (strstr(problem, "server.key: ") == NULL || strstr(problem, what) == NULL)
		fail_msg("\"%s\" has no \"%s\"", problem, what);
}

static void test_key_alone_files(void **state)
{
	uint8_t octets[] = "nothing";
	gnutls_datum_t nothing = { octets, 7 };
	struct fleet fleet = fleet_begin();
	struct person rsa = make(&fleet.ca, (struct wish){ .cn = "g", .algorithm = GNUTLS_PK_RSA });

	write_person(fleet.world, &rsa, "other.pem", "server.key");
	wrong_key(&fleet, "is not a key of ECDSA");
	write_datum(path(fleet.world, "server.key"), &nothing);
	wrong_key(&fleet, "no private key");
	unlink(path(fleet.world, "server.key"));
	wrong_key(&fleet, "No such file");
	forget(&rsa);
	fleet_end(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw_key),
		cmocka_unit_test(test_unknown_raw_key),
		cmocka_unit_test(test_key_alone),
		cmocka_unit_test(test_key_alone_no_certificate),
		cmocka_unit_test(test_key_alone_and_ca),
		cmocka_unit_test(test_key_alone_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
