/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A shard on a real registry under EAL, requests that a
 * worker would hand over to it, and a clock of our own.
 */
#ifndef RDL_TEST_SHARD_FIXTURE_H
#define RDL_TEST_SHARD_FIXTURE_H

#include "support.h"

#include <stdio.h>

#include "eal.h"
#include "gateway_shard.h"
#include "line.h"
#include "objects.h"

#define EPOCH 5000
#define OBJECTS " | </1/0>,</3/0>"
#define ROOTED " | </lwm2m>;rt=\"oma.lwm2m\";ct=110,</lwm2m/1/0>,</lwm2m/3/0>"

static struct rdl_speck location_key; /* start() */
static struct rdl_shard shard;
static struct rdl_policy *policy;
/* What start() goes by: no limits unless a test sets some. */
static struct rdl_admission_limits limits = { .shards = 1 };

/* ---- start and end ---- */

static inline void start(uint64_t registrations, const struct rdl_policy_config *config)
{
	struct rdl_registry_config registry = gateway_registry(registrations);

	registry.now_ms = EPOCH;
	location_key = gateway_location_key();
	policy = rdl_policy_create(config);
	assert_non_null(policy);
	gateway_shard_start(&shard, &registry, &limits);
}

static inline int setup(void **state)
{
	struct rdl_policy_config config = gateway_policy();

	start(1000, &config);
	return 0;
}

static inline int teardown(void **state)
{
	gateway_shard_stop(&shard);
	rdl_policy_destroy(policy);
	return 0;
}

#define SHARD_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define RUN_SHARD_TESTS(tests) RUN_EAL_TESTS(tests)

static inline uint64_t counter(enum rdl_stat stat)
{
	return rdl_stats_get(&shard.stats, stat);
}

/* ---- requests ---- */

#define ROOM 12288

/* A request and the memory of its packet. */
struct handed {
	struct rdl_request request;
	uint64_t memory[ROOM / 8]; /* datagram in the first half, scratch in the second */
};

/* What a worker decides of a request to /rd/<id>. */
static inline void judge_location(struct handed *h, const struct rdl_input *input)
{
	struct rdl_ignored_counts ignored = { { 0 } };
	struct rdl_request *request = &h->request;

	assert_true(rdl_location_decode(&location_key, input->id, &request->location));
	request->reason = (uint8_t)input->option_reason;
	request->operation = RDL_OPERATION_OTHER;
	if (input->message.code == RDL_COAP_DELETE)
		request->operation = RDL_OPERATION_DEREGISTER;
	else if (input->message.code == RDL_COAP_POST)
		request->operation = RDL_OPERATION_UPDATE;
	else if (request->reason == RDL_REASON_NONE)
		request->reason = RDL_REASON_method;
	struct rdl_cursor scratch = rdl_cursor(h->memory + ROOM / 16, ROOM / 2);

	if (request->operation == RDL_OPERATION_UPDATE && request->reason == RDL_REASON_NONE)
		rdl_policy_update(policy, NULL, input, &scratch, request, &ignored);
}

/* The request of a line, as it is handed over; '@' is `id`. */
static inline void hand(struct handed *h, const char *text, const char *id)
{
	struct rdl_request *request = &h->request;
	struct rdl_ignored_counts ignored = { { 0 } };
	struct rdl_input input;
	uint8_t *coap = (uint8_t *)h->memory;
	static uint64_t exchange = UINT64_C(1) << 32;

	struct message sent = line_at(text, id);
	assert_true(sent.len <= ROOM / 2);
	memcpy(coap, sent.octets, sent.len);
	assert_int_equal(rdl_coap_parse((struct rdl_span){ coap, sent.len }, &input.message),
		RDL_COAP_MESSAGE);
	assert_int_equal(rdl_input_read(&input), RDL_OK);
	*request = (struct rdl_request){
		.non = input.message.type == RDL_COAP_NON,
		.peer = { .address = { [10] = 0xff, 0xff, 192, 0, 2, 77 }, .port = 40000 },
		.exchange = ++exchange, /* comes once, unless the test says otherwise */
	};
	if (input.path == RDL_PATH_LOCATION) {
		judge_location(h, &input);
		return;
	}
	struct rdl_cursor scratch = rdl_cursor(h->memory + ROOM / 16, ROOM / 2);

	request->operation = RDL_OPERATION_REGISTER;
	rdl_policy_register(policy, NULL, &input, &scratch, request, &ignored);
	assert_int_equal(request->reason, RDL_REASON_NONE);
}

static inline void commit(struct handed *h, uint64_t now_ms)
{
	struct rdl_request *requests[] = { &h->request };

	assert_int_equal(rdl_shard_burst(&shard, policy, requests, 1, 0, now_ms), 1);
}

/* ---- answers ---- */

static inline unsigned code_of(const struct handed *h)
{
	return h->request.code >> 5 << 8 | (h->request.code & 31u);
}
#define CODE(class, detail) ((class) << 8 | (detail))

static inline void expect_refused(const struct handed *h, enum rdl_reason reason)
{
	assert_int_equal(h->request.reason, reason);
	assert_int_equal(h->request.code, rdl_reason_code(reason));
}

struct id {
	char text[RDL_LOCATION_LEN + 1];
};

/* A 2.01 with a location; returns its id. */
static inline struct id expect_created(const struct handed *h)
{
	struct id id = { "" };

	assert_int_equal(code_of(h), CODE(2, 1));
	rdl_location_encode(&location_key, &h->request.location, (uint8_t *)id.text);
	return id;
}

/* ---- one after the other ---- */

static inline struct id register_at(const char *text, uint64_t now_ms)
{
	static struct handed h;

	hand(&h, text, "");
	commit(&h, now_ms);
	return expect_created(&h);
}

/* The response code of a request to a location. */
static inline unsigned request_at(const char *text, const struct id *id, uint64_t now_ms)
{
	static struct handed h;

	hand(&h, text, id->text);
	commit(&h, now_ms);
	return code_of(&h);
}

static inline rdl_handle find(const struct id *id, uint64_t now_ms)
{
	struct rdl_location location;

	assert_true(rdl_location_decode(&location_key, span_of(id->text), &location));
	return rdl_registry_find(shard.registry, &location, now_ms);
}

static inline struct rdl_registration describe(const struct id *id, uint64_t now_ms)
{
	struct rdl_registration registration;
	rdl_handle handle = find(id, now_ms);

	assert_int_not_equal(handle, RDL_HANDLE_NONE);
	rdl_registry_describe(shard.registry, handle, &registration);
	return registration;
}

static inline uint64_t registrations(void)
{
	struct rdl_registry_counts counts;

	rdl_registry_counts(shard.registry, &counts);
	return counts.registrations;
}

/*
 * A registration in words, whole:
 * "ep minor binding queue lifetime deadline registered updated port | parameters | objects".
 */
struct portrait {
	char text[33000];
};

static inline void paint_it(struct portrait *portrait, const struct rdl_registration *r)
{
	static struct object_words words;
	char binding[RDL_BINDING_TEXT], address[RDL_ADDRESS_TEXT];

	rdl_binding_text(r->binding, binding);
	rdl_peer_address_text(&r->peer, address);
	snprintf(portrait->text, sizeof(portrait->text),
		"%.*s 1.%u %s %u lt=%u %llu %llu %llu [%s]:%u %u | %.*s | %s", (int)r->endpoint.len,
		(const char *)r->endpoint.data, r->minor, binding, r->queue, r->lifetime_s,
		(unsigned long long)r->deadline_ms, (unsigned long long)r->registered_ms,
		(unsigned long long)r->updated_ms, address, r->peer.port, r->identity,
		(int)r->parameters.len, (const char *)r->parameters.data,
		describe_objects(r->objects, &words));
}

static inline void paint(struct portrait *portrait, const struct id *id, uint64_t now_ms)
{
	struct rdl_registration r = describe(id, now_ms);

	paint_it(portrait, &r);
}

static inline void expect_objects(const struct id *id, uint64_t now_ms, const char *want)
{
	static struct object_words words;

	assert_string_equal(describe_objects(describe(id, now_ms).objects, &words), want);
}

#endif
