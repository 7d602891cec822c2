/* SPDX-License-Identifier: BSD-3-Clause */
/* location: the path of a registration, and what its id says. */
#ifndef RDL_LWM2M_LOCATION_H
#define RDL_LWM2M_LOCATION_H

#include "base.h"

/*
 * The versions of LwM2M 1 fall into classes that are judged by the same rules: 1.0, 1.1, and all
 * from 1.2 on. As a number a class is its first minor version, and serves wherever one is asked
 * for.
 */
#define RDL_VERSION_CLASS_LAST 2
static inline uint8_t rdl_version_class(unsigned minor)
{
	return (uint8_t)(minor < RDL_VERSION_CLASS_LAST ? minor : RDL_VERSION_CLASS_LAST);
}

/*
 * What a location's id tells those who hold the key: which registration it names and how to judge
 * an Update to it. 64 bits under a keyed permutation, so that neither place nor age shows, as 11
 * URL-safe characters: clients hold no more.
 */
struct rdl_location {
	uint32_t handle; /* partition << 24 | slot in the partition */
	uint8_t version_class; /* rdl_version_class() the registered version */
	bool rooted; /* registered with an alternate path */
	uint32_t generation; /* of the slot, never used twice; RDL_GENERATION_MAX is the last */
};
#define RDL_GENERATION_MAX ((UINT32_C(1) << 29) - 1)
#define RDL_LOCATION_LEN 11
#define RDL_PARTITIONS 256

static inline unsigned rdl_location_partition(const struct rdl_location *location)
{
	return location->handle >> 24;
}
static inline uint32_t rdl_location_slot(const struct rdl_location *location)
{
	return location->handle & 0xffffff;
}

/* The ids of `count` <= RDL_LANES locations, which takes little longer than one. */
void rdl_location_encode_lanes(const struct rdl_speck *key, unsigned count,
	const struct rdl_location *const locations[], uint8_t (*texts)[RDL_LOCATION_LEN]);
static inline void rdl_location_encode(const struct rdl_speck *key,
	const struct rdl_location *location, uint8_t text[RDL_LOCATION_LEN])
{
	rdl_location_encode_lanes(key, 1, &location, (uint8_t(*)[RDL_LOCATION_LEN])text);
}
/*
 * Decodes `count` <= RDL_LANES texts. Bit i says whether text i is spelt as an id is; *locations[i]
 * is set then. Anybody can spell one: what it says is a place at random unless this key made it,
 * and it is for rdl_registry_find() to tell.
 */
uint32_t rdl_location_decode_lanes(const struct rdl_speck *key, unsigned count,
	const struct rdl_span texts[], struct rdl_location *const locations[]);
static inline bool rdl_location_decode(
	const struct rdl_speck *key, struct rdl_span text, struct rdl_location *location)
{
	return rdl_location_decode_lanes(key, 1, &text, &location) != 0;
}

#endif
