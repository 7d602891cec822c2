/* SPDX-License-Identifier: BSD-3-Clause */
#include "token.h"

#include <assert.h>

_Static_assert(RDL_TOKEN_LEN == sizeof(uint64_t), "one word");

/* Handle 32, number 24, and what all of ours have in common, the lowest. */
#define CHECK_BITS 8
#define CHECK 0xa5u

void rdl_token_write(
	const struct rdl_speck *key, const struct rdl_token *token, uint8_t octets[RDL_TOKEN_LEN])
{
	uint64_t words[RDL_LANES] = { (uint64_t)token->handle << 32 |
				      (uint64_t)token->number << CHECK_BITS | CHECK };

	assert(token->number <= RDL_TOKEN_NUMBER_MAX);
	rdl_speck_encrypt(key, words);
	memcpy(octets, words, RDL_TOKEN_LEN);
}

uint32_t rdl_token_read_lanes(const struct rdl_speck *key, unsigned count,
	const uint8_t *const octets[], struct rdl_token tokens[])
{
	uint64_t words[RDL_LANES] = { 0 };
	uint32_t ours = 0;

	assert(count <= RDL_LANES);
	for (unsigned i = 0; i < count; i++)
		memcpy(&words[i], octets[i], RDL_TOKEN_LEN);
	rdl_speck_decrypt(key, words);
	for (unsigned i = 0; i < count; i++) {
		if ((words[i] & ((1u << CHECK_BITS) - 1)) != CHECK)
			continue;
		tokens[i] = (struct rdl_token){ (uint32_t)(words[i] >> 32),
			(uint32_t)words[i] >> CHECK_BITS };
		ours |= 1u << i;
	}
	return ours;
}

uint64_t rdl_token_awaited(const struct rdl_key *key, const struct rdl_peer *peer, uint64_t session,
	uint16_t message_id)
{
	struct {
		uint64_t session;
		uint8_t address[16];
		uint16_t port, message_id;
	} __attribute__((packed)) awaited = { .session = session, .message_id = message_id };

	if (session == 0) {
		memcpy(awaited.address, peer->address, sizeof(awaited.address));
		awaited.port = peer->port;
	}
	return rdl_siphash(key, &awaited, sizeof(awaited));
}
