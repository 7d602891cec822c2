/* SPDX-License-Identifier: BSD-3-Clause */
/* Identities in memory of their own, and names as they are given. */
#ifndef RDL_TEST_IDENTITIES_FIXTURE_H
#define RDL_TEST_IDENTITIES_FIXTURE_H

#include <stdlib.h>

#include "identities.h"
#include "support.h"

#define NO_NAMES ((struct rdl_span){ NULL, 0 })

static inline struct rdl_identities *identities_begin(uint32_t count, uint32_t octets)
{
	const struct rdl_identities_config config = {
		.identities = count, .octets = octets, .key = { 1, 2 }
	};
	size_t len = rdl_identities_memory(&config);
	void *memory = aligned_alloc(RDL_CACHE_LINE, (len + RDL_CACHE_LINE - 1) & ~(size_t)63);

	assert_non_null(memory);
	memset(memory, 0, len);
	return rdl_identities_init(&config, memory);
}

static inline struct rdl_identity identity_of(enum rdl_identity_mode mode, const char *text)
{
	return (struct rdl_identity){ mode, span_of(text) };
}

static inline struct rdl_identity psk(const char *text)
{
	return identity_of(RDL_IDENTITY_PSK, text);
}

/* The names in a text, parted by blanks, as an identity has them. */
static inline struct rdl_span names_of(const char *text, uint8_t *octets)
{
	uint8_t *to = octets;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		*to++ = (uint8_t)len;
		memcpy(to, text, len);
		to += len;
		text += len + (text[len] == ' ');
	}
	return (struct rdl_span){ octets, (size_t)(to - octets) };
}

static inline uint32_t intern(
	struct rdl_identities *identities, struct rdl_identity identity, const char *names)
{
	uint8_t octets[RDL_IDENTITY_NAMES_MAX];

	return rdl_identities_intern(identities, &identity, names_of(names, octets));
}

static inline void reclaim_all(struct rdl_identities *identities, uint64_t now_ms)
{
	while (rdl_identities_reclaim(identities, now_ms, 4))
		;
}

static inline struct rdl_identities_counts counts_of(struct rdl_identities *identities)
{
	struct rdl_identities_counts counts;

	rdl_identities_counts(identities, &counts);
	return counts;
}

#endif
