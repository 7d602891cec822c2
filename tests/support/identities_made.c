/* SPDX-License-Identifier: BSD-3-Clause */
#include "identities_made.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "octets.h"

struct rdl_identities *identities_made(uint32_t count)
{
	const struct rdl_identities_config config = { .identities = count, .octets = 24 };
	size_t len = rdl_whole_lines(rdl_identities_memory(&config));
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	CHECK(memory != NULL);
	memset(memory, 0, len);
	return rdl_identities_init(&config, memory);
}

uint32_t identity_made(
	struct rdl_identities *known, enum rdl_identity_mode mode, struct rdl_span octets)
{
	const struct rdl_identity identity = { mode, octets };
	uint32_t number = rdl_identities_intern(known, &identity, (struct rdl_span){ NULL, 0 });

	CHECK(number != 0);
	return number;
}

uint32_t identity_made_psk(struct rdl_identities *known, const char *text)
{
	return identity_made(known, RDL_IDENTITY_PSK, span_of(text));
}

static void reclaim(struct rdl_identities *known, uint64_t now_ms)
{
	while (rdl_identities_reclaim(known, now_ms, 100))
		;
}

void identities_settle(struct rdl_identities *known, uint64_t from_ms)
{
	reclaim(known, from_ms);
	reclaim(known, from_ms + (RDL_IDENTITIES_LINGER_S + 1) * UINT64_C(1000));
}

uint32_t identities_count(struct rdl_identities *known)
{
	struct rdl_identities_counts counts;

	rdl_identities_counts(known, &counts);
	return counts.identities;
}
