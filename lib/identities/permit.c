/* SPDX-License-Identifier: BSD-3-Clause */
/* What an identity is, and what it may register as. */
#include "identities_internal.h"

const char *rdl_identity_mode_text(enum rdl_identity_mode mode)
{
	switch (mode) {
	case RDL_IDENTITY_NONE:
		break;
	case RDL_IDENTITY_PSK:
		return "psk";
	case RDL_IDENTITY_X509:
		return "x509";
	case RDL_IDENTITY_RPK:
		return "rpk";
	}
	return "none";
}

enum rdl_identity_mode rdl_identities_mode(const struct rdl_identities *identities, uint32_t number)
{
	if (number == 0)
		return RDL_IDENTITY_NONE;
	return (enum rdl_identity_mode)identities->records[number].mode;
}

size_t rdl_identities_octets(
	const struct rdl_identities *identities, uint32_t number, uint8_t octets[RDL_IDENTITY_MAX])
{
	if (number == 0)
		return 0;
	struct rdl_identity_view view = rdl_identity_view(identities, number);
	return rdl_identity_view_octets(&view, octets);
}

/* Its own octets are the only name that it has. */
static bool is_own_name(const struct rdl_identity_view *view)
{
	return view->record->mode == RDL_IDENTITY_X509 ||
	       (view->record->mode == RDL_IDENTITY_PSK && view->names_len == 0);
}

/* The next of the names; its length, or 0. */
static size_t next_name(struct rdl_identity_view *view, uint8_t name[UINT8_MAX])
{
	uint8_t len;

	if (view->names_len == 0)
		return 0;
	rdl_chain_read(&view->reader, &len, 1);
	rdl_chain_read(&view->reader, name, len);
	view->names_len -= 1u + len;
	return len;
}

void rdl_identities_prefetch(const struct rdl_identities *identities, uint32_t number)
{
	RDL_PREFETCH(&identities->records[number]);
}

bool rdl_identities_permit(
	const struct rdl_identities *identities, uint32_t number, struct rdl_span endpoint)
{
	struct rdl_identity_view view = rdl_identity_view(identities, number);
	uint8_t octets[RDL_IDENTITY_MAX];
	struct rdl_span name = { octets, rdl_identity_view_octets(&view, octets) };

	/* Its own octets are no pattern. */
	if (is_own_name(&view))
		return rdl_span_equal(name, endpoint);
	while ((name.len = next_name(&view, octets)) > 0)
		if (rdl_glob_match(name, endpoint))
			return true;
	return false;
}

size_t rdl_identities_endpoint(const struct rdl_identities *identities, uint32_t number,
	uint8_t endpoint[RDL_ENDPOINT_MAX])
{
	struct rdl_identity_view view = rdl_identity_view(identities, number);
	uint8_t octets[RDL_IDENTITY_MAX];
	struct rdl_span name = { octets, rdl_identity_view_octets(&view, octets) };

	if (!is_own_name(&view)) {
		name.len = next_name(&view, octets);
		if (view.names_len > 0 || rdl_glob_is_pattern(name))
			return 0;
	}
	if (name.len > RDL_ENDPOINT_MAX || !rdl_utf8_valid(name.data, name.len))
		return 0;
	memcpy(endpoint, name.data, name.len);
	return name.len;
}
