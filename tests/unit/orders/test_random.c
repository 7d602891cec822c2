/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices behind a network that loses, doubles and reorders messages, with workers short of
 * transmissions and callers short of reports, while registrations come, go and move. Whatever
 * happens, each order ends once and is told nothing after that; no endpoint has two under way
 * (NSTART); no Message ID comes again within the exchange lifetime; what is answered is what the
 * device has; and one that sleeps is left alone.
 */
#include "fixture.h"

#define ORDERS_MAX 4000
#define FLYING_MAX 512
#define VALUE_MAX 300

static uint64_t seed;

static unsigned chance(unsigned of)
{
	return (unsigned)(test_random(&seed) % of);
}

/* What the test knows of each order, which its id names. */
static struct known {
	rdl_handle handle;
	uint8_t observe, method;
	unsigned value; /* whose path it has: its own, or that of the observation it cancels */
	uint16_t len; /* of the value at the device */
	uint32_t got; /* octets of it */
	bool sent, left, settled, over; /* left: its worker, not only the engine */
} known[ORDERS_MAX];
static unsigned known_count, over_count, rests;

/* The value behind a path is as long as the order's number says, and begins differently. */
static uint8_t octet_of(unsigned number, size_t at)
{
	return (uint8_t)(number * 7 + at * 3);
}

/* A message in the air, either way. */
static struct flying {
	uint64_t at_ms;
	rdl_handle handle;
	struct rdl_answer answer; /* to us */
	uint8_t value[VALUE_MAX];
	struct rdl_transmission out; /* to the device */
	bool to_us;
} flying[FLYING_MAX];
static unsigned flying_count;

/* A device knows copies, and has one answer that waits for its acknowledgement. */
static struct device {
	struct rdl_peer peer;
	uint64_t id_ms[65536]; /* when a Message ID was last used for something else */
	uint16_t last_id;
	uint32_t last_len;
	uint8_t last_octets[RDL_TRANSMISSION_MAX];
	struct flying reply; /* to the last message */
	bool replies, stopped;
	unsigned copies;
	uint32_t sequence;
	struct flying notified; /* what it notifies by */
	bool notifies;
	uint64_t sent_ms; /* anything that arrived */
} devices[ENDPOINTS];

static void fly(const struct flying *message)
{
	unsigned copies = chance(5) == 0 ? 0 : chance(10) == 0 ? 2 : 1;

	while (copies-- > 0 && flying_count < FLYING_MAX) {
		struct flying *copy = &flying[flying_count++];

		*copy = *message;
		copy->at_ms = now_ms + 1 + chance(chance(8) == 0 ? 4000 : 100);
	}
}

static unsigned number_of(const struct rdl_order *order)
{
	return (unsigned)strtoul((const char *)order->id, NULL, 10);
}

static void random_report(void *context, struct rdl_report *report)
{
	unsigned number = number_of(report->order);
	struct known *is = &known[number];

	assert_false(is->over);
	if (report->state == RDL_ORDER_answered && report->code == RDL_COAP_CONTENT) {
		for (unsigned i = 0; i < report->len; i++)
			assert_int_equal(report->octets[i], octet_of(is->value, is->got + i));
		is->got += report->len;
		if (!report->more) {
			assert_int_equal(is->got, is->len);
			is->settled = true;
		}
	}
	free(report);
}

static void random_end(void *context, struct rdl_order *order)
{
	struct known *is = &known[number_of(order)];

	assert_false(is->over);
	is->over = true;
	over_count++;
	if (order->state == RDL_ORDER_refused)
		assert_false(is->left);
	if (order->state == RDL_ORDER_answered && order->code == RDL_COAP_CONTENT &&
		order->reason == RDL_ORDER_REASON_none && is->observe != RDL_ORDER_OBSERVE)
		assert_int_equal(is->got, is->len);
	free((void *)(uintptr_t)order->id);
	free(order);
}

static bool random_notify(void *context, const struct rdl_delivery *delivery)
{
	unsigned number = number_of(delivery->order);

	assert_false(known[number].over);
	if (delivery->code == RDL_COAP_CONTENT)
		for (size_t i = 0; i < delivery->payload.len; i++)
			assert_int_equal(delivery->payload.data[i],
				octet_of(known[number].value, delivery->offset + i));
	rests += delivery->offset > 0;
	return chance(3) > 0;
}

static unsigned random_reports(void *context)
{
	return chance(10) == 0 ? 0 : 1000;
}

static struct rdl_transmission *random_transmission(
	void *context, uint64_t session, rdl_handle handle)
{
	return chance(10) == 0 ? NULL : calloc(1, sizeof(struct rdl_transmission));
}

/* Accept names the order, the last segment of the path the value. */
static unsigned order_in(const struct rdl_transmission *out, struct rdl_coap_message *message,
	uint32_t *block2, uint32_t *observe)
{
	struct rdl_coap_options options;
	struct rdl_coap_option option;
	unsigned number = 0;

	assert_int_equal(rdl_coap_parse((struct rdl_span){ out->octets, out->len }, message),
		RDL_COAP_MESSAGE);
	*block2 = 0;
	*observe = RDL_OBSERVE_NONE;
	options = rdl_coap_options(message);
	while (rdl_coap_option_next(&options, &option) == 1) {
		if (option.number == RDL_COAP_ACCEPT)
			number = rdl_coap_uint(&option);
		if (option.number == RDL_COAP_BLOCK2)
			*block2 = rdl_coap_uint(&option);
		if (option.number == RDL_COAP_OBSERVE)
			*observe = rdl_coap_uint(&option);
	}
	return number;
}

/* What leaves: a copy of the last message, or another, when that is over. */
static void watch(const struct rdl_transmission *out, unsigned number)
{
	struct device *device = &devices[out->handle];
	uint16_t id = rdl_get_be16(out->octets + 2);
	struct known *is = &known[number];

	assert_memory_equal(&out->peer, &endpoints[out->handle].peer, sizeof(out->peer));
	assert_false(is->over);
	if (device->last_len == out->len &&
		memcmp(device->last_octets, out->octets, out->len) == 0) {
		assert_true(++device->copies <= 4 + 20);
		return;
	}
	assert_true(device->id_ms[id] == 0 || now_ms - device->id_ms[id] > 247000);
	device->id_ms[id] = now_ms;
	device->copies = 0;
	device->last_len = out->len;
	memcpy(device->last_octets, out->octets, out->len);
	for (unsigned i = 0; i < known_count; i++)
		if (i != number && known[i].handle == out->handle && known[i].sent)
			assert_true(known[i].over || known[i].settled);
	if (!is->sent && endpoints[out->handle].queue)
		assert_true(now_ms - device->sent_ms < 93000);
	is->sent = true;
}

static void random_send(void *context, struct rdl_transmission *transmission)
{
	struct rdl_coap_message parsed;
	uint32_t block2, observe;

	watch(transmission, order_in(transmission, &parsed, &block2, &observe));
	take_transmission(context, transmission);
}

/* The workers' part: what lies on the wire leaves, or comes back. */
static void work(void)
{
	struct rdl_transmission *batch[WIRE_MAX];
	unsigned count = wire_count;

	memcpy(batch, wire, sizeof(batch));
	wire_count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct flying message = { .handle = batch[i]->handle, .out = *batch[i] };
		struct rdl_coap_message parsed;
		uint32_t block2, observe;

		batch[i]->result = RDL_TRANSMISSION_SENT;
		if (chance(20) == 0) {
			batch[i]->result = RDL_TRANSMISSION_LATER;
		} else {
			known[order_in(batch[i], &parsed, &block2, &observe)].left = true;
			fly(&message);
		}
		rdl_orders_sent(orders, batch[i], now_ms);
		free(batch[i]);
	}
}

static void value_into(struct flying *reply, unsigned number, uint32_t block2)
{
	unsigned szx = chance(2) == 0 && block2 == 0 ? 6 : block2 & 7;
	size_t octets = rdl_block_octets((uint8_t)szx), at = (block2 >> 4) * octets;
	size_t left = known[number].len > at ? known[number].len - at : 0;

	if (block2 == 0 && known[number].len <= octets) {
		octets = left;
	} else {
		reply->answer.block2 = block2 >> 4 << 4 | (left > octets ? 8u : 0u) | (uint32_t)szx;
		if (left < octets)
			octets = left;
	}
	for (size_t i = 0; i < octets; i++)
		reply->value[i] = octet_of(known[number].value, at + i);
	reply->answer.payload.len = octets;
}

/* A message reaches the device that has the address now. */
static void device_hears(const struct flying *message)
{
	struct device *device = &devices[message->handle];
	struct flying reply = { .handle = message->handle, .to_us = true };
	struct rdl_coap_message parsed;
	uint32_t block2, observe;
	unsigned number = order_in(&message->out, &parsed, &block2, &observe);

	if (device->stopped || memcmp(&device->peer, &message->out.peer, sizeof(device->peer)) != 0)
		return;
	if (device->replies && device->last_id == parsed.message_id) {
		fly(&device->reply); /* a copy */
		return;
	}
	reply.answer = answer_to(&message->out, RDL_COAP_CONTENT, "");
	reply.answer.peer = device->peer;
	switch (chance(12)) {
	case 0:
		reply.answer = empty_to(&message->out, RDL_COAP_RST);
		break;
	case 1:
		return; /* it has not understood */
	case 2: {
		struct flying empty = reply;

		empty.answer = empty_to(&message->out, RDL_COAP_ACK);
		fly(&empty);
		reply.answer.type = RDL_COAP_CON;
		value_into(&reply, number, block2);
		break;
	}
	case 3:
		reply.answer.code = RDL_COAP_NOT_FOUND;
		break;
	default:
		value_into(&reply, number, block2);
		break;
	}
	if (observe == 0 && reply.answer.code == RDL_COAP_CONTENT) {
		reply.answer.observe = ++device->sequence;
		device->notified = reply;
		device->notifies = true;
	}
	device->last_id = parsed.message_id;
	device->reply = reply;
	device->replies = true;
	fly(&reply);
}

static void device_notifies(struct device *device)
{
	struct flying message = device->notified;

	message.answer.type = chance(2) == 0 ? RDL_COAP_CON : RDL_COAP_NON;
	message.answer.observe = ++device->sequence;
	message.answer.peer = device->peer;
	fly(&message);
}

static void land(void)
{
	for (unsigned i = 0; i < flying_count;) {
		struct flying message = flying[i];

		if (message.at_ms > now_ms) {
			i++;
			continue;
		}
		flying[i] = flying[--flying_count];
		if (!message.to_us) {
			device_hears(&message);
			continue;
		}
		message.answer.payload.data = message.value;
		if (memcmp(&message.answer.peer, &endpoints[message.handle].peer,
			    sizeof(message.answer.peer)) == 0)
			devices[message.handle].sent_ms = now_ms;
		rdl_orders_hear(orders, &message.answer, now_ms);
		if (message.answer.back == RDL_BACK_RESET)
			devices[message.handle].notifies = false;
	}
}

/* One that the endpoint has, if any. */
static void cancel(struct known *is, struct rdl_order *order)
{
	const struct rdl_dialogue *dialogue = rdl_dialogues_find(&orders->dialogues, is->handle);
	char path[16];

	if (dialogue == NULL || dialogue->observing.first == NULL)
		return;
	is->value = number_of(dialogue->observing.first);
	is->len = known[is->value].len;
	snprintf(path, sizeof(path), "%u", is->value);
	order->path = segments((uint8_t *)(order + 1), path);
}

static void random_order(void)
{
	char id[16];
	struct rdl_order *order;
	rdl_handle handle = chance(ENDPOINTS);
	struct known *is = &known[known_count];

	snprintf(id, sizeof(id), "%u", known_count);
	order = order_of(strdup(id), id);
	order->observe = (uint8_t)(chance(6) == 0 ? 1 + chance(2) : 0);
	order->timeout_ms = chance(4) == 0 ? 1 + chance(20000) : 0;
	order->expires_ms = chance(4) == 0 ? 1 + chance(200000) : 0;
	order->accept = (uint16_t)known_count;
	*is = (struct known){ .handle = handle, .observe = order->observe, .value = known_count };
	is->len = (uint16_t)(chance(3) == 0 ? chance(VALUE_MAX) : chance(16));
	if (order->observe == RDL_ORDER_CANCEL)
		cancel(is, order);
	known_count++;
	rdl_orders_take(orders, order, endpoints[handle].lives ? handle : RDL_HANDLE_NONE, now_ms);
}

/* A Register, an Update from elsewhere, a De-register. */
static void random_change(void)
{
	rdl_handle handle = chance(ENDPOINTS);
	struct endpoint *endpoint = &endpoints[handle];
	struct device *device = &devices[handle];
	enum rdl_change_kind kind = RDL_CHANGE_UPDATED;

	if (!endpoint->lives) {
		kind = RDL_CHANGE_REGISTERED;
		endpoint->lives = true;
		endpoint->queue = chance(2) == 0;
		device->notifies = device->replies = false;
	} else if (chance(5) == 0) {
		kind = RDL_CHANGE_DEREGISTERED + chance(3);
	} else if (chance(4) == 0) {
		kind = RDL_CHANGE_REPLACED;
		device->notifies = device->replies = false;
	}
	if (chance(3) == 0)
		endpoint->peer.port = device->peer.port = (uint16_t)(1024 + chance(60000));
	device->stopped = chance(8) == 0;
	device->sent_ms = now_ms;
	if (rdl_orders_minds(orders, handle))
		change(kind, handle, 0);
	else
		endpoint->sent_ms = now_ms;
	if (kind >= RDL_CHANGE_DEREGISTERED)
		endpoint->lives = false;
}

static void run(uint64_t with, unsigned steps)
{
	seed = with;
	known_count = over_count = flying_count = 0;
	memset(devices, 0, sizeof(devices));
	orders->config.calls.transmission = random_transmission;
	orders->config.calls.send = random_send;
	orders->config.calls.reports = random_reports;
	orders->config.calls.tell = random_report;
	orders->config.calls.end = random_end;
	orders->config.calls.notify = random_notify;
	reports_left = UINT32_MAX;
	for (unsigned i = 0; i < ENDPOINTS; i++)
		devices[i].peer = endpoints[i].peer;
	for (unsigned step = 0; step < steps; step++) {
		if (known_count < ORDERS_MAX && chance(4) == 0)
			random_order();
		if (chance(40) == 0)
			random_change();
		for (unsigned i = 0; i < ENDPOINTS; i++)
			if (devices[i].notifies && !devices[i].stopped && chance(200) == 0)
				device_notifies(&devices[i]);
		land();
		(void)rdl_orders_step(orders, now_ms, 8);
		work();
		now_ms += chance(chance(100) == 0 ? 20000 : 100);
	}
}

/* Nothing lasts for ever, but what observes and what waits for one that sleeps. */
static void settle(void)
{
	for (unsigned step = 0; step < 40000; step++) {
		land();
		(void)rdl_orders_step(orders, now_ms, 64);
		work();
		now_ms += 50;
	}
	for (unsigned i = 0; i < known_count; i++)
		assert_true(known[i].over || known[i].observe == RDL_ORDER_OBSERVE ||
			    endpoints[known[i].handle].queue);
	assert_int_equal(rdl_orders_counts(orders)->under_way, 0);
	rdl_orders_stop(orders);
	assert_int_equal(over_count, known_count);
	assert_int_equal(rdl_orders_counts(orders)->waiting, 0);
	assert_int_equal(rdl_orders_counts(orders)->observations, 0);
	assert_int_equal(rdl_orders_counts(orders)->asleep, 0);
}

static void test_random_runs(void **state)
{
	unsigned answered = 0;

	for (uint64_t with = 1; with <= 60; with++) {
		if (with > 1) {
			teardown(state);
			setup(state);
		}
		run(with, 6000);
		settle();
		answered += (unsigned)rdl_orders_counts(orders)->over[RDL_ORDER_answered];
	}
	/* They do get through. */
	assert_true(answered > 1000 && rests > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ORDERS_TEST(test_random_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
