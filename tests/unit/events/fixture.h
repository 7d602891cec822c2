/* SPDX-License-Identifier: BSD-3-Clause */
/* Registrations made by hand, told apart by a number. */
#ifndef RDL_TEST_EVENTS_FIXTURE_H
#define RDL_TEST_EVENTS_FIXTURE_H

#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "events.h"

/* What a registration points to. */
struct made {
	struct rdl_registration registration;
	char endpoint[RDL_ENDPOINT_MAX];
	uint8_t parameters[300];
	struct rdl_object_list list;
	uint8_t behind[RDL_EVENT_MAX]; /* the rest of the list */
};

static inline void make_parameter(struct made *made, const char *text)
{
	struct rdl_span *run = &made->registration.parameters;

	made->parameters[run->len] = (uint8_t)strlen(text);
	memcpy(made->parameters + run->len + 1, text, strlen(text));
	run->len += strlen(text) + 1;
}

/* Number `n`, with `links` links and one version, format and root. */
static inline struct made *make(unsigned n, unsigned partition, uint16_t links)
{
	struct made *made = calloc(1, sizeof(*made));
	struct rdl_cursor c;

	assert_non_null(made);
	c = rdl_cursor(made->behind, sizeof(made->behind));
	for (uint32_t i = 0; i < links; i++) {
		rdl_object_link link = (n % 60000 + i / 2) << 16 | (i % 2 == 0 ? 0 : 7);

		rdl_cursor_bytes(&c, &link, sizeof(link));
	}
	struct rdl_object_version version = { (uint16_t)(n % 60000), 1, (uint16_t)(n % 7) };
	uint16_t format = 112;
	rdl_cursor_bytes(&c, &version, sizeof(version));
	rdl_cursor_bytes(&c, &format, sizeof(format));
	rdl_cursor_bytes(&c, "root", n % 5);
	assert_false(c.failed);
	made->list = (struct rdl_object_list){ .len = (uint32_t)(c.pos - (uint8_t *)&made->list),
		.link_count = links,
		.version_count = 1,
		.format_count = 1,
		.root_len = (uint16_t)(n % 5) };
	size_t len = (size_t)snprintf(made->endpoint, sizeof(made->endpoint), "%*u", 1 + n % 90, n);
	made->registration = (struct rdl_registration){
		.location = { partition << 24 | (n & 0xffffff), 1, n % 5 != 0, n },
		.endpoint = { (const uint8_t *)made->endpoint, len },
		.peer = { .address = { [10] = 0xff, 0xff, 192, 0, 2, (uint8_t)n },
			.port = (uint16_t)n },
		.minor = 1,
		.queue = n % 2 != 0,
		.binding = RDL_BINDING_DEFAULT,
		.lifetime_s = n,
		.objects = &made->list,
		.parameters = { made->parameters, 0 },
	};
	if (n % 3 == 0)
		make_parameter(made, "sms=123");
	return made;
}

static inline struct rdl_event event_of(enum rdl_event_kind kind, const struct made *made)
{
	return (struct rdl_event){ .kind = kind,
		.changed = (uint8_t)made->registration.lifetime_s,
		.time_ms = made->registration.lifetime_s + UINT64_C(7),
		.registration = made->registration,
		.old = { { made->registration.lifetime_s, 2, true, 3 }, made->registration.peer } };
}

/* What was read is what was written, octet for octet. */
static inline void expect_same(const struct rdl_event *got, const struct rdl_event *want)
{
	const struct rdl_registration *a = &got->registration, *b = &want->registration;
	struct rdl_registration bare = *a;

	assert_int_equal(got->kind, want->kind);
	assert_int_equal(got->changed, want->changed);
	assert_int_equal(got->unreached, want->unreached);
	assert_int_equal(got->time_ms, want->time_ms);
	assert_int_equal(got->old.location.handle, want->old.location.handle);
	assert_memory_equal(&got->old.peer, &want->old.peer, sizeof(got->old.peer));
	assert_true(rdl_span_equal(a->endpoint, b->endpoint));
	assert_true(rdl_span_equal(a->parameters, b->parameters));
	assert_int_equal((uintptr_t)a->objects % 8, 0);
	assert_memory_equal(a->objects, b->objects, b->objects->len);
	bare.endpoint = b->endpoint;
	bare.parameters = b->parameters;
	bare.objects = b->objects;
	assert_memory_equal(&bare, b, sizeof(bare));
}

#endif
