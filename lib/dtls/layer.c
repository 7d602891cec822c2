/* SPDX-License-Identifier: BSD-3-Clause */
/* A record's header read, and the additional data of its protection. */
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
	uint16_t head = RDL_RECORD_HEADER;

	if (len < RDL_RECORD_HEADER)
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

void rdl_dtls_cover(struct rdl_aead_job *job, const struct rdl_dtls_covered *covered)
{
	uint8_t *at = job->additional;

	if (covered->cid_len > 0) {
		memset(at, 0xff, 8);
		at[8] = RDL_CONTENT_CID;
		at[9] = covered->cid_len;
		at[10] = RDL_CONTENT_CID;
		rdl_put_be16(at + 11, RDL_RECORD_VERSION);
		put_be64(at + 13, covered->number);
		memcpy(at + 21, covered->cid, covered->cid_len);
		at += 21 + covered->cid_len;
	} else {
		put_be64(at, covered->number);
		at[8] = covered->content;
		rdl_put_be16(at + 9, RDL_RECORD_VERSION);
		at += 11;
	}
	rdl_put_be16(at, covered->text_len);
	job->additional_len = (uint8_t)(at + 2 - job->additional);
}

void rdl_dtls_record_write(uint8_t *to, const struct rdl_dtls_covered *covered, uint16_t body_len)
{
	to[0] = covered->cid_len > 0 ? RDL_CONTENT_CID : covered->content;
	rdl_put_be16(to + 1, RDL_RECORD_VERSION);
	put_be64(to + 3, covered->number);
	to += 11;
	if (covered->cid_len > 0) {
		memcpy(to, covered->cid, covered->cid_len);
		to += covered->cid_len;
	}
	rdl_put_be16(to, body_len);
	/* A number that no record of these keys has twice: the record's own. */
	put_be64(to + 2, covered->number);
}
