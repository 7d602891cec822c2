/* SPDX-License-Identifier: BSD-3-Clause */
#include "secure.h"

/* Structures of counts are arrays of one type, as far as they are summed here. */
static void add_u64(uint64_t *sum, const uint64_t *counts, size_t octets)
{
	for (size_t i = 0; i < octets / sizeof(*sum); i++)
		sum[i] += __atomic_load_n(&counts[i], __ATOMIC_RELAXED);
}

static_assert(sizeof(struct rdl_handshake_counts) % sizeof(uint64_t) == 0, "nothing else is in it");

static void add_sessions(struct rdl_dtls_counts *sum, const struct rdl_dtls_counts *counts)
{
#define ADD(name) sum->name += __atomic_load_n(&counts->name, __ATOMIC_RELAXED)
	ADD(handshakes);
	ADD(registered);
	for (unsigned suite = 0; suite < RDL_DTLS_SUITES; suite++)
		for (unsigned mode = 0; mode < RDL_DTLS_MODES; mode++)
			ADD(open[suite][mode]);
#undef ADD
	/* All the others, which only grow. */
	add_u64(&sum->begun, &counts->begun,
		sizeof(*counts) - offsetof(struct rdl_dtls_counts, begun));
}

void secure_sum(const struct watched *watched, struct secure_sums *sums)
{
	const struct handshakers *handshakers = watched->handshakers;

	memset(sums, 0, sizeof(*sums));
	if (handshakers == NULL)
		return;
	for (unsigned i = 0; i < handshakers_count(handshakers); i++) {
		const struct handshaker *one = handshakers_one(handshakers, i);

		add_u64((uint64_t *)&sums->handshakes,
			(const uint64_t *)rdl_handshakes_counts(one->engine),
			sizeof(sums->handshakes));
		sums->flights_lost += __atomic_load_n(&one->letters_lost, __ATOMIC_RELAXED);
		sums->records_waiting += __atomic_load_n(&one->records_waiting, __ATOMIC_RELAXED);
	}
	for (unsigned w = 0; w < watched->conf->workers; w++)
		add_sessions(&sums->sessions,
			rdl_dtls_counts(watched->workers[w]->pipeline.config.dtls));
}
