/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers sealed: a record around each, of the form that its peer wants. */
#include "internal.h"
#include "records.h"
#include "window.h"

bool rdl_dtls_around(
	struct rdl_dtls *dtls, uint64_t name, uint32_t now_s, struct rdl_dtls_around *around)
{
	const struct rdl_dtls_session *session = rdl_dtls_find(dtls, name);

	if (session == NULL || session->state != RDL_DTLS_OPEN ||
		rdl_dtls_is_over(dtls, session, now_s))
		return false;
	rdl_dtls_surround(session, &around->head, &around->tail);
	around->text_max = session->plaintext_max != 0 ? session->plaintext_max : UINT16_MAX;
	return true;
}

static bool defer(const struct rdl_dtls *dtls, const struct rdl_dtls_session *session,
	struct rdl_dtls_seal *seal)
{
	seal->deferred = true;
	seal->to = (uint8_t)rdl_dtls_handshaker(dtls, seal->session);
	seal->registered = session->registered;
	return false;
}

static bool is_used_up(const struct rdl_dtls *dtls, const struct rdl_dtls_session *session)
{
	uint64_t number = session->write_sequence;

	return number == RDL_DTLS_SEQUENCE_LAST ||
	       (dtls->config.kept && number != 0 && number % RDL_DTLS_BLOCK == 0);
}

/*
 * The header before a text, which may be given its content type behind it, and the job. False:
 * there can be no such record, or it is not ours to make. Its number is used whatever comes of it.
 */
static bool begin(struct rdl_dtls *dtls, struct rdl_dtls_seal *seal, struct rdl_aead_job *job)
{
	struct rdl_dtls_session *session = rdl_dtls_find(dtls, seal->session);
	struct rdl_dtls_head head = { .content = RDL_CONTENT_APPLICATION };

	if (session == NULL || session->state != RDL_DTLS_OPEN)
		return false;
	if (RDL_UNLIKELY(session->suite == RDL_DTLS_AES_128_CBC))
		return defer(dtls, session, seal);
	if (is_used_up(dtls, session))
		return false;
	if (session->plaintext_max != 0 && seal->len > session->plaintext_max)
		return false;
	head.number = UINT64_C(1) << 48 | session->write_sequence++;
	head.cid = session->peer_cid;
	head.cid_len = rdl_dtls_cid_len(session);
	job->text = seal->text;
	job->len = seal->len;
	if (head.cid_len > 0)
		job->text[job->len++] = RDL_CONTENT_APPLICATION;
	head.body_len =
		(uint16_t)(RDL_DTLS_EXPLICIT_LEN + job->len + rdl_dtls_tag_len(session->suite));
	job->key = session->write_key;
	job->suite = session->suite;
	uint8_t *explicit = job->text - RDL_DTLS_EXPLICIT_LEN;
	uint8_t *start = explicit - RDL_DTLS_RECORD_HEADER - head.cid_len;
	rdl_dtls_record_write(start, &head);
	memcpy(job->nonce, session->write_salt, RDL_DTLS_SALT_LEN);
	memcpy(job->nonce + RDL_DTLS_SALT_LEN, explicit, RDL_DTLS_EXPLICIT_LEN);
	job->additional_len =
		(uint8_t)rdl_dtls_additional(start, head.cid_len, job->len, job->additional);
	return true;
}

/* Not before the burst is sealed: records before it in the burst need the key that this wipes. */
static void end_used_up(struct rdl_dtls *dtls, uint64_t name)
{
	const struct rdl_dtls_session *session = rdl_dtls_find(dtls, name);

	if (session != NULL && session->state == RDL_DTLS_OPEN && is_used_up(dtls, session))
		rdl_dtls_end(dtls, name);
}

void rdl_dtls_seal(struct rdl_dtls *dtls, struct rdl_dtls_seal seals[], unsigned count)
{
	struct rdl_aead_job jobs[RDL_DTLS_BURST];
	unsigned places[RDL_DTLS_BURST], n = 0;

	for (unsigned i = 0; i < count; i++)
		rdl_dtls_prefetch_whole(dtls, seals[i].session);
	for (unsigned i = 0; i < count; i++) {
		seals[i].sealed = seals[i].deferred = false;
		if (begin(dtls, &seals[i], &jobs[n]))
			places[n++] = i;
	}
	rdl_aead_seal(dtls->aead, jobs, n);
	for (unsigned k = 0; k < n; k++)
		seals[places[k]].sealed = jobs[k].good;
	for (unsigned i = 0; i < count; i++)
		if (!seals[i].sealed)
			end_used_up(dtls, seals[i].session);
}
