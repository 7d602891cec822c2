/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guard: the golden packets through a worker's passes, for callgrind to count. It collects inside
 * guard_burst() alone and writes one profile after each call; this program prints which packet each
 * was of, in that order. "unknown": with an object list that did not come before.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../packets.h"
#include "gateway_worker.h"

#define ROOM 2048
#define BURST RDL_BURST_MAX
/* Bursts of a packet before the one that counts: the worker has seen such requests before. */
#define BEFORE 4

static struct rdl_speck location_key; /* main() */
static struct packets packets;
static uint64_t buffers[BURST][ROOM / 8];

/* A kind of request: its frames, and what a worker is to make of them. */
struct golden {
	const char *name;
	int shape; /* of a Register; -1: of a location */
	uint8_t code; /* of a location; 0: a Register's own */
	bool spoilt; /* its last octet is no longer right */
	bool answered; /* by the worker itself */
};

static const struct golden goldens[] = {
	{ "register", 0, 0, false, false },
	{ "register-2", 1, 0, false, false },
	{ "register-3", 2, 0, false, false },
	{ "register-4", 3, 0, false, false },
	{ "register-5", 4, 0, false, false },
	{ "register-6", 5, 0, false, false },
	{ "update", -1, RDL_COAP_POST, false, false },
	{ "deregister", -1, RDL_COAP_DELETE, false, false },
	{ "refused-list", 1, 0, true, true },
	{ "refused-method", 0, RDL_COAP_PUT, false, true },
	{ "refused-location", -1, RDL_COAP_POST, true, true },
};

/* Another octet than packets.c made, and its checksum. */
static void change(uint8_t *frame, unsigned at, uint8_t octet)
{
	uint16_t udp_len = rdl_get_be16(frame + 38);

	frame[at] = octet;
	rdl_put_be16(frame + 40, 0);
	rdl_put_be16(frame + 40, (uint16_t)~rdl_net_sum(frame + 26, 8u + udp_len, 17u + udp_len));
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
	return len;
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

int main(void)
{
	const struct rdl_policy_config choices = gateway_policy();
	struct rdl_policy *policy = rdl_policy_create(&choices);
	struct rdl_pipeline_config config = gateway_worker(BURST);
	static struct rdl_pipeline pipeline;

	if (policy == NULL)
		return 1;
	config.interfaces = &gateway_plain;
	location_key = config.location_key;
	packets_init(&packets, gateway_plain.mac, gateway_plain.ipv4[0]);
	gateway_worker_start(&pipeline, &config);
	for (size_t i = 0; i < RDL_ARRAY_LEN(goldens); i++) {
		struct rdl_policy_memo *lists = pipeline.memo;

		run(&pipeline, policy, &goldens[i], "");
		if (goldens[i].shape < 0 || goldens[i].answered)
			continue;
		pipeline.memo = NULL;
		run(&pipeline, policy, &goldens[i], "-unknown");
		pipeline.memo = lists;
	}
	gateway_worker_stop(&pipeline);
	rdl_policy_destroy(policy);
	return 0;
}
