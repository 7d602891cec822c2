/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An engine with a few endpoints, nobody behind them: what it sends lies in `wire`, what it tells
 * is a line of text, time stands still unless a test moves it.
 */
#ifndef RDL_TEST_ORDERS_FIXTURE_H
#define RDL_TEST_ORDERS_FIXTURE_H

#include "support.h"

#include "coap.h"
#include "orders_internal.h"

#include <stdlib.h>

#define ENDPOINTS 8
#define WIRE_MAX 64

/* What the registry would say of each; its handle is its place. */
struct endpoint {
	bool lives;
	bool queue;
	struct rdl_peer peer;
	uint64_t session;
	uint32_t identity;
	uint64_t sent_ms; /* what last changed its registration */
	uint64_t position; /* of that */
	struct rdl_object_list *objects;
};

static struct endpoint endpoints[ENDPOINTS];
static struct rdl_orders *orders;
static struct memory engine_memory;
static struct rdl_orders_config config;
static struct rdl_transmission *wire[WIRE_MAX];
static unsigned wire_count, transmissions_left, transmissions_asked, reports_left;
static uint64_t now_ms;
static bool listening;
static char told[4096];
static uint32_t rtt_ms; /* of the order that was given back last */
static unsigned alive; /* orders that are the engine's */

static inline void told_add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void told_add(const char *format, ...)
{
	size_t len = strlen(told);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(told + len, sizeof(told) - len, format, arguments);
	va_end(arguments);
}

/* All that was told since the last look. */
static inline void expect_told(const char *text)
{
	assert_string_equal(told, text);
	told[0] = '\0';
}

static inline bool describe(
	void *context, rdl_handle handle, uint64_t at_ms, struct rdl_orders_endpoint *endpoint)
{
	const struct endpoint *is = &endpoints[handle];

	assert_true(handle < ENDPOINTS);
	if (!is->lives)
		return false;
	*endpoint = (struct rdl_orders_endpoint){
		.registration = { .peer = is->peer,
			.identity = is->identity,
			.queue = is->queue,
			.objects = is->objects },
		.session = is->session,
		.quiet_ms = at_ms - is->sent_ms,
		.position = is->position,
	};
	return true;
}

static inline struct rdl_transmission *new_transmission(
	void *context, uint64_t session, rdl_handle handle)
{
	transmissions_asked++;
	if (transmissions_left == 0)
		return NULL;
	transmissions_left--;
	return calloc(1, sizeof(struct rdl_transmission));
}

static inline void take_transmission(void *context, struct rdl_transmission *transmission)
{
	assert_true(wire_count < WIRE_MAX);
	wire[wire_count++] = transmission;
}

static inline unsigned count_reports(void *context)
{
	return reports_left;
}

static inline struct rdl_report *new_report(void *context)
{
	assert_true(reports_left > 0);
	reports_left--;
	return calloc(1, sizeof(struct rdl_report));
}

static inline void take_report(void *context, struct rdl_report *report)
{
	struct rdl_order *order = report->order;

	told_add("%.*s %s", order->id_len, order->id, rdl_order_state_text(report->state));
	if (report->state == RDL_ORDER_answered)
		told_add(" %u.%02u \"%.*s\"%s", report->code >> 5, report->code & 31, report->len,
			report->octets, report->more ? "..." : "");
	told_add(report->reason == RDL_ORDER_REASON_asleep ? " asleep; " : "; ");
	reports_left++;
	free(report);
}

static inline void take_order(void *context, struct rdl_order *order)
{
	told_add("%.*s is %s", order->id_len, order->id, rdl_order_state_text(order->state));
	if (order->state == RDL_ORDER_answered)
		told_add(" %u.%02u", order->code >> 5, order->code & 31);
	if (order->reason != RDL_ORDER_REASON_none)
		told_add(", %s", rdl_order_reason_text(order->reason));
	told_add("; ");
	alive--;
	rtt_ms = order->rtt_ms;
	free(order);
}

static inline bool take_delivery(void *context, const struct rdl_delivery *delivery)
{
	if (!listening)
		return false;
	if (delivery->order != NULL)
		told_add("%.*s", delivery->order->id_len, delivery->order->id);
	else
		told_add("%u", delivery->handle);
	told_add(" notified %u ", delivery->sequence);
	if (delivery->offset > 0)
		told_add("(%u) ", delivery->offset);
	told_add("\"%.*s\"%s; ", (int)delivery->payload.len, delivery->payload.data,
		delivery->more ? "..." : "");
	return true;
}

/* Of links, each `object << 16 | instance`, ascending. */
static inline struct rdl_object_list *list_of(
	const char *root, const rdl_object_link *links, unsigned count)
{
	size_t len = sizeof(struct rdl_object_list) + count * sizeof(*links) + strlen(root);
	struct rdl_object_list *list = calloc(1, len);

	*list = (struct rdl_object_list){ .len = (uint32_t)len,
		.link_count = (uint16_t)count,
		.root_len = (uint16_t)strlen(root) };
	memcpy(list + 1, links, count * sizeof(*links));
	memcpy((uint8_t *)(list + 1) + count * sizeof(*links), root, strlen(root));
	return list;
}

static inline void engine_begin(void)
{
	static const rdl_object_link links[] = { 0 << 16, 1 << 16 | RDL_ID_NONE, 3 << 16 };
	static const rdl_object_link with_server[] = { 1 << 16 | 7, 3 << 16 };

	now_ms = 1000000;
	for (unsigned i = 0; i < ENDPOINTS; i++)
		endpoints[i] = (struct endpoint){ .lives = true,
			.peer = { .address = { 0xfd, [15] = (uint8_t)i }, .port = 5683 },
			.sent_ms = now_ms,
			.objects = i % 2 == 0 ? list_of("", with_server, 2)
					      : list_of("a/lwm2m", links, 3) };
	config.calls = (struct rdl_orders_calls){ describe, new_transmission, take_transmission,
		count_reports, new_report, take_report, take_order, take_delivery };
	transmissions_left = WIRE_MAX;
	reports_left = 1000;
	wire_count = 0;
	told[0] = '\0';
	listening = true;
	engine_memory = memory_begin(rdl_orders_memory(&config));
	memset(engine_memory.data, 0, engine_memory.len);
	orders = rdl_orders_init(&config, engine_memory.data, now_ms);
}

static inline int setup(void **state)
{
	config = (struct rdl_orders_config){
		.salt = { 3, 4 },
		.awaited_key = { 5, 6 },
		.orders = 32,
		.observations = 8,
		.per_endpoint = 4,
		.awake_s = 93,
		.max_payload = 4096,
		.exchange_lifetime_s = 247,
	};
	rdl_speck_expand(&config.token_key, &(const struct rdl_key){ 1, 2 });
	alive = 0;
	engine_begin();
	return 0;
}

static inline void wire_clear(void)
{
	for (unsigned i = 0; i < wire_count; i++)
		free(wire[i]);
	transmissions_left += wire_count;
	wire_count = 0;
}

static inline int teardown(void **state)
{
	rdl_orders_stop(orders);
	assert_int_equal(alive, 0);
	wire_clear();
	memory_end(&engine_memory);
	for (unsigned i = 0; i < ENDPOINTS; i++)
		free(endpoints[i].objects);
	return 0;
}

/* Each segment of `text` as one octet of length and itself. */
static inline struct rdl_span segments(uint8_t *out, const char *text)
{
	uint8_t *pos = out;

	while (*text != '\0') {
		size_t len = strcspn(text, "/");

		*pos++ = (uint8_t)len;
		memcpy(pos, text, len);
		pos += len;
		text += len + (text[len] == '/');
	}
	return (struct rdl_span){ out, (size_t)(pos - out) };
}

/* One that wants nothing but GET of a path, called by a letter. */
static inline struct rdl_order *order_of(const char *id, const char *path)
{
	struct rdl_order *order = calloc(1, sizeof(*order) + 2 * RDL_ORDER_PATH_MAX + 1);
	uint8_t *room = (uint8_t *)(order + 1);

	order->kind = RDL_ORDER;
	order->method = RDL_COAP_GET;
	order->content_format = order->accept = RDL_FORMAT_NONE;
	order->id = (const uint8_t *)id;
	order->id_len = (uint8_t)strlen(id);
	order->path = segments(room, path);
	return order;
}

static inline void give(struct rdl_order *order, rdl_handle handle)
{
	alive++;
	rdl_orders_take(orders, order, handle, now_ms);
}

static inline void pass(uint64_t ms)
{
	now_ms += ms;
	while (rdl_orders_step(orders, now_ms, 16))
		if (transmissions_left == 0)
			return;
}

/* The only message on the wire, which its worker gives back as `result`. */
static struct rdl_transmission last;
static inline const struct rdl_transmission *take_wire(enum rdl_transmission_result result)
{
	assert_int_equal(wire_count, 1);
	last = *wire[0];
	last.result = (uint8_t)result;
	wire_clear();
	rdl_orders_sent(orders, &last, now_ms);
	return &last;
}

/* A message in words: type, code, options that are there, payload. */
static inline const char *words_of(const struct rdl_transmission *transmission)
{
	static char text[512];
	struct rdl_coap_message message;
	struct rdl_coap_options options;
	struct rdl_coap_option option;
	size_t len;

	assert_int_equal(
		rdl_coap_parse(
			(struct rdl_span){ transmission->octets, transmission->len }, &message),
		RDL_COAP_MESSAGE);
	assert_int_equal(message.token_len, RDL_TOKEN_LEN);
	len = (size_t)sprintf(text, "%u 0.%02u", message.type, message.code);
	options = rdl_coap_options(&message);
	while (rdl_coap_option_next(&options, &option) == 1) {
		if (option.number == RDL_COAP_URI_PATH || option.number == RDL_COAP_URI_QUERY)
			len += (size_t)sprintf(text + len, " %s%.*s",
				option.number == RDL_COAP_URI_PATH ? "/" : "?", option.len,
				option.value);
		else
			len += (size_t)sprintf(
				text + len, " %u:%u", option.number, rdl_coap_uint(&option));
	}
	if (options.end > options.pos)
		sprintf(text + len, " (%td)", options.end - options.pos);
	return text;
}

static inline void expect_wire(const char *words)
{
	assert_string_equal(words_of(take_wire(RDL_TRANSMISSION_SENT)), words);
}

static inline void expect_silence(void)
{
	assert_int_equal(wire_count, 0);
}

/* An answer to the last message, piggybacked. */
static inline struct rdl_answer answer_to(
	const struct rdl_transmission *to, uint8_t code, const char *payload)
{
	struct rdl_token token = { 0, 0 };
	const uint8_t *lane = to->octets + RDL_COAP_HEADER_LEN;

	assert_int_equal(rdl_token_read_lanes(&config.token_key, 1, &lane, &token), 1);
	return (struct rdl_answer){
		.kind = RDL_ANSWER_RESPONSE,
		.type = RDL_COAP_ACK,
		.code = code,
		.message_id = rdl_get_be16(to->octets + 2),
		.content_format = RDL_FORMAT_NONE,
		.peer = to->peer,
		.session = to->session,
		.identity = endpoints[to->handle].identity,
		.handle = token.handle,
		.number = token.number,
		.observe = RDL_OBSERVE_NONE,
		.block1 = RDL_BLOCK_NONE,
		.block2 = RDL_BLOCK_NONE,
		.payload = span_of(payload),
	};
}

/* An empty message about it. */
static inline struct rdl_answer empty_to(const struct rdl_transmission *to, enum rdl_coap_type type)
{
	struct rdl_answer answer = answer_to(to, RDL_COAP_EMPTY, "");

	answer.kind = RDL_ANSWER_EMPTY;
	answer.type = (uint8_t)type;
	answer.handle = answer.number = 0;
	return answer;
}

static inline void hear(struct rdl_answer answer, enum rdl_answer_back back)
{
	rdl_orders_hear(orders, &answer, now_ms);
	assert_int_equal(answer.back, back);
}

static inline void change(enum rdl_change_kind kind, rdl_handle handle, uint64_t position)
{
	endpoints[handle].sent_ms = now_ms;
	rdl_orders_changed(orders,
		&(struct rdl_change){ .kind = (uint8_t)kind,
			.handle = handle,
			.old_location = { .handle = handle } },
		position, now_ms);
}

#define ORDERS_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
