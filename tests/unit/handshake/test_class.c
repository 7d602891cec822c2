/* SPDX-License-Identifier: BSD-3-Clause */
/* What a parcel costs, as it is known before it is given in. */
#include "fleet.h"

#define BOTH                                                                             \
	"NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+PSK:+AES-128-CCM-8:+AEAD:+SIGN-ALL:+GROUP-ALL" \
	":+CTYPE-X509"

static enum rdl_handshake_class class_of(
	const struct fleet *fleet, enum rdl_dtls_parcel_kind kind, struct rdl_span octets)
{
	uint8_t *copy = malloc(octets.len + 1);
	struct rdl_dtls_parcel parcel = {
		.kind = kind, .session = SESSION, .data = copy, .len = (uint16_t)octets.len
	};

	assert_non_null(copy);
	memcpy(copy, octets.data, octets.len);
	enum rdl_handshake_class class = rdl_handshakes_class(fleet->world->handshakes, &parcel);
	free(copy);
	return class;
}

/* Of the Hello of a client that has both a key and a certificate. */
static enum rdl_handshake_class hello_of(struct fleet *fleet, const char *suites)
{
	struct client *client = &fleet->world->client;

	client_begin(client, "device", "0123456789abcdef", suites, -1);
	if (fleet->client == NULL)
		gnutls_certificate_allocate_credentials(&fleet->client);
	gnutls_credentials_set(client->tls, GNUTLS_CRD_CERTIFICATE, fleet->client);
	(void)client_step(client);
	assert_int_equal(client->out.count, 1);
	return class_of(fleet, RDL_PARCEL_BEGIN,
		(struct rdl_span){ client->out.datagrams[0].octets, client->out.datagrams[0].len });
}

static void test_hello(void **state)
{
	static const char *const names[] = { "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
		"TLS_PSK_WITH_AES_128_CCM_8" };
	struct fleet fleet = fleet_begin();
	struct world *world = fleet.world;
	struct rdl_certificates *certificates = world->handshakes->certificates;

	assert_int_equal(hello_of(&fleet, PSK_SUITES("AES-128-CCM-8")), RDL_HANDSHAKE_NEW_PSK);
	client_end(&world->client);
	assert_int_equal(hello_of(&fleet, CCM_8), RDL_HANDSHAKE_NEW_CERTIFICATE);
	client_end(&world->client);
	/* Our order decides. */
	assert_int_equal(hello_of(&fleet, BOTH), RDL_HANDSHAKE_NEW_PSK);
	client_end(&world->client);
	world->config.suites = names;
	world->config.suite_count = RDL_ARRAY_LEN(names);
	rdl_certificates_hold(certificates);
	rdl_handshakes_destroy(world->handshakes);
	world->handshakes = rdl_handshakes_create(&world->config);
	rdl_handshakes_set_certificates(world->handshakes, certificates);
	assert_int_equal(hello_of(&fleet, BOTH), RDL_HANDSHAKE_NEW_CERTIFICATE);
	/* And whether there is what it takes. */
	rdl_handshakes_set_certificates(world->handshakes, NULL);
	client_end(&world->client);
	assert_int_equal(hello_of(&fleet, BOTH), RDL_HANDSHAKE_NEW_PSK);
	fleet_end(&fleet);
}

static void test_no_hello(void **state)
{
	struct fleet fleet = fleet_begin();
	struct client *client = &fleet.world->client;

	assert_int_equal(hello_of(&fleet, CCM_8), RDL_HANDSHAKE_NEW_CERTIFICATE);
	for (uint16_t len = 0; len < client->out.datagrams[0].len; len++)
		assert_int_equal(class_of(&fleet, RDL_PARCEL_BEGIN,
					 (struct rdl_span){ client->out.datagrams[0].octets, len }),
			RDL_HANDSHAKE_NEW_PSK);
	fleet_end(&fleet);
}

static void test_under_way(void **state)
{
	static const struct rdl_span nothing = { (const uint8_t *)"", 0 };
	struct fleet fleet = fleet_begin();
	struct world *world = fleet.world;
	struct person person = make(&fleet.ca, (struct wish){ .cn = "meter", .serial = 2 });

	assert_int_equal(class_of(&fleet, RDL_PARCEL_MORE, nothing), RDL_HANDSHAKE_UNDER_WAY_PSK);
	assert_int_equal(hello_of(&fleet, CCM_8), RDL_HANDSHAKE_NEW_CERTIFICATE);
	world_deliver_all(world);
	assert_int_equal(
		class_of(&fleet, RDL_PARCEL_MORE, nothing), RDL_HANDSHAKE_UNDER_WAY_CERTIFICATE);
	gnutls_certificate_set_x509_key(fleet.client, &person.certificate, 1, person.key);
	assert_int_equal(world_run(world), 0);
	/* Its last flight is there. */
	assert_int_equal(class_of(&fleet, RDL_PARCEL_MORE, nothing), RDL_HANDSHAKE_UNDER_WAY_PSK);
	forget(&person);
	fleet_end(&fleet);
}

static void test_under_way_psk(void **state)
{
	static const struct rdl_span nothing = { (const uint8_t *)"", 0 };
	struct fleet fleet = fleet_begin();

	assert_int_equal(hello_of(&fleet, PSK_SUITES("AES-128-CCM-8")), RDL_HANDSHAKE_NEW_PSK);
	world_deliver_all(fleet.world);
	assert_int_equal(class_of(&fleet, RDL_PARCEL_MORE, nothing), RDL_HANDSHAKE_UNDER_WAY_PSK);
	fleet_end(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_no_hello),
		cmocka_unit_test(test_under_way),
		cmocka_unit_test(test_under_way_psk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
