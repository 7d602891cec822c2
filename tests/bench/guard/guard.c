/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guard: the golden packets through a worker's passes, for callgrind to count. It collects inside
 * guard_burst() alone and writes one profile after each call; this program prints which packet each
 * was of, in that order. "unknown": with an object list that did not come before.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../packets.h"
#include "../secure.h"
#include "gateway_worker.h"
#include "sessions.h"

#define ROOM 2048
#define BURST RDL_BURST_MAX
/* Bursts of a packet before the one that counts: the worker has seen such requests before. */
#define BEFORE 4

static struct rdl_speck location_key; /* main() */
static struct packets packets;
static struct secure secure = { .cid_percent = 50, .port = 5684 };
static uint64_t buffers[BURST][ROOM / 8];

/* A kind of request: its frames, and what a worker is to make of them. */
struct golden {
	const char *name;
	int shape; /* of a Register; -1: of a location */
	uint8_t code; /* of a location; 0: a Register's own */
	bool spoilt; /* its last octet is no longer right */
	bool answered; /* by the worker itself */
	bool secured; /* in a DTLS session */
	bool tagged; /* in a VLAN */
};

static const struct golden goldens[] = {
	{ "register", 0, 0, false, false, false, false },
	{ "register-2", 1, 0, false, false, false, false },
	{ "register-3", 2, 0, false, false, false, false },
	{ "register-4", 3, 0, false, false, false, false },
	{ "register-5", 4, 0, false, false, false, false },
	{ "register-6", 5, 0, false, false, false, false },
	{ "update", -1, RDL_COAP_POST, false, false, false, false },
	{ "deregister", -1, RDL_COAP_DELETE, false, false, false, false },
	{ "refused-list", 1, 0, true, true, false, false },
	{ "refused-method", 0, RDL_COAP_PUT, false, true, false, false },
	{ "refused-location", -1, RDL_COAP_POST, true, true, false, false },
	{ "update-tagged", -1, RDL_COAP_POST, false, false, false, true },
	{ "secured-register", 0, 0, false, false, true, false },
	{ "secured-update", -1, RDL_COAP_POST, false, false, true, false },
	/* Sealed, too. */
	{ "secured-refused", 0, RDL_COAP_PUT, false, true, true, false },
};

/* Another octet than packets.c made, and its checksum. */
static void change(uint8_t *frame, unsigned at, uint8_t octet)
{
	uint16_t udp_len = rdl_get_be16(frame + 38);

	frame[at] = octet;
	rdl_put_be16(frame + 40, 0);
	rdl_put_be16(frame + 40, (uint16_t)~rdl_net_sum(frame + 26, 8u + udp_len, 17u + udp_len));
}

/* IEEE 802.1Q. Returns the length. */
static unsigned put_tag(uint8_t *frame, unsigned len)
{
	memmove(frame + 16, frame + 12, len - 12);
	rdl_put_be32(frame + 12, 0x81000064);
	return len + 4;
}

static unsigned make(const struct golden *golden, unsigned i, uint8_t *frame)
{
	struct rdl_location location = { i, 1, false, i };
	uint8_t id[RDL_LOCATION_LEN];
	unsigned len;

	if (golden->shape >= 0) {
		len = packet_register(&packets, (unsigned)golden->shape, frame, i, (uint16_t)i);
	} else {
		rdl_location_encode(&location_key, &location, id);
		len = packet_location(&packets.update, frame, i, (uint16_t)i, id);
	}
	if (golden->code != 0)
		change(frame, PACKET_HEADERS + 1, golden->code);
	if (golden->spoilt)
		change(frame, len - 1, frame[len - 1] == 'A' ? 'B' : 'A');
	if (golden->secured) {
		struct secure_frame record = { frame, (uint16_t)len };

		secure_seal(&secure, &record, 1);
		len = record.len;
	}
	return golden->tagged ? put_tag(frame, len) : len;
}

/* Not to be inlined, cloned or named otherwise: callgrind looks for it. */
__attribute__((noipa)) const struct rdl_burst *guard_burst(struct rdl_pipeline *pipeline,
	const struct rdl_policy *policy, struct rdl_packet *const burst[]);
const struct rdl_burst *guard_burst(struct rdl_pipeline *pipeline, const struct rdl_policy *policy,
	struct rdl_packet *const burst[])
{
	return rdl_pipeline_burst(pipeline, policy, burst, BURST);
}

static void run(struct rdl_pipeline *pipeline, const struct rdl_policy *policy,
	const struct golden *golden, const char *how)
{
	static struct rdl_packet burst[BURST];
	struct rdl_packet *pointers[BURST];
	const struct rdl_burst *out;

	for (unsigned round = 0; round <= BEFORE; round++) {
		for (unsigned i = 0; i < BURST; i++) {
			uint8_t *frame = (uint8_t *)buffers[i];

			pointers[i] = &burst[i];
			burst[i].frame = (struct rdl_frame){
				.data = frame, .len = (uint16_t)make(golden, i, frame), .room = ROOM
			};
		}
		if (round < BEFORE)
			out = rdl_pipeline_burst(pipeline, policy, pointers, BURST);
		else
			out = guard_burst(pipeline, policy, pointers);
		if ((golden->answered ? out->reply : out->hand_over) != UINT64_MAX) {
			fprintf(stderr, "guard: %s: another end than meant\n", golden->name);
			exit(1);
		}
	}
	printf("%s%s %u\n", golden->name, how, BURST);
}

static void *zeros(size_t len)
{
	void *memory = aligned_alloc(RDL_CACHE_LINE, rdl_whole_lines(len));

	if (memory == NULL)
		exit(1);
	return memset(memory, 0, rdl_whole_lines(len));
}

/* Never freed: it is the program's. */
static struct rdl_identities *make_identities(void)
{
	const struct rdl_identities_config config = { .identities = BURST, .key = { 1, 2 } };

	return rdl_identities_init(&config, zeros(rdl_identities_memory(&config)));
}

static void let_go(void *identities, uint32_t identity)
{
	rdl_identities_release(identities, identity);
}

/* A session of each device's, as its handshake would have left it half a minute ago. */
static struct rdl_dtls *make_sessions(
	struct rdl_identities *identities, const struct rdl_interface *interface)
{
	const struct rdl_dtls_config config = { .workers = 1,
		.handshakers = 1,
		.sessions = BURST,
		.handshakes = BURST,
		.parcels = BURST,
		.handshake_s = 60,
		.idle_s = 86400,
		.address_key = { 3, 4 },
		.cid_key = { 5, 6 },
		.release = let_go,
		.context = identities };
	struct rdl_dtls *dtls = rdl_dtls_init(&config, zeros(rdl_dtls_memory(&config)));
	const struct secure_gateway gateway = { dtls, identities, interface };

	if (dtls == NULL ||
		!secure_init(&secure, zeros(secure_memory(BURST)), BURST, &config.cid_key))
		exit(1);
	for (unsigned i = 0; i < BURST; i++)
		if (!secure_establish(&secure, &gateway, &packets, i, 0))
			exit(1);
	return dtls;
}

int main(void)
{
	struct rdl_policy_config choices = gateway_policy();
	struct rdl_pipeline_config config = gateway_worker(BURST);
	struct rdl_interface interface = gateway_plain;
	static struct rdl_pipeline pipeline;

	struct rdl_identities *identities = make_identities();
	choices.identities = identities;
	struct rdl_policy *policy = rdl_policy_create(&choices);
	if (policy == NULL)
		return 1;
	config.dtls_udp_port = interface.udp_port_count;
	rdl_net_add_udp_port(&interface, secure.port);
	config.interfaces = &interface;
	location_key = config.location_key;
	packets_init(&packets, gateway_plain.mac, gateway_plain.ipv4[0]);
	struct rdl_dtls *dtls = make_sessions(identities, &interface);
	gateway_worker_start(&pipeline, &config);
	pipeline.now_ms = RDL_DTLS_YOUNG_S * 1000;
	for (size_t i = 0; i < RDL_ARRAY_LEN(goldens); i++) {
		struct rdl_policy_memo *lists = pipeline.memo;

		pipeline.config.dtls = goldens[i].secured ? dtls : NULL;
		run(&pipeline, policy, &goldens[i], "");
		if (goldens[i].shape < 0 || goldens[i].answered || goldens[i].secured)
			continue;
		pipeline.memo = NULL;
		run(&pipeline, policy, &goldens[i], "-unknown");
		pipeline.memo = lists;
	}
	gateway_worker_stop(&pipeline);
	rdl_policy_destroy(policy);
	return 0;
}
