/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each line of the input is a Uri-Query of a Register, and of Updates to registrations of each
 * minor version, judged by servers of several minds. Whether a request is accepted, and what it
 * then says, does not depend on the order of its parameters.
 */
#include "fuzz.h"

#include "message.h"
#include "policy.h"

#define INPUT_MAX 4096
#define LINES_MAX 64
#define POLICIES 3

static const char *const extra[] = { "imei", "pid", "", "ep", "lwm2m" };
static const char *const deny[] = { "denied-*", "?x*y" };
static const char *const known[] = { "a", "urn:imei:123456789012345", "\xc3\xa9" };

static const struct rdl_policy_config configs[POLICIES] = {
	{ .version = { 1, 1 },
		.lifetime_max_s = INT32_MAX,
		.mandatory_objects_refuse = true,
		.max_links = 16,
		.all_objects = true,
		.endpoint_key = { 1, 2 } },
	{ .version = { 1, 2 },
		.lifetime_min_s = 60,
		.lifetime_max_s = 90000,
		.max_links = 16,
		.all_objects = true,
		.extra_count = RDL_ARRAY_LEN(extra),
		.extra = extra,
		.deny_count = RDL_ARRAY_LEN(deny),
		.deny = deny },
	{ .version = { 1, 0 },
		.lifetime_max_s = 300,
		.max_links = 16,
		.all_objects = true,
		.known_only = true,
		.known_count = RDL_ARRAY_LEN(known),
		.known = known },
};
static struct rdl_policy *policies[POLICIES];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < POLICIES; i++) {
		policies[i] = rdl_policy_create(&configs[i]);
		CHECK(policies[i] != NULL);
	}
	return 0;
}

static size_t split(struct rdl_span input, struct rdl_span lines[LINES_MAX])
{
	size_t count = 0;

	while (input.len > 0 && count < LINES_MAX) {
		const uint8_t *newline = memchr(input.data, '\n', input.len);

		lines[count++] = fuzz_take(
			&input, newline != NULL ? (size_t)(newline - input.data) : input.len);
		fuzz_take(&input, 1);
	}
	return count;
}

/* A request under one policy, and the memory that it lives in. */
struct judged {
	uint8_t *datagram, *scratch;
	size_t len, scratch_len;
	struct rdl_input input;
	struct rdl_request request;
};

/* Register, or Update with a location. */
static void judge(struct judged *judged, const struct rdl_policy *policy, const struct message *m,
	const struct rdl_location *location)
{
	struct rdl_ignored_counts ignored = { { 0 } };
	struct rdl_input *input = &judged->input;

	memset(judged, 0xa5, sizeof(*judged));
	judged->len = m->len;
	judged->datagram = fuzz_alloc(m->len);
	memcpy(judged->datagram, m->octets, m->len);
	judged->scratch_len = 2 * m->len + 64;
	judged->scratch = fuzz_alloc(judged->scratch_len);
	struct rdl_cursor scratch = rdl_cursor(judged->scratch, judged->scratch_len);
	CHECK(rdl_coap_parse((struct rdl_span){ judged->datagram, m->len }, &input->message) ==
		RDL_COAP_MESSAGE);
	CHECK(rdl_input_read(input) == RDL_OK);
	if (location == NULL) {
		rdl_policy_register(policy, NULL, input, &scratch, &judged->request, &ignored);
	} else {
		judged->request.location = *location;
		rdl_policy_update(policy, NULL, input, &scratch, &judged->request, &ignored);
	}
	CHECK(judged->request.reason < RDL_REASON_COUNT);
}

static void judged_free(struct judged *judged)
{
	free(judged->datagram);
	free(judged->scratch);
}

/* Each once, of those that the policy takes. */
static void check_parameters(
	const struct rdl_policy_config *config, const struct judged *judged, uint32_t *seen)
{
	const struct rdl_request *r = &judged->request;
	struct rdl_span scratch = { judged->scratch, judged->scratch_len };
	struct rdl_span left = r->parameters;

	*seen = 0;
	CHECK((r->parameters.len > 0) == ((r->gives & RDL_GIVES_PARAMETERS) != 0));
	if (r->parameters.len == 0)
		return;
	CHECK(inside(scratch, r->parameters.data, r->parameters.len));
	while (left.len > 0) {
		size_t len = fuzz_octet(&left), k = 0;
		struct rdl_span p = fuzz_take(&left, len), name = p;

		CHECK(len > 0 && p.len == len);
		const uint8_t *equals = memchr(p.data, '=', p.len);
		if (equals != NULL)
			name.len = (size_t)(equals - p.data);
		while (k < config->extra_count &&
			!rdl_span_equal(name, (struct rdl_span){ (const uint8_t *)config->extra[k],
						      strlen(config->extra[k]) }))
			k++;
		if (k == config->extra_count)
			CHECK(rdl_span_equal(name, RDL_SPAN("sms")) && p.len > 4 && p.len <= 36);
		CHECK((*seen & 1u << k) == 0);
		*seen |= 1u << k;
	}
}

/* What was accepted. Returns which parameters there are. */
static uint32_t check_accepted(
	const struct rdl_policy_config *config, const struct judged *judged, bool is_register)
{
	const struct rdl_request *r = &judged->request;
	struct rdl_span datagram = { judged->datagram, judged->len };
	struct rdl_endpoint_digest digest;
	uint32_t seen;

	check_parameters(config, judged, &seen);
	if (is_register || (r->gives & RDL_GIVES_LIFETIME) != 0)
		CHECK(r->lifetime_s >= config->lifetime_min_s &&
			r->lifetime_s <= config->lifetime_max_s);
	if (is_register || (r->gives & RDL_GIVES_BINDING) != 0) {
		unsigned minor = is_register ? r->minor : r->location.version_class;
		char text[RDL_BINDING_TEXT];
		rdl_binding again;

		rdl_binding_text(r->binding, text);
		CHECK(rdl_binding_parse((struct rdl_span){ (uint8_t *)text, strlen(text) }, minor,
			      config->version.minor, &again) &&
			again == r->binding);
	}
	if (!is_register && (r->gives & RDL_GIVES_IDENTITY) == 0)
		return seen;
	if (!is_register) {
		/* The name, the version or both; which, the registration's owner compares. */
		CHECK(r->endpoint_len > 0 || r->minor != RDL_MINOR_NONE);
		CHECK(config->extra_count > 0);
		return seen;
	}
	CHECK(r->minor <= config->version.minor);
	struct rdl_span endpoint = rdl_request_endpoint(r);
	CHECK(endpoint.len > 0 && endpoint.len <= RDL_ENDPOINT_MAX);
	if (endpoint.len > RDL_NAME_INLINE)
		CHECK(inside(datagram, endpoint.data, endpoint.len));
	for (size_t i = endpoint.len; i < RDL_NAME_INLINE; i++)
		CHECK(r->name.here[i] == 0);
	CHECK(rdl_utf8_valid(endpoint.data, endpoint.len));
	rdl_siphash128(&config->endpoint_key, endpoint.data, endpoint.len, digest.word);
	CHECK(memcmp(&digest, &r->digest, sizeof(digest)) == 0);
	CHECK(r->gives & RDL_GIVES_OBJECTS && r->list.objects->link_count == 2);
	return seen;
}

static void check_same(const struct rdl_request *a, const struct rdl_request *b, bool is_register)
{
	CHECK(a->gives == b->gives && a->parameters.len == b->parameters.len);
	if (is_register || (a->gives & RDL_GIVES_LIFETIME) != 0)
		CHECK(a->lifetime_s == b->lifetime_s);
	if (is_register || (a->gives & RDL_GIVES_BINDING) != 0)
		CHECK(a->binding == b->binding);
	if (is_register)
		CHECK(a->minor == b->minor &&
			rdl_span_equal(rdl_request_endpoint(a), rdl_request_endpoint(b)));
}

/* The same parameters, first to last and last to first. */
static void check(size_t which, const struct message *forth, const struct message *back,
	const struct rdl_location *location)
{
	bool is_register = location == NULL;
	struct judged a, b;

	judge(&a, policies[which], forth, location);
	judge(&b, policies[which], back, location);
	CHECK((a.request.reason == RDL_REASON_NONE) == (b.request.reason == RDL_REASON_NONE));
	if (a.request.reason == RDL_REASON_NONE) {
		uint32_t seen = check_accepted(&configs[which], &a, is_register);

		CHECK(seen == check_accepted(&configs[which], &b, is_register));
		check_same(&a.request, &b.request, is_register);
	}
	judged_free(&a);
	judged_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char payload[] = "</1/0>,</3/0>";
	static struct message forth, back;
	struct rdl_span lines[LINES_MAX];

	if (size > INPUT_MAX)
		return 0;
	size_t count = split((struct rdl_span){ data, size }, lines);
	message_begin(&forth, 0, RDL_COAP_POST);
	message_begin(&back, 0, RDL_COAP_POST);
	message_option(&forth, RDL_COAP_URI_PATH, "rd", 2);
	message_option(&back, RDL_COAP_URI_PATH, "rd", 2);
	for (size_t i = 0; i < count; i++) {
		struct rdl_span first = lines[i], last = lines[count - 1 - i];

		message_option(&forth, RDL_COAP_URI_QUERY, first.data, first.len);
		message_option(&back, RDL_COAP_URI_QUERY, last.data, last.len);
	}
	message_payload(&forth, payload, sizeof(payload) - 1);
	message_payload(&back, payload, sizeof(payload) - 1);
	for (size_t i = 0; i < POLICIES; i++) {
		check(i, &forth, &back, NULL);
		for (uint8_t minor = 0; minor <= configs[i].version.minor; minor++)
			for (unsigned rooted = 0; rooted < 2; rooted++)
				check(i, &forth, &back,
					&(struct rdl_location){
						.version_class = minor, .rooted = rooted != 0 });
	}
	return 0;
}
