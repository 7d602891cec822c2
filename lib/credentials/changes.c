/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last changes, by their numbers: flags, the identity and its length, the length of the names
 * before, these, the names after.
 */
#include "internal.h"

enum { HEAD = 4, BEFORE = 1, AFTER = 2, RPK = 4 };

#define CHANGE_MAX (HEAD + RDL_CREDENTIALS_IDENTITY_MAX + 2 * RDL_CREDENTIALS_NAMES_MAX)

static size_t pack(const struct rdl_credentials_change *change, uint8_t room[CHANGE_MAX])
{
	struct rdl_cursor c = rdl_cursor(room, CHANGE_MAX);

	rdl_cursor_u8(&c, (uint8_t)((change->before ? BEFORE : 0) | (change->after ? AFTER : 0) |
				    (change->identity.mode == RDL_CREDENTIALS_RPK ? RPK : 0)));
	rdl_cursor_u8(&c, (uint8_t)change->identity.octets.len);
	rdl_cursor_be16(&c, (uint16_t)change->names_before.len);
	rdl_cursor_bytes(&c, change->identity.octets.data, change->identity.octets.len);
	rdl_cursor_bytes(&c, change->names_before.data, change->names_before.len);
	rdl_cursor_bytes(&c, change->names_after.data, change->names_after.len);
	return c.failed ? 0 : (size_t)(c.pos - room);
}

static bool unpack(struct rdl_span octets, struct rdl_credentials_change *change)
{
	if (octets.len < HEAD)
		return false;
	size_t identity_len = octets.data[1], before_len = rdl_get_be16(octets.data + 2);
	const uint8_t *identity = octets.data + HEAD;
	if (octets.len - HEAD < identity_len + before_len)
		return false;
	const uint8_t *before = identity + identity_len, *after = before + before_len;
	*change = (struct rdl_credentials_change){
		.identity = { octets.data[0] & RPK ? RDL_CREDENTIALS_RPK : RDL_CREDENTIALS_PSK,
			{ identity, identity_len } },
		.before = octets.data[0] & BEFORE,
		.after = octets.data[0] & AFTER,
		.names_before = { before, before_len },
		.names_after = { after, (size_t)(octets.data + octets.len - after) },
	};
	return true;
}

int rdl_credentials_log_add(
	struct rdl_credentials_log *log, const struct rdl_credentials_change *change)
{
	uint8_t octets[CHANGE_MAX];

	log->position++;
	if (++log->count > RDL_CREDENTIALS_CHANGES)
		return 0;
	MDB_val key = { sizeof(log->position), &log->position };
	MDB_val data = { pack(change, octets), octets };
	return data.mv_size > 0 ? mdb_put(log->txn, log->dbi, &key, &data, MDB_APPEND)
				: MDB_BAD_VALSIZE;
}

static int forget_oldest(const struct rdl_credentials_log *log)
{
	MDB_cursor *cursor;
	MDB_val key, data;
	uint64_t position;
	int rc = mdb_cursor_open(log->txn, log->dbi, &cursor);

	if (rc != 0)
		return rc;
	while ((rc = mdb_cursor_get(cursor, &key, &data, MDB_FIRST)) == 0) {
		memcpy(&position, key.mv_data, sizeof(position));
		if (log->position - position < RDL_CREDENTIALS_CHANGES ||
			(rc = mdb_cursor_del(cursor, 0)) != 0)
			break;
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int rdl_credentials_log_end(struct rdl_credentials_log *log)
{
	if (log->count > RDL_CREDENTIALS_CHANGES)
		return mdb_drop(log->txn, log->dbi, 0);
	return forget_oldest(log);
}

/* A gap where the first after `position` is another one than the next. */
static enum rdl_credentials_result tell_after(const struct rdl_credentials_reader *reader,
	uint64_t position, rdl_credentials_change_fn tell, void *context)
{
	struct rdl_credentials_change change;
	MDB_cursor *cursor;
	uint64_t next = position + 1, found;
	MDB_val key = { sizeof(next), &next }, data;
	enum rdl_credentials_result result = RDL_CREDENTIALS_GAP;

	if (mdb_cursor_open(reader->txn, reader->credentials->changes, &cursor) != 0)
		return RDL_CREDENTIALS_FAILED;
	int rc = mdb_cursor_get(cursor, &key, &data, MDB_SET_RANGE);
	if (rc == 0) {
		memcpy(&found, key.mv_data, sizeof(found));
		if (found == next)
			result = RDL_CREDENTIALS_OK;
	}
	while (rc == 0 && result == RDL_CREDENTIALS_OK) {
		if (unpack(rdl_credentials_span(&data), &change))
			tell(context, &change);
		else
			result = RDL_CREDENTIALS_FAILED;
		rc = mdb_cursor_get(cursor, &key, &data, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return rc == 0 || rc == MDB_NOTFOUND ? result : RDL_CREDENTIALS_FAILED;
}

enum rdl_credentials_result rdl_credentials_changes(struct rdl_credentials_reader *reader,
	uint64_t *position, rdl_credentials_change_fn tell, void *context)
{
	struct rdl_credentials_state state;
	enum rdl_credentials_result result = RDL_CREDENTIALS_FAILED;

	if (rdl_credentials_begin(reader) != 0)
		return RDL_CREDENTIALS_FAILED;
	if (rdl_credentials_state_get(reader->credentials, reader->txn, &state) == 0)
		result = state.position == *position ? RDL_CREDENTIALS_NONE
						     : tell_after(reader, *position, tell, context);
	rdl_credentials_end(reader);
	if (result == RDL_CREDENTIALS_OK)
		*position = state.position;
	return result;
}
