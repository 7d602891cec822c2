/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

static bool begins_with(struct rdl_span text, struct rdl_span prefix)
{
	return text.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(text.data, prefix.data, prefix.len) == 0);
}

/* The first of them, or the next. */
static int advance(
	MDB_cursor *cursor, struct rdl_span prefix, bool first, MDB_val *key, MDB_val *data)
{
	if (!first)
		return mdb_cursor_get(cursor, key, data, MDB_NEXT);
	*key = rdl_credentials_val(prefix);
	return mdb_cursor_get(cursor, key, data, prefix.len > 0 ? MDB_SET_RANGE : MDB_FIRST);
}

static int walk(const struct rdl_credentials_reader *reader, struct rdl_credentials_identity prefix,
	rdl_credentials_walk_fn tell, void *context)
{
	const struct rdl_credentials *credentials = reader->credentials;
	MDB_cursor *cursor;
	MDB_val key, data;
	struct rdl_span names;
	int rc = mdb_cursor_open(reader->txn, credentials->credentials[prefix.mode], &cursor);

	if (rc != 0)
		return rc;
	rc = advance(cursor, prefix.octets, true, &key, &data);
	while (rc == 0 && begins_with(rdl_credentials_span(&key), prefix.octets)) {
		if (!rdl_credentials_record_names(
			    credentials->sealed, rdl_credentials_span(&data), &names)) {
			rc = MDB_CORRUPTED;
			break;
		}
		tell(context,
			(struct rdl_credentials_identity){
				prefix.mode, rdl_credentials_span(&key) },
			names);
		rc = advance(cursor, prefix.octets, false, &key, &data);
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

enum rdl_credentials_result rdl_credentials_walk(struct rdl_credentials_reader *reader,
	struct rdl_credentials_identity prefix, rdl_credentials_walk_fn tell, void *context,
	uint64_t *position)
{
	struct rdl_credentials_state state;

	/* LMDB knows no longer keys to look for. */
	if (prefix.octets.len > RDL_CREDENTIALS_IDENTITY_MAX)
		return RDL_CREDENTIALS_OK;
	if (rdl_credentials_begin(reader) != 0)
		return RDL_CREDENTIALS_FAILED;
	int rc = rdl_credentials_state_get(reader->credentials, reader->txn, &state);
	if (rc == 0)
		rc = walk(reader, prefix, tell, context);
	rdl_credentials_end(reader);
	if (rc != 0)
		return RDL_CREDENTIALS_FAILED;
	*position = state.position;
	return RDL_CREDENTIALS_OK;
}
