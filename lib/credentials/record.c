/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

size_t rdl_credentials_record_pack(const struct rdl_credentials_seal *seal,
	const struct rdl_credentials_row *row, uint8_t room[RDL_CREDENTIALS_RECORD_MAX])
{
	struct rdl_cursor c = rdl_cursor(room, RDL_CREDENTIALS_RECORD_MAX);

	rdl_cursor_u8(&c, (uint8_t)row->identity.mode);
	rdl_cursor_be16(&c, (uint16_t)row->key.len);
	rdl_cursor_bytes(&c, row->names.data, row->names.len);
	if (seal->cipher == NULL) {
		rdl_cursor_bytes(&c, row->key.data, row->key.len);
		return c.failed ? 0 : (size_t)(c.pos - room);
	}
	size_t head = (size_t)(c.pos - room), len = (size_t)(c.end - c.pos);
	if (c.failed || gnutls_aead_cipher_encrypt(seal->cipher, row->identity.octets.data,
				row->identity.octets.len, room, head, RDL_CREDENTIALS_TAG_LEN,
				row->key.data, row->key.len, c.pos, &len) != 0)
		return 0;
	return head + len;
}

/* The length of the key, with that of its tag in *stored. */
static bool read_head(bool sealed, struct rdl_span record, size_t *key_len, size_t *stored)
{
	if (record.len < RDL_CREDENTIALS_RECORD_HEAD)
		return false;
	*key_len = rdl_get_be16(record.data + 1);
	*stored = *key_len + (sealed ? RDL_CREDENTIALS_TAG_LEN : 0);
	return *key_len <= RDL_CREDENTIALS_KEY_MAX &&
	       record.len - RDL_CREDENTIALS_RECORD_HEAD >= *stored &&
	       record.len - RDL_CREDENTIALS_RECORD_HEAD - *stored <= RDL_CREDENTIALS_NAMES_MAX;
}

bool rdl_credentials_record_names(bool sealed, struct rdl_span record, struct rdl_span *names)
{
	size_t key_len, stored;

	if (!read_head(sealed, record, &key_len, &stored))
		return false;
	*names = (struct rdl_span){ record.data + RDL_CREDENTIALS_RECORD_HEAD,
		record.len - RDL_CREDENTIALS_RECORD_HEAD - stored };
	return true;
}

bool rdl_credentials_record_open(const struct rdl_credentials_seal *seal,
	struct rdl_credentials_identity identity, struct rdl_span record,
	struct rdl_credential *credential)
{
	size_t key_len, stored;

	if (!read_head(seal->cipher != NULL, record, &key_len, &stored) ||
		record.data[0] != (uint8_t)identity.mode)
		return false;
	size_t head = record.len - stored, len = sizeof(credential->key);
	if (seal->cipher == NULL)
		memcpy(credential->key, record.data + head, key_len);
	else if (gnutls_aead_cipher_decrypt(seal->cipher, identity.octets.data, identity.octets.len,
			 record.data, head, RDL_CREDENTIALS_TAG_LEN, record.data + head, stored,
			 credential->key, &len) != 0 ||
		 len != key_len)
		return false;
	credential->key_len = (uint16_t)key_len;
	credential->names_len = (uint16_t)(head - RDL_CREDENTIALS_RECORD_HEAD);
	memcpy(credential->names, record.data + RDL_CREDENTIALS_RECORD_HEAD, credential->names_len);
	return true;
}

void rdl_credentials_wipe(struct rdl_credential *credential)
{
	explicit_bzero(credential->key, sizeof(credential->key));
	credential->key_len = 0;
}
