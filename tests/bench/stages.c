/* SPDX-License-Identifier: BSD-3-Clause */
#include "stages.h"

#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_debug.h>

#include "gateway_worker.h"
#include "packets.h"

#define N RDL_BURST_MAX
#define ROOM 2048
#define REPEATS 20000

/* A burst of one kind of packet, and what each stage makes of it for the next. */
struct bench {
	struct rdl_pipeline pipeline;
	struct rdl_policy *policy;
	struct rdl_packet packets[N];
	struct rdl_packet *pointers[N];
	struct rdl_datagram datagrams[N];
	struct rdl_input inputs[N];
	uint16_t lens[N];
	uint8_t originals[N][PACKET_MAX];
	uint64_t buffers[N][ROOM / 8], scratch[N][ROOM / 8];
};

static void restore(struct bench *b)
{
	for (unsigned i = 0; i < N; i++) {
		b->packets[i].frame = (struct rdl_frame){
			.data = (uint8_t *)b->buffers[i], .len = b->lens[i], .room = ROOM
		};
		memcpy(b->buffers[i], b->originals[i], b->lens[i]);
	}
}

static void stage_copy(struct bench *b)
{
	(void)b;
}

static void stage_net(struct bench *b)
{
	for (unsigned i = 0; i < N; i++)
		RTE_VERIFY(rdl_net_input(&gateway_plain, &b->packets[i].frame, &b->datagrams[i]) ==
			   RDL_NET_DATAGRAM);
}

static void stage_coap(struct bench *b)
{
	for (unsigned i = 0; i < N; i++)
		RTE_VERIFY(rdl_coap_parse(
				   (struct rdl_span){ b->datagrams[i].data, b->datagrams[i].len },
				   &b->inputs[i].message) == RDL_COAP_MESSAGE);
}

static void stage_options(struct bench *b)
{
	for (unsigned i = 0; i < N; i++)
		RTE_VERIFY(rdl_input_read(&b->inputs[i]) == RDL_OK);
}

static void stage_policy(struct bench *b)
{
	struct rdl_ignored_counts ignored;

	for (unsigned i = 0; i < N; i++) {
		struct rdl_cursor scratch = rdl_cursor(b->scratch[i], ROOM);

		rdl_policy_register(
			b->policy, NULL, &b->inputs[i], &scratch, &b->packets[i].request, &ignored);
		RTE_VERIFY(b->packets[i].request.reason == RDL_REASON_NONE);
	}
}

static void stage_location(struct bench *b)
{
	for (unsigned i = 0; i < N; i += RDL_LANES) {
		struct rdl_location *locations[RDL_LANES];
		struct rdl_span texts[RDL_LANES];

		for (unsigned lane = 0; lane < RDL_LANES; lane++) {
			texts[lane] = b->inputs[i + lane].id;
			locations[lane] = &b->packets[i + lane].request.location;
		}
		RTE_VERIFY(rdl_location_decode_lanes(&b->pipeline.config.location_key, RDL_LANES,
				   texts, locations) == (1u << RDL_LANES) - 1);
	}
}

static void stage_burst(struct bench *b)
{
	const struct rdl_burst *burst = rdl_pipeline_burst(&b->pipeline, b->policy, b->pointers, N);

	RTE_VERIFY(burst->hand_over == UINT64_MAX);
}

/* The same, as when a list comes for the first time. */
static void stage_burst_unknown(struct bench *b)
{
	struct rdl_policy_memo *lists = b->pipeline.memo;

	b->pipeline.memo = NULL;
	stage_burst(b);
	b->pipeline.memo = lists;
}

/* What a shard would answer. */
static void stage_created(struct bench *b)
{
	for (unsigned i = 0; i < N; i++) {
		b->packets[i].request.location = (struct rdl_location){ i, 1, false, i };
		b->packets[i].request.code = RDL_COAP_CREATED;
	}
}

static void stage_changed(struct bench *b)
{
	for (unsigned i = 0; i < N; i++)
		b->packets[i].request.code = RDL_COAP_CHANGED;
}

static void stage_reply(struct bench *b)
{
	RTE_VERIFY(rdl_pipeline_replies(&b->pipeline, b->policy, b->pointers, N) == UINT64_MAX);
}

struct stage {
	const char *name;
	void (*run)(struct bench *b);
};

/* The least time that the last of the stages took, the others having gone before. */
static double ticks_of(struct bench *b, const struct stage *stages, unsigned last)
{
	uint64_t least = UINT64_MAX;

	for (unsigned r = 0; r < REPEATS; r++) {
		restore(b);
		for (unsigned s = 0; s < last; s++)
			stages[s].run(b);
		uint64_t begin = rte_rdtsc_precise();
		stages[last].run(b);
		uint64_t ticks = rte_rdtsc_precise() - begin;
		if (ticks < least)
			least = ticks;
	}
	return (double)least / N;
}

static void print_all(
	struct bench *b, const char *kind, const struct stage *stages, unsigned count, bool json)
{
	double empty = ticks_of(b, &(struct stage){ "", stage_copy }, 0);

	for (unsigned s = 0; s < count; s++) {
		double ticks = ticks_of(b, stages, s) - empty;

		printf(json ? "{\"stage\": \"%s %s\", \"ticks\": %.1f, \"ns\": %.1f}\n"
			    : "%-12s %-22s %6.1f ticks %6.1f ns\n",
			kind, stages[s].name, ticks, ticks * 1e9 / (double)rte_get_tsc_hz());
	}
}

static void prepare(struct bench *b, const struct packets *packets, int shape)
{
	for (unsigned i = 0; i < N; i++) {
		struct rdl_location location = { i, 1, false, i };
		uint8_t id[RDL_LOCATION_LEN];

		rdl_location_encode(&b->pipeline.config.location_key, &location, id);
		b->lens[i] = (uint16_t)(shape >= 0 ? packet_register(packets, (unsigned)shape,
							     b->originals[i], i, (uint16_t)i)
						   : packet_location(&packets->update,
							     b->originals[i], i, (uint16_t)i, id));
		b->pointers[i] = &b->packets[i];
	}
}

static void start(struct bench *b)
{
	const struct rdl_policy_config choices = gateway_policy();
	struct rdl_pipeline_config config = gateway_worker(N);

	b->policy = rdl_policy_create(&choices);
	RTE_VERIFY(b->policy != NULL);
	config.interfaces = &gateway_plain;
	gateway_worker_start(&b->pipeline, &config);
}

void stages_print(bool json)
{
	static const struct stage parts_register[] = { { "net", stage_net }, { "coap", stage_coap },
		{ "options", stage_options }, { "policy", stage_policy } };
	static const struct stage parts_update[] = { { "net", stage_net }, { "coap", stage_coap },
		{ "options", stage_options }, { "location", stage_location } };
	static const struct stage whole_register[] = { { "burst", stage_burst },
		{ "answer", stage_created }, { "replies", stage_reply } };
	static const struct stage unknown_register[] = { { "burst, list unknown",
		stage_burst_unknown } };
	static const struct stage whole_update[] = { { "burst", stage_burst },
		{ "answer", stage_changed }, { "replies", stage_reply } };
	static const char *const names[PACKET_SHAPES] = { "register", "register 2", "register 3",
		"register 4", "register 5", "register 6" };
	struct packets packets;
	struct bench *b = aligned_alloc(RDL_CACHE_LINE, sizeof(*b)); /* packets are aligned */

	RTE_VERIFY(b != NULL);
	memset(b, 0, sizeof(*b));
	start(b);
	packets_init(&packets, gateway_plain.mac, gateway_plain.ipv4[0]);
	for (int shape = 0; shape < PACKET_SHAPES; shape++) {
		prepare(b, &packets, shape);
		print_all(b, names[shape], parts_register, RDL_ARRAY_LEN(parts_register), json);
		print_all(b, names[shape], unknown_register, 1, json);
		print_all(b, names[shape], whole_register, RDL_ARRAY_LEN(whole_register), json);
	}
	prepare(b, &packets, -1);
	print_all(b, "update", parts_update, RDL_ARRAY_LEN(parts_update), json);
	print_all(b, "update", whole_update, RDL_ARRAY_LEN(whole_update), json);
	gateway_worker_stop(&b->pipeline);
	rdl_policy_destroy(b->policy);
	free(b);
}
