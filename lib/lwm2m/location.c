/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Location ids: 64 bits of facts under a keyed permutation, as 11 characters. There is no room for
 * a MAC, and no need: an id that nobody made deciphers to a place at random, where hardly ever a
 * registration of that generation is.
 */
#include "location.h"

_Static_assert(RDL_LOCATION_LEN == RDL_BASE64URL_LEN, "one word");

/* Handle 32, generation 29, version class 2, rooted 1, the highest first. */
static uint64_t pack(const struct rdl_location *location)
{
	return (uint64_t)location->handle << 32 | (uint64_t)location->generation << 3 |
	       (uint64_t)location->version_class << 1 | location->rooted;
}

static void unpack(uint64_t facts, struct rdl_location *location)
{
	location->handle = (uint32_t)(facts >> 32);
	location->generation = (uint32_t)facts >> 3;
	location->version_class = facts >> 1 & 3;
	location->rooted = facts & 1;
}

void rdl_location_encode_lanes(const struct rdl_speck *key, unsigned count,
	const struct rdl_location *const locations[], uint8_t (*const texts)[RDL_LOCATION_LEN])
{
	uint64_t words[RDL_LANES] = { 0 };

	for (unsigned i = 0; i < count; i++)
		words[i] = pack(locations[i]);
	rdl_speck_encrypt(key, words);
	for (unsigned i = 0; i < count; i++)
		rdl_base64url_encode(words[i], texts[i]);
}

uint32_t rdl_location_decode_lanes(const struct rdl_speck *key, unsigned count,
	const struct rdl_span texts[], struct rdl_location *const locations[])
{
	uint64_t words[RDL_LANES] = { 0 };
	uint32_t spelt = 0;

	for (unsigned i = 0; i < count; i++)
		if (texts[i].len == RDL_LOCATION_LEN &&
			rdl_base64url_decode(texts[i].data, &words[i]))
			spelt |= 1u << i;
	rdl_speck_decrypt(key, words);
	for (unsigned i = 0; i < count; i++)
		if ((spelt >> i & 1) != 0)
			unpack(words[i], locations[i]);
	return spelt;
}
