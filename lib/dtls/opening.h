/* SPDX-License-Identifier: BSD-3-Clause */
/* opening: a burst of datagrams on its way through rdl_dtls_open(). Private to dtls. */
#ifndef RDL_DTLS_OPENING_H
#define RDL_DTLS_OPENING_H

#include "internal.h"
#include "records.h"

/*
 * A Finished in a record with a Connection ID, as clients send it again that missed our last
 * flight: whose handshaker wants it as it came. Any that is no longer might be one.
 */
#define RDL_FINISHED_MAX 96

/* The longest record that a datagram of an Ethernet frame holds. */
#define RDL_DTLS_SPARE_MAX 1472

struct rdl_dtls_opening {
	struct rdl_dtls *dtls;
	uint32_t now_s;
	struct rdl_dtls_item *items;
	struct rdl_dtls_record records[RDL_DTLS_BURST];
	uint64_t names[RDL_DTLS_BURST]; /* of sessions, by their Connection IDs */
	uint64_t addresses[RDL_DTLS_BURST];
	/* Records of open sessions: whose job is which item's. */
	unsigned count;
	uint8_t places[RDL_DTLS_BURST];
	uint64_t sessions[RDL_DTLS_BURST];
	struct rdl_aead_job jobs[RDL_DTLS_BURST];
	uint8_t saved[RDL_DTLS_BURST][RDL_FINISHED_MAX];
	/*
	 * One job's record as it came, which may be of the session that is about to follow at its
	 * address: a device that resumes does not wait before it sends.
	 */
	unsigned spare_job; /* RDL_DTLS_BURST: none */
	uint64_t spare_session;
	uint8_t spare[RDL_DTLS_SPARE_MAX];
};

static inline uint8_t rdl_dtls_to_handshaker(struct rdl_dtls_opening *o, unsigned i, uint64_t name)
{
	o->items[i].datagram->session = name;
	o->items[i].to = (uint8_t)rdl_dtls_handshaker(o->dtls, name);
	return RDL_DTLS_MORE;
}

/* The verdict on job n's record, whose job has been done. */
uint8_t rdl_dtls_take(struct rdl_dtls_opening *opening, unsigned n);

#endif
