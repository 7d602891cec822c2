/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers sealed: a record around each, of the form that its peer wants. */
#include "internal.h"
#include "layer.h"
#include "records.h"
#include "window.h"

/*
 * The header before a text, which may be given its content type behind it, and the job. False:
 * there can be no such record. Its number is used whatever comes of it.
 */
static bool begin(struct rdl_dtls *dtls, const struct rdl_dtls_seal *seal, struct rdl_aead_job *job)
{
	struct rdl_dtls_session *session = rdl_dtls_find(dtls, seal->session);
	struct rdl_dtls_covered covered = { .content = RDL_CONTENT_APPLICATION };

	if (session == NULL || session->state != RDL_DTLS_OPEN)
		return false;
	if (session->write_sequence == RDL_DTLS_SEQUENCE_LAST) {
		rdl_dtls_end(dtls, seal->session);
		return false;
	}
	if (session->plaintext_max != 0 && seal->len > session->plaintext_max)
		return false;
	covered.number = UINT64_C(1) << 48 | session->write_sequence++;
	job->text = seal->text;
	job->len = seal->len;
	if (session->peer_cid_len != RDL_DTLS_NO_CID && session->peer_cid_len > 0) {
		covered.cid = session->peer_cid;
		covered.cid_len = session->peer_cid_len;
		job->text[job->len++] = RDL_CONTENT_APPLICATION;
	}
	covered.text_len = job->len;
	job->key = session->write_key;
	job->suite = session->suite;
	unsigned tag_len = rdl_dtls_tag_len(session->suite);
	uint8_t *start = job->text - RDL_RECORD_HEADER - covered.cid_len - RDL_DTLS_EXPLICIT_LEN;
	rdl_dtls_record_write(
		start, &covered, (uint16_t)(RDL_DTLS_EXPLICIT_LEN + job->len + tag_len));
	memcpy(job->nonce, session->write_salt, RDL_DTLS_SALT_LEN);
	memcpy(job->nonce + RDL_DTLS_SALT_LEN, job->text - RDL_DTLS_EXPLICIT_LEN,
		RDL_DTLS_EXPLICIT_LEN);
	rdl_dtls_cover(job, &covered);
	return true;
}

void rdl_dtls_seal(struct rdl_dtls *dtls, struct rdl_dtls_seal seals[], unsigned count)
{
	struct rdl_aead_job jobs[RDL_DTLS_BURST];
	unsigned places[RDL_DTLS_BURST], n = 0;

	for (unsigned i = 0; i < count; i++)
		rdl_dtls_prefetch(dtls, seals[i].session);
	for (unsigned i = 0; i < count; i++) {
		seals[i].sealed = false;
		if (begin(dtls, &seals[i], &jobs[n]))
			places[n++] = i;
	}
	rdl_aead_seal(dtls->aead, jobs, n);
	for (unsigned k = 0; k < n; k++)
		seals[places[k]].sealed = jobs[k].good;
}
