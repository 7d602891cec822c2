/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recovery: registries made what others were, out of the logs of those (entries.h), run after run:
 * same slots, generations and ends, whatever the number of shards was and is. Until its end they
 * are of no other use.
 *
 * A run is one life of the daemon, with a clock of its own, and each of its shards has a log.
 * Several recoveries may be under way side by side, each for some of the registries, and each of
 * them is given the whole logs: what is another's is skipped.
 */
#ifndef RDL_REGISTRY_RECOVERY_H
#define RDL_REGISTRY_RECOVERY_H

#include "registry.h"

struct rdl_recovery;

struct rdl_recovery_counts {
	uint64_t entries; /* applied */
	/* Entries that came before their log's first sweep, or of slots that it had not come to. */
	uint64_t skipped;
	uint64_t registrations; /* that came back */
	uint64_t ended_away; /* of these, those whose time was over before the end */
	uint64_t tombstones;
	/* Of devices that had proved who they are, where nobody can any more: they are gone. */
	uint64_t unsecured;
};

/*
 * For registries that are fresh. Whatever their configuration: keys, but for the one that endpoint
 * digests are made with, slots and rooms may be others than they were. NULL: no memory.
 */
RDL_MUST_CHECK struct rdl_recovery *rdl_recovery_create(
	struct rdl_registry *const registries[], unsigned count);
void rdl_recovery_destroy(struct rdl_recovery *recovery);

/*
 * Next come entries of another log of the same run, from its oldest one, or from any that is no
 * younger than the beginning of the last sweep that has ended.
 */
void rdl_recovery_begin_log(struct rdl_recovery *recovery);
/* The run's clock when the next entries were written. */
void rdl_recovery_set_time(struct rdl_recovery *recovery, uint64_t run_ms);
/*
 * Applies this entry, or one of some that came before: what they touch is fetched meanwhile. False:
 * that cannot be, as rdl_recovery_error() says; nothing can be made of these registries.
 */
RDL_MUST_CHECK bool rdl_recovery_apply(struct rdl_recovery *recovery, struct rdl_span entry);

/*
 * All logs of a run were read; it was still there at `run_ms` of its clock. `away_ms` later the
 * next run's clock was at `next_ms`: that of the registries when there is no other run. `runs` is
 * how many have begun since, that one among them: of some there may be nothing left to read.
 */
void rdl_recovery_end_run(struct rdl_recovery *recovery, uint64_t run_ms, uint64_t away_ms,
	uint64_t next_ms, uint32_t runs);
/*
 * From now on, after the end of the last run, they are registries as any others. No registration
 * ends before `grace_s` are over. False: an entry could not be, or they do not fit, as
 * rdl_recovery_error() says.
 */
RDL_MUST_CHECK bool rdl_recovery_finish(
	struct rdl_recovery *recovery, uint64_t now_ms, uint32_t grace_s);

/*
 * Of a registry that came back, some time later, when what is asked of it is answered from now on:
 * the grace begins anew.
 */
void rdl_recovery_serve(struct rdl_registry *registry, uint64_t now_ms, uint32_t grace_s);

const char *rdl_recovery_error(const struct rdl_recovery *recovery);
void rdl_recovery_counts(const struct rdl_recovery *recovery, struct rdl_recovery_counts *counts);

#endif
