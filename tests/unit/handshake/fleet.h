/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates of a fleet that a test makes, and clients that have one, or a raw public key. */
#ifndef RDL_TEST_HANDSHAKE_FLEET_H
#define RDL_TEST_HANDSHAKE_FLEET_H

#include "fixture.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#define SUITES(cipher, more) \
	"NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+" cipher ":+AEAD:+SIGN-ALL:+GROUP-ALL:+CTYPE-X509" more
#define CCM_8 SUITES("AES-128-CCM-8", "")
#define RAW "NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+AES-128-CCM-8:+AEAD:+SIGN-ALL:+GROUP-ALL:+CTYPE-RAWPK"
/* A raw key of the gateway's, a certificate of the client's. */
#define RAW_SERVER                                                                              \
	"NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+AES-128-CCM-8:+AEAD:+SIGN-ALL:+GROUP-ALL:+CTYPE-SRV-" \
	"RAWPK:+CTYPE-CLI-X509"
#define DAY 86400

struct person {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
};

/* What is to be different of a certificate. */
struct wish {
	const char *cn;
	size_t cn_len;
	const char *second_cn, *purpose, *organization;
	size_t organization_len;
	time_t from, to;
	unsigned serial;
	gnutls_pk_algorithm_t algorithm;
};

static inline struct person make(const struct person *issuer, struct wish wish)
{
	struct person person;
	time_t now = time(NULL);
	uint8_t serial = (uint8_t)(wish.serial + 1);
	const struct person *signer = issuer != NULL ? issuer : &person;
	bool rsa = wish.algorithm == GNUTLS_PK_RSA;

	gnutls_x509_privkey_init(&person.key);
	gnutls_x509_crt_init(&person.certificate);
	assert_int_equal(
		gnutls_x509_privkey_generate(person.key, rsa ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA,
			rsa ? 2048 : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		0);
	gnutls_x509_crt_set_version(person.certificate, 3);
	gnutls_x509_crt_set_serial(person.certificate, &serial, 1);
	gnutls_x509_crt_set_activation_time(
		person.certificate, wish.from != 0 ? wish.from : now - DAY);
	gnutls_x509_crt_set_expiration_time(
		person.certificate, wish.to != 0 ? wish.to : now + 10 * DAY);
	size_t cn_len = wish.cn_len != 0 ? wish.cn_len : strlen(wish.cn);
	assert_int_equal(gnutls_x509_crt_set_dn_by_oid(person.certificate,
				 GNUTLS_OID_X520_COMMON_NAME, 0, wish.cn, (unsigned)cn_len),
		0);
	if (wish.second_cn != NULL)
		gnutls_x509_crt_set_dn_by_oid(person.certificate, GNUTLS_OID_X520_COMMON_NAME, 0,
			wish.second_cn, (unsigned)strlen(wish.second_cn));
	if (wish.organization != NULL)
		assert_int_equal(gnutls_x509_crt_set_dn_by_oid(person.certificate,
					 GNUTLS_OID_X520_ORGANIZATION_NAME, 0, wish.organization,
					 (unsigned)wish.organization_len),
			0);
	if (wish.purpose != NULL)
		gnutls_x509_crt_set_key_purpose_oid(person.certificate, wish.purpose, 0);
	gnutls_x509_crt_set_key(person.certificate, person.key);
	gnutls_x509_crt_set_ca_status(person.certificate, issuer == NULL);
	gnutls_x509_crt_set_key_usage(
		person.certificate, issuer == NULL ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN
						   : GNUTLS_KEY_DIGITAL_SIGNATURE);
	assert_int_equal(gnutls_x509_crt_sign2(person.certificate, signer->certificate, signer->key,
				 GNUTLS_DIG_SHA256, 0),
		0);
	return person;
}

static inline void forget(struct person *person)
{
	gnutls_x509_privkey_deinit(person->key);
	gnutls_x509_crt_deinit(person->certificate);
}

static inline const char *path(const struct world *world, const char *name)
{
	static char paths[8][128];
	static unsigned next;
	char *text = paths[next++ % 8];

	snprintf(text, sizeof(paths[0]), "%s/%s", world->directory, name);
	return text;
}

static inline void write_datum(const char *file, const gnutls_datum_t *datum)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(datum->data, 1, datum->size, f), datum->size);
	fclose(f);
}

static inline void write_person(const struct world *world, const struct person *person,
	const char *certificate, const char *key)
{
	gnutls_datum_t datum;

	assert_int_equal(
		gnutls_x509_crt_export2(person->certificate, GNUTLS_X509_FMT_PEM, &datum), 0);
	write_datum(path(world, certificate), &datum);
	gnutls_free(datum.data);
	assert_int_equal(gnutls_x509_privkey_export2(person->key, GNUTLS_X509_FMT_PEM, &datum), 0);
	write_datum(path(world, key), &datum);
	gnutls_free(datum.data);
}

static inline void write_crl(const struct world *world, const struct person *ca,
	const struct person *revoked, const char *name)
{
	gnutls_x509_crl_t crl;
	gnutls_datum_t datum;
	time_t now = time(NULL);

	gnutls_x509_crl_init(&crl);
	gnutls_x509_crl_set_version(crl, 2);
	gnutls_x509_crl_set_this_update(crl, now - DAY);
	gnutls_x509_crl_set_next_update(crl, now + DAY);
	gnutls_x509_crl_set_number(crl, "\1", 1);
	assert_int_equal(gnutls_x509_crl_set_crt(crl, revoked->certificate, now - 1), 0);
	assert_int_equal(
		gnutls_x509_crl_sign2(crl, ca->certificate, ca->key, GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &datum), 0);
	write_datum(path(world, name), &datum);
	gnutls_free(datum.data);
	gnutls_x509_crl_deinit(crl);
}

struct fleet {
	struct world *world;
	struct person ca, server;
	gnutls_certificate_credentials_t client;
};

static inline struct rdl_certificates *load(struct fleet *fleet, const char *crl, char *problem)
{
	struct rdl_certificates_config config = {
		.certificate = path(fleet->world, "server.pem"),
		.key = path(fleet->world, "server.key"),
		.ca = path(fleet->world, "ca.pem"),
		.crl = crl != NULL ? path(fleet->world, crl) : NULL,
	};

	return rdl_certificates_load(&config, time(NULL), problem);
}

/* Of a gateway that has a key alone, or, with `ca`, roots of clients' certificates beside it. */
static inline struct rdl_certificates *load_key_alone(struct fleet *fleet, bool ca, char *problem)
{
	struct rdl_certificates_config config = {
		.key = path(fleet->world, "server.key"),
		.ca = ca ? path(fleet->world, "ca.pem") : NULL,
	};

	return rdl_certificates_load(&config, time(NULL), problem);
}

static inline struct fleet fleet_begin(void)
{
	struct fleet fleet = { .world = world_begin() };
	char problem[RDL_CERTIFICATES_PROBLEM_MAX];

	fleet.ca = make(NULL, (struct wish){ .cn = "ca" });
	fleet.server = make(&fleet.ca, (struct wish){ .cn = "gateway", .serial = 1 });
	write_person(fleet.world, &fleet.ca, "ca.pem", "ca.key");
	write_person(fleet.world, &fleet.server, "server.pem", "server.key");
	struct rdl_certificates *certificates = load(&fleet, NULL, problem);
	if (certificates == NULL)
		fail_msg("%s", problem);
	rdl_handshakes_set_certificates(fleet.world->handshakes, certificates);
	return fleet;
}

static inline void fleet_end(struct fleet *fleet)
{
	world_end(fleet->world);
	if (fleet->client != NULL)
		gnutls_certificate_free_credentials(fleet->client);
	forget(&fleet->ca);
	forget(&fleet->server);
}

static inline int shake(
	struct fleet *fleet, const struct person *person, const char *suites, int cid_len)
{
	client_begin_empty(&fleet->world->client, suites, cid_len);
	assert_int_equal(gnutls_certificate_allocate_credentials(&fleet->client), 0);
	if (person != NULL) {
		gnutls_x509_crt_t certificate = person->certificate;

		assert_int_equal(gnutls_certificate_set_x509_key(
					 fleet->client, &certificate, 1, person->key),
			0);
	}
	assert_int_equal(gnutls_credentials_set(
				 fleet->world->client.tls, GNUTLS_CRD_CERTIFICATE, fleet->client),
		0);
	return world_run(fleet->world);
}

static inline void raw_key_of(
	const struct person *person, gnutls_privkey_t *key, gnutls_pubkey_t *public)
{
	gnutls_pubkey_init(public);
	gnutls_privkey_init(key);
	assert_int_equal(
		gnutls_privkey_import_x509(*key, person->key, GNUTLS_PRIVKEY_IMPORT_COPY), 0);
	assert_int_equal(gnutls_pubkey_import_privkey(*public, *key, 0, 0), 0);
}

static inline gnutls_certificate_credentials_t raw_credentials(const struct person *person)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_privkey_t key;
	gnutls_pcert_st pcert;
	gnutls_pubkey_t public;

	raw_key_of(person, &key, &public);
	assert_int_equal(gnutls_pcert_import_rawpk(&pcert, public, 0), 0);
	assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
	assert_int_equal(gnutls_certificate_set_key(credentials, NULL, 0, &pcert, 1, key), 0);
	return credentials;
}

static inline int shake_raw(struct fleet *fleet, const struct person *person, int cid_len)
{
	struct client *client = &fleet->world->client;

	client_begin_empty(client, RAW, cid_len);
	fleet->client = raw_credentials(person);
	assert_int_equal(
		gnutls_credentials_set(client->tls, GNUTLS_CRD_CERTIFICATE, fleet->client), 0);
	return world_run(fleet->world);
}

static inline void digest_of(
	const struct person *person, uint8_t digest[RDL_CREDENTIALS_DIGEST_LEN])
{
	gnutls_pubkey_t public;
	gnutls_privkey_t key;
	gnutls_datum_t pem;

	raw_key_of(person, &key, &public);
	assert_int_equal(gnutls_pubkey_export2(public, GNUTLS_X509_FMT_PEM, &pem), 0);
	assert_true(rdl_credentials_digest_pem((struct rdl_span){ pem.data, pem.size }, digest));
	gnutls_free(pem.data);
	gnutls_pubkey_deinit(public);
	gnutls_privkey_deinit(key);
}

static inline void add_raw(struct world *world, const struct person *person, const char *endpoint)
{
	uint8_t digest[RDL_CREDENTIALS_DIGEST_LEN], names[64];
	char problem[RDL_CREDENTIALS_PROBLEM_MAX];
	struct rdl_credentials_tally tally;

	digest_of(person, digest);
	names[0] = (uint8_t)strlen(endpoint);
	memcpy(names + 1, endpoint, names[0]);
	struct rdl_credentials_row row = {
		.identity = { RDL_CREDENTIALS_RPK, { digest, sizeof(digest) } },
		.names = { names, 1u + names[0] },
	};
	if (!rdl_credentials_put(world->credentials, &row, 1, &tally, problem))
		fail_msg("%s", problem);
}

#endif
