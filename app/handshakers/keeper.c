/* SPDX-License-Identifier: BSD-3-Clause */
#include "keeper.h"

#include "log.h"

/* Readers of processes that died are forgotten so often. */
#define REAP_MS (3600 * 1000)
#define RECLAIM_MS 1000
/* Of identities, in one go. */
#define RECLAIM_BUDGET 65536
/* Between two lines of the log about the same. */
#define COMPLAIN_MS 60000

static void count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* ---- which endpoints are secured ---- */

static struct rdl_endpoint_digest digest_of(const struct keeper *keeper, struct rdl_span name)
{
	struct rdl_endpoint_digest digest;

	rdl_siphash128(&keeper->endpoint_key, name.data, name.len, digest.word);
	return digest;
}

static void secure(struct keeper *keeper, struct rdl_span name, bool on)
{
	if (!on)
		rdl_secured_remove(keeper->secured, digest_of(keeper, name));
	else if (!rdl_secured_add(keeper->secured, digest_of(keeper, name)))
		count(&keeper->counts.unsecured, 1);
}

/* All names of a credential, and not its patterns; of a key without names, its identity. */
static void secure_all(struct keeper *keeper, struct rdl_credentials_identity identity,
	struct rdl_span names, bool on)
{
	struct rdl_span name;

	if (names.len == 0 && identity.mode == RDL_CREDENTIALS_PSK)
		secure(keeper, identity.octets, on);
	while (rdl_credentials_next_name(&names, &name))
		if (!rdl_glob_is_pattern(name))
			secure(keeper, name, on);
}

/* ---- all that there is ---- */

struct walk {
	struct keeper *keeper;
	uint64_t credentials;
};

static void walked(void *context, struct rdl_credentials_identity identity, struct rdl_span names)
{
	struct walk *walk = context;

	walk->credentials++;
	secure_all(walk->keeper, identity, names, true);
}

/* The set of what is secured, anew. Its old names stay in it until the new ones are. */
static bool walk(struct keeper *keeper)
{
	static const enum rdl_credentials_mode modes[] = { RDL_CREDENTIALS_PSK,
		RDL_CREDENTIALS_RPK };
	uint64_t position[RDL_ARRAY_LEN(modes)];
	struct walk all = { .keeper = keeper };

	rdl_secured_begin(keeper->secured);
	for (size_t i = 0; i < RDL_ARRAY_LEN(modes); i++)
		if (rdl_credentials_walk(keeper->reader,
			    (struct rdl_credentials_identity){ modes[i], { NULL, 0 } }, walked,
			    &all, &position[i]) != RDL_CREDENTIALS_OK)
			return false;
	rdl_secured_end(keeper->secured);
	keeper->position = position[0];
	keeper->raw_position = position[1];
	__atomic_store_n(&keeper->counts.credentials, all.credentials, __ATOMIC_RELAXED);
	return true;
}

int keeper_load(struct keeper *keeper)
{
	if (keeper->credentials == NULL)
		return 0;
	if (!walk(keeper)) {
		rdl_log_error("dtls", "the database of credentials does not answer");
		return -1;
	}
	if (keeper->counts.unsecured > 0) {
		rdl_log_error("dtls",
			"credentials name %llu more endpoints than there is room for: "
			"memory.registrations is too small for them",
			(unsigned long long)keeper->counts.unsecured);
		return -1;
	}
	__atomic_store_n(&keeper->counts.seen, keeper->position, __ATOMIC_RELEASE);
	rdl_log_info("dtls", "credentials read credentials=%llu secured_endpoints=%llu",
		(unsigned long long)keeper->counts.credentials,
		(unsigned long long)rdl_secured_count(keeper->secured));
	return 0;
}

/* ---- what changes ---- */

static struct rdl_identity identity_of(struct rdl_credentials_identity identity)
{
	return (struct rdl_identity){ identity.mode == RDL_CREDENTIALS_RPK ? RDL_IDENTITY_RPK
									   : RDL_IDENTITY_PSK,
		identity.octets };
}

static void changed(void *context, const struct rdl_credentials_change *change)
{
	struct keeper *keeper = context;
	const struct rdl_identity identity = identity_of(change->identity);

	keeper->position++;
	if (change->identity.mode == RDL_CREDENTIALS_RPK &&
		keeper->position <= keeper->raw_position)
		return;
	/* First what is new: no name that stays is missing meanwhile. */
	if (change->after)
		secure_all(keeper, change->identity, change->names_after, true);
	if (change->before)
		secure_all(keeper, change->identity, change->names_before, false);
	if (!change->after)
		rdl_identities_revoke(keeper->identities, &identity);
	else if (change->before)
		(void)rdl_identities_rename(keeper->identities, &identity, change->names_after);
	if (change->before && change->after) {
		count(&keeper->counts.changed, 1);
	} else {
		count(change->after ? &keeper->counts.added : &keeper->counts.removed, 1);
		count(&keeper->counts.credentials, change->after ? 1 : UINT64_MAX);
	}
}

/* Nobody knows what changed: each identity there is, is looked up. False: no answer. */
static bool settle(struct keeper *keeper)
{
	uint8_t octets[RDL_IDENTITY_MAX];
	struct rdl_credential credential;
	uint32_t number = 0;

	while ((number = rdl_identities_next(keeper->identities, number)) != 0) {
		enum rdl_identity_mode mode = rdl_identities_mode(keeper->identities, number);
		const struct rdl_identity identity = { mode,
			{ octets, rdl_identities_octets(keeper->identities, number, octets) } };
		const struct rdl_credentials_identity known = {
			mode == RDL_IDENTITY_RPK ? RDL_CREDENTIALS_RPK : RDL_CREDENTIALS_PSK,
			identity.octets
		};

		if (mode == RDL_IDENTITY_NONE || mode == RDL_IDENTITY_X509)
			continue;
		switch (rdl_credentials_look_up(keeper->reader, known, &credential)) {
		case RDL_CREDENTIALS_OK:
			(void)rdl_identities_rename(keeper->identities, &identity,
				(struct rdl_span){ credential.names, credential.names_len });
			break;
		case RDL_CREDENTIALS_NONE:
			rdl_identities_revoke(keeper->identities, &identity);
			break;
		case RDL_CREDENTIALS_GAP:
		case RDL_CREDENTIALS_FAILED:
			return false;
		}
		rdl_credentials_wipe(&credential);
	}
	return true;
}

/* False: something was said less than a while ago. */
static bool complain(struct keeper *keeper, uint64_t now_ms, const char *what)
{
	if (keeper->complained_ms != 0 && now_ms - keeper->complained_ms < COMPLAIN_MS)
		return false;
	keeper->complained_ms = now_ms;
	rdl_log_error("dtls", "%s", what);
	return true;
}

static void follow(struct keeper *keeper, uint64_t now_ms)
{
	uint64_t position = keeper->position;

	/* Also when a change cannot be read, or not now: those before it have been told. */
	if (!keeper->lost)
		keeper->lost = rdl_credentials_changes(keeper->reader, &position, changed, keeper) >
			       RDL_CREDENTIALS_NONE;
	if (keeper->lost && walk(keeper) && settle(keeper)) {
		keeper->lost = false;
		count(&keeper->counts.walks, 1);
	}
	if (keeper->lost) {
		count(&keeper->counts.failed, 1);
		(void)complain(keeper, now_ms, "the database of credentials does not answer");
	} else {
		__atomic_store_n(&keeper->counts.seen, keeper->position, __ATOMIC_RELEASE);
	}
	if (keeper->counts.unsecured != keeper->unsecured_said &&
		complain(keeper, now_ms,
			"credentials name more endpoints than there is room for: those beyond may "
			"register in clear text"))
		keeper->unsecured_said = keeper->counts.unsecured;
}

void keeper_look(struct keeper *keeper, uint64_t now_ms)
{
	/* Their credentials may have gone meanwhile, and their names are not kept. */
	if (keeper->credentials != NULL && !keeper->settled)
		keeper->settled = settle(keeper);
	if (keeper->credentials != NULL)
		follow(keeper, now_ms);
	if (keeper->credentials != NULL && now_ms - keeper->reaped_ms >= REAP_MS) {
		rdl_credentials_reap(keeper->credentials);
		keeper->reaped_ms = now_ms;
	}
	if (now_ms - keeper->reclaimed_ms >= RECLAIM_MS) {
		while (rdl_identities_reclaim(keeper->identities, now_ms, RECLAIM_BUDGET))
			;
		keeper->reclaimed_ms = now_ms;
	}
}
