/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests judged from their octets, the verdict in words: the name of the reason to refuse, or
 * what was accepted:
 *
 *	1.1 ep=a lt=86400 b=U Q +sms=1 +other=x | 1/0 3/0 5 | 5=1.1 | ct 110 | root l |
 *		ignored object 2
 *
 * An Update's begins at `lt`, and has only what it names. Datagram and scratch end at guard pages.
 */
#ifndef RDL_TEST_FIXTURE_H
#define RDL_TEST_FIXTURE_H

#include "support.h"

#include "octets.h"
#include "line.h"
#include "objects.h"

#include "policy.h"

#define LIFETIME_MAX 2147483647
#define REQUIRED "</1/0>,</3/0>"

/* The documented defaults. */
static inline struct rdl_policy_config defaults(void)
{
	return (struct rdl_policy_config){
		.version = { 1, 1 },
		.lifetime_max_s = LIFETIME_MAX,
		.mandatory_objects_refuse = true,
		.max_links = 1024,
		.all_objects = true,
		.endpoint_key = { 1, 2 },
	};
}

static inline const char *reason_name(unsigned reason)
{
	static const char *const names[] = { "none",
#define X(name, code, detail, text) #name,
		RDL_REASONS(X)
#undef X
	};

	assert_in_range(reason, 0, RDL_ARRAY_LEN(names) - 1);
	return names[reason];
}

static inline void say_parameters(struct object_words *words, const struct rdl_request *request)
{
	const uint8_t *p = request->parameters.data, *end = p + request->parameters.len;

	assert_true((request->gives & RDL_GIVES_PARAMETERS) != 0 && p < end);
	while (p < end) {
		assert_true(*p > 0 && *p < end - p);
		object_say(words, " +%.*s", *p, (const char *)p + 1);
		p += 1 + *p;
	}
}

static inline void say_ignored(struct object_words *words, const struct rdl_ignored_counts *ignored)
{
	static const char *const names[] = {
#define X(name, help) #name,
		RDL_IGNORED(X)
#undef X
	};
	bool any = false;

	for (unsigned i = 0; i < RDL_IGNORED_COUNT; i++) {
		if (ignored->count[i] == 0)
			continue;
		object_say(words, "%s %s %u", any ? "" : " | ignored", names[i], ignored->count[i]);
		any = true;
	}
}

static inline void say_request(
	struct object_words *words, const struct rdl_request *request, bool is_register)
{
	char binding[RDL_BINDING_TEXT];

	if (is_register)
		object_say(words, "1.%u ep=%.*s", request->minor, (int)request->endpoint_len,
			(const char *)rdl_request_endpoint(request).data);
	if (is_register || (request->gives & RDL_GIVES_LIFETIME) != 0)
		object_say(words, " lt=%u", request->lifetime_s);
	if (is_register || (request->gives & RDL_GIVES_BINDING) != 0) {
		rdl_binding_text(request->binding, binding);
		object_say(words, " b=%s", binding);
	}
	if (!is_register && (request->gives & RDL_GIVES_IDENTITY) != 0) {
		object_say(words, " of %.*s", (int)request->endpoint_len,
			(const char *)rdl_request_endpoint(request).data);
		if (request->minor != RDL_MINOR_NONE)
			object_say(words, " 1.%u", request->minor);
	}
	if ((request->gives & RDL_GIVES_QUEUE) != 0)
		object_say(words, " Q");
	if (request->parameters.len > 0)
		say_parameters(words, request);
	else
		assert_int_equal(request->gives & RDL_GIVES_PARAMETERS, 0);
}

/* What scratch and datagram of a request are good for ends with judge_end(). */
struct judged {
	struct rdl_request request;
	struct rdl_ignored_counts ignored;
	struct memory scratch;
	uint8_t *datagram;
	size_t datagram_len;
};

/* NULL: there is none. */
static struct rdl_policy_memo *judge_memo;
/* Who has sent what is judged; 0: nobody who has proved anything. */
static uint32_t judge_identity;
static size_t judge_more_scratch;

/*
 * `location` makes it an Update. Reads as the pipeline does;
 * the message must be one, its options no offence.
 */
static inline void judge_begin(struct judged *judged, const struct rdl_policy *policy,
	const struct message *m, const struct rdl_location *location)
{
	static struct rdl_input input;

	memset(&input, 0xa5, sizeof(input));
	memset(judged, 0xa5, sizeof(*judged));
	judged->request.identity = judge_identity;
	judged->datagram_len = m->len;
	judged->datagram = guard_copy(m->octets, m->len);
	judged->scratch = memory_begin(2 * m->len + 64 + judge_more_scratch);
	struct rdl_cursor scratch = rdl_cursor(judged->scratch.data, judged->scratch.len);
	judged->ignored = (struct rdl_ignored_counts){ { 0 } };
	assert_int_equal(
		rdl_coap_parse((struct rdl_span){ judged->datagram, m->len }, &input.message),
		RDL_COAP_MESSAGE);
	assert_int_equal(rdl_input_read(&input), RDL_OK);
	assert_int_equal(input.option_reason, RDL_REASON_NONE);
	if (location != NULL) {
		judged->request.location = *location;
		rdl_policy_update(
			policy, judge_memo, &input, &scratch, &judged->request, &judged->ignored);
	} else {
		rdl_policy_register(
			policy, judge_memo, &input, &scratch, &judged->request, &judged->ignored);
	}
}

static inline void judge_end(struct judged *judged)
{
	memory_end(&judged->scratch);
	guard_free(judged->datagram, judged->datagram_len);
}

/* The verdict in words; they are gone with the next. */
static inline const char *judge_under(const struct rdl_policy *policy, const struct message *m,
	const struct rdl_location *location)
{
	static struct object_words words, objects;
	static struct judged judged;
	const struct rdl_request *request = &judged.request;

	words.len = 0;
	words.at[0] = '\0';
	judge_begin(&judged, policy, m, location);
	if (request->reason != RDL_REASON_NONE) {
		for (unsigned i = 0; i < RDL_IGNORED_COUNT; i++)
			assert_int_equal(judged.ignored.count[i], 0);
		object_say(&words, "%s", reason_name(request->reason));
	} else {
		say_request(&words, request, location == NULL);
		assert_true(location != NULL || (request->gives & RDL_GIVES_OBJECTS) != 0);
		if ((request->gives & RDL_GIVES_OBJECTS) != 0)
			object_say(
				&words, " | %s", describe_objects(request->list.objects, &objects));
		if ((request->gives & RDL_GIVES_PAYLOAD) != 0)
			object_say(&words, " | payload %.*s", (int)request->payload.len,
				(const char *)request->payload.data);
		say_ignored(&words, &judged.ignored);
	}
	judge_end(&judged);
	return words.at;
}

static inline const char *judge(const struct rdl_policy_config *config, const struct message *m,
	const struct rdl_location *location)
{
	struct rdl_policy *policy = rdl_policy_create(config);

	assert_non_null(policy);
	const char *words = judge_under(policy, m, location);
	rdl_policy_destroy(policy);
	return words;
}

/* Queries as in message_post(). */
static inline void expect_register(const struct rdl_policy_config *config, const char *queries,
	const char *payload, const char *expected)
{
	static struct message m;

	message_post(&m, "rd", 40, queries, payload, strlen(payload));
	const char *words = judge(config, &m, NULL);
	if (strcmp(words, expected) != 0)
		fail_msg("'%s' '%s':\nis       %s\nnot what %s", queries, payload, words, expected);
}

/* The same, with the two objects that must be there; `expected` is without them. */
static inline void expect_parameters(
	const struct rdl_policy_config *config, const char *queries, const char *expected)
{
	char words[2048];

	snprintf(words, sizeof(words), "%s%s", expected,
		strncmp(expected, "1.", 2) == 0 ? " | 1/0 3/0" : "");
	expect_register(config, queries, REQUIRED, words);
}

static inline void expect_update(const struct rdl_policy_config *config, unsigned minor,
	bool rooted, const char *queries, const char *payload, const char *expected)
{
	static struct message m;
	struct rdl_location location = { .version_class = rdl_version_class(minor),
		.rooted = rooted };

	message_post(&m, "rd/x", 40, queries, payload, strlen(payload));
	const char *words = judge(config, &m, &location);
	if (strcmp(words, expected) != 0)
		fail_msg("'%s' '%s':\nis       %s\nnot what %s", queries, payload, words, expected);
}

#endif
