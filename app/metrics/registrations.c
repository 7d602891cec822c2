/* SPDX-License-Identifier: BSD-3-Clause */
/* Registrations: of which kinds they are, and when they end. Counts that shards keep. */
#include "families.h"

#include "clock.h"

static const struct rdl_registry *registry_of(const struct watched *watched, unsigned shard)
{
	return watched->owners->cores[shard]->registry;
}

static void put_kind(struct exposition *exposition, const struct rdl_kind *kind, uint64_t count,
	const struct watched *watched)
{
	char version[16], binding[RDL_BINDING_TEXT + 1];

	snprintf(
		version, sizeof(version), "%u.%u", watched->conf->lwm2m.version.major, kind->minor);
	rdl_binding_text(kind->binding, binding);
	exposition_sample(exposition,
		LABELS({ "version", version }, { "binding", binding },
			{ "security", rdl_identity_mode_text(kind->mode) }),
		count);
}

static void put_kinds(struct exposition *exposition, const struct watched *watched)
{
	exposition_family(exposition, "registrations_of_kind", EXPOSITION_GAUGE,
		"registrations by version, binding and how the device proved who it is");
	for (unsigned i = 0; i < RDL_KINDS; i++) {
		uint64_t count = 0;
		struct rdl_kind kind;

		for (unsigned s = 0; s < watched->conf->shards; s++)
			count += rdl_registry_kind(registry_of(watched, s), i, &kind);
		if (count > 0)
			put_kind(exposition, &kind, count, watched);
	}
}

static void put_ends(struct exposition *exposition, const struct watched *watched)
{
	uint64_t ends[RDL_ENDS_MINUTES] = { 0 };

	for (unsigned s = 0; s < watched->conf->shards; s++)
		rdl_registry_ends(registry_of(watched, s), rdl_clock_ms(), ends);
	exposition_family(exposition, "registrations_ending", EXPOSITION_GAUGE,
		"registrations that end in a minute of the next hour unless they are updated; 1 is "
		"the "
		"present one");
	for (unsigned i = 0; i < RDL_ENDS_MINUTES; i++) {
		char minute[12];

		snprintf(minute, sizeof(minute), "%u", i + 1);
		exposition_sample(exposition, LABELS({ "minute", minute }), ends[i]);
	}
}

void families_put_registrations(struct exposition *exposition, const struct watched *watched)
{
	put_kinds(exposition, watched);
	put_ends(exposition, watched);
}
