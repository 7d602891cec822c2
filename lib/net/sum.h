/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checksums while they are made. A ones' complement sum is the same in either octet order but for a
 * swap of the result, and in words of any width (RFC 1071 section 2): so it is made of machine
 * words, plain numbers put into their order, and folded once at the end, since folding costs more
 * than the sum of a header.
 */
#ifndef RDL_NET_SUM_H
#define RDL_NET_SUM_H

#include "base.h"

/* A number of 16 bits as it would be read from the wire. */
static inline uint64_t rdl_net_wire(uint16_t number)
{
	return __builtin_bswap16(number);
}

static inline uint64_t rdl_net_halves(uint64_t word)
{
	return (word & 0xffffffff) + (word >> 32);
}

/* Of less than 2^24 octets; may be added to others like it. */
uint64_t rdl_net_unfolded(const uint8_t *data, size_t len);

/*
 * In the order of the wire: to be stored with memcpy().
 * Adding a number to itself turned by half folds both at once.
 */
static inline uint16_t rdl_net_fold(uint64_t sum)
{
	uint32_t half = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);

	return (uint16_t)((half + (half << 16 | half >> 16)) >> 16);
}

#endif
