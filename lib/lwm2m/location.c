/* SPDX-License-Identifier: BSD-3-Clause */
/* Location ids: 10 octets of facts, 8 of MAC, as 24 characters. All in registers: an Update costs hardly more. */
#include "lwm2m.h"

#define FACTS_LEN 10

_Static_assert(RDL_LOCATION_LEN == RDL_BASE64URL_LEN, "18 octets, no padding");

/*
 * Handle, generation, rules and rooted, in that order and big-endian on the wire, as words that a little-endian
 * machine would have read from there: eight octets, and two.
 */
static uint64_t first_facts(const struct rdl_location *location)
{
	return __builtin_bswap64((uint64_t)location->handle << 32 | location->generation >> 8);
}

static uint16_t last_facts(const struct rdl_location *location)
{
	return __builtin_bswap16((uint16_t)((unsigned)(location->generation & 0xff) << 8 |
					    (unsigned)location->rules << 1 | location->rooted));
}

void rdl_location_encode(const struct rdl_key *key, const struct rdl_location *location,
	uint8_t text[RDL_LOCATION_LEN])
{
	uint64_t first = first_facts(location);
	uint16_t last = last_facts(location);
	uint64_t mac = rdl_siphash_words(key, first, last, FACTS_LEN);

	rdl_base64url_encode((uint64_t[3]){ first, last | mac << 16, mac >> 48 }, text);
}

/* The facts and the MAC of a text that may be an id; false when it cannot be one. */
static bool read_text(struct rdl_span text, uint64_t *first, uint64_t *last, uint64_t *mac)
{
	uint64_t id[3];

	if (text.len != RDL_LOCATION_LEN || !rdl_base64url_decode(text.data, id))
		return false;
	*first = id[0];
	*last = (uint16_t)id[1];
	*mac = id[1] >> 16 | id[2] << 48;
	return true;
}

static void unpack(uint64_t first, uint64_t last, struct rdl_location *location)
{
	uint64_t facts = __builtin_bswap64(first);
	uint16_t rest = __builtin_bswap16((uint16_t)last);

	location->handle = (uint32_t)(facts >> 32);
	location->generation = (uint32_t)facts << 8 | rest >> 8;
	location->rules = rest >> 1 & 0x7f;
	location->rooted = rest & 1;
}

uint32_t rdl_location_decode_lanes(const struct rdl_key *key, unsigned count,
	const struct rdl_span texts[], struct rdl_location *const locations[])
{
	uint64_t first[RDL_LANES] = { 0 }, last[RDL_LANES] = { 0 };
	uint64_t read[RDL_LANES], made[RDL_LANES];
	bool whole[RDL_LANES];
	uint32_t ours = 0;

	for (unsigned i = 0; i < count; i++)
		whole[i] = read_text(texts[i], &first[i], &last[i], &read[i]);
	rdl_siphash_words_lanes(key, first, last, FACTS_LEN, made);
	for (unsigned i = 0; i < count; i++) {
		if (!whole[i] || read[i] != made[i])
			continue;
		unpack(first[i], last[i], locations[i]);
		ours |= 1u << i;
	}
	return ours;
}
