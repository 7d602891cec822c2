/* SPDX-License-Identifier: BSD-3-Clause */
/* A record's header read and written, and what its protection covers. */
#include "layer.h"

static uint64_t get_be64(const uint8_t *p)
{
	return (uint64_t)rdl_get_be32(p) << 32 | rdl_get_be32(p + 4);
}

static void put_be64(uint8_t *p, uint64_t v)
{
	rdl_put_be32(p, (uint32_t)(v >> 32));
	rdl_put_be32(p + 4, (uint32_t)v);
}

enum rdl_status rdl_dtls_record_read(uint8_t *octets, uint16_t len, struct rdl_dtls_record *record)
{
	uint16_t head = RDL_DTLS_RECORD_HEADER;

	if (len < RDL_DTLS_RECORD_HEADER)
		return RDL_MALFORMED;
	record->content = octets[0];
	record->epoch = rdl_get_be16(octets + 3);
	record->sequence = get_be64(octets + 3) & 0xffffffffffff;
	record->cid = NULL;
	if (record->content == RDL_CONTENT_CID) {
		head += RDL_DTLS_CID_LEN;
		record->cid = octets + 11;
	}
	/* Others come only from clients that do not know yet which one is spoken. */
	if (octets[1] != 0xfe || (record->epoch > 0 && octets[2] != (RDL_RECORD_VERSION & 0xff)) ||
		len < head)
		return RDL_MALFORMED;
	record->body = octets + head;
	record->body_len = rdl_get_be16(octets + head - 2);
	return record->body_len <= len - head ? RDL_OK : RDL_MALFORMED;
}

size_t rdl_dtls_additional(
	const uint8_t *record, size_t cid_len, size_t text_len, uint8_t *additional)
{
	uint8_t *at = additional;

	if (record[0] == RDL_CONTENT_CID) {
		/* Type, version, epoch and number, Connection ID. */
		size_t head = RDL_DTLS_RECORD_HEADER - 2 + cid_len;

		memset(at, 0xff, 8);
		at[8] = RDL_CONTENT_CID;
		at[9] = (uint8_t)cid_len;
		memcpy(at + 10, record, head);
		at += 10 + head;
	} else {
		/* Epoch and number come first. */
		memcpy(at, record + 3, 8);
		memcpy(at + 8, record, 3);
		at += 11;
	}
	rdl_put_be16(at, (uint16_t)text_len);
	return (size_t)(at + 2 - additional);
}

uint8_t rdl_dtls_unwrap(const uint8_t *text, size_t *len)
{
	while (*len > 0)
		if (text[--*len] != 0)
			return text[*len];
	return 0;
}

void rdl_dtls_record_write(uint8_t *to, const struct rdl_dtls_head *head)
{
	to[0] = head->cid_len > 0 ? RDL_CONTENT_CID : head->content;
	rdl_put_be16(to + 1, RDL_RECORD_VERSION);
	put_be64(to + 3, head->number);
	to += 11;
	if (head->cid_len > 0) {
		memcpy(to, head->cid, head->cid_len);
		to += head->cid_len;
	}
	rdl_put_be16(to, head->body_len);
	/* A number that no record of these keys has twice: the record's own. */
	put_be64(to + 2, head->number);
}
