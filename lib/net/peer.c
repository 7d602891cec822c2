/* SPDX-License-Identifier: BSD-3-Clause */
#include "net_internal.h"

#include <arpa/inet.h>

_Static_assert(sizeof(struct rdl_peer) == 18, "peers compare as octets: no padding");
_Static_assert(RDL_ADDRESS_TEXT == INET6_ADDRSTRLEN, "room for any address");

bool rdl_peer_is_ipv4(const struct rdl_peer *peer)
{
	return memcmp(peer->address, rdl_net_mapped_prefix, sizeof(rdl_net_mapped_prefix)) == 0;
}

struct rdl_span rdl_peer_prefix(const struct rdl_peer *peer)
{
	/* Of different lengths, so none of one family is ever one of the other. */
	if (rdl_peer_is_ipv4(peer))
		return (struct rdl_span){ peer->address + 12, 3 };
	return (struct rdl_span){ peer->address, 8 };
}

void rdl_peer_address_text(const struct rdl_peer *peer, char text[RDL_ADDRESS_TEXT])
{
	if (rdl_peer_is_ipv4(peer))
		inet_ntop(AF_INET, peer->address + 12, text, RDL_ADDRESS_TEXT);
	else
		inet_ntop(AF_INET6, peer->address, text, RDL_ADDRESS_TEXT);
}
