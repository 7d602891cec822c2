/* SPDX-License-Identifier: BSD-3-Clause */
#include "aead.h"

#include <assert.h>
#include <intel-ipsec-mb.h>

/* Of AES-128: eleven round keys. */
#define SCHEDULE_LEN (16 * 11)

struct schedule {
	uint8_t octets[SCHEDULE_LEN] __attribute__((aligned(16)));
};

struct rdl_aead {
	IMB_MGR *mb;
	/* Of the jobs under way. CCM opens with the one for sealing, too. */
	struct schedule schedules[RDL_AEAD_BURST];
	uint8_t tags[RDL_AEAD_BURST][RDL_AEAD_TAG_MAX];
	struct gcm_key_data gcm_key __attribute__((aligned(64)));
	struct gcm_context_data gcm;
} __attribute__((aligned(RDL_CACHE_LINE)));

size_t rdl_aead_memory(void)
{
	return sizeof(struct rdl_aead) + rdl_whole_lines(imb_get_mb_mgr_size());
}

struct rdl_aead *rdl_aead_init(void *memory)
{
	struct rdl_aead *aead = memory;
	IMB_ARCH arch;

	memset(aead, 0, sizeof(*aead));
	/*
	 * By this flag the manager leaves AVX-512's wide AES alone, too, whose sixteen lanes take
	 * longer to fill than messages as short as ours take without.
	 */
	aead->mb = imb_set_pointers_mb_mgr(aead + 1, IMB_FLAG_GFNI_OFF, 1);
	if (aead->mb == NULL)
		return NULL;
	init_mb_mgr_auto(aead->mb, &arch);
	return arch != IMB_ARCH_NONE && imb_get_errno(aead->mb) == 0 ? aead : NULL;
}

static bool is_gcm(const struct rdl_aead_job *job)
{
	return job->suite == RDL_DTLS_AES_128_GCM || job->suite == RDL_DTLS_AES_256_GCM;
}

/* In a time that says nothing about where they differ. */
static bool is_same(const uint8_t *one, const uint8_t *other, unsigned len)
{
	uint8_t differ = 0;

	for (unsigned i = 0; i < len; i++)
		differ |= one[i] ^ other[i];
	return differ == 0;
}

/* One at a time: what GCM makes of a key is large, and is made for each record. */
static void run_gcm(struct rdl_aead *aead, const struct rdl_aead_job *job, bool seal, uint8_t *tag)
{
	bool is_256 = job->suite == RDL_DTLS_AES_256_GCM;
	const IMB_MGR *mb = aead->mb;
	aes_gcm_pre_t expand = is_256 ? mb->gcm256_pre : mb->gcm128_pre;
	aes_gcm_enc_dec_t run = seal ? (is_256 ? mb->gcm256_enc : mb->gcm128_enc)
				     : (is_256 ? mb->gcm256_dec : mb->gcm128_dec);

	expand(job->key, &aead->gcm_key);
	run(&aead->gcm_key, &aead->gcm, job->text, job->text, job->len, job->nonce, job->additional,
		job->additional_len, tag, rdl_dtls_tag_len(job->suite));
}

static void seal_gcm(struct rdl_aead *aead, struct rdl_aead_job *job)
{
	run_gcm(aead, job, true, job->text + job->len);
	job->good = true;
}

static void open_gcm(struct rdl_aead *aead, struct rdl_aead_job *job)
{
	uint8_t tag[RDL_AEAD_TAG_MAX];

	run_gcm(aead, job, false, tag);
	job->good = is_same(tag, job->text + job->len, rdl_dtls_tag_len(job->suite));
}

static void note(const IMB_JOB *done)
{
	struct rdl_aead_job *job;

	if (done == NULL)
		return;
	job = done->user_data;
	job->good = done->status == IMB_STATUS_COMPLETED;
}

/*
 * Jobs lie in the manager's ring, which nobody else uses: what none of ours sets stays zero, as the
 * ring began, and is not checked again each time.
 */
static void begin_ccm(struct rdl_aead *aead, struct rdl_aead_job *job, unsigned i, bool seal)
{
	IMB_JOB *work = IMB_GET_NEXT_JOB(aead->mb);

	assert(job->len > 0 && job->additional_len <= RDL_AEAD_ADDITIONAL_MAX);
	/* The manager's own function makes a schedule for block decryption, too: CCM has none. */
	aes_keyexp_128_enc_sse(job->key, aead->schedules[i].octets);
	work->cipher_mode = IMB_CIPHER_CCM;
	work->hash_alg = IMB_AUTH_AES_CCM;
	work->cipher_direction = seal ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
	work->chain_order = seal ? IMB_ORDER_HASH_CIPHER : IMB_ORDER_CIPHER_HASH;
	work->key_len_in_bytes = IMB_KEY_128_BYTES;
	work->enc_keys = work->dec_keys = aead->schedules[i].octets;
	work->src = work->dst = job->text;
	work->msg_len_to_cipher_in_bytes = work->msg_len_to_hash_in_bytes = job->len;
	work->iv = job->nonce;
	work->iv_len_in_bytes = RDL_AEAD_NONCE_LEN;
	work->u.CCM.aad = job->additional;
	work->u.CCM.aad_len_in_bytes = job->additional_len;
	/* What is sealed gets its tag once nobody reads behind the text any more. */
	work->auth_tag_output = aead->tags[i];
	work->auth_tag_output_len_in_bytes = rdl_dtls_tag_len(job->suite);
	work->user_data = job;
	note(IMB_SUBMIT_JOB_NOCHECK(aead->mb));
}

static void run_ccm(struct rdl_aead *aead, struct rdl_aead_job jobs[], unsigned count, bool seal)
{
	IMB_JOB *done;

	for (unsigned i = 0; i < count; i++) {
		jobs[i].good = false;
		if (!is_gcm(&jobs[i]))
			begin_ccm(aead, &jobs[i], i, seal);
	}
	while ((done = IMB_FLUSH_JOB(aead->mb)) != NULL)
		note(done);
}

/* A session that ends has its keys wiped: none must be left here. */
static void forget_keys(struct rdl_aead *aead, unsigned count)
{
	explicit_bzero(aead->schedules, count * sizeof(aead->schedules[0]));
	explicit_bzero(&aead->gcm_key, sizeof(aead->gcm_key));
}

void rdl_aead_seal(struct rdl_aead *aead, struct rdl_aead_job jobs[], unsigned count)
{
	run_ccm(aead, jobs, count, true);
	for (unsigned i = 0; i < count; i++) {
		struct rdl_aead_job *job = &jobs[i];

		if (is_gcm(job))
			seal_gcm(aead, job);
		else if (job->good)
			memcpy(job->text + job->len, aead->tags[i], rdl_dtls_tag_len(job->suite));
	}
	forget_keys(aead, count);
}

void rdl_aead_open(struct rdl_aead *aead, struct rdl_aead_job jobs[], unsigned count)
{
	run_ccm(aead, jobs, count, false);
	for (unsigned i = 0; i < count; i++) {
		struct rdl_aead_job *job = &jobs[i];

		if (is_gcm(job))
			open_gcm(aead, job);
		else
			job->good &= is_same(
				aead->tags[i], job->text + job->len, rdl_dtls_tag_len(job->suite));
	}
	forget_keys(aead, count);
}
