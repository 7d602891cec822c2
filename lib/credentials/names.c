/* SPDX-License-Identifier: BSD-3-Clause */
#include "writing.h"

bool rdl_credentials_name_valid(struct rdl_span name)
{
	return name.len > 0 && name.len <= RDL_ENDPOINT_MAX && rdl_utf8_valid(name.data, name.len);
}

bool rdl_credentials_next_name(struct rdl_span *names, struct rdl_span *name)
{
	if (names->len == 0 || names->data[0] >= names->len)
		return false;
	*name = (struct rdl_span){ names->data + 1, names->data[0] };
	names->data += 1 + name->len;
	names->len -= 1 + name->len;
	return true;
}

bool rdl_credentials_permit(
	struct rdl_credentials_identity identity, struct rdl_span names, struct rdl_span endpoint)
{
	struct rdl_span name;

	/* Its own octets are no pattern. */
	if (names.len == 0)
		return identity.mode == RDL_CREDENTIALS_PSK &&
		       rdl_span_equal(identity.octets, endpoint);
	while (rdl_credentials_next_name(&names, &name))
		if (rdl_glob_match(name, endpoint))
			return true;
	return false;
}

static const char *names_problem(struct rdl_span names)
{
	struct rdl_span name;

	if (names.len > RDL_CREDENTIALS_NAMES_MAX)
		return "has too many endpoints: 4096 octets, one more for each, are the most";
	while (names.len > 0)
		if (!rdl_credentials_next_name(&names, &name) || !rdl_credentials_name_valid(name))
			return "has a name that is not an endpoint's: 1 to 252 octets of UTF-8";
	return NULL;
}

const char *rdl_credentials_row_problem(const struct rdl_credentials_row *row)
{
	size_t len = row->identity.octets.len;

	if (row->identity.mode == RDL_CREDENTIALS_RPK) {
		if (len != RDL_CREDENTIALS_DIGEST_LEN || row->key.len != 0)
			return "is not a SHA-256 of a raw public key";
		if (row->names.len == 0)
			return "is a raw public key, and names no endpoint";
	} else {
		if (len == 0 || len > RDL_CREDENTIALS_IDENTITY_MAX)
			return "has an identity that is not of 1 to 255 octets";
		if (row->key.len == 0 || row->key.len > RDL_CREDENTIALS_KEY_MAX)
			return "has a key that is not of 1 to 512 octets";
	}
	return names_problem(row->names);
}
