/* SPDX-License-Identifier: BSD-3-Clause */
#include "stats.h"

#include <assert.h>

#define COUNTER(stat, name, help) [RDL_STAT_##stat] = { name, help, RDL_STAT_COUNTER }

static const struct {
	const char *name, *help;
	enum rdl_stat_type type;
} texts[RDL_STAT_COUNT] = {
#define X(name, help) COUNTER(name, #name, help),
	RDL_STATS_EVENTS(X)
#undef X
#define X(class, detail)                                             \
	COUNTER(code_##class##_##detail, "code_" #class "_" #detail, \
		"responses " #class "." #detail),
		RDL_STATS_CODES(X)
#undef X
			COUNTER(code_other, "code_other", "responses of another code"),
#define X(name, help) COUNTER(drop_##name, "drop_" #name, help),
	RDL_NET_DROPS(X)
#undef X
#define X(name, help) COUNTER(drop_dtls_##name, "drop_dtls_" #name, help),
		RDL_DTLS_DROPS(X)
#undef X
#define X(name, help) COUNTER(drop_##name, "drop_" #name, help),
			RDL_STATS_DROPS(X) RDL_STATS_SHED(X)
#undef X
#define X(name, code, detail, text) COUNTER(refused_##name, "refused_" #name, text),
				RDL_REASONS(X)
#undef X
#define X(name, help) COUNTER(ignored_##name, "ignored_" #name, help),
					RDL_IGNORED(X)
#undef X
#define X(name_, help_) [RDL_STAT_##name_] = { #name_, help_, RDL_STAT_GAUGE },
						RDL_STATS_GAUGES(X)
#undef X
};

/* The helpers of stats.h step through these runs in the order of their lists. */
_Static_assert((int)RDL_STAT_drop_udp_port - (int)RDL_STAT_drop_frame_short ==
		       (int)RDL_NET_DROP_udp_port - (int)RDL_NET_DROP_frame_short,
	"network drops keep step");
_Static_assert((int)RDL_STAT_refused_mandatory_objects - (int)RDL_STAT_refused_bad_option ==
		       (int)RDL_REASON_mandatory_objects - (int)RDL_REASON_bad_option,
	"reasons keep step");

enum rdl_stat rdl_stat_of_code(uint8_t code)
{
	switch (code) {
#define X(class, detail)                            \
	case RDL_COAP_CODE(class, 1##detail - 100): \
		return RDL_STAT_code_##class##_##detail;
		RDL_STATS_CODES(X)
#undef X
	default:
		return RDL_STAT_code_other;
	}
}

void rdl_stats_sum(struct rdl_stats *sum, const struct rdl_stats *stats)
{
	for (unsigned i = 0; i < RDL_STAT_COUNT; i++)
		sum->value[i] += rdl_stats_get(stats, (enum rdl_stat)i);
}

enum rdl_stat_type rdl_stat_type(enum rdl_stat stat)
{
	assert(stat < RDL_STAT_COUNT);
	return texts[stat].type;
}

const char *rdl_stat_name(enum rdl_stat stat)
{
	assert(stat < RDL_STAT_COUNT);
	return texts[stat].name;
}

const char *rdl_stat_help(enum rdl_stat stat)
{
	assert(stat < RDL_STAT_COUNT);
	return texts[stat].help;
}

const struct rdl_stat_family rdl_stat_families[RDL_STAT_FAMILIES] = {
	{ "code_", "responses", "code", "CoAP responses by code" },
	{ "drop_", "dropped", "reason", "frames, datagrams and requests dropped, by reason" },
	{ "refused_", "refused", "reason", "requests refused, by reason" },
	{ "ignored_", "ignored_links", "reason", "links left out of object lists, by reason" },
	{ "requests_", "requests", "operation", "CoAP requests by operation" },
};

const struct rdl_stat_family *rdl_stat_family(enum rdl_stat stat)
{
	const char *name = rdl_stat_name(stat);

	for (size_t i = 0; i < RDL_STAT_FAMILIES; i++)
		if (strncmp(name, rdl_stat_families[i].prefix,
			    strlen(rdl_stat_families[i].prefix)) == 0)
			return &rdl_stat_families[i];
	return NULL;
}
