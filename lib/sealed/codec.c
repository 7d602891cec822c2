/* SPDX-License-Identifier: BSD-3-Clause */
#include "codec.h"

/* One list of members for both ways, so that neither can be of another opinion. */
struct coder {
	bool reads;
	uint8_t *octets;
	size_t at, end;
	bool failed;
};

/* On this machine numbers are as they are in entries. */
static void member(struct coder *coder, void *octets, size_t len)
{
	if (coder->end - coder->at < len) {
		coder->failed = true;
		return;
	}
	if (coder->reads)
		memcpy(octets, coder->octets + coder->at, len);
	else
		memcpy(coder->octets + coder->at, octets, len);
	coder->at += len;
}

static void code_course(struct coder *coder, struct rdl_sealed *entry)
{
	struct rdl_dtls_course *course = &entry->kept.course;
	uint8_t registered = course->registered;

	member(coder, &course->read_sequence, sizeof(course->read_sequence));
	member(coder, &registered, sizeof(registered));
	member(coder, &entry->left_s, sizeof(entry->left_s));
	course->registered = registered == 1;
	coder->failed |= registered > 1;
}

static void code_keys(struct coder *coder, struct rdl_dtls_keys *keys)
{
	member(coder, &keys->suite, 1);
	member(coder, &keys->mode, 1);
	member(coder, &keys->peer_cid_len, 1);
	coder->failed |= keys->suite >= RDL_DTLS_AEADS || keys->mode >= RDL_DTLS_MODES ||
			 (keys->peer_cid_len > RDL_DTLS_PEER_CID_MAX &&
				 keys->peer_cid_len != RDL_DTLS_NO_CID);
	if (coder->failed)
		return;
	if (keys->peer_cid_len != RDL_DTLS_NO_CID)
		member(coder, keys->peer_cid, keys->peer_cid_len);
	member(coder, keys->read_key, rdl_dtls_key_len(keys->suite));
	member(coder, keys->write_key, rdl_dtls_key_len(keys->suite));
	member(coder, keys->read_salt, sizeof(keys->read_salt));
	member(coder, keys->write_salt, sizeof(keys->write_salt));
	member(coder, &keys->plaintext_max, sizeof(keys->plaintext_max));
	member(coder, &keys->write_sequence, sizeof(keys->write_sequence));
}

static void code_session(struct coder *coder, struct rdl_sealed *entry)
{
	struct rdl_dtls_kept *kept = &entry->kept;

	member(coder, &kept->address, sizeof(kept->address));
	member(coder, &kept->established_ms, sizeof(kept->established_ms));
	code_keys(coder, &kept->keys);
	member(coder, &entry->identity_len, 1);
	member(coder, entry->identity, entry->identity_len);
	coder->failed |= entry->identity_len == 0 || kept->keys.mode == RDL_IDENTITY_NONE;
	kept->keys.read_sequence = kept->course.read_sequence;
}

static void code(struct coder *coder, struct rdl_sealed *entry)
{
	switch (entry->kind) {
	case RDL_SEALED_SESSION:
		member(coder, &entry->kept.name, sizeof(entry->kept.name));
		code_course(coder, entry);
		code_session(coder, entry);
		return;
	case RDL_SEALED_COURSE:
		member(coder, &entry->kept.name, sizeof(entry->kept.name));
		code_course(coder, entry);
		return;
	case RDL_SEALED_GONE:
		member(coder, &entry->kept.name, sizeof(entry->kept.name));
		return;
	case RDL_SEALED_BEGIN:
		member(coder, &entry->format, 1);
		/* What comes behind it in another format only that one's readers know. */
		if (entry->format > RDL_SEALED_FORMAT)
			coder->at = coder->end;
		else
			member(coder, &entry->generation, sizeof(entry->generation));
		return;
	case RDL_SEALED_END:
		return;
	case RDL_SEALED_KINDS:
		break;
	}
	coder->failed = true;
}

size_t rdl_sealed_encode(const struct rdl_sealed *entry, uint8_t body[RDL_SEALED_BODY_MAX])
{
	struct coder coder = { .octets = body, .end = RDL_SEALED_BODY_MAX };
	struct rdl_sealed copy = *entry;

	copy.format = RDL_SEALED_FORMAT;
	code(&coder, &copy);
	explicit_bzero(&copy, sizeof(copy));
	return coder.at;
}

bool rdl_sealed_decode(uint8_t kind, uint8_t *body, size_t len, struct rdl_sealed *entry)
{
	struct coder coder = { .reads = true, .octets = body, .end = len };

	memset(entry, 0, sizeof(*entry));
	if (kind < RDL_SEALED_SESSION || kind >= RDL_SEALED_KINDS)
		return false;
	entry->kind = (enum rdl_sealed_kind)kind;
	code(&coder, entry);
	return !coder.failed && coder.at == coder.end;
}
