/* SPDX-License-Identifier: BSD-3-Clause */
#include "secure.h"

#include <rte_debug.h>

#include "layer.h"
#include "net.h"
#include "sessions.h"

/* Where they stand in the frames. */
#define IP 14
#define IP_LEN (IP + 2)
#define IP_SUM (IP + 10)
#define IP_FROM (IP + 12)
#define IP_TO (IP + 16)
#define UDP (IP + 20)

static size_t aead_memory(void)
{
	return rdl_whole_lines(rdl_aead_memory());
}

size_t secure_memory(uint64_t sessions)
{
	return aead_memory() + sessions * sizeof(struct secure_session);
}

bool secure_init(
	struct secure *secure, void *memory, uint64_t sessions, const struct rdl_key *cid_key)
{
	rdl_speck_expand(&secure->cid, cid_key);
	secure->aead = rdl_aead_init(memory);
	secure->count = sessions;
	secure->sessions = (void *)((uint8_t *)memory + aead_memory());
	return secure->aead != NULL;
}

/* Vigna's splitmix64: octets that look like keys, from numbers. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static void fill(uint64_t seed, uint8_t *to, size_t len)
{
	for (size_t at = 0; at < len; at += 8) {
		uint64_t octets = mix(seed + at);

		memcpy(to + at, &octets, len - at < 8 ? len - at : 8);
	}
}

void secure_keys(const struct secure *secure, uint32_t endpoint, struct rdl_dtls_keys *keys)
{
	uint64_t seed = (uint64_t)endpoint << 32;
	bool is_gcm = mix(seed) % 100 < secure->gcm_percent;

	memset(keys, 0, sizeof(*keys));
	keys->suite = is_gcm ? RDL_DTLS_AES_128_GCM : RDL_DTLS_AES_128_CCM_8;
	keys->mode = RDL_IDENTITY_PSK;
	/* Most devices want a Connection ID of the gateway's and none of their own. */
	keys->peer_cid_len = mix(seed + 1) % 100 < secure->cid_percent ? 0 : RDL_DTLS_NO_CID;
	keys->write_sequence = keys->read_sequence = 1;
	fill(seed + 0x100, keys->read_key, rdl_dtls_key_len(keys->suite));
	fill(seed + 0x200, keys->write_key, rdl_dtls_key_len(keys->suite));
	fill(seed + 0x300, keys->read_salt, sizeof(keys->read_salt));
	fill(seed + 0x400, keys->write_salt, sizeof(keys->write_salt));
}

/* What the gateway makes of the endpoint's datagrams. */
static struct rdl_datagram datagram_of(const struct secure *secure,
	const struct rdl_interface *interface, const struct packets *packets, uint32_t endpoint)
{
	static const uint8_t id[RDL_LOCATION_LEN];
	uint8_t octets[PACKET_MAX];
	struct rdl_frame frame = {
		.data = octets, .room = sizeof(octets), .flags = RDL_FRAME_L4_CHECKSUM_GOOD
	};
	struct rdl_datagram datagram;

	frame.len = (uint16_t)packet_location(&packets->update, octets, endpoint, 0, id);
	rdl_put_be16(octets + UDP + 2, secure->port);
	RTE_VERIFY(rdl_net_input(interface, &frame, &datagram) == RDL_NET_DATAGRAM);
	return datagram;
}

bool secure_establish(struct secure *secure, const struct secure_gateway *gateway,
	const struct packets *packets, uint32_t endpoint, uint32_t now_s)
{
	const struct rdl_datagram datagram =
		datagram_of(secure, gateway->interface, packets, endpoint);
	uint64_t *name = &secure->sessions[endpoint].name, evicted;
	uint8_t octets[PACKET_NAME_LEN];
	const struct rdl_identity identity = { RDL_IDENTITY_PSK, { octets, sizeof(octets) } };
	struct rdl_dtls_keys keys;

	packet_name(endpoint, octets);
	secure_keys(secure, endpoint, &keys);
	keys.identity =
		rdl_identities_intern(gateway->identities, &identity, (struct rdl_span){ NULL, 0 });
	if (keys.identity == 0)
		return false;
	keys.incarnation = rdl_identities_incarnation(gateway->identities, keys.identity);
	return rdl_dtls_begin(gateway->dtls, &datagram, endpoint, now_s, name, &evicted) ==
		       RDL_DTLS_BEGUN &&
	       rdl_dtls_establish(gateway->dtls, *name, &keys, now_s);
}

static uint32_t endpoint_of(const uint8_t *frame, unsigned at)
{
	return rdl_get_be32(frame + at) - PACKET_SOURCE_NET;
}

static void begin_sealing(struct secure *secure, struct secure_frame *frame,
	struct rdl_dtls_keys *keys, struct rdl_aead_job *job)
{
	uint8_t *record = frame->octets + PACKET_HEADERS;
	uint32_t endpoint = endpoint_of(frame->octets, IP_FROM);
	struct secure_session *session = &secure->sessions[endpoint];
	struct rdl_dtls_head head = { .content = RDL_CONTENT_APPLICATION };
	uint8_t cid[RDL_DTLS_CID_LEN];

	secure_keys(secure, endpoint, keys);
	if (keys->peer_cid_len != RDL_DTLS_NO_CID) {
		rdl_dtls_cid_write(&secure->cid, session->name, cid);
		head.cid = cid;
		head.cid_len = RDL_DTLS_CID_LEN;
	}
	head.number = UINT64_C(1) << 48 | ++session->sent;
	job->text = record + RDL_DTLS_RECORD_HEADER + head.cid_len + RDL_DTLS_EXPLICIT_LEN;
	job->len = (uint16_t)(frame->len - PACKET_HEADERS);
	memmove(job->text, record, job->len);
	if (head.cid_len > 0)
		job->text[job->len++] = RDL_CONTENT_APPLICATION;
	job->key = keys->read_key;
	job->suite = keys->suite;
	head.body_len =
		(uint16_t)(RDL_DTLS_EXPLICIT_LEN + job->len + rdl_dtls_tag_len(keys->suite));
	rdl_dtls_record_write(record, &head);
	memcpy(job->nonce, keys->read_salt, RDL_DTLS_SALT_LEN);
	memcpy(job->nonce + RDL_DTLS_SALT_LEN, job->text - RDL_DTLS_EXPLICIT_LEN,
		RDL_DTLS_EXPLICIT_LEN);
	job->additional_len =
		(uint8_t)rdl_dtls_additional(record, head.cid_len, job->len, job->additional);
	frame->len =
		(uint16_t)(job->text + job->len + rdl_dtls_tag_len(keys->suite) - frame->octets);
}

/* Lengths, port and sums of what the frame has become. */
static void address(const struct secure *secure, const struct secure_frame *frame)
{
	uint8_t *octets = frame->octets;
	uint16_t udp_len = (uint16_t)(frame->len - UDP);

	rdl_put_be16(octets + IP_LEN, (uint16_t)(frame->len - IP));
	rdl_put_be16(octets + IP_SUM, 0);
	rdl_put_be16(octets + IP_SUM, (uint16_t)~rdl_net_sum(octets + IP, UDP - IP, 0));
	rdl_put_be16(octets + UDP + 2, secure->port);
	rdl_put_be16(octets + UDP + 4, udp_len);
	rdl_put_be16(octets + UDP + 6, 0);
	/* Both addresses stand before, and the protocol's number is 17. */
	uint16_t sum = (uint16_t)~rdl_net_sum(octets + IP_FROM, 8u + udp_len, 17u + udp_len);
	rdl_put_be16(octets + UDP + 6, sum == 0 ? 0xffff : sum);
}

void secure_seal(struct secure *secure, struct secure_frame frames[], unsigned count)
{
	struct rdl_dtls_keys keys[RDL_AEAD_BURST];
	struct rdl_aead_job jobs[RDL_AEAD_BURST];

	for (unsigned i = 0; i < count; i++)
		begin_sealing(secure, &frames[i], &keys[i], &jobs[i]);
	rdl_aead_seal(secure->aead, jobs, count);
	for (unsigned i = 0; i < count; i++)
		address(secure, &frames[i]);
}

/* False: it is no record of the endpoint's session, or not a newer one than those before. */
static bool begin_opening(struct secure *secure, const struct secure_frame *frame,
	struct rdl_dtls_keys *keys, struct rdl_aead_job *job)
{
	uint8_t *at = frame->octets + PACKET_HEADERS;
	struct rdl_dtls_record record;

	if (frame->len < PACKET_HEADERS || rdl_get_be16(frame->octets + UDP) != secure->port ||
		rdl_dtls_record_read(at, (uint16_t)(frame->len - PACKET_HEADERS), &record) !=
			RDL_OK)
		return false;
	uint32_t endpoint = endpoint_of(frame->octets, IP_TO);
	if (endpoint >= secure->count)
		return false;
	struct secure_session *session = &secure->sessions[endpoint];
	secure_keys(secure, endpoint, keys);
	unsigned around = RDL_DTLS_EXPLICIT_LEN + rdl_dtls_tag_len(keys->suite);
	if (record.content != RDL_CONTENT_APPLICATION || record.epoch != 1 ||
		record.sequence <= session->received || record.body_len <= around)
		return false;
	session->received = (uint32_t)record.sequence;
	job->key = keys->write_key;
	job->suite = keys->suite;
	job->text = record.body + RDL_DTLS_EXPLICIT_LEN;
	job->len = (uint16_t)(record.body_len - around);
	memcpy(job->nonce, keys->write_salt, RDL_DTLS_SALT_LEN);
	memcpy(job->nonce + RDL_DTLS_SALT_LEN, record.body, RDL_DTLS_EXPLICIT_LEN);
	job->additional_len = (uint8_t)rdl_dtls_additional(at, 0, job->len, job->additional);
	return true;
}

void secure_open(struct secure *secure, struct secure_frame frames[], unsigned count)
{
	struct rdl_dtls_keys keys[RDL_AEAD_BURST];
	struct rdl_aead_job jobs[RDL_AEAD_BURST];
	unsigned places[RDL_AEAD_BURST], n = 0;

	for (unsigned i = 0; i < count; i++) {
		if (begin_opening(secure, &frames[i], &keys[n], &jobs[n]))
			places[n++] = i;
		else
			frames[i].len = 0;
	}
	rdl_aead_open(secure->aead, jobs, n);
	for (unsigned k = 0; k < n; k++) {
		struct secure_frame *frame = &frames[places[k]];

		memmove(frame->octets + PACKET_HEADERS, jobs[k].text, jobs[k].len);
		rdl_put_be16(frame->octets + UDP + 4, (uint16_t)(8 + jobs[k].len));
		frame->len = (uint16_t)(jobs[k].good ? PACKET_HEADERS + jobs[k].len : 0);
	}
}
