/* SPDX-License-Identifier: BSD-3-Clause */
#include "stats.h"

#include <assert.h>

static const struct {
	const char *name, *help;
} texts[RDL_STAT_COUNT] = {
#define X(name_, help_) [RDL_STAT_##name_] = { #name_, help_ },
	RDL_STATS_EVENTS(X)
#undef X
#define X(class, detail)            \
	[RDL_STAT_code_##class##_## \
		detail] = { "code_" #class "_" #detail, "responses " #class "." #detail },
		RDL_STATS_CODES(X)
#undef X
			[RDL_STAT_code_other] = { "code_other", "responses of another code" },
#define X(name_, help_) [RDL_STAT_drop_##name_] = { "drop_" #name_, help_ },
	RDL_NET_DROPS(X) RDL_STATS_DROPS(X) RDL_STATS_SHED(X)
#undef X
#define X(name_, code, detail, text) [RDL_STAT_refused_##name_] = { "refused_" #name_, text },
		RDL_REASONS(X)
#undef X
#define X(name_, help_) [RDL_STAT_ignored_##name_] = { "ignored_" #name_, help_ },
			RDL_IGNORED(X)
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
