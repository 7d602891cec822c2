/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Orders, and devices that answer anything: each octet of the input says what happens next, those
 * behind it how. Whatever that is, what is sent is well-formed and goes where the endpoint is, and
 * each order is given back once.
 */
#include "fuzz.h"

#include "coap.h"
#include "orders.h"

#define ENDPOINTS 4
#define WIRE_MAX 16
#define NOW 5000000

static struct rdl_orders *orders;
static struct rdl_orders_endpoint endpoints[ENDPOINTS];
static bool lives[ENDPOINTS];
static struct rdl_transmission *wire[WIRE_MAX]; /* that workers have */
static struct rdl_transmission last[ENDPOINTS];
static unsigned wire_count, alive, reports_left, reports_out;
static uint64_t now_ms, position;
static bool listening;

/* "/r/s" is its alternate path; it lists an instance of the Server Object. */
static const struct {
	struct rdl_object_list list;
	rdl_object_link links[2];
	char root[4];
} objects = { { sizeof(objects), 2, 0, 0, 3, 0 }, { 1 << 16 | 2, 3 << 16 }, "r/s" };

static bool describe(
	void *context, rdl_handle handle, uint64_t at_ms, struct rdl_orders_endpoint *endpoint)
{
	(void)context;
	(void)at_ms;
	CHECK(handle < ENDPOINTS);
	*endpoint = endpoints[handle];
	return lives[handle];
}

static struct rdl_transmission *new_transmission(void *context, uint64_t session, rdl_handle handle)
{
	(void)context;
	CHECK(session == endpoints[handle].session);
	return wire_count < WIRE_MAX ? fuzz_alloc(sizeof(struct rdl_transmission)) : NULL;
}

static void check_message(const struct rdl_transmission *transmission)
{
	struct rdl_coap_message message;
	struct rdl_coap_options options;
	struct rdl_coap_option option;
	int more;

	CHECK(transmission->len <= sizeof(transmission->octets));
	CHECK(rdl_coap_parse((struct rdl_span){ transmission->octets, transmission->len },
		      &message) == RDL_COAP_MESSAGE);
	CHECK(message.type == RDL_COAP_CON && message.token_len == RDL_TOKEN_LEN);
	options = rdl_coap_options(&message);
	while ((more = rdl_coap_option_next(&options, &option)) == 1)
		;
	CHECK(more == 0);
}

static void take_transmission(void *context, struct rdl_transmission *transmission)
{
	rdl_handle handle = transmission->handle;

	(void)context;
	CHECK(lives[handle] && transmission->session == endpoints[handle].session);
	CHECK(transmission->session != 0 || endpoints[handle].registration.identity == 0);
	CHECK(memcmp(&transmission->peer, &endpoints[handle].registration.peer,
		      sizeof(transmission->peer)) == 0);
	check_message(transmission);
	last[handle] = *transmission;
	wire[wire_count++] = transmission;
}

static unsigned count_reports(void *context)
{
	(void)context;
	return reports_left;
}

static struct rdl_report *new_report(void *context)
{
	(void)context;
	CHECK(reports_left > 0);
	reports_left--;
	reports_out++;
	return fuzz_alloc(sizeof(struct rdl_report));
}

static void take_report(void *context, struct rdl_report *report)
{
	(void)context;
	CHECK(report->kind == RDL_REPORT && report->len <= sizeof(report->octets));
	/* It is the engine's yet. */
	CHECK(report->order->kind == RDL_ORDER);
	CHECK(rdl_order_state_text(report->state) != NULL);
	reports_left++;
	reports_out--;
	free(report);
}

static void take_order(void *context, struct rdl_order *order)
{
	(void)context;
	CHECK(order->state >= RDL_ORDER_answered && order->state < RDL_ORDER_STATE_COUNT);
	CHECK(order->reason < RDL_ORDER_REASON_COUNT);
	alive--;
	free(order);
}

static bool take_delivery(void *context, const struct rdl_delivery *delivery)
{
	(void)context;
	CHECK(lives[delivery->handle]);
	CHECK(delivery->order == NULL || delivery->order->kind == RDL_ORDER);
	return listening;
}

static const struct rdl_orders_config plan = {
	.calls = { describe, new_transmission, take_transmission, count_reports, new_report,
		take_report, take_order, take_delivery },
	.salt = { 1, 2 },
	.awaited_key = { 3, 4 },
	.orders = 12,
	.observations = 4,
	.per_endpoint = 3,
	.awake_s = 93,
	.max_payload = 3000,
	.exchange_lifetime_s = 247,
};

static uint32_t octets4(struct rdl_span *input)
{
	uint32_t value = fuzz_octet(input);

	for (unsigned i = 0; i < 3; i++)
		value = value << 8 | fuzz_octet(input);
	return value;
}

static unsigned endpoint_in(struct rdl_span *input)
{
	return fuzz_octet(input) % ENDPOINTS;
}

/* Payload and path lie behind it; what they hold does not matter. */
static void give(struct rdl_span *input)
{
	static const uint8_t methods[] = { RDL_COAP_GET, RDL_COAP_PUT, RDL_COAP_POST,
		RDL_COAP_FETCH };
	unsigned handle = endpoint_in(input);
	uint8_t flags = fuzz_octet(input), length = fuzz_octet(input), path = fuzz_octet(input);
	size_t len = flags & 4 ? length * 10u : length, path_len = path & 0x7fu;
	struct rdl_order *order = fuzz_alloc(sizeof(*order) + path_len + len);
	uint8_t *octets = (uint8_t *)(order + 1);

	memset(order, 0, sizeof(*order) + path_len + len);
	if (path_len > 0)
		octets[0] = (uint8_t)(path_len - 1);
	*order = (struct rdl_order){ .kind = RDL_ORDER,
		.method = methods[flags & 3],
		.observe = (flags >> 3 & 3) % 3,
		.trigger = (flags & 0x20) != 0,
		.content_format = flags & 0x40 ? 11542 : RDL_FORMAT_NONE,
		.accept = RDL_FORMAT_NONE,
		.path = { octets, path_len },
		.payload = { octets + path_len, len } };
	if (flags & 0x80) {
		order->timeout_ms = fuzz_octet(input) * 500u;
		order->expires_ms = fuzz_octet(input) * 500u;
	}
	alive++;
	rdl_orders_take(orders, order, lives[handle] ? handle : RDL_HANDLE_NONE, now_ms);
}

/* To the last message of an endpoint, as its worker reads it; `flags` say what is not as it is. */
static struct rdl_answer answer_from(struct rdl_span *input, unsigned handle, uint8_t flags)
{
	const struct rdl_transmission *to = &last[handle];
	struct rdl_answer answer = { .type = flags & 3,
		.code = RDL_COAP_CONTENT,
		.message_id = rdl_get_be16(to->octets + 2),
		.content_format = RDL_FORMAT_NONE,
		.peer = to->peer,
		.session = to->session,
		.identity = endpoints[handle].registration.identity,
		.handle = to->handle,
		.number = to->number,
		.observe = RDL_OBSERVE_NONE,
		.block1 = RDL_BLOCK_NONE,
		.block2 = RDL_BLOCK_NONE };

	if (flags & 4)
		answer.code = fuzz_octet(input);
	if (flags & 8)
		answer.observe = fuzz_octet(input);
	if (flags & 16)
		answer.block1 = octets4(input) & 0xffffff;
	if (flags & 32)
		answer.block2 = octets4(input) & 0xffffff;
	if (flags & 64)
		answer.number = (answer.number - fuzz_octet(input)) & RDL_TOKEN_NUMBER_MAX;
	if (flags & 128)
		answer.peer.port ^= fuzz_octet(input);
	return answer;
}

static void hear(struct rdl_span *input, enum rdl_answer_kind kind)
{
	unsigned handle = endpoint_in(input);
	uint8_t flags = fuzz_octet(input);
	size_t len = fuzz_octet(input) * 16u;
	struct rdl_answer answer = answer_from(input, handle, flags);
	uint8_t *payload = fuzz_alloc(len);

	memset(payload, 'x', len);
	answer.kind = (uint8_t)kind;
	answer.payload = (struct rdl_span){ payload, len };
	rdl_orders_hear(orders, &answer, now_ms);
	CHECK(answer.back <= RDL_BACK_CODE);
	CHECK((answer.back == RDL_BACK_CODE) == (kind == RDL_ANSWER_SEND));
	CHECK(kind != RDL_ANSWER_EMPTY || answer.back == RDL_BACK_NOTHING);
	CHECK(answer.type == RDL_COAP_CON || answer.back != RDL_BACK_ACK);
	free(payload);
}

static void sent(uint8_t result)
{
	struct rdl_transmission *transmission;

	if (wire_count == 0)
		return;
	transmission = wire[0];
	memmove(wire, wire + 1, --wire_count * sizeof(*wire));
	transmission->result = result % (RDL_TRANSMISSION_TOO_LONG + 1);
	/* Only of what is longer than there is room for. */
	transmission->room = result;
	if (transmission->result == RDL_TRANSMISSION_TOO_LONG &&
		(!transmission->divisible || transmission->len <= transmission->room))
		transmission->result = RDL_TRANSMISSION_SENT;
	rdl_orders_sent(orders, transmission, now_ms);
	free(transmission);
}

static void change(struct rdl_span *input)
{
	rdl_handle handle = endpoint_in(input), from = handle;
	uint8_t how = fuzz_octet(input);
	enum rdl_change_kind kind = RDL_CHANGE_REGISTERED + (how & 7) % 7;
	struct rdl_orders_endpoint *endpoint = &endpoints[handle];
	bool ends = kind >= RDL_CHANGE_DEREGISTERED;

	if (!lives[handle]) {
		/* It takes another's place, or is new. */
		kind = kind == RDL_CHANGE_REPLACED ? kind : RDL_CHANGE_REGISTERED;
		ends = false;
		for (unsigned i = 0; kind == RDL_CHANGE_REPLACED && i < ENDPOINTS; i++)
			from = lives[i] ? i : from;
		if (from == handle)
			kind = RDL_CHANGE_REGISTERED;
		lives[from] = false;
	} else if (kind == RDL_CHANGE_REGISTERED) {
		kind = RDL_CHANGE_UPDATED;
	}
	lives[handle] = true;
	endpoint->quiet_ms = 0;
	endpoint->registration.queue = (how & 8) != 0;
	endpoint->registration.peer.port ^= how >> 4 & 1;
	endpoint->registration.identity = how >> 5 & 1;
	endpoint->session = endpoint->registration.identity * (how >> 6 & 1u);
	rdl_orders_changed(orders,
		&(struct rdl_change){ .kind = (uint8_t)kind,
			.handle = handle,
			.old_location = { .handle = from } },
		how & 128 ? ++position : 0, now_ms);
	lives[handle] = !ends;
}

static void pass(uint64_t ms)
{
	now_ms += ms;
	for (unsigned i = 0; i < ENDPOINTS; i++)
		endpoints[i].quiet_ms += ms;
	for (unsigned i = 0; i < 100 && rdl_orders_step(orders, now_ms, 8); i++)
		;
}

static void happen(struct rdl_span *input)
{
	uint8_t what = fuzz_octet(input);

	switch (what & 7) {
	case 0:
		give(input);
		break;
	case 1:
		hear(input, RDL_ANSWER_RESPONSE);
		break;
	case 2:
		hear(input, RDL_ANSWER_EMPTY);
		break;
	case 3:
		sent(what >> 3);
		break;
	case 4:
		pass((uint64_t)fuzz_octet(input) << (what >> 3) % 16);
		break;
	case 5:
		change(input);
		break;
	case 6:
		rdl_orders_release(orders, position);
		listening = (what & 8) != 0;
		reports_left = what & 16 ? 300 : what >> 5;
		break;
	default:
		hear(input, RDL_ANSWER_SEND);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rdl_orders_config config = plan;
	struct rdl_span input = { data, size };
	const struct rdl_orders_counts *counts;
	void *memory;

	config.reset_unheard = (fuzz_octet(&input) & 1) != 0;
	rdl_speck_expand(&config.token_key, &(const struct rdl_key){ 5, 6 });
	memory = calloc(1, rdl_orders_memory(&config));
	CHECK(memory != NULL);
	now_ms = NOW;
	position = 0;
	reports_left = 300;
	listening = true;
	memset(last, 0, sizeof(last));
	for (unsigned i = 0; i < ENDPOINTS; i++) {
		lives[i] = true;
		endpoints[i] = (struct rdl_orders_endpoint){
			.registration = { .peer = { .address = { 0xfd, [15] = (uint8_t)i },
						  .port = 5683 },
				.objects = &objects.list }
		};
	}
	orders = rdl_orders_init(&config, memory, now_ms);
	while (input.len > 0)
		happen(&input);
	rdl_orders_stop(orders);
	counts = rdl_orders_counts(orders);
	CHECK(alive == 0 && reports_out == 0);
	CHECK(counts->waiting == 0 && counts->under_way == 0);
	CHECK(counts->observations == 0 && counts->asleep == 0);
	while (wire_count > 0)
		free(wire[--wire_count]);
	free(memory);
	return 0;
}
