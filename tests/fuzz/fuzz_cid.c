/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Handshake records with a Connection ID, and what GnuTLS sees of them. The input says a suite, a
 * number, a content type, how the text is padded and which octet is to be another, and then the
 * text: what a client seals of it comes out as it was, or, where an octet is another, not at all.
 * The same octets as they are, as a record, are nobody's.
 */
#include "fuzz.h"

#include "handshake_internal.h"

/* Of what cid_in makes a record again. */
#define TEXT_MAX 512

static const struct rdl_span none = { NULL, 0 };
/* What GnuTLS has of it is not used. */
static struct rdl_handshakes engine;

static struct rdl_span own(struct rdl_span span)
{
	uint8_t *copy = fuzz_alloc(span.len);

	if (span.len > 0)
		memcpy(copy, span.data, span.len);
	return (struct rdl_span){ copy, span.len };
}

static void check_nobodys(const struct rdl_record_key *key, struct rdl_span octets)
{
	for (unsigned cid_len = 0; cid_len <= 255; cid_len += 15) {
		size_t len = rdl_record_len(octets, (uint8_t)cid_len);

		CHECK(len <= octets.len);
	}
	octets.len = rdl_record_len(octets, RDL_DTLS_CID_LEN);
	if (octets.len > 0 && octets.data[0] == RDL_CONTENT_CID) {
		struct rdl_span record = own(octets);
		uint8_t type = 0;

		CHECK(rdl_handshake_cid_in(&engine, key, record, &type).len == 0);
		free((void *)(uintptr_t)record.data);
	}
}

/* What GnuTLS is given opens as a plain record of the same number. */
static void check_plain(const struct rdl_record_key *key, struct rdl_span record,
	struct rdl_span sealed, struct rdl_span text, uint8_t type)
{
	static uint8_t opened[RDL_RECORD_MAX];
	struct rdl_span copy = own(record);
	uint8_t is = 0;
	size_t len = 0;

	CHECK(rdl_record_len(copy, 0) == copy.len);
	CHECK(memcmp(copy.data + 1, sealed.data + 1, RDL_DTLS_RECORD_HEADER - 3) == 0);
	CHECK(rdl_record_open(key, copy, 0, opened, &len, &is) && is == type);
	CHECK(len == text.len && (len == 0 || memcmp(opened, text.data, len) == 0));
	free((void *)(uintptr_t)copy.data);
}

static void check_sealed(const struct rdl_record_key *key, struct rdl_span sealed,
	struct rdl_span text, uint8_t type, bool broken)
{
	struct rdl_span copy = own(sealed);
	uint8_t is = 0;
	struct rdl_span record = rdl_handshake_cid_in(&engine, key, copy, &is);

	if (broken || (type != RDL_CONTENT_APPLICATION && type != RDL_CONTENT_HANDSHAKE &&
			      type != RDL_CONTENT_ALERT)) {
		CHECK(record.len == 0);
	} else {
		CHECK(is == type);
		if (type == RDL_CONTENT_APPLICATION)
			CHECK(record.data == copy.data && record.len == copy.len);
		else
			check_plain(key, record, copy, text, type);
	}
	free((void *)(uintptr_t)copy.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t made[RDL_RECORD_MAX], inner[TEXT_MAX];
	struct rdl_span input = { data, size };
	struct rdl_record_key key = {
		.suite = fuzz_octet(&input) % RDL_DTLS_AEADS, .key = { 1, 2, 3 }, .salt = { 4 }
	};
	uint8_t like[RDL_DTLS_RECORD_HEADER] = { RDL_CONTENT_CID, 0xfe, 0xfd, 0, 1 };
	uint8_t cid[RDL_DTLS_CID_LEN], type, padding, change;
	unsigned at;

	memset(like + 5, fuzz_octet(&input), 6);
	memset(cid, fuzz_octet(&input), sizeof(cid));
	type = fuzz_octet(&input);
	if (type == 0)
		type = RDL_CONTENT_HANDSHAKE;
	padding = fuzz_octet(&input) % 64;
	at = (unsigned)fuzz_octet(&input) << 8 | fuzz_octet(&input);
	change = fuzz_octet(&input);
	check_nobodys(&key, input);
	if (input.len + 1 + padding > TEXT_MAX - 1)
		return 0;
	/* The last octet of the padding is the type that is sealed behind it. */
	memset(inner, 0, sizeof(inner));
	if (input.len > 0)
		memcpy(inner, input.data, input.len);
	inner[input.len] = type;
	size_t len = rdl_record_seal(&key, like, 0, (struct rdl_span){ cid, sizeof(cid) },
		(struct rdl_span){ inner, input.len + 1 + padding }, made);
	CHECK(len > 0 && rdl_record_len((struct rdl_span){ made, len }, sizeof(cid)) == len);
	/* Not what makes it a record of this type and length. */
	at %= (unsigned)len;
	if (at == 0 || at == RDL_DTLS_RECORD_HEADER + sizeof(cid) - 2 ||
		at == RDL_DTLS_RECORD_HEADER + sizeof(cid) - 1)
		change = 0;
	made[at] ^= change;
	check_sealed(&key, (struct rdl_span){ made, len }, input, type, change != 0);
	check_sealed(&key, (struct rdl_span){ made, len - 1 }, none, 0, true);
	return 0;
}
