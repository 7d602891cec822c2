/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes, sessions and credentials over the telemetry socket, summed over cores and threads. */
#include "telemetry_internal.h"

#include "secure.h"

static void put_failures(struct rte_tel_data *d, const uint64_t failed[RDL_HANDSHAKE_FAILURE_COUNT])
{
#define X(name, help) tel_u64(d, "handshakes_failed_" #name, failed[RDL_HANDSHAKE_##name]);
	RDL_HANDSHAKE_FAILURES(X)
#undef X
}

static void put_handshakes(struct rte_tel_data *d, const struct secure_sums *sums)
{
	const struct rdl_handshake_counts *sum = &sums->handshakes;

	tel_u64(d, "handshakes_begun", sum->begun);
	tel_u64(d, "handshakes_finished", sum->finished);
	tel_u64(d, "handshakes_resumed", sum->resumed);
	put_failures(d, sum->failed);
	tel_u64(d, "handshakes_evicted", sum->evicted);
	tel_u64(d, "flights_repeated", sum->repeated);
	tel_u64(d, "flights_lost", sums->flights_lost);
	tel_u64(d, "credentials_looked_up", sum->looked_up);
}

static void put_open(struct rte_tel_data *d, const uint32_t open[RDL_DTLS_SUITES][RDL_DTLS_MODES])
{
	uint64_t sessions = 0;

	for (unsigned suite = 0; suite < RDL_DTLS_SUITES; suite++)
		for (unsigned mode = RDL_IDENTITY_PSK; mode < RDL_DTLS_MODES; mode++) {
			char name[RTE_TEL_MAX_STRING_LEN];

			snprintf(name, sizeof(name), "sessions_%s_%s",
				rdl_dtls_suite_name((enum rdl_dtls_suite)suite),
				rdl_identity_mode_text((enum rdl_identity_mode)mode));
			tel_u64(d, name, open[suite][mode]);
			sessions += open[suite][mode];
		}
	tel_u64(d, "sessions", sessions);
}

/* What handshakers count of sessions with CBC. X(name) */
#define CBC_COUNTS(X) \
	X(sessions)   \
	X(crowded) X(closed) X(broken) X(opened) X(discarded) X(sealed) X(unsealed)

static void put_cbc(struct rte_tel_data *d, const struct secure_sums *sums)
{
#define X(name) tel_u64(d, "cbc_" #name, sums->handshakes.cbc_##name);
	CBC_COUNTS(X)
#undef X
	tel_u64(d, "cbc_waiting", sums->records_waiting);
}

static void put_sessions(struct rte_tel_data *d, const struct rdl_dtls_counts *sum)
{
	tel_u64(d, "sessions_registered", sum->registered);
	put_open(d, sum->open);
	tel_u64(d, "sessions_established", sum->established);
	tel_u64(d, "sessions_refused", sum->refused);
	tel_u64(d, "sessions_full", sum->full);
	tel_u64(d, "sessions_closed", sum->closed);
	tel_u64(d, "sessions_expired", sum->expired);
	tel_u64(d, "sessions_revoked", sum->revoked);
	tel_u64(d, "addresses_changed", sum->moved);
	tel_u64(d, "handshakes_under_way", sum->handshakes);
	tel_u64(d, "handshakes_admitted", sum->begun);
	tel_u64(d, "handshakes_shed", sum->shed);
	tel_u64(d, "handshakes_crowded", sum->crowded);
	tel_u64(d, "handshakes_replaced", sum->replaced);
	tel_u64(d, "parcels_withheld", sum->withheld);
	tel_u64(d, "flights_outdated", sum->outdated);
}

static void put_records(struct rte_tel_data *d, const struct watched *watched)
{
	struct rdl_stats sum = { { 0 } };

	watched_stats(watched, &sum);
	tel_u64(d, "cookies", rdl_stats_get(&sum, RDL_STAT_dtls_cookies));
	tel_u64(d, "cbc_shed", rdl_stats_get(&sum, RDL_STAT_drop_dtls_cbc));
#define X(name, help) tel_u64(d, "dropped_" #name, rdl_stats_get(&sum, RDL_STAT_drop_dtls_##name));
	RDL_DTLS_DROPS(X)
#undef X
}

static void put_credentials(struct rte_tel_data *d, const struct handshakers *handshakers)
{
	const struct keeper_counts *counts = handshakers_keeper(handshakers);
	const struct rdl_secured *secured = handshakers_secured(handshakers);
	struct rdl_identities_counts identities;

	tel_u64(d, "credentials", relaxed(&counts->credentials));
	tel_u64(d, "credentials_added", relaxed(&counts->added));
	tel_u64(d, "credentials_changed", relaxed(&counts->changed));
	tel_u64(d, "credentials_removed", relaxed(&counts->removed));
	tel_u64(d, "credentials_failed", relaxed(&counts->failed));
	tel_u64(d, "secured_endpoints", secured != NULL ? rdl_secured_count(secured) : 0);
	tel_u64(d, "certificate_expires_in", handshakers_certificate_s(handshakers));
	rdl_identities_counts(handshakers_identities(handshakers), &identities);
	tel_u64(d, "identities", identities.identities);
	tel_u64(d, "identities_max", identities.room);
}

int telemetry_dtls(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct telemetry *from = telemetry_hold();
	struct secure_sums sums;

	(void)cmd;
	(void)params;
	if (from == NULL)
		return -ENODEV;
	rte_tel_data_start_dict(d);
	if (from->watched.handshakers != NULL) {
		secure_sum(&from->watched, &sums);
		put_handshakes(d, &sums);
		put_sessions(d, &sums.sessions);
		put_cbc(d, &sums);
		put_records(d, &from->watched);
		put_credentials(d, from->watched.handshakers);
	}
	telemetry_let_go();
	return 0;
}
