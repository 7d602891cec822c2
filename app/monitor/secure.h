/* SPDX-License-Identifier: BSD-3-Clause */
/* secure: handshakes and sessions, summed over threads and workers. By anybody. */
#ifndef RDL_MONITOR_SECURE_H
#define RDL_MONITOR_SECURE_H

#include "monitor.h"
#include "sessions.h"

struct secure_sums {
	struct rdl_handshake_counts handshakes;
	uint64_t flights_lost, records_waiting; /* at the threads that make them */
	struct rdl_dtls_counts sessions;
};

/* All zero where there is no DTLS. */
void secure_sum(const struct watched *watched, struct secure_sums *sums);

#endif
