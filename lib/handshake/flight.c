/* SPDX-License-Identifier: BSD-3-Clause */
/* What we send: records, as many in a datagram as fit. */
#include "handshake_internal.h"

#include <stdlib.h>

#define IPV4_UDP_LEN 28
#define IPV6_UDP_LEN 48
/* Paths that take no more are for routers to fragment for: a record has its own head. */
#define ROOM_MIN 200

uint16_t rdl_handshake_room(const struct rdl_handshake *handshake)
{
	const struct rdl_handshake_calls *calls = &handshake->owner->config.calls;
	const struct rdl_peer *peer = &handshake->way.peer;
	uint16_t mtu = handshake->owner->config.mtu;
	unsigned headers = rdl_peer_is_ipv4(peer) ? IPV4_UDP_LEN : IPV6_UDP_LEN;

	if (calls->path == NULL)
		return mtu;
	unsigned path = calls->path(calls->context, peer);
	if (path >= mtu + headers)
		return mtu;
	return path < ROOM_MIN + headers ? ROOM_MIN : (uint16_t)(path - headers);
}

/* Records that are sent, or kept: those that have a Connection ID have the client's. */
static void send_records(
	const struct rdl_handshake *handshake, const uint8_t *octets, uint32_t octets_len)
{
	const struct rdl_handshake_calls *calls = &handshake->owner->config.calls;
	uint16_t mtu = rdl_handshake_room(handshake);
	uint32_t start = 0, end = 0;
	size_t len;

	while (end < octets_len) {
		len = rdl_record_len((struct rdl_span){ octets + end, octets_len - end },
			handshake->keys.peer_cid_len);
		if (len == 0)
			break;
		if (end > start && end + len - start > mtu) {
			calls->send(calls->context, handshake->session, &handshake->way,
				octets + start, (uint16_t)(end - start));
			start = end;
		}
		end += (uint32_t)len;
	}
	if (end > start)
		calls->send(calls->context, handshake->session, &handshake->way, octets + start,
			(uint16_t)(end - start));
}

/* The engine's flight, as the client is to see it, in *flight, of *len octets. */
static bool translate(struct rdl_handshake *handshake, uint8_t **flight, uint32_t *flight_len)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	uint32_t len = handshakes->flight_len, room = len + 2 * (RDL_DTLS_PEER_CID_MAX + 1);
	struct rdl_cursor c;
	size_t record_len;

	*flight = malloc(room);
	if (*flight == NULL)
		return false;
	c = rdl_cursor(*flight, room);
	for (uint32_t at = 0; at < len; at += (uint32_t)record_len) {
		struct rdl_span rest = { handshakes->flight + at, len - at };

		record_len = rdl_record_len(rest, 0);
		if (record_len == 0)
			break;
		rest.len = record_len;
		rest = rdl_handshake_cid_out(handshake, rest);
		rdl_cursor_bytes(&c, rest.data, rest.len);
	}
	*flight_len = (uint32_t)(c.pos - *flight);
	return true;
}

void rdl_handshake_flush(struct rdl_handshake *handshake)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	uint8_t *flight;
	uint32_t len;

	/* Without memory it is lost, as any datagram may be. */
	if (handshakes->flight_len > 0 && translate(handshake, &flight, &len)) {
		send_records(handshake, flight, len);
		free(flight);
	}
	handshakes->flight_len = 0;
}

bool rdl_handshake_keep_flight(struct rdl_handshake *handshake)
{
	return translate(handshake, &handshake->flight, &handshake->flight_len);
}

void rdl_handshake_send_last(struct rdl_handshake *handshake)
{
	send_records(handshake, handshake->flight, handshake->flight_len);
}
