/* SPDX-License-Identifier: BSD-3-Clause */
#include "net.h"

static uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/*
 * A ones' complement sum is the same in either octet order but for a swap of the result, and in words of any
 * width (RFC 1071 section 2): so it is made of machine words, and put in order once.
 */
uint16_t rdl_net_sum(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;
	uint64_t native = 0;

	for (; len >= sizeof(uint64_t); p += sizeof(uint64_t), len -= sizeof(uint64_t)) {
		uint64_t word;
		memcpy(&word, p, sizeof(word));
		native += (word & 0xffffffff) + (word >> 32);
	}
	if (len & 4) {
		uint32_t word;
		memcpy(&word, p, sizeof(word));
		native += word;
		p += sizeof(word);
	}
	if (len & 2) {
		uint16_t word;
		memcpy(&word, p, sizeof(word));
		native += word;
		p += sizeof(word);
	}
	if (len & 1) {
		uint16_t word = 0;
		memcpy(&word, p, 1);
		native += word;
	}

	uint8_t octets[2];
	uint16_t folded = fold(native);
	memcpy(octets, &folded, sizeof(octets));
	return fold((uint64_t)sum + rdl_get_be16(octets));
}
