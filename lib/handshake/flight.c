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

/* Of epoch 0: so many further on. */
static void renumber(uint8_t *record, uint32_t further)
{
	uint64_t number = rdl_record_number(record) + further;

	rdl_put_be16(record + 5, (uint16_t)(number >> 32));
	rdl_put_be32(record + 7, (uint32_t)number);
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
		if (rdl_record_epoch(rest.data) == 0)
			renumber(handshakes->flight + at, handshake->besides);
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
	free(handshake->flight);
	handshake->flight_len = 0;
	return translate(handshake, &handshake->flight, &handshake->flight_len);
}

void rdl_handshake_say(struct rdl_handshake *handshake)
{
	struct rdl_handshakes *handshakes = handshake->owner;

	if (handshakes->flight_len > 0 && rdl_handshake_keep_flight(handshake)) {
		rdl_handshake_send_last(handshake);
		handshake->said_ms = handshakes->now_ms;
	}
	handshakes->flight_len = 0;
}

/* Those of epoch 0 in the flight that is kept: so many further on. How many they are. */
static uint32_t renumber_kept(struct rdl_handshake *handshake, uint32_t further)
{
	uint32_t records = 0;
	size_t len;

	for (uint32_t at = 0; at < handshake->flight_len; at += (uint32_t)len) {
		uint8_t *record = handshake->flight + at;

		len = rdl_record_len((struct rdl_span){ record, handshake->flight_len - at },
			handshake->keys.peer_cid_len);
		if (len == 0)
			break;
		if (rdl_record_epoch(record) > 0)
			continue;
		renumber(record, further);
		records++;
	}
	return records;
}

void rdl_handshake_say_again(struct rdl_handshake *handshake)
{
	struct rdl_handshakes *handshakes = handshake->owner;
	uint32_t retransmit_ms = handshakes->config.retransmit_ms, records;

	/* A copy that the network made, or one that has crossed ours. */
	if (handshakes->now_ms - handshake->said_ms < retransmit_ms / 2)
		return;
	/* A number that it has seen is a copy's to the client. */
	records = renumber_kept(handshake, 0);
	(void)renumber_kept(handshake, records);
	handshake->besides += records;
	handshake->said_ms = handshakes->now_ms;
	rdl_handshake_count(&handshakes->counts.repeated);
	rdl_handshake_send_last(handshake);
	rdl_handshake_due_by(handshake, handshakes->now_ms + retransmit_ms);
}

void rdl_handshake_send_last(struct rdl_handshake *handshake)
{
	send_records(handshake, handshake->flight, handshake->flight_len);
}
