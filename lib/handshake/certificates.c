/* SPDX-License-Identifier: BSD-3-Clause */
#include "handshake_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <gnutls/abstract.h>

/* Of a chain of ours. */
#define CHAIN_MAX 8

struct files {
	gnutls_datum_t certificate, key, ca, crl;
};

static bool problem_of(char *problem, const char *file, const char *what)
{
	snprintf(problem, RDL_CERTIFICATES_PROBLEM_MAX, "%s: %s", file, what);
	return false;
}

static bool read_file(const char *path, gnutls_datum_t *octets, char *problem)
{
	errno = 0;
	if (path == NULL || gnutls_load_file(path, octets) == 0)
		return true;
	return problem_of(problem, path, errno != 0 ? strerror(errno) : "cannot be read");
}

static bool read_files(
	const struct rdl_certificates_config *config, struct files *files, char *problem)
{
	return read_file(config->certificate, &files->certificate, problem) &&
	       read_file(config->key, &files->key, problem) &&
	       read_file(config->ca, &files->ca, problem) &&
	       read_file(config->crl, &files->crl, problem);
}

static void forget_files(struct files *files)
{
	if (files->key.data != NULL)
		explicit_bzero(files->key.data, files->key.size);
	gnutls_free(files->certificate.data);
	gnutls_free(files->key.data);
	gnutls_free(files->ca.data);
	gnutls_free(files->crl.data);
}

/* Whether it is the time of each; *expire becomes the earliest end. */
static const char *times_problem(
	gnutls_x509_crt_t *chain, unsigned count, time_t now, time_t *expire)
{
	for (unsigned i = 0; i < count; i++) {
		time_t end = gnutls_x509_crt_get_expiration_time(chain[i]);

		if (end <= now)
			return i == 0 ? "has expired" : "a certificate of its chain has expired";
		if (gnutls_x509_crt_get_activation_time(chain[i]) > now)
			return "is not valid yet";
		if (i == 0 || end < *expire)
			*expire = end;
	}
	return NULL;
}

/* As a raw public key (RFC 7250). */
static int add_raw_key(
	gnutls_certificate_credentials_t tls, gnutls_pubkey_t public, gnutls_datum_t *key)
{
	gnutls_datum_t pem = { NULL, 0 };
	int error = gnutls_pubkey_export2(public, GNUTLS_X509_FMT_PEM, &pem);

	if (error == 0)
		error = gnutls_certificate_set_rawpk_key_mem(
			tls, &pem, key, GNUTLS_X509_FMT_PEM, NULL, 0, NULL, 0, 0);
	gnutls_free(pem.data);
	return error;
}

/* Beside the certificate, whose key it is. */
static int add_certified_key(
	gnutls_certificate_credentials_t tls, gnutls_x509_crt_t certificate, gnutls_datum_t *key)
{
	gnutls_pubkey_t public;
	int error = gnutls_pubkey_init(&public);

	if (error < 0)
		return error;
	error = gnutls_pubkey_import_x509(public, certificate, 0);
	if (error == 0)
		error = add_raw_key(tls, public, key);
	gnutls_pubkey_deinit(public);
	return error;
}

/* A key that no certificate speaks of. NULL, or what is the matter with it. */
static const char *add_key_alone(gnutls_certificate_credentials_t tls, gnutls_datum_t *key)
{
	gnutls_privkey_t private = NULL;
	gnutls_pubkey_t public = NULL;
	const char *what = NULL;
	int error = gnutls_privkey_init(&private);

	if (error == 0)
		error = gnutls_pubkey_init(&public);
	if (error == 0 &&
		gnutls_privkey_import_x509_raw(private, key, GNUTLS_X509_FMT_PEM, NULL, 0) < 0)
		what = "is no private key that can be read";
	else if (error == 0 && gnutls_privkey_get_pk_algorithm(private, NULL) != GNUTLS_PK_ECDSA)
		what = "is not a key of ECDSA";
	else if (error == 0)
		error = gnutls_pubkey_import_privkey(public, private, 0, 0);
	if (error == 0 && what == NULL)
		error = add_raw_key(tls, public, key);
	gnutls_pubkey_deinit(public);
	gnutls_privkey_deinit(private);
	return error < 0 ? gnutls_strerror(error) : what;
}

/* The same of a certificate and its key, whichever of them it is. */
static const char *add_certificate(
	struct rdl_certificates *certificates, struct files *files, time_t now, bool *of_key)
{
	gnutls_x509_crt_t chain[CHAIN_MAX];
	unsigned count = CHAIN_MAX;
	int error = gnutls_x509_crt_list_import(chain, &count, &files->certificate,
		GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);

	*of_key = false;
	if (error < 0)
		return gnutls_strerror(error);
	const char *what = times_problem(chain, count, now, &certificates->expire);
	if (what == NULL && gnutls_x509_crt_get_pk_algorithm(chain[0], NULL) != GNUTLS_PK_ECDSA)
		what = "its key is not one of ECDSA";
	if (what == NULL) {
		error = gnutls_certificate_set_x509_key_mem2(certificates->tls, &files->certificate,
			&files->key, GNUTLS_X509_FMT_PEM, NULL, 0);
		if (error >= 0)
			error = add_certified_key(certificates->tls, chain[0], &files->key);
		*of_key = error < 0;
		if (error == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
			what = "is not the key of the certificate";
		else if (error < 0)
			what = gnutls_strerror(error);
	}
	for (unsigned i = 0; i < count; i++)
		gnutls_x509_crt_deinit(chain[i]);
	return what;
}

static bool fill(struct rdl_certificates *certificates,
	const struct rdl_certificates_config *config, struct files *files, time_t now,
	char *problem)
{
	bool of_key = config->certificate == NULL;
	const char *what = of_key ? add_key_alone(certificates->tls, &files->key)
				  : add_certificate(certificates, files, now, &of_key);

	if (what != NULL)
		return problem_of(problem, of_key ? config->key : config->certificate, what);
	certificates->trusts = config->ca != NULL;
	if (config->ca != NULL && gnutls_certificate_set_x509_trust_mem(
					  certificates->tls, &files->ca, GNUTLS_X509_FMT_PEM) <= 0)
		return problem_of(problem, config->ca, "has no certificate");
	if (gnutls_hash_fast(GNUTLS_DIG_SHA512, config->ca != NULL ? (void *)files->ca.data : "",
		    files->ca.size, certificates->trusted) < 0)
		return problem_of(problem, config->key, "no memory");
	if (config->crl != NULL &&
		(gnutls_certificate_set_x509_crl_mem(
			 certificates->tls, &files->crl, GNUTLS_X509_FMT_PEM) <= 0 ||
			gnutls_x509_crl_list_import2(&certificates->crls, &certificates->crl_count,
				&files->crl, GNUTLS_X509_FMT_PEM, 0) < 0))
		return problem_of(problem, config->crl, "is no list of what a CA has revoked");
	gnutls_certificate_set_verify_function(certificates->tls, rdl_handshake_verify);
	return true;
}

struct rdl_certificates *rdl_certificates_load(const struct rdl_certificates_config *config,
	time_t now, char problem[RDL_CERTIFICATES_PROBLEM_MAX])
{
	struct rdl_certificates *certificates = calloc(1, sizeof(*certificates));
	struct files files = { 0 };

	if (certificates == NULL ||
		gnutls_certificate_allocate_credentials(&certificates->tls) < 0) {
		free(certificates);
		(void)problem_of(problem, config->key, "no memory");
		return NULL;
	}
	certificates->holders = 1;
	if (!read_files(config, &files, problem) ||
		!fill(certificates, config, &files, now, problem)) {
		rdl_certificates_release(certificates);
		certificates = NULL;
	}
	forget_files(&files);
	return certificates;
}

struct rdl_certificates *rdl_certificates_hold(struct rdl_certificates *certificates)
{
	__atomic_add_fetch(&certificates->holders, 1, __ATOMIC_RELAXED);
	return certificates;
}

void rdl_certificates_release(struct rdl_certificates *certificates)
{
	if (certificates == NULL ||
		__atomic_sub_fetch(&certificates->holders, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	gnutls_certificate_free_credentials(certificates->tls);
	for (unsigned i = 0; i < certificates->crl_count; i++)
		gnutls_x509_crl_deinit(certificates->crls[i]);
	gnutls_free(certificates->crls);
	free(certificates);
}

bool rdl_certificates_trust(const struct rdl_certificates *certificates)
{
	return certificates->trusts;
}

time_t rdl_certificates_expire(const struct rdl_certificates *certificates)
{
	return certificates->expire;
}
