/* SPDX-License-Identifier: BSD-3-Clause */
#include "burst_captured.h"

#include "fuzz.h"

static struct rdl_capture capture;

void captured_begin(struct rdl_pipeline *pipeline)
{
	static const struct rdl_capture_wish all = { .every = 1 };

	rdl_capture_want(&capture, &all);
	CHECK(rdl_capture_begin(&capture, 1));
	pipeline->capture = &capture;
}

static void look_at(struct rdl_captured *captured, const struct rdl_capture_names *names)
{
	uint8_t text[RDL_CAPTURED_TEXT_MAX];
	struct rdl_cursor out = rdl_cursor(text, sizeof(text));

	CHECK(captured->len <= captured->whole_len && captured->len <= RDL_CAPTURE_SNAP);
	rdl_captured_mend(captured);
	rdl_captured_text(&out, captured, names, UINT64_MAX);
	CHECK(!out.failed && rdl_utf8_valid(text, (size_t)(out.pos - text)));
}

void captured_end(const struct rdl_pipeline *pipeline)
{
	const struct rdl_capture_names names = { pipeline->config.location_key, NULL };
	struct rdl_captured *captured;
	bool request = false;

	while ((captured = rdl_capture_read(&capture)) != NULL) {
		/* An answer stands behind what it answers. */
		CHECK(!captured->outbound || request);
		request = !captured->outbound;
		look_at(captured, &names);
		rdl_capture_done(&capture, captured);
	}
	rdl_capture_stop(&capture);
}
