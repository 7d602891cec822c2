/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connection IDs (RFC 9146), of which GnuTLS knows nothing: their extension, and the records of
 * type tls12_cid, which it is given and gives as plain ones. Both have the same key and number, but
 * only one of them ever leaves the process.
 */
#include "handshake_internal.h"

#define EXTENSION 54

static int receive_extension(gnutls_session_t tls, const uint8_t *data, size_t len)
{
	struct rdl_dtls_keys *keys = &((struct rdl_handshake *)gnutls_session_get_ptr(tls))->keys;

	if (len < 1 || *data != len - 1)
		return GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER;
	if (*data <= RDL_DTLS_PEER_CID_MAX) {
		keys->peer_cid_len = *data;
		memcpy(keys->peer_cid, data + 1, *data);
	}
	return 0;
}

/* Asked for only where the client's Hello had one. */
static int send_extension(gnutls_session_t tls, gnutls_buffer_t buffer)
{
	const struct rdl_handshake *handshake = gnutls_session_get_ptr(tls);
	uint8_t extension[1 + RDL_DTLS_CID_LEN] = { RDL_DTLS_CID_LEN };

	if (!rdl_handshake_has_cid(handshake))
		return 0;
	rdl_dtls_cid_write(handshake->owner->config.cid, handshake->session, extension + 1);
	int error = gnutls_buffer_append_data(buffer, extension, sizeof(extension));
	return error < 0 ? error : (int)sizeof(extension);
}

bool rdl_handshake_cid_register(struct rdl_handshake *handshake)
{
	handshake->keys.peer_cid_len = RDL_DTLS_NO_CID;
	/* Records with CBC are GnuTLS's, which has no others. */
	if (handshake->owner->config.cid == NULL || handshake->keys.suite == RDL_DTLS_AES_128_CBC)
		return true;
	/* Of another parse type it would be passed over when a session is resumed. */
	return gnutls_session_ext_register(handshake->tls, "connection_id", EXTENSION,
		       GNUTLS_EXT_MANDATORY, receive_extension, send_extension, NULL, NULL, NULL,
		       GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_TLS12_SERVER_HELLO |
			       GNUTLS_EXT_FLAG_DTLS) == 0;
}

struct rdl_span rdl_handshake_cid_out(struct rdl_handshake *handshake, struct rdl_span record)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	struct rdl_span cid = { handshake->keys.peer_cid, handshake->keys.peer_cid_len };
	struct rdl_record_key key;
	uint8_t type;
	size_t len;

	if (!rdl_handshake_has_cid(handshake) || cid.len == 0 || rdl_record_epoch(record.data) == 0)
		return record;
	bool good = rdl_handshake_key(handshake, false, &key) &&
		    rdl_record_open(&key, record, 0, handshakes->plain, &len, &type);
	if (good) {
		len = rdl_record_seal(&key, record.data, type, cid,
			(struct rdl_span){ handshakes->plain, len }, handshakes->made);
	}
	explicit_bzero(&key, sizeof(key));
	return (struct rdl_span){ handshakes->made, good ? len : 0 };
}

struct rdl_span rdl_handshake_cid_in(struct rdl_handshakes *handshakes,
	const struct rdl_record_key *key, struct rdl_span record, uint8_t *type)
{
	struct rdl_span none = { NULL, 0 };
	size_t len;

	if (!rdl_record_open(key, record, RDL_DTLS_CID_LEN, handshakes->plain, &len, type))
		return none;
	/* GnuTLS does not get it. */
	if (*type == RDL_CONTENT_APPLICATION)
		return record;
	if (*type != RDL_CONTENT_HANDSHAKE && *type != RDL_CONTENT_ALERT)
		return none;
	len = rdl_record_seal(key, record.data, *type, none,
		(struct rdl_span){ handshakes->plain, len }, handshakes->made);
	return (struct rdl_span){ handshakes->made, len };
}
