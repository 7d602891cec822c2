/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include <errno.h>

/* What LMDB and the head of a record take of a page for each record. */
#define NODE_LEN (10 + RDL_CREDENTIALS_RECORD_HEAD)
/* Rows ahead whose octets, which lie anywhere, are fetched. */
#define AHEAD 8

/* One transaction that writes. */
struct writing {
	const struct rdl_credentials *credentials;
	MDB_txn *txn;
	struct rdl_credentials_state state;
	struct rdl_credentials_log log;
	struct rdl_credentials_tally tally;
	/* Of the mode that is written: behind its last record, pages are filled to the brim. */
	MDB_cursor *cursor;
	bool at_end;
};

static int begin(struct rdl_credentials *credentials, struct writing *writing)
{
	*writing = (struct writing){ .credentials = credentials };
	int rc = rdl_credentials_txn_begin(credentials, 0, &writing->txn);

	if (rc != 0)
		return rc;
	rc = rdl_credentials_state_get(credentials, writing->txn, &writing->state);
	if (rc != 0)
		mdb_txn_abort(writing->txn);
	writing->log = (struct rdl_credentials_log){ .txn = writing->txn,
		.dbi = credentials->changes,
		.position = writing->state.position };
	return rc;
}

/* Commits what went well, unless nothing changed. */
static int end(struct writing *writing, int rc)
{
	if (writing->cursor != NULL)
		mdb_cursor_close(writing->cursor);
	if (rc == 0 && writing->log.count > 0) {
		writing->state.position = writing->log.position;
		rc = rdl_credentials_log_end(&writing->log);
		if (rc == 0)
			rc = rdl_credentials_state_put(
				writing->credentials, writing->txn, &writing->state);
		if (rc == 0)
			return mdb_txn_commit(writing->txn);
	}
	mdb_txn_abort(writing->txn);
	return rc;
}

/* Doubles the map of a process that has no transaction, until it is that long. */
static int grow(struct rdl_credentials *credentials, size_t len)
{
	MDB_envinfo info;

	mdb_env_info(credentials->env, &info);
	size_t doubled = 2 * info.me_mapsize;
	while (doubled < len)
		doubled *= 2;
	int rc = mdb_env_set_mapsize(credentials->env, doubled);
	credentials->lost = rc != 0;
	return rc;
}

/* What rows take at least, so that a large import does not begin again at each doubling. */
static int reserve(
	struct rdl_credentials *credentials, const struct rdl_credentials_row *rows, size_t count)
{
	MDB_envinfo info;
	MDB_stat stat;
	size_t len = 0;

	mdb_env_info(credentials->env, &info);
	mdb_env_stat(credentials->env, &stat);
	for (size_t i = 0; i < count; i++)
		len += NODE_LEN + rows[i].identity.octets.len + rows[i].names.len + rows[i].key.len;
	len += (info.me_last_pgno + 1) * stat.ms_psize;
	return len <= info.me_mapsize ? 0 : grow(credentials, len);
}

/* A cursor over a mode, and whether all that it has is before `first`. */
static int begin_mode(struct writing *writing, struct rdl_credentials_identity first)
{
	MDB_dbi dbi = writing->credentials->credentials[first.mode];
	MDB_val key = rdl_credentials_val(first.octets), last, data;

	if (writing->cursor != NULL)
		mdb_cursor_close(writing->cursor);
	int rc = mdb_cursor_open(writing->txn, dbi, &writing->cursor);
	if (rc != 0) {
		writing->cursor = NULL;
		return rc;
	}
	rc = mdb_cursor_get(writing->cursor, &last, &data, MDB_LAST);
	writing->at_end =
		rc == MDB_NOTFOUND || (rc == 0 && mdb_cmp(writing->txn, dbi, &last, &key) < 0);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* What is there is told as what was before; unless it is the same. */
static int replace(struct writing *writing, struct rdl_credentials_change *change, MDB_val *record,
	const MDB_val *old)
{
	uint8_t names[RDL_CREDENTIALS_NAMES_MAX];

	if (rdl_span_equal(rdl_credentials_span(old), rdl_credentials_span(record))) {
		writing->tally.unchanged++;
		return 0;
	}
	if (!rdl_credentials_record_names(
		    writing->credentials->sealed, rdl_credentials_span(old), &change->names_before))
		return MDB_CORRUPTED;
	/* The old record gives way to the new one. */
	memcpy(names, change->names_before.data, change->names_before.len);
	change->names_before.data = names;
	change->before = true;
	writing->tally.changed++;
	MDB_val key = rdl_credentials_val(change->identity.octets);
	int rc = mdb_cursor_put(writing->cursor, &key, record, 0);
	return rc != 0 ? rc : rdl_credentials_log_add(&writing->log, change);
}

static int write_row(struct writing *writing, const struct rdl_credentials_row *row)
{
	uint8_t room[RDL_CREDENTIALS_RECORD_MAX];
	struct rdl_credentials_change change = {
		.identity = row->identity, .after = true, .names_after = row->names
	};
	MDB_val key = rdl_credentials_val(row->identity.octets);
	MDB_val record = { rdl_credentials_record_pack(&writing->credentials->seal, row, room),
		room };
	MDB_val old = record;

	if (record.mv_size == 0)
		return EINVAL;
	int rc = mdb_cursor_put(
		writing->cursor, &key, &old, writing->at_end ? MDB_APPEND : MDB_NOOVERWRITE);
	if (rc == MDB_KEYEXIST && !writing->at_end) {
		rc = replace(writing, &change, &record, &old);
	} else if (rc == 0) {
		writing->tally.added++;
		rc = rdl_credentials_log_add(&writing->log, &change);
	}
	if (writing->credentials->seal.cipher == NULL)
		explicit_bzero(room, record.mv_size);
	return rc;
}

static int write_rows(struct writing *writing, const struct rdl_credentials_row *rows, size_t count)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (i + AHEAD < count)
			RDL_PREFETCH(rows[i + AHEAD].identity.octets.data);
		if (i == 0 || rows[i].identity.mode != rows[i - 1].identity.mode)
			rc = begin_mode(writing, rows[i].identity);
		if (rc == 0)
			rc = write_row(writing, &rows[i]);
	}
	return rc;
}

bool rdl_credentials_put(struct rdl_credentials *credentials,
	const struct rdl_credentials_row *rows, size_t count, struct rdl_credentials_tally *tally,
	char problem[RDL_CREDENTIALS_PROBLEM_MAX])
{
	struct writing writing;
	int rc = reserve(credentials, rows, count);

	if (rc != 0)
		return rdl_credentials_problem(credentials, rc, problem);
	do {
		rc = begin(credentials, &writing);
		if (rc == 0)
			rc = end(&writing, write_rows(&writing, rows, count));
	} while (rc == MDB_MAP_FULL && (rc = grow(credentials, 0)) == 0);
	if (rc != 0)
		return rdl_credentials_problem(credentials, rc, problem);
	*tally = writing.tally;
	return true;
}

static int remove_row(struct writing *writing, struct rdl_credentials_identity identity,
	struct rdl_credentials_removed *removed)
{
	struct rdl_credentials_change change = { .identity = identity, .before = true };
	MDB_val key = rdl_credentials_val(identity.octets), old;
	int rc = begin_mode(writing, identity);

	if (rc == 0)
		rc = mdb_cursor_get(writing->cursor, &key, &old, MDB_SET_KEY);
	if (rc != 0)
		return rc;
	if (!rdl_credentials_record_names(
		    writing->credentials->sealed, rdl_credentials_span(&old), &change.names_before))
		return MDB_CORRUPTED;
	/* Told before it goes: its names lie in the page. */
	rc = rdl_credentials_log_add(&writing->log, &change);
	if (removed != NULL) {
		removed->position = writing->log.position;
		removed->names_len = change.names_before.len;
		memcpy(removed->names, change.names_before.data, change.names_before.len);
	}
	return rc != 0 ? rc : mdb_cursor_del(writing->cursor, 0);
}

enum rdl_credentials_result rdl_credentials_remove(struct rdl_credentials *credentials,
	struct rdl_credentials_identity identity, struct rdl_credentials_removed *removed,
	char problem[RDL_CREDENTIALS_PROBLEM_MAX])
{
	struct writing writing;
	int rc;

	if (identity.octets.len == 0 || identity.octets.len > RDL_CREDENTIALS_IDENTITY_MAX)
		return RDL_CREDENTIALS_NONE;
	do {
		rc = begin(credentials, &writing);
		if (rc == 0)
			rc = end(&writing, remove_row(&writing, identity, removed));
	} while (rc == MDB_MAP_FULL && (rc = grow(credentials, 0)) == 0);
	if (rc == 0)
		return RDL_CREDENTIALS_OK;
	rdl_credentials_problem(credentials, rc, problem);
	return rc == MDB_NOTFOUND ? RDL_CREDENTIALS_NONE : RDL_CREDENTIALS_FAILED;
}
