/* SPDX-License-Identifier: BSD-3-Clause */
/* captured: one packet that was captured, and what became of it. */
#ifndef RDL_CAPTURE_CAPTURED_H
#define RDL_CAPTURE_CAPTURED_H

#include "refusals.h"
#include "stats.h"

enum rdl_fate {
	/* Of what came in: */
	/* By `code`; a refusal by `reason`, too; not sent, after all, where there is a `stat`. */
	RDL_FATE_ANSWERED,
	RDL_FATE_RESET, /* by a Reset; `stat` is what it would have been dropped as */
	RDL_FATE_NET, /* by the network layer; counted by `stat` */
	RDL_FATE_COOKIE, /* by a HelloVerifyRequest */
	RDL_FATE_FRAGMENT, /* kept until its datagram is whole */
	RDL_FATE_HANDSHAKER, /* given to its handshaker */
	RDL_FATE_KERNEL, /* given to the kernel */
	/* Given to the shard whose request it answers, or that has the registration of a Send. */
	RDL_FATE_TAKEN,
	RDL_FATE_HEARD, /* it tells of a neighbour, a router or a path; counted by `stat` */
	RDL_FATE_DROPPED, /* counted by `stat` */
	/* Of what goes out: */
	RDL_FATE_ANSWER, /* to the packet before it of the same worker; by `code`, 0: it has none */
	RDL_FATE_FLIGHT, /* of a handshake */
	RDL_FATE_ASKED, /* a request of ours */
};

/* No more of a packet is kept. */
#define RDL_CAPTURE_SNAP 9216

struct rdl_captured {
	uint64_t time_ns; /* since 1970 */
	uint64_t capture; /* that it is of */
	uint32_t record_len; /* of this and of the octets behind it, whole words */
	uint16_t len; /* the octets behind it */
	uint16_t whole_len; /* of the packet */
	uint32_t identity; /* `opened`: whose session it came in */
	uint32_t number; /* of the reason's detail, where it has one */
	struct rdl_location location; /* `located` */
	uint8_t fate; /* enum rdl_fate */
	uint8_t code, reason, stat; /* enum rdl_reason, enum rdl_stat; as the fate says */
	uint8_t port; /* the NIC's */
	uint8_t l2_len, l3_len; /* `opened` or `summed` */
	bool outbound;
	/* It came, or left, in a DTLS record, and is shown as if it were a datagram of its own. */
	bool opened;
	bool summed; /* its checksums were left to the NIC */
	bool deferred; /* a handshaker seals and sends its answer */
	bool located;
	uint8_t parameter_len; /* of the reason's detail */
	uint8_t parameter[RDL_REFUSAL_PARAMETER_MAX];
};
_Static_assert(sizeof(struct rdl_captured) % sizeof(uint64_t) == 0, "whole words");
_Static_assert(RDL_STAT_COUNT <= UINT8_MAX, "an octet says which");

static inline uint8_t *rdl_captured_octets(struct rdl_captured *captured)
{
	return (uint8_t *)(captured + 1);
}

/*
 * Makes the checksums of what was opened, or left them to the NIC. An opened message gets CoAP's
 * own port in place of the secure one, or nobody would read it as CoAP.
 */
void rdl_captured_mend(struct rdl_captured *captured);

/* What the text is told with. */
struct rdl_capture_names {
	struct rdl_speck location_key;
	const struct rdl_identities *identities; /* NULL: there are none */
};
/* No text is longer. */
#define RDL_CAPTURED_TEXT_MAX (512 + RDL_IDENTITY_MAX)
/* What became of it, for people. `before` is the number of the packet that it answers. */
void rdl_captured_text(struct rdl_cursor *out, const struct rdl_captured *captured,
	const struct rdl_capture_names *names, uint64_t before);

#endif
