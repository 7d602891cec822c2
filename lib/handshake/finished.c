/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes that are finished: their last flight is sent again to a client that asks for it. */
#include "handshake_internal.h"

bool rdl_handshake_finished_give(
	struct rdl_handshake *handshake, struct rdl_span record, const struct rdl_way *way)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	struct rdl_dtls_keys *keys = &handshake->keys;
	struct rdl_record_key key = { .suite = keys->suite };
	uint8_t type;
	size_t len;

	if (record.data[0] == RDL_CONTENT_APPLICATION)
		return true;
	if (rdl_record_epoch(record.data) != 1 ||
		(record.data[0] == RDL_CONTENT_CID) != rdl_handshake_has_cid(handshake))
		return false;
	memcpy(key.key, keys->read_key, sizeof(key.key));
	memcpy(key.salt, keys->read_salt, sizeof(key.salt));
	bool good = rdl_record_open(&key, record, RDL_DTLS_CID_LEN, handshakes->plain, &len, &type);
	explicit_bzero(&key, sizeof(key));
	/* Nothing else: its worker gives that to us, and would without end. */
	if (good && (type == RDL_CONTENT_APPLICATION || type == RDL_CONTENT_ALERT))
		return true;
	/* One that is a copy itself is no client's that misses something. */
	if (good && type == RDL_CONTENT_HANDSHAKE &&
		rdl_record_number(record.data) >= keys->read_sequence) {
		keys->read_sequence = rdl_record_number(record.data) + 1;
		handshake->way = *way;
		rdl_handshake_count(&handshakes->counts.repeated);
		rdl_handshake_send_last(handshake);
	}
	return false;
}
