/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * window: which records of an open session have been read (RFC 6347 section 4.1.2.6). Private to
 * dtls.
 */
#ifndef RDL_DTLS_WINDOW_H
#define RDL_DTLS_WINDOW_H

#include "sessions.h"

#define RDL_DTLS_WINDOW 64
/* Of 48 bits; a session ends before its numbers do, so that none is used twice. */
#define RDL_DTLS_SEQUENCE_LAST ((UINT64_C(1) << 48) - 1)
/*
 * Records that a session whose keys are kept may send before it is restored once more. The first
 * number of a block but the very first is not used: a session that has come to it is used up.
 */
#define RDL_DTLS_BLOCK (UINT64_C(1) << 20)

/* It was read, or is so old that nobody knows; so is the last number that there is. */
static inline bool rdl_dtls_was_read(const struct rdl_dtls_session *session, uint64_t sequence)
{
	uint64_t next = session->read_sequence;

	if (sequence >= next)
		return sequence == RDL_DTLS_SEQUENCE_LAST;
	uint64_t before = next - 1 - sequence;
	return before >= RDL_DTLS_WINDOW || (session->window >> before & 1) != 0;
}

/* One that was not read is read now. True: it is newer than all before. */
static inline bool rdl_dtls_read(struct rdl_dtls_session *session, uint64_t sequence)
{
	uint64_t next = session->read_sequence;

	if (sequence < next) {
		session->window |= UINT64_C(1) << (next - 1 - sequence);
		return false;
	}
	uint64_t ahead = sequence - next + 1;
	session->window = ahead < RDL_DTLS_WINDOW ? session->window << ahead | 1 : 1;
	session->read_sequence = (sequence + 1) & RDL_DTLS_SEQUENCE_LAST;
	return true;
}

#endif
