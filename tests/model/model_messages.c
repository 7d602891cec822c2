/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_messages.h"

#include "line.h"

__attribute__((format(printf, 2, 3))) static void query(
	struct queries *queries, const char *format, ...)
{
	va_list args;

	CHECK(queries->count < RDL_ARRAY_LEN(queries->at));
	va_start(args, format);
	int n = vsnprintf(queries->at[queries->count++], sizeof(queries->at[0]), format, args);
	va_end(args);
	CHECK(n >= 0 && n <= 255);
}

static void query_facts(struct queries *queries, const struct facts *facts)
{
	char value[VALUE_MAX];

	if ((facts->gives & GIVES_VERSION) != 0)
		query(queries, "lwm2m=1.%u", facts->minor);
	if ((facts->gives & GIVES_LIFETIME) != 0)
		query(queries, facts->lifetime_said % 8 == 0 ? "lt=00%" PRIu64 : "lt=%" PRIu64,
			facts->lifetime_said);
	if ((facts->gives & GIVES_BINDING) != 0)
		query(queries, "b=%s", facts->binding);
	if (facts->queue)
		query(queries, "Q");
	if ((facts->gives & GIVES_SMS) != 0) {
		sms_make(facts->sms, value);
		query(queries, "sms=%s", value);
	}
	for (unsigned i = 0; i < EXTRAS; i++) {
		if ((facts->gives & GIVES_EXTRA(i)) == 0)
			continue;
		value_make(facts->extra[i], value);
		query(queries, "%s=%s", extra_names[i], value);
	}
}

static void query_words(struct queries *queries, const char *words)
{
	while (*words != '\0') {
		size_t len = strcspn(words, " ");

		query(queries, "%.*s", (int)len, words);
		words += len + (words[len] == ' ');
	}
}

/* Their order is nobody's business, but that the blocks of one body have the same. */
static void put_queries(struct message *m, const struct sent *q)
{
	struct queries queries = { .count = 0 };
	bool named = q->what == REGISTER && (q->refusal == NULL || !q->refusal->nameless);
	unsigned first = q->script != NULL ? q->script->tag : (unsigned)dice(16);

	if (named)
		query(&queries, "ep=%s", endpoints[q->endpoint].name);
	if (q->refusal != NULL && q->refusal->queries != NULL)
		query_words(&queries, q->refusal->queries);
	else
		query_facts(&queries, &q->facts);
	for (unsigned i = 0; i < queries.count; i++) {
		const char *text = queries.at[(first + i) % queries.count];

		message_option(m, 15, text, strlen(text));
		if (q->script == NULL && one_in(50))
			message_option(m, 15, "", 0);
	}
}

/* A Message ID of the source's own, a token of any length. */
static void put_header(struct message *m, const struct sent *q, unsigned code)
{
	uint8_t token[8];
	size_t token_len = dice(sizeof(token) + 1);

	for (unsigned i = 0; i < sizeof(token); i++)
		token[i] = (uint8_t)dice(256);
	message_start(m, q->non, code, sources[q->source].next_id++, token, token_len);
}

static void put_path(struct message *m, const struct sent *q)
{
	if (one_in(30))
		message_option(m, 3, "gw.example", 10);
	message_option(m, 11, "rd", 2);
	if (q->what != REGISTER)
		message_option(m, 11, q->place.id, ID_LEN);
}

/* The options behind the path. */
static void put_options(struct message *m, const struct sent *q, bool has_payload)
{
	unsigned format = q->refusal != NULL ? q->refusal->content_format : LINK_FORMAT;
	unsigned extra = q->refusal != NULL ? q->refusal->option : 0;

	if (has_payload && (format != LINK_FORMAT || !one_in(8)))
		message_uint(m, 12, format);
	put_queries(m, q);
	if (one_in(30))
		message_uint(m, 17, 40);
	if (q->has_block)
		message_uint(m, 27, block_value(q));
	if (extra == 35 || extra == 39)
		message_option(m, extra, "coap", 4);
	if (q->script != NULL && (q->too_large || one_in(4)))
		message_uint(m, 60, q->too_large ? BODY_MAX + 1 : (uint32_t)q->script->len);
	if (q->script != NULL) {
		uint8_t tag[4];

		rdl_put_be32(tag, q->script->tag);
		message_option(m, 292, tag, 4);
	}
	if (extra > 60000)
		message_option(m, extra, "x", 1);
	else if (one_in(30))
		message_option(m, 65000, "x", 1);
}

static const unsigned method_of[] = { 2, 2, 4, 3 };

struct sent *request_new(const struct sent *head, const char *payload, size_t len)
{
	static struct message m;
	struct sent q = *head;

	q.payload_len = len;
	put_header(&m, &q, method_of[q.what]);
	put_path(&m, &q);
	put_options(&m, &q, len > 0);
	message_payload(&m, payload, len);
	return sent_new(&q, m.octets, m.len);
}

struct list scratch_list;

struct sent *request_of(const struct sent *head)
{
	const struct refusal *refusal = head->refusal;

	if (refusal != NULL && refusal->payload != NULL)
		return request_new(head, refusal->payload, strlen(refusal->payload));
	if (refusal != NULL && head->what == REGISTER)
		return request_new(head, OBJECTS, strlen(OBJECTS));
	if (refusal != NULL || (head->facts.gives & GIVES_LIST) == 0)
		return request_new(head, NULL, 0);
	list_make(&scratch_list, &head->facts.list);
	return request_new(head, scratch_list.payload, scratch_list.len);
}

struct sent *alien_of(const struct alien *alien, unsigned source, unsigned session)
{
	static struct message m;
	struct sent head = { .what = ALIEN, .alien = alien, .source = source, .session = session };

	m = alien->line[0] == '#' ? line_hex(alien->line + 1) : line(alien->line);
	return sent_new(&head, m.octets, m.len);
}
