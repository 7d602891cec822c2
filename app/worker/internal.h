/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RDL_WORKER_INTERNAL_H
#define RDL_WORKER_INTERNAL_H

#include "worker.h"

void worker_send_later(struct worker *worker, struct rdl_frame *frame);

/*
 * Runs frames through the pipeline and does with them what it says.
 * Fragments that complete a datagram come back in `frames`: returns how many.
 */
RDL_MUST_CHECK unsigned worker_process(
	struct worker *worker, struct rdl_frame *frames[], unsigned n);

/*
 * Parcels go to their handshakers as far as credit goes. The frames of the rest, counted, go to
 * `freed`; returns how many.
 */
RDL_MUST_CHECK unsigned worker_send_parcels(
	struct worker *worker, const struct rdl_burst *burst, struct rdl_frame *freed[]);
/* Takes what one handshaker has to say, up to a burst. True when it had. */
bool worker_take_letters(struct worker *worker, unsigned handshaker);
/* Ends some of the sessions whose time is over. */
void worker_sweep_sessions(struct worker *worker);

#endif
