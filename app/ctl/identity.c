/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "rows.h"

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_read(char *text, size_t len, struct rdl_span *octets)
{
	if (len % 2 != 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (hex_digit(text[i]) < 0)
			return false;
	for (size_t i = 0; i < len; i += 2)
		text[i / 2] = (char)(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));
	*octets = (struct rdl_span){ (const uint8_t *)text, len / 2 };
	return true;
}

static bool looks_like_rpk(const char *text, size_t len)
{
	size_t prefix = strlen(RPK_PREFIX);

	if (len != prefix + 2 * RDL_CREDENTIALS_DIGEST_LEN || memcmp(text, RPK_PREFIX, prefix) != 0)
		return false;
	for (size_t i = prefix; i < len; i++)
		if (hex_digit(text[i]) < 0)
			return false;
	return true;
}

bool identity_read_psk(char *text, size_t len, struct rdl_credentials_identity *identity)
{
	*identity = (struct rdl_credentials_identity){ RDL_CREDENTIALS_PSK,
		{ (const uint8_t *)text, len } };
	return len == 0 || text[0] != '#' || hex_read(text + 1, len - 1, &identity->octets);
}

bool identity_read(char *text, size_t len, struct rdl_credentials_identity *identity)
{
	size_t prefix = strlen(RPK_PREFIX);

	if (!looks_like_rpk(text, len))
		return identity_read_psk(text, len, identity);
	identity->mode = RDL_CREDENTIALS_RPK;
	return hex_read(text + prefix, len - prefix, &identity->octets);
}

/* Would it be read as itself, and look like it? */
static bool is_plain(struct rdl_span octets)
{
	struct rdl_span rest = octets;
	uint32_t character;
	bool printable;
	size_t n;

	while ((n = rdl_character(rest, &character, &printable)) > 0) {
		if (!printable || character == '\\')
			return false;
		rest.data += n;
		rest.len -= n;
	}
	return octets.data[0] != '#' && !looks_like_rpk((const char *)octets.data, octets.len);
}

void identity_print(struct rdl_credentials_identity identity)
{
	if (identity.mode == RDL_CREDENTIALS_PSK && is_plain(identity.octets)) {
		fwrite(identity.octets.data, 1, identity.octets.len, stdout);
		return;
	}
	fputs(identity.mode == RDL_CREDENTIALS_RPK ? RPK_PREFIX : "#", stdout);
	for (size_t i = 0; i < identity.octets.len; i++)
		printf("%02x", identity.octets.data[i]);
}
