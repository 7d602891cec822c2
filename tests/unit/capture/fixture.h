/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture, frames to put into it, and what its reader has of them. */
#ifndef RDL_TEST_CAPTURE_FIXTURE_H
#define RDL_TEST_CAPTURE_FIXTURE_H

#include "support.h"

#include <stdlib.h>

#include "capture.h"
#include "frame.h"

static struct rdl_capture *capture;
static const struct rdl_capture_wish all = { .every = 1 };
static const struct rdl_capture_end dropped = { RDL_FATE_DROPPED, 0, RDL_STAT_drop_udp_port };

static inline int begin(void **state)
{
	size_t len = rdl_whole_lines(sizeof(*capture));

	capture = aligned_alloc(RDL_CACHE_LINE, len);
	assert_non_null(capture);
	memset(capture, 0, len);
	return 0;
}

static inline int end(void **state)
{
	free(capture);
	return 0;
}

#define CAPTURE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

static inline void start(const struct rdl_capture_wish *wish)
{
	rdl_capture_want(capture, wish);
	assert_true(rdl_capture_begin(capture, 1));
}

static inline struct test_frame datagram(const char *from, const char *to, const char *payload)
{
	const struct frame_spec spec = {
		.from = from, .to = to, .payload = payload, .payload_len = strlen(payload)
	};

	return frame_build(&spec);
}

/* As it comes out of a pipeline's first pass. */
static inline struct rdl_frame frame_of(struct test_frame *f)
{
	return (struct rdl_frame){ .data = f->data,
		.len = (uint16_t)f->len,
		.room = sizeof(f->data),
		.l2_len = (uint8_t)f->l3,
		.l3_len = (uint8_t)(f->l4 - f->l3) };
}

static inline void drop(const char *from, const char *payload)
{
	bool ipv6 = strchr(from, ':') != NULL;
	struct test_frame f = datagram(from, ipv6 ? "2001:db8::1" : "192.0.2.1", payload);
	const struct rdl_frame frame = frame_of(&f);

	rdl_capture_frame(capture, &frame, dropped);
}

/* The payload of the next packet, which is done with; "": there is none. */
static inline const char *next(void)
{
	static char text[RDL_CAPTURE_SNAP + 1];
	struct rdl_captured *captured = rdl_capture_read(capture);

	if (captured == NULL)
		return "";
	const uint8_t *octets = rdl_captured_octets(captured);
	size_t headers = octets[12] == 0x86 ? 14 + 40 + 8 : 14 + 20 + 8;
	size_t len = captured->len - headers;
	memcpy(text, octets + headers, len);
	text[len] = '\0';
	rdl_capture_done(capture, captured);
	return text;
}

#endif
