/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of this room share. */
#ifndef RDL_CREDENTIALS_INTERNAL_H
#define RDL_CREDENTIALS_INTERNAL_H

#include <pthread.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <lmdb.h>

#include "writing.h"

/*
 * ---- sealing: AES-SIV with two keys of 128 bits (RFC 5297), made to wrap keys ----
 * The nonce is the identity: nothing random is kept beside a record, and the same record is always
 * sealed to the same octets, by which an import sees that nothing changed.
 */
#define RDL_CREDENTIALS_SEAL_KEY_LEN 32
#define RDL_CREDENTIALS_TAG_LEN 16

struct rdl_credentials_seal {
	/* NULL: there is no key file. One thread's. */
	gnutls_aead_cipher_hd_t cipher;
};

bool rdl_credentials_seal_init(struct rdl_credentials_seal *seal, const uint8_t *key);
void rdl_credentials_seal_fini(struct rdl_credentials_seal *seal);
/* Octets of the key file; false and the problem in words. */
bool rdl_credentials_read_key_file(const char *path, uint8_t key[RDL_CREDENTIALS_SEAL_KEY_LEN],
	char problem[RDL_CREDENTIALS_PROBLEM_MAX]);

/*
 * ---- a record: mode, octets of the key in two octets, names, the key (sealed: and its tag) ----
 * All before the key is authenticated with it, so that names cannot be put to another key.
 */
#define RDL_CREDENTIALS_RECORD_HEAD 3
#define RDL_CREDENTIALS_RECORD_MAX                                                           \
	(RDL_CREDENTIALS_RECORD_HEAD + RDL_CREDENTIALS_NAMES_MAX + RDL_CREDENTIALS_KEY_MAX + \
		RDL_CREDENTIALS_TAG_LEN)

/* The octets of a row's record in `room`; 0: the cipher failed. */
size_t rdl_credentials_record_pack(const struct rdl_credentials_seal *seal,
	const struct rdl_credentials_row *row, uint8_t room[RDL_CREDENTIALS_RECORD_MAX]);
/* Its names, which need no key; false: it is no record. */
bool rdl_credentials_record_names(bool sealed, struct rdl_span record, struct rdl_span *names);
bool rdl_credentials_record_open(const struct rdl_credentials_seal *seal,
	struct rdl_credentials_identity identity, struct rdl_span record,
	struct rdl_credential *credential);

/* ---- the database ---- */

#define RDL_CREDENTIALS_FORMAT 1

/* The one record of "state". */
struct rdl_credentials_state {
	uint32_t format;
	uint32_t sealed;
	/* Changes since it was made. */
	uint64_t position;
	/* Of nothing, sealed: tells whether this is the key file. */
	uint8_t check[RDL_CREDENTIALS_TAG_LEN];
};

struct rdl_credentials {
	MDB_env *env;
	/* By mode. */
	MDB_dbi credentials[2];
	MDB_dbi state, changes;
	/*
	 * Held for reading while anybody looks into the map, for writing while it moves. What could
	 * not be mapped again is never looked at again.
	 */
	pthread_rwlock_t map_lock;
	bool lost;
	bool sealed, has_lock;
	struct rdl_credentials_seal seal;
	uint8_t seal_key[RDL_CREDENTIALS_SEAL_KEY_LEN];
};

struct rdl_credentials_reader {
	struct rdl_credentials *credentials;
	MDB_txn *txn;
	struct rdl_credentials_seal seal;
};

static inline MDB_val rdl_credentials_val(struct rdl_span span)
{
	return (MDB_val){ span.len, (void *)(uintptr_t)span.data };
}

static inline struct rdl_span rdl_credentials_span(const MDB_val *val)
{
	return (struct rdl_span){ val->mv_data, val->mv_size };
}

/* What LMDB says, behind the directory's name. False, for returning it. */
bool rdl_credentials_problem(const struct rdl_credentials *credentials, int error, char *problem);
/* Follows a map that another process let grow; nobody of this process may look into it. */
int rdl_credentials_follow_map(struct rdl_credentials *credentials);
/* Of a process that has no other transaction. */
int rdl_credentials_txn_begin(struct rdl_credentials *credentials, unsigned flags, MDB_txn **txn);
/* Looks into the newest commit, until rdl_credentials_end(). An error of LMDB. */
int rdl_credentials_begin(struct rdl_credentials_reader *reader);
void rdl_credentials_end(struct rdl_credentials_reader *reader);

int rdl_credentials_state_get(const struct rdl_credentials *credentials, MDB_txn *txn,
	struct rdl_credentials_state *state);
int rdl_credentials_state_put(const struct rdl_credentials *credentials, MDB_txn *txn,
	const struct rdl_credentials_state *state);

/* ---- changes, as they are written ---- */

struct rdl_credentials_log {
	MDB_txn *txn;
	MDB_dbi dbi;
	uint64_t position;
	/* Of this transaction. */
	size_t count;
};

/* Records without names, before and after; NULL: not there. */
int rdl_credentials_log_add(
	struct rdl_credentials_log *log, const struct rdl_credentials_change *change);
/* Forgets the oldest; all, when there were too many. */
int rdl_credentials_log_end(struct rdl_credentials_log *log);

#endif
