/* SPDX-License-Identifier: BSD-3-Clause */
#include "fuzz.h"

bool inside(struct rdl_span outer, const uint8_t *data, size_t len)
{
	return data >= outer.data && len <= outer.len &&
	       (size_t)(data - outer.data) <= outer.len - len;
}

void *fuzz_alloc(size_t len)
{
	void *memory = malloc(len);

	CHECK(memory != NULL || len == 0);
	return memory;
}

struct rdl_span fuzz_take(struct rdl_span *input, size_t len)
{
	struct rdl_span taken = { input->data, len < input->len ? len : input->len };

	input->data += taken.len;
	input->len -= taken.len;
	return taken;
}

uint8_t fuzz_octet(struct rdl_span *input)
{
	struct rdl_span octet = fuzz_take(input, 1);

	return octet.len == 1 ? octet.data[0] : 0;
}
