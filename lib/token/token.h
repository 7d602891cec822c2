/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * token: the tokens of our requests to devices (RFC 7252 section 5.3.1), and what workers and
 * shards give each other of these: transmissions on their way out, answers on their way in. Plain
 * octets and shapes; any core may call it.
 */
#ifndef RDL_TOKEN_H
#define RDL_TOKEN_H

#include "answer.h"
#include "transmission.h"

#define RDL_TOKEN_LEN 8

/*
 * What a token says to those who hold the key: which registration's slot it was sent to, and which
 * of the shard's orders it was. Under a keyed permutation, so that nothing of it shows and whoever
 * did not see it cannot make one: of those that are guessed one in 256 is taken for ours, and none
 * of these, but for one in 2^56, names an order that is under way.
 */
struct rdl_token {
	uint32_t handle; /* partition << 24 | slot in the partition */
	uint32_t number; /* of the order, in its shard; up to RDL_TOKEN_NUMBER_MAX */
};
#define RDL_TOKEN_NUMBER_MAX 0xffffff

void rdl_token_write(
	const struct rdl_speck *key, const struct rdl_token *token, uint8_t octets[RDL_TOKEN_LEN]);
/*
 * Reads `count` <= RDL_LANES tokens, which takes little longer than one. Bit i says whether the
 * i-th may be ours; tokens[i] is set then.
 */
uint32_t rdl_token_read_lanes(const struct rdl_speck *key, unsigned count,
	const uint8_t *const octets[], struct rdl_token tokens[]);

/*
 * An ACK or a Reset that is empty has no token: it is told by where it comes from and its Message
 * ID (RFC 7252 section 4.2). A hash of these, by which whoever awaits one is found: of the session,
 * whose address may change; in clear text, where that is 0, of the peer.
 */
uint64_t rdl_token_awaited(const struct rdl_key *key, const struct rdl_peer *peer, uint64_t session,
	uint16_t message_id);

#endif
