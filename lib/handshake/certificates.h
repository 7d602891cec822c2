/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * certificates: who we are to clients that have no pre-shared key, and whom of them we trust. Read
 * from files once; a reload makes another. Threads share it: nothing in it changes.
 */
#ifndef RDL_HANDSHAKE_CERTIFICATES_H
#define RDL_HANDSHAKE_CERTIFICATES_H

#include <stdint.h>
#include <time.h>

#include "base.h"

#define RDL_CERTIFICATES_PROBLEM_MAX 512

/* PEM files. */
struct rdl_certificates_config {
	/* Ours, with those between it and its root; NULL: the key is a raw public one only. */
	const char *certificate;
	/* Our private key, on a curve. */
	const char *key;
	/* Roots of clients' certificates; NULL: only raw public keys are taken. */
	const char *ca;
	/* What those have revoked; NULL: nothing. */
	const char *crl;
};

struct rdl_certificates;

/*
 * Held once. NULL, and the problem in words: a file cannot be read, the key is another
 * certificate's or not on a curve, or a time is over.
 */
struct rdl_certificates *rdl_certificates_load(const struct rdl_certificates_config *config,
	time_t now, char problem[RDL_CERTIFICATES_PROBLEM_MAX]) RDL_MUST_CHECK;
/* Any thread. Returns what it is given. */
struct rdl_certificates *rdl_certificates_hold(struct rdl_certificates *certificates);
/* NULL is fine. */
void rdl_certificates_release(struct rdl_certificates *certificates);
/* Whether clients' certificates are taken. */
bool rdl_certificates_trust(const struct rdl_certificates *certificates);
/* When the first of ours does; 0: never, there is none. */
time_t rdl_certificates_expire(const struct rdl_certificates *certificates);

#endif
