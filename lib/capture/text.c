/* SPDX-License-Identifier: BSD-3-Clause */
/* What became of a packet, in words. */
#include "captured.h"

static void put_code(struct rdl_cursor *out, uint8_t code)
{
	rdl_cursor_decimal(out, code >> 5);
	rdl_cursor_text(out, (code & 31) < 10 ? ".0" : ".");
	rdl_cursor_decimal(out, code & 31u);
}

static void put_refusal(struct rdl_cursor *out, const struct rdl_captured *captured)
{
	enum rdl_reason reason = (enum rdl_reason)captured->reason;
	const struct rdl_detail detail = { captured->parameter, captured->parameter_len,
		captured->number };

	rdl_cursor_text(out, "refused: ");
	put_code(out, captured->code);
	rdl_cursor_text(out, ", ");
	rdl_cursor_text(out, rdl_stat_name(rdl_stat_of_reason(reason)));
	rdl_cursor_text(out, ": ");
	rdl_reason_write(out, reason, &detail);
}

static void put_acceptance(struct rdl_cursor *out, const struct rdl_captured *captured)
{
	rdl_cursor_text(out, "accepted: ");
	put_code(out, captured->code);
	if (captured->code == RDL_COAP_CONTINUE)
		rdl_cursor_text(out, ", a block of what is not whole yet");
}

/* Its location, where it is anybody's. */
static void put_location(struct rdl_cursor *out, const struct rdl_captured *captured,
	const struct rdl_capture_names *names)
{
	uint8_t id[RDL_LOCATION_LEN];

	if (!captured->located)
		return;
	rdl_location_encode(&names->location_key, &captured->location, id);
	rdl_cursor_text(out, ", /rd/");
	rdl_cursor_bytes(out, id, sizeof(id));
}

static void put_counter(
	struct rdl_cursor *out, const char *what, const struct rdl_captured *captured)
{
	enum rdl_stat stat = (enum rdl_stat)captured->stat;

	rdl_cursor_text(out, what);
	rdl_cursor_text(out, rdl_stat_name(stat));
	rdl_cursor_text(out, ": ");
	rdl_cursor_text(out, rdl_stat_help(stat));
}

static void put_answer(struct rdl_cursor *out, const struct rdl_captured *captured, uint64_t before)
{
	rdl_cursor_text(out, "answer to packet ");
	rdl_cursor_decimal(out, before);
	if (captured->code != 0) {
		rdl_cursor_text(out, ": ");
		put_code(out, captured->code);
	}
}

static void put_fate(struct rdl_cursor *out, const struct rdl_captured *captured, uint64_t before)
{
	switch ((enum rdl_fate)captured->fate) {
	case RDL_FATE_ANSWERED:
		if (captured->reason != RDL_REASON_NONE)
			put_refusal(out, captured);
		else
			put_acceptance(out, captured);
		break;
	case RDL_FATE_RESET:
		rdl_cursor_text(out, "rejected by a Reset: ");
		rdl_cursor_text(
			out, rdl_stat_name((enum rdl_stat)captured->stat) + sizeof("drop_") - 1);
		break;
	case RDL_FATE_NET:
		put_counter(out, "answered: ", captured);
		break;
	case RDL_FATE_COOKIE:
		rdl_cursor_text(out, "answered: ClientHello, by a HelloVerifyRequest");
		break;
	case RDL_FATE_FRAGMENT:
		rdl_cursor_text(out, "kept: IP fragment, until its datagram is whole");
		break;
	case RDL_FATE_HANDSHAKER:
		rdl_cursor_text(out, "given to a DTLS handshaker");
		break;
	case RDL_FATE_KERNEL:
		rdl_cursor_text(out, "given to the kernel");
		break;
	case RDL_FATE_TAKEN:
		rdl_cursor_text(out, "taken: answer to a request of ours, or Send");
		break;
	case RDL_FATE_HEARD:
		put_counter(out, "read: ", captured);
		break;
	case RDL_FATE_DROPPED:
		put_counter(out, "dropped: ", captured);
		break;
	case RDL_FATE_ANSWER:
		put_answer(out, captured, before);
		break;
	case RDL_FATE_FLIGHT:
		rdl_cursor_text(out, "sent by a DTLS handshaker");
		break;
	case RDL_FATE_ASKED:
		rdl_cursor_text(out, "request to a device");
		break;
	}
}

/* As people are shown it, without what would do something to a terminal. */
static void put_identity(
	struct rdl_cursor *out, const struct rdl_identities *identities, uint32_t identity)
{
	uint8_t text[RDL_IDENTITY_MAX];
	char printable[RDL_IDENTITY_MAX + 1];
	size_t len;

	if (identities == NULL || identity == 0)
		return;
	len = rdl_identities_text(identities, identity, text);
	rdl_printable_copy(printable, (struct rdl_span){ text, len });
	rdl_cursor_text(out, " of ");
	rdl_cursor_text(out, rdl_identity_mode_text(rdl_identities_mode(identities, identity)));
	rdl_cursor_u8(out, ' ');
	rdl_cursor_text(out, printable);
}

void rdl_captured_text(struct rdl_cursor *out, const struct rdl_captured *captured,
	const struct rdl_capture_names *names, uint64_t before)
{
	put_fate(out, captured, before);
	put_location(out, captured, names);
	if (captured->fate == RDL_FATE_ANSWERED && captured->stat != 0)
		put_counter(out, "; its answer was not sent: ", captured);
	if (captured->deferred)
		rdl_cursor_text(out, "; a DTLS handshaker seals and sends its answer");
	if (!captured->opened)
		return;
	rdl_cursor_text(out, captured->outbound ? "; sealed in" : "; opened from");
	rdl_cursor_text(out, " a DTLS record");
	put_identity(out, names->identities, captured->identity);
	rdl_cursor_text(out, ", shown at port 5683");
}
