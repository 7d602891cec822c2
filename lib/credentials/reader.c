/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

/*
 * A reader begins and ends its one transaction again and again: it keeps its place in LMDB's table,
 * and no pages between look-ups.
 */
static int try_begin(struct rdl_credentials_reader *reader)
{
	if (reader->txn != NULL)
		return mdb_txn_renew(reader->txn);
	int rc = mdb_txn_begin(reader->credentials->env, NULL, MDB_RDONLY, &reader->txn);
	if (rc != 0)
		reader->txn = NULL;
	return rc;
}

int rdl_credentials_begin(struct rdl_credentials_reader *reader)
{
	struct rdl_credentials *credentials = reader->credentials;

	for (;;) {
		pthread_rwlock_rdlock(&credentials->map_lock);
		int rc = credentials->lost ? ENOMEM : try_begin(reader);
		if (rc == 0)
			return 0;
		pthread_rwlock_unlock(&credentials->map_lock);
		if (rc != MDB_MAP_RESIZED)
			return rc;
		pthread_rwlock_wrlock(&credentials->map_lock);
		rc = rdl_credentials_follow_map(credentials);
		pthread_rwlock_unlock(&credentials->map_lock);
		if (rc != 0)
			return rc;
	}
}

void rdl_credentials_end(struct rdl_credentials_reader *reader)
{
	mdb_txn_reset(reader->txn);
	pthread_rwlock_unlock(&reader->credentials->map_lock);
}

struct rdl_credentials_reader *rdl_credentials_reader_create(struct rdl_credentials *credentials)
{
	struct rdl_credentials_reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL)
		return NULL;
	reader->credentials = credentials;
	if ((credentials->sealed &&
		    !rdl_credentials_seal_init(&reader->seal, credentials->seal_key)) ||
		rdl_credentials_begin(reader) != 0) {
		rdl_credentials_reader_destroy(reader);
		return NULL;
	}
	rdl_credentials_end(reader);
	return reader;
}

void rdl_credentials_reader_destroy(struct rdl_credentials_reader *reader)
{
	if (reader == NULL)
		return;
	if (reader->txn != NULL)
		mdb_txn_abort(reader->txn);
	rdl_credentials_seal_fini(&reader->seal);
	free(reader);
}

enum rdl_credentials_result rdl_credentials_look_up(struct rdl_credentials_reader *reader,
	struct rdl_credentials_identity identity, struct rdl_credential *credential)
{
	MDB_val key = rdl_credentials_val(identity.octets), data;

	credential->key_len = credential->names_len = 0;
	if (identity.octets.len == 0 || identity.octets.len > RDL_CREDENTIALS_IDENTITY_MAX)
		return RDL_CREDENTIALS_NONE;
	if (rdl_credentials_begin(reader) != 0)
		return RDL_CREDENTIALS_FAILED;
	int rc = mdb_get(reader->txn, reader->credentials->credentials[identity.mode], &key, &data);
	enum rdl_credentials_result result = RDL_CREDENTIALS_OK;
	if (rc == MDB_NOTFOUND)
		result = RDL_CREDENTIALS_NONE;
	else if (rc != 0 || !rdl_credentials_record_open(&reader->seal, identity,
				    rdl_credentials_span(&data), credential))
		result = RDL_CREDENTIALS_FAILED;
	rdl_credentials_end(reader);
	return result;
}
