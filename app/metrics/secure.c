/* SPDX-License-Identifier: BSD-3-Clause */
/* DTLS: handshakes, sessions and credentials. */
#include "secure.h"

#include "families.h"

/* One sample that has no label. */
static void put_one(struct exposition *exposition, const char *name, enum exposition_type type,
	const char *help, uint64_t value)
{
	exposition_family(exposition, name, type, help);
	exposition_sample(exposition, NULL, value);
}

static void put_counter(
	struct exposition *exposition, const char *name, const char *help, uint64_t value)
{
	put_one(exposition, name, EXPOSITION_COUNTER, help, value);
}

static void put_gauge(
	struct exposition *exposition, const char *name, const char *help, uint64_t value)
{
	put_one(exposition, name, EXPOSITION_GAUGE, help, value);
}

static void put_handshakes(struct exposition *exposition, const struct secure_sums *sums)
{
	const struct rdl_handshake_counts *made = &sums->handshakes;
	const struct rdl_dtls_counts *let_in = &sums->sessions;

	put_counter(exposition, "dtls_handshakes_begun", "handshakes begun", made->begun);
	put_counter(exposition, "dtls_handshakes_finished", "handshakes finished", made->finished);
	put_counter(exposition, "dtls_handshakes_resumed",
		"of those, handshakes that resumed a session", made->resumed);
	exposition_family(exposition, "dtls_handshakes_failed", EXPOSITION_COUNTER,
		"handshakes that failed, by reason");
#define X(name, help)      \
	exposition_sample( \
		exposition, LABELS({ "reason", #name }), made->failed[RDL_HANDSHAKE_##name]);
	RDL_HANDSHAKE_FAILURES(X)
#undef X
	exposition_family(exposition, "dtls_handshakes_shed", EXPOSITION_COUNTER,
		"handshakes that found no place, or gave theirs to another");
	exposition_sample(exposition, LABELS({ "reason", "full" }), let_in->shed);
	exposition_sample(exposition, LABELS({ "reason", "crowded" }), let_in->crowded);
	exposition_sample(exposition, LABELS({ "reason", "replaced" }), let_in->replaced);
	put_gauge(exposition, "dtls_handshakes_under_way", "handshakes under way",
		let_in->handshakes);
	put_counter(exposition, "dtls_handshakes_admitted", "handshakes that were given a place",
		let_in->begun);
	put_counter(exposition, "dtls_handshakes_evicted",
		"of those, handshakes that gave it to another", made->evicted);
	put_counter(exposition, "dtls_credentials_looked_up",
		"credentials looked up for handshakes", made->looked_up);
	put_counter(exposition, "dtls_flights_repeated",
		"flights sent again, since no answer came or the device asked", made->repeated);
	put_counter(exposition, "dtls_flights_outdated",
		"flights not sent, since their peer had begun anew", let_in->outdated);
	put_counter(exposition, "dtls_parcels_withheld",
		"datagrams of handshakes not taken, since their network had its share",
		let_in->withheld);
	put_counter(exposition, "dtls_flights_lost",
		"messages to workers that found no place, and are lost", sums->flights_lost);
}

static void put_sessions(struct exposition *exposition, const struct rdl_dtls_counts *counts)
{
	exposition_family(exposition, "dtls_sessions", EXPOSITION_GAUGE,
		"sessions by cipher suite and by how the device proved who it is");
	for (unsigned suite = 0; suite < RDL_DTLS_SUITES; suite++)
		for (unsigned mode = RDL_IDENTITY_PSK; mode < RDL_DTLS_MODES; mode++)
			exposition_sample(exposition,
				LABELS({ "suite", rdl_dtls_suite_name((enum rdl_dtls_suite)suite) },
					{ "security", rdl_identity_mode_text(
							      (enum rdl_identity_mode)mode) }),
				counts->open[suite][mode]);
	put_gauge(exposition, "dtls_sessions_registered", "sessions that have a registration",
		counts->registered);
	put_counter(exposition, "dtls_sessions_established", "sessions established",
		counts->established);
	exposition_family(exposition, "dtls_sessions_refused", EXPOSITION_COUNTER,
		"sessions that were finished and not established, by reason");
	exposition_sample(exposition, LABELS({ "reason", "revoked" }), counts->refused);
	exposition_sample(exposition, LABELS({ "reason", "full" }), counts->full);
	exposition_family(
		exposition, "dtls_sessions_ended", EXPOSITION_COUNTER, "sessions ended, by reason");
	exposition_sample(exposition, LABELS({ "reason", "closed" }), counts->closed);
	exposition_sample(exposition, LABELS({ "reason", "expired" }), counts->expired);
	exposition_sample(exposition, LABELS({ "reason", "revoked" }), counts->revoked);
	put_counter(exposition, "dtls_addresses_changed",
		"times that records showed a device at another address", counts->moved);
}

static void put_cbc(struct exposition *exposition, const struct secure_sums *sums)
{
	const struct rdl_handshake_counts *counts = &sums->handshakes;

	exposition_family(exposition, "dtls_cbc_records", EXPOSITION_COUNTER,
		"records of sessions with CBC, by what became of them");
	exposition_sample(exposition, LABELS({ "fate", "opened" }), counts->cbc_opened);
	exposition_sample(exposition, LABELS({ "fate", "discarded" }), counts->cbc_discarded);
	exposition_sample(exposition, LABELS({ "fate", "sealed" }), counts->cbc_sealed);
	exposition_sample(exposition, LABELS({ "fate", "unsealed" }), counts->cbc_unsealed);
	put_gauge(exposition, "dtls_cbc_sessions", "sessions with CBC", counts->cbc_sessions);
	exposition_family(exposition, "dtls_cbc_sessions_ended", EXPOSITION_COUNTER,
		"sessions with CBC that ended, by reason");
	exposition_sample(exposition, LABELS({ "reason", "crowded" }), counts->cbc_crowded);
	exposition_sample(exposition, LABELS({ "reason", "closed" }), counts->cbc_closed);
	exposition_sample(exposition, LABELS({ "reason", "broken" }), counts->cbc_broken);
	put_gauge(exposition, "dtls_cbc_waiting",
		"records that wait for the threads that make handshakes", sums->records_waiting);
}

static void put_credentials(struct exposition *exposition, const struct watched *watched)
{
	const struct handshakers *handshakers = watched->handshakers;
	const struct keeper_counts *counts = handshakers_keeper(handshakers);
	struct rdl_identities_counts identities;

	put_gauge(exposition, "dtls_credentials", "credentials that there are",
		__atomic_load_n(&counts->credentials, __ATOMIC_RELAXED));
	exposition_family(exposition, "dtls_credentials_changes", EXPOSITION_COUNTER,
		"changes of credentials that the gateway has followed, by kind");
	exposition_sample(exposition, LABELS({ "kind", "added" }),
		__atomic_load_n(&counts->added, __ATOMIC_RELAXED));
	exposition_sample(exposition, LABELS({ "kind", "changed" }),
		__atomic_load_n(&counts->changed, __ATOMIC_RELAXED));
	exposition_sample(exposition, LABELS({ "kind", "removed" }),
		__atomic_load_n(&counts->removed, __ATOMIC_RELAXED));
	put_counter(exposition, "dtls_credentials_failed",
		"looks at the database of credentials that it did not answer",
		__atomic_load_n(&counts->failed, __ATOMIC_RELAXED));
	if (watched->conf->dtls.certificate.path != NULL)
		put_gauge(exposition, "dtls_certificate_seconds",
			"time that our certificate is good for; 0: it has expired",
			handshakers_certificate_s(handshakers));
	if (handshakers_secured(handshakers) != NULL)
		put_gauge(exposition, "dtls_secured_endpoints",
			"endpoints that credentials name, which may not register in clear text",
			rdl_secured_count(handshakers_secured(handshakers)));
	rdl_identities_counts(handshakers_identities(handshakers), &identities);
	put_gauge(exposition, "dtls_identities", "identities in use", identities.identities);
	put_gauge(exposition, "dtls_identities_max", "identities that there is room for",
		identities.room);
	put_gauge(exposition, "dtls_sessions_max", "sessions that there is room for",
		watched->conf->dtls.sessions != 0 ? watched->conf->dtls.sessions
						  : watched->conf->memory.registrations);
}

void families_put_secure(struct exposition *exposition, const struct watched *watched)
{
	struct secure_sums sums;

	secure_sum(watched, &sums);
	put_handshakes(exposition, &sums);
	put_sessions(exposition, &sums.sessions);
	put_cbc(exposition, &sums);
	put_credentials(exposition, watched);
}
