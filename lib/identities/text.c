/* SPDX-License-Identifier: BSD-3-Clause */
/* An identity as people are shown it. */
#include "identities_internal.h"

static size_t to_hex(struct rdl_span octets, uint8_t *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < octets.len; i++) {
		text[2 * i] = (uint8_t)digits[octets.data[i] >> 4];
		text[2 * i + 1] = (uint8_t)digits[octets.data[i] & 15];
	}
	return 2 * octets.len;
}

/* Replaces a raw key's digest by what people are shown. */
static size_t to_text(enum rdl_identity_mode mode, uint8_t text[RDL_IDENTITY_MAX], size_t len)
{
	uint8_t digest[RDL_IDENTITY_MAX / 2];

	if (mode != RDL_IDENTITY_RPK || len > sizeof(digest))
		return len;
	memcpy(digest, text, len);
	return to_hex((struct rdl_span){ digest, len }, text);
}

size_t rdl_identities_text(
	const struct rdl_identities *identities, uint32_t number, uint8_t text[RDL_IDENTITY_MAX])
{
	return to_text(rdl_identities_mode(identities, number), text,
		rdl_identities_octets(identities, number, text));
}

static void put_json(struct rdl_cursor *out, enum rdl_identity_mode mode, struct rdl_span text)
{
	rdl_cursor_text(out, "\"security\":\"");
	rdl_cursor_text(out, rdl_identity_mode_text(mode));
	rdl_cursor_u8(out, '"');
	if (mode == RDL_IDENTITY_NONE)
		return;
	rdl_cursor_text(out, ",\"identity\":");
	rdl_cursor_json(out, text);
}

void rdl_identities_json(
	struct rdl_cursor *out, const struct rdl_identities *identities, uint32_t number)
{
	uint8_t text[RDL_IDENTITY_MAX];
	size_t len = rdl_identities_text(identities, number, text);

	put_json(out, rdl_identities_mode(identities, number), (struct rdl_span){ text, len });
}

void rdl_identity_json(struct rdl_cursor *out, const struct rdl_identity *identity)
{
	uint8_t text[RDL_IDENTITY_MAX];
	size_t len = identity->octets.len <= sizeof(text) ? identity->octets.len : sizeof(text);

	if (len > 0)
		memcpy(text, identity->octets.data, len);
	put_json(
		out, identity->mode, (struct rdl_span){ text, to_text(identity->mode, text, len) });
}
