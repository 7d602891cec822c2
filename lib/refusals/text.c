/* SPDX-License-Identifier: BSD-3-Clause */
/* A refusal as JSON, for whoever asked. */
#include "refusals.h"

#include <stdio.h>

#include "stats.h"

static void put_text(struct rdl_cursor *reply, const char *name, const char *value)
{
	rdl_cursor_text(reply, name);
	rdl_cursor_json(reply, (struct rdl_span){ (const uint8_t *)value, strlen(value) });
}

static void put_source(struct rdl_cursor *reply, const struct rdl_refusal *refusal)
{
	char text[RDL_ADDRESS_TEXT];

	rdl_peer_address_text(&refusal->peer, text);
	put_text(reply, ",\"address\":", text);
	rdl_cursor_text(reply, ",\"port\":");
	rdl_cursor_decimal(reply, refusal->peer.port);
}

/* Two texts, since an octet of one that is no UTF-8 is a character of three. */
static void put_excerpt(struct rdl_cursor *reply, const struct rdl_refusal *refusal)
{
	unsigned fault = refusal->excerpt_fault, len = refusal->excerpt_len;

	if (len == 0)
		return;
	rdl_cursor_text(reply, ",\"before\":");
	rdl_cursor_json(reply, (struct rdl_span){ refusal->excerpt, fault });
	rdl_cursor_text(reply, ",\"from\":");
	rdl_cursor_json(reply, (struct rdl_span){ refusal->excerpt + fault, len - fault });
}

static void put_reason(struct rdl_cursor *reply, const struct rdl_refusal *refusal)
{
	enum rdl_reason reason = (enum rdl_reason)refusal->reason;
	uint8_t code = rdl_reason_code(reason);
	char text[8];

	snprintf(text, sizeof(text), "%u.%02u", code >> 5, code & 31u);
	put_text(reply, ",\"code\":", text);
	put_text(reply,
		",\"reason\":", rdl_stat_name(rdl_stat_of_reason(reason)) + sizeof("refused_") - 1);
	uint8_t whole[RDL_REASON_TEXT_MAX];
	struct rdl_cursor out = rdl_cursor(whole, sizeof(whole));
	struct rdl_span parameter = { refusal->parameter, refusal->parameter_len };
	const struct rdl_detail detail = { refusal->parameter, refusal->parameter_len,
		refusal->number };

	rdl_reason_write(&out, reason, &detail);
	rdl_cursor_text(reply, ",\"text\":");
	rdl_cursor_json(reply, (struct rdl_span){ whole, (size_t)(out.pos - whole) });
	if (parameter.len > 0) {
		rdl_cursor_text(reply, ",\"parameter\":");
		rdl_cursor_json(reply, parameter);
	}
	if (rdl_reason_detail(reason) == RDL_DETAIL_octet) {
		rdl_cursor_text(reply, ",\"octet\":");
		rdl_cursor_decimal(reply, refusal->number);
		put_excerpt(reply, refusal);
	}
}

/* The location, or the path, that was asked for. */
static void put_target(
	struct rdl_cursor *reply, const struct rdl_refusal *refusal, const struct rdl_speck *key)
{
	uint8_t id[RDL_LOCATION_LEN];

	if (!refusal->located) {
		rdl_cursor_text(reply, ",\"path\":");
		rdl_cursor_json(reply, (struct rdl_span){ refusal->path, refusal->path_len });
		return;
	}
	rdl_location_encode(key, &refusal->location, id);
	rdl_cursor_text(reply, ",\"location\":\"/rd/");
	rdl_cursor_bytes(reply, id, sizeof(id));
	rdl_cursor_u8(reply, '"');
}

void rdl_refusal_text(struct rdl_cursor *reply, const struct rdl_refusal *refusal,
	const struct rdl_speck *location_key, const struct rdl_identities *identities,
	uint64_t wall_ms)
{
	static const char *const operations[] = {
		[RDL_OPERATION_REGISTER] = "register",
		[RDL_OPERATION_UPDATE] = "update",
		[RDL_OPERATION_DEREGISTER] = "de-register",
		[RDL_OPERATION_OTHER] = "other",
	};
	uint64_t time_ms = refusal->time_ms + wall_ms;
	char time[32];

	snprintf(time, sizeof(time), "%llu.%03u", (unsigned long long)(time_ms / 1000),
		(unsigned)(time_ms % 1000));
	rdl_cursor_text(reply, "\"time\":");
	rdl_cursor_text(reply, time);
	rdl_cursor_text(reply, ",\"endpoint\":");
	rdl_cursor_json(reply, (struct rdl_span){ refusal->endpoint, refusal->endpoint_len });
	put_target(reply, refusal, location_key);
	put_source(reply, refusal);
	rdl_cursor_u8(reply, ',');
	rdl_identities_json(reply, identities, refusal->identity);
	put_text(reply, ",\"operation\":", operations[refusal->operation]);
	put_reason(reply, refusal);
}
