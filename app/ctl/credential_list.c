/* SPDX-License-Identifier: BSD-3-Clause */
#include "credential_call.h"

#include "ctl.h"
#include "rows.h"

/* What a list is of: the half octet that digests have behind the prefix; -1: any. */
struct listing {
	size_t prefix_len;
	int half;
};

static void print_credential(
	void *context, struct rdl_credentials_identity identity, struct rdl_span names)
{
	const struct listing *listing = context;
	struct rdl_span name;

	if (listing->half >= 0 &&
		(identity.octets.len == listing->prefix_len ||
			identity.octets.data[listing->prefix_len] >> 4 != listing->half))
		return;
	identity_print(identity);
	while (rdl_credentials_next_name(&names, &name)) {
		putchar('\t');
		print_octets(name);
	}
	putchar('\n');
}

static bool list_mode(struct rdl_credentials_reader *reader, enum rdl_credentials_mode mode,
	struct rdl_span prefix, int half)
{
	struct listing listing = { prefix.len, half };
	uint64_t position;

	return rdl_credentials_walk(reader, (struct rdl_credentials_identity){ mode, prefix },
		       print_credential, &listing, &position) == RDL_CREDENTIALS_OK;
}

/* Raw keys whose text begins so; false: it cannot be read. */
static bool list_rpk(struct rdl_credentials_reader *reader, char *prefix, size_t len)
{
	size_t fixed = strlen(RPK_PREFIX);
	struct rdl_span octets = { NULL, 0 };

	if (len <= fixed)
		return strncmp(prefix, RPK_PREFIX, len) != 0 ||
		       list_mode(reader, RDL_CREDENTIALS_RPK, octets, -1);
	if (strncmp(prefix, RPK_PREFIX, fixed) != 0)
		return true;
	int half = (len - fixed) % 2 == 0 ? -1 : hex_digit(prefix[len - 1]);
	size_t whole = (len - fixed) / 2 * 2;
	/* No text of a raw key begins so. */
	if ((half < 0 && whole != len - fixed) || !hex_read(prefix + fixed, whole, &octets))
		return true;
	return list_mode(reader, RDL_CREDENTIALS_RPK, octets, half);
}

int credential_list(struct call *call)
{
	char nothing[1] = "", *prefix = call->count > 0 ? call->arguments[0] : nothing;
	size_t len = strlen(prefix);
	struct rdl_credentials_identity psk;
	bool is_hex = prefix[0] == '#';

	if (!identity_read_psk(prefix, len, &psk))
		return credential_fail(
			"%s: # begins an identity in hex, and this is not hex", prefix);
	struct rdl_credentials *credentials = credential_open(call, false, false);
	if (credentials == NULL)
		return CREDENTIAL_FAILED;
	struct rdl_credentials_reader *reader = rdl_credentials_reader_create(credentials);
	bool good = reader != NULL && list_mode(reader, RDL_CREDENTIALS_PSK, psk.octets, -1) &&
		    (is_hex || list_rpk(reader, prefix, len));
	rdl_credentials_reader_destroy(reader);
	rdl_credentials_close(credentials);
	return good ? CREDENTIAL_DONE
		    : credential_fail("%s: cannot be read", call->config.directory);
}
