/* SPDX-License-Identifier: BSD-3-Clause */
/* A request as its options have it, in words. */
#ifndef RDL_TEST_DESCRIBE_H
#define RDL_TEST_DESCRIBE_H

#include "support.h"

#include "words.h"

#include "lwm2m.h"

static inline void say_span(struct text *text, struct rdl_span span)
{
	assert_true(span.len < sizeof(text->at) - text->len);
	if (span.len > 0)
		memcpy(text->at + text->len, span.data, span.len);
	text->len += span.len;
	text->at[text->len] = '\0';
}

static inline void say_parameters(struct text *text, const struct rdl_parameters *p)
{
	static const char *const names[] = { "ep", "lt", "lwm2m", "b", "sms", "Q" };

	for (unsigned i = 0; i < RDL_PARAMETER_COUNT; i++) {
		unsigned bit = 1u << i;

		/* What was not given has no value, and did not come again. */
		assert_true((p->given & bit) != 0 || ((p->valued | p->repeated) & bit) == 0);
		if ((p->given & bit) == 0)
			continue;
		say(text, " %s", names[i]);
		if ((p->valued & bit) != 0) {
			say(text, "=");
			say_span(text, p->value[i]);
		}
		if ((p->repeated & bit) != 0)
			say(text, "(again)");
	}
	for (unsigned i = 0; i < p->other_count; i++) {
		say(text, " +");
		say_span(text, rdl_parameters_other(p, i));
	}
	if (p->other_overflow)
		say(text, " +...");
}

/*
 * "malformed", or like "rd ep=a lt=1 +other=x cf=40 block1=0/1/2 | payload".
 * Paths: rd, location:ID, core, other.
 */
static inline void describe(const struct rdl_input *input, struct text *text)
{
	static const char *const paths[] = { "other", "rd", "location:", "core" };

	text->len = 0;
	if (input->option_reason != RDL_REASON_NONE) {
		assert_true(input->option_reason == RDL_REASON_bad_option ||
			    input->option_reason == RDL_REASON_proxy);
		say(text, "%s ", input->option_reason == RDL_REASON_proxy ? "proxy" : "bad_option");
	}
	say(text, "%s", paths[input->path]);
	if (input->path == RDL_PATH_LOCATION)
		say_span(text, input->id);
	say_parameters(text, &input->parameters);
	if (input->content_format >= 0)
		say(text, " cf=%d", input->content_format);
	if (input->has_block1)
		say(text, " block1=%u/%u/%u", input->block1.num, input->block1.more,
			input->block1.szx);
	if (input->payload.len > 0) {
		say(text, " | ");
		say_span(text, input->payload);
	}
}

/*
 * Reads a datagram into words, from where it ends at
 * a guard page and into an input full of old octets.
 */
static inline void describe_datagram(const void *datagram, size_t len, struct text *text)
{
	static struct rdl_input input;
	uint8_t *copy = guard_copy(datagram, len);

	memset(&input, 0xa5, sizeof(input));
	assert_int_equal(
		rdl_coap_parse((struct rdl_span){ copy, len }, &input.message), RDL_COAP_MESSAGE);
	if (rdl_input_read(&input) == RDL_OK) {
		describe(&input, text);
		assert_ptr_equal(input.payload.data + input.payload.len, copy + len);
	} else {
		text->len = 0;
		say(text, "malformed");
	}
	guard_free(copy, len);
}

#endif
