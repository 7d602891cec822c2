/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions that are over without anybody having said so, found and ended. */
#include "internal.h"

/* The hand goes over these. */
uint64_t rdl_dtls_slots_used(const struct rdl_dtls *dtls)
{
	const struct rdl_dtls_config *config = &dtls->config;
	uint32_t fresh = __atomic_load_n(&dtls->fresh, __ATOMIC_RELAXED);
	unsigned partition = fresh == RDL_DTLS_NONE ? RDL_DTLS_PARTITIONS : fresh >> 24;
	unsigned in_row = fresh == RDL_DTLS_NONE ? 0 : fresh & 0xffffff;
	unsigned rows = (partition - config->worker + config->workers - 1) / config->workers;

	return (uint64_t)rows * dtls->slots + in_row;
}

unsigned rdl_dtls_sweep_due(struct rdl_dtls *dtls, uint64_t now_ms, unsigned most, bool *behind)
{
	uint64_t used = rdl_dtls_slots_used(dtls), round = used * RDL_DTLS_SWEEP_MS;
	uint64_t passed = now_ms - dtls->sweep_ms;
	uint64_t due = dtls->sweep_due;

	if (passed > RDL_DTLS_SWEEP_MS)
		passed = RDL_DTLS_SWEEP_MS;
	due += used * passed;
	/* After a pause one round is enough. */
	if (due > round)
		due = round;
	uint64_t slots = due / RDL_DTLS_SWEEP_MS;
	*behind = slots > most;
	if (*behind)
		slots = most;
	dtls->sweep_ms = now_ms;
	dtls->sweep_due = due - slots * RDL_DTLS_SWEEP_MS;
	return (unsigned)slots;
}

void rdl_dtls_sweep(struct rdl_dtls *dtls, uint32_t now_s, unsigned budget)
{
	while (budget-- > 0) {
		uint32_t handle = dtls->hand;

		/* None behind it was ever used. */
		if (handle == RDL_DTLS_NONE || handle == dtls->fresh) {
			dtls->hand = (uint32_t)dtls->config.worker << 24;
			return;
		}
		dtls->hand = rdl_dtls_slot_next(dtls, handle);
		const struct rdl_dtls_session *session = rdl_dtls_at(dtls, handle);
		if (session->state == RDL_DTLS_FREE || !rdl_dtls_is_over(dtls, session, now_s))
			continue;
		++*(now_s >= session->deadline_s ? &dtls->counts.expired : &dtls->counts.revoked);
		rdl_dtls_end_handle(dtls, handle);
	}
}
