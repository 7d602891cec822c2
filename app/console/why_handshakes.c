/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes of an endpoint that failed lately. */
#include "handshakers.h"
#include "troubles.h"
#include "commands_why.h"

/* In a reply. */
#define TROUBLES_MAX 16

/*
 * Whether whoever said to be this may register the endpoint, once it has proved it: by the
 * database, where it has that identity; or else by its name.
 */
static bool may_register(struct rdl_credentials_reader *reader, const struct rdl_trouble *trouble,
	struct rdl_span endpoint)
{
	const struct rdl_credentials_identity identity = {
		trouble->mode == RDL_IDENTITY_RPK ? RDL_CREDENTIALS_RPK : RDL_CREDENTIALS_PSK,
		{ trouble->who, trouble->who_len },
	};
	struct rdl_credential credential;
	bool permitted = rdl_span_equal(identity.octets, endpoint);

	if (trouble->who_len == 0 || reader == NULL || trouble->mode == RDL_IDENTITY_X509)
		return permitted;
	if (rdl_credentials_look_up(reader, identity, &credential) == RDL_CREDENTIALS_OK) {
		struct rdl_span names = { credential.names, credential.names_len };

		permitted = rdl_credentials_permit(identity, names, endpoint);
		rdl_credentials_wipe(&credential);
	}
	return permitted;
}

static bool comes_from(const struct why_asked *asked, const struct rdl_trouble *trouble)
{
	for (unsigned i = 0; i < asked->address_count; i++)
		if (memcmp(asked->addresses[i], trouble->peer.address, 16) == 0)
			return true;
	return false;
}

static void put_trouble(struct rdl_cursor *reply, const struct rdl_trouble *trouble, bool permitted,
	uint64_t wall_ms)
{
	static const struct {
		const char *name, *text;
	} failures[] = {
#define X(name, help) { #name, help },
		RDL_HANDSHAKE_FAILURES(X)
#undef X
	};
	char address[RDL_ADDRESS_TEXT];

	why_put_time(reply, trouble->time_ms + wall_ms);
	rdl_peer_address_text(&trouble->peer, address);
	why_put_text(reply, ",\"address\":", address);
	rdl_cursor_text(reply, ",\"port\":");
	rdl_cursor_decimal(reply, trouble->peer.port);
	why_put_text(reply, ",\"failure\":", failures[trouble->failure].name);
	why_put_text(reply, ",\"text\":", failures[trouble->failure].text);
	if (trouble->who_len > 0 && trouble->mode != RDL_IDENTITY_RPK) {
		why_put_text(reply, ",\"security\":", rdl_identity_mode_text(trouble->mode));
		rdl_cursor_text(reply, ",\"identity\":");
		rdl_cursor_json(reply, (struct rdl_span){ trouble->who, trouble->who_len });
	}
	rdl_cursor_text(reply, permitted ? ",\"may_register\":true" : ",\"may_register\":false");
}

void why_put_handshakes(
	const struct console_sources *from, const struct why_asked *asked, struct rdl_cursor *reply)
{
	struct rdl_credentials *credentials = handshakers_credentials(from->handshakers);
	struct rdl_credentials_reader *reader =
		credentials != NULL ? rdl_credentials_reader_create(credentials) : NULL;
	unsigned n = 0;

	rdl_cursor_text(reply, ",\"handshakes\":[");
	for (unsigned h = 0; h < handshakers_count(from->handshakers); h++) {
		struct rdl_troubles *troubles =
			rdl_handshakes_troubles(handshakers_one(from->handshakers, h)->engine);

		for (unsigned place = 0; place < RDL_TROUBLES && n < TROUBLES_MAX; place++) {
			struct rdl_trouble trouble;

			if (!rdl_troubles_get(troubles, place, &trouble))
				continue;
			bool permitted = may_register(reader, &trouble, asked->endpoint);
			if (!permitted && !comes_from(asked, &trouble))
				continue;
			rdl_cursor_text(reply, n++ > 0 ? ",{" : "{");
			put_trouble(reply, &trouble, permitted, asked->wall_ms);
			rdl_cursor_u8(reply, '}');
		}
	}
	rdl_cursor_u8(reply, ']');
	rdl_credentials_reader_destroy(reader);
}
