/* SPDX-License-Identifier: BSD-3-Clause */
/* Location ids: 10 octets of facts, 8 of MAC, as 24 characters. */
#include "lwm2m.h"

#define FACTS_LEN 10
#define ID_LEN 18

_Static_assert(ID_LEN % 3 == 0 && ID_LEN / 3 * 4 == RDL_LOCATION_LEN, "no padding");

static void facts_put(const struct rdl_location *location, uint8_t id[FACTS_LEN])
{
	rdl_put_be32(id, location->handle);
	id[4] = (uint8_t)(location->generation >> 32);
	rdl_put_be32(id + 5, (uint32_t)location->generation);
	id[9] = (uint8_t)(location->minor << 1 | location->rooted);
}

void rdl_location_encode(const struct rdl_key *key, const struct rdl_location *location,
	uint8_t text[RDL_LOCATION_LEN])
{
	uint8_t id[ID_LEN];
	uint64_t mac;

	facts_put(location, id);
	mac = rdl_siphash(key, id, FACTS_LEN);
	memcpy(id + FACTS_LEN, &mac, sizeof(mac));
	rdl_base64url_encode(id, sizeof(id), text);
}

bool rdl_location_decode(
	const struct rdl_key *key, struct rdl_span text, struct rdl_location *location)
{
	uint8_t id[ID_LEN];
	uint64_t mac;

	if (text.len != RDL_LOCATION_LEN || !rdl_base64url_decode(text, id))
		return false;
	memcpy(&mac, id + FACTS_LEN, sizeof(mac));
	if (mac != rdl_siphash(key, id, FACTS_LEN))
		return false;
	location->handle = rdl_get_be32(id);
	location->generation = (uint64_t)id[4] << 32 | rdl_get_be32(id + 5);
	location->minor = id[9] >> 1;
	location->rooted = id[9] & 1;
	return true;
}
