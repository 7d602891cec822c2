/* SPDX-License-Identifier: BSD-3-Clause */
/* Location ids: 10 octets of facts, 8 of MAC, as 24 characters. All in registers: an Update costs hardly more. */
#include "lwm2m.h"

#define FACTS_LEN 10

_Static_assert(RDL_LOCATION_LEN == RDL_BASE64URL_LEN, "18 octets, no padding");

/*
 * Handle, generation, minor version and rooted, in that order and big-endian on the wire, as words that a little-endian
 * machine would have read from there: eight octets, and two.
 */
static uint64_t first_facts(const struct rdl_location *location)
{
	return __builtin_bswap64(
		(uint64_t)location->handle << 32 | (uint32_t)(location->generation >> 8));
}

static uint16_t last_facts(const struct rdl_location *location)
{
	return __builtin_bswap16((uint16_t)((unsigned)(location->generation & 0xff) << 8 |
					    (unsigned)location->minor << 1 | location->rooted));
}

void rdl_location_encode(const struct rdl_key *key, const struct rdl_location *location,
	uint8_t text[RDL_LOCATION_LEN])
{
	uint64_t first = first_facts(location);
	uint16_t last = last_facts(location);
	uint64_t mac = rdl_siphash_words(key, first, last, FACTS_LEN);

	rdl_base64url_encode((uint64_t[3]){ first, last | mac << 16, mac >> 48 }, text);
}

bool rdl_location_decode(
	const struct rdl_key *key, struct rdl_span text, struct rdl_location *location)
{
	uint64_t id[3];

	if (text.len != RDL_LOCATION_LEN || !rdl_base64url_decode(text.data, id))
		return false;
	uint16_t last = (uint16_t)id[1];
	uint64_t mac = id[1] >> 16 | id[2] << 48;
	if (mac != rdl_siphash_words(key, id[0], last, FACTS_LEN))
		return false;
	uint64_t facts = __builtin_bswap64(id[0]);
	last = __builtin_bswap16(last);
	location->handle = (uint32_t)(facts >> 32);
	location->generation = (facts & 0xffffffff) << 8 | last >> 8;
	location->minor = last >> 1 & 0x7f;
	location->rooted = last & 1;
	return true;
}
