/* SPDX-License-Identifier: BSD-3-Clause */
/* Whose turn it is at a handshaker, and the certificates that it uses. */
#include "office.h"

#include <pthread.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#define RAW "NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+AES-128-CCM-8:+AEAD:+SIGN-ALL:+GROUP-ALL:+CTYPE-RAWPK"
/* Of a number of 32 octets, the last ones. */
#define X_LEN 30

static const uint8_t garbage[32] = { 22, 1, 2, 3 };
#define GARBAGE ((struct rdl_span){ garbage, sizeof(garbage) })

/* ---- raw public keys, ours and a client's ---- */

struct raw_key {
	gnutls_x509_privkey_t private;
	uint8_t x[X_LEN]; /* of its point, as it is sent */
};

static struct raw_key make_key(void)
{
	struct raw_key key;
	gnutls_ecc_curve_t curve;
	gnutls_datum_t x, y, k;

	gnutls_x509_privkey_init(&key.private);
	assert_int_equal(gnutls_x509_privkey_generate(key.private, GNUTLS_PK_ECDSA,
				 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		0);
	assert_int_equal(gnutls_x509_privkey_export_ecc_raw(key.private, &curve, &x, &y, &k), 0);
	/* With an octet for the sign, or without zeros at its start. */
	assert_in_range(x.size, X_LEN, 33);
	memcpy(key.x, x.data + x.size - X_LEN, X_LEN);
	gnutls_free(x.data);
	gnutls_free(y.data);
	gnutls_free(k.data);
	return key;
}

static struct rdl_certificates *load_key(const struct office *office, const struct raw_key *key)
{
	char path[128], problem[RDL_CERTIFICATES_PROBLEM_MAX];
	gnutls_datum_t pem;

	snprintf(path, sizeof(path), "%s/key.pem", office->database.directory);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(gnutls_x509_privkey_export2(key->private, GNUTLS_X509_FMT_PEM, &pem), 0);
	assert_int_equal(fwrite(pem.data, 1, pem.size, f), pem.size);
	fclose(f);
	gnutls_free(pem.data);
	struct rdl_certificates *certificates = rdl_certificates_load(
		&(struct rdl_certificates_config){ .key = path }, time(NULL), problem);
	if (certificates == NULL)
		fail_msg("%s", problem);
	return certificates;
}

/* The ClientHello of a client with a raw key of its own. */
static struct datagram raw_hello(struct office *office, const struct raw_key *raw)
{
	struct client *client = &office->client;
	gnutls_certificate_credentials_t credentials;
	gnutls_privkey_t key;
	gnutls_pubkey_t public;
	gnutls_pcert_st pcert;

	client_begin_empty(client, RAW, -1);
	gnutls_pubkey_init(&public);
	gnutls_privkey_init(&key);
	assert_int_equal(
		gnutls_privkey_import_x509(key, raw->private, GNUTLS_PRIVKEY_IMPORT_COPY), 0);
	assert_int_equal(gnutls_pubkey_import_privkey(public, key, 0, 0), 0);
	assert_int_equal(gnutls_pcert_import_rawpk(&pcert, public, 0), 0);
	assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
	assert_int_equal(gnutls_certificate_set_key(credentials, NULL, 0, &pcert, 1, key), 0);
	assert_int_equal(
		gnutls_credentials_set(client->tls, GNUTLS_CRD_CERTIFICATE, credentials), 0);
	client_step(client);
	struct datagram hello = queue_take(&client->out);
	client_end(client);
	gnutls_certificate_free_credentials(credentials);
	return hello;
}

/* ---- turns ---- */

static void test_new_ones_wait(void **state)
{
	struct office *office = office_begin(1232);

	/* As many as are taken in one go, and made. */
	for (unsigned i = 0; i < 16; i++)
		(void)office_send(office, 0, RDL_PARCEL_BEGIN, SESSION(1), GARBAGE);
	for (unsigned i = 0; i < 16; i++)
		(void)office_send(office, 0, RDL_PARCEL_MORE, SESSION(2), GARBAGE);
	office_step(office);
	assert_string_equal(office_came(office, 0),
		"back2 back2 back2 back2 back2 back2 back2 ended1 back1 "
		"back2 back2 back2 back2 back2 back2 back2 ended1 back1 "
		"back2 back2 ended1 back1 ended1 back1 ended1 back1 ended1 back1 "
		"ended1 back1 ended1 back1 ended1 back1 ended1 back1 ended1 back1 "
		"ended1 back1 ended1 back1 ended1 back1 ended1 back1 ended1 back1 ");
	office_end(office);
}

/* Records of open sessions come before all else, and leave every second turn to handshakes. */
static void test_records_first(void **state)
{
	struct office *office = office_begin(1232);

	for (unsigned i = 0; i < 3; i++)
		(void)office_send(office, 0, RDL_PARCEL_MORE, SESSION(2), GARBAGE);
	for (unsigned i = 0; i < 8; i++)
		(void)office_send(office, 0, i % 2 > 0 ? RDL_PARCEL_RECORD : RDL_PARCEL_REPLY,
			SESSION(1), GARBAGE);
	office_step(office);
	assert_string_equal(office_came(office, 0),
		"back1 back2 back1 back2 back1 back2 back1 back1 back1 back1 back1 ");
	office_end(office);
}

/* First come, first served, within a class. */
static void test_order(void **state)
{
	struct office *office = office_begin(1232);

	for (unsigned i = 0; i < 5; i++)
		(void)office_send(office, 0, RDL_PARCEL_MORE, SESSION(i), GARBAGE);
	office_step(office);
	assert_string_equal(office_came(office, 0), "back0 back1 back2 back3 back4 ");
	office_end(office);
}

/*
 * While there is twice as much to do for pre-shared keys as a round does, a handshake with a raw
 * key goes on at the fiftieth turn, and another one begins at the hundredth.
 */
static void test_certificates_wait_longer(void **state)
{
	struct office *office = office_begin(1232);
	struct raw_key key = make_key();
	struct datagram hello = raw_hello(office, &key);
	unsigned went_on = 0, began = 0;

	handshaker_use(&office->handshaker, load_key(office, &key));
	(void)office_send(office, 0, RDL_PARCEL_BEGIN, SESSION(1), span_of_datagram(&hello));
	office_step(office);
	assert_string_equal(office_came(office, 0), "send1 back1 ");
	(void)office_send(office, 0, RDL_PARCEL_BEGIN, SESSION(2), span_of_datagram(&hello));
	(void)office_send(office, 0, RDL_PARCEL_MORE, SESSION(1), GARBAGE);
	for (unsigned round = 1; round <= 5; round++) {
		for (unsigned i = 0; i < 64; i++)
			(void)office_send(
				office, i % WORKERS, RDL_PARCEL_MORE, SESSION(9), GARBAGE);
		office_step(office);
		const char *came = office_came(office, 0);
		if (strstr(came, "back1 ") != NULL)
			went_on = round;
		if (strstr(came, "send2 back2 ") != NULL)
			began = round;
	}
	/* Of 32 turns each. */
	assert_int_equal(went_on, 2);
	assert_int_equal(began, 4);
	gnutls_x509_privkey_deinit(key.private);
	office_end(office);
}

/* ---- certificates, and raw keys in place of them ---- */

/* Does the flight for this session have that key in it? What comes is told, too. */
static bool has_key(struct office *office, unsigned slot, const struct raw_key *key,
	const struct datagram *hello)
{
	bool found = false;

	office->session = SESSION(slot);
	(void)office_send(office, 0, RDL_PARCEL_BEGIN, office->session, span_of_datagram(hello));
	office_step(office);
	(void)office_came(office, 0);
	while (office->client.in.count > 0) {
		struct datagram datagram = queue_take(&office->client.in);
		found |= memmem(datagram.octets, datagram.len, key->x, X_LEN) != NULL;
	}
	return found;
}

static void test_certificates(void **state)
{
	struct office *office = office_begin(1232);
	struct raw_key first = make_key(), second = make_key();
	struct datagram hello = raw_hello(office, &first);

	/* None: the client has nothing in common with us. */
	assert_false(has_key(office, 1, &first, &hello));
	assert_int_equal(office->endeds, 1);
	handshaker_use(&office->handshaker, load_key(office, &first));
	assert_true(has_key(office, 2, &first, &hello));
	/* One that came and went in between is never used. */
	handshaker_use(&office->handshaker, load_key(office, &first));
	handshaker_use(&office->handshaker, load_key(office, &second));
	assert_false(has_key(office, 3, &first, &hello));
	assert_true(has_key(office, 4, &second, &hello));
	handshaker_use(&office->handshaker, NULL);
	assert_false(has_key(office, 5, &second, &hello));
	assert_int_equal(office->endeds, 2);
	/* One that is not used before the end. */
	handshaker_use(&office->handshaker, load_key(office, &second));
	gnutls_x509_privkey_deinit(first.private);
	gnutls_x509_privkey_deinit(second.private);
	office_end(office);
}

/* ---- threads ---- */

#define CHANGES 200

static void *change_certificates(void *self)
{
	struct office *office = self;
	struct raw_key key = make_key();

	for (unsigned i = 0; i < CHANGES; i++)
		handshaker_use(&office->handshaker, i % 3 > 0 ? load_key(office, &key) : NULL);
	gnutls_x509_privkey_deinit(key.private);
	return NULL;
}

/* The handshaker's thread makes what this one sends, while another one changes certificates. */
static void test_thread(void **state)
{
	struct office *office = office_begin(1232);
	struct raw_key key = make_key();
	struct datagram hello = raw_hello(office, &key);
	pthread_t changer;

	assert_int_equal(handshaker_start(&office->handshaker), 0);
	assert_int_equal(pthread_create(&changer, NULL, change_certificates, office), 0);
	for (unsigned i = 0; i < 400; i++) {
		(void)office_send(office, i % WORKERS, RDL_PARCEL_BEGIN, SESSION(i),
			i % 8 > 0 ? GARBAGE : span_of_datagram(&hello));
		(void)office_came(office, 0);
		(void)office_came(office, 1);
	}
	pthread_join(changer, NULL);
	/* A minute at most: it ends when all has come back. */
	for (unsigned i = 0; i < 60000 && office->backs < 400; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		(void)office_came(office, 0);
		(void)office_came(office, 1);
	}
	assert_int_equal(office->backs, 400);
	assert_in_range(office->endeds, 350, 400);
	handshaker_stop(&office->handshaker);
	handshaker_stop(&office->handshaker);
	gnutls_x509_privkey_deinit(key.private);
	office_end(office);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_ones_wait),
		cmocka_unit_test(test_records_first),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_certificates_wait_longer),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_thread),
	};

	return RUN_TESTS(tests);
}
